"""What the chat shows -> HTML. Pure, as all of this page that writes HTML.

Everything that comes from a note, a file name or a model is escaped here: `gr.HTML` runs what
scripts it is given. It must be given its HTML as the value of the template `${value}`, since a
Handlebars `{{field}}` would leave `${...}` in a note to be run as JavaScript.
"""

import html
from collections.abc import Sequence

from rag.answering import SENTENCES
from rag.types import Answer, Claim, Grounding, Status
from web import talk, words
from web.conversation import Exchange, Stage
from web.markup import markdown_html, plain_html

Message = dict[str, str]  # what gr.Chatbot takes: a role and its content
_QUESTION_CHARS = 2000  # of a question repeated in the chat
_LOCAL_SUFFIX = ", on this machine"  # as the library says it
_TYPING = '<span class="typing" aria-hidden="true"><i></i><i></i><i></i></span>'


def messages(exchange: Exchange, at: int = 0, more: str = "") -> list[Message]:
    """The exchange `at` this place of a talk as chat messages; `more` is HTML after the answer."""
    question = exchange.question
    if len(question) > _QUESTION_CHARS:
        question = question[:_QUESTION_CHARS] + "…"
    asked = f'<div class="question {talk.nth(at)}">{plain_html(question)}</div>'
    return [
        {"role": "user", "content": asked},
        {"role": "assistant", "content": _answer(exchange, at, more)},
    ]


def _answer(exchange: Exchange, at: int, more: str) -> str:
    numbers = exchange.numbers
    claims = exchange.answer.claims if exchange.answer else ()
    text = markdown_html(exchange.text, numbers, claims)
    searched = words.searched_for(exchange.searched) if exchange.searched else ""
    parts = [
        _line("searched", searched),
        _line("stale", words.stale(exchange.cited)),
        _line("notice", exchange.notice),
    ]
    parts += [_over_standin(exchange, text, numbers)]
    if exchange.stage is Stage.STOPPED:
        parts.append(_line("ended", words.STOPPED if exchange.text else words.STOPPED_EARLY))
    if exchange.status is Status.INTERRUPTED:
        parts.append(_line("ended", words.INTERRUPTED))
    parts += [_line("doubts", _doubts(claims)), _line("error", exchange.error)]
    parts.append(_line("unkept", exchange.unkept))
    parts += [more, talk.thought_html(exchange)]
    kind = exchange.status or exchange.stage
    marks = f"{talk.nth(at)}{talk.marks(exchange)}"
    return f'<div class="answer {kind} {marks}">{"".join(parts)}</div>'


def _over_standin(exchange: Exchange, text: str, numbers: frozenset[int]) -> str:
    """The answer; while it is written, over what stood in for it, so that nothing jumps."""
    standin = markdown_html(exchange.standin, numbers)
    if exchange.is_running and exchange.text:
        unseen = f'<div class="standin" aria-hidden="true">{standin}</div>' if standin else ""
        return f'<div class="layers">{unseen}<div>{text}</div></div>'
    if exchange.is_running:
        return _standin(words.STANDIN, standin) + _TYPING
    if exchange.stage is Stage.FAILED and not exchange.text:
        return _standin(words.STANDIN_FAILED, standin)
    return text


def _standin(whence: str, standin: str) -> str:
    if not standin:
        return ""
    return f'<div class="standin"><p class="source">{whence}</p>{standin}</div>'


def _doubts(claims: Sequence[Claim]) -> str:
    graded = [claim.grounding for claim in claims]
    return words.doubts(graded.count(Grounding.WEAK), graded.count(Grounding.NOT_FOUND))


def _line(kind: str, text: str) -> str:
    return f'<div class="line {kind}">{plain_html(text)}</div>' if text else ""


def status_html(exchange: Exchange | None, notice: str = "") -> str:
    """The line under the chat: a running answer's stage, a finished one's cost, else `notice`."""
    text, kind = notice, "idle"
    if exchange and exchange.is_running:
        kind, text = (
            "running",
            {
                Stage.SEARCHING: words.SEARCHING,
                Stage.READING: words.reading(exchange.given) if exchange.given else words.SEARCHING,
                Stage.WRITING: words.WRITING,
            }[exchange.stage],
        )
    elif exchange and exchange.answer:
        text = _cost(exchange.answer)
    return f'<div class="status {kind}" role="status">{html.escape(text)}</div>'


def _cost(answer: Answer) -> str:
    """Who answered, how long that took and, as far as it is known, what it cost."""
    seconds, usage = answer.timings.total, answer.usage
    took = f"{seconds:.1f} s" if seconds is not None else ""
    spent = words.spent(usage) if usage else ""
    return " · ".join(
        filter(None, (answerer(answer.model), took, words.CACHED * answer.cached, spent))
    )


def header_html(model: str, *, is_local: bool, folder: str, counts: tuple[int, int]) -> str:
    """The name, what is read, what reads it, and whether passages leave the machine."""
    privacy = words.STAYS if is_local else words.LEAVES
    notes, passages = counts
    size = f"{words.notes(notes)} · {words.passages(passages)}"
    return (
        f'<header><div class="brand"><h1>{words.NAME}</h1><p>{words.TAGLINE}</p></div>'
        f'<dl><div><dt>{words.NOTES}</dt><dd title="{html.escape(folder)}">'
        f"{html.escape(_tail(folder))}<small>{size}</small></dd></div>"
        f"<div><dt>{words.READ_BY}</dt><dd>{html.escape(answerer(model))}"
        f'<small class="privacy {"stays" if is_local else "leaves"}">{privacy}</small></dd></div>'
        f"</dl></header>"
    )


def answerer(model: str) -> str:
    """Whoever answers, in the words of the page."""
    name = model.removesuffix(_LOCAL_SUFFIX)
    return words.SENTENCES if name == SENTENCES else name


def _tail(folder: str, names: int = 2) -> str:
    """The last names of a long path; the whole one is in the tooltip."""
    parts = folder.rstrip("/").split("/")
    return folder if len(parts) <= names + 1 else "…/" + "/".join(parts[-names:])


def remark_html(hosts: Sequence[str]) -> str:
    """Where passages go; empty if they stay."""
    if not hosts:
        return ""
    return f'<div class="remark" role="status">{html.escape(words.remark(hosts))}</div>'


def switch_html(part: str, label: str, icon: str) -> str:
    """A button that shows and hides the part of the page with this id; see web/page.js."""
    return (
        f'<button type="button" class="switch" data-switch="{part}" aria-controls="{part}"'
        f' aria-expanded="false"><span aria-hidden="true">{icon}</span> <b>{label}</b></button>'
    )


def logout_html() -> str:
    """The way out, where there is a login."""
    return f'<a href="/logout">{words.LOGOUT}</a>'


def empty_chat_html() -> str:
    """What the chat shows before the first question."""
    return (
        f'<div class="welcome"><strong>{words.EMPTY_CHAT}</strong>'
        f"<span>{words.EMPTY_CHAT_MORE}</span></div>"
    )
