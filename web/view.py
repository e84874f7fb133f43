"""What the chat page shows of a library and a conversation, as updates by component.

Questions that the page suggests, from the notes' headings, at first and after an answer.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import gradio as gr

from rag.errors import CribError
from rag.types import Answer, Chunk, Status
from web import render, sources
from web.conversation import Conversation, Exchange, Stage
from web.layout import Layout
from web.options import scope_places
from web.parts import Updates
from web.protocols import Library
from web.sources import Cards, answer_cards, found_cards
from web.templates import Macros
from web.translation import gettext as _

_CHAT = Macros("chat")
_EXAMPLES = 4
_RECENT = 20  # exchanges of a long talk that are shown at first, so that it stays quick
_CONTEXT_LINES = 6

# Headings that say where in a note one is, not what it is about.
_SIGNPOSTS = frozenset(
    "appendix conclusion contents example examples faq further reading glossary index introduction"
    " links misc miscellaneous note notes outline overview quiz reading recap references resources"
    " see also sources summary table of contents tags tasks to do todo extra features".split()
)

_NUMBERING = re.compile(r"^\s*(?:(?:\d+(?:\.\d+)*|[a-z])[.)]?\s+)", re.IGNORECASE)

_ASIDE = re.compile(r"\s*[(\[{<].*$")

_MARKUP = re.compile(r"[*_`#~|]+")

_QUESTION_WORDS = ("what", "why", "how", "when", "where", "which", "who", "is", "are", "does", "do")

_MIN_CHARS, _MAX_CHARS = 3, 48

_NAME_WORDS = 3

Trail = tuple[str, ...]


class View:
    """Fills the parts `on` of the page with what `library` holds."""

    def __init__(self, library: Library, on: Layout) -> None:
        self._library = library
        self._on = on
        self._cwd = Path.cwd().as_posix()

    def earlier(self, past: Conversation, least: int = sys.maxsize) -> list[render.ChatMessage]:
        """The last exchanges of the `past` as messages, and what shows those before them.

        All from the exchange `least` on are among them.
        """
        first = min(max(0, len(past) - _RECENT), least)
        before = [{"role": "assistant", "content": _CHAT.before(first)}] if first else []
        shown = enumerate(past[first:], first)
        return before + [
            one for at, past_one in shown for one in render.chat_messages(past_one, at)
        ]

    def conversation(
        self, past: Conversation, exchange: Exchange, earlier: list[render.ChatMessage]
    ) -> Updates:
        """The chat with an exchange after the `earlier` messages of the `past`."""
        more = self._more(past, exchange)
        return {
            self._on.past: (*past, exchange),
            self._on.chatbot: earlier + render.chat_messages(exchange, len(past), more),
        }

    def _more(self, past: Conversation, exchange: Exchange) -> str:
        """What an answer that is over leads on to: the closest notes, or further questions."""
        answer = exchange.answer
        if answer is None:
            return ""
        if answer.status is Status.REFUSED:
            return render.near_html(answer.hits)
        asked = [one.question for one in past]
        headings = self._library.headings({one.chunk.note_path for one in answer.citations})
        return _CHAT.follow_ups(follow_ups(answer, headings, asked))

    def stage(self, exchange: Exchange) -> Updates:
        """What changes only when an answer comes to another stage."""
        is_over = not exchange.is_running
        updates: Updates = {
            self._on.status: render.status_html(exchange),
            self._on.question: gr.update(submit_btn=is_over, stop_btn=not is_over),
            self._on.retry: gr.update(interactive=is_over),
            self._on.new: gr.update(interactive=is_over),
        }
        if exchange.stage is Stage.SEARCHING:
            updates[self._on.question] = gr.update(value="", submit_btn=False, stop_btn=True)
            updates[self._on.sources] = _CHAT.no_sources()
            updates[self._on.examples] = ""
            updates[self._on.news] = ""
        if is_over:  # meanwhile the model may have been loaded
            updates[self._on.header] = render.library_header_html(self._library)
        return updates

    def evidence(self, exchange: Exchange) -> Updates:
        """The sources of an answer, as far as they are known."""
        return {self._on.sources: self._sources_html(exchange)}

    def talk(self, past: Conversation, least: int = sys.maxsize) -> Updates:
        """A conversation of which something changed that is no answer; see `earlier`."""
        return self.conversation(past[:-1], past[-1], self.earlier(past[:-1], least))

    def sources(self, past: Conversation, at: int) -> Updates:
        """The sources of one answer of a conversation; of an earlier one they say so."""
        earlier = at if at < len(past) - 1 else None
        return {self._on.sources: self._sources_html(past[at], earlier)}

    def reopened(self, past: Conversation) -> Updates:
        """A conversation that was kept, as it was."""
        last = past[-1]
        return self.talk(past) | self.stage(last) | self.evidence(last) | {self._on.examples: ""}

    def new_chat(self) -> Updates:
        """A page on which nothing was asked yet."""
        return self.examples(was_asked=False) | {
            self._on.past: (),
            self._on.chatbot: [],
            self._on.sources: _CHAT.no_sources(),
            self._on.status: render.status_html(None, self._library.notice()),
            self._on.retry: gr.update(interactive=False),
            self._on.new: gr.update(interactive=False),
        }

    def library(self, *, was_asked: bool, waiting: str = "") -> Updates:
        """What depends on which notes there are; `waiting` is shown while there are none."""
        is_empty = self._library.is_empty()
        waiting = waiting or _("There are no notes to ask yet")
        where = scope_places(self._library.facets())
        return self.examples(was_asked=was_asked) | {
            self._on.header: render.library_header_html(self._library),
            self._on.options.where: gr.update(choices=where, visible=bool(where)),
            self._on.question: gr.update(
                interactive=not is_empty,
                placeholder=waiting if is_empty else _("Ask your notes a question"),
            ),
        }

    def examples(self, *, was_asked: bool) -> Updates:
        """The example questions, which are there until one was asked."""
        if was_asked:
            return {self._on.examples: ""}
        questions = example_questions(self._library.headings(), _EXAMPLES)
        return {self._on.examples: _CHAT.buttons(questions)}

    def _sources_html(self, exchange: Exchange, earlier: int | None = None) -> str:
        cards = Cards()
        if exchange.answer:
            cards = answer_cards(exchange.answer, self._context, exchange.cited)
        elif exchange.evidence:
            cards = found_cards(exchange.evidence, self._context, exchange.given)
        return sources.sources_html(
            cards, cwd=self._cwd, earlier=earlier, question=exchange.question
        )

    def _context(self, chunk: Chunk) -> list[tuple[int, str]]:
        """Lines of the note around the chunk; none where the note cannot be read any more."""
        try:
            return self._library.context(chunk, _CONTEXT_LINES)
        except CribError:
            return []


def example_questions(headings: Iterable[Sequence[str]], limit: int = 4) -> list[str]:
    """At most `limit` questions, spread evenly over `headings` (breadcrumbs, outermost first)."""
    topics = dict.fromkeys(filter(None, (topic_of(trail) for trail in headings)))
    by_folded = {topic.casefold(): topic for topic in reversed(topics)}
    distinct = list(reversed(by_folded.values()))
    count = min(limit, len(distinct))
    return [question_about(distinct[place * len(distinct) // count]) for place in range(count)]


def topic_of(trail: Sequence[str]) -> str:
    """What the innermost heading is about; empty if that makes no question."""
    if not trail:
        return ""
    text = _NUMBERING.sub("", _MARKUP.sub("", trail[-1]))
    text = " ".join(_ASIDE.sub("", text).split()).rstrip(" :.,;-")
    if not _MIN_CHARS <= len(text) <= _MAX_CHARS or not any(map(str.isalpha, text)):
        return ""
    return "" if set(text.casefold().split()) <= _SIGNPOSTS else text


def question_about(topic: str) -> str:
    """A question about what `topic_of` gave."""
    said = topic.split()
    if topic.endswith("?"):
        return topic
    if said[0].casefold() in _QUESTION_WORDS:
        return f"{topic}?"
    if len(said) <= _NAME_WORDS and _is_a_name(said):
        return _("What is {name}?", name=topic)
    return _("What do my notes say about {topic}?", topic=topic)


def _is_a_name(said: Sequence[str]) -> bool:
    """True for words that name one thing, such as `Data Wrangler` or `Mitosis`."""
    is_plural = said[-1].endswith("s") and not said[-1].endswith(("ss", "is", "us"))
    return all(word[0].isupper() for word in said) and not is_plural


def follow_ups(
    answer: Answer, headings: Iterable[Sequence[str]], asked: Iterable[str] = (), limit: int = 3
) -> list[str]:
    """At most `limit` questions: what stands below a cited heading, then what beside it.

    `headings` are the breadcrumbs of the notes' sections in order, outermost first; `asked` the
    questions of this conversation, which are not suggested, nor is what the answer cites itself.
    """
    trails = [tuple(trail) for trail in headings]
    cited = [tuple(one.chunk.headings) for one in answer.citations if one.chunk.headings]
    said = {_bare(question) for question in (*asked, answer.question, answer.standalone)}
    known = {topic_of(trail).casefold() for trail in cited}
    found: dict[str, str] = {}
    for trail in _around(cited, trails):
        topic = topic_of(trail)
        question = question_about(topic) if topic else ""
        if topic.casefold() not in known and _is_new(topic, question, said):
            found.setdefault(_bare(question), question)
    return [question for question in found.values() if question][:limit]


def _around(cited: Sequence[Trail], trails: Sequence[Trail]) -> Iterator[Trail]:
    for one in dict.fromkeys(cited):  # children
        yield from (t for t in trails if t[: len(one)] == one and len(t) == len(one) + 1)
    for one in dict.fromkeys(cited):  # siblings: those after it come first, then from the beginning
        beside = [t for t in trails if len(one) > 1 and t[:-1] == one[:-1]]
        at = beside.index(one) if one in beside else 0
        yield from (*beside[at + 1 :], *beside[:at])


def _is_new(topic: str, question: str, said: Iterable[str]) -> bool:
    """False for a topic that a question named already."""
    words = set(_bare(topic).split())
    return bool(question) and not any(words <= set(one.split()) for one in said)


def _bare(question: str) -> str:
    kept = (c if c.isalnum() else " " for c in question.casefold())
    return " ".join("".join(kept).split())
