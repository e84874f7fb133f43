"""A person's library as the commands and the page use it: rag and ingest, put together."""

import re
import threading
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from commands import ingestion
from commands.eval_index import gold_of
from commands.ingestion import sources_of
from commands.quiz.extract import cases_in, free_id
from eval.case_files import put_cases
from eval.drafts.reviewing import case_of
from eval.types import Case
from ingest.text import split_lines
from ingest.types import Progress, Report
from ingest.watch import changes
from rag.answer_wiring import build_assistant, load_writers
from rag.answers.answer_cache import AnswerCache
from rag.answers.writers import Loading
from rag.assistant import Assistant
from rag.chat_models.health import Offer, available
from rag.chat_models.providers import entries, hosts, named
from rag.chats.conversations import Conversations, Place, Recording, with_marks, with_staleness
from rag.chats.export import file_name, to_markdown
from rag.chats.kept import Chat, ChatListing, Feedback, Kept
from rag.config import Settings
from rag.errors import CaseError, ChatError
from rag.index_wiring import Store, open_store
from rag.store.catalog import Catalog
from rag.store.home import Home
from rag.store.scoping import Facets
from rag.types import Answer, AskOptions, Chunk, Event, Turn, is_address

_SAMPLE = 100  # notes that example questions are made of

_LOOK_SECONDS = 1.0
"""Between looks whether there are other sources than those that are watched."""


