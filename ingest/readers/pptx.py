"""PowerPoint files: slide by slide, with tables, groups, diagrams and the speaker's notes."""

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from ingest.document import Draft, Piece
from ingest.readers.ooxml import A, P, Package, R, child, open_package, row, shown_text
from ingest.types import ReadNote, SourceFile

_TITLES = frozenset({"title", "ctrTitle"})

_RUNNING = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})
"""Placeholders that say the same on every slide, or nothing."""

_BODY = frozenset({"body", "obj", ""})


class PptxReader:
    """Reads the words on slides and in their notes, hidden slides too."""

    suffixes = frozenset({".pptx"})
    fingerprint = "pptx-1"

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`. Its anchors are slides and their notes.

        Raises:
            NotesError: it is damaged, locked or empty.
        """
        package, main = open_package(data, f"{P}presentation")
        draft = Draft()
        for number, name in enumerate(_slides(package, main), 1):
            _slide(draft, package, name, number)
        return draft.note(file, data, kind="pptx", title=package.title())


def _slides(package: Package, main: str) -> Iterator[str]:
    """Names of the slides' parts, in the order in which they are shown."""
    related = package.related(main)
    listed = child(package.part(main), f"{P}sldIdLst")
    for one in listed if listed is not None else ():
        kind, name = related.get(one.get(f"{R}id", ""), ("", ""))
        if kind == "slide":
            yield name


def _slide(draft: Draft, package: Package, name: str, number: int) -> None:
    place = f"slide {number}"
    shapes = list(_shapes(child(package.part(name), f"{P}cSld", f"{P}spTree")))
    titles = [_words(shape) for shape in shapes if _placeholder(shape) in _TITLES]
    title = " ".join(" ".join(titles).split())
    related = package.related(name)
    contents = [block for shape in shapes for block in _contents(shape, place)]
    for kind, part in related.values():
        if kind == "diagramData":
            contents.append(("list", list(_items(_paragraphs(package.part(part)), place))))
    notes = [
        one
        for kind, part in related.values()
        if kind == "notesSlide"
        for one in _notes(package, part)
    ]
    if title or contents or notes:
        # Without a heading it would count as part of the slide before.
        draft.heading(1, [Piece(title or f"Slide {number}", place)])
    for kind, pieces in contents:
        draft.add(kind, pieces, lead=1 if kind == "table" else 0)
    for text in notes:
        draft.add("paragraph", [Piece(text, f"notes of slide {number}")])


def _shapes(tree: Element | None) -> Iterator[Element]:
    """Shapes and tables, those in groups too."""
    for one in tree if tree is not None else ():
        if one.tag in {f"{P}grpSp", f"{P}txBody"} or one.tag.endswith(
            ("}AlternateContent", "}Choice")
        ):
            yield from _shapes(one)
        elif one.tag in {f"{P}sp", f"{P}graphicFrame"}:
            yield one


def _contents(shape: Element, place: str) -> Iterator[tuple[str, list[Piece]]]:
    kind = _placeholder(shape)
    if kind in _TITLES or kind in _RUNNING:
        return
    table = next(shape.iter(f"{A}tbl"), None)
    if table is not None:
        rows = [[_words(cell) for cell in one.findall(f"{A}tc")] for one in table.iter(f"{A}tr")]
        yield "table", [row(cells, place) for cells in rows if any(map(str.strip, cells))]
        return
    paragraphs = _paragraphs(shape)
    if kind in _BODY and len(paragraphs) > 1:
        yield "list", list(_items(paragraphs, place))
    else:
        yield "paragraph", [Piece(text, place) for _, text in paragraphs]


def _items(paragraphs: Sequence[tuple[int, str]], place: str) -> Iterator[Piece]:
    for level, text in paragraphs:
        yield Piece("  " * level + "- " + text, place)


def _placeholder(shape: Element) -> str | None:
    """What a shape holds the place of ("title"); "" for content, None if it is not one."""
    found = child(shape, f"{P}nvSpPr", f"{P}nvPr", f"{P}ph")
    return None if found is None else found.get("type", "")


def _paragraphs(element: Element) -> list[tuple[int, str]]:
    """Depth and words of the paragraphs that are not blank."""
    found: list[tuple[int, str]] = []
    for paragraph in element.iter(f"{A}p"):
        text = "".join(_runs(paragraph)).strip()
        if text:
            properties = child(paragraph, f"{A}pPr")
            level = properties.get("lvl", "0") if properties is not None else "0"
            found.append((min(int(level), 8) if level.isdecimal() else 0, text))
    return found


def _runs(paragraph: Element) -> Iterator[str]:
    for one in shown_text(paragraph):
        if one.tag == f"{A}br":
            yield "\n"
        elif one.tag.endswith("}t"):
            yield one.text or ""


def _words(element: Element) -> str:
    return "\n".join(text for _, text in _paragraphs(element))


def _notes(package: Package, part: str) -> Iterator[str]:
    for shape in _shapes(child(package.part(part), f"{P}cSld", f"{P}spTree")):
        if _placeholder(shape) not in _RUNNING:
            yield from (text for _, text in _paragraphs(shape))
