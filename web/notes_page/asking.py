"""What is asked before notes are forgotten, and what is said after -> HTML. Pure.

All that comes from notes and files is escaped here; see web/render.py for why.
"""

import html
from collections.abc import Iterable, Mapping, Sequence

from rag.search.conflicts import Conflict, Said
from rag.search.duplicates import Duplicate
from web import words
from web.markup import plain_html
from web.notes_page.types import Todo

_NAMED = 20  # paths
_GROUPS = 50  # of duplicates


def said_html(text: str, more: Iterable[str] = ()) -> str:
    """What was done."""
    return f'<div class="said" role="status">{html.escape(text)}{_items(list(more))}</div>'


def left_out(left: Mapping[str, str]) -> list[str]:
    """Why files were left out, in lines."""
    said = [f"{name}: {why}" for name, why in left.items()]
    return [words.notes_left_out(len(said)), *said] if said else []


def plan_html(plan: Sequence[Todo]) -> str:
    """What an ingest would do with each source, and whether it shall."""
    body = "".join(_source(todo) for todo in plan)
    return _question(words.NOTES_PLAN, body, "update", "", words.NOTES_DO_IT)


def forget_html(source: str) -> str:
    """Whether a source shall be taken out."""
    asked = words.notes_forget_sure(source)
    body = f"<p>{words.NOTES_FILES_STAY}</p>"
    return _question(asked, body, "forgetting", source, words.NOTES_FORGET)


def duplicates_html(found: Sequence[Duplicate]) -> str:
    """Notes that say the same, each to be opened."""
    if not found:
        return said_html(words.NOTES_NO_DUPLICATES)
    groups = "".join(_duplicate(one) for one in found[:_GROUPS])
    more = f"<p>{words.notes_more(len(found) - _GROUPS)}</p>" if len(found) > _GROUPS else ""
    return (
        f'<section class="said" role="group" aria-label="{words.NOTES_DUPLICATES}">'
        f"<strong>{words.NOTES_DUPLICATES}</strong>{groups}{more}</section>"
    )


def conflicts_html(found: Sequence[Conflict]) -> str:
    """Sentences of two notes that may contradict each other, each with its note and line."""
    if not found:
        return said_html(words.NOTES_NO_CONFLICTS)
    pairs = "".join(
        f"<ul>{_sentence(one)}{_sentence(other)}</ul>" for one, other in found[:_GROUPS]
    )
    more = f"<p>{words.notes_more(len(found) - _GROUPS)}</p>" if len(found) > _GROUPS else ""
    return (
        f'<section class="said" role="group" aria-label="{words.NOTES_CONFLICTS}">'
        f"<strong>{words.NOTES_CONFLICTS}</strong>{pairs}{more}</section>"
    )


def _sentence(said: Said) -> str:
    return (
        f'<li><button type="button" class="path" data-do="open"'
        f' data-value="{html.escape(said.path)}">{html.escape(said.path)}:{said.line}</button>'
        f' <q dir="auto">{plain_html(said.text)}</q></li>'
    )


def _duplicate(one: Duplicate) -> str:
    said = words.NOTES_SAME if one.is_exact else words.notes_alike(one.share)
    items = "".join(
        f'<li><button type="button" class="path" data-do="open" data-value="{html.escape(path)}">'
        f"{html.escape(path)}</button></li>"
        for path in one.paths[:_NAMED]
    )
    return f"<p>{said}</p><ul>{items}</ul>"


def sources_html(sources: Sequence[str]) -> str:
    """Where notes come from, each to be taken out."""
    items = "".join(
        f'<li><span>{html.escape(source)}</span><button type="button" data-do="forget"'
        f' data-value="{html.escape(source)}" aria-label="{words.NOTES_REMOVE}:'
        f' {html.escape(source)}">{words.NOTES_REMOVE}</button></li>'
        for source in sources
    )
    return f"<h3>{words.NOTES_SOURCES}</h3><ul>{items}</ul>" if items else ""


def _source(todo: Todo) -> str:
    about = todo.trouble or words.notes_todo(todo.new, todo.changed, todo.moved, len(todo.deleted))
    if todo.seconds and not todo.trouble:
        about += f"; {words.notes_about(todo.seconds)}"
    return f"<p><b>{html.escape(todo.source)}</b>: {html.escape(about)}</p>{_items(todo.deleted)}"


def _items(lines: Sequence[str]) -> str:
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines[:_NAMED])
    if len(lines) > _NAMED:
        items += f"<li>{words.notes_more(len(lines) - _NAMED)}</li>"
    return f"<ul>{items}</ul>" if items else ""


def _question(asked: str, body: str, what: str, value: str, label: str) -> str:
    return (
        f'<section class="question" role="group" aria-label="{html.escape(asked)}">'
        f"<p><strong>{html.escape(asked)}</strong></p>{body}"
        f'<div class="do"><button type="button" class="main" data-do="{what}"'
        f' data-value="{html.escape(value)}">{label}</button>'
        f'<button type="button" data-do="leave">{words.NOTES_CANCEL}</button></div></section>'
    )
