"""The list of conversations, and what is asked before one is changed -> HTML. Pure.

All that comes from a person is escaped here; see web/render.py for why. web/history.js tells the
server what was clicked.
"""

import html
import time
from datetime import datetime

from rag.chats.kept import ChatInfo, Listing
from web import words
from web.markup import alert_html


def list_html(
    listing: Listing, current: int | None = None, query: str = "", now: float | None = None
) -> str:
    """The conversations, the one that is open (`current`) marked as such."""
    now = time.time() if now is None else now
    notice = f'<p class="notice">{html.escape(listing.notice)}</p>' if listing.notice else ""
    if not listing.chats:
        hint = words.NO_SUCH_CHAT if query.strip() else words.NO_CHATS
        return _part(f'{notice}<p class="hint">{hint}</p>')
    items = "".join(_item(chat, chat.id == current, now) for chat in listing.chats)
    more = ""
    if len(listing.chats) < listing.total:
        more = f'<button type="button" data-do="more">{words.MORE_CHATS}</button>'
    return _part(f"{notice}<ul>{items}</ul>{more}")


def error_html(error: str) -> str:
    """Why there is no list."""
    return _part(alert_html(error))


def _part(body: str) -> str:
    return f'<nav aria-label="{words.CHATS}">{body}</nav>'


def _item(chat: ChatInfo, is_current: bool, now: float) -> str:
    title = html.escape(chat.title)
    about = f"{_day(chat.changed, now)} · {words.questions(chat.exchanges)}"
    if chat.is_stale:
        about += f' <span class="stale" title="{words.STALE_CHAT_MORE}">{words.STALE_CHAT}</span>'
    current = ' aria-current="true"' if is_current else ""
    return (
        f'<li data-id="{chat.id}"><button type="button" class="open" data-do="select"{current}>'
        f'<span class="title">{title}</span><small>{about}</small></button>'
        f'<details name="chat"><summary aria-label="{words.CHAT_MENU}: {title}">⋯</summary>'
        f'<div class="menu">{_do("edit", words.RENAME)}{_do("download", words.EXPORT)}'
        f"{_do('delete', words.DELETE)}</div></details></li>"
    )


def _do(what: str, label: str) -> str:
    return f'<button type="button" data-do="{what}">{label}</button>'


def _day(moment: float, now: float) -> str:
    """When that was, as short as is clear."""
    then, today = (datetime.fromtimestamp(at).astimezone() for at in (moment, now))
    if then.date() == today.date():
        return f"{then:%H:%M}"
    if (today.date() - then.date()).days == 1:
        return words.YESTERDAY
    return words.day(then, with_year=then.year != today.year)


def dialogs_html() -> str:
    """The two questions that are asked before a conversation is changed."""
    return (
        f'<dialog id="delete-dialog" aria-labelledby="delete-title"><form method="dialog">'
        f'<p id="delete-title">{words.DELETE_SURE} “<b data-title></b>”?</p>'
        f"<p><small>{words.DELETE_MORE}</small></p><div>"
        f'<button value="" autofocus>{words.DELETE_NOT}</button>'
        f'<button value="yes" class="danger">{words.DELETE}</button></div></form></dialog>'
        f'<dialog id="edit-dialog" aria-labelledby="edit-title"><form method="dialog">'
        f'<label id="edit-title" for="edit-name">{words.NEW_TITLE}</label>'
        f'<input id="edit-name" type="text" maxlength="200" autocomplete="off" required>'
        f'<div><button value="" formnovalidate type="button" data-cancel>{words.CANCEL}</button>'
        f'<button value="yes" class="main">{words.RENAME}</button></div></form></dialog>'
    )