class NotesLibrary:
    """The library under `settings.home`, with the model that `settings.llm` names.

    Implements `web.protocols.Library`. Raises ModelMissingError without an embedding model.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._wanted: deque[tuple[str | None, bool]] = deque()
        self._watches = threading.Event()
        self._watches.set()
        self.is_watched = False
        self._chats = Conversations(settings.home)
        self.answers = KeptAnswers(self._chats, settings.notes)
        self._loading = Loading(lambda: load_writers(settings, cached=True), settings.llm)
        self._opened = open_store(settings)
        self._assistant = self._built(settings)

    def _built(self, settings: Settings) -> Assistant:
        return build_assistant(settings, self._opened, self._loading, lines_on_failure=True)

    @property
    def _store(self) -> Store:
        return self._answering()[0]

    @property
    def store(self) -> Store:
        """The index that answers just now."""
        return self._store

    def _answering(self) -> tuple[Store, Assistant]:
        """The index that answers. An ingest, of whatever process, may have put a new one there."""
        record = Home(self._settings.home).record()
        with self._lock:
            if record and not self._opened.is_of(record):
                # The one before is left to those who are still asking it.
                self._opened = open_store(self._settings)
                self._assistant = self._built(self._settings)
            return self._opened, self._assistant

    def load_model(self) -> None:
        """Begin to load the model, in the background; the notes' own sentences answer until then.

        It takes all of a small machine, so whoever opens a page does that first.
        """
        self._loading.start()

    def is_empty(self) -> bool:
        """True as long as nothing was ingested."""
        return self.counts()[1] == 0

    def folder(self) -> str:
        """The folders of notes, to be shown."""
        return ", ".join(self._roots())

    def counts(self) -> tuple[int, int]:
        """Number of notes and of chunks."""
        return self._store.index.counts()

    def model(self) -> str:
        """What reads the notes just now."""
        return self._loading.first.name

    def is_local(self) -> bool:
        """True if passages do not leave this machine."""
        return not self.hosts()

    def hosts(self) -> Sequence[str]:
        """The machines that may get passages, each once; none where they do not leave this one."""
        return hosts(self._settings, self._loading.named)

    def models(self) -> Sequence[Offer]:
        """The models that `use` can switch to just now. May take some seconds."""
        return available(self._settings)

    def use(self, llm: str) -> None:
        """Have another model answer, named as in `CRIB_LLM`, once it is loaded.

        The one before answers until then, and goes on if the other cannot be had; `notice` then
        says so. Raises ModelError if it is no name of a model.
        """
        for entry in entries(llm):
            named(self._settings, entry)
        self._loading.use(lambda: load_writers(self._settings, llm, cached=True), llm)

    @property
    def settings(self) -> Settings:
        """Those that hold just now."""
        return self._settings

    def change(self, settings: Settings) -> None:
        """Answer by other settings from now on; the model that is loaded stays."""
        with self._lock:
            self._settings = settings
            self._assistant = self._built(settings)

    def used(self) -> str:
        """The value of CRIB_LLM that answers, or will once it is loaded."""
        return self._loading.llm

    def notice(self) -> str:
        """Why another model stands in; empty if none does."""
        return self._loading.notice

    def is_loading(self) -> bool:
        """True while the model is being loaded that will answer then."""
        return not self._loading.is_done

    def headings(self, notes: Collection[str] | None = None) -> Sequence[tuple[str, ...]]:
        """Breadcrumbs of the sections of these notes, in order, each once.

        Without, of as many notes as examples need, from the first to the last.
        """
        catalog = self._store.index.catalog
        return catalog.headings(catalog.sample(_SAMPLE) if notes is None else notes)

    def facets(self) -> Facets:
        """What there is to choose from as to where to look."""
        return self._store.index.facets()

    def stream(
        self, question: str, history: Sequence[Turn], options: AskOptions = AskOptions()
    ) -> Generator[Event, None, None]:
        """Found, then Tokens, then Finished. Closing it stops the model."""
        return self._answering()[1].stream(question, history, options)

    def context(self, chunk: Chunk, lines: int) -> list[tuple[int, str]]:
        """Numbered lines of the chunk's note, from `lines` before to `lines` after the chunk.

        None where the note has changed since, so that its lines are others.
        """
        path, catalog = chunk.note_path, self.catalog
        if catalog.digests({path}).get(path) != chunk.note_digest:
            return []
        text = catalog.text(path)
        first, last = max(1, chunk.start_line - lines), chunk.end_line + lines
        return list(enumerate(split_lines(text)[first - 1 : last], first))

    # Conversations. Each of these raises StoreError where their file cannot be used.

    def stream_kept(
        self,
        question: str,
        history: Sequence[Turn],
        options: AskOptions = AskOptions(),
        conversation: int | None = None,
        instead_of: Place | None = None,
    ) -> Recording:
        """What `stream` gives, kept as it comes: in `conversation`, or in a new one.

        `instead_of` names the exchange in whose place it is kept.

        However it ends, what there was is kept, as interrupted. Its `conversation` says where, from
        the first event on.
        """
        events = self.stream(question, history, options)
        return Recording(events, question, self._chats, conversation, instead_of)

    def keep(self, conversation: int | None, answer: Answer) -> int:
        """Keep an answer that ended, in a new conversation where there is none (any more).

        Returns the conversation's number.
        """
        return self._chats.keep(answer, conversation).chat

    def conversations(self, query: str = "", page: int = 0) -> ChatListing:
        """A page of the conversations that hold every word of `query`, the newest first."""
        return with_marks(self._chats.listing(query, page), self._chats, self.catalog)

    def conversation(self, conversation: int) -> Chat:
        """A conversation, with what has become of all it cites. Raises ChatError if it is gone."""
        return with_staleness(self._chats.chat(conversation), self.catalog)

    def rename(self, conversation: int, title: str) -> None:
        """Give a conversation another title. Raises ChatError if it is gone."""
        self._chats.rename(conversation, title)

    def delete(self, conversation: int) -> None:
        """Delete a conversation for good; one that is gone is no error.

        Answers that are kept to be given again go too, all of them: whose they were is not known.
        """
        self._chats.delete(conversation)
        AnswerCache(self._settings.home).clear()

    def delete_all(self) -> None:
        """Delete every conversation for good."""
        self._chats.delete_all()
        AnswerCache(self._settings.home).clear()

    def export(self, conversation: int | None = None) -> tuple[str, str]:
        """A name for a file, and a conversation as Markdown; all of them where none is named.

        Raises ChatError if it is gone.
        """
        ids = self._chats.ids() if conversation is None else [conversation]
        chats = [self.conversation(one) for one in ids]
        name = "conversations.md" if conversation is None else file_name(chats[0])
        return name, to_markdown(*chats)

    def want(self, target: str | None = None, *, allow_deletions: bool = False) -> None:
        """Have the next ingest, or the one that is going on, bring this in, not all sources.

        `allow_deletions` has it forget what is gone from all sources, even if that is most.
        """
        self._wanted.append((target, allow_deletions))

    def ingest(self) -> Iterator[Progress | Report]:
        """Bring what is wanted, else every source, up to date; the last item is the Report.

        One that cannot be used is skipped with its reason, as long as there is another.
        """
        report: Report | None = None
        while report is None or self._wanted:
            target, allowed = self._wanted.popleft() if self._wanted else (None, False)
            with closing(
                ingestion.ingest(self._settings, target, allow_deletions=allowed)
            ) as events:
                for event in events:
                    if isinstance(event, Report):
                        report = event
                    else:
                        yield event
        yield report

    def changes(self, stop: threading.Event) -> Iterator[None]:
        """Yields after each change of the notes' sources, until `stop` is set."""
        self.is_watched = True
        yield from source_changes(self._settings, stop, self._watches)

    @property
    def watches(self) -> bool:
        """Whether `changes` tells of changes; what happens meanwhile, the next ingest sees."""
        return self._watches.is_set()

    @watches.setter
    def watches(self, wanted: bool) -> None:
        (self._watches.set if wanted else self._watches.clear)()

    @property
    def catalog(self) -> Catalog:
        """What the index that answers knows of the notes."""
        return self._store.index.catalog

    def _roots(self) -> list[str]:
        return self._store.index.catalog.roots() or [str(self._settings.notes)]


