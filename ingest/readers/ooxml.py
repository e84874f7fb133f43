"""What Word's and PowerPoint's files have in common: parts, their relationships, tables.

They are read with the standard library. python-docx loses what is inserted under review, content
controls, footnotes, text boxes, nested tables and the numbers of items; mammoth loses the numbers,
formulas and headings by outline level, and puts footnotes at the end; python-pptx loses diagrams.
All of them unpack bombs. Relationships that lead out of the file are not followed; macros are never
looked at.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence

# Nothing is declared in what is parsed here (see `_Builder.doctype`), so nothing can expand.
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from ingest.document import Piece
from ingest.readers.archives import Archive, open_archive
from rag.errors import NotesError

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

_STRICT = {
    "http://purl.oclc.org/ooxml/wordprocessingml/main": W,
    "http://purl.oclc.org/ooxml/drawingml/main": A,
    "http://purl.oclc.org/ooxml/presentationml/main": P,
    "http://purl.oclc.org/ooxml/officeDocument/relationships": R,
}
"""Names in files that are saved as "Strict Open XML"."""

_NO_TITLES = frozenset({"powerpoint presentation", "presentation", "word document", "document"})
_COMPOUND = b"\xd0\xcf\x11\xe0"

MAX_DEPTH = 200
"""Elements inside each other. Who walks a tree may recurse."""

MAX_ELEMENTS = 3_000_000


class Package:
    """The parts of a document, by name, each parsed when it is asked for."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def part(self, name: str) -> Element:
        """The root of a part. Raises NotesError if it is not there or damaged."""
        root = parse_xml(self._archive.read(name))
        if any(f"{{{uri}}}" in root.tag for uri in _STRICT):
            for element in root.iter():
                element.tag = _usual(element.tag)
                element.attrib = {_usual(key): value for key, value in element.attrib.items()}
        return root

    def optional(self, name: str) -> Element | None:
        """The root of a part, if it is there."""
        return self.part(name) if name in self._archive else None

    def related(self, name: str) -> Mapping[str, tuple[str, str]]:
        """Parts that `name` leads to: kind ("slide") and name, by id, in order."""
        folder, file = posixpath.split(name)
        root = self.optional(posixpath.join(folder, "_rels", f"{file}.rels"))
        found: dict[str, tuple[str, str]] = {}
        for one in root if root is not None else ():
            if one.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, one.get("Target", "")))
                found[one.get("Id", "")] = (one.get("Type", "").rpartition("/")[2], target[1:])
        return found

    def main(self) -> str:
        """The name of the part that all else hangs on."""
        parts = (name for kind, name in self.related("").values() if kind == "officeDocument")
        return next(parts, "")

    def title(self) -> str:
        """The title in the document's properties, if it has one."""
        root = self.optional("docProps/core.xml")
        elements = () if root is None else tuple(root)
        title = next((e.text or "" for e in elements if e.tag.endswith("}title")), "").strip()
        return "" if title.casefold() in _NO_TITLES else title


def open_package(data: bytes, root: str) -> tuple[Package, str]:
    """The package in `data` and its main part, whose outermost element has to be `root`.

    Raises:
        NotesError: it is none, or one of another program.
    """
    if data.startswith(_COMPOUND):
        raise NotesError("it is locked with a password, or of an old format; save it anew")
    package = Package(open_archive(data))
    main = package.main()
    if not main or package.part(main).tag != root:
        raise NotesError("it is not what its name says")
    return package, main


def _usual(name: str) -> str:
    uri, brace, local = name[1:].partition("}")
    return _STRICT[uri] + local if brace and uri in _STRICT else name


def child(element: Element | None, *path: str) -> Element | None:
    """The element that a path of names leads to from `element`."""
    for name in path:
        element = None if element is None else element.find(name)
    return element


def value(element: Element | None, *path: str) -> str | None:
    """The `w:val` of the element that a path leads to; None without one."""
    found = child(element, *path)
    return None if found is None else found.get(f"{W}val", "")


def row(cells: Sequence[str], place: str) -> Piece:
    """A row of a table, in the one form that is known for a row in every note."""
    return Piece("| " + " | ".join(" ".join(cell.split()) for cell in cells) + " |", place)


def shown_text(element: Element) -> Iterator[Element]:
    """All elements below, in order, but for those that say the same once more for old programs."""
    for one in element:
        if not one.tag.endswith("}Fallback"):
            yield one
            yield from shown_text(one)


class _Builder(TreeBuilder):
    """Builds the tree, as long as it stays within bounds."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise NotesError("its XML is too deep or too long; save it again, or split it")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """Declarations are where entities come from, which can stand for billions of words."""
        raise NotesError("its XML declares entities, which documents do not; save it again")


def parse_xml(data: bytes) -> Element:
    """The root of the tree.

    Raises:
        NotesError: it is not XML, or it has a DTD, or more than `MAX_ELEMENTS`, or is deeper than
            `MAX_DEPTH`.
    """
    parser = XMLParser(target=_Builder())  # noqa: S314 (hardened by what it builds with)
    try:
        parser.feed(data)
        root: Element = parser.close()
    except (ParseError, LookupError, ValueError) as error:
        raise NotesError(f"its XML is damaged: {error}") from error
    return root
