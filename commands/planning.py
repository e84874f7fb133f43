"""What an ingest would do, and about how long it would take."""

import time
from collections.abc import Iterator
from contextlib import closing

from commands.ingestion import pipeline
from commands.sourcing import source_of, targets
from ingest.types import Plan
from rag.config import Settings
from rag.store.home import Home
from rag.wiring import Store, open_next

_PASSAGE_BYTES = 500  # of notes, per passage that is embedded; measured over several vaults


_PROBE = "Serverless inference suits traffic with idle periods, and costs nothing in them. " * 6


def plans(settings: Settings, target: str | None = None) -> Iterator[tuple[str, Plan, float]]:
    """What `ingest` would do with each source, and about how many seconds it would take here."""
    with closing(open_next(settings)) as store:
        for one in targets(settings, store, Home(settings.home).record(), target):
            source = source_of(store, one, allow_deletions=True)
            todo = pipeline(store).plan(source)
            yield source.root, todo, _estimate(store, todo)


def _estimate(store: Store, todo: Plan) -> float:
    """Seconds, by how fast passages are embedded on this machine just now."""
    if not todo.size:
        return 0.0
    texts = [f"{number} {_PROBE}" for number in range(32)]
    store.embedder.embed_documents(texts)  # the first call loads the engine
    started = time.perf_counter()
    store.embedder.embed_documents(texts)
    a_passage = (time.perf_counter() - started) / len(texts)
    return a_passage * todo.size / _PASSAGE_BYTES
