"""What an answerer wrote -> an answer: tidied, cited, each sentence graded, or withheld.

No model is asked here. Whatever a model was made to write, by a note or by its own habits, what
comes out cites only passages that it was given, at characters that are there.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.answers.citations import MARKS, resolve_citations
from rag.answers.disagreement import disagreeing
from rag.answers.tidying import tidy
from rag.grounding import Carrier, grade
from rag.prompts import REFUSAL, is_refusal
from rag.text.counting import asks_how_many, counted_out
from rag.text.facts import content
from rag.text.language import language
from rag.text.sentences import lead, sentence_spans
from rag.text.words import asked_words, words
from rag.types import Answer, Citation, Claim, Evidence, Grounding, Hit, Sentence, Span, Status

WITHHELD = "What the model wrote is withheld: the passages do not say it."
LEFT_OUT = "Left out, since the passages do not say it: {count}."
OTHERWISE = "Another note differs:"

_ASKS_FOR_MORE = frozenset("who whom whose when where which what why how".split())
"""The first words of questions that no answer made of their own words answers."""

_OFFERS = re.compile(r"[,:;(]")
"""What may come before answers to choose from: "which is it: tin?"."""

Likeness = Callable[[Sequence[str], Sequence[str]], list[list[float]]]


@dataclass(frozen=True, slots=True)
class Read:
    """What an answerer had before it, and what its answer is judged by.

    `given` are the first passages of `evidence`, those that were read; `likeness` gives the
    cosines of claims to sentences; `strict` leaves out what is not found.
    """

    evidence: Evidence
    given: Sequence[Hit]
    likeness: Likeness
    strict: bool = False


def ended(draft: Answer, written: str, failure: str, read: Read) -> Answer:
    """The answer that `draft` becomes by what was written; `failure` says why it broke off."""
    text, citations = _resolved(tidy(written, read.given), read)
    if failure:
        notice, status = failure, Status.INTERRUPTED
        claims = _claims(text, read)
        return replace(
            draft, text=text, citations=citations, status=status, notice=notice, claims=claims
        )
    refused = replace(draft, text=refusal(draft), status=Status.REFUSED)
    if is_refusal(written) or not text:
        return refused
    text, citations = _with_the_other(text, citations, read)
    answer = replace(draft, text=text, citations=citations, claims=_claims(text, read))
    is_unfounded = all(claim.grounding is Grounding.NOT_FOUND for claim in answer.claims)
    is_echo = draft.status is Status.ANSWERED and _is_echo(text, draft.standalone)
    if not citations or is_unfounded or is_echo:
        return replace(refused, notice=WITHHELD)
    return _strict(answer, read) if read.strict else answer


def _is_echo(text: str, question: str) -> bool:
    """True if it says no more than the question that asks for more: "Ann was met by Ann"."""
    asked = words(question)
    if not asked or asked[0] not in _ASKS_FOR_MORE or "or" in asked or _OFFERS.search(question):
        return False
    added = content(MARKS.sub("", text)) - content(question)
    return not any(len(word) > 1 or word.isdigit() for word in added)


def refusal(draft: Answer) -> str:
    """Say that the notes do not say, what was looked for, and which note came nearest."""
    looked_for = ", ".join(asked_words(draft.standalone))
    parts = [REFUSAL, f"Looked for: {looked_for}." if looked_for else ""]
    if draft.hits:
        chunk = draft.hits[0].chunk
        parts.append(f"The closest note is {chunk.name}, on “{chunk.breadcrumb}”.")
    return " ".join(filter(None, parts))


def _resolved(text: str, read: Read) -> tuple[str, tuple[Citation, ...]]:
    scores = {(s.passage, s.span.start): s.score for s in read.evidence.sentences}
    return resolve_citations(text, read.given, read.evidence.question, scores)


def _with_the_other(
    text: str, citations: tuple[Citation, ...], read: Read
) -> tuple[str, tuple[Citation, ...]]:
    """With what the other note says, where two disagree and the answer cites only one of them."""
    pair = disagreeing(read.evidence)
    if not pair or not citations:
        return text, citations
    missing = [s for s in pair if s.passage < len(read.given) and not _cites(citations, s)]
    if len(missing) != 1:
        return text, citations
    (other,) = missing
    added = Citation(
        other.passage + 1, read.given[other.passage].chunk, other.span.start, other.span.end
    )
    said = " ".join(other.text.split())
    return f"{text}\n\n{OTHERWISE} {said} [{added.number}]", (*citations, added)


def _cites(citations: Sequence[Citation], sentence: Sentence) -> bool:
    return any(
        c.number == sentence.passage + 1
        and c.start < sentence.span.end
        and sentence.span.start < c.end
        for c in citations
    )


def _claims(text: str, read: Read) -> tuple[Claim, ...]:
    spans = list(_with_their_marks(text))
    units = [
        (hit, hit.chunk.text[span.start : span.end], lead(hit.chunk.text, span.start))
        for hit in read.given
        for span in sentence_spans(hit.chunk.text)
    ]
    if not spans or not units:
        return tuple(Claim(s.start, s.end, Grounding.NOT_FOUND) for s in spans)
    said = [_said(text[span.start : span.end]) for span in spans]
    cosines = read.likeness(
        said, [f"{''.join(hit.chunk.headings[-1:])}: {unit}" for hit, unit, _ in units]
    )
    # An answer of few words does not show its language, but is in that of the question.
    spoken = language(f"{read.evidence.question}\n{text}")
    foreign = spoken != language("\n".join(unit for _, unit, _ in units))
    claims = []
    for span, claim, near in zip(spans, said, cosines, strict=True):
        carriers = [
            Carrier(unit, context_of(hit, above, read.evidence.question), similarity)
            for (hit, unit, above), similarity in zip(units, near, strict=True)
        ]
        found = grade(claim, read.evidence.question, carriers, foreign=foreign)
        claims.append(Claim(span.start, span.end, found))
    return tuple(claims)


def context_of(hit: Hit, above: Span | None, question: str = "") -> str:
    """What a sentence is about, and how many things are listed where that is asked."""
    chunk = hit.chunk
    led = chunk.text[above.start : above.end] if above else ""
    counted = counted_out(chunk.text) if asks_how_many(question) else ""
    return " ".join(filter(None, [chunk.breadcrumb, chunk.context, led, counted]))


def _with_their_marks(text: str) -> Iterator[Span]:
    """Sentences; one that is nothing but marks ("... etc. [1].") belongs to the one before it."""
    before: Span | None = None
    for span in sentence_spans(text):
        if before and not re.search(r"[^\W_]", _said(text[span.start : span.end])):
            before = Span(before.start, span.end)
            continue
        if before:
            yield before
        before = span
    if before:
        yield before


def _said(sentence: str) -> str:
    return MARKS.sub("", sentence).removeprefix(OTHERWISE).strip()


def _strict(answer: Answer, read: Read) -> Answer:
    """Without the sentences that were not found; the others keep their places and citations."""
    lost = [c for c in answer.claims if c.grounding is Grounding.NOT_FOUND]
    if not lost:
        return answer
    kept, position = [], 0
    for claim in lost:
        kept.append(answer.text[position : claim.start])
        position = claim.end
    bare = "".join([*kept, answer.text[position:]])
    lines = [re.sub(r" {2,}", " ", line).rstrip() for line in bare.splitlines()]
    text = "\n".join(line for line in lines if re.search(r"\w", MARKS.sub("", line))).strip()
    text, citations = _resolved(text, read)
    notice = LEFT_OUT.format(count="1 sentence" if len(lost) == 1 else f"{len(lost)} sentences")
    claims = _claims(text, read)
    return replace(answer, text=text, citations=citations, claims=claims, notice=notice)
