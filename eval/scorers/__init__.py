"""Scores of one answer to one case. Pure functions, listed by name in `SCORERS`.

A scorer that cannot judge a case returns None, never 0: what was not measured must not count.
To add one, write it in the module of its subject and name it in the table; the runner and the
reports read the table. What an answer alone does not show is `later` here, and is known where its
scorer has what it needs: the embedding model (eval/scorers/meaning.py), or a judge that has read
the answers after the run (eval/judges/judging.py).
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from eval.protocols import Scorer
from eval.scorers.answers import facts_said, reference_match, token_f1
from eval.scorers.choices import choice_accuracy
from eval.scorers.citations import citation_precision, citation_recall
from eval.scorers.cost import (
    dollars,
    generated_tokens,
    prompt_tokens,
    seconds_to_first_token,
    seconds_to_sources,
    seconds_total,
)
from eval.scorers.grounding import grounded, not_found
from eval.scorers.refusals import refusal_right, refusal_right_quiz_only, refusal_wrong
from eval.scorers.retrieval import ndcg, precision, recall, reciprocal_rank
from eval.scorers.spans import span_iou, span_precision, span_recall
from eval.types import Case
from rag.types import Answer


def later(_case: Case, _answer: Answer) -> float | None:
    """None: not to be told from case and answer alone."""
    return None


SCORERS: Mapping[str, Scorer] = MappingProxyType(
    {
        "recall@1": partial(recall, k=1),
        "recall@3": partial(recall, k=3),
        "recall@5": partial(recall, k=5),
        "precision@5": partial(precision, k=5),
        "mrr": reciprocal_rank,
        "ndcg@5": partial(ndcg, k=5),
        "span_recall": span_recall,
        "span_precision": span_precision,
        "span_iou": span_iou,
        "reference_match": reference_match,
        "token_f1": token_f1,
        "facts_said": facts_said,
        "choice_accuracy": choice_accuracy,
        "similarity": later,
        "judged": later,
        "judged_faithful": later,
        "grounded": grounded,
        "not_found": not_found,
        "carried": later,
        "citation_precision": citation_precision,
        "citation_recall": citation_recall,
        "refusal_right": refusal_right,
        "refusal_right_quiz_only": refusal_right_quiz_only,
        "refusal_wrong": refusal_wrong,
        "seconds_to_sources": seconds_to_sources,
        "seconds_to_first_token": seconds_to_first_token,
        "seconds_total": seconds_total,
        "prompt_tokens": prompt_tokens,
        "generated_tokens": generated_tokens,
        "dollars": dollars,
    }
)

LOWER_IS_BETTER = frozenset(
    {
        *("refusal_wrong", "not_found"),
        *("seconds_to_sources", "seconds_to_first_token", "seconds_total"),
        *("prompt_tokens", "generated_tokens", "dollars"),
    }
)

COSTS = frozenset(
    {
        "seconds_to_sources",
        "seconds_to_first_token",
        "seconds_total",
        "prompt_tokens",
        "generated_tokens",
        "dollars",
    }
)
"""Amounts, which unlike all other scores may exceed 1; no gate compares them across machines."""
