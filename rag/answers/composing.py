"""An answer's text: what a model wrote, tidied, cited and graded; or the notes' own lines.

No model writes here. Whatever one was made to write, by a note or by its own habits, what comes out
cites only passages that it was given, at characters that are there. Nothing that was shown is taken
back: what is not carried is marked, and the notes' own line is put beside it.

A link or picture in an answer may have been planted in a note, and would be loaded or clicked; so
an address is shown as code where a passage holds it, and else left out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from rag.errors import ModelError
from rag.grounding import Attribution, attribute, units_of
from rag.prompts import CHECK_WORDS, CUT, REFUSAL, checking, without_injections
from rag.protocols import Writer
from rag.search.evidence import EvidenceReader, in_context
from rag.text.sentences import lead, list_items, sentence_spans
from rag.text.words import asked_words
from rag.types import (
    Answer,
    Citation,
    Claim,
    Evidence,
    Grounding,
    Hit,
    Role,
    Sentence,
    Span,
    Status,
    Style,
)

SECOND_SENTENCE = 0.85
"""A second sentence is shown if its score is at least this share of the best one's."""

SOME = "These are {count} of the {every} items of that list."

_MORE = 5
"""Sentences shown at most where more than a short answer is asked for."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A text with its citations and grades, that grows by paragraphs."""

    text: str = ""
    citations: tuple[Citation, ...] = ()
    claims: tuple[Claim, ...] = ()

    def plus(
        self,
        words: str,
        citations: Iterable[Citation] = (),
        grounding: Grounding | None = Grounding.GROUNDED,
    ) -> "Composed":
        """With another paragraph; `grounding` None where it claims nothing."""
        text = f"{self.text}\n\n{words}" if self.text else words
        claim = Claim(len(text) - len(words), len(text), grounding) if grounding else None
        return Composed(
            text,
            tuple(dict.fromkeys([*self.citations, *citations])),
            (*self.claims, claim) if claim else self.claims,
        )

    def quoting(self, lines: Iterable[Sentence], evidence: Evidence) -> "Composed":
        """With lines of the notes, each once; one that talks to a model is left out."""
        grown, said = self, set[str]()
        for line in lines:
            words = quoted_sentence(line, evidence)
            if words and words not in said:
                said.add(words)
                marked = f"{words} [{line.passage + 1}]"
                grown = grown.plus(marked, citations_of(line, evidence))
        return grown

    def answering(self, draft: Answer) -> Answer:
        """The draft with this text."""
        return replace(draft, text=self.text, citations=self.citations, claims=self.claims)


def quoted_sentence(line: Sentence, evidence: Evidence) -> str:
    """A line as it is shown, under its heading; empty if it talks to a model, or is but a link."""
    hit = evidence.passages[line.passage]
    if without_injections([line.text]) != [line.text]:
        return ""
    return tidy(in_context(hit.chunk, line.span), [hit])


def citations_of(line: Sentence, evidence: Evidence) -> list[Citation]:
    """A line, behind the one that its list is under."""
    chunk = evidence.passages[line.passage].chunk
    above = lead(chunk.text, line.span.start)
    spans = [_without_marker(chunk.text, above)] if above else []
    return [Citation(line.passage + 1, chunk, *span) for span in (*spans, line.span)]


def _without_marker(text: str, line: Span) -> Span:
    words = text[line.start : line.end]
    bare = words.lstrip(" \t>-*+\u2022")
    return Span(line.end - len(bare), line.start + len(words.rstrip()))


def counted(composed: Composed) -> Composed:
    """With how many items of a list are given, where that is what it gives, and not the whole."""
    text = {c.number: c.chunk.text for c in composed.citations}
    places = {(c.number, c.start) for c in composed.citations}
    above = [(n, one) for n, start in places if (one := lead(text[n], start))]
    told = {
        (n, at) for n, at in places if not any(n == m and at in range(*one) for m, one in above)
    }
    lists = {(n, tuple(list_items(text[n], at))) for n, at in told}
    if len(lists) != 1:
        return composed
    ((_, items),) = lists
    count = sum(any(at in range(*item) for _, at in told) for item in items)
    if not 1 < count < len(items):
        return composed
    return composed.plus(SOME.format(count=count, every=len(items)), grounding=None)


def best_lines(evidence: Evidence, style: Style = Style.SHORT) -> Sequence[Sentence]:
    """The best sentence, and as many more that are nearly as good as the style has room for.

    Of notes that disagree on the question, what each says.
    """
    ranked = evidence.sentences[: 2 if style is Style.SHORT else _MORE]
    near = [one for one in ranked if one.score >= SECOND_SENTENCE * ranked[0].score]
    lines = [_answering(one, evidence) for one in (*near[:1], *evidence.disagreeing, *near[1:])]
    return list(dict.fromkeys(filter(None, lines)))


