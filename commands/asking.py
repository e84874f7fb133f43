"""Who answers `crib ask` and `crib chat`: an assistant over the library, its model loaded apart."""

from collections.abc import Sequence

from rag.answers.loading import Loading
from rag.assistant import Assistant
from rag.config import Settings
from rag.protocols import Writer
from rag.wiring import Store, build_assistant, load_writers, open_store, require_notes


def for_one_question(settings: Settings) -> Assistant:
    """Its model is loaded only once passages are on the screen, and if they are worth reading.

    Raises:
        NoIndexError: there are no notes to answer from.
    """
    store, loading = _opened(settings)

    def writers() -> Sequence[Writer]:
        loading.start()
        return loading.wait()

    return build_assistant(settings, store, writers)


def for_many(settings: Settings) -> Assistant:
    """Its model is loaded at once, while the first question is typed. Raises NoIndexError."""
    store, loading = _opened(settings)
    loading.start()
    return build_assistant(settings, store, loading.wait)


def _opened(settings: Settings) -> tuple[Store, Loading]:
    store = open_store(settings)
    require_notes(store)
    return store, Loading(lambda: load_writers(settings, cached=True))
