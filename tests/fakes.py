"""Fakes behind the same seams as production: deterministic and meaningful, never canned."""

import math
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from rag.errors import ModelError
from rag.prompts import SMALL
from rag.protocols import Vector, Writing
from rag.search.confidence import Calibration, Confidence, Judge, Logistic, Point
from rag.store.scoping import NoteFacts, select
from rag.text.words import stem, stems, words
from rag.types import Chunk, FileState, Hit, Message, Note, Prompts, Role, Scope


class WordEmbedder:
    """A unit vector over hashed stems: texts that share words are near each other."""

    dimensions = 64
    fingerprint = "words-64"
    max_tokens = 1000

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.rests = 0

    def rest(self) -> None:
        self.rests += 1

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += texts
        return [self._vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self._vector(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(words(text)) for text in texts]

    def is_word(self, word: str) -> bool:
        return False

    def _vector(self, text: str) -> list[float]:
        vector = [0.0] * self.dimensions
        for word in stems(text):
            vector[sum(map(ord, word)) % self.dimensions] += 1.0
        length = math.hypot(*vector) or 1.0
        return [value / length for value in vector]


class MemoryIndex:
    """An Index in memory: exact cosine, and the number of shared stems as lexical score."""

    def __init__(self) -> None:
        self._states: dict[str, FileState] = {}
        self._notes: dict[str, Note] = {}
        self._chunks: dict[str, list[tuple[Chunk, Vector]]] = {}

    def replace(
        self,
        note: Note,
        state: FileState,
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
        warnings: Sequence[str] = (),
    ) -> None:
        self._states[note.path] = state
        self._notes[note.path] = note
        self._chunks[note.path] = list(zip(chunks, vectors, strict=True))

    def states(self, root: str) -> dict[str, FileState]:
        return {path: state for path, state in self._states.items() if state.root == root}

    def known_vectors(self, texts: Sequence[str]) -> list[Vector | None]:
        return [None for _ in texts]

    def delete(self, note_paths: Collection[str]) -> None:
        for path in note_paths:
            self._states.pop(path, None)
            self._notes.pop(path, None)
            self._chunks.pop(path, None)

    def search_dense(
        self, vector: Vector, k: int, roles: Collection[Role], scope: Scope = Scope()
    ) -> list[tuple[Chunk, float]]:
        scored = [
            (chunk, sum(a * b for a, b in zip(vector, other, strict=True)))
            for chunk, other in self._all(roles, scope)
        ]
        return sorted(scored, key=lambda pair: -pair[1])[:k]

    def search_lexical(
        self, words: Sequence[str], k: int, roles: Collection[Role], scope: Scope = Scope()
    ) -> list[tuple[Chunk, float]]:
        wanted = {stem(word) for word in words}
        scored = [(c, float(len(wanted & _words_of(c)))) for c, _ in self._all(roles, scope)]
        return sorted([s for s in scored if s[1] > 0], key=lambda pair: -pair[1])[:k]

    def document_frequencies(self, words: Collection[str]) -> Mapping[str, int]:
        held = [_words_of(chunk) for chunk, _ in self._all(tuple(Role))]
        return {word: sum(stem(word) in found for found in held) for word in words}

    def languages(self) -> Sequence[str]:
        return ["English"]

    def text(self, path: str) -> str:
        return self._notes[path].text if path in self._notes else ""

    def counts(self) -> tuple[int, int]:
        return len(self._states), sum(map(len, self._chunks.values()))

    def transaction(self) -> AbstractContextManager[None]:
        return nullcontext()

    def touch(self, path: str, state: FileState) -> None:
        self._states[path] = state

    def set_skipped(self, root: str, reasons: Mapping[str, str]) -> None:
        self.skipped = dict(reasons)

    def require_room(self, size: int) -> None:
        """Memory has room."""

    def follow(self) -> None:
        """Nothing follows."""

    def syncing(self) -> Iterator[tuple[int, int]]:
        return iter(())

    def sync(self) -> None:
        """Nothing follows."""

    @property
    def _facts(self) -> list[NoteFacts]:
        return [
            NoteFacts(path, state.root, note.kind, note.tags, state.modified_ns / 1e9)
            for (path, note), state in zip(self._notes.items(), self._states.values(), strict=True)
        ]

    def _all(
        self, roles: Collection[Role], scope: Scope = Scope()
    ) -> Iterator[tuple[Chunk, Vector]]:
        paths = select(scope, self._facts) if scope != Scope() else self._chunks
        for path in paths:
            pairs = self._chunks[path]
            yield from ((chunk, vector) for chunk, vector in pairs if chunk.role in roles)


def _words_of(chunk: Chunk) -> frozenset[str]:
    everything = f"{chunk.breadcrumb} {chunk.text}"
    return stems(everything) | {stem(word) for word in words(everything)}  # as full text has it


def make_confidence(*, is_easy: bool = False) -> Confidence:
    """Enough where the best sentences' score comes to 0.6; doubts weigh as they are.

    With `is_easy` everything is. The cosines of `WordEmbedder` are lower than a real model's, for
    which the shipped one is.
    """
    even = () if is_easy else (Point(0.5, 1.0, 0.0),)
    search = Logistic(-12.0, {"best": 20.0})
    reading = Logistic(0.0, {"doubt": -1.0})
    return Confidence(Calibration("words-64", Judge(search, even), Judge(reading, even)), 5)


class ScriptedWriter:
    """Yields given pieces, then fails if told to. Remembers what it was asked.

    `likely` are the log-probabilities that it gives continuations by their text, -25 for others;
    None makes a writer that does not tell.
    """

    name = "a script"
    notice = ""
    prompts: Prompts | None = SMALL

    def __init__(
        self, *pieces: str, failure: str = "", likely: Mapping[str, float] | None = None
    ) -> None:
        self._pieces = pieces
        self._failure = failure
        self._likely = likely
        self.asked: list[list[Message]] = []
        self.scored: list[list[Message]] = []
        self.closed = False

    def __call__(self) -> Sequence["ScriptedWriter"]:
        """Itself, as the only one of several."""
        return [self]

    def generate(self, messages: Sequence[Message], tokens: int, *, fresh: bool = False) -> Writing:
        self.asked.append(list(messages))

        def pieces(_: Writing) -> Generator[str, None, None]:
            try:
                yield from self._pieces
                if self._failure:
                    raise ModelError(self._failure)
            finally:
                self.closed = True

        return Writing(pieces)

    def score(
        self, messages: Sequence[Message], continuations: Sequence[str], *, fresh: bool = False
    ) -> Sequence[float] | None:
        self.scored.append(list(messages))
        if self._likely is None:
            return None
        return [self._likely.get(one, -25.0) for one in continuations]

    def start_over(self, beginning: Sequence[Message] | None = None) -> None:
        """Nothing is remembered of it."""


def make_note(path: str = "/notes/n.md", text: str = "", title: str = "Notes") -> Note:
    """A Markdown note."""
    return Note(path, title, text, "0" * 64, "markdown", 0.0)


def make_state(root: str = "/notes") -> FileState:
    """A file as an ingest of `root` found it."""
    return FileState(root, 1, 1, "0" * 64, "fingerprint")


def make_chunk(
    text: str, *headings: str, path: str = "/notes/n.md", role: Role = Role.NOTE
) -> Chunk:
    """A chunk that begins its note. Its id is its text, so that a test can name it."""
    end_line = 1 + text.count("\n")
    return Chunk(text, path, "0" * 64, 0, headings, 0, len(text), 1, end_line, text, role)


def make_hit(text: str, *headings: str, score: float = 1.0, similarity: float = 0.5) -> Hit:
    """A passage that was found."""
    return Hit(make_chunk(text, *headings), score, similarity)
