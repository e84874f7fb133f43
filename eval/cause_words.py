"""The one line that says what shows the cause of a miss."""

from collections.abc import Sequence

from eval.texts.text import one_line
from eval.types import Case
from rag.types import Answer, Citation

_SHOWN = 70
"""Characters of what is quoted."""


def answering(place: int, case: Case) -> str:
    """Which passage holds the answer."""
    return f"passage {place} holds {_answer_of(case)}"


def _answer_of(case: Case) -> str:
    """The first target, or what else is wanted."""
    return _quoted(case.targets[0].quote) if case.targets else _references(case)


def absent(case: Case, hidden: Sequence[str]) -> str:
    """Of an answer that no note holds; `hidden` are its places in quizzes."""
    if hidden:
        return f"{_answer_of(case)} stands in a quiz alone, {hidden[0]}, which is kept out"
    return f"no note holds {_answer_of(case)}"


def wanted(case: Case, shown: Sequence[str]) -> str:
    """What was to be found; `shown` are the places where it stands, as far as they are known."""
    return f"{shown[0]}, {_answer_of(case)}," if shown else _answer_of(case)


def said(case: Case, answer: Answer) -> str:
    """What was said, beside what was wanted."""
    return f"said {_quoted(answer.text)}, wanted {_references(case)}"


def _references(case: Case) -> str:
    return " or ".join(map(_quoted, case.references[:2]))


def cited(answer: Answer, case: Case) -> str:
    """What was cited, beside what was wanted."""
    if not answer.citations:
        return f"cites nothing; wanted {_answer_of(case)}"
    return f"cites {' and '.join(map(_citation, answer.citations[:2]))}, not {_answer_of(case)}"


def _citation(citation: Citation) -> str:
    return f"{citation.location.rpartition('/')[2]} {_quoted(citation.quote)}"


def invented(answer: Answer) -> str:
    """What was said where nothing is to be had."""
    return f"said {_quoted(answer.text)}{sure(answer)}"


def sure(answer: Answer) -> str:
    """How sure the answer was, if that is known."""
    return "" if answer.confidence is None else f", confidence {answer.confidence:.2f}"


def _quoted(text: str) -> str:
    return f"“{one_line(text, _SHOWN)}”"
