"""A run as one HTML file that needs nothing else: no script, no network, and it reads on paper.

What is shown comes from notes and models and is not trusted. The template escapes all of it, and
the file forbids itself everything but its own styles. The functions that mark what matters in a
text (what a case asks for, what an answer cites) serve the page of evals too.
"""

import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from eval.causes import bears, given
from eval.measures import confidence_curve
from eval.metrics import METRICS
from eval.report.results import Group, Result
from eval.scorers import quote_places
from eval.types import Case, Run
from rag.types import Answer, Chunk, Grounding, Hit, Span

TEMPLATES = Path(__file__).parent / "templates"
_CRUMB = " \u203a "  # what `Chunk.breadcrumb` puts between headings
_PROMPT_ENDS = (1500, 2500)
"""Characters of a long prompt that are shown of its beginning and of its end, the question."""

_MOST_ROWS = 20
"""Of a table of notes or sections, the largest first."""

_NUMBER = re.compile(r"\[(\d{1,3})\]")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_GRADES = {Grounding.WEAK: "weak", Grounding.NOT_FOUND: "unfounded"}

Spans = Mapping[str, Sequence[Span]]


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage found. One that is spare was not given to the model, and would not have helped."""

    number: int
    hit: Hit
    is_given: bool
    holds_answer: bool

    @property
    def is_spare(self) -> bool:
        """True of one that nobody misses."""
        return not self.is_given and not self.holds_answer


def render_html(result: Result) -> str:
    """The whole file."""
    template = _environment().get_template("report.html")
    run = result.run
    return template.render(
        result=result,
        run=run,
        css=Markup((TEMPLATES / "report.css").read_text("utf-8")),  # noqa: S704 (our own)
        methods=sorted({one.method for one in result.means.values() if one}),
        sections=_shortened(result.sections),
        folder=_folder(run),
        curve=confidence_curve(run),
        area=result.whole_run["refusal_auroc"],
    )


def passages_html(case: Case, answer: Answer) -> list[Passage]:
    """What was found for an answer, best first."""
    read = len(given(answer))
    return [
        Passage(n, hit, is_given=n <= read, holds_answer=bears(case, hit.chunk))
        for n, hit in enumerate(answer.hits, 1)
    ]


def shortened(text: str, first: int, last: int, left_out: str = "… {:,} characters more …") -> str:
    """The first and the last characters of a long text, with how many are left out between."""
    left = len(text) - first - last
    return text if left <= 0 else f"{text[:first]}\n{left_out.format(left)}\n{text[-last:]}"


def clean_html(text: str) -> str:
    """`text` of the same length without controls, halves of surrogates and turns of direction."""
    return "".join("\ufffd" if _steers(character) else character for character in text)


def with_marks_html(text: str, spans: Spans) -> Markup:
    """`text` as HTML, each of the spans in an element of the class that it is listed under."""
    return Markup().join(
        Markup('<span class="{}">{}</span>').format(kinds, escape(clean_html(piece)))
        if kinds
        else escape(clean_html(piece))
        for piece, kinds in _pieces(text, spans)
    )


def doubts(answer: Answer) -> Spans:
    """Where an answer says what is weakly supported or not found, as `with_marks_html` takes it."""
    spans: dict[str, list[Span]] = {}
    for claim in answer.claims:
        if claim.grounding in _GRADES:
            spans.setdefault(_GRADES[claim.grounding], []).append(Span(claim.start, claim.end))
    return spans


def _said(answer: Answer, anchor: str) -> Markup:
    """The answer's text, with what is not carried marked, and its numbers leading to passages.

    The passage `n` is expected at the id `{anchor}-{n}`, where it is among those cited.
    """
    cited = {citation.number for citation in answer.citations}

    def link(match: re.Match[str]) -> str:
        if int(match[1]) not in cited:
            return match[0]
        return f'<a href="#{anchor}-{match[1]}">{match[0]}</a>'

    return Markup(_NUMBER.sub(link, with_marks_html(answer.text, doubts(answer))))  # noqa: S704 (it is escaped)


def marked_passage(case: Case, answer: Answer, hit: Hit) -> Markup:
    """A passage's text, with the targets in it and what the answer cites of it marked."""
    targets = [span for target in case.targets for span in quote_places(target, hit.chunk)]
    cited = [Span(c.start, c.end) for c in answer.citations if c.chunk.id == hit.chunk.id]
    return with_marks_html(hit.chunk.text, {"target": targets, "cited": cited})


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


def _shortened(groups: Sequence[Group]) -> list[Group]:
    """Without the title of the note, where all have the same."""
    parted = [group.name.split(_CRUMB) for group in groups]
    if len({parts[0] for parts in parted}) > 1:
        return list(groups)
    names = [_CRUMB.join(parts[1:] or parts) for parts in parted]
    return [replace(group, name=name) for group, name in zip(groups, names, strict=True)]


def _folder(run: Run) -> str:
    """What all paths of notes begin with: a report says nothing of where on a disk they lie."""
    answers = [outcome.answer for outcome in run.outcomes if outcome.answer]
    paths = {hit.chunk.note_path for answer in answers for hit in answer.hits}
    folders = [posixpath.dirname(path) for path in paths if path.startswith("/")]
    return posixpath.commonpath(folders).rstrip("/") + "/" if folders else "/"


def _place(chunk: Chunk, folder: str, offset: int = 0) -> str:
    return chunk.place_at(offset, chunk.note_path.removeprefix(folder))


def position(value: float, low: float, high: float) -> float:
    """Where `value` is drawn on a track from `low` to `high`: percent of it, just off its edges."""
    share = (min(max(value, low), high) - low) / (high - low) if high > low else 0.0
    return 2 + 96 * share


def finalize(value: object) -> object:
    """What a template puts in for `value`: text without what steers; see jinja2's `finalize`."""
    return clean_html(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=finalize,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        position=position,
        said=_said,
        marked_passage=marked_passage,
        passages=passages_html,
        place=_place,
        most=_MOST_ROWS,
        metrics=METRICS,
    )
    made.filters.update(
        cut=lambda text: shortened(text, *_PROMPT_ENDS), words=lambda name: name.replace("_", " ")
    )
    return made
