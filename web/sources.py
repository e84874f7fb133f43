"""The panel of sources beside an answer -> HTML. Pure; all that comes from notes is escaped here.

See web/render.py for why.
"""

import html
from collections.abc import Sequence

from rag.types import Chunk, Span
from web import words
from web.cards import Card
from web.markup import anchor


def sources_html(cited: Sequence[Card], rest: Sequence[Card] = (), *, cwd: str) -> str:
    """The panel of sources. `rest` is folded away; `cwd` is what paths are shown relative to."""
    if not cited and not rest:
        return _panel(f'<p class="hint">{words.SOURCES_NONE}</p>')
    body = "".join(_card(card, cwd) for card in cited)
    if rest:
        folded = "".join(_card(card, cwd) for card in rest)
        title, is_open = (words.ALSO_READ, "") if cited else (words.READ_ONLY, " open")
        body += (
            f'<details class="rest"{is_open}><summary>{title} '
            f"<small>{words.counted(len(rest), 'passage')}</small></summary>{folded}</details>"
        )
    return _panel(body)


def no_sources_html() -> str:
    """The panel before anything was asked."""
    return _panel(f'<p class="hint">{words.SOURCES_EMPTY}</p>')


def _panel(body: str) -> str:
    return f'<section aria-label="{words.SOURCES}"><h2>{words.SOURCES}</h2>{body}</section>'


def _card(card: Card, cwd: str) -> str:
    location = html.escape(card.location(cwd))
    number, identity = "", ""
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
        f"{location}</button>{_in_note(card)}</article>"
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


def _at(place: str) -> str:
    """The place of a line. A label (chapter 3: Title) may be too long for the margin."""
    place = html.escape(place)
    return f'<span class="at" title="{place}">{place}</span>'
