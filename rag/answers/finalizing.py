"""What a model wrote -> an answer: tidied, each sentence cited where it is said, and graded.

No model is asked here. Whatever a model was made to write, by a note or by its own habits, what
comes out cites only passages that it was given, at characters that are there. Nothing that was
shown is taken back: what is not carried is marked, and the notes' own line is put beside it.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from rag.answers.composing import Composed, best_lines, citations_of, counted, quoted_sentence
from rag.answers.tidying import MARKS, tidy
from rag.errors import ModelError
from rag.grounding import Attribution, attribute, units_of
from rag.prompts import CHECK_WORDS, REFUSAL, checking
from rag.protocols import Writer
from rag.search.evidence import EvidenceReader
from rag.text.sentences import sentence_spans
from rag.text.words import asked_words
from rag.types import Answer, Citation, Claim, Evidence, Grounding, Hit, Sentence, Span, Status

LEFT_OUT = "Left out, since the passages do not say it: {count}."
OTHERWISE = "The notes also say:"
OWN_LINE = "The notes themselves say:"

CHECKED_CLAIMS = 8
"""Claims of an answer that a model is asked about: each takes it half a second or more."""

_NUMBER = re.compile(r"\d+")
_GLUED = re.compile(r"(?<=[.!?])(?=\[\d)")
_BEHIND = re.compile(rf"(?:{MARKS.pattern})*(?: *[.])?")


@dataclass(frozen=True, slots=True)
class Read:
    """What a model had before it: `given`, the first passages of `evidence`; and who compares.

    `writer` is asked of each claim whether its lines say it; None, or one that does not tell how
    likely its words are, leaves it to what claim and lines have in common.
    """

    evidence: Evidence
    given: Sequence[Hit]
    reader: EvidenceReader
    writer: Writer | None = None

    def checked(self, found: Attribution) -> Attribution:
        """With what the writer takes the claim for; as it is where it fails, or does not tell."""
        if not (self.writer and found.units):
            return found
        with suppress(ModelError):
            scores = self.writer.score(checking(found.lines, found.said), CHECK_WORDS)
            return found.checked(scores) if scores else found
        return found


def finalize_answer(
    draft: Answer, written: str, failure: str, read: Read, *, strict: bool = False
) -> Answer:
    """The answer that `draft` becomes by what was written; `failure` says why it broke off.

    With `strict` it is without what is not found.
    """
    composed, lost = attributed(tidy(written, read.given), read, strict=strict)
    if failure:
        status = Status.INTERRUPTED
        return replace(composed.answering(draft), status=status, notice=failure)
    if lost:
        count = "1 sentence" if lost == 1 else f"{lost} sentences"
        draft = replace(draft, notice=LEFT_OUT.format(count=count))
    composed = counted(_with_the_notes(composed, read))
    if not composed.text:  # nothing was shown but marks, and all lines talk to a model
        return replace(draft, text=refusal(draft), status=Status.REFUSED)
    return composed.answering(draft)


def attributed(text: str, read: Read, *, strict: bool = False) -> tuple[Composed, int]:
    """A text with its citations and grades; and how many sentences `strict` left out."""
    text = _GLUED.sub(" ", text)
    units = units_of(read.evidence, read.given)
    claims = list(_claims(text))
    said = [MARKS.sub("", text[span.start : span.end]) for span in claims]
    cosines = read.reader.likeness(said, [unit.text for unit in units]) if units else []
    rarity = read.reader.rarity(" ".join([*said, *(unit.text for unit in units)]))
    written, graded, citations, lost, position = "", [], dict[Citation, None](), 0, 0
    for place, span in enumerate(claims):
        named = {int(n) - 1 for n in _NUMBER.findall("".join(MARKS.findall(text[slice(*span)])))}
        near = cosines[place] if cosines else ()
        found = attribute(said[place], read.evidence.question, units, near, rarity, named)
        found = read.checked(found) if place < CHECKED_CLAIMS else found
        between = MARKS.sub("", text[position : span.start])
        position = span.end
        if strict and found.grounding is Grounding.NOT_FOUND:
            lost += 1
            continue
        written += between
        start = len(written)
        cited = _citations(found, read.given)
        written += _with_marks(said[place], cited)
        graded.append(Claim(start, len(written), found.grounding))
        citations |= dict.fromkeys(cited)
    whole = written + ("" if strict else MARKS.sub("", text[position:]))
    return Composed(whole.rstrip(), tuple(citations), tuple(graded)), lost


def _claims(text: str) -> Iterator[Span]:
    """Sentences, each with the marks behind its full stop."""
    before: Span | None = None
    for span in sentence_spans(text):
        behind = _BEHIND.match(text, span.end)
        begin = max(span.start, before.end) if before else span.start
        whole = Span(begin, behind.end() if behind else span.end)
        if not re.search(r"[^\W_]", MARKS.sub("", text[span.start : span.end])):
            before = Span(before.start, whole.end) if before else None
            continue
        if before:
            yield before
        before = whole
    if before:
        yield before


def _citations(found: Attribution, given: Sequence[Hit]) -> list[Citation]:
    if found.grounding is Grounding.NOT_FOUND:
        return []
    return [Citation(u.passage + 1, given[u.passage].chunk, *u.span) for u in found.units]


def _with_marks(claim: str, citations: Sequence[Citation]) -> str:
    """Put the marks before the full stop and whatever follows it."""
    marks = "".join(f" [{number}]" for number in dict.fromkeys(one.number for one in citations))
    body = claim.rstrip()
    stop = body[-1:] if body[-1:] in {".", "!", "?"} else ""
    return body[: len(body) - len(stop)].rstrip() + marks + stop + claim[len(body) :]


def _with_the_notes(composed: Composed, read: Read) -> Composed:
    """With what another note says otherwise, or the notes' line where no sentence is carried."""
    cited = [one for one in read.evidence.disagreeing if _cites(composed, one)]
    if cited:
        for other in read.evidence.disagreeing:
            if other not in cited and (words := quoted_sentence(other, read.evidence)):
                marked = f"{OTHERWISE} {words} [{other.passage + 1}]"
                composed = composed.plus(marked, citations_of(other, read.evidence))
    elif all(claim.grounding is Grounding.NOT_FOUND for claim in composed.claims):
        lines = read.evidence.disagreeing or best_lines(read.evidence)[:1]
        own = Composed().quoting(lines, read.evidence)
        if own.text:
            composed = composed.plus(f"{OWN_LINE} {own.text}", own.citations)
    return composed


def _cites(composed: Composed, sentence: Sentence) -> bool:
    return any(
        c.number == sentence.passage + 1
        and c.start < sentence.span.end
        and sentence.span.start < c.end
        for c in composed.citations
    )


def refusal(draft: Answer) -> str:
    """Say that the notes do not say, what was looked for, and which note came nearest."""
    looked_for = ", ".join(asked_words(draft.standalone))
    parts = [REFUSAL, f"Looked for: {looked_for}." if looked_for else ""]
    if draft.hits:
        chunk = draft.hits[0].chunk
        parts.append(f"The closest note is {chunk.name}, on “{chunk.breadcrumb}”.")
    return " ".join(filter(None, parts))
