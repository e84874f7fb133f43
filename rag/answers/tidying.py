"""What a model wrote -> what is shown: no loop, no half sentence, no link, no open code block.

A link or picture in an answer may have been planted in a note, and would be loaded or clicked; so
an address is shown as code where a passage holds it, and else left out.
"""

import re
from collections.abc import Sequence

from rag.prompts import CUT
from rag.text.sentences import sentence_spans
from rag.types import Hit

MARKS = re.compile(r"\s*\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]")
"""Citations as they are written: [1], [2, 3]."""

_FORMS = re.compile(
    r"(?P<space>[ \t]*)(?:【(?P<a>\d{1,3})[^【】\n]{0,40}】"
    r"|\[\[(?P<b>\d{1,3})\]\]|\[\^(?P<c>\d{1,3})\](?!:)"
    r"|\[[^\W\d_]{1,12}\.?\s*(?P<d>\d{1,3})\]"
    r"|\((?P<e>\d{1,3})\)(?=\s*(?:[.!?]|$)))",
    re.I | re.M,
)
"""Citations as other models write them: 【1†x】, [[1]], [^1], [Source 1], (1) at an end."""

_CONTROL = re.compile(r"<\|[^|<>\n]{1,40}\|>|</?s>|<(?:start|end)_of_turn>|\[/?INST\]")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>")
_LINK = re.compile(
    r"!?\[([^\[\]\n]*)\](?:\([^()\s]*(?:\s[^()\n]*)?\)|\[[^\[\]\n]*[a-zA-Z][^\[\]\n]*\])"
)
_DEFINITION = re.compile(r"^\s*\[[^\[\]\n]+\]:\s*\S+.*$", re.MULTILINE)
_ADDRESS = re.compile(
    r"`?((?:(?:https?|ftp)://|javascript:|data:\w+/|www\.)[^\s`<>\[\]()]+)`?", re.IGNORECASE
)


def tidy(written: str, passages: Sequence[Hit]) -> str:
    """What may be shown of `written`; empty if it says nothing."""
    text = _DEFINITION.sub("", _CONTROL.sub("", written))
    text = _FORMS.sub(lambda found: _as_mark(found, passages), text)
    text = _LINK.sub(r"\1", _TAG.sub("", text))
    text = _ADDRESS.sub(lambda found: _shown(found[1], passages), text)
    text = _closed(_without_loops(_without_half(text)))
    return text.strip() if re.search(r"[^\W_]", MARKS.sub("", text)) else ""


def _as_mark(found: re.Match[str], passages: Sequence[Hit]) -> str:
    """[1] for a passage that there is; words and round brackets that mean something else stay."""
    number = next(filter(None, found.groups()[1:]))
    if found["d"] and any(found[0].strip() in hit.chunk.text for hit in passages):
        return found[0]
    if 1 <= int(number) <= len(passages):
        return f"{found['space']}[{int(number)}]"
    return found[0] if found["e"] or found["d"] else ""


def _shown(address: str, passages: Sequence[Hit]) -> str:
    whole = address.rstrip(".,;:!?'\"")
    held = any(whole in hit.chunk.text for hit in passages)
    return (f"`{whole}`" if held else "") + address[len(whole) :]


def _without_half(text: str) -> str:
    """Without the sentence that the limit cut, if there are whole ones before it."""
    if not text.rstrip().endswith(CUT):
        return text
    spans = sentence_spans(text.rstrip().removesuffix(CUT))
    return f"{text[: spans[-2].end]} {CUT}" if len(spans) > 1 else text


def _without_loops(text: str) -> str:
    """Without sentences that were said before, and what comes after the second repetition."""
    seen: set[str] = set()
    kept, position, repeated = [], 0, 0
    for span in sentence_spans(text):
        said = " ".join(
            re.findall(r"\w+", re.sub(r"\[[\d,;\s]+\]", "", text[span.start : span.end]))
        ).casefold()
        if said and said in seen:
            repeated += 1
        else:
            kept.append(text[position : span.end])
            seen.add(said)
        position = span.end
        if repeated > 1:
            return "".join(kept)
    return "".join([*kept, text[position:]])


def _closed(text: str) -> str:
    """With its last code block closed."""
    fences = re.findall(r"^\s*(`{3,}|~{3,})", text, re.MULTILINE)
    return f"{text.rstrip()}\n{fences[-1]}" if len(fences) % 2 else text
