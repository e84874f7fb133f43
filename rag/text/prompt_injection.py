"""Lines of notes that talk to a model: it is not shown them; people find and read them as before.

Limitation: orders in other words and languages than these. They can do no more than be repeated,
for an answer has no tools, and cites only what is there.
"""

import re
from collections.abc import Sequence

_TO_A_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override|vergiss|ignoriere|oublie[zs]?|ignore[zs]|olvida|ignora)\b"
    r".{0,20}\b(?:all|any|previous|prior|earlier|above|your|alle|toutes|todas|les|las)\b.{0,20}"
    r"\b(?:instructions?|rules?|prompts?|anweisung\w*|regeln?|consignes?|instruc\w+|reglas?)\b"
    r"|\bfrom now on,? (?:you|never|always|only|answer|reply)\b|\bnever refuse\b"
    r"|(?-i:\bSYSTEM\s*:)|<\s?\||\bonly allowed answer\b|\breply to every\b|\byou are now\b"
    r"|\b(?:begin|start|end|in) (?:every|each|all|your) (?:answer|repl(?:y|ie)|response)s?\b",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED = re.compile(r"\"[^\"\n]*\"|\u201c[^\u201d\n]*\u201d|\u00ab[^\u00bb\n]*\u00bb|`[^`\n]+`")
"""Notes on such attacks quote them."""

LEFT_OUT = "(a line that is no note is left out)"


def without_injections(lines: Sequence[str]) -> list[str]:
    """The lines, with LEFT_OUT in the place of each that talks to a model."""
    return [LEFT_OUT if _TO_A_MODEL.search(_QUOTED.sub("", line)) else line for line in lines]
