"""Where concretes meet: Settings -> an index, an embedder, and what searches them."""

import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from rag.config import Settings
from rag.embedding import RememberingEmbedder, SentenceEmbedder, load_embedder, passage_text
from rag.errors import ModelError, NoIndexError, StoreError
from rag.index import StoredIndex
from rag.protocols import Embedder, Reranker, Retriever
from rag.retrieval import DEPTH, Budget, HybridRetriever, PackingRetriever
from rag.search.baseline import is_due, measure
from rag.search.evidence import EvidenceReader
from rag.store.catalog import Catalog
from rag.store.home import Home, Record, edition_of
from rag.types import Role
from rag.vectors import ChromaVectors

PASSAGE_TOKENS = 200
"""What a passage and its headings take at most, but for rare ones."""
_COUNTED = 2048  # passages whose tokens are remembered: the same ones are found again and again
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Store:
    """An open index and the model that embeds for it. `edition` says which index it is."""

    index: StoredIndex
    embedder: SentenceEmbedder
    edition: str
    made: str

    def is_of(self, record: Record) -> bool:
        """True if this is the index that `record` says answers."""
        return (self.edition, self.made) == (record.edition, record.made)

    def close(self) -> None:
        """Release the files."""
        self.index.close()


def open_store(settings: Settings) -> Store:
    """The index that answers. Where the embedding model was changed since, that is the old one.

    Raises:
        ModelMissingError: the embedding model is not in the cache.
        StoreError: the index cannot be read; or the model that it was made with cannot be had.
    """
    embedder = _embedder(settings)
    record = Home(settings.home).record()
    if record and record.edition != edition_of(embedder.fingerprint):
        embedder = _older_embedder(settings, record)
    return _open(settings, embedder, record)


def open_catalog(settings: Settings) -> Catalog | None:
    """The catalog of the index that answers, without any model; None where none can be read."""
    home = Home(settings.home)
    record = home.record()
    path = home.folder(record.edition) / "catalog.sqlite3" if record else None
    with suppress(StoreError):
        return Catalog(path) if path and path.exists() else None
    return None


def open_next(settings: Settings) -> Store:
    """The index of the wanted embedding model, which an ingest writes. Begun if it is not there.

    Raises what `open_store` raises.
    """
    embedder = _embedder(settings)
    return _open(settings, embedder, Home(settings.home).record())


def next_edition(settings: Settings) -> str:
    """Names the index that `open_next` opens."""
    return edition_of(
        _load_embedder(settings.cache, settings.embedding_model, settings.engine).fingerprint
    )


def _open(settings: Settings, embedder: SentenceEmbedder, record: Record | None) -> Store:
    edition = edition_of(embedder.fingerprint)
    folder = Home(settings.home).folder(edition)
    catalog = Catalog(folder / "catalog.sqlite3", embedder.is_word)
    index = StoredIndex(catalog, ChromaVectors(folder / "chroma"), embedder.fingerprint)
    return Store(index, embedder, edition, record.made if record else "")


def _older_embedder(settings: Settings, record: Record) -> SentenceEmbedder:
    fix = "run: crib ingest"
    try:
        embedder = _load_embedder(settings.cache, record.model, settings.engine)
    except ModelError as error:
        raise StoreError(f"the notes were indexed with {record.model} ({error}); {fix}") from error
    if edition_of(embedder.fingerprint) != record.edition:
        raise StoreError(f"the notes were indexed by another version of Cribsheet; {fix}")
    return embedder


def _embedder(settings: Settings) -> SentenceEmbedder:
    return _load_embedder(settings.cache, settings.embedding_model, settings.engine)


@cache
def _load_embedder(folder: Path, name: str, engine: str) -> SentenceEmbedder:
    """One of each in a process: it holds some hundred megabytes."""
    return load_embedder(folder, name, engine)


def require_notes(store: Store) -> None:
    """Raise NoIndexError if nothing was ingested yet."""
    if store.index.counts()[1] == 0:
        raise NoIndexError("there is nothing to ask yet; run: crib ingest FOLDER")


def build_retriever(
    settings: Settings,
    store: Store,
    roles: Collection[Role],
    passages: int = 0,
    embedder: Embedder | None = None,
) -> Retriever:
    """Finds chunks of these roles, packed; as many as the settings say, or else `passages`.

    `embedder` is that of the store, or what remembers its vectors.
    """
    embedder = embedder or RememberingEmbedder(store.embedder)
    reranker = build_reranker(settings)
    return PackingRetriever(
        HybridRetriever(store.index, embedder, DEPTH, roles, reranker),
        passages or settings.passages,
        _context(settings, store),
    )


def measure_library(settings: Settings, store: Store) -> None:
    """After an ingest: learn what questions find in these notes that they do not answer.

    Nothing where little has changed since; a few seconds else.
    """
    if is_due(store.index.catalog):
        embedder = RememberingEmbedder(store.embedder)
        retriever = build_retriever(settings, store, (Role.NOTE,), embedder=embedder)
        measure(store.index.catalog, retriever, EvidenceReader(store.index, embedder))


def build_reader(store: Store) -> EvidenceReader:
    """Reads what was found in `store`."""
    return EvidenceReader(store.index, RememberingEmbedder(store.embedder))


def build_reranker(settings: Settings) -> Reranker | None:
    """What `CRIB_RERANKER` names; None if nothing. The model is loaded with the first question.

    Raises:
        ModelError: it is not on this machine, or is not safe to be loaded.
    """
    if not settings.reranker:
        return None
    return _load_reranker(settings.cache, settings.reranker, settings.rerank_ms / 1000)


@cache
def _load_reranker(folder: Path, name: str, budget: float) -> Reranker:
    from rag.search.reranking import CrossEncoderReranker, find_reranker

    return CrossEncoderReranker(find_reranker(folder, name), budget)


def _context(settings: Settings, store: Store) -> Budget:
    """Room for the passages that are asked for, or for more where a prompt may be longer."""

    @lru_cache(maxsize=_COUNTED)
    def tokens(text: str) -> int:
        return store.embedder.count_tokens([text])[0]

    limit = max(settings.prompt_tokens, PASSAGE_TOKENS * settings.passages)
    return Budget(limit, lambda chunk: tokens(passage_text(chunk)))
