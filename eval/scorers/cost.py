"""What an answer took."""

from eval.types import Case
from rag.types import Answer


def seconds_to_sources(_case: Case, answer: Answer) -> float | None:
    """Seconds until the passages were known. Lower is better."""
    return answer.timings.sources


def seconds_to_first_token(_case: Case, answer: Answer) -> float | None:
    """Seconds until the first token. Lower is better."""
    return answer.timings.first_token


def seconds_total(_case: Case, answer: Answer) -> float | None:
    """Seconds until the answer was whole. Lower is better."""
    return answer.timings.total
