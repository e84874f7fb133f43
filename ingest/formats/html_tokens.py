"""HTML -> tags and text, with the place of each. Nothing is executed and nothing is fetched.

The standard library's html.parser is not used: in several versions of Python that are in use, what
opens and never closes (`<!--`, `<![CDATA[`, `<a "`) takes it quadratic time, hours for a file of
some megabytes (CVE-2025-6069). Here whatever is looked for and not found is not looked for again.
Entities are the library's own (`html.unescape`).
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

_NAME = re.compile(r"/?([A-Za-z][^\s/>]{0,60})")
_STOP = re.compile(r">|=\s{0,9}[\"']")
_ATTRIBUTE = re.compile(
    r"([^\s=/>\"']{1,60})(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++)))?+"
)
_RAW = ("script", "style", "textarea", "title", "iframe", "noembed", "noframes", "xmp")
_RAW_END = {name: re.compile(rf"</(?:\w{{1,20}}:)?{name}(?=[\s/>])", re.I) for name in _RAW}


class Text(NamedTuple):
    """Characters between tags, entities read, and where they begin in the file."""

    words: str
    at: int


class Tag(NamedTuple):
    """A tag: its name in lower case, without a prefix like `svg:`."""

    name: str
    at: int
    is_end: bool
    attributes: str

    def get(self, name: str) -> str | None:
        """The value of an attribute; empty if it has none, None if it is not there."""
        if name not in self.attributes.lower():
            return None
        for found in _ATTRIBUTE.finditer(self.attributes):
            if found[1].lower() == name:
                return unescape(found[2] or found[3] or found[4] or "")
        return None


class _Scanner:
    """Finds the end of things, and remembers what is not to be found any more."""

    def __init__(self, html: str) -> None:
        self.html = html
        self._gone: set[str] = set()
        self._quotes_close = True

    def find(self, words: str, at: int) -> int:
        """Where `words` are next; -1 if they are nowhere."""
        place = -1 if words in self._gone else self.html.find(words, at)
        if place < 0:
            self._gone.add(words)
        return place

    def after(self, words: str, at: int) -> int:
        """The place after `words`, or the end of the file."""
        place = self.find(words, at)
        return len(self.html) if place < 0 else place + len(words)

    def tag_end(self, at: int) -> int:
        """The place of the `>` that ends a tag; -1 if there is none."""
        if self.find(">", at) < 0:
            return -1
        start = at
        while self._quotes_close:
            stop = _STOP.search(self.html, at)
            if stop and stop[0] == ">":
                return stop.start()
            at = self.find(stop[0][-1], stop.end()) + 1 if stop else 0
            if at == 0:  # from here on quotes do not pair, so they are not believed
                self._quotes_close = False
        return self.find(">", start)


def tokens(html: str) -> Iterator[Tag | Text]:
    """Tags and text, in order; comments, declarations and scripts are left out."""
    scanner = _Scanner(html)
    at = 0
    while at < len(html):
        start = scanner.find("<", at)
        if start != at:
            start = len(html) if start < 0 else start
            yield Text(unescape(html[at:start]), at)
            at = start
            continue
        if html.startswith(("<!", "<?"), at):
            at = _declared(scanner, at)
            continue
        name = _NAME.match(html, at + 1)
        end = scanner.tag_end(name.end()) if name else -1
        if not name or end < 0:
            yield Text("<", at)
            at += 1
            continue
        tag = Tag(_local(name[1]), at, html[at + 1] == "/", html[name.end() : end])
        yield tag
        at = end + 1
        if not tag.is_end and tag.name in _RAW_END and not tag.attributes.endswith("/"):
            raw, at = _raw(scanner, tag.name, at)
            yield raw


def _declared(scanner: _Scanner, at: int) -> int:
    for opening, closing in (("<!--", "-->"), ("<![CDATA[", "]]>")):
        if scanner.html.startswith(opening, at):
            return scanner.after(closing, at + len(opening) - 2 * (opening == "<!--"))
    return scanner.after(">", at)


def _raw(scanner: _Scanner, name: str, at: int) -> tuple[Text, int]:
    """What stands up to the end tag is no markup. Without one it is the rest of the file."""
    found = _RAW_END[name].search(scanner.html, at)
    end = found.start() if found else len(scanner.html)
    return Text(unescape(scanner.html[at:end]), at), end


def _local(name: str) -> str:
    return name.lower().rpartition(":")[2]
