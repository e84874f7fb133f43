"""What the elements of HTML do to the text that is read of them."""

import re

from ingest.formats.html_tokens import Tag

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
SKIPPED = frozenset(
    "script style template nav noscript svg canvas iframe object video audio map datalist select "
    "button textarea noembed noframes rt rp dialog".split()
)
BREAKING = frozenset(
    "address article aside blockquote body center dd div dl dt details fieldset figcaption figure "
    "footer form header html legend main p section summary table tbody tfoot thead ul ol td "
    "th tr caption li pre hr h1 h2 h3 h4 h5 h6".split()
)
LISTS = ("ul", "ol", "menu")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
CLOSED_BY_THEMSELVES = frozenset("p li dt dd tr td th option rt rp".split())
_HIDDEN = re.compile(r"display\s{0,5}:\s{0,5}none|visibility\s{0,5}:\s{0,5}hidden", re.I)
LANGUAGE = re.compile(r"(?:language|lang|highlight-source)-([\w+#-]{1,30})|brush:\s?(\w{1,30})")


def is_hidden(tag: Tag) -> bool:
    """True for what a page does not show, and for menus that say so."""
    if not tag.attributes:
        return False
    hides = tag.get("hidden") is not None or tag.get("aria-hidden") == "true"
    is_menu = tag.get("role") in {"navigation", "menu", "menubar", "search"}
    return hides or is_menu or bool(_HIDDEN.search(tag.get("style") or ""))
