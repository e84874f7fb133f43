"""Another model: loaded while the one before answers, which is then let go."""

import gc
import threading
import time
import weakref

import pytest
from fakes import ScriptedWriter
from model_server import model_server, refuses, says

from commands.ingestion import ingest
from commands.pages.library import NotesLibrary
from rag.answers.writers import STILL_LOADING, Loading
from rag.errors import ModelError, ModelMissingError
from rag.types import Finished, Status

WAIT = 10


class Gate:
    """Loads what it is told to, once it is opened."""

    def __init__(self, writers=None, error: str = "") -> None:
        self.writers, self.error, self.open = writers, error, threading.Event()

    def __call__(self):
        assert self.open.wait(WAIT)
        if self.error:
            raise ModelMissingError(self.error)
        made, self.writers = self.writers, None
        return made


def opened(gate: Gate, loading: Loading) -> None:
    gate.open.set()
    loading.wait()


def named(name: str) -> ScriptedWriter:
    writer = ScriptedWriter("words")
    writer.name = name
    return writer


def loaded(model: str) -> Loading:
    gate = Gate(named(model))
    loading = Loading(gate, model)
    loading.start()
    opened(gate, loading)
    return loading


def test_the_one_before_answers_until_the_other_is_loaded():
    loading, gate = loaded("old"), Gate(named("new"))
    loading.use(gate, "new")
    assert (loading.first.name, loading.is_done) == ("old", False)
    assert loading.named == {"old", "new"}
    opened(gate, loading)
    assert (loading.first.name, loading.is_done, loading.notice) == ("new", True, "")
    assert loading.named == {"new"}


def test_the_one_before_is_let_go():
    loading, gate = loaded("old"), Gate(named("new"))
    old = weakref.ref(loading.first)
    loading.use(gate, "new")
    opened(gate, loading)
    gc.collect()
    assert old() is None


def test_one_that_cannot_be_had_leaves_the_one_before_and_says_so():
    loading, gate = loaded("old"), Gate(error="new is not here")
    loading.use(gate, "new")
    opened(gate, loading)
    assert loading.first.name == "old"
    assert loading.notice == "new is not here; old goes on answering"
    assert loading.named == {"old"}
    again = Gate(named("newer"))
    loading.use(again, "newer")
    opened(again, loading)
    assert (loading.first.name, loading.notice) == ("newer", "")


def test_where_nothing_was_loaded_the_notes_own_sentences_stand_in():
    gate = Gate(error="not here")
    loading = Loading(gate, "local")
    assert loading.notice == STILL_LOADING
    loading.start()
    opened(gate, loading)
    assert loading.first.prompts is None
    assert loading.notice == "No model answers: not here"
    assert loading.named == set()


def test_of_several_the_last_that_was_asked_for_counts():
    loading, slow, quick = loaded("old"), Gate(named("slow")), Gate(named("quick"))
    loading.use(slow, "slow")
    loading.use(quick, "quick")
    opened(quick, loading)
    slow.open.set()
    for thread in threading.enumerate():
        if thread.name == "load-model":
            thread.join(WAIT)
    assert loading.first.name == "quick"
    assert loading.named == {"quick"}


# The library, as the page has it


@pytest.fixture
def library(settings, tmp_path, monkeypatch):
    """A library whose own server has two models."""
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a.md").write_text("# Clarify\n\nClarify explains biases.\n")
    list(ingest(settings, str(notes)))
    lists = refuses(200, '{"data": [{"id": "big"}, {"id": "small"}]}')
    with model_server(lists) as server:
        server.lists = lists
        own = {"llm": "none", "llm_base_url": server.url}
        made = NotesLibrary(settings.model_copy(update=own))
        made.server = server
        made.load_model()
        settled(made)
        yield made


def settled(library: NotesLibrary) -> None:
    give_up = time.monotonic() + WAIT
    while library.is_loading() and time.monotonic() < give_up:
        time.sleep(0.01)
    assert not library.is_loading()


def test_the_library_lists_what_it_can_switch_to_and_switches(library):
    offers = {offer.llm: offer.is_local for offer in library.models()}
    assert {"none", "openai:big", "openai:small"} <= set(offers)
    assert all(offers.values())
    library.use("openai:small")
    settled(library)
    assert (library.model(), library.is_local()) == ("openai:small", True)
    library.server.replies = [says("Clarify explains biases [1].")]
    *_, finished = library.stream("What explains biases?", ())
    assert isinstance(finished, Finished)
    assert (finished.answer.model, finished.answer.status) == ("openai:small", Status.ANSWERED)
    assert library.server.asked[-1]["model"] == "small"


def test_it_is_said_that_passages_leave_before_they_do(library, monkeypatch):
    """From the moment that a hosted model is asked for, until one that is here has taken over."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
    gate = threading.Event()
    monkeypatch.setattr(
        "commands.pages.library.load_writers", lambda *_, **__: gate.wait(WAIT) and named("x")
    )
    library.use("anthropic:claude")
    assert (library.is_local(), library.hosts()) == (False, ["api.anthropic.com"])
    gate.set()
    settled(library)
    gate.clear()
    library.use("openai:small")
    assert library.hosts() == ["api.anthropic.com"]
    gate.set()
    settled(library)
    assert library.is_local()


def test_what_is_no_model_is_refused_at_once(library):
    with pytest.raises(ModelError, match="is not a model"):
        library.use("gpt")
    assert (library.model(), library.notice()) == (
        "the notes' own sentences, no language model",
        "",
    )
