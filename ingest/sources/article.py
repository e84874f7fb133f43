"""The readable part of a web page: no menus, adverts or scripts, but headings, lists, tables, code.

trafilatura finds it. Its own HTML takes the numbers from lists and makes a block of every word of
code, and its Markdown loses the blank lines of code; its XML keeps all, and is put into HTML here.
"""

from lxml import etree, html
from trafilatura import extract, load_html

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


def readable(page: str) -> str:
    """The article of `page`, an HTML document, as another; `page` itself if none is found."""
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
