"""A library without a model, an index or a disk, whose every step a test can hold back."""

import gc
import re
import time
import warnings
from collections import Counter
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from socket import create_server
from threading import Event as Flag
from typing import Any

import pytest
from chat_fakes import ScriptedChats

from ingest.types import Phase, Progress, Report
from rag.chats.conversations import Place, Recording
from rag.chats.kept import Chat, ChatListing
from rag.errors import CribError
from rag.store.scoping import Facets
from rag.types import (
    Answer,
    AskOptions,
    Chunk,
    Citation,
    Claim,
    Event,
    Evidence,
    Finished,
    Found,
    Hit,
    StandIn,
    Status,
    Timings,
    Token,
    Turn,
)
from web.protocols import Library
from web.server import RunningPage, serve

WAIT_SECONDS = 60.0  # before a held step gives up, so that a failed test does not hang
MODEL = "Scripted model"
LOADING = "The scripted model is still loading."
REFUSAL = "Your notes do not answer this. The closest note is biology.md."
# Warnings of Gradio's server, which runs inside the tests: event loops that it leaves to the
# collector, and features of pandas that are going away. They are not this project's to mend.
GRADIO_WARNINGS = (
    "ignore:unclosed:ResourceWarning",
    "ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning",
    "ignore:'future.no_silent_downcasting' is deprecated",
    "ignore:The copy keyword is deprecated",
)
QUESTION = "Which light does chlorophyll absorb?"
CITED = "Chlorophyll absorbs red and blue light."
NOTE_PATH = "/notes/biology.md"
NOTE = """# Biology

Notes of the first term.

## Cell organelles

Mitochondria make most of the cell's ATP.
They have a membrane of their own.

## Photosynthesis

Plants turn light into sugar. Chlorophyll absorbs red and blue light.

- The light reactions happen in the thylakoid.
- The Calvin cycle happens in the stroma.

## Cell division

Mitosis gives two identical cells. Meiosis gives four different ones.
"""


@dataclass(frozen=True, slots=True)
class ScriptedModel:
    """A model to choose."""

    llm: str
    host: str


