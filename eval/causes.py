"""Why a case was missed, by rule, and one line that shows it.

The rules are tried in an order that follows the question: is the answer in the notes, was it found,
was it given, was it read, was it cited? Limitations: whether another passage than the ones marked
in the case says the same, unless it says it in the words of a reference.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from eval.scorers import holds_target
from eval.texts.tokens import find_quote, on_one_line, overlap, parts, token_stems
from eval.types import Case, Cause, Miss, Outcome
from ingest.text import Lines
from rag.types import Answer, Chunk, Hit, Span, Status

RIGHT_FROM = ("reference_match", "refusal_right")
"""Scores of which a 0 means that the answer was wrong."""

CHOICE = "choice_accuracy"
"""The score that counts instead where options were given: a letter is an answer to these."""

_SHOWN = 70
"""Characters of what is quoted, in the line that shows a cause."""

_NO_QUIZ: Mapping[str, Sequence[Span]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Where a target stands in a note, or a reference where a case has no target.

    `is_hidden` tells that it is in a quiz, which is kept out of what can be found.
    """

    path: str
    span: Span
    line: int
    is_hidden: bool

    @property
    def shown(self) -> str:
        """As `sagemaker.md:12`."""
        return f"{self.path.rpartition('/')[2]}:{self.line}"

    def is_in(self, chunk: Chunk) -> bool:
        """True if the chunk holds some of it."""
        return self.path == chunk.note_path and overlap(self.span, Span(chunk.start, chunk.end))


@dataclass(frozen=True, slots=True)
class Known:
    """What the notes and a deeper search say of a case.

    `standings` is where its answer stands, `deeper` what was found beyond what was given, best
    first.
    """

    standings: tuple[Occurrence, ...]
    deeper: tuple[Hit, ...]


def missed(outcome: Outcome) -> bool:
    """True if the case failed, was answered wrongly, or is right by its words and not by its cites.

    A question that the notes do not answer is answered wrongly if it is answered at all.
    """
    return bool(outcome.error) or _is_wrong(outcome) or cited_wrongly(outcome)


def cited_wrongly(outcome: Outcome) -> bool:
    """True if no citation touches a target, or holds a reference itself or in its headings."""
    case, answer = outcome.case, outcome.answer
    if not answer or not case.targets or outcome.scores.get("citation_recall") != 0:
        return False
    cited = (f"{one.chunk.breadcrumb}\n{one.quote}" for one in answer.citations)
    return not any(_says(case, text) for text in cited)


def standings(
    case: Case, texts: Mapping[str, str], quizzes: Mapping[str, Sequence[Span]] = _NO_QUIZ
) -> tuple[Occurrence, ...]:
    """Every place in the notes of the case's targets; without, every line with a reference.

    Args:
        case: what is asked.
        texts: the text of each note, by its absolute path.
        quizzes: where each note is a quiz, by its path; offsets into its text.
    """
    return tuple(
        Occurrence(
            path,
            span,
            Lines(text).number(span.start),
            is_hidden=any(overlap(span, quiz) for quiz in quizzes.get(path, ())),
        )
        for path, text in texts.items()
        for span in _spans(case, path, text)
    )


def _spans(case: Case, path: str, text: str) -> Iterator[Span]:
    if case.targets:
        quotes = [target.quote for target in case.targets if target.names(path)]
        yield from (span for quote in quotes for span in find_quote(quote, text))
        return
    start = 0
    for line in text.splitlines(keepends=True):
        if _says(case, line):
            yield Span(start, start + len(line))
        start += len(line)


def find_cause(outcome: Outcome, known: Known | None = None) -> Miss | None:
    """Why `outcome` was missed; None if it was not.

    Args:
        outcome: a case, scored.
        known: what the notes say of it. Without, nothing is known but what was found, and a
            target that is in none of that counts as not retrieved.
    """
    if not missed(outcome):
        return None
    case, answer = outcome.case, outcome.answer
    if outcome.error or answer is None:
        return Miss(Cause.FAILED, on_one_line(outcome.error))
    if not case.answerable:
        return Miss(Cause.ANSWERED_WRONGLY, f"said {_quoted(answer.text)}{_sure(answer)}")
    if cited_wrongly(outcome) and not _is_wrong(outcome):
        return Miss(Cause.CITED_WRONGLY, _cited(answer, case), _rank(case, answer.hits, known))
    return _unanswered(case, answer, known)


