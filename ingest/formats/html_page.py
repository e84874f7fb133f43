"""What is open at each place of a page, and what its tags do to the text that is read."""

from collections import Counter
from collections.abc import Callable

from ingest.formats.html_elements import (
    BREAKING,
    CLOSED_BY_THEMSELVES,
    HEADINGS,
    LANGUAGE,
    LISTS,
    SKIPPED,
    VOID,
    is_hidden,
)
from ingest.formats.html_tables import data_rows
from ingest.formats.html_tokens import Tag, Text
from ingest.formats.html_writer import Writer
from ingest.lines import Lines

_ROW_ENDS = frozenset(("tr", "table", "thead", "tbody", "tfoot"))


class Page:
    """A page while it is read. `above` are headings over it; `only_main` leaves out the rest."""

    def __init__(self, html: str, above: tuple[str, ...], *, only_main: bool) -> None:
        self.title = self.language = ""
        self.tags: list[str] = []
        self.writer = Writer(Lines(html), above)
        self.writer.is_muted = self._only_main = only_main
        self._rows = data_rows(html)
        self._open: list[str] = []
        self._counts: Counter[str] = Counter()
        self._skipped_from: int | None = None
        self._numbers: list[int | None] = []
        self._openers: dict[str, Callable[[Tag], None]] = {
            **dict.fromkeys(LISTS, self._list),
            **dict.fromkeys(("td", "th"), self._cell),
            **dict.fromkeys(HEADINGS, self._heading),
            **dict.fromkeys(("p", "div", "dd"), self._paragraph),
            **{"li": self._item, "dt": self._item, "tr": self._row, "pre": self._pre},
            **{"br": self._line, "img": self._image, "sup": self._power, "input": self._input},
            **{"meta": self._meta, "html": self._html, "code": self._code, "math": self._math},
        }

    def open(self, tag: Tag) -> None:
        """A start tag."""
        top = self._open[-1] if self._open else ""
        is_next = top == tag.name and top in CLOSED_BY_THEMSELVES
        if is_next or (top == "p" and tag.name in BREAKING):
            self.close(top)
        if tag.name not in VOID:
            if tag.attributes.endswith("/") and tag.name not in BREAKING:
                return  # XHTML
            self._open.append(tag.name)
            self._counts[tag.name] += 1
            self._heed_main()
        if self._skipped_from is not None:
            return
        if tag.name in SKIPPED or is_hidden(tag):
            self._skipped_from = len(self._open) if tag.name not in VOID else None
            return
        if opener := self._openers.get(tag.name):
            opener(tag)
        elif tag.name in BREAKING:
            self._paragraph(tag)

    def close(self, name: str) -> None:
        """An end tag, or what implies one. One without a beginning says nothing."""
        if not self._counts[name]:
            return
        was_skipped = self._skipped_from is not None
        while self._open:
            last = self._open.pop()
            self._counts[last] -= 1
            is_seen = self._skipped_from is None or len(self._open) + 1 < self._skipped_from
            if last in LISTS and is_seen:
                self._numbers.pop()
            if last == name:
                break
        if self._skipped_from is not None and len(self._open) < self._skipped_from:
            self._skipped_from = None
        if not was_skipped:
            self._closed(name)
        self._heed_main()

    def _heed_main(self) -> None:
        """Where a page says what its main part is, nothing else of it is read."""
        self.writer.is_muted = self._only_main and not self._counts["main"]

    def _closed(self, name: str) -> None:
        if name in _ROW_ENDS:
            self.writer.end_row()
        if name == "tr":
            return
        if name == "pre" or name in HEADINGS:
            self.writer.flush()
        elif name in BREAKING and name not in {"td", "th", "li", "dt", "dd"}:
            self._break()

    def text(self, token: Text) -> None:
        """Characters between tags."""
        if self._skipped_from is not None:
            return
        if self._open[-1:] == ["title"]:
            self.title = self.title or " ".join(token.words.split())
        else:
            self.writer.text(token.words, token.at)

    def _break(self) -> None:
        """A paragraph ends, or begins; inside a list it is a line of the item."""
        is_listed = self._numbers or self._counts["dl"]
        if is_listed and self.writer.kind == "list":
            self.writer.next_line()
        else:
            self.writer.paragraph("quote" if self._counts["blockquote"] else "paragraph")

    def _paragraph(self, _tag: Tag) -> None:
        self._break()

    def _heading(self, tag: Tag) -> None:
        self.writer.begin("heading", level=int(tag.name[1]))

    def _list(self, tag: Tag) -> None:
        if not self._numbers:
            self._break()
        start = tag.get("start") or "1"
        first = int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 1
        self._numbers.append(first if tag.name == "ol" else None)

    def _item(self, tag: Tag) -> None:
        number = self._numbers[-1] if self._numbers else None
        if number is not None and tag.name == "li":
            self._numbers[-1] = number + 1
        mark = "- " if number is None else f"{number}. "
        self.writer.item(mark, min(max(0, len(self._numbers) - 1), 20), tag.at)

    def _row(self, tag: Tag) -> None:
        if tag.at in self._rows:
            self.writer.row(tag.at)
        else:
            self._break()

    def _cell(self, tag: Tag) -> None:
        if self.writer.in_row:
            self.writer.cell(is_header=tag.name == "th" or self._counts["thead"] > 0)
        else:
            self._break()

    def _pre(self, tag: Tag) -> None:
        self.writer.begin("code")
        self._code(tag)

    def _code(self, tag: Tag) -> None:
        if found := LANGUAGE.search(tag.get("class") or ""):
            self.writer.language = found[1] or found[2]

    def _line(self, tag: Tag) -> None:
        self.writer.line(tag.at)

    def _image(self, tag: Tag) -> None:
        self.writer.text(f" {tag.get('alt') or ''} ", tag.at)

    def _power(self, tag: Tag) -> None:
        if not tag.attributes:  # others are marks of footnotes
            self.writer.text("^", tag.at)

    def _math(self, tag: Tag) -> None:
        if spoken := tag.get("alttext"):
            self.writer.text(f" ${spoken}$ ", tag.at)
            self._skipped_from = len(self._open)

    def _input(self, tag: Tag) -> None:
        if (tag.get("type") or "").lower() == "checkbox":
            self.writer.text("[ ] " if tag.get("checked") is None else "[x] ", tag.at)

    def _html(self, tag: Tag) -> None:
        self.language = tag.get("lang") or ""

    def _meta(self, tag: Tag) -> None:
        if (tag.get("name") or "").lower() in {"keywords", "tags"}:
            words = (tag.get("content") or "").split(",")
            self.tags += [word.strip() for word in words if word.strip()]
