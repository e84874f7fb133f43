"""What the page needs of the rest. app.py gives it; the tests give it a scripted one."""

from collections.abc import Iterator, Sequence
from threading import Event as Flag
from typing import Protocol

from ingest.types import Progress, Report
from rag.types import AskOptions, Chunk, Event, Turn


class Library(Protocol):
    """A person's notes, ready to be asked."""

    def is_empty(self) -> bool:
        """True as long as nothing was ingested: the page then ingests first."""

    def folder(self) -> str:
        """The folder of notes, to be shown."""

    def counts(self) -> tuple[int, int]:
        """Number of notes and of chunks in the index."""

    def model(self) -> str:
        """What reads the notes, in words a person knows."""

    def is_local(self) -> bool:
        """True if passages do not leave this machine."""

    def notice(self) -> str:
        """One line on why another model stands in (still loading, missing); empty if none does."""

    def is_loading(self) -> bool:
        """True while another model stands in only until the one that is wanted is loaded."""

    def headings(self) -> Sequence[tuple[str, ...]]:
        """Breadcrumbs of the notes' sections, in order, for example questions."""

    def stream(
        self, question: str, history: Sequence[Turn], options: AskOptions = AskOptions()
    ) -> Iterator[Event]:
        """Found, then Tokens, then Finished. Closing it stops the model. Raises CribError."""

    def context(self, chunk: Chunk, lines: int) -> list[tuple[int, str]]:
        """Numbered lines of the chunk's note, from `lines` before to `lines` after the chunk."""

    def ingest(self) -> Iterator[Progress | Report]:
        """Bring the index up to date; the last item is the Report. Raises CribError."""

    def changes(self, stop: Flag) -> Iterator[None]:
        """Yields after each change of the notes' sources, until `stop` is set."""
