"""Word's styles and numberings: which paragraphs are headings, and what stands before an item."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ingest.formats.ooxml import W, child, value

_HEADING = re.compile(r"heading ?([1-9])$", re.I)
_MAX_ANCESTORS = 20


@dataclass(frozen=True, slots=True)
class Style:
    """What a paragraph is: a heading of a level from 1, an item of a numbering at a depth."""

    level: int | None = None
    numbering: tuple[str, str] | None = None


class Styles:
    """Styles by id. Ids and shown names are in the language of who wrote, `w:name` is not."""

    def __init__(self, root: Element | None) -> None:
        found = root.findall(f"{W}style") if root is not None else []
        self._styles = {style.get(f"{W}styleId", ""): style for style in found}

    def of(self, paragraph: Element) -> Style:
        """The style of a paragraph, with what it says itself before what its style says."""
        own = child(paragraph, f"{W}pPr")
        levels: list[int] = []
        numberings: list[tuple[str, str]] = []
        for properties, name in [(own, ""), *self._ancestors(value(own, f"{W}pStyle"))]:
            levels += _levels(properties, name)
            if (number := value(properties, f"{W}numPr", f"{W}numId")) is not None:
                numberings.append((number, value(properties, f"{W}numPr", f"{W}ilvl") or "0"))
        level = next(iter(levels), None)
        return Style(level if level is None or level <= 9 else None, next(iter(numberings), None))

    def _ancestors(self, name: str | None) -> Iterator[tuple[Element | None, str]]:
        """Properties and name of a style and of those it is based on, of which loops are made."""
        for _ in range(_MAX_ANCESTORS):
            style = self._styles.get(name or "")
            if style is None:
                return
            yield child(style, f"{W}pPr"), value(style, f"{W}name") or ""
            name = value(style, f"{W}basedOn")


def _levels(properties: Element | None, name: str) -> Iterator[int]:
    """The level that is said by number or name. A level of text, which Word numbers 9, is 10."""
    outline = value(properties, f"{W}outlineLvl")
    if outline and outline.isdecimal():
        yield int(outline) + 1
    if match := _HEADING.match(name):
        yield int(match[1])
    if name.casefold() == "title":
        yield 1


class Numbers:
    """Counts the items of a document's lists."""

    def __init__(self, root: Element | None) -> None:
        self._formats: dict[tuple[str, str], tuple[str, int]] = {}
        self._counts: Counter[tuple[str, int]] = Counter()
        if root is None:
            return
        lists = {one.get(f"{W}abstractNumId", ""): one for one in root.findall(f"{W}abstractNum")}
        for number in root.findall(f"{W}num"):
            of = lists.get(value(number, f"{W}abstractNumId") or "")
            for level in of.findall(f"{W}lvl") if of is not None else ():
                start = value(level, f"{W}start") or "1"
                key = (number.get(f"{W}numId", ""), level.get(f"{W}ilvl", "0"))
                kind = value(level, f"{W}numFmt") or "bullet"
                self._formats[key] = (kind, int(start) if start.isdecimal() else 1)

    def marker(self, paragraph: Element, numbering: tuple[str, str] | None) -> str:
        """What stands before an item ("  2. "), "" before what is none. Counts it."""
        is_none = numbering is None or numbering[0] == "0"
        own = value(paragraph, f"{W}pPr", f"{W}pStyle") or ""
        if numbering is None or is_none:
            return "- " if "list" in own.casefold() and not is_none else ""
        number, text = numbering
        depth = min(int(text), 8) if text.isdecimal() else 0
        kind, start = self._formats.get((number, str(depth)), ("bullet", 1))
        if kind == "none":
            return ""
        self._counts[number, depth] += 1
        for deeper in range(depth + 1, 9):
            self._counts[number, deeper] = 0
        indent = "  " * depth
        place = start + self._counts[number, depth] - 1
        return f"{indent}{_numeral(kind, place)} "


def _numeral(kind: str, place: int) -> str:
    """A numeral as it is in print, for the kinds that are common; Roman ones as figures."""
    if kind == "bullet":
        return "-"
    if kind in {"lowerLetter", "upperLetter"} and 0 < place <= 26:
        letter = chr(ord("a") + place - 1)
        return f"{letter if kind == 'lowerLetter' else letter.upper()}."
    return f"{place}."
