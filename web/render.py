"""What the page shows -> HTML. Pure functions, with web/banner.py the only ones that write HTML.

Everything that comes from a note, a file name or a model is escaped here: `gr.HTML` runs what
scripts it is given. It must be given its HTML as the value of the template `${value}`, since a
Handlebars `{{field}}` would leave `${...}` in a note to be run as JavaScript.
"""

import html
from collections.abc import Iterable, Sequence

from rag.types import Chunk, Span, Status
from web import words
from web.cards import Card
from web.conversation import Exchange, Stage
from web.markup import anchor, markdown_html, plain_html

Message = dict[str, str]  # what gr.Chatbot takes: a role and its content
_QUESTION_CHARS = 2000  # of a question repeated in the chat
_TYPING = '<span class="typing" aria-hidden="true"><i></i><i></i><i></i></span>'


def messages(exchange: Exchange, numbers: Iterable[int] = ()) -> list[Message]:
    """An exchange as chat messages. `numbers` are the sources that are on the page to be linked."""
    question = exchange.question
    if len(question) > _QUESTION_CHARS:
        question = question[:_QUESTION_CHARS] + "…"
    return [
        {"role": "user", "content": f'<div class="question">{plain_html(question)}</div>'},
        {"role": "assistant", "content": _answer(exchange, frozenset(numbers))},
    ]


def _answer(exchange: Exchange, numbers: frozenset[int]) -> str:
    searched = words.searched_for(exchange.searched) if exchange.searched else ""
    parts = [_line("searched", searched), _line("notice", exchange.notice)]
    parts.append(markdown_html(exchange.text, numbers))
    if exchange.is_running and not exchange.text:
        parts.append(_TYPING)
    if exchange.stage is Stage.STOPPED:
        parts.append(_line("ended", words.STOPPED if exchange.text else words.STOPPED_EARLY))
    if exchange.status is Status.INTERRUPTED:
        parts.append(_line("ended", words.INTERRUPTED))
    parts.append(_line("error", exchange.error))
    kind = exchange.status or exchange.stage
    return f'<div class="answer {kind}">{"".join(parts)}</div>'


def _line(kind: str, text: str) -> str:
    return f'<div class="line {kind}">{plain_html(text)}</div>' if text else ""


def status_html(exchange: Exchange | None, notice: str = "") -> str:
    """The line under the chat: a running answer's stage, a finished one's cost, else `notice`."""
    text, kind = notice, "idle"
    if exchange and exchange.is_running:
        passages = len(exchange.evidence.passages) if exchange.evidence else 0
        kind, text = (
            "running",
            {
                Stage.SEARCHING: words.SEARCHING,
                Stage.READING: words.reading(passages),
                Stage.WRITING: words.WRITING,
            }[exchange.stage],
        )
    elif exchange and exchange.answer:
        seconds = exchange.answer.timings.total
        took = f"{seconds:.1f} s" if seconds is not None else ""
        text = " · ".join(filter(None, (exchange.answer.model, took)))
    return f'<div class="status {kind}" role="status">{html.escape(text)}</div>'


def header_html(model: str, *, is_local: bool, folder: str, counts: tuple[int, int]) -> str:
    """The name, what is read, what reads it, and whether passages leave the machine."""
    privacy = words.STAYS if is_local else words.LEAVES
    notes, passages = counts
    size = f"{words.counted(notes, 'note')} · {words.counted(passages, 'passage')}"
    return (
        f'<header><div class="brand"><h1>{words.NAME}</h1><p>{words.TAGLINE}</p></div>'
        f'<dl><div><dt>Notes</dt><dd title="{html.escape(folder)}">{html.escape(_tail(folder))}'
        f"<small>{size}</small></dd></div>"
        f"<div><dt>Read by</dt><dd>{html.escape(model.removesuffix(words.LOCAL_SUFFIX))}"
        f'<small class="privacy {"stays" if is_local else "leaves"}">{privacy}</small></dd></div>'
        f"</dl></header>"
    )


def _tail(folder: str, names: int = 2) -> str:
    """The last names of a long path; the whole one is in the tooltip."""
    parts = folder.rstrip("/").split("/")
    return folder if len(parts) <= names + 1 else "…/" + "/".join(parts[-names:])


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
        f'<div class="passage">{_marked(card.chunk, card.marks)}</div>'
        f'<button type="button" class="copy" data-copy="{location}" title="{words.COPY}">'
        f"{location}</button>{_in_note(card)}</article>"
    )


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


def empty_chat_html() -> str:
    """What the chat shows before the first question."""
    return (
        f'<div class="welcome"><strong>{words.EMPTY_CHAT}</strong>'
        f"<span>{words.EMPTY_CHAT_MORE}</span></div>"
    )
