"""How many of its options a question wants."""

import re

_ALL_THAT_APPLY = re.compile(
    r"\ball (?:that|which) (?:apply|fit|are (?:correct|right|true))\b"
    # Not the option that says so of those above it.
    r"|\btoutes les (?:bonnes )?réponses\b(?!\W+(?:ci|sont|précédentes)\b)",
    re.IGNORECASE,
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "deux": 2, "trois": 3, "quatre": 4}
_COUNT = rf"(?P<count>{'|'.join(_COUNTS)}|[2-9])"
CHOOSE = r"choose|select|pick|mark|tick|choisir|choisissez|sélectionnez|cochez"
_MANY = (
    re.compile(
        rf"\b(?:which|what|quels|quelles|(?:{CHOOSE}|name)(?: the)?(?: best| correct)?) "
        rf"{_COUNT}\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b{_COUNT} (?:correct |right )?(?:answers|options|choices|responses|réponses)\b",
        re.IGNORECASE,
    ),
)


def how_many(asking: str) -> int:
    """The number that is asked for; 1 where none is, 0 where as many as are right."""
    if _ALL_THAT_APPLY.search(asking):
        return 0
    found = next(filter(None, (one.search(asking) for one in _MANY)), None)
    return _COUNTS.get(found["count"].casefold(), 0) or int(found["count"]) if found else 1
