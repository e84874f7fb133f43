"""Scores by nearness of meaning: what the embedding model of the retrieval says of an answer.

They need what a pure function of case and answer has not got, so they are bound to it here.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from eval.protocols import Likeness, Scorer
from eval.scorers import SCORERS
from eval.scorers.targets import refused
from eval.texts.text import parts, shown
from eval.types import Case
from rag.grounding import Unit, attribute
from rag.search.evidence import in_context
from rag.types import Answer, Claim, Grounding, Span


def similarity(case: Case, answer: Answer, likeness: Likeness) -> float | None:
    """The cosine of the answer to the nearest reference, 0 at least.

    A short reference is far from a long answer that is right: of use to compare answers of one
    length, not to tell right from wrong.
    """
    said = shown(answer.text).strip()
    if not (case.answerable and case.references):
        return None
    if refused(answer) or not said:
        return 0.0
    wanted = [" and ".join(parts(reference)) for reference in case.references]
    return min(1.0, max(0.0, *likeness([said], wanted)[0]))


def carried(case: Case, answer: Answer, likeness: Likeness) -> float | None:
    """The share of the answer's sentences that what they cite carries, without the other passages.

    A sentence that cites nothing is not carried (as in ALCE, Gao et al. 2023, with the rules of
    rag/grounding.py in the place of a model of entailment). A refusal says nothing.
    """
    if refused(answer) or not answer.claims:
        return None
    held = [_is_carried(case.question, answer, claim, likeness) for claim in answer.claims]
    return sum(held) / len(held)


BY_MEANING: Mapping[str, Callable[[Case, Answer, Likeness], float | None]] = MappingProxyType(
    {"similarity": similarity, "carried": carried}
)


def scorers_with(likeness: Likeness) -> Mapping[str, Scorer]:
    """All of `SCORERS`, those by meaning bound to what says how near texts are."""

    def bound(scorer: Callable[[Case, Answer, Likeness], float | None]) -> Scorer:
        return lambda case, answer: scorer(case, answer, likeness)

    by_meaning = {name: bound(scorer) for name, scorer in BY_MEANING.items()}
    return MappingProxyType({**SCORERS, **by_meaning})


def _is_carried(question: str, answer: Answer, claim: Claim, likeness: Likeness) -> bool:
    said = answer.text[claim.start : claim.end]
    cited = [one for one in answer.citations if f"[{one.number}]" in said]
    bare = shown(said).strip()
    if not (cited and bare):
        return False
    texts = [in_context(one.chunk, Span(one.start, one.end)) for one in cited]
    (near,) = likeness([bare], texts)
    units = [
        Unit(place, Span(one.start, one.end), text, f"{one.chunk.breadcrumb} {one.chunk.context}")
        for place, (one, text) in enumerate(zip(cited, texts, strict=True))
    ]
    return attribute(bare, question, units, near, {}).grounding is not Grounding.NOT_FOUND
