"""Texts with what matters in them marked, as HTML: what a case asks for, what an answer cites.

All text is of notes and models and is not trusted: it is escaped, and what would steer a terminal
or turn the direction of reading is shown as a replacement character.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from markupsafe import Markup, escape

from eval.scorers import places
from eval.types import Case
from rag.types import Answer, Grounding, Hit, Span

_NUMBER = re.compile(r"\[(\d{1,3})\]")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_GRADES = {Grounding.WEAK: "weak", Grounding.NOT_FOUND: "unfounded"}

Spans = Mapping[str, Sequence[Span]]


def clean(text: str) -> str:
    """`text` of the same length without controls, halves of surrogates and turns of direction."""
    return "".join("\ufffd" if _steers(character) else character for character in text)


def marked(text: str, spans: Spans) -> Markup:
    """`text` as HTML, each of the spans in an element of the class that it is listed under."""
    return Markup().join(
        Markup('<span class="{}">{}</span>').format(kinds, escape(clean(piece)))
        if kinds
        else escape(clean(piece))
        for piece, kinds in _pieces(text, spans)
    )


def doubts(answer: Answer) -> Spans:
    """Where an answer says what is weakly supported or not found, as `marked` takes it."""
    spans: dict[str, list[Span]] = {}
    for claim in answer.claims:
        if claim.grounding in _GRADES:
            spans.setdefault(_GRADES[claim.grounding], []).append(Span(claim.start, claim.end))
    return spans


def said(answer: Answer, anchor: str) -> Markup:
    """The answer's text, with what is not carried marked, and its numbers leading to passages.

    The passage `n` is expected at the id `{anchor}-{n}`, where it is among those cited.
    """
    cited = {citation.number for citation in answer.citations}

    def link(match: re.Match[str]) -> str:
        if int(match[1]) not in cited:
            return match[0]
        return f'<a href="#{anchor}-{match[1]}">{match[0]}</a>'

    return Markup(_NUMBER.sub(link, marked(answer.text, doubts(answer))))  # noqa: S704 (it is escaped)


def passage(case: Case, answer: Answer, hit: Hit) -> Markup:
    """A passage's text, with the targets in it and what the answer cites of it marked."""
    targets = [span for target in case.targets for span in places(target, hit.chunk)]
    cited = [Span(c.start, c.end) for c in answer.citations if c.chunk.id == hit.chunk.id]
    return marked(hit.chunk.text, {"target": targets, "cited": cited})


def _pieces(text: str, spans: Spans) -> Iterator[tuple[str, str]]:
    """Pieces of `text`, each with the classes of the spans that it lies in."""
    bounds = {end for found in spans.values() for span in found for end in span}
    cuts = sorted({0, len(text), *(end for end in bounds if 0 < end < len(text))})
    for start, end in pairwise(cuts):
        kinds = (k for k, found in spans.items() if any(s <= start and end <= e for s, e in found))
        yield text[start:end], " ".join(kinds)


def _steers(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in _TURNING or unicodedata.category(character) in ("Cc", "Cs")
