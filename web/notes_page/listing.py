"""The list of notes -> HTML. Pure; all that comes from notes is escaped here.

See web/render.py for why. web/notes_page/notes.js tells the server what was clicked.
"""

import html
import re
import time
from collections.abc import Mapping, Sequence

from rag.text.words import content_words, fold, stem
from rag.types import Chunk
from web import words
from web.markup import alert_html
from web.notes_page.tree import ROWS, Row, Shown, page_of, rows
from web.notes_page.types import Item, Overview, State

_EXCERPT = 160  # characters of a passage that was found
_WORD = re.compile(r"\w+")
_BEFORE = 40  # of these before the first word that was searched for


def list_html(
    overview: Overview, shown: Shown, found: Sequence[Chunk] = (), now: float | None = None
) -> str:
    """The list as it is `shown`; `found` are passages that hold the words searched for."""
    if not overview.items:
        hint = f"<strong>{words.NOTES_EMPTY}</strong><br>{words.NOTES_EMPTY_MORE}"
        return _part(f'{_troubles(overview.troubles)}<p class="hint">{hint}</p>')
    listed = rows(overview.items, shown)
    some, page, pages = page_of(listed, shown.page)
    now = time.time() if now is None else now
    body = "".join(_row(row, shown, now) for row in some)
    hint = words.NOTES_NO_MATCH if shown.query.strip() else words.NOTES_NO_MATCH_STATE
    return _part(
        _troubles(overview.troubles)
        + _filters(overview, shown)
        + (f"<ul>{body}</ul>" if body else f'<p class="hint">{hint}</p>')
        + _pager(page, pages, len(listed))
        + _passages(found, shown)
    )


def error_html(error: str) -> str:
    """Why there is no list."""
    return _part(alert_html(error))


def summary_html(overview: Overview) -> str:
    """What there is in a line."""
    said = words.notes_library(len(overview.items), overview.passages, overview.size)
    sources = ", ".join(overview.sources)
    return f'<h2>{words.NOTES_LIST}</h2><p title="{html.escape(sources)}">{html.escape(said)}</p>'


def _part(body: str) -> str:
    return f'<nav aria-label="{words.NOTES_TREE}">{body}</nav>'


def _troubles(troubles: Mapping[str, str]) -> str:
    return "".join(
        f'<p class="notice">{html.escape(source)}: {html.escape(why)}</p>'
        for source, why in troubles.items()
    )


def _filters(overview: Overview, shown: Shown) -> str:
    """How many notes are in each state; a click lists these alone."""
    counts = {state: count for state, count in overview.counts.items() if count}
    if len(counts) < 2:
        return ""
    chips = _chip("", f"{words.NOTES_ALL} {words.number(len(overview.items))}", shown.state is None)
    for state, count in counts.items():
        chips += _chip(state, words.notes_in_state(count, state), shown.state is state)
    return f'<div class="chips" role="group" aria-label="{words.NOTES_FILTER}">{chips}</div>'


def _chip(state: str, label: str, is_chosen: bool) -> str:
    return (
        f'<button type="button" data-do="state" data-value="{state}"'
        f' aria-pressed="{str(is_chosen).lower()}">{html.escape(label)}</button>'
    )


def _row(row: Row, shown: Shown, now: float) -> str:
    style = f' style="--depth:{row.depth}"'
    if row.item is None:
        return f'<li class="folder"{style}>{_folder(row)}</li>'
    where = row.folder if shown.query.strip() else ""
    return f'<li class="note"{style}>{_note(row.item, where, shown.path, now)}</li>'


def _folder(row: Row) -> str:
    name = row.folder.rpartition("/")[2] if row.depth else row.folder
    counts = [words.notes(sum(row.counts.values()))]
    counts += [
        words.notes_in_state(count, state)
        for state, count in row.counts.items()
        if count and state is not State.INDEXED
    ]
    return (
        f'<button type="button" data-do="turn" data-value="{html.escape(row.folder)}"'
        f' aria-expanded="{str(row.is_open).lower()}">'
        f'<span class="title">{html.escape(name)}</span>'
        f"<small>{' · '.join(counts)}</small></button>"
    )


def _note(item: Item, where: str, current: str, now: float) -> str:
    about = [where] if where else []
    if item.indexed is not None:
        about += [words.passages(item.passages), words.notes_ago(now - item.indexed)]
    about += [item.reason] if item.reason else []
    inner = (
        f'<span class="title">{html.escape(item.name)}</span>{badge_html(item)}'
        f"<small>{html.escape(' · '.join(about))}</small>"
    )
    if not item.is_readable:
        return f"<div>{inner}</div>"
    is_open = ' aria-current="true"' if item.path == current else ""
    path = html.escape(item.path)
    return f'<button type="button" data-do="open" data-value="{path}"{is_open}>{inner}</button>'


def badge_html(item: Item) -> str:
    """The state of a note; nothing where all is well."""
    if item.state is State.INDEXED:
        return ""
    more = html.escape(item.reason or words.NOTES_STATES_MORE[item.state])
    said = words.NOTES_STATES[item.state]
    return f' <span class="badge {item.state}" title="{more}">{said}</span>'


def _pager(page: int, pages: int, total: int) -> str:
    if pages == 1:
        return ""
    said = words.notes_listed(page * ROWS + 1, min(total, (page + 1) * ROWS), total)
    return (
        f'<div class="pager" role="group" aria-label="{words.NOTES_PAGES}">'
        f"{_turner(page - 1, words.NOTES_BEFORE, page > 0)}<span>{said}</span>"
        f"{_turner(page + 1, words.NOTES_NEXT, page + 1 < pages)}</div>"
    )


def _turner(page: int, label: str, is_there: bool) -> str:
    off = "" if is_there else " disabled"
    return f'<button type="button" data-do="page" data-value="{page}"{off}>{label}</button>'


def _passages(found: Sequence[Chunk], shown: Shown) -> str:
    if not found:
        return ""
    wanted = content_words(shown.query)
    items = "".join(
        f'<li class="note"><button type="button" data-do="open"'
        f' data-value="{html.escape(chunk.note_path)}" data-digest="{chunk.note_digest}"'
        f' data-start="{chunk.start}" data-end="{chunk.end}">'
        f'<span class="title">{html.escape(chunk.name)}</span>'
        f"<small>{html.escape(chunk.breadcrumb)}</small>"
        f'<span class="excerpt">{excerpt_html(chunk.text, wanted)}</span></button></li>'
        for chunk in found
    )
    return f"<h3>{words.NOTES_IN_TEXT}</h3><ul>{items}</ul>"


def excerpt_html(text: str, wanted: Sequence[str]) -> str:
    """Where the first of the words stands, and what is around it, the words marked."""
    flat = " ".join(text.split())
    stems = {stem(word) for word in wanted}
    spans = [one.span() for one in _WORD.finditer(flat) if stem(fold(one[0])) in stems]
    first = max(0, spans[0][0] - _BEFORE) if spans else 0
    cut = flat[first : first + _EXCERPT]
    pieces, at = [], 0
    for start, end in spans:
        start, end = start - first, end - first
        if end <= len(cut):
            pieces += [html.escape(cut[at:start]), f"<b>{html.escape(cut[start:end])}</b>"]
            at = end
    pieces.append(html.escape(cut[at:]))
    return f"{'…' * (first > 0)}{''.join(pieces)}{'…' * (first + _EXCERPT < len(flat))}"