def _answering(line: Sentence, evidence: Evidence) -> Sentence | None:
    """The line; where it is what a quiz asks, the one behind it; None if none is."""
    is_quiz = evidence.passages[line.passage].chunk.role is Role.QUIZ
    if not is_quiz or not line.text.rstrip().endswith(("?", "\uff1f")):
        return line
    behind = [
        one
        for one in evidence.sentences
        if one.passage == line.passage and one.span.start > line.span.start
    ]
    after = min(behind, key=lambda one: one.span.start, default=None)
    return _answering(after, evidence) if after else None


def extractive_answer(evidence: Evidence, style: Style = Style.SHORT) -> Composed:
    """The answer that needs no model."""
    return counted(Composed().quoting(best_lines(evidence, style), evidence))


MARKS = re.compile(r"\s*\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]")
"""Citations as they are written: [1], [2, 3]."""

_FORMS = re.compile(
    r"(?P<space>[ \t]*)(?:【(?P<a>\d{1,3})[^【】\n]{0,40}】"
    r"|\[\[(?P<b>\d{1,3})\]\]|\[\^(?P<c>\d{1,3})\](?!:)"
    r"|\[[^\W\d_]{1,12}\.?\s*(?P<d>\d{1,3})\]"
    r"|\((?P<e>\d{1,3})\)(?=\s*(?:[.!?]|$)))",
    re.I | re.M,
)
"""Citations as other models write them: 【1†x】, [[1]], [^1], [Source 1], (1) at an end."""

_CONTROL = re.compile(r"<\|[^|<>\n]{1,40}\|>|</?s>|<(?:start|end)_of_turn>|\[/?INST\]")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>")
_LINK = re.compile(
    r"!?\[([^\[\]\n]*)\](?:\([^()\s]*(?:\s[^()\n]*)?\)|\[[^\[\]\n]*[a-zA-Z][^\[\]\n]*\])"
)
_DEFINITION = re.compile(r"^\s*\[[^\[\]\n]+\]:\s*\S+.*$", re.MULTILINE)
_ADDRESS = re.compile(
    r"`?((?:(?:https?|ftp)://|javascript:|data:\w+/|www\.)[^\s`<>\[\]()]+)`?", re.IGNORECASE
)


def tidy(written: str, passages: Sequence[Hit]) -> str:
    """What may be shown of `written`; empty if it says nothing."""
    text = _DEFINITION.sub("", _CONTROL.sub("", written))
    text = _FORMS.sub(lambda found: _as_mark(found, passages), text)
    text = _LINK.sub(r"\1", _TAG.sub("", text))
    text = _ADDRESS.sub(lambda found: _shown(found[1], passages), text)
    text = _closed(_without_loops(_without_half(text)))
    return text.strip() if re.search(r"[^\W_]", MARKS.sub("", text)) else ""


def _as_mark(found: re.Match[str], passages: Sequence[Hit]) -> str:
    """[1] for a passage that there is; words and round brackets that mean something else stay."""
    number = next(filter(None, found.groups()[1:]))
    if found["d"] and any(found[0].strip() in hit.chunk.text for hit in passages):
        return found[0]
    if 1 <= int(number) <= len(passages):
        return f"{found['space']}[{int(number)}]"
    return found[0] if found["e"] or found["d"] else ""


def _shown(address: str, passages: Sequence[Hit]) -> str:
    whole = address.rstrip(".,;:!?'\"")
    held = any(whole in hit.chunk.text for hit in passages)
    return (f"`{whole}`" if held else "") + address[len(whole) :]


def _without_half(text: str) -> str:
    """Without the sentence that the limit cut, if there are whole ones before it."""
    if not text.rstrip().endswith(CUT):
        return text
    spans = sentence_spans(text.rstrip().removesuffix(CUT))
    return f"{text[: spans[-2].end]} {CUT}" if len(spans) > 1 else text


def _without_loops(text: str) -> str:
    """Without sentences that were said before, and what comes after the second repetition."""
    seen: set[str] = set()
    kept, position, repeated = [], 0, 0
    for span in sentence_spans(text):
        said = " ".join(
            re.findall(r"\w+", re.sub(r"\[[\d,;\s]+\]", "", text[span.start : span.end]))
        ).casefold()
        if said and said in seen:
            repeated += 1
        else:
            kept.append(text[position : span.end])
            seen.add(said)
        position = span.end
        if repeated > 1:
            return "".join(kept)
    return "".join([*kept, text[position:]])


def _closed(text: str) -> str:
    """With its last code block closed."""
    fences = re.findall(r"^\s*(`{3,}|~{3,})", text, re.MULTILINE)
    return f"{text.rstrip()}\n{fences[-1]}" if len(fences) % 2 else text


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
