"""Several models in order: who takes over, when, and what is said of it."""

import pytest
from fakes import ScriptedAnswerer, make_hit
from model_server import model_server, refuses, says, starts
from tenacity import wait_none

from rag.answers.fallback import REST, Choice, Fallback
from rag.config import Settings
from rag.errors import ModelError, ModelMissingError
from rag.types import Evidence, Finished, Status, Style, Support, Usage
from rag.wiring import build_assistant, load_answerer

HIT = make_hit("Explains biases", "Clarify")
EVIDENCE = Evidence("What explains biases?", (HIT,), (), Support(0.9, 0.9, 1.0))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr("rag.chat_models.chatting.BACKOFF", wait_none())


class Loads:
    """Gives an answerer, or fails; counts how often."""

    def __init__(self, answerer=None, error: str = "") -> None:
        self.answerer = answerer
        self.error = error
        self.count = 0

    def __call__(self):
        self.count += 1
        if self.error:
            raise ModelMissingError(self.error)
        return self.answerer


def fallback(*loads: Loads) -> Fallback:
    made = Fallback([Choice(f"m{number}", load) for number, load in enumerate(loads)])
    made.settle()
    return made


def test_the_first_that_can_be_had_answers_and_the_others_are_not_even_loaded():
    first, second = Loads(ScriptedAnswerer("one")), Loads(ScriptedAnswerer("two"))
    ready = fallback(first, second)
    assert list(ready.stream(EVIDENCE, ())) == ["one"]
    assert (first.count, second.count, ready.notice) == (1, 0, "")


def test_one_that_cannot_be_had_is_passed_over_and_named():
    ready = fallback(Loads(error="m0 is not here"), Loads(ScriptedAnswerer("two")))
    assert ready.notice == "m0 is not here; instead: m1"
    pieces = ready.stream(EVIDENCE, ())
    assert list(pieces) == ["two"]
    assert pieces.outcome.notice == "m0 is not here; instead: m1"


def test_one_that_fails_before_its_first_word_is_followed_by_the_next():
    ready = fallback(
        Loads(ScriptedAnswerer(failure="m0 is down")), Loads(ScriptedAnswerer("two", "three"))
    )
    pieces = ready.stream(EVIDENCE, ())
    assert list(pieces) == ["two", "three"]
    assert pieces.outcome.notice == "m0 is down; instead: m1"


def test_one_that_fails_after_its_first_word_is_not():
    """Its words are on the screen."""
    second = ScriptedAnswerer("two")
    ready = fallback(Loads(ScriptedAnswerer("one", failure="m0 broke")), Loads(second))
    pieces = ready.stream(EVIDENCE, ())
    assert next(pieces) == "one"
    with pytest.raises(ModelError, match="m0 broke"):
        next(pieces)
    assert second.asked == []


