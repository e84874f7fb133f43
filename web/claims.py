"""Marks the sentences of an answer that its passages do not carry. Pure.

The offsets of a claim count in the model's Markdown, of which the HTML keeps no trace. So claims
are bounded by two characters that stand in no text (Unicode keeps them for a program's own use),
which Markdown leaves where they are, and these become marks once the HTML is made.
"""

import re
from collections.abc import Sequence

from rag.types import Claim, Grounding
from web import words

_BEGIN = {Grounding.WEAK: "\ufdd0", Grounding.NOT_FOUND: "\ufdd1"}
_END = "\ufdd2"
_BOUNDS = re.compile("([\ufdd0-\ufdd2])")
# Markup before the first word or after the last would not be read as markup beside a bound, and
# neither would a citation or the number of a list item.
_WORD = re.compile(r"\[\d{1,3}\]|^[ \t>]*\d{1,9}[.)](?=\s)|([^\W_]+(?:[.!?…]+|;)?)", re.MULTILINE)
_TAG = re.compile(r"(<[^>]*>)")


def bounded(text: str, claims: Sequence[Claim] = ()) -> str:
    """`text` with a bound at both ends of each claim that is not grounded."""
    text = _BOUNDS.sub("\ufffd", text)
    pieces, at = [], 0
    for claim in sorted(claims, key=lambda claim: claim.start):
        begin = _BEGIN.get(claim.grounding)
        found = [
            match for match in _WORD.finditer(text, max(at, claim.start), claim.end) if match[1]
        ]
        if begin and found:
            start, end = found[0].start(1), found[-1].end(1)
            pieces += [text[at:start], begin, text[start:end], _END]
            at = end
    return "".join([*pieces, text[at:]])


def bounds_of(text: str) -> tuple[str, str, str]:
    """The bounds in `text` where a claim begins, it without any, and those where one ends.

    For what takes no mark within itself, such as a formula.
    """
    found = _BOUNDS.findall(text)
    begins = "".join(bound for bound in found if bound != _END)
    return begins, _BOUNDS.sub("", text), "".join(bound for bound in found if bound == _END)


def marked(markup: str) -> str:
    """HTML whose text holds bounds -> HTML in which what stands between them is marked.

    A claim may begin within an element and end without, so each piece of its text is marked for
    itself; what a screen reader is told stands once, at its end.
    """
    pieces, open_claim, in_link = [], "", False
    for piece in _TAG.split(markup):
        if piece.startswith("<"):
            in_link = piece.startswith("<a ") or (in_link and piece != "</a>")
            pieces.append(_BOUNDS.sub("", piece))
            continue
        for text in _BOUNDS.split(piece):
            if text == _END:
                pieces.append(_remark(open_claim))
                open_claim = ""
            elif _BOUNDS.match(text):
                open_claim = text
            elif open_claim and text and not in_link and (text.strip() or "\n" not in text):
                pieces.append(_mark(open_claim, text))
            else:
                pieces.append(text)
    return "".join(pieces)


def _mark(begin: str, text: str) -> str:
    if begin == _BEGIN[Grounding.WEAK]:
        return f'<span class="claim weak" title="{words.WEAK_MORE}">{text}</span>'
    return f'<span class="claim missing" title="{words.MISSING_MORE}">{text}</span>'


def _remark(begin: str) -> str:
    """What follows a claim that began so; empty where none did."""
    if not begin:
        return ""
    if begin == _BEGIN[Grounding.WEAK]:
        return f'<span class="aside unseen"> ({words.WEAK})</span>'
    return f'<span class="aside missing" title="{words.MISSING_MORE}">{words.MISSING}</span>'
