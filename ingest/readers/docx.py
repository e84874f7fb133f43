"""Word files: headings by their style, lists, tables, footnotes, text boxes."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from ingest.document import Draft, Piece
from ingest.readers.ooxml import Package, W, child, open_package, row, shown_text, value
from ingest.types import ReadNote, SourceFile

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_PLACE_CHARACTERS = 60
"""Of a heading, in the label of a place."""

_WORDS = {f"{W}t", "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"}
_SPACES = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_HEADING = re.compile(r"heading ?([1-9])$", re.I)
_MAX_ANCESTORS = 20


class DocxReader:
    """Reads what is on the page: what was deleted under review is not, what was inserted is."""

    suffixes = frozenset({".docx"})
    fingerprint = "docx-1"

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`.

        Such a file knows no pages, so its anchors are paragraphs (an item is one, too) and tables,
        counted from the heading above.

        Raises:
            NotesError: it is damaged, locked or empty.
        """
        package, main = open_package(data, f"{W}document")
        document = _Document(package, main)
        document.body(child(package.part(main), f"{W}body"))
        document.end_list()
        return document.draft.note(file, data, kind="docx", title=package.title())


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of a paragraph, and the paragraphs that hang on it (text boxes, footnotes)."""

    text: str
    boxes: list[Element] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Document:
    """Walks through a document and writes it down."""

    def __init__(self, package: Package, main: str) -> None:
        self.draft = Draft()
        related = {kind: name for kind, name in package.related(main).values()}
        part = {
            kind: package.optional(related[kind]) if kind in related else None
            for kind in ("styles", "numbering", "footnotes", "endnotes")
        }
        self._styles = Styles(part["styles"])
        self._numbers = Numbers(part["numbering"])
        self._notes = {
            (tag, note.get(f"{W}id", "")): note
            for tag, root in (("footnote", part["footnotes"]), ("endnote", part["endnotes"]))
            for note in (root if root is not None else ())
        }
        self._counts: Counter[str] = Counter()
        self._list: list[Piece] = []
        self._noted = 0

    def body(self, parent: Element | None) -> None:
        """Write down the paragraphs and tables in `parent`, in order."""
        for element in parent if parent is not None else ():
            if element.tag == f"{W}p":
                self._paragraph(element)
            elif element.tag == f"{W}tbl":
                self.end_list()
                self._table(element)
            elif not element.tag.endswith(("}del", "}moveFrom", "}Fallback")):
                self.body(element)  # content controls, what was inserted, custom XML

    def end_list(self) -> None:
        """Write down the items that were collected."""
        self.draft.add("list", self._list)
        self._list = []

    def _paragraph(self, element: Element) -> None:
        found = self._text(element)
        style = self._styles.of(element)
        if found.text.strip():
            if style.level is not None:
                self.end_list()
                self._counts.clear()
                self.draft.heading(style.level, [Piece(found.text, self._place("", found.text))])
            elif marker := self._numbers.marker(element, style.numbering):
                self._list.append(Piece(marker + found.text, self._place("paragraph")))
            else:
                self.end_list()
                self.draft.add("paragraph", [Piece(found.text, self._place("paragraph"))])
        for box in found.boxes:
            self.end_list()
            self.body(box)
        self._write_notes(found.notes)

    def _write_notes(self, notes: Sequence[str]) -> None:
        if notes:
            self.end_list()
        for text in notes:
            self.draft.add("paragraph", [Piece(text)])

    def _table(self, table: Element) -> None:
        place = self._place("table")
        rows = [list(_cells(one)) for one in table.iter(f"{W}tr")]
        if len(rows) == 1 and len(rows[0]) == 1:
            self.body(rows[0][0])  # a frame around text
            return
        pieces: list[Piece] = []
        notes: list[str] = []
        for cells in rows:
            texts = [self._cell(cell, notes) for cell in cells]
            if any(map(str.strip, texts)):
                pieces.append(row(texts, place))
        self.draft.add("table", pieces, lead=1)
        self._write_notes(notes)

    def _cell(self, cell: Element, notes: list[str]) -> str:
        texts: list[str] = []
        for paragraph in cell.findall(f"{W}p"):
            found = self._text(paragraph)
            texts.append(found.text)
            notes += found.notes
        return " ".join(texts)

    def _text(self, paragraph: Element) -> _Text:
        found = _Text("")
        pieces = list(self._pieces(paragraph, found))
        return _Text("".join(pieces).strip(), found.boxes, found.notes)

    def _pieces(self, element: Element, found: _Text) -> Iterator[str]:
        for one in element:
            name = one.tag.rpartition("}")[2]
            if one.tag in _WORDS:
                yield one.text or ""
            elif one.tag in _SPACES:
                yield _SPACES[one.tag]
            elif name in {"footnoteReference", "endnoteReference"}:
                yield self._mark(name.removesuffix("Reference"), one.get(f"{W}id", ""), found)
            elif one.tag == f"{W}txbxContent":
                found.boxes.append(one)
            elif name not in {"Fallback", "del", "moveFrom", "pPr"}:
                yield from self._pieces(one, found)

    def _mark(self, kind: str, number: str, found: _Text) -> str:
        note = self._notes.get((kind, number))
        if note is None:
            return ""
        self._noted += 1
        mark = str(self._noted).translate(_SUPERSCRIPT)
        words = [one.text or "" for one in shown_text(note) if one.tag == f"{W}t"]
        found.notes.append(f"{mark} {''.join(words).strip()}")
        return mark

    def _place(self, kind: str, heading: str = "") -> str:
        """What a person can find: the heading is in Word's navigation, the rest is counted."""
        above = heading or next(reversed(self.draft.headings), "")
        above = " ".join(above.split())
        if len(above) > _PLACE_CHARACTERS:
            above = above[: _PLACE_CHARACTERS - 1] + "…"
        if not kind:
            return above
        self._counts[kind] += 1
        return f"{above}, {kind} {self._counts[kind]}".removeprefix(", ")


def _cells(table_row: Element) -> Iterator[Element]:
    for one in table_row:
        if one.tag == f"{W}tc":
            yield one
        elif one.tag == f"{W}sdt":
            yield from one.iter(f"{W}tc")


@dataclass(frozen=True, slots=True)
class _Style:
    """What a paragraph is: a heading of a level from 1, an item of a numbering at a depth."""

    level: int | None = None
    numbering: tuple[str, str] | None = None


class Styles:
    """Styles by id. Ids and shown names are in the language of who wrote, `w:name` is not."""

    def __init__(self, root: Element | None) -> None:
        found = root.findall(f"{W}style") if root is not None else []
        self._styles = {style.get(f"{W}styleId", ""): style for style in found}

    def of(self, paragraph: Element) -> _Style:
        """The style of a paragraph, with what it says itself before what its style says."""
        own = child(paragraph, f"{W}pPr")
        levels: list[int] = []
        numberings: list[tuple[str, str]] = []
        for properties, name in [(own, ""), *self._ancestors(value(own, f"{W}pStyle"))]:
            levels += _levels(properties, name)
            if (number := value(properties, f"{W}numPr", f"{W}numId")) is not None:
                numberings.append((number, value(properties, f"{W}numPr", f"{W}ilvl") or "0"))
        level = next(iter(levels), None)
        return _Style(level if level is None or level <= 9 else None, next(iter(numberings), None))

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