def test_one_that_failed_is_asked_last_for_a_while(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("rag.answers.fallback.time.monotonic", lambda: clock[0])
    failing, second = ScriptedAnswerer(failure="m0 is down"), ScriptedAnswerer("two")
    ready = fallback(Loads(failing), Loads(second))
    for asked in (1, 1):
        assert list(ready.stream(EVIDENCE, ())) == ["two"]
        assert len(failing.asked) == asked
    clock[0] += REST
    assert list(ready.stream(EVIDENCE, ())) == ["two"]
    assert len(failing.asked) == 2


class Doubter(ScriptedAnswerer):
    """Says how far it doubts; with a `failure` it fails whatever it is asked."""

    def __init__(self, *pieces: str, doubt: float | None = None, failure: str = "") -> None:
        super().__init__(*pieces, failure=failure)
        self._doubt, self._fails = doubt, failure

    def doubt(self, evidence, history, style=Style.SHORT):
        if self._fails:
            raise ModelError(self._fails)
        return self._doubt


def test_one_that_fails_while_its_doubt_is_asked_is_followed_by_the_next():
    ready = fallback(Loads(Doubter(failure="m0 is down")), Loads(Doubter("two", doubt=0.25)))
    assert ready.doubt(EVIDENCE, ()) == 0.25
    pieces = ready.stream(EVIDENCE, ())
    assert list(pieces) == ["two"]
    assert pieces.outcome.notice == "m0 is down; instead: m1"


def test_the_next_may_have_no_doubt_to_tell():
    ready = fallback(Loads(Doubter(failure="m0 is down")), Loads(ScriptedAnswerer("two")))
    assert ready.doubt(EVIDENCE, ()) is None


def test_where_all_fail_while_they_doubt_the_answer_says_why():
    ready = fallback(Loads(Doubter(failure="m0 is down")), Loads(error="m1 is not here"))
    assert ready.doubt(EVIDENCE, ()) is None
    with pytest.raises(ModelError, match="m0 is down; m1 is not here"):
        list(ready.stream(EVIDENCE, ()))


def test_where_all_fail_all_reasons_are_told():
    with pytest.raises(ModelError, match="no m0; no m1"):
        fallback(Loads(error="no m0"), Loads(error="no m1"))
    ready = fallback(*(Loads(ScriptedAnswerer(failure=f"{n} is down")) for n in ("m0", "m1")))
    with pytest.raises(ModelError, match="m0 is down; m1 is down"):
        list(ready.stream(EVIDENCE, ()))


def test_closing_closes_the_one_that_answers():
    answerer = ScriptedAnswerer("one", "two")
    pieces = fallback(Loads(answerer), Loads()).stream(EVIDENCE, ())
    next(pieces)
    pieces.close()
    assert answerer.closed


def answer_of(store, llm: str, url: str):
    """The answer of an assistant whose notes say what explains biases."""
    chosen = Settings(llm=llm, llm_base_url=url)
    answerer = load_answerer(chosen, store)
    ready = build_assistant(chosen, store, lambda: answerer)
    ready._retriever.retrieve = lambda *_: [HIT]
    ready._reader.read = lambda *_: EVIDENCE
    *_, finished = ready.stream("What explains biases?")
    assert isinstance(finished, Finished)
    return finished.answer


MODELS = '{"data": [{"id": "big"}, {"id": "small"}]}'


def lists(request) -> None:
    refuses(200, MODELS)(request)


def test_an_answer_says_who_wrote_it_what_it_took_and_why_not_another(store):
    """From servers, through the assistant, as the page and the command line show it."""
    usage = {"prompt_tokens": 400, "completion_tokens": 6, "total_tokens": 406}
    bad = refuses(401, '{"error": {"message": "bad key"}}')
    good = says("Clarify explains biases [1].", usage=usage)
    with model_server(lists, bad, lists, good) as server:
        answer = answer_of(store, "openai:big,openai:small", server.url)
    assert answer.model == "openai:small"
    assert answer.usage == Usage(400, 6)
    assert answer.notice.startswith("openai:big failed: its key is missing or wrong")
    assert answer.notice.endswith("; instead: openai:small")
    assert (answer.status, len(answer.citations)) == (Status.ANSWERED, 1)


def test_the_notes_own_sentences_may_be_the_last_to_answer(store):
    with model_server(lists, refuses(500)) as server:
        answer = answer_of(store, "openai:big,none", server.url)
    assert answer.status in {Status.EXTRACTIVE, Status.REFUSED}
    assert "500" in answer.notice and answer.notice.endswith("; instead: the notes' own sentences")
    assert "no language model" in answer.model


def test_one_that_breaks_off_leaves_its_words_and_its_name(store):
    with model_server(lists, starts("Clarify explains biases [1].")) as server:
        answer = answer_of(store, "openai:big,none", server.url)
    assert (answer.status, answer.model) == (Status.INTERRUPTED, "openai:big")
    assert answer.text.startswith("Clarify explains biases")
    assert "went away" in answer.notice


def test_a_server_without_the_model_is_passed_over_before_it_is_asked(store):
    with model_server(lists) as server:
        ready = load_answerer(Settings(llm="openai:huge,none", llm_base_url=server.url), store)
    assert "has no model 'huge', it has: big, small" in ready.notice
    assert server.asked == []
