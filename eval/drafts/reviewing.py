"""Drafts looked through, one at a time: kept, mended, dropped or left for later.

Each verdict is written to the file at once, so that a kill loses none, and whoever goes on finds
what is left. Free of any screen: the terminal and the page show what comes from here.

The quotes of a case are found for a person to confirm. A line carries a part of a reference if it
speaks of what is asked and holds the words of the part, together with the headings above it; where
none does, if it holds some of them and comes near in meaning. The limits are those of
rag/grounding.py, and the best of several lines is taken. Limitations: an answer in quite other
words than the notes', which is left without a quote.

What a person thinks of an answer becomes a draft as well: a good answer is a reference, so is a
corrected one. It has to be looked at, since what was right in a talk may be too long, or too short,
to be what every later answer is measured by.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import NamedTuple

from eval.case_files import (
    NoteTexts,
    all_cases,
    describe_nearest,
    place_of,
    put_cases,
    shortest,
)
from eval.texts.tokens import find_quote, parts, token_stems
from eval.types import Case, Standing, Target
from rag.chats.kept import Kept
from rag.errors import CaseError
from rag.types import Evidence, Sentence, Status

_MOST = 4
"""Quotes of a case at most."""

_HELD = 0.75
"""Share of a reference's words from which one line carries it, whatever its cosine."""

_NEAR, _PARTLY = 0.62, 0.4
"""Cosine from which a line carries a reference that it shares this share of the words with."""

_OWN = 0.5
"""What a word in the line itself counts for beyond one in a heading above it."""

_NOTE_FIRST = re.compile(r"(?P<note>[^\s:][^:]*): (?P<words>.+)", re.DOTALL)

_AROUND = 2
"""Lines of a note shown before a quote, and after it."""

