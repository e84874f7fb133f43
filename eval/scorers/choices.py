"""Which options of an exam question an answer takes: by their letters, or else by their words."""

import re
from collections.abc import Iterator, Sequence

from eval.scorers.targets import refused
from eval.texts.matching import read, says
from eval.texts.text import shown
from eval.texts.tokens import tokens
from eval.types import Case
from rag.types import Answer

_LETTERS = r"\(?([A-Z])\)?((?:\s*(?:,|;|&|\+|/|and)+\s*\(?[A-Z]\)?(?![\w']))*)"
_LEAD = re.compile(
    rf"^\W*(?i:(?:the\s+)?(?:correct\s+|right\s+|best\s+)?(?:answers?|options?|choices?)\b"
    rf"(?:\s+(?:is|are)\b)?\W*)?{_LETTERS}(?=\s*(?:[.:)\]*,\u2013\u2014-]|$|is\b|are\b))"
)
_NAMED = re.compile(
    rf"\b(?i:answers?|options?|choices?)(?:\s+(?:is|are))?:?\s*\W{{0,3}}{_LETTERS}\b"
)


def choice_accuracy(case: Case, answer: Answer) -> float | None:
    """1 if the answer takes just the right options, of those that the case offers."""
    if not (case.options and case.correct):
        return None
    return float(not refused(answer) and chosen(case, answer.text) == frozenset(case.correct))


def chosen(case: Case, text: str) -> frozenset[int]:
    """The places of the options that the text takes, from 0; empty if it takes none.

    An option whose words are all in a longer one that is taken is not taken beside it.
    """
    bare = shown(text)
    if lines := frozenset(_in_lines(case, bare)):
        return lines
    if named := _LEAD.search(bare) or _NAMED.search(bare):
        places = [ord(letter) - ord("A") for letter in re.findall("[A-Z]", "".join(named.groups()))]
        if max(places) < len(case.options):
            return frozenset(places)
    said = read(text, case.question, {})
    held = [place for place, option in enumerate(case.options) if says(said, option, {})]
    rows = [tokens(option) for option in case.options]
    return frozenset(
        place
        for place in held
        if not any(_is_within(rows[place], rows[other]) for other in held if other != place)
    )


def _in_lines(case: Case, bare: str) -> Iterator[int]:
    """The places of the options that begin a line, under their letters: "B. Clarify"."""
    for place, option in enumerate(case.options):
        said = rf"^\W*{chr(ord('A') + place)}[.)] +{re.escape(shown(option))}(?!\w)"
        if re.search(said, bare, re.MULTILINE | re.IGNORECASE):
            yield place


def _is_within(row: Sequence[str], other: Sequence[str]) -> bool:
    return len(row) < len(other) and f" {' '.join(row)} " in f" {' '.join(other)} "
