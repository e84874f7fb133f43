"""What the page of evals needs of the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from eval.labels import Labels
from eval.report.results import Result
from eval.runs import RunInfo
from eval.types import Outcome, Run
from web.protocols import ModelOffer
from web.work import Tell

NO_MODEL_CHOICE = "none"
MOST_PASSAGES = 20
"""That a model may be given at most."""


class EvalPhase(Enum):
    """What a run is at."""

    INDEXING = "indexing"
    ASKING = "asking"
    CLOSED_BOOK = "closed book"


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is: `done` of `total` notes or cases. `seconds_left` is None while unknown."""

    phase: EvalPhase = EvalPhase.INDEXING
    done: int = 0
    total: int = 0
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class CaseSet:
    """Cases that can be asked. `is_shipped` marks those that come with the program.

    `notes` is the folder that they ask about; `key` is its name among the sets. `problem` is a line
    on why they cannot be asked; empty if they can.
    """

    key: str
    notes: str
    count: int
    is_shipped: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is to be run: a set of cases, asked of a model with so many passages (0: as set)."""

    cases: str
    llm: str = NO_MODEL_CHOICE
    closed_book: bool = False
    passages: int = 0
    name: str = ""


class EvalController(Protocol):
    """Makes runs and keeps them. All but `case_sets` raise CribError."""

    def case_sets(self) -> Sequence[CaseSet]:
        """The cases that can be asked, a person's own first."""

    def models(self) -> Sequence[ModelOffer]:
        """The models that can be asked just now. May take some seconds."""

    def make_run(self, request: RunRequest, tell: Tell[RunProgress, int]) -> None:
        """Make a run, and `tell` how far it is, at last its number; end early if that says so."""

    def listing(self) -> Sequence[RunInfo]:
        """All runs, the newest first."""

    def means(self, metrics: Sequence[str]) -> Mapping[int, Sequence[float | None]]:
        """The means of these metrics by the number of the run; None where it judged no case."""

    def run(self, number: int) -> Run:
        """One of them."""

    def forget(self, number: int) -> None:
        """Delete it."""

    def ask_again(self, run: Run, outcome: Outcome, llm: str, passages: int) -> Outcome:
        """Ask a case of a run again, with another model and other passages where they are given."""

    def labels(self) -> Labels:
        """What people have said of answers."""

    def report(self, result: Result, suffix: str) -> Path:
        """A file of a run, `html` or `json`, in a folder of its own."""
