"""The panel of sources beside an answer -> HTML. Pure; all that comes from notes is escaped here.

See web/render.py for why.
"""

import html
from collections.abc import Sequence

from rag.types import Chunk, Span
from web import words
from web.cards import Card, Cards
from web.markup import anchor, near_anchor, plain_html

_QUESTION = 200  # characters of it that are repeated
_QUOTE = 4_000  # characters, by which a place is found again in a note that has changed


def sources_html(cards: Cards, *, cwd: str, of: str = "") -> str:
    """The panel of sources. What is not cited is folded away; paths are relative to `cwd`.

    `of` is HTML that says whose they are.
    """
    body = "".join(_card(card, cwd) for card in cards.cited)
    if not body:  # then the nearest are all there is to show
        body += _folded(words.READ_ONLY, (*cards.read, *cards.found), cwd, is_open=True)
    else:
        body += _folded(words.ALSO_READ, cards.read, cwd)
        body += _folded(words.ALSO_FOUND, cards.found, cwd)
    return _panel(of + (body or f'<p class="hint">{words.SOURCES_NONE}</p>'))


def _folded(title: str, cards: Sequence[Card], cwd: str, *, is_open: bool = False) -> str:
    if not cards:
        return ""
    shown = (_card(card, cwd, near_anchor(rank)) for rank, card in enumerate(cards, 1))
    return (
        f'<details class="rest"{" open" * is_open}><summary>{title} '
        f"<small>{words.passages(len(cards))}</small></summary>"
        f"{''.join(shown) if is_open else ''.join(_card(card, cwd) for card in cards)}</details>"
    )


def earlier_html(at: int, question: str) -> str:
    """What stands over the sources of an earlier answer; web/talk.js knows them by their `at`."""
    said = plain_html(words.sources_of(question[:_QUESTION]))
    return f'<p class="earlier" data-at="{at}" dir="auto">{said}</p>'


def no_sources_html() -> str:
    """The panel before anything was asked."""
    return _panel(f'<p class="hint">{words.SOURCES_EMPTY}</p>')


def _panel(body: str) -> str:
    return f'<section aria-label="{words.SOURCES}"><h2>{words.SOURCES}</h2>{body}</section>'


def _card(card: Card, cwd: str, identity: str = "") -> str:
    location = html.escape(card.location(cwd))
    number, identity = "", f' id="{identity}"' if identity else ""
    if card.number is not None:
        number = f'<span class="number">{card.number}</span>'
        identity = f' id="{anchor(card.number)}"'
    crumbs = html.escape(card.chunk.breadcrumb)
    return (
        f'<article class="card"{identity}><div class="title">{number}'
        f"<strong>{html.escape(card.chunk.name)}</strong></div>"
        f'<div class="crumbs">{crumbs}</div>{_lead(card.chunk)}'
        f'<div class="passage">{_marked(card.chunk, card.marks)}</div>{_since(card)}'
        f'<button type="button" class="copy" data-copy="{location}" title="{words.COPY}">'
        f"{location}</button>{_opener(card)}{_in_note(card)}</article>"
    )


def _since(card: Card) -> str:
    """What the note says now, where that is not what was cited."""
    said = html.escape(words.since(card.now)) if card.now else ""
    return f'<div class="since">{said}</div>' if said else ""


def _lead(chunk: Chunk) -> str:
    """The words of the note that the passage is not understood without (a table's header)."""
    return f'<div class="lead">{html.escape(chunk.context)}</div>' if chunk.context else ""


def _marked(chunk: Chunk, marks: Sequence[Span]) -> str:
    """The chunk's text, verbatim, with the cited spans marked."""
    pieces, at = [], 0
    for start, end in marks:
        pieces.append(html.escape(chunk.text[at:start]))
        pieces.append(f"<mark>{html.escape(chunk.text[start:end])}</mark>")
        at = end
    pieces.append(html.escape(chunk.text[at:]))
    return "".join(pieces)


def _in_note(card: Card) -> str:
    if not card.context:
        return ""
    labels, cited = card.labels, card.cited_lines
    kind = "lines labelled" if labels else "lines"
    lines = "".join(
        f'<div class="{"cited" if number in cited else "plain"}">'
        f"{_at(labels.get(number, '') if labels else str(number))}"
        f"<code>{html.escape(text)}</code></div>"
        for number, text in card.context
    )
    return (
        f'<details data-chunk="{html.escape(card.chunk.id)}">'
        f"<summary>{words.SHOW_IN_NOTE}</summary>"
        f'<div class="{kind}" tabindex="0">{lines}</div></details>'
    )


def _opener(card: Card) -> str:
    """Opens the note on the page of notes, at what is cited; hidden where there is no such page."""
    chunk = card.chunk
    mark = card.marks[0] if card.marks else Span(0, len(chunk.text))
    quote = html.escape(chunk.text[mark.start : mark.end][:_QUOTE])
    return (
        f'<button type="button" class="open-note" data-do="open"'
        f' data-value="{html.escape(chunk.note_path)}" data-digest="{chunk.note_digest}"'
        f' data-start="{chunk.start + mark.start}" data-end="{chunk.start + mark.end}"'
        f' data-quote="{quote}">{words.NOTES_OPEN}</button>'
    )


def _at(place: str) -> str:
    """The place of a line. A label (chapter 3: Title) may be too long for the margin."""
    place = html.escape(place)
    return f'<span class="at" title="{place}">{place}</span>'
