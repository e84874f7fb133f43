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


def prompt_tokens(_case: Case, answer: Answer) -> float | None:
    """Tokens that the model read; None where none was asked or it does not tell."""
    return float(answer.usage.prompt_tokens) if answer.usage else None


def generated_tokens(_case: Case, answer: Answer) -> float | None:
    """Tokens that the model wrote."""
    return float(answer.usage.completion_tokens) if answer.usage else None


def dollars(_case: Case, answer: Answer) -> float | None:
    """What the model's provider charges for the answer in US dollars, where that is known."""
    return answer.usage.cost if answer.usage else None
