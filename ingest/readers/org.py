"""Org files, as Emacs keeps them. The text stays as it was written."""

import re
from bisect import bisect_right

from ingest.document import distinct_blocks, new_note
from ingest.readers.line_rules import LinedPage, Rule, listing, scan
from ingest.text import MAX_TEXT_BYTES, decode
from ingest.types import ReadNote, SourceFile

_HEADLINE = re.compile(r"(\*+)[ \t]+(.*)")
_TAGS = re.compile(r"(?<![ \t])[ \t]+:([\w@#%:]+):[ \t]*\Z")
_PRIORITY = re.compile(r"\[#[A-Za-z0-9]{1,2}\][ \t]*")
_LINK = re.compile(r"\[\[([^\[\]]{1,500})\](?:\[([^\[\]]{1,500})\])?\]")
_KEYWORD = re.compile(r"[ \t]*#\+(?P<key>[A-Za-z_]+):[ \t]*(?P<value>.*)")
_BEGIN = re.compile(r"[ \t]*#\+begin_(?P<name>\w+)", re.I)
_END = re.compile(r"[ \t]*#\+end_(?P<name>\w+)[ \t]*\Z", re.I)
_DRAWER = re.compile(r"[ \t]*:[\w-]+:[ \t]*\Z")
_DRAWER_END = re.compile(r"[ \t]*:END:[ \t]*\Z", re.I)
_ENVIRONMENT = re.compile(r"[ \t]*\\(?P<side>begin|end)\{(?P<name>[^{}]{1,40})\}")
_ROW = re.compile(r"[ \t]*\|")
_RULE = re.compile(r"[ \t]*\|-")
_FIXED = re.compile(r"[ \t]*:(?:[ \t]|\Z)")
_REMARK = re.compile(r"[ \t]*#(?:[ \t]|\Z)")
_ITEM = re.compile(r"(?:[ \t]*(?:[-+]|\d{1,9}[.)]|[A-Za-z][.)])|[ \t]+\*)(?:[ \t]|\Z)")
_INTERRUPTS = re.compile(rf"\*+[ \t]|{_BEGIN.pattern}|{_ROW.pattern}|{_ITEM.pattern}", re.I)

_BLOCKS = {"src": "code", "example": "code", "comment": "meta"}
_CAPTIONS = {"caption", "name"}
_WORKFLOW = {"todo", "seq_todo", "typ_todo"}


class OrgReader:
    """Reads Org files."""

    suffixes = frozenset({".org"})
    fingerprint = "org-1"
    max_bytes = MAX_TEXT_BYTES

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`.

        Raises:
            NotesError: `data` is no text.
        """
        org = _Org(decode(data))
        blocks = scan(org.page, org.rules)
        titles = [*org.values("title"), *org.titles]
        filetags = (tag for value in org.values("filetags") for tag in re.split(r"[:\s]+", value))
        note = new_note(
            file,
            data,
            org.page.text,
            kind="org",
            title=next(filter(None, titles), ""),
            tags=distinct_blocks(filetags, iter(org.tags)),
        )
        return ReadNote(note, tuple(blocks))


class _Org:
    """One file while it is read: what its settings and headlines say."""

    def __init__(self, text: str) -> None:
        self.page = LinedPage(text)
        self.titles: list[str] = []
        self.tags: list[str] = []
        self._settings = [m for m in map(_KEYWORD.match, self.page.lines) if m]
        words = [w for key in _WORKFLOW for value in self.values(key) for w in value.split()]
        self._workflow = {"TODO", "DONE", "COMMENT", *(w.partition("(")[0] for w in words)} - {"|"}
        self._ends = _Ends(self.page.lines)
        items = listing(_ITEM, lazy=False)
        own: list[Rule] = [self._headline, self._setting, self._walled, self._drawer]
        self.rules = [*own, _table, _fixed, _remark, items, _paragraph]

    def values(self, key: str) -> list[str]:
        """What the file's `#+KEY:` lines say."""
        return [m["value"].strip() for m in self._settings if m["key"].lower() == key]

    def _headline(self, page: LinedPage, line: int) -> int:
        found = _HEADLINE.match(page.lines[line])
        if not found:
            return line
        title = found[2].strip()
        if tags := _TAGS.search(f" {title}"):
            self.tags += tags[1].split(":")
            title = f" {title}"[: tags.start()].strip()
        first, _, rest = title.partition(" ")
        title = rest.strip() if first in self._workflow else title
        title = _LINK.sub(
            lambda link: link[2] or link[1], _PRIORITY.sub("", title, count=1)
        ).strip()
        page.headings.enter(len(found[1]), title)
        self.titles.append(title)
        return page.put("heading", line, line + 1)

    def _setting(self, page: LinedPage, line: int) -> int:
        last = line
        while last < len(page.lines) and _is_setting(page.lines[last]):
            last += 1
        return page.put("meta", line, last) if last > line else line

    def _walled(self, page: LinedPage, line: int) -> int:
        """`#+BEGIN_X ... #+END_X`, or a LaTeX environment."""
        words = page.lines[line]
        if begin := _BEGIN.match(words):
            name = begin["name"].lower()
            kind, lead = _BLOCKS.get(name, name), page.span(line, line + 1)
        elif (begin := _ENVIRONMENT.match(words)) and begin["side"] == "begin":
            name, kind, lead = f"\\{begin['name']}", "math", None
        else:
            return line
        last = self._ends.after(name, line)
        return page.put(kind, line, last, (), lead if kind == "code" else None) if last else line

    def _drawer(self, page: LinedPage, line: int) -> int:
        if not _DRAWER.match(page.lines[line]):
            return line
        last = self._ends.after(":", line)
        return page.put("meta", line, last) if last else line


