"""A field of a flashcard -> the words that a person sees.

Not by html.parser, whose time grows with the square of what it is given if that is malformed:
4 s for 32 kB of "<a <" (Python 3.11.7). Here every pattern reads each character once.
"""

import html
import re

_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<hidden>script|style)\b.*?(?:</(?P=hidden)\s*>|\Z)"
    # An attribute may hold `>` between quotes; where its quotes do not close it may not.
    r"""|<(?P<end>/?)(?P<tag>[a-z][a-z0-9]*+)(?P<attributes>(?:[^<>"']|"[^"<]*"|'[^'<]*')*+|[^<>]*+)>""",
    re.I | re.S,
)
_SOURCE = re.compile(r"""\bsrc\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"']++))""", re.I)
_LINES = frozenset(
    "address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol p pre section table tr ul".split()
)
_CELLS = frozenset({"td", "th"})
_CLOZE = re.compile(
    r"\{\{c\d++::(?P<shown>(?:(?!\{\{|\}\}|::).)*+)(?:::(?:(?!\{\{|\}\}).)*+)?\}\}", re.S | re.I
)
_OCCLUSION = "image-occlusion:"
_NESTED = 8
"""Clozes within clozes are undone this deep, which is deeper than Anki goes."""

_BLANKS = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r" ?\n\s*")


def plain_text(field: str) -> str:
    """The words of a field: its markup gone, images named, clozes filled in, no line blank."""
    shown = html.unescape(_MARKUP.sub(_replaced, field))
    for _ in range(_NESTED):
        filled = _CLOZE.sub(_filled, shown)
        if filled == shown:
            break
        shown = filled
    return _GAPS.sub("\n", _BLANKS.sub(" ", shown)).strip()


def _replaced(match: re.Match[str]) -> str:
    tag = (match["tag"] or "").lower()
    if tag == "img":
        return _named(match["attributes"])
    if tag in _LINES:
        return "\n- " if tag == "li" and not match["end"] else "\n"
    return " " if tag in _CELLS else ""


def _named(attributes: str) -> str:
    source = _SOURCE.search(attributes)
    name = next(filter(None, source.groups()), "") if source else ""
    return " [image] " if not name or name.startswith("data:") else f" [image: {name}] "


def _filled(match: re.Match[str]) -> str:
    return "" if match["shown"].startswith(_OCCLUSION) else match["shown"]
