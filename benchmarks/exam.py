"""What the benchmarks ask, where the answers stand, and how two searches are told apart.

The questions are the shipped cases, and exam questions over a vault of other people's notes: a
folder with `notes/` and `questions.jsonl`, whose lines hold `question`, `answer` and
`answer_term_in_notes`.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from eval.stats import difference_interval
from eval.texts.tokens import token_stems

CASES = Path("eval/cases/sagemaker.jsonl")
NOTES = Path("notes")

_VENDOR = re.compile(r"^(?:Amazon|AWS) (?=\S)")
_IN_BRACKETS = re.compile(r"\s*\([^)]*\)")


def require_vault(vault: Path, option: str) -> None:
    """End with a line that says what is missing, unless `vault` has questions."""
    if not (vault / "questions.jsonl").is_file():
        sys.exit(f"no questions.jsonl in {vault}: name a folder that has it with {option}")


def exam(vault: Path) -> Iterator[tuple[str, str]]:
    """Exam questions whose answer is a term of the notes, each with that answer."""
    for line in (vault / "questions.jsonl").read_text("utf-8").splitlines():
        found = json.loads(line)
        if found["answer_term_in_notes"]:
            yield found["question"], found["answer"]


def name_of(answer: str) -> str:
    """What notes call the answer: without its vendor, and without what stands in brackets.

    "Amazon SageMaker Canvas" is "SageMaker Canvas" to who wrote them.
    """
    return _IN_BRACKETS.sub("", _VENDOR.sub("", answer)) or answer


def says(text: str, answer: str) -> bool:
    """True if `text` holds the words of `answer` in a row, whatever their endings."""
    return f" {' '.join(token_stems(answer))} " in f" {' '.join(token_stems(text))} "


def cell(ours: Sequence[float], theirs: Sequence[float], digits: int = 3) -> str:
    """A mean and the 95% interval of its paired difference to ours; none where all are equal."""
    differences = [their - own for own, their in zip(ours, theirs, strict=True)]
    amounts = any(abs(one) > 1 for one in differences)
    interval = difference_interval(differences, amounts=amounts) if any(differences) else None
    few = max(1, digits - 1)
    behind = f" ({interval.low:+.{few}f} {interval.high:+.{few}f})" if interval else ""
    return f"{fmean(theirs):.{digits}f}{behind}"
