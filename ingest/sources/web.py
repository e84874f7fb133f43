"""A page of the web. Its readable part is the note, as it was when it was fetched.

trafilatura finds it: no menus, adverts or scripts, but headings, lists, tables and code. Its own
HTML takes the numbers from lists and makes a block of every word of code, and its Markdown loses
the blank lines of code; its XML keeps all, and is put into HTML here.
"""

import codecs
import hashlib
import re
import time
from collections.abc import Collection
from contextlib import suppress
from http import HTTPStatus
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from charset_normalizer import from_bytes
from lxml import etree, html

from ingest.sources.fetching import FetchedPage, Network, fetch, parse_address
from ingest.types import Listing, SourceFile
from rag.errors import NotesError

_FORMATS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "application/pdf": ".pdf",
}
_GONE = frozenset({404, 410})
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)

_LATIN = frozenset({"iso8859-1", "ascii"})
"""Names that pages in Windows-1252 go by; see https://encoding.spec.whatwg.org."""

_NAMES = {
    "main": "body",
    "item": "li",
    "quote": "blockquote",
    "row": "tr",
    "lb": "br",
    **{name: name for name in ("p", "table", "del")},
}
"""What an element of trafilatura's is in HTML, wherever it stands."""

_STYLES = {"#b": "strong", "#i": "em", "#t": "code", "#u": "u", "#sub": "sub", "#sup": "sup"}

_LISTS = {"ol": "ol", "dl": "dl"}

_TERMS = {"dt": "dt", "dd": "dd"}


class WebPage:
    """The page at `url`, which is fetched once, when it is listed. Its spelling is made one.

    Content that was there before counts as unchanged, however often it is fetched; the file's time
    is that of the fetch. A page that cannot be had just now is kept; one that its server calls gone
    (404, 410) is gone. Raises NotesError if `url` is no address of the web.
    """

    def __init__(self, url: str, suffixes: Collection[str], network: Network | None = None) -> None:
        self.root = parse_address(url).url
        self._suffixes = frozenset(suffixes)
        self._network = network or Network()
        self._data = b""

    def listing(self) -> Listing:
        """The page, fetched now. Raises NotesError if an extra that it needs is not installed."""
        try:
            page = fetch(self.root, self._network)
            if page.status in _GONE:
                return Listing(())
            form = self._format(page)
        except NotesError as error:
            return Listing((), {self.root: str(error)})
        self._data = _readable(page) if form == ".html" else _plain(page)
        digest = hashlib.sha256(self._data).hexdigest()
        return Listing((SourceFile(self.root, len(self._data), time.time_ns(), digest, form),))

    def read(self, file: SourceFile) -> bytes:
        """The bytes of the page as it was listed."""
        if file.path != self.root:
            raise FileNotFoundError(file.path)
        return self._data

    def _format(self, page: FetchedPage) -> str:
        """The ending that a file like the page would have. Raises NotesError if none is read."""
        if page.status != HTTPStatus.OK:
            raise NotesError(f"its server answers {page.status} {_phrase(page.status)}".rstrip())
        form = _FORMATS.get(page.media_type)
        named = PurePosixPath(urlsplit(self.root).path).suffix.lower()
        if form == ".txt" and named in self._suffixes:
            form = named  # Markdown, say, which most servers call plain text
        if form is None or form not in self._suffixes:
            raise NotesError(f"it is {page.media_type}, which is not read")
        return form


def open_page(target: str, suffixes: Collection[str]) -> WebPage | None:
    """The page `target`; None if it is no http or https address."""
    is_page = target.lower().startswith(("http://", "https://"))
    return WebPage(target, suffixes) if is_page else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _readable(page: FetchedPage) -> bytes:
    # With a mark, since a page that is left as it is may still name its old charset.
    return readable_html(_text(page)).encode("utf-8-sig")


def _plain(page: FetchedPage) -> bytes:
    return page.data if page.media_type == "application/pdf" else _text(page).encode()


def _text(page: FetchedPage) -> str:
    """The page's text in the charset that its mark, its server or itself names, or a likely one."""
    mark = "utf-8" if page.data.startswith(codecs.BOM_UTF8) else ""
    inside = _META_CHARSET.search(page.data[:2048])
    for name in (mark, page.charset, inside[1].decode(errors="replace") if inside else ""):
        with suppress(LookupError, ValueError):  # no charset has this name
            western = codecs.lookup(name).name in _LATIN
            text = page.data.decode("cp1252" if western else name, "replace")
            return text.removeprefix("\ufeff")
    try:
        return page.data.decode()
    except UnicodeDecodeError:
        return str(from_bytes(page.data).best() or page.data.decode(errors="replace"))


def readable_html(page: str) -> str:
    """The article of `page`, an HTML document, as another; `page` itself if none is found.

    Raises:
        NotesError: the extra that finds it is not installed.
    """
    try:
        from trafilatura import load_html
    except ImportError as error:
        extra = "'cribsheet[web]'"
        raise NotesError(f"pages need an extra; run: .venv/bin/pip install {extra}") from error
    tree = load_html(page)
    title = "" if tree is None else " ".join((tree.findtext(".//title") or "").split())
    main = None if tree is None else _main(tree)
    if main is None:
        return page
    head = html.Element("head")
    etree.SubElement(head, "meta", charset="utf-8")
    etree.SubElement(head, "title").text = title
    document = html.Element("html")
    document.extend([head, _as_html(main)])
    return str(html.tostring(document, doctype="<!DOCTYPE html>", encoding="unicode"))


def _main(tree: html.HtmlElement) -> etree._Element | None:
    from trafilatura import extract

    # What `fast` leaves out takes most of the time and, on long pages, finds the same.
    found = extract(
        tree,
        output_format="xml",
        fast=True,
        favor_recall=True,
        include_comments=False,
        include_formatting=True,
    )
    if not found:
        return None
    main = etree.fromstring(found.encode(), etree.XMLParser(resolve_entities=False)).find("main")
    return main if main is not None and "".join(main.itertext()).strip() else None


def _as_html(main: etree._Element) -> etree._Element:
    for element in list(main.iter(etree.Element)):
        if element.tag == "code" and _is_block(element):
            code = etree.Element("code")
            code.text, element.text = element.text, None
            code.extend(list(element))
            element.append(code)
        element.tag = _name(element)
        element.attrib.clear()
    return main


def _is_block(code: etree._Element) -> bool:
    above = code.getparent()
    stands_alone = above is not None and above.tag in {"body", "blockquote"}
    return stands_alone or "\n" in "".join(code.itertext())


def _name(element: etree._Element) -> str:
    """The name of an element in HTML. Those above it have theirs already."""
    style = element.get("rend", "")
    match element.tag:
        case "head":
            return style if style in {"h1", "h2", "h3", "h4", "h5", "h6"} else "h2"
        case "hi":
            return _STYLES.get(style, "span")
        case "list":
            return _LISTS.get(style, "ul")
        case "item":
            return _TERMS.get(style[:2], "li")
        case "cell":
            return "th" if element.get("role") == "head" else "td"
        case "code":
            return "pre" if len(element) and element[0].tag == "code" else "code"
        case other:
            return _NAMES.get(str(other), "div")