class ScriptedLibrary:
    """Answers with the sentence that shares most words with the question, and cites it as `[1]`.

    `say` is written instead, if given, a token each `pace` seconds, after `standin`; `claims` are
    what is said of it. A question is refused if `refuse` is set. `tokens`, `ingesting`, `batch`
    and `loaded` are open gates: cleared, they hold an answer before each token, an ingest before
    its report and at its end, and the model from being there. `error` is raised after the passages
    were found, `ingest_error` before any note was read. `changed` is set to say that notes changed,
    and cleared when it was heard. `asked` records the questions with their history, `closed` is set
    when an answer's iterator was closed or came to its end.
    """

    def __init__(self, notes: Mapping[str, str] | None = None, *, empty: bool = False) -> None:
        self.tokens, self.ingesting, self.closed = Flag(), Flag(), Flag()
        self.loaded, self.batch, self.changed = Flag(), Flag(), Flag()
        self.script(notes, empty=empty)

    def script(self, notes: Mapping[str, str] | None = None, *, empty: bool = False) -> None:
        """Start over: open gates, no errors, nothing asked. One server can so serve many tests."""
        self.tokens.set()
        self.ingesting.set()
        self.batch.set()
        self.loaded.set()
        self.closed.clear()
        self.changed.clear()
        self.notes = dict(notes or {NOTE_PATH: NOTE})
        self.say = ""
        self.pace = 0.0
        self.error: Exception | None = None
        self.ingest_error: Exception | None = None
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.options: list[AskOptions] = []
        self.chats = ScriptedChats()
        self.offered = {"local": ""}
        self.llm = "local"
        self.use_error: CribError | None = None
        self.standin = ""
        self.claims: tuple[Claim, ...] = ()
        self.refuse = False
        self.ingests = 0
        self._empty = empty

    @property
    def answers(self) -> ScriptedChats:
        """Those in memory."""
        return self.chats

    def is_empty(self) -> bool:
        """True until it was ingested."""
        return self._empty

    def folder(self) -> str:
        """Where the first note is said to be."""
        return next(iter(self.notes)).rpartition("/")[0]

    def counts(self) -> tuple[int, int]:
        """Nothing until it was ingested."""
        return (0, 0) if self._empty else (len(self.notes), len(self._chunks()))

    def model(self) -> str:
        """A local model, once it is loaded."""
        return "No model, on this machine" if self.is_loading() else self._model()

    def is_loading(self) -> bool:
        """As long as the gate is closed."""
        return not self.loaded.is_set()

    def is_local(self) -> bool:
        """True unless a hosted model is used."""
        return not self.hosts()

    def hosts(self) -> Sequence[str]:
        """That of the model that is used."""
        return [host for host in (self.offered[self.llm],) if host]

    def models(self) -> Sequence[ScriptedModel]:
        """Those that are offered, by name with their host."""
        return [ScriptedModel(llm, host) for llm, host in self.offered.items()]

    def used(self) -> str:
        """The last one that was chosen."""
        return self.llm

    def use(self, llm: str) -> None:
        """Take it, unless it is scripted to fail."""
        if self.use_error:
            raise self.use_error
        self.llm = llm

    def notice(self) -> str:
        """Another model stands in until this one is loaded."""
        return LOADING if self.is_loading() else ""

    def headings(self, notes: Collection[str] | None = None) -> Sequence[tuple[str, ...]]:
        """One for each section."""
        chunks = [] if self._empty else self._chunks()
        return [one.headings for one in chunks if notes is None or one.note_path in notes]

    def stream(
        self, question: str, history: Sequence[Turn], options: AskOptions = AskOptions()
    ) -> Generator[Event, None, None]:
        """As scripted; see the class."""
        self.asked.append((question, tuple(history)))
        self.options.append(options)
        self.closed.clear()
        try:
            yield from self._stream(question)
        finally:
            self.closed.set()

    def stream_kept(
        self,
        question: str,
        history: Sequence[Turn],
        options: AskOptions = AskOptions(),
        conversation: int | None = None,
        instead_of: Place | None = None,
    ) -> Recording:
        """As scripted, and kept in memory."""
        events = self.stream(question, history, options)
        return Recording(events, question, self.chats, conversation, instead_of)  # type: ignore[arg-type]

    def facets(self) -> Facets:
        """The notes' names, their folders, and the tag that is the first word of each."""
        paths = [path.strip("/") for path in self.notes]
        counts = [Counter(paths), Counter(path.rpartition("/")[0] for path in paths)]
        tags = Counter(text.split()[1].casefold() for text in self.notes.values())
        return Facets(*counts, tags, Counter(["markdown"] * len(paths)))

    def conversations(self, query: str = "", page: int = 0) -> ChatListing:
        """Those in memory."""
        return self.chats.listing(query, page)

    def conversation(self, conversation: int) -> Chat:
        """One of them."""
        return self.chats.chat(conversation)

    def rename(self, conversation: int, title: str) -> None:
        """Give it a title."""
        self.chats.rename(conversation, title)

    def delete(self, conversation: int) -> None:
        """Forget it."""
        self.chats.delete(conversation)

    def export(self, conversation: int) -> tuple[str, str]:
        """Its title, and its answers one after the other."""
        chat = self.chats.chat(conversation)
        return "chat.md", "\n\n".join([chat.info.title, *(o.answer.text for o in chat.exchanges)])

    def context(self, chunk: Chunk, lines: int) -> list[tuple[int, str]]:
        """Lines of the note, which is whole in memory."""
        numbered = list(enumerate(self.notes[chunk.note_path].splitlines(), 1))
        return numbered[max(chunk.start_line - 1 - lines, 0) : chunk.end_line + lines]

    def ingest(self) -> Iterator[Progress | Report]:
        """A step for each note, more while it is held, then a report."""
        self.ingests += 1
        try:
            yield from self._ingest()
        finally:
            self.batch.wait(WAIT_SECONDS)

    def changes(self, stop: Flag) -> Iterator[None]:
        """One each time that `changed` is set."""
        while not stop.wait(0.02):
            if self.changed.is_set():
                self.changed.clear()
                yield

    def _model(self) -> str:
        return self.llm if self.hosts() else f"{MODEL}, on this machine"

    def _ingest(self) -> Iterator[Progress | Report]:
        yield Progress(Phase.SCANNING, 0, 0)
        if self.ingest_error:
            raise self.ingest_error
        total, path = len(self.notes), ""
        for done, path in enumerate(self.notes, 1):
            yield Progress(Phase.READING, done, total, path)
        give_up = time.monotonic() + WAIT_SECONDS
        while not self.ingesting.wait(0.05) and time.monotonic() < give_up:
            yield Progress(Phase.EMBEDDING, 0, total, path, 41.7, 200.0)
        self._empty = False
        chunks = len(self._chunks())
        yield Report(self.folder(), total, chunks, total, 0, 0, 0, 0, chunks, 0, {}, {}, 0.5)

    def _stream(self, question: str) -> Iterator[Event]:
        hits = self._hits(question)
        yield Found(Evidence(question, hits))
        yield StandIn(self.standin)
        if self.error:
            raise self.error
        citation = _cite(question, hits[0].chunk) if hits and not self.refuse else None
        text = self.say or (f"Your notes say: {citation.quote} [1]" if citation else REFUSAL)
        for piece in re.findall(r"\s*\S+", text):
            self.tokens.wait(WAIT_SECONDS)
            time.sleep(self.pace)
            yield Token(piece)
        status = Status.ANSWERED if citation else Status.REFUSED
        yield Finished(
            Answer(
                question,
                question,
                text,
                status,
                self.model(),
                (citation,) if citation else (),
                hits,
                Timings(0.1, 0.2, 0.3),
                claims=self.claims,
            )
        )

    def _hits(self, question: str) -> tuple[Hit, ...]:
        scored = [(_overlap(question, chunk.text), chunk) for chunk in self._chunks()]
        best = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
        return tuple(Hit(chunk, float(score), 0.5) for score, chunk in best[:3])

    def _chunks(self) -> list[Chunk]:
        return [chunk for path, text in self.notes.items() for chunk in _sections(path, text)]