class _Ends:
    """Where what is walled in may end. A headline ends everything, so nothing reaches past one."""

    def __init__(self, lines: list[str]) -> None:
        self._places: dict[str, list[int]] = {}
        for line, words in enumerate(lines):
            for name in _ended(words):
                self._places.setdefault(name, []).append(line)

    def after(self, name: str, line: int) -> int | None:
        """The line after the end of what `name` begins at `line`; None if it has none."""
        end = self._next(name, line)
        headline = self._next("*", line)
        return None if end is None or (headline or end) < end else end + 1

    def _next(self, name: str, line: int) -> int | None:
        places = self._places.get(name, [])
        at = bisect_right(places, line)
        return places[at] if at < len(places) else None


def _ended(words: str) -> list[str]:
    if _HEADLINE.match(words):
        return ["*"]
    if _DRAWER_END.match(words):
        return [":"]
    if end := _END.match(words):
        return [end["name"].lower()]
    end = _ENVIRONMENT.search(words)
    return [f"\\{end['name']}"] if end and end["side"] == "end" else []


def _is_setting(words: str) -> bool:
    found = _KEYWORD.match(words)
    return bool(found) and str(found and found["key"]).lower() not in _CAPTIONS


def _run(kind: str, pattern: re.Pattern[str], page: LinedPage, line: int) -> int:
    last = line
    while last < len(page.lines) and pattern.match(page.lines[last]):
        last += 1
    return page.put(kind, line, last) if last > line else line


def _fixed(page: LinedPage, line: int) -> int:
    return _run("code", _FIXED, page, line)


def _remark(page: LinedPage, line: int) -> int:
    return _run("meta", _REMARK, page, line)


def _table(page: LinedPage, line: int) -> int:
    """Rows; those above the first rule, if any stand below it, are the header."""
    last = line
    while last < len(page.lines) and _ROW.match(page.lines[last]):
        last += 1
    if last == line:
        return line
    rows = range(line, last)
    rules = [row for row in rows if _RULE.match(page.lines[row])]
    after = next((row + 1 for row in rules if row > line), last)
    lead = page.span(line, after) if after < last else None
    return page.put("table", line, last, rows, lead)


def _paragraph(page: LinedPage, line: int) -> int:
    last = line + 1
    while not page.is_blank(last) and not _INTERRUPTS.match(page.lines[last]):
        last += 1
    return page.put("paragraph", line, last)
