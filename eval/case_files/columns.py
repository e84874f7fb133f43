"""Where a value stands in a line of JSON, so that an error can point at it."""

import json
import re
from collections.abc import Iterator, Sequence

_BLANKS = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def column(line: str, way: Sequence[str | int]) -> int:
    """The column, from 1, of what `way` (keys, and places in lists) leads to in a valid `line`.

    What a key holds is pointed at by the key; where the way leads nowhere, by its last known step.
    """
    at = shown = _after_blanks(line, 0)
    for step in way:
        found = [places for name, *places in _items(line, at) if name == step]
        if not found:
            break
        shown, at = found[-1]  # of a key that stands twice, the last one counts
    return shown + 1


def _items(line: str, at: int) -> Iterator[tuple[str | int, int, int]]:
    """Key or place of all that the container at `at` holds; where that begins, and its value."""
    opening = line[at]
    if opening not in "[{":
        return
    at = _after_blanks(line, at + 1)
    count = 0
    while line[at] not in "]}":
        name: str | int = count
        shown = at
        if opening == "{":
            name, at = _DECODER.raw_decode(line, at)
            at = _after_blanks(line, _after_blanks(line, at) + 1)  # past the colon
        yield name, shown, at
        _, at = _DECODER.raw_decode(line, at)
        at = _after_blanks(line, at)
        at = _after_blanks(line, at + 1) if line[at] == "," else at
        count += 1


def _after_blanks(line: str, at: int) -> int:
    found = _BLANKS.match(line, at)
    return found.end() if found else at
