"""The only place where concretes meet: Settings -> an index, an embedder, an assistant."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from rag.answering import ChatAnswerer, ExtractiveAnswerer, prefix
from rag.assistant import Assistant
from rag.catalog import Catalog
from rag.config import Settings
from rag.embedding import SentenceEmbedder, load_embedder
from rag.errors import NoIndexError
from rag.evidence import EvidenceReader
from rag.index import StoredIndex
from rag.protocols import Answerer
from rag.retrieval import HybridRetriever
from rag.types import Role
from rag.vectors import ChromaVectors

STILL_LOADING = "The model is still loading: these are the notes' own sentences."


@dataclass(frozen=True, slots=True)
class Store:
    """An open index and the model that embeds for it."""

    index: StoredIndex
    embedder: SentenceEmbedder


def open_store(settings: Settings) -> Store:
    """Open, or begin, the index under `settings.home`.

    Raises:
        ModelMissingError: the embedding model is not in the cache.
        StoreError: the catalog cannot be read.
    """
    embedder = load_embedder(settings.cache, settings.embedding_model)
    catalog = Catalog(settings.home / "catalog.sqlite3")
    vectors = ChromaVectors(settings.home / "chroma", embedder.fingerprint)
    return Store(StoredIndex(catalog, vectors, embedder.fingerprint), embedder)


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


def load_answerer(settings: Settings, store: Store) -> Answerer:
    """The answerer that `CRIB_LLM` names, ready to be asked. May take seconds."""
    if settings.llm == "none":
        return ExtractiveAnswerer()
    from rag.llm import END_MARKS, local_chat, named_chat

    provider = settings.llm.partition(":")[0]
    build = partial(
        ChatAnswerer,
        count_tokens=store.embedder.count_tokens,
        prompt_tokens=settings.prompt_tokens,
        end_mark=END_MARKS.get(provider, ""),
    )
    if provider == "local":
        chat, title = local_chat(settings)
        chat.load()
        chat.read_ahead(prefix())
        return build(chat, f"{title}, on this machine")
    return build(named_chat(settings), settings.llm)


class Loading:
    """An answerer that is being loaded, and what stands in for it until then, or for good.

    Call it for the answerer of the moment; `wait` for the one that was asked for.
    """

    def __init__(self, load: Callable[[], Answerer]) -> None:
        self._load = load
        self._answerer: Answerer = ExtractiveAnswerer(STILL_LOADING)
        self._done = threading.Event()

    def start(self) -> None:
        """Begin to load, in the background."""
        threading.Thread(target=self._run, name="load-model", daemon=True).start()

    def _run(self) -> None:
        try:
            self._answerer = self._load()
        except Exception as error:  # whatever it is, somebody waits for an answer
            self._answerer = ExtractiveAnswerer(f"No model answers: {error}")
        finally:
            self._done.set()

    def __call__(self) -> Answerer:
        """The answerer of the moment."""
        return self._answerer

    @property
    def is_done(self) -> bool:
        """True once it is known who answers."""
        return self._done.is_set()

    def wait(self) -> Answerer:
        """The answerer that was asked for, or what stands in for it if it could not be had."""
        self._done.wait()
        return self._answerer