def given(answer: Answer) -> tuple[Hit, ...]:
    """The passages that whoever answered was given."""
    return answer.hits if answer.read is None else answer.hits[: answer.read]


def bears(case: Case, chunk: Chunk, known: Known | None = None) -> bool:
    """True if the chunk holds a target, or a part of one; or a reference if there is no target."""
    if holds_target(case, chunk):
        return True
    if known and any(one.is_in(chunk) for one in known.standings):
        return True
    return not case.targets and _says(case, chunk.text)


def _is_wrong(outcome: Outcome) -> bool:
    scores = outcome.scores
    names = RIGHT_FROM if scores.get(CHOICE) is None else (CHOICE,)
    return any(scores.get(name) == 0 for name in names)


def _unanswered(case: Case, answer: Answer, known: Known | None) -> Miss:
    """Of a wrong answer, or a refusal, to a question that the notes answer."""
    found = known.standings if known else ()
    shown = [one.shown for one in found if not one.is_hidden]
    wanted = _answer_of(case)
    if known and not shown:
        kept_out = [
            f"{wanted} stands in a quiz alone, {one.shown}, which is kept out" for one in found
        ]
        return Miss(Cause.NOT_IN_NOTES, next(iter(kept_out), f"no note holds {wanted}"))
    read = given(answer)
    place = _rank(case, read, known)
    holds = f"passage {place} holds {wanted}"
    if place and answer.status is Status.REFUSED:
        return Miss(Cause.REFUSED_WRONGLY, f"{holds}{_sure(answer)}", place)
    if place:
        said = f"said {_quoted(answer.text)}, wanted {_references(case)}"
        return Miss(Cause.MISREAD, f"{holds}; {said}", place)
    deeper = (known.deeper if known else ()) or answer.hits
    where = f"{shown[0]}, {wanted}," if shown else wanted
    if rank := _rank(case, deeper, known):
        detail = f"{where} came {rank} of {len(deeper)}; {len(read)} given"
        return Miss(Cause.RANKED_TOO_LOW, detail, rank)
    return Miss(Cause.NOT_RETRIEVED, f"{where} is not among the first {len(deeper)}")


def _rank(case: Case, hits: Iterable[Hit], known: Known | None) -> int | None:
    """The place, from 1, of the first that bears on the answer."""
    places = (n for n, hit in enumerate(hits, 1) if bears(case, hit.chunk, known))
    return next(places, None)


def _says(case: Case, text: str) -> bool:
    """True if `text` holds the words of every part of a reference."""
    held = f" {' '.join(token_stems(text))} "
    return any(
        all(f" {' '.join(token_stems(part))} " in held for part in parts(reference))
        for reference in case.references
    )


def _answer_of(case: Case) -> str:
    """The first target, or what else is wanted."""
    return _quoted(case.targets[0].quote) if case.targets else _references(case)


def _references(case: Case) -> str:
    return " or ".join(map(_quoted, case.references[:2]))


def _cited(answer: Answer, case: Case) -> str:
    """What was cited, beside what was wanted."""
    if not answer.citations:
        return f"cites nothing; wanted {_answer_of(case)}"
    cited = [
        f"{one.location.rpartition('/')[2]} {_quoted(one.quote)}" for one in answer.citations[:2]
    ]
    return f"cites {' and '.join(cited)}, not {_answer_of(case)}"


def _sure(answer: Answer) -> str:
    """How sure the answer was, if that is known."""
    return "" if answer.confidence is None else f", confidence {answer.confidence:.2f}"


def _quoted(text: str) -> str:
    return f"“{on_one_line(text, _SHOWN)}”"
