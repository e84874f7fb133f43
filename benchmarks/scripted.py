"""A model that makes things up: a thousand answers, none of which may cite what is not there.

Each is put together from sentences of the passages, with numbers changed, names swapped for made-up
ones or a "not" put in, and with citations drawn at random, most of which were never given.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from rag.answers.ending import Likeness, Read, ended
from rag.text.facts import names, numbers
from rag.text.sentences import sentence_spans
from rag.text.words import words
from rag.types import Answer, Evidence, Grounding, Hit, Status, Support

ANSWERS = 1000
GIVEN = 3  # passages

_NAMES = ("Zanthor", "Quillix", "Brambleware", "OptiFlux", "Nimbor")
_MARKS = ("[1]", "[2]", "[3]", "[4]", "[7]", "[0]", "[1, 9]", "[12][2]", "[99]", "", "(see [5])")


@dataclass(frozen=True, slots=True)
class Lie:
    """What a scripted model wrote, and what was wrong with it: number, name, "not" or nothing."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an answer. `false` counts citations that were not given or open on nothing."""

    lie: Lie
    false: int
    grades: tuple[Grounding, ...]
    refused: bool


def tell(chunks: Sequence[Hit], likeness: Likeness, count: int = ANSWERS) -> Iterator[Told]:
    """Put `count` scripted answers through what every answer goes through."""
    draw = Random(11)  # noqa: S311 (a sample, not a secret)
    for _ in range(count):
        given = tuple(draw.sample(chunks, GIVEN))
        lie = _lie(draw, given)
        question = " ".join(words(given[0].chunk.breadcrumb)) or "what"
        draft = Answer(question, question, "", Status.ANSWERED, "a script", hits=given)
        read = Read(Evidence(question, given, (), Support()), given, likeness)
        answer = ended(draft, lie.text, "", read)
        refused = answer.status is Status.REFUSED
        yield Told(lie, _false(answer), tuple(claim.grounding for claim in answer.claims), refused)


def _false(answer: Answer) -> int:
    marks = re.findall(r"\[([\d,; ]+)\]", answer.text)
    shown = [int(number) for mark in marks for number in re.findall(r"\d+", mark)]
    cited = {citation.number: citation for citation in answer.citations}
    wrong = sum(number not in cited for number in shown)
    for number, citation in cited.items():
        given = 0 < number <= len(answer.hits) and answer.hits[number - 1].chunk == citation.chunk
        wrong += not (given and citation.quote.strip())
    return wrong


def _lie(draw: Random, given: Sequence[Hit]) -> Lie:
    hit = draw.choice(given)
    spans = [s for s in sentence_spans(hit.chunk.text) if len(hit.chunk.text[s.start : s.end]) > 20]
    text = hit.chunk.text
    said = text[slice(*draw.choice(spans))] if spans else "It is so"
    said = " ".join(said.strip("#*|- ").split()).rstrip(".")
    kinds = ["nothing", "not"] + ["number"] * bool(numbers(said, spelt=False))
    kinds += ["name"] * bool(names(said))
    kind = draw.choice(kinds)
    return Lie(f"{_changed(draw, said, kind)} {draw.choice(_MARKS)}.", kind)


def _changed(draw: Random, said: str, kind: str) -> str:
    if kind == "number":
        return re.sub(r"\d+", lambda found: str(int(found[0]) * 3 + 1001), said)
    if kind == "not":
        return f"It is not true that {said}"
    if kind == "name":
        own = names(said)
        tokens = [
            draw.choice(_NAMES) if own & names(f"x {token}") else token for token in said.split()
        ]
        return " ".join(tokens)
    return said