class KeptAnswers:
    """The answers in `chats`, whose cases go next to the `notes`.

    Implements `web.protocols.Answers`. Raises StoreError, but from `version` and `drafted`, where
    the file of conversations cannot be used.
    """

    def __init__(self, chats: Conversations, notes: Path) -> None:
        self._chats = chats
        self._notes = notes

    def version(self) -> tuple[int, ...]:
        """Other numbers once any conversation has changed. Raises nothing."""
        return self._chats.version()

    def at(self, place: Place) -> Kept:
        """The answer that is kept there. Raises ChatError if there is none any more."""
        for _, kept in self._chats.answers([place]):
            return kept
        raise ChatError("this answer is gone; it was deleted in another window")

    def rate(self, place: Place, feedback: Feedback | None) -> None:
        """Keep what a person thinks of it; None forgets it. Raises ChatError if it is gone."""
        self._chats.rate(place, feedback)

    def draft(self, place: Place) -> None:
        """Put the case that it makes among those of the notes, as a draft to be reviewed.

        What was made of an earlier draft of it stays.

        Raises:
            ChatError: it is gone, or no case can be made of it.
            CaseError: the file of cases cannot be read or written.
        """
        kept = self.at(place)
        case = case_of(kept)
        if case is None:
            raise ChatError("this answer makes no question; mark it as good, or correct it first")
        path = gold_of(self._notes)
        there = {one.id: one for one in cases_in(path)}
        if not _is_there(case, there.values()):
            # Answers of another file of conversations may have the id already.
            put_cases(path, [replace(case, id=free_id(case.id, there))])

    def drafted(self, kept: Iterable[Kept]) -> frozenset[int]:
        """The numbers of those answers of which a case was made; none where that cannot be read."""
        made = [(one.id, case) for one in kept if (case := case_of(one))]
        if not made:
            return frozenset()
        try:
            there = cases_in(gold_of(self._notes))
        except CaseError:  # `draft` says so
            return frozenset()
        return frozenset(identity for identity, case in made if _is_there(case, there))

    def drop_after(self, place: Place) -> None:
        """Delete what was asked in that conversation after it."""
        self._chats.drop_after(place)


def _is_there(case: Case, cases: Iterable[Case]) -> bool:
    """True if a case was made of the same answer: a person may have mended its question since."""

    def is_same(one: Case) -> bool:
        if one.id == case.id and set(one.targets) & set(case.targets):
            return True
        return one.question == case.question and re.sub(r"(?<=\d)-\d+$", "", one.id) == case.id

    return any(map(is_same, cases))


def source_changes(
    settings: Settings, stop: threading.Event, watches: threading.Event
) -> Iterator[None]:
    """Yields after each change of the notes' sources until `stop` is set, while `watches` is.

    Also after a source has come to be or has gone: an ingest, of whatever process, adds some,
    and a disk may be mounted meanwhile.
    """
    while not stop.is_set():
        for _ in _changes(settings, stop):
            if watches.is_set():
                yield
        if not stop.is_set() and watches.is_set():
            yield


def _changes(settings: Settings, stop: threading.Event) -> Iterator[None]:
    """The changes of the sources that there are now, as long as there are no others."""
    watched = _watchable(settings)
    with _until(stop, lambda: _watchable(settings) == watched) as ended:
        yield from changes(sorted(watched), ended)


def _watchable(settings: Settings) -> frozenset[str]:
    """The sources that are on this machine just now."""
    paths = [Path(one) for one in sources_of(settings) if not is_address(one)]
    return frozenset(path.resolve().as_posix() for path in paths if path.exists())


@contextmanager
def _until(stop: threading.Event, holds: Callable[[], bool]) -> Iterator[threading.Event]:
    """An event that is set once `stop` is, or once something does not hold any more."""
    ended = threading.Event()

    def look() -> None:
        while not stop.wait(_LOOK_SECONDS) and not ended.is_set() and holds():
            pass
        ended.set()

    looker = threading.Thread(target=look, name="watch-sources", daemon=True)
    looker.start()
    try:
        yield ended
    finally:
        ended.set()
        looker.join()
