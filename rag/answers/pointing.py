"""Options that stand for others: "All of the above", "Both A and C".

What speaks for such a one is what speaks for those that it points at, together. "None of the above"
points at nothing: no line of the notes says it, so that it is never taken.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answers.backing import FEWEST, Backed, Backing
from rag.answers.options import Choices

ALIKE = 0.75
"""Share of what speaks for the first option, from which others that it is said of are right too."""

MORE = 0.03
"""What each further option that one stands for adds to what speaks for it, if all are right."""

_ALL = re.compile(
    r"\W*(?:(?P<both>both|les deux)|all|tou(?:te)?s)\b"
    r"(?:\W+(?:of|the|above|these|those|them|others?|options?|answers?|choices?|statements?|listed"
    r"|previous|preceding|are|is|correct|right|true|apply"
    r"|les?|ci|dessus|réponses?|choix|sont|correctes?|vraies?))*\W*",
    re.IGNORECASE,
)
_LABELS = re.compile(
    r"\W*(?:(?i:both|options?|answers?|réponses?)\s+)?"
    r"(?P<labels>(?:[A-Z]|\d{1,2})(?:(?:\s*,\s*(?:and\s+)?|\s*&\s*|\s+(?:and|et)\s+)"
    r"(?:[A-Z]|\d{1,2}))+)(?:\s+only)?\W*"
)
_TWO = 2
_LABEL = re.compile(r"[A-Z]\b|\d{1,2}")
_NONE = re.compile(
    r"\W*(?:none|neither|aucun(?:e)?)\b(?:\W+(?:of|the|above|these|those|them|options?|answers?|de"
    r"|ces|ci|dessus|réponses?))*\W*",
    re.IGNORECASE,
)


def pointed_at(choices: Choices) -> list[tuple[int, ...]]:
    """For each option the places of those that it stands for; none for one that says itself."""
    if choices.wanted != 1 or choices.exception:
        return [()] * len(choices.options)
    stands = [_places_meant(option, choices) for option in choices.options]
    plain = {place for place, one in enumerate(stands) if one is None}
    kept = [tuple(sorted(plain.intersection(one or ()))) for one in stands]
    is_both = [bool((found := _ALL.fullmatch(one)) and found["both"]) for one in choices.options]
    return [
        one if len(one) == _TWO or (len(one) > _TWO and not both) else ()
        for one, both in zip(kept, is_both, strict=True)
    ]


def _places_meant(option: str, choices: Choices) -> Sequence[int] | None:
    """The places that an option points at, itself maybe among them; None if it says something."""
    if _NONE.fullmatch(option):
        return ()
    if _ALL.fullmatch(option):
        return range(len(choices.options))
    found = _LABELS.fullmatch(option)
    labels = _LABEL.findall(found["labels"]) if found else []
    if labels and set(labels) <= set(choices.labels):
        return [choices.labels.index(label) for label in labels]
    return None


def standing_in(backed: Backed) -> Backed:
    """With what speaks for the options that stand for others.

    That is a little more than what speaks for the best of those, if all of them may be right, so
    that none of them is taken alone; else what speaks for the worst.
    """
    points = pointed_at(backed.choices)
    if not any(points):
        return backed
    plain = (one.support for one, of in zip(backed.backings, points, strict=True) if not of)
    right = max(FEWEST, ALIKE * max(plain))
    backings = (
        _together([backed.backings[place] for place in of], of, right) if of else own
        for own, of in zip(backed.backings, points, strict=True)
    )
    return replace(backed, backings=tuple(backings))


def _together(those: Sequence[Backing], of: tuple[int, ...], right: float) -> Backing:
    support = [one.support for one in those]
    says_no = any(one.says_no for one in those)
    is_right = min(support) >= right and not says_no
    together = max(support) + MORE * (len(of) - 1) if is_right else min(support)
    return Backing(together, says_no=says_no, of=of)
