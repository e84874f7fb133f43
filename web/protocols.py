"""What the page needs of the rest. app.py gives it; the tests give it a scripted one."""

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from threading import Event as Flag
from typing import Protocol

from ingest.types import Progress, Report
from rag.chats.conversations import Place
from rag.chats.kept import Chat, ChatListing, Feedback, Kept
from rag.store.scoping import Facets
from rag.types import AskOptions, Chunk, Event, Turn


class ModelOffer(Protocol):
    """A model that can be asked."""

    @property
    def llm(self) -> str:
        """Its name, as in `CRIB_LLM`."""

    @property
    def host(self) -> str:
        """Who gets passages when it reads them; empty if they stay on this machine."""


class Recorded(Protocol):
    """An answer's events that are kept as they pass. Closing it stops the model."""

    @property
    def place(self) -> Place | None:
        """Where it is kept; None as long as it is not."""

    @property
    def notice(self) -> str:
        """Why it is not kept, in one line; empty if it is."""

    def __iter__(self) -> Iterator[Event]:
        """Itself."""

    def __next__(self) -> Event:
        """Found, then Tokens, then Finished. Raises CribError."""

    def close(self) -> None:
        """Stop the model, and keep what it wrote."""


class Answers(Protocol):
    """Answers that are kept. All but `version` and `drafted` raise CribError."""

    def version(self) -> tuple[int, ...]:
        """Other numbers once any conversation has changed, whoever did that; asked often."""

    def at(self, place: Place) -> Kept:
        """The answer that is kept there."""

    def rate(self, place: Place, feedback: Feedback | None) -> None:
        """Keep what a person thinks of it; None forgets it."""

    def draft(self, place: Place) -> None:
        """Make a question of the person's quiz of it, to be reviewed. Twice is no error."""

    def drafted(self, kept: Iterable[Kept]) -> frozenset[int]:
        """The numbers of those of which that was made."""

    def drop_after(self, place: Place) -> None:
        """Delete what was asked in its conversation after it."""


class Library(Protocol):
    """A person's notes, ready to be asked."""

    @property
    def answers(self) -> Answers:
        """Those that are kept."""

    def is_empty(self) -> bool:
        """True as long as nothing was ingested: the page then ingests first."""

    def folder(self) -> str:
        """The folder of notes, to be shown."""

    def counts(self) -> tuple[int, int]:
        """Number of notes and of chunks in the index."""

    def model(self) -> str:
        """What reads the notes, in words a person knows."""

    def is_local(self) -> bool:
        """True if passages do not leave this machine."""

    def hosts(self) -> Sequence[str]:
        """The machines that get passages; none where they do not leave this one."""

    def models(self) -> Sequence[ModelOffer]:
        """The models that `use` can switch to just now. May take some seconds."""

    def used(self) -> str:
        """The name of the model that answers, or that will once it is loaded."""

    def use(self, llm: str) -> None:
        """Have another model answer once it is loaded. Raises CribError if it is none."""

    def notice(self) -> str:
        """One line on why another model stands in (still loading, missing); empty if none does."""

    def is_loading(self) -> bool:
        """True while another model stands in only until the one that is wanted is loaded."""

    def headings(self, notes: Collection[str] | None = None) -> Sequence[tuple[str, ...]]:
        """Breadcrumbs of the sections of these notes, in order; of some of all, if not named."""

    def facets(self) -> Facets:
        """What there is to choose from as to where to look."""

    def stream(
        self, question: str, history: Sequence[Turn], options: AskOptions = AskOptions()
    ) -> Generator[Event, None, None]:
        """The answer as it comes: Found first, Finished last. Closing it stops the model."""

    def stream_kept(
        self,
        question: str,
        history: Sequence[Turn],
        options: AskOptions = AskOptions(),
        conversation: int | None = None,
        instead_of: Place | None = None,
    ) -> Recorded:
        """The answer, kept in a conversation as it comes; in a new one where that is not there.

        It takes the place of the exchange that is kept at `instead_of`.
        """

    def conversations(self, query: str = "", page: int = 0) -> ChatListing:
        """A page of the conversations that hold all words of `query`. Raises CribError."""

    def conversation(self, conversation: int) -> Chat:
        """One of them, with what has become of what it cites. Raises CribError."""

    def rename(self, conversation: int, title: str) -> None:
        """Give one of them another title. Raises CribError."""

    def delete(self, conversation: int) -> None:
        """Delete one of them for good; one that is gone is no error. Raises CribError."""

    def export(self, conversation: int) -> tuple[str, str]:
        """A name for a file, and one of them as Markdown. Raises CribError."""

    def context(self, chunk: Chunk, lines: int) -> list[tuple[int, str]]:
        """Numbered lines of the chunk's note, from `lines` before to `lines` after the chunk."""

    def ingest(self) -> Iterator[Progress | Report]:
        """Bring the index up to date; the last item is the Report. Raises CribError."""

    def changes(self, stop: Flag) -> Iterator[None]:
        """Yields after each change of the notes' sources, until `stop` is set."""


class HealthCheck(Protocol):
    """One thing that was looked at."""

    @property
    def name(self) -> str:
        """What it is."""

    @property
    def ok(self) -> bool:
        """True if all is well with it."""

    @property
    def detail(self) -> str:
        """What was seen; what to do where it is not ok."""


class Controls(Protocol):
    """The settings and the health of a library."""

    def values(self) -> Mapping[str, object]:
        """Each setting that can be chosen, as it is."""

    def fixed(self) -> frozenset[str]:
        """Those of them that the environment decides."""

    def choose(self, name: str, value: object) -> None:
        """Have a setting be this from now on. Raises CribError if it cannot be."""

    def models(self) -> Sequence[ModelOffer]:
        """The models that can be chosen. May take some seconds."""

    def runs_where(self) -> Mapping[str, str]:
        """What is at work, and where: `model`, `embedding`, `home`, `cache`."""

    def health(self, *, repair: bool) -> Iterator[HealthCheck]:
        """What was looked at, one thing after the other; mended before, if it is to `repair`."""

    def diagnosis(self, findings: Sequence[HealthCheck]) -> str:
        """Lines for whoever is asked for help, without secrets."""
