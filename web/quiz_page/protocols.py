"""What the quiz page needs of the rest."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from eval.drafts.reviewing import DraftCase, Quoted, Review
from eval.study import Study
from eval.types import Case


@dataclass(frozen=True, slots=True)
class Step:
    """How far a search for quizzes is, in notes, or a drafting, in drafts.

    `new` counts the drafts that were written, `turned_down` those that the model wrote in vain.
    `waits` is true while the model is being loaded.
    """

    done: int
    total: int
    new: int = 0
    turned_down: int = 0
    waits: bool = False


class Quiz(Protocol):
    """The cards of a person's notes, and what became of them.

    Every method may raise a CribError, whose message says what to do.
    """

    @property
    def study(self) -> Study:
        """What was answered, and what is due."""

    def cases(self) -> Sequence[Case]:
        """Those of the notes that were not dropped, those that a person has kept first."""

    def passages(self, case: Case) -> Sequence[Quoted]:
        """Where the notes hold the answer; none where that is not known."""

    def look(self) -> Generator[Step, None, None]:
        """Find the quiz that is in the notes, and write it down as drafts."""

    def draft(self, count: int) -> Generator[Step, None, None]:
        """Have the model draft so many cards. Closing it ends it; what was drafted is kept."""

    def next_draft(self) -> DraftCase | None:
        """The next draft to be judged."""

    def review_of(self, case: Case) -> Review:
        """The review of the file that a draft is in, which takes the verdict."""

    def anki(self, folder: Path) -> Path:
        """Write the cards as a package of Anki into the folder."""
