"""Drafts looked through, one at a time: kept, mended, dropped or left for later.

Each verdict is written to the file at once, so that a kill loses none, and whoever goes on finds
what is left. Free of any screen: the terminal and the page show what comes from here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eval.case_files.loading import all_cases
from eval.case_files.saving import put_cases
from eval.case_files.targets import Notes, place_of
from eval.drafts.mending import target_of
from eval.types import Case, Standing, Target
from rag.errors import CaseError

AROUND = 2
"""Lines of a note shown before a quote, and after it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Lines of the notes that carry the answer of a case, and others that come near it."""

    quotes: tuple[Target, ...] = ()
    near: tuple[Target, ...] = ()


Find = Callable[[Case], Proposal]
"""Searches the notes."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote as it stands in its note: `line`, from 1, is where it begins.

    `before` and `after` are what else stands in its lines and in those around them. `problem`
    says why it is nowhere; then there are no others. `start` is its offset in the note.
    """

    target: Target
    path: str = ""
    line: int = 0
    before: str = ""
    after: str = ""
    problem: str = ""
    start: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A case to be judged; `left` counts those that are, this one included.

    Its targets are those of the file, or proposed where these are none or no longer right; `near`
    are others to choose from. `problem` says why it cannot be kept as it is.
    """

    case: Case
    quoted: tuple[Quoted, ...]
    near: tuple[Target, ...]
    problem: str
    left: int


class Review:
    """Goes through the drafts of a file of cases; if `stale`, its cases with quotes gone astray."""

    def __init__(self, path: Path, notes: Notes, find: Find, *, stale: bool = False) -> None:
        """Read the file. Raises CaseError, also later, where it is no file of cases."""
        self._path = path
        self._notes = notes
        self._find = find
        self._stale = stale
        self._skipped: set[str] = set()
        self._shown: dict[str, Case] = {}
        all_cases(path)

    def next(self) -> Draft | None:
        """The next case to judge, in the file's order; None once there is none left."""
        waiting = [case for case in all_cases(self._path) if self._is_waiting(case)]
        if not waiting:
            return None
        self._shown[waiting[0].id] = waiting[0]
        case, near = self._proposed(waiting[0])
        quoted = tuple(quoted_in(target, self._notes) for target in case.targets)
        return Draft(case, quoted, near, self.problem(case), len(waiting))

    def problem(self, case: Case) -> str:
        """Why a case cannot be kept; empty if it can."""
        if case.answerable and not case.targets:
            return "no line of the notes is quoted; mend it, or say that only the quiz answers it"
        return next(
            (
                one.problem
                for one in (quoted_in(one, self._notes) for one in case.targets)
                if one.problem
            ),
            "",
        )

    def keep(self, case: Case) -> None:
        """Make it gold, as it is given.

        Raises:
            CaseError: its quote is not in the note, or it was changed in the file meanwhile.
        """
        if problem := self.problem(case):
            raise CaseError(problem)
        self._write(replace(case, standing=Standing.GOLD))

    def keep_as_quiz_only(self, case: Case) -> None:
        """Make it gold as a question that the notes outside of their quiz do not answer."""
        bare = replace(case, answerable=False, quiz_only=True, references=(), targets=(), facts=())
        self._write(replace(bare, standing=Standing.GOLD))

    def mend(
        self, case: Case, question: str, references: Sequence[str], quotes: Sequence[str]
    ) -> None:
        """Write it with other words; it is still to be judged.

        Raises:
            CaseError: a quote is in no note or in several, or nothing is left of the question.
        """
        targets = tuple(target_of(quote, case, self._notes) for quote in quotes)
        asked = " ".join(question.split())
        if not asked:
            raise CaseError("a question has words; write some")
        self._write(
            replace(case, question=asked, references=tuple(references), targets=targets),
        )

    def quote(self, case: Case, target: Target) -> None:
        """Write it with one more quote, in place of those that are in no note."""
        there = tuple(one for one in case.targets if not quoted_in(one, self._notes).problem)
        self._write(replace(case, targets=tuple(dict.fromkeys([*there, target]))))

    def reword(self, case: Case, question: str) -> None:
        """Write it with another question; it is still to be judged."""
        self._write(replace(case, question=question))

    def drop(self, case: Case) -> None:
        """Turn it down. Its line stays, marked, lest the same be found again."""
        self._write(replace(self._shown[case.id], standing=Standing.DROPPED))

    def skip(self, case: Case) -> None:
        """Leave it for another time."""
        self._skipped.add(case.id)

    def _is_waiting(self, case: Case) -> bool:
        if case.id in self._skipped:
            return False
        if self._stale:
            return case.standing is Standing.GOLD and bool(self.problem(case))
        return case.standing is Standing.DRAFT

    def _proposed(self, case: Case) -> tuple[Case, tuple[Target, ...]]:
        if not case.answerable or not self.problem(case):
            return case, ()
        found = self._find(case)
        return (replace(case, targets=found.quotes) if found.quotes else case), found.near

    def _write(self, case: Case) -> None:
        there = {one.id: one for one in all_cases(self._path)}.get(case.id)
        if there != self._shown.get(case.id):
            raise CaseError(f"case {case.id!r} was changed in the file meanwhile; look at it again")
        put_cases(self._path, [case])
        self._shown[case.id] = case


def quoted_in(target: Target, notes: Notes) -> Quoted:
    """A quote with what stands around it, or why it is nowhere."""
    try:
        path, span = place_of(target, notes)
    except CaseError as error:
        return Quoted(target, problem=str(error))
    text = notes.texts[path]
    before = text[: span.start].split("\n")
    after = text[span.end :].split("\n")
    around = "\n".join(before[-AROUND - 1 :]), "\n".join(after[: AROUND + 1])
    return Quoted(target, path, len(before), *around, start=span.start)
