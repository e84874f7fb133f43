"""The only place where concretes meet: Settings -> an index, an embedder, an assistant."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from rag.answering import ChatAnswerer, ExtractiveAnswerer, prefix
from rag.assistant import Assistant
from rag.catalog import Catalog
from rag.config import Settings
from rag.embedding import SentenceEmbedder, load_embedder
from rag.errors import ModelError, NoIndexError, StoreError
from rag.evidence import EvidenceReader
from rag.fallback import Choice, Fallback
from rag.home import Home, Record, edition_of
from rag.index import StoredIndex
from rag.protocols import Answerer
from rag.providers import Named, entries, named
from rag.retrieval import HybridRetriever
from rag.types import Role
from rag.vectors import ChromaVectors


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
    embedder = _load_embedder(settings.cache, settings.embedding_model)
    record = Home(settings.home).record()
    if record and record.edition != edition_of(embedder.fingerprint):
        embedder = _older_embedder(settings, record)
    return _open(settings, embedder, record)


def open_next(settings: Settings) -> Store:
    """The index of the wanted embedding model, which an ingest writes. Begun if it is not there.

    Raises what `open_store` raises.
    """
    embedder = _load_embedder(settings.cache, settings.embedding_model)
    return _open(settings, embedder, Home(settings.home).record())


def next_edition(settings: Settings) -> str:
    """Names the index that `open_next` opens."""
    return edition_of(_load_embedder(settings.cache, settings.embedding_model).fingerprint)


def _open(settings: Settings, embedder: SentenceEmbedder, record: Record | None) -> Store:
    edition = edition_of(embedder.fingerprint)
    folder = Home(settings.home).folder(edition)
    catalog = Catalog(folder / "catalog.sqlite3")
    index = StoredIndex(catalog, ChromaVectors(folder / "chroma"), embedder.fingerprint)
    return Store(index, embedder, edition, record.made if record else "")


def _older_embedder(settings: Settings, record: Record) -> SentenceEmbedder:
    fix = "run: crib ingest"
    try:
        embedder = _load_embedder(settings.cache, record.model)
    except ModelError as error:
        raise StoreError(f"the notes were indexed with {record.model} ({error}); {fix}") from error
    if edition_of(embedder.fingerprint) != record.edition:
        raise StoreError(f"the notes were indexed by another version of Cribsheet; {fix}")
    return embedder


@cache
def _load_embedder(folder: Path, name: str) -> SentenceEmbedder:
    """One of each in a process: it holds some hundred megabytes."""
    return load_embedder(folder, name)


def require_notes(store: Store) -> None:
    """Raise NoIndexError if nothing was ingested yet."""
    if store.index.counts()[1] == 0:
        raise NoIndexError("there is nothing to ask yet; run: crib ingest FOLDER")


def build_assistant(
    settings: Settings,
    store: Store,
    answerer: Callable[[], Answerer],
    roles: Collection[Role] = (Role.NOTE, Role.QUIZ),
) -> Assistant:
    """An assistant over `store` that finds only chunks of these roles."""
    return Assistant(
        HybridRetriever(store.index, store.embedder, settings.passages, roles),
        EvidenceReader(store.index, store.embedder),
        answerer,
        refuse_below=settings.refuse_below,
        question_chars=settings.question_chars,
    )


def load_answerer(settings: Settings, store: Store, llm: str = "") -> Answerer:
    """The answerer that `llm` names, or else `CRIB_LLM`, ready to be asked. May take seconds.

    Raises:
        ModelError: none of those named can be used.
    """
    models = [named(settings, entry) for entry in entries(llm or settings.llm)]
    if not models:
        raise ModelError("CRIB_LLM names no model; use none, local, or PROVIDER:NAME")
    if len(models) == 1:
        return _answerer(settings, store, models[0])
    from rag.health import require_server

    def load(one: Named) -> Answerer:
        require_server(settings, one)
        return _answerer(settings, store, one)

    fallback = Fallback([Choice(one.title, partial(load, one)) for one in models])
    fallback.settle()
    return fallback


def _answerer(settings: Settings, store: Store, one: Named) -> Answerer:
    if one.provider == "none":
        return ExtractiveAnswerer()
    from rag.llm import local_chat, named_chat, terms_of

    build = partial(
        ChatAnswerer,
        count_tokens=store.embedder.count_tokens,
        prompt_tokens=settings.prompt_tokens,
        terms=terms_of(settings, one),
    )
    if one.provider == "local":
        chat, title = local_chat(settings, one.name)
        chat.load()
        chat.read_ahead(prefix())
        return build(chat, f"{title}, on this machine")
    return build(named_chat(settings, one), one.title)
