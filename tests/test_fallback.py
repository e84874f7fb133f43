"""Several models in order: who takes over, when, and what is said of it."""

import math
from dataclasses import replace

import pytest
from fakes import ScriptedWriter, make_hit
from model_server import model_server, refuses, says, starts
from tenacity import wait_none
from test_answer_cache import QUESTION, assistant

from rag.answer_wiring import build_assistant, load_writers
from rag.answers.writers import REST, Choice, Fallback
from rag.config import Settings
from rag.errors import ModelError, ModelMissingError
from rag.prompts import LARGE, REFUSAL
from rag.types import Answer, Finished, Message, Status, Token, Usage

HIT = make_hit("- Explains biases", "Clarify")
ASKED = [Message("user", "What explains biases?")]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr("rag.chat_models.chatting.BACKOFF", wait_none())


class Loads:
    """Gives a writer, or fails; counts how often."""

    def __init__(self, writer=None, error: str = "") -> None:
        self.writer = writer
        self.error = error
        self.count = 0

    def __call__(self):
        self.count += 1
        if self.error:
            raise ModelMissingError(self.error)
        return self.writer


class FailsToScore(ScriptedWriter):
    """Would write, but cannot be asked how likely it would write what."""

    def score(self, messages, continuations, *, fresh=False):
        super().score(messages, continuations)
        raise ModelError("m0 is down")


def fallback(*loads: Loads) -> Fallback:
    made = Fallback([Choice(f"m{number}", load) for number, load in enumerate(loads)])
    made.settle()
    return made


def answer_by(writers) -> Answer:
    """What an assistant answers with them; its text is but what they wrote."""
    *events, finished = assistant(writers).stream(QUESTION)
    assert isinstance(finished, Finished)
    shown = "".join(event.text for event in events if isinstance(event, Token))
    return replace(finished.answer, text=shown)


def test_the_first_that_can_be_had_answers_and_the_others_are_not_even_loaded():
    first, second = Loads(ScriptedWriter("one")), Loads(ScriptedWriter("two"))
    ready = fallback(first, second)
    for _ in range(2):
        answer = answer_by(ready)
        assert (answer.text, answer.notice) == ("one", "")
    assert (first.count, second.count) == (1, 0)


def test_one_that_cannot_be_had_is_passed_over_and_named():
    ready = fallback(Loads(error="m0 is not here"), Loads(ScriptedWriter("two")))
    assert ready()[0].notice == "m0 is not here; instead: m1"
    answer = answer_by(ready)
    assert (answer.text, answer.notice) == ("two", "m0 is not here; instead: m1")


def test_one_is_called_as_it_was_asked_for_until_it_is_loaded():
    ready = fallback(Loads(ScriptedWriter("one")), Loads(ScriptedWriter("two")))
    assert [one.name for one in ready()] == ["a script", "m1"]


def test_one_is_told_and_asked_as_what_was_loaded():
    writer = ScriptedWriter("one", likely={"Yes": -1.0})
    writer.prompts = LARGE
    (one,) = fallback(Loads(writer))()
    assert one.prompts is LARGE
    assert one.score(ASKED, ("Yes", "No")) == [-1.0, -25.0]
    assert writer.scored == [ASKED]


def test_to_start_over_is_no_reason_to_load_and_so_none_to_fail():
    """There is nothing to forget for one that was asked nothing."""
    first, second = Loads(ScriptedWriter("one")), Loads(error="m1 is not here")
    for one in fallback(first, second)():
        one.start_over()
    assert second.count == 0


def test_one_that_fails_before_its_first_word_is_followed_by_the_next():
    ready = fallback(
        Loads(ScriptedWriter(failure="m0 is down")), Loads(ScriptedWriter("two ", "three"))
    )
    answer = answer_by(ready)
    assert (answer.text, answer.notice) == ("two three", "m0 is down; instead: m1")


def test_one_that_fails_after_its_first_word_is_not():
    """Its words are on the screen."""
    second = ScriptedWriter("two")
    ready = fallback(Loads(ScriptedWriter("one", failure="m0 broke")), Loads(second))
    answer = answer_by(ready)
    assert (answer.text, answer.status, answer.notice) == ("one", Status.INTERRUPTED, "m0 broke")
    assert second.asked == []
    assert ready()[0].name == "m1"


def test_one_that_failed_is_asked_last_for_a_while(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("rag.answers.writers.time.monotonic", lambda: clock[0])
    failing, second = ScriptedWriter(failure="m0 is down"), ScriptedWriter("two")
    ready = fallback(Loads(failing), Loads(second))
    for asked in (1, 1):
        assert answer_by(ready).text == "two"
        assert len(failing.asked) == asked
    clock[0] += REST
    assert ready()[0].notice == ""
    assert answer_by(ready).text == "two"
    assert len(failing.asked) == 2


def test_one_that_fails_to_score_rests_and_the_next_says_how_sure_it_is():
    failing = FailsToScore("one")
    doubt = {REFUSAL: math.log(0.25), "Yes": -5.0, "No": -5.0}
    ready = fallback(Loads(failing), Loads(ScriptedWriter("two", likely=doubt)))
    for _ in range(2):
        answer = answer_by(ready)
        assert (answer.text, answer.notice) == ("two", "m0 is down; instead: m1")
        assert (len(failing.scored), failing.asked) == (1, [])
    sure = dict(doubt) | {REFUSAL: -0.0001}
    doubting = fallback(Loads(FailsToScore("one")), Loads(ScriptedWriter("two", likely=sure)))
    assert answer_by(doubting).status is not Status.ANSWERED


def test_the_next_may_not_tell_how_sure_it_is():
    ready = fallback(Loads(FailsToScore("one")), Loads(ScriptedWriter("two")))
    answer = answer_by(ready)
    assert (answer.text, answer.notice) == ("two", "m0 is down; instead: m1")


def test_where_all_fail_while_they_score_the_error_says_why():
    with pytest.raises(ModelError, match=r"^m0 is down; m1 is not here$"):
        answer_by(fallback(Loads(FailsToScore("one")), Loads(error="m1 is not here")))


def test_where_all_fail_one_error_tells_all_reasons():
    with pytest.raises(ModelError, match=r"^no m0; no m1$"):
        fallback(Loads(error="no m0"), Loads(error="no m1"))
    with pytest.raises(ModelMissingError, match=r"^no m0$"):
        fallback(Loads(error="no m0"))
    ready = fallback(*(Loads(ScriptedWriter(failure=f"{n} is down")) for n in ("m0", "m1")))
    with pytest.raises(ModelError, match=r"^m0 is down; m1 is down$"):
        answer_by(ready)


def test_closing_closes_the_one_that_answers():
    writer = ScriptedWriter("one", "two")
    pieces = fallback(Loads(writer), Loads())()[0].generate(ASKED, 10)
    next(pieces)
    pieces.close()
    assert writer.closed


def answer_of(store, llm: str, url: str) -> Answer:
    """The answer of an assistant whose notes say what explains biases."""
    chosen = Settings(llm=llm, llm_base_url=url)
    ready = build_assistant(chosen, store, load_writers(chosen))
    ready._retriever.retrieve = lambda *_: [HIT]
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
    assert (answer.status, answer.text) == (Status.EXTRACTIVE, "Clarify: Explains biases [1]")
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
        ready = load_writers(Settings(llm="openai:huge,none", llm_base_url=server.url))
    assert "has no model 'huge', it has: big, small" in ready()[0].notice
    assert server.asked == []
