"""Lines of the notes -> an answer that consists of them, cited to the character.

What is written here is the notes' own, so that nothing of it has to be looked for in them again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rag.answers.tidying import tidy
from rag.prompts import without_injections
from rag.search.evidence import in_context
from rag.text.sentences import lead, list_items
from rag.types import Answer, Citation, Claim, Evidence, Grounding, Sentence, Span, Style

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
    near = [
        line
        for one in ranked
        if one.score >= SECOND_SENTENCE * ranked[0].score and (line := _answering(one, evidence))
    ]
    return list(dict.fromkeys([*near[:1], *evidence.disagreeing, *near[1:]]))


def _answering(line: Sentence, evidence: Evidence) -> Sentence | None:
    """The line; where it asks itself, as on a flashcard, the one behind it; None if none is."""
    if not line.text.rstrip().endswith(("?", "\uff1f")):
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
