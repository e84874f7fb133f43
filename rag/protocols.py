"""The seams. Each is small, and each has a fake in tests/fakes.py that keeps its promises."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from rag.answers.options import Choices
from rag.types import Chunk, Evidence, FileState, Hit, Note, Role, Scope, Status, Style, Turn

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

    def together(self) -> AbstractContextManager[None]:
        """What is changed within is kept together, or not at all. Each costs less so."""

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


class Answerer(Protocol):
    """Writes an answer from passages."""

    @property
    def model(self) -> str:
        """What reads the notes, in words a person knows."""

    @property
    def status(self) -> Status:
        """What an answer of this answerer is, if all goes well: ANSWERED or EXTRACTIVE."""

    @property
    def notice(self) -> str:
        """One line on why this answerer stands in for another; empty if it does not."""

    def given(self, evidence: Evidence) -> Sequence[Hit]:
        """The first passages of `evidence`, as many as it reads: no other may be cited."""

    def stream(
        self, evidence: Evidence, history: Sequence[Turn], style: Style = Style.SHORT
    ) -> Iterator[str]:
        """Pieces of an answer that cites passages as `[1]`, by their place in `evidence`.

        Closing the iterator stops the model. `ModelError` says what went wrong.
        """


@runtime_checkable
class Doubting(Protocol):
    """An answerer that can also say how far it doubts that the passages state the answer."""

    def doubt(
        self, evidence: Evidence, history: Sequence[Turn], style: Style = Style.SHORT
    ) -> float | None:
        """The probability that `stream` would begin with a refusal; None if that is not known.

        `ModelError` says what went wrong.
        """


@runtime_checkable
class Leaning(Protocol):
    """An answerer that can also say how far it leans to a yes, of a question for yes or no."""

    def leaning(self, evidence: Evidence, style: Style = Style.SHORT) -> float | None:
        """Nats by which "Yes" is likelier than "No" to begin what `stream` would write.

        None where that is not known, or it would begin otherwise. `ModelError` says what went
        wrong.
        """


@runtime_checkable
class Choosing(Protocol):
    """An answerer that can also say how likely it holds each option of a question."""

    def letters(self, choices: Choices) -> Sequence[float] | None:
        """The logarithm of each label's probability; None if that is not known.

        `ModelError` says what went wrong.
        """