_CITATION = re.compile(r"\s*\[\d{1,3}\]")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Lines of the notes that carry the answer of a case, and others that come near it."""

    quotes: tuple[Target, ...] = ()
    near: tuple[Target, ...] = ()


class _Line(NamedTuple):
    """A sentence, its stems, those with the headings and the table above, and where it stands."""

    sentence: Sentence
    own: frozenset[str]
    held: frozenset[str]
    path: str

    def share(self, wanted: frozenset[str]) -> float:
        return len(wanted & self.held) / len(wanted)

    def fit(self, wanted: frozenset[str], asked: frozenset[str]) -> float:
        own = len(wanted & self.own) / len(wanted)
        about = len(asked & self.held) / len(asked) if asked else 0.0
        return self.sentence.score + self.share(wanted) + _OWN * own + about


def searched(case: Case) -> str:
    """What to search the notes for: the question with its answer says more than either."""
    return " ".join([case.question, *(parts(case.references[0]) if case.references else ())])


def propose(case: Case, evidence: Evidence, paths: Collection[str]) -> Proposal:
    """The lines of `evidence`, found for `searched(case)`, that carry the answer or come near it.

    One for each part of the reference that is carried best; none if some part is by no line. Those
    that come near are sorted, best first. `paths` are those of all notes: targets are named as
    shortly as tells them apart.
    """
    asked = _stems(case.question)
    lines = [_line(sentence, evidence) for sentence in evidence.sentences]
    carriers = (_carriers(reference, asked, lines) for reference in case.references)
    _, best = max(filter(None, carriers), key=lambda one: one[0], default=(None, []))
    wanted = [stems for reference in case.references if (stems := _stems(reference))]
    near = sorted(lines, key=lambda line: -max((line.fit(w, asked - w) for w in wanted), default=0))
    quoted, others = (
        list(dict.fromkeys(Target(shortest(one.path, paths), one.sentence.text) for one in group))
        for group in (best, near)
    )
    close = [target for target in others[:_MOST] if target not in quoted[:_MOST]]
    return Proposal(tuple(quoted[:_MOST]), tuple(close))


def _line(sentence: Sentence, evidence: Evidence) -> _Line:
    chunk = evidence.passages[sentence.passage].chunk
    own = _stems(sentence.text)
    above = _stems(" ".join([*chunk.headings, chunk.context]))
    return _Line(sentence, own, own | above, chunk.note_path)


def _carriers(
    reference: str, asked: frozenset[str], lines: Sequence[_Line]
) -> tuple[tuple[bool, float], list[_Line]] | None:
    """The best line for each part of a reference, and how well the worst of them fits."""
    chosen: list[_Line] = []
    fits: list[tuple[bool, float]] = []
    for wanted in filter(None, map(_stems, parts(reference))):
        about = asked - wanted
        there = [line for line in lines if about & line.held]
        holding = [line for line in there if line.share(wanted) >= _HELD]
        able = holding or [
            line
            for line in there
            if line.share(wanted) >= _PARTLY and line.sentence.cosine >= _NEAR
        ]
        if not able:
            return None
        best = max(able, key=lambda line: line.fit(wanted, about))
        chosen.append(best)
        fits.append((bool(holding), best.fit(wanted, about)))
    return (min(fits), chosen) if chosen else None


def _stems(text: str) -> frozenset[str]:
    return frozenset(token_stems(text))


def target_of(typed: str, case: Case, notes: NoteTexts) -> Target:
    """The quote that was meant: `words`, or `note: words` where several notes have them.

    Blanks and line breaks need not be those of the note. Of several notes, one that the case
    quotes already or comes from is meant.

    Raises:
        CaseError: they stand in no note, in quizzes only, or in several notes.
    """
    match = _NOTE_FIRST.fullmatch(typed.strip())
    named = match and any(Target(match["note"], "").names(path) for path in notes.texts)
    note, words = (match["note"], match["words"]) if match and named else ("", typed.strip())
    paths = [path for path in notes.texts if not note or Target(note, "").names(path)]
    found = {path: spans[0] for path in paths if (spans := notes.outside(words, path))}
    if not found:
        raise CaseError(_missing(words, paths, notes))
    known = [target.note_path for target in case.targets]
    known += [case.origin.note_path] if case.origin else []
    likely = [path for path in found if any(Target(one, "").names(path) for one in known)]
    if len(found) > 1 and not likely:
        several = ", ".join(shortest(path, notes.texts) for path in found)
        raise CaseError(f"{words!r} stands in {several}; write which, as NOTE: WORDS")
    path = (likely or list(found))[0]
    span = found[path]
    return Target(shortest(path, notes.texts), notes.texts[path][span.start : span.end])


def _missing(words: str, paths: list[str], notes: NoteTexts) -> str:
    if any(find_quote(words, notes.texts[path]) for path in paths):
        return f"{words!r} stands only in quizzes; quote what stands outside of them"
    if len(paths) == 1:
        name = shortest(paths[0], notes.texts)
        return f"{words!r} is not in {name}; {describe_nearest(words, notes.texts[paths[0]])}"
    return f"{words!r} is in none of the notes; copy it out of one"


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
class DraftCase:
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

    def __init__(
        self,
        path: Path,
        notes: NoteTexts,
        find: Callable[[Case], Proposal],
        *,
        stale: bool = False,
    ) -> None:
        """Read the file; `find` searches the notes.

        Raises:
            CaseError: it is no file of cases. Also later, from every method.
        """
        self._path = path
        self._notes = notes
        self._find = find
        self._stale = stale
        self._skipped: set[str] = set()
        self._shown: dict[str, Case] = {}
        all_cases(path)

    def next(self) -> DraftCase | None:
        """The next case to judge, in the file's order; None once there is none left."""
        waiting = [case for case in all_cases(self._path) if self._is_waiting(case)]
        if not waiting:
            return None
        case = self._shown[waiting[0].id] = waiting[0]
        found = self._find(case) if case.answerable and self.problem(case) else Proposal()
        case = replace(case, targets=found.quotes or case.targets)
        quoted = tuple(quoted_in(target, self._notes) for target in case.targets)
        return DraftCase(case, quoted, found.near, self.problem(case), len(waiting))

    def problem(self, case: Case) -> str:
        """Why a case cannot be kept; empty if it can."""
        if case.answerable and not case.targets:
            return "no line of the notes is quoted; mend it, or say that only the quiz answers it"
        problems = (quoted_in(target, self._notes).problem for target in case.targets)
        return next(filter(None, problems), "")

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
        self._write(replace(case, question=asked, references=tuple(references), targets=targets))

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

    def _write(self, case: Case) -> None:
        there = {one.id: one for one in all_cases(self._path)}.get(case.id)
        if there != self._shown.get(case.id):
            raise CaseError(f"case {case.id!r} was changed in the file meanwhile; look at it again")
        put_cases(self._path, [case])
        self._shown[case.id] = case


def quoted_in(target: Target, notes: NoteTexts) -> Quoted:
    """A quote with what stands around it, or why it is nowhere."""
    try:
        path, span = place_of(target, notes)
    except CaseError as error:
        return Quoted(target, problem=str(error))
    text = notes.texts[path]
    before = text[: span.start].split("\n")
    after = text[span.end :].split("\n")
    around = "\n".join(before[-_AROUND - 1 :]), "\n".join(after[: _AROUND + 1])
    return Quoted(target, path, len(before), *around, start=span.start)


def case_of(kept: Kept) -> Case | None:
    """The case that an answer makes, once a person has said something of it.

    None where it makes none: nothing was said, a bad answer was not corrected, a good one was not
    whole, or nothing is cited that search could be measured by. A refusal that is called good makes
    a case that the notes do not answer.
    """
    answer, feedback = kept.answer, kept.feedback
    if feedback is None or answer.status is Status.INTERRUPTED:
        return None
    identity, question = f"chat-{kept.id}", answer.standalone or answer.question
    if feedback.good and not feedback.correction and answer.status is Status.REFUSED:
        return Case(identity, question, (), (), False, kind="unanswerable", standing=Standing.DRAFT)
    good = _CITATION.sub("", answer.text) if feedback.good else ""
    reference = " ".join((feedback.correction or good).split())
    cited = (Target(PurePath(c.chunk.note_path).name, c.quote.strip()) for c in answer.citations)
    targets = tuple(dict.fromkeys(target for target in cited if target.quote))
    if not reference or not targets:
        return None
    return Case(identity, question, (reference,), targets, True, standing=Standing.DRAFT)
