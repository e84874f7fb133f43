"""XML that may come from anybody -> a tree, without entities, fetching or endless depth."""

# Nothing is declared in what is parsed here (see `_Builder.doctype`), so nothing can expand.
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from rag.errors import NotesError

MAX_DEPTH = 200
"""Elements inside each other. Who walks a tree may recurse."""

MAX_ELEMENTS = 3_000_000


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
