"""What the chat shows -> HTML, by the macros of web/templates/chat.html. Pure."""

from collections.abc import Iterable, Sequence

from eval.drafts.reviewing import case_of
from rag.answers.writers import SENTENCES
from rag.chats.kept import Kept
from rag.chats.staleness import CitedNow
from rag.types import Answer, Chunk, Grounding, Hit, Usage
from web.conversation import Exchange, Stage
from web.markup import markdown_html
from web.protocols import Library
from web.sources import since
from web.templates import Macros
from web.translation import gettext as _
from web.translation import ngettext, number

ChatMessage = dict[str, str]  # what gr.Chatbot takes: a role and its content
_CHAT = Macros("chat")
_QUESTION_CHARS = 2000  # of a question repeated in the chat
_LOCAL_SUFFIX = ", on this machine"  # as the library says it


def chat_messages(exchange: Exchange, at: int = 0, more: str = "") -> list[ChatMessage]:
    """The exchange `at` this place of a talk as chat messages; `more` is HTML after the answer."""
    question = exchange.question
    if len(question) > _QUESTION_CHARS:
        question = question[:_QUESTION_CHARS] + "…"
    return [
        {"role": "user", "content": _CHAT.question(question, at)},
        {"role": "assistant", "content": _answer(exchange, at, more)},
    ]


def _answer(exchange: Exchange, at: int, more: str) -> str:
    claims = exchange.answer.claims if exchange.answer else ()
    grades = [claim.grounding for claim in claims]
    return _CHAT.answer(
        exchange,
        exchange.status or exchange.stage,
        [f"nth-{at}", *marks(exchange)],
        markdown_html(exchange.text, exchange.numbers, claims),
        markdown_html(exchange.standin, exchange.numbers),
        more,
        _stale(exchange.cited),
        grades.count(Grounding.WEAK),
        grades.count(Grounding.NOT_FOUND),
    )


def _stale(cited: Iterable[CitedNow]) -> str:
    """Which citations of an answer the notes no longer hold; empty if they hold all."""
    gone = dict.fromkeys(f"[{one.number}]" for one in cited if since(one))
    if not gone:
        return ""
    return _(
        "Your notes have changed since: they no longer say what {citations} cites.",
        citations=", ".join(gone),
    )


def status_html(exchange: Exchange | None, notice: str = "") -> str:
    """The line under the chat: a running answer's stage, a finished one's cost, else `notice`."""
    text, kind = notice, "idle"
    if exchange and exchange.is_running:
        kind, text = (
            "running",
            {
                Stage.SEARCHING: _("Searching your notes"),
                Stage.READING: _reading(exchange.given),
                Stage.WRITING: _("Writing"),
            }[exchange.stage],
        )
    elif exchange and exchange.answer:
        text = _cost(exchange.answer)
    return _CHAT.status(kind, text)


def _cost(answer: Answer) -> str:
    """Who answered, how long that took and, as far as it is known, what it cost."""
    seconds, usage = answer.timings.total, answer.usage
    took = f"{seconds:.1f} s" if seconds is not None else ""
    spent = _spent(usage) if usage else ""
    return " · ".join(
        filter(None, (answerer(answer.model), took, _("answered before") * answer.cached, spent))
    )


def _reading(given: int) -> str:
    """The stage between search and the first token: so many passages were given."""
    if not given:
        return _("Searching your notes")
    return ngettext("Reading {count} passage", "Reading {count} passages", given)


def _spent(usage: Usage) -> str:
    """What a model read and wrote, and what that cost where it is known."""
    tokens = _(
        "{read} + {written} tokens",
        read=number(usage.prompt_tokens),
        written=number(usage.completion_tokens),
    )
    if usage.cost is None:
        return tokens
    return _("{tokens}, ${cost}", tokens=tokens, cost=number(usage.cost, 4))


def header_html(model: str, *, is_local: bool, folder: str, counts: tuple[int, int]) -> str:
    """The name, what is read, what reads it, and whether passages leave the machine."""
    return _CHAT.header(folder, _tail(folder), counts, answerer(model), is_local)


def library_header_html(library: Library) -> str:
    """The header: which notes, how many, and what reads them."""
    return header_html(
        library.model(),
        is_local=library.is_local(),
        folder=library.folder(),
        counts=library.counts(),
    )


def answerer(model: str) -> str:
    """Whoever answers, in the words of the page."""
    name = model.removesuffix(_LOCAL_SUFFIX)
    return _("the notes' own sentences, no language model") if name == SENTENCES else name


def _tail(folder: str, names: int = 2) -> str:
    """The last names of a long path; the whole one is in the tooltip."""
    parts = folder.rstrip("/").split("/")
    return folder if len(parts) <= names + 1 else "…/" + "/".join(parts[-names:])


def script_words() -> dict[str, str]:
    """What web/talk.js says."""
    return {
        "searching": _("Searching your notes"),
        "tools": _("This answer"),
        "copy": _("Copy the answer with its sources"),
        "copied": _("Copied"),
        "notCopied": _("It could not be copied: the browser does not allow it."),
        "good": _("Good answer"),
        "bad": _("Bad answer"),
        "why": _("Say why, or what would be right"),
        "quiz": _("Make it a question of your quiz"),
        "edit": _("Change this question and ask it again"),
        "copyCode": _("Copy the code"),
    }


def marks(exchange: Exchange) -> list[str]:
    """Classes of an answer: that it is over, where it is kept, what is thought of it.

    Gradio's sanitiser leaves an answer no other attribute that web/talk.js could know it by.
    """
    if exchange.is_running:
        return []
    found = ["over"]
    if exchange.place:
        found.append(f"at-{exchange.place.chat}-{exchange.place.exchange}")
    if exchange.feedback:
        found.append("good" if exchange.feedback.good else "bad")
    if makes_case(exchange) and not exchange.is_drafted:
        found.append("quizzable")
    return found


def makes_case(exchange: Exchange) -> bool:
    """True if a question of a quiz can be made of the answer."""
    if not exchange.answer or not exchange.place:
        return False
    kept = Kept(exchange.place.exchange, 0.0, exchange.answer, feedback=exchange.feedback)
    return case_of(kept) is not None


def near_html(hits: Sequence[Hit], most: int = 3) -> str:
    """Links to the cards of the closest notes, each once, best first; empty where none is near."""
    first: dict[str, tuple[int, Chunk]] = {}
    for rank, hit in enumerate(hits, 1):
        first.setdefault(hit.chunk.note_path, (rank, hit.chunk))
    return _CHAT.near(list(first.values())[:most])