@pytest.fixture(autouse=True, scope="module")
def gradio_leftovers() -> Iterator[None]:
    """Gradio leaves event loops open; they go here, not in the midst of somebody's test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@contextmanager
def serving_page(library: Library, **given: Any) -> Iterator[RunningPage]:
    """The page over `library`, on a free port, served with what else is given."""
    with closing(create_server(("127.0.0.1", 0))) as probe:
        port = int(probe.getsockname()[1])
    page = serve(library, port=port, block=False, **given)
    try:
        yield page
    finally:
        page.close()


@contextmanager
def served_page() -> Iterator[tuple[ScriptedLibrary, RunningPage]]:
    """A scripted library and the page over it."""
    library = ScriptedLibrary()
    with serving_page(library) as page:
        yield library, page


def _sections(path: str, text: str) -> Iterator[Chunk]:
    """A chunk for each heading that has text of its own below it."""
    title = ""
    found = list(re.finditer(r"^(#+) (.*)\n", text, re.MULTILINE))
    for ordinal, match in enumerate(found):
        end = found[ordinal + 1].start() if ordinal + 1 < len(found) else len(text)
        title = match[2] if match[1] == "#" else title
        body = text[match.end() : end]
        start = match.end() + len(body) - len(body.lstrip("\n"))
        end = start + len(body.strip("\n"))
        if start < end:
            lines = (text.count("\n", 0, start) + 1, text.count("\n", 0, end) + 1)
            headings = tuple(dict.fromkeys((title, match[2])))
            identity = f"{path}#{ordinal}"
            yield Chunk(identity, path, "d", ordinal, headings, start, end, *lines, text[start:end])


def _cite(question: str, chunk: Chunk) -> Citation:
    sentences = list(re.finditer(r"[^\s-][^.\n]*\.?", chunk.text))
    best = max(sentences, key=lambda match: _overlap(question, match[0]))
    return Citation(1, chunk, best.start(), best.end())


def _overlap(question: str, text: str) -> int:
    asked, there = (set(re.findall(r"\w{4,}", part.casefold())) for part in (question, text))
    return len(asked & there)
