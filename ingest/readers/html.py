"""HTML files: what a person reads in them, as text in the manner of Markdown.

lxml parses the page; nothing in it is run or fetched. Headings are marked with `#`, items with
`-`, rows of tables with `|` and code with fences, because that is what sentences are told apart by
later. Navigation, forms, scripts and what is hidden are left out. Limitations: style sheets are
not applied, and what a script would add is not there.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from lxml import etree

from ingest.document import Headings, lead_in, new_note
from ingest.text import BOMS, NEWLINE, decode
from ingest.types import Block, ReadNote, SourceFile
from rag.errors import NotesError
from rag.types import Anchor, Span

MAX_TAGS = 400_000
"""A page has some thousands. Each takes some microseconds."""

_CHARSET = re.compile(rb"charset\s{0,5}=\s{0,5}[\"']?([\w.:-]{2,40})", re.I)
_XML_ENCODING = re.compile(
    rb"\A\s{0,100}<\?xml[^>]{0,200}encoding\s{0,5}=\s{0,5}[\"']([\w.:-]{2,40})"
)

_CHARSET_WITHIN = 4096
"""Bytes in which a page says its charset."""

_KNOWN_CHARSETS = re.compile(
    r"utf-8|cp125\d|cp8\d\d|iso8859-\d+|koi8-[rtu]|shift_jis|euc_(?:jp|kr|jis_2004)|iso2022_jp"
    r"|gb2312|gbk|gb18030|big5|big5hkscs|cp9\d\d|mac-\w+|tis-620|johab"
)
"""Charsets that pages are written in; Python knows codecs that are none."""

_SKIPPED = frozenset(
    "script style template nav noscript svg canvas iframe object video audio map datalist "
    "select button textarea noembed noframes rt rp dialog title".split()
)
_BREAKING = frozenset(
    "address article aside blockquote body center dd div dl dt details fieldset figcaption figure "
    "footer form header html legend main p section summary table tbody tfoot thead ul ol menu td "
    "th tr caption li pre hr h1 h2 h3 h4 h5 h6".split()
)
_LISTS = ("ul", "ol", "menu")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_MENUS = frozenset({"navigation", "menu", "menubar", "search"})
_HIDDEN = re.compile(r"display\s{0,5}:\s{0,5}none|visibility\s{0,5}:\s{0,5}hidden", re.I)
_LANGUAGE = re.compile(r"(?:language|lang|highlight-source)-([\w+#-]{1,30})|brush:\s?(\w{1,30})")

_UNCLOSED = re.compile(
    r"""(<[a-z](?:[^<>"']++|"[^"<>]*+"|'[^'<>]*+')*+(?<==))["']([^"']*)\Z""", re.I
)
"""A quote in a tag that is never closed, in which lxml would lose the rest of the page."""

_PAGE_END = re.compile(r"</(?:body|html)\s*>", re.I)
"""What follows is read by browsers, and not by lxml."""

_BLANKS = re.compile(r"[ \t\r\n\f]+")
_TICKS = re.compile(r"`{3,}")

_MOST_INDENTED = 20
"""Lists inside each other; deeper ones are indented no further."""

_PROSE_CHARACTERS = 300
"""More characters in a cell, on average, are paragraphs."""


class HtmlReader:
    """Reads HTML and XHTML files."""

    suffixes = frozenset({".html", ".htm", ".xhtml"})
    fingerprint = "html-2"

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`. Its anchors are lines of the file.

        Raises:
            NotesError: `data` is no text, has nothing to read, or more tags than can be read.
        """
        page = read_html(decode_html(data))
        if not page.text:
            raise NotesError("it has no text to read (its words may be written by a script)")
        top = next((block.headings[0] for block in page.blocks if block.headings), "")
        note = new_note(
            file,
            data,
            page.text,
            kind="html",
            title=page.title or top,
            tags=page.tags,
            anchors=tuple(Anchor(offset, f"line {line}") for offset, line in page.lines),
        )
        return ReadNote(note, page.blocks)


def decode_html(data: bytes) -> str:
    """Text of a page: by its mark or as it says itself, else as `decode` does.

    Raises:
        NotesError: it is empty or not text.
    """
    head = data[:_CHARSET_WITHIN]
    said = _XML_ENCODING.search(head) or _CHARSET.search(head)
    if said is None or b"\0" in data or data.startswith(tuple(mark for mark, _ in BOMS)):
        return decode(data)
    try:
        name = codecs.lookup(said[1].decode("ascii")).name
        # Browsers take Latin-1 for Windows' own charset, which has quotes and dashes besides.
        name = "cp1252" if name in {"iso8859-1", "ascii"} else name
        text = data.decode(name) if _KNOWN_CHARSETS.fullmatch(name) else decode(data)
    except (LookupError, UnicodeError):
        return decode(data)
    if not text.strip():
        raise NotesError("it is empty")
    return text


@dataclass(frozen=True, slots=True)
class HtmlText:
    """What is read in a page. `lines` are pairs of an offset in `text` and a line of the HTML."""

    text: str
    blocks: tuple[Block, ...]
    lines: tuple[tuple[int, int], ...]
    title: str = ""
    tags: tuple[str, ...] = ()


def read_html(html: str) -> HtmlText:
    """The readable text of a page (of its `<main>` if it has one), its title and keywords.

    Raises:
        NotesError: it has more tags than a person would read, or they are nested too deep.
    """
    if html.count("<") > MAX_TAGS:
        raise NotesError(f"it has more than {MAX_TAGS:,} tags; split it")
    root = parse_html(html)
    if root is None:
        return HtmlText("", (), ())
    mains = [one for one in root.iter(etree.Element) if local_name(one) == "main"]
    page = _Page(mains[0] if len(mains) == 1 else root)
    if not page.text:
        # Where a script would fill the main part in, what stands around it is better than nothing.
        page = _Page(root)
    title = root.xpath("string(//title[not(ancestor::svg)])")
    tags = [
        word.strip()
        for meta in root.iter("meta")
        if meta.get("name", "").lower() in {"keywords", "tags"}
        for word in meta.get("content", "").split(",")
    ]
    blocks, lines = tuple(page.blocks), tuple(page.marks)
    return HtmlText(page.text, blocks, lines, " ".join(title.split()), tuple(filter(None, tags)))


def parse_html(html: str) -> etree._Element | None:
    """The tree of a page, as a browser would mend it; None if nothing is in it.

    Raises:
        NotesError: its tags are nested deeper than lxml follows them (2,048).
    """
    # One kind of line end, as lines are counted by it.
    text = _UNCLOSED.sub(r"\1\2", _PAGE_END.sub("", NEWLINE.sub("\n", html)))
    data = text.encode("utf-8", "replace")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:  # it holds nothing but a comment, say
        return None
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise NotesError(
            "its tags are nested too deep: save it again; split it where that is not enough"
        )
    return root


def local_name(element: etree._Element) -> str:
    """Name of an element in lower case, without its namespace or a prefix like `svg:`."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


@dataclass(slots=True)
class _Line:
    """A line of the open block, and the line of the file that its words begin on (0: no words)."""

    parts: list[str] = field(default_factory=list)
    at: int = 0
    begins: bool = False
    after_blank: bool = True

    def put(self, words: str, at: int) -> None:
        self.parts.append(words)
        self.after_blank = words.endswith(" ")
        if words.strip():
            self.at = self.at or at


class _Page:
    """The text of what `root` holds, its blocks, and the lines of the file they stand on."""

    _lines: list[_Line]
    _cells: list[list[str]] | None  # of the row of a table that is open, if one is
    _indent: str
    _header_rows: int

    def __init__(self, root: etree._Element) -> None:
        self.blocks: list[Block] = []
        self.marks: list[tuple[int, int]] = []
        self._out: list[str] = []
        self._size = 0
        self._before = ""
        self._headings = Headings()
        self._at = 1
        self._inside: Counter[str] = Counter()
        self._numbers: list[int | None] = []
        self._tables: list[bool] = []
        self._reset("paragraph")
        self._openers: dict[str, Callable[[etree._Element], None]] = {
            **dict.fromkeys(_LISTS, self._list),
            **dict.fromkeys(_HEADINGS, self._heading),
            **dict.fromkeys(("td", "th"), self._cell),
            **dict.fromkeys(("li", "dt"), self._item),
            **{"table": self._table, "tr": self._row, "pre": self._pre, "code": self._code},
            **{"br": self._line_end, "img": self._image, "sup": self._power},
            "input": self._input,
        }
        self._read(root)
        self._flush()
        self.text = "".join(self._out)

    def _read(self, root: etree._Element) -> None:
        """Go through the tree, which may be deep, so that nothing here recurses."""
        walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        skipped = None
        for event, element in walk:
            if event == "start":
                self._at = max(self._at, element.sourceline or 0)
                if self._is_left_out(element):
                    skipped = element
                    walk.skip_subtree()
                else:
                    self._open(element)
                    self._words(element.text)
                continue
            if event == "end" and element is not skipped:
                self._close(local_name(element))
            elif event == "end":
                self._at += sum(words.count("\n") for words in element.itertext())
            else:
                self._at = max(self._at, element.sourceline or 0)
            if element is not root:
                self._words(element.tail)

    def _is_left_out(self, element: etree._Element) -> bool:
        """True for what a page does not show, for menus, and for formulas that are said in TeX."""
        spoken = element.get("alttext") if local_name(element) == "math" else None
        if spoken:
            self._say(f" ${spoken}$ ")
        hides = element.get("hidden") is not None or element.get("aria-hidden") == "true"
        is_menu = local_name(element) in _SKIPPED or element.get("role") in _MENUS
        return bool(spoken or hides or is_menu or _HIDDEN.search(element.get("style", "")))

    def _open(self, element: etree._Element) -> None:
        name = local_name(element)
        self._inside[name] += 1
        if opener := self._openers.get(name):
            opener(element)
        elif name in _BREAKING:
            self._break()

    def _close(self, name: str) -> None:
        self._inside[name] -= 1
        if name in _LISTS:
            self._numbers.pop()
        if name in {"tr", "table"}:
            self._end_row()
        if name == "table":
            self._tables.pop()
        if name == "pre" or name in _HEADINGS:
            self._begin("paragraph")
        elif name in _BREAKING and name not in {"td", "th", "tr", "li", "dt", "dd"}:
            self._break()

    def _words(self, text: str | None) -> None:
        """Characters between tags."""
        if not text:
            return
        first = self._at
        self._at += text.count("\n")
        if self._kind == "code":
            for place, words in enumerate(text.split("\n")):
                if place:
                    self._lines.append(_Line())
                self._lines[-1].put(words, first + place)
        else:
            blanks = len(text) - len(text.lstrip())
            self._say(text, first + text.count("\n", 0, blanks))

    def _say(self, words: str, at: int = 0) -> None:
        """Words of the line `at` of the file go on with what is open; blanks count as one."""
        if self._cells is not None:
            if self._cells:
                self._cells[-1].append(words)
            return
        if self._kind == "table":
            if not words.strip():
                return
            self._begin("paragraph")
        line = self._lines[-1]
        said = _BLANKS.sub(" ", words)
        said = said.lstrip(" ") if line.after_blank else said
        if said:
            line.put(said, at or self._at)

    def _break(self) -> None:
        """A paragraph ends, or begins; inside a list it is a line of the item."""
        if self._cells is not None:
            self._say(" ")
        elif self._kind == "list" and (self._numbers or self._inside["dl"]):
            self._end_line()
        else:
            self._begin("quote" if self._inside["blockquote"] else "paragraph")

    def _end_line(self) -> None:
        if self._lines[-1].at:
            self._lines.append(_Line([self._indent]))

    def _line_end(self, _element: etree._Element) -> None:
        if self._kind == "code":
            self._lines.append(_Line())
        elif self._cells is not None:
            self._say(" ")
        else:
            self._end_line()

    def _heading(self, element: etree._Element) -> None:
        self._begin("heading", level=int(local_name(element)[1]))

    def _list(self, element: etree._Element) -> None:
        if not self._numbers:
            self._break()
        start = element.get("start") or "1"
        first = int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 1
        self._numbers.append(first if local_name(element) == "ol" else None)

    def _item(self, element: etree._Element) -> None:
        number = self._numbers[-1] if self._numbers else None
        if number is not None and local_name(element) == "li":
            self._numbers[-1] = number + 1
        if self._cells is not None:
            self._say(" ")
            return
        if self._kind != "list":
            self._begin("list")
        depth = min(max(0, len(self._numbers) - 1), _MOST_INDENTED)
        mark = "- " if number is None else f"{number}. "
        self._lines.append(_Line(["  " * depth + mark], begins=True))
        self._indent = "  " * (depth + 1)

    def _table(self, element: etree._Element) -> None:
        self._break()
        self._tables.append(_holds_data(element))

    def _row(self, _element: etree._Element) -> None:
        self._end_row()
        if not self._tables or not self._tables[-1]:
            self._break()
            return
        if self._kind != "table":
            self._begin("table")
        self._cells, self._row_at, self._has_only_headers = [], self._at, True

    def _cell(self, element: etree._Element) -> None:
        if self._cells is None:
            self._break()
        else:
            self._cells.append([])
            self._has_only_headers &= local_name(element) == "th" or self._inside["thead"] > 0

    def _end_row(self) -> None:
        """The row, if one was begun, is complete."""
        cells, self._cells = self._cells, None
        words = [_BLANKS.sub(" ", "".join(cell)).strip() for cell in cells or ()]
        if any(words):
            # Rows of headers count as long as no other row stands above them.
            self._header_rows += self._has_only_headers and self._header_rows == len(self._lines)
            self._lines.append(_Line([f"| {' | '.join(words)} |"], self._row_at, begins=True))

    def _pre(self, element: etree._Element) -> None:
        self._begin("code")
        self._code(element)

    def _code(self, element: etree._Element) -> None:
        if found := _LANGUAGE.search(element.get("class", "")):
            self._language = found[1] or found[2]

    def _image(self, element: etree._Element) -> None:
        self._say(f" {element.get('alt', '')} ")

    def _power(self, element: etree._Element) -> None:
        if not element.attrib:  # others are marks of footnotes
            self._say("^")

    def _input(self, element: etree._Element) -> None:
        if element.get("type", "").lower() == "checkbox":
            self._say("[ ] " if element.get("checked") is None else "[x] ")

    def _begin(self, kind: str, level: int = 0) -> None:
        """The open block ends, and one of a kind begins."""
        self._flush()
        self._reset(kind, level)

    def _reset(self, kind: str, level: int = 0) -> None:
        self._kind, self._level, self._language = kind, level, ""
        self._lines = [] if kind == "table" else [_Line()]
        self._indent = ""
        self._cells = None
        self._row_at = self._header_rows = 0
        self._has_only_headers = True

    def _flush(self) -> None:
        """Write the open block down, if it has words."""
        self._end_row()
        lines = self._finished()
        if not lines:
            return
        start = self._size + (2 if self._out else 0)
        starts = list(accumulate((len(words) + 1 for words, _, _ in lines), initial=start))
        text = "\n".join(words for words, _, _ in lines)
        breaks = [at for at, (_, _, begins) in zip(starts, lines, strict=False) if begins]
        lead: Span | None = None
        if self._kind == "table" and 0 < self._header_rows < len(lines):
            lead = Span(start, starts[self._header_rows] - 1)
        elif self._kind == "code" and self._language:
            lead = Span(start, starts[1] - 1)
        elif self._kind == "list" and self._before:
            lead = self._lead_in()
        path = self._headings.path
        self.blocks.append(Block(self._kind, start, start + len(text), path, tuple(breaks), lead))
        for offset, (_, at, _) in zip(starts, lines, strict=False):
            if at and (not self.marks or self.marks[-1][1] != at):
                self.marks.append((offset, at))
        self._out += ["\n\n", text] if self._out else [text]
        self._size = start + len(text)
        self._before = text if self._kind == "paragraph" else ""

    def _finished(self) -> list[tuple[str, int, bool]]:
        """Lines of the open block: their words, lines of the file, and whether an item begins."""
        worded = [place for place, line in enumerate(self._lines) if line.at]
        if not worded:
            return []
        if self._kind == "code":
            return self._fenced(self._lines[worded[0] : worded[-1] + 1])
        lines = [self._lines[place] for place in worded]
        found = [("".join(line.parts).rstrip(), line.at, line.begins) for line in lines]
        if self._kind == "heading":
            title = " ".join(words for words, _, _ in found)
            self._headings.enter(self._level, title)
            return [(f"{'#' * self._level} {title}", found[0][1], False)]
        return found

    def _fenced(self, lines: Sequence[_Line]) -> list[tuple[str, int, bool]]:
        """Code between fences that it does not hold itself."""
        body = [("".join(line.parts), line.at, False) for line in lines]
        body[-1] = (body[-1][0].rstrip(), body[-1][1], False)
        longest = max(
            (len(run) for words, _, _ in body for run in _TICKS.findall(words)), default=2
        )
        fence = "`" * (longest + 1)
        return [(fence + self._language, body[0][1], False), *body, (fence, 0, False)]

    def _lead_in(self) -> Span | None:
        before = Block("paragraph", 0, len(self._before))
        found = lead_in(self._before, before, len(self._before))
        begin = self._size - len(self._before)
        return Span(found.start + begin, found.end + begin) if found else None


def _holds_data(table: etree._Element) -> bool:
    """False for a table that only lays a page out, and is to be read as text.

    It says so, or holds headings or another table, or its rows have a single cell each, or its
    cells are as long as paragraphs.
    """
    if table.get("role") in {"presentation", "none"}:
        return False
    if next(table.iterdescendants("table", *_HEADINGS), None) is not None:
        return False
    cells = sum(1 for _ in table.iter("td", "th"))
    rows = sum(1 for _ in table.iter("tr"))
    characters = sum(len(words.strip()) for words in table.itertext())
    return cells > rows and characters <= _PROSE_CHARACTERS * cells
