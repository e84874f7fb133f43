"""The seams. Each is small, and each has a fake in tests/fakes.py that keeps its promises."""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from rag.types import Chunk, FileState, Hit, Message, Note, Prompts, Role, Scope, Turn, Usage

Vector = Sequence[float]
TokenCounter = Callable[[Sequence[str]], list[int]]


class Embedder(Protocol):
    """LangChain's `Embeddings`, with what ties stored vectors to the model that made them."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same text would get another vector."""

    @property
    def dimensions(self) -> int:
        """Length of every vector."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Unit vectors of `texts`, in order."""

    def embed_query(self, text: str) -> list[float]:
        """The unit vector of a question."""

    def rest(self) -> None:
        """Give memory back until something is to be embedded again."""


class Index(Protocol):
    """Notes, their chunks and their vectors, searchable both ways."""

    def replace(
        self,
        note: Note,
        state: FileState,
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
        warnings: Sequence[str] = (),
    ) -> None:
        """Make `chunks`, with a vector each, all that the index holds of `note`."""

    def transaction(self) -> AbstractContextManager[object]:
        """What is changed within is kept all, or not at all. Many changes cost less so."""

    def touch(self, path: str, state: FileState) -> None:
        """The note's file has another time of change and the same bytes."""

    def set_skipped(self, root: str, reasons: Mapping[str, str]) -> None:
        """Remember why files of the source `root` were not read, by path."""

    def states(self, root: str) -> Mapping[str, FileState]:
        """What is known of the notes that were found in the source `root`, by path."""

    def known_vectors(self, texts: Sequence[str]) -> list[Vector | None]:
        """Vectors of texts that were embedded before; None for the others."""

    def delete(self, note_paths: Collection[str]) -> None:
        """Forget these notes; a path that is not there is no error."""

    def search_dense(
        self, vector: Vector, k: int, roles: Collection[Role], scope: Scope = Scope()
    ) -> list[tuple[Chunk, float]]:
        """The `k` nearest chunks of these roles, with cosine similarity, best first.

        Raises:
            QuestionError: no note fulfils `scope`.
        """

    def search_lexical(
        self, words: Sequence[str], k: int, roles: Collection[Role], scope: Scope = Scope()
    ) -> list[tuple[Chunk, float]]:
        """The `k` best chunks that hold any of `words`, with a BM25 score, best first.

        Raises:
            QuestionError: no note fulfils `scope`.
        """

    def document_frequencies(self, words: Collection[str]) -> Mapping[str, int]:
        """In how many chunks each word occurs, by stem; 0 for one that occurs in none."""

    def languages(self) -> Sequence[str]:
        """The languages that the notes are in, by their English names."""

    def text(self, path: str) -> str:
        """The note's text as it was indexed; empty if the note is not known."""

    def counts(self) -> tuple[int, int]:
        """Number of notes and of chunks."""

    def require_room(self, size: int) -> None:
        """Raise DiskFullError where notes of `size` bytes would find no room."""

    def follow(self) -> None:
        """Between two notes: do some of what `syncing` does."""

    def syncing(self) -> Iterator[tuple[int, int]]:
        """Finish what is to be done, and what a kill left undone: the last step of every ingest.

        Yields how much of how much is done.
        """


class Reranker(Protocol):
    """Orders passages anew, having read them together with the question."""

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The same hits, best first. What there was no time for keeps its order, at the end."""


class Retriever(Protocol):
    """Finds passages."""

    def retrieve(self, question: str, scope: Scope = Scope()) -> list[Hit]:
        """The best passages for `question`, best first; empty if nothing is near."""


class Rewriter(Protocol):
    """Makes a question that follows up on others stand alone."""

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The question to search for: `question` itself where it stands alone. Raises nothing."""


class Writing(Iterator[str]):
    """Pieces of a text. `usage` is what it took as far as is known by now; `cached`: kept words."""

    def __init__(
        self, write: Callable[["Writing"], Generator[str, None, None]], *, cached: bool = False
    ) -> None:
        self.usage: Usage | None = None
        self.cached = cached
        self._pieces = write(self)

    def __next__(self) -> str:
        return next(self._pieces)

    def close(self) -> None:
        """Stop the model."""
        self._pieces.close()


class Writer(Protocol):
    """Whoever writes text: a chat model, in this process or on a server, or none."""

    @property
    def name(self) -> str:
        """What reads the notes, in words a person knows."""

    @property
    def notice(self) -> str:
        """One line on why this writer stands in for another; empty if it does not."""

    @property
    def prompts(self) -> Prompts | None:
        """What it is told, and how much it reads; None where there is no model.

        Raises:
            ModelError: it cannot be loaded.
        """

    def generate(self, messages: Sequence[Message], tokens: int, *, fresh: bool = False) -> Writing:
        """Pieces of what it writes to `messages`, of `tokens` at most. Closing them stops it.

        `fresh` has it written even where what was written before is kept. The iterator raises
        ModelError where the model failed, or went away before it had ended; what it had written
        was yielded before.
        """

    def score(
        self, messages: Sequence[Message], continuations: Sequence[str], *, fresh: bool = False
    ) -> Sequence[float] | None:
        """How likely its reply begins as each of `continuations`: log-probabilities, in nats.

        None from a writer that does not tell. Raises ModelError where the model failed.
        """

    def start_over(self, beginning: Sequence[Message] | None = None) -> None:
        """Forget what was asked last, so that an answer does not hang on it in its last bits.

        `beginning` is how the next prompt begins, if not as all prompts for answers do.
        """


Writers = Callable[[], Sequence[Writer]]
"""Whoever is to write just now, the first to be asked in front; at least one."""
