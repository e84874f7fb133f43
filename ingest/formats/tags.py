"""Tags, however notes write them: in front matter, as properties, or `#like/this` in a line."""

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

_CODE = re.compile(r"(?<!`)(`+)(?!`)[^`]*\1(?!`)")
_INLINE = re.compile(r"(?:(?<=[\s(])|\A)#(?=[\d/_-]*[^\W\d_])([\w/-]{1,100})")
_MOST = 200


def inline_tags(tokens: Sequence[Token]) -> Iterator[str]:
    """`#tag` and `#tag/below` in the lines of a note, outside of code."""
    for token in tokens:
        if token.type == "inline" and "#" in token.content:
            yield from (
                found.strip("/") for found in _INLINE.findall(_CODE.sub(" ", token.content))
            )


def listed_tags(value: object) -> Iterator[str]:
    """Tags of a YAML value: a list, or words with commas or blanks between them."""
    if isinstance(value, list):
        words = [scalar(one) for one in value]
    else:
        words = scalar(value).replace(",", " ").split()
    yield from (word.lstrip("#") for word in words)


def property_tags(value: str) -> Iterator[str]:
    """Tags of a property: `a, [[b c]], #d`, with commas between them."""
    yield from (word.strip().strip("#[]") for word in value.split(","))


def distinct(*groups: Iterator[str]) -> tuple[str, ...]:
    """All tags once, in order; no more than a person would give."""
    return tuple(dict.fromkeys(tag for group in groups for tag in group if tag))[:_MOST]


def scalar(value: object) -> str:
    """A word or number; empty for anything nested, which YAML's aliases can blow up."""
    return "" if value is None or isinstance(value, (dict, list, set, tuple)) else str(value)
