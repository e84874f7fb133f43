"""Is everything as it should be? Looks, and with `repair` mends what can be mended."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from commands.ingestion import ingest
from rag.answer_wiring import load_writers
from rag.chat_models.providers import entries
from rag.config import Settings
from rag.embedding import engine_report
from rag.errors import CribError, DamagedError
from rag.index_wiring import next_edition, open_next, open_store
from rag.models import CATALOGUE, DEFAULT_LLM, EMBEDDING, find_model, is_catalogued, require
from rag.store.home import Home


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `detail` says what to do where it is not `ok`."""

    name: str
    ok: bool
    detail: str


def examine(settings: Settings, repair: bool) -> Iterator[Finding]:
    """Look at models, index and answerer, one after the other."""
    yield from look_at_models(settings, repair)
    yield look_at_index(settings, repair)
    yield _look("answers", partial(_answers, settings))


def look_at_models(settings: Settings, repair: bool = False) -> Iterator[Finding]:
    """Are the models that are needed there, and can the embedding model run?"""
    needed = {DEFAULT_LLM} if "local" in entries(settings.llm) else set()
    if is_catalogued(settings.embedding_model):
        needed.add(EMBEDDING)
    for model in CATALOGUE:
        if model.name in needed:
            yield _look(f"model {model.name}", partial(_present, settings, model.name))
    yield _look("embedding engine", partial(_engine, settings, repair))


def look_at_index(settings: Settings, repair: bool) -> Finding:
    """Is the index whole? It is mended before if it is to `repair`."""
    return _look("index", partial(_index, settings, repair))


def mend(settings: Settings) -> None:
    """Make the index whole: Chroma from the catalog, a damaged catalog from the notes."""
    home = Home(settings.home)
    with home.exclusive():
        try:
            with closing(open_next(settings)) as store:
                if store.index.catalog.is_sound():
                    return store.index.sync()
        except DamagedError:
            pass
        home.set_aside(next_edition(settings))
    for _ in ingest(settings):
        pass


def _look(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except CribError as error:
        return Finding(name, False, str(error))


def _present(settings: Settings, name: str) -> str:
    return str(require(settings.cache, find_model(name)))


def _engine(settings: Settings, repair: bool) -> str:
    return engine_report(settings.cache, settings.embedding_model, settings.engine, timed=repair)


def _index(settings: Settings, repair: bool) -> str:
    if repair:
        mend(settings)
    store = open_store(settings)
    notes, chunks = store.index.counts()
    if not store.index.catalog.is_sound():
        raise CribError("the catalog is damaged; run: crib doctor --repair (it reads all notes)")
    if not store.index.answers():
        raise CribError("Chroma lost vectors; run: crib doctor --repair (nothing is embedded)")
    return f"{notes} notes, {chunks} chunks, whole, in {settings.home}"


def _answers(settings: Settings) -> str:
    return load_writers(settings)()[0].name
