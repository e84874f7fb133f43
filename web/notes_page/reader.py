"""The reading view of a note -> HTML. Pure; all that comes from the note is escaped here.

See web/render.py for why. The text is verbatim, in lines; web/notes_page/notes.js scrolls.
"""

import html
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rag.types import Span
from web import words
from web.notes_page.lines import Heading, Line, lines, outline, part_at, parts
from web.notes_page.listing import badge_html
from web.notes_page.types import Item, Reading


@dataclass(frozen=True, slots=True)
class Look:
    """What of a note is looked at: the part with `offset`; `mark` is marked, `notice` said."""

    offset: int = 0
    mark: Span | None = None
    notice: str = ""


def nothing_html() -> str:
    """Before a note was chosen."""
    return (
        f'<div class="hint"><strong>{words.NOTES_PICK}</strong><p>{words.NOTES_PICK_MORE}</p></div>'
    )


def reading_html(reading: Reading, item: Item | None, look: Look, now: float | None = None) -> str:
    """A part of the note, under its name, beside its headings."""
    spans = parts(reading.text)
    number = part_at(spans, look.offset)
    headings = outline(reading)
    heads = {heading.line: heading.depth for heading in reversed(headings)}
    marks = [look.mark] if look.mark else []
    body = "".join(
        _line(line, heads.get(line.number)) for line in lines(reading, spans[number], marks)
    )
    said = f'<p class="notice" role="status">{html.escape(look.notice)}</p>' if look.notice else ""
    path = html.escape(reading.path)
    labelled = " labelled" if reading.anchors else ""
    return (
        f'<article class="note{labelled}" data-path="{path}" aria-labelledby="note-name">'
        f"<div>{_head(reading, item, time.time() if now is None else now)}{said}</div>"
        f"{_outline(headings)}{_parts(spans, number)}"
        f'<div class="text" tabindex="0" role="region" aria-label="{words.NOTES_TEXT}">{body}</div>'
        f"{_parts(spans, number)}</article>"
    )


def _head(reading: Reading, item: Item | None, now: float) -> str:
    name = html.escape(item.name if item else reading.path.rpartition("/")[2])
    about = [item.kind] if item and item.kind else []
    about.append(words.passages(len(reading.chunks)))
    if item and item.indexed is not None:
        about.append(words.notes_read(words.notes_ago(now - item.indexed)))
    warned = "".join(f"<li>{html.escape(line)}</li>" for line in (item.warnings if item else ()))
    path = html.escape(reading.path)
    return (
        f'<header><button type="button" class="back" data-do="back">← {words.NOTES_BACK}</button>'
        f'<h2 id="note-name" tabindex="-1">{name}{badge_html(item) if item else ""}</h2>'
        f'<p class="about">{html.escape(" · ".join(about))}</p>'
        f'<button type="button" class="copy" data-copy="{path}" title="{words.COPY}">'
        f"{path}</button>{_actions()}"
        f"{f'<ul class=warned>{warned}</ul>' if warned else ''}</header>"
    )


def _actions() -> str:
    return (
        f'<div class="do"><button type="button" class="main" data-do="ask">{words.NOTES_ASK}'
        f'</button><button type="button" data-do="passages" aria-pressed="false">'
        f"{words.NOTES_PASSAGES}</button></div>"
    )


def _outline(headings: Sequence[Heading]) -> str:
    if not headings:
        return ""
    items = "".join(
        f'<li style="--depth:{heading.depth}"><button type="button" data-do="go"'
        f' data-value="{heading.line}">{html.escape(heading.title)}</button></li>'
        for heading in headings
    )
    return (
        f'<details class="outline" open><summary>{words.NOTES_OUTLINE}</summary>'
        f"<ul>{items}</ul></details>"
    )


def _parts(spans: Sequence[Span], number: int) -> str:
    if len(spans) == 1:
        return ""

    def turner(to: int, label: str) -> str:
        is_there = 0 <= to < len(spans)
        value = spans[to].start if is_there else 0
        off = "" if is_there else " disabled"
        return f'<button type="button" data-do="part" data-value="{value}"{off}>{label}</button>'

    return (
        f'<div class="pager" role="group" aria-label="{words.NOTES_PARTS}">'
        f"{turner(number - 1, words.NOTES_EARLIER)}"
        f"<span>{words.notes_part(number + 1, len(spans))}</span>"
        f"{turner(number + 1, words.NOTES_LATER)}</div>"
    )


def _line(line: Line, depth: int | None) -> str:
    pieces = "".join(
        _piece(piece.text, piece.passage, is_marked=piece.is_marked) for piece in line.pieces
    )
    head = f" head h{min(depth, 3)}" if depth is not None else ""
    label = f' data-at="{html.escape(line.label)}"' if line.label else ""
    return f'<div class="line{head}" data-line="{line.number}"{label}><span>{pieces}</span></div>'


def _piece(text: str, passage: int, *, is_marked: bool) -> str:
    inner = html.escape(text)
    inner = f"<mark>{inner}</mark>" if is_marked else inner
    if not passage:
        return inner
    return f'<span class="cut {"odd" if passage % 2 else "even"}" data-n="{passage}">{inner}</span>'
