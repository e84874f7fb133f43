"""What the page of settings needs of the rest."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from web.protocols import Offer


class Finding(Protocol):
    """One thing that was looked at."""

    @property
    def name(self) -> str:
        """What it is."""

    @property
    def ok(self) -> bool:
        """True if all is well with it."""

    @property
    def detail(self) -> str:
        """What was seen; what to do where it is not ok."""


class Controls(Protocol):
    """The settings and the health of a library."""

    def values(self) -> Mapping[str, object]:
        """Each setting that can be chosen, as it is."""

    def fixed(self) -> frozenset[str]:
        """Those of them that the environment decides."""

    def choose(self, name: str, value: object) -> None:
        """Have a setting be this from now on. Raises CribError if it cannot be."""

    def models(self) -> Sequence[Offer]:
        """The models that can be chosen. May take some seconds."""

    def runs_where(self) -> Mapping[str, str]:
        """What is at work, and where: `model`, `embedding`, `home`, `cache`."""

    def health(self, *, repair: bool) -> Iterator[Finding]:
        """What was looked at, one thing after the other; mended before, if it is to `repair`."""

    def diagnosis(self, findings: Sequence[Finding]) -> str:
        """Lines for whoever is asked for help, without secrets."""
