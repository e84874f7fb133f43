"""The only place where concretes meet: Settings -> an index, an embedder, an assistant."""

import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path

from rag.answers.answer_cache import AnswerCache, CachedWriter
from rag.answers.fallback import Choice, Fallback
from rag.answers.writers import ChatWriter, NoModel
from rag.assistant import Assistant
from rag.catalog import Catalog
from rag.chat_models.providers import Named, entries, named
from rag.config import Settings
from rag.embedding import RememberingEmbedder, SentenceEmbedder, load_embedder, passage_text
from rag.errors import ModelError, NoIndexError, StoreError
from rag.index import StoredIndex
from rag.prompts import LARGE, SMALL, Prompter
from rag.protocols import Embedder, Reranker, Retriever, Rewriter, Writer, Writers
from rag.retrieval import DEPTH, HybridRetriever
from rag.rewriting import ModelRewriter, TopicRewriter
from rag.search.baseline import baseline, high, is_due, measure
from rag.search.confidence import Confidence, of_home
from rag.search.evidence import EvidenceReader
from rag.search.packing import Budget, PackingRetriever
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


def build_assistant(
    settings: Settings,
    store: Store,
    writers: Writers,
    roles: Collection[Role] = (Role.NOTE, Role.QUIZ),
    *,
    lines_on_failure: bool = False,
) -> Assistant:
    """An assistant over `store` that finds only chunks of these roles.

    With `lines_on_failure`, for people, the notes' own lines answer where no model can.
    """
    calibration, notice = of_home(settings.home, store.embedder.fingerprint)
    if notice:
        _log.warning("%s", notice)
    embedder = RememberingEmbedder(store.embedder)  # a question is searched with, and compared
    usual, top = partial(baseline, store.index.catalog), partial(high, store.index.catalog)
    return Assistant(
        build_retriever(settings, store, roles, embedder=embedder),
        EvidenceReader(store.index, embedder),
        writers,
        confidence=Confidence(calibration, settings.wrong_answers, usual, top),
        prompter=build_prompter(settings, store),
        question_chars=settings.question_chars,
        correct=store.index.corrected,
        rewriter=_rewriter(settings, writers, TopicRewriter(store.index, roles)),
        strict=settings.strict,
        lines_on_failure=lines_on_failure,
    )


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


def build_prompter(settings: Settings, store: Store) -> Prompter:
    """Puts questions to models, in as many tokens as the settings say."""
    return Prompter(store.embedder.count_tokens, settings.prompt_tokens)


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


def _rewriter(settings: Settings, writers: Writers, topic: Rewriter) -> Rewriter:
    """Models on servers are large enough to be asked; the one in the process is not."""
    try:
        is_small = all(named(settings, entry).is_in_process for entry in entries(settings.llm))
    except ModelError:  # whoever loads it says so
        return topic
    return topic if is_small else ModelRewriter(writers, topic)


_MATTERS_NOT = {
    *("home", "cache", "notes", "threads", "tracing", "answer_cache", "llm_api_key"),
    *("llm_timeout", "llm_token_timeout", "llm_connect_timeout", "password", "user"),
}
"""Settings that change no word of an answer; one that is new is taken to."""


def what_matters(settings: Settings) -> str:
    """What answers depend on beside what is asked: settings, and which files the models' are."""
    matters = settings.model_dump_json(exclude=_MATTERS_NOT)
    for entry in entries(settings.llm):
        path = Path(entry.partition(":")[2]).expanduser()
        if entry.endswith(".gguf") and path.is_file():
            found = path.stat()
            matters += f" {found.st_size} {found.st_mtime_ns}"
    return matters


def load_writers(settings: Settings, llm: str = "", *, cached: bool = False) -> Fallback:
    """Those that `llm` names, or else `CRIB_LLM`, the first ready to be asked. May take seconds.

    With `cached`, what a model was asked before, and would say again, it is not asked: for people;
    an eval measures the model.

    Raises:
        ModelError: none of those named can be used.
    """
    chosen = settings.model_copy(update={"llm": llm or settings.llm})
    models = [named(chosen, entry) for entry in entries(chosen.llm)]
    if not models:
        raise ModelError("CRIB_LLM names no model; use none, local, or PROVIDER:NAME")

    def load(one: Named) -> Writer:
        if len(models) > 1:
            from rag.chat_models.connections import require_server

            require_server(chosen, one)
        writer = _writer(chosen, one)
        if cached and chosen.answer_cache and isinstance(writer, ChatWriter) and writer.repeats:
            return CachedWriter(writer, AnswerCache(chosen.home), what_matters(chosen))
        return writer

    writers = Fallback([Choice(one.title, partial(load, one)) for one in models])
    writers.settle()
    return writers


def _writer(settings: Settings, one: Named) -> Writer:
    if one.provider == "none":
        return NoModel()
    from rag.chat_models.factory import local_chat, named_chat, terms_of

    build = partial(
        ChatWriter,
        terms=terms_of(settings, one),
        prompts=SMALL if one.provider == "local" else LARGE,
    )
    if one.provider == "local":
        chat, title = local_chat(settings, one.name)
        chat.load()
        writer = build(chat, f"{title}, on this machine", first_tokens=chat.first_tokens)
        writer.start_over()
        return writer
    return build(named_chat(settings, one), one.title)
