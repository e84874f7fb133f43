"""Models in this process: loaded once, asked one at a time, and let go. llama.cpp is scripted."""

import gc
import threading
import time
import weakref
from collections.abc import Callable

import pytest
from langchain_core.messages import HumanMessage

from rag.chat_models.background import Stop
from rag.chat_models.chatting import Terms, stream_answer
from rag.chat_models.llama import LlamaChat
from rag.errors import ModelServerError, StoppedError
from rag.types import Usage


class Llama:
    """Writes its script word by word, each once `go` lets it. Notes what it was asked."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.go = threading.Semaphore(0)
        self.asked: list[str] = []
        self.began = threading.Semaphore(0)
        self.stopped: list[str] = []
        self.error: dict | None = None

    def handle_chat_completions(self, request: dict, take: Callable[[dict], bool]) -> None:
        question = request["messages"][-1]["content"]
        self.asked.append(question)
        self.began.release()
        if self.error:
            take({"error": self.error})
            return
        for word in self.words:
            assert self.go.acquire(timeout=20)
            if take({"choices": [{"delta": {"content": word}, "finish_reason": None}]}):
                self.stopped.append(question)
                return
        timings = {"prompt_n": 20, "cache_n": 300, "predicted_n": len(self.words)}
        take({"choices": [{"delta": {}, "finish_reason": "stop"}], "timings": timings})


@pytest.fixture
def llama(monkeypatch):
    """What is loaded instead of a file, and how often, is in `llama.loads`."""
    made = Llama("one ", "two ", "three")
    made.loads = []
    monkeypatch.setattr(
        "rag.chat_models.llama._serve", lambda load, _: made.loads.append(load) or made
    )
    return made


@pytest.fixture
def chat(tmp_path, llama):
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    return lambda **more: LlamaChat(
        **{"path": tmp_path / "m.gguf", "states": tmp_path, "context": 512, "threads": 1, **more}
    )


def asked(chat: LlamaChat, question: str):
    return stream_answer(chat, [HumanMessage(question)], "m", Terms(end_mark="finish_reason"))


class Asking(threading.Thread):
    """Somebody who asks, and may take the question back."""

    def __init__(self, chat: LlamaChat, question: str) -> None:
        super().__init__(daemon=True)
        self.chat, self.question, self.back = chat, question, Stop()
        self.said: list[str] = []
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            with self.back:
                self.said += asked(self.chat, self.question)
        except StoppedError as error:
            self.error = error


def test_an_answer_comes_with_what_it_took(chat, llama):
    llama.go.release(3)
    writing = asked(chat(), "?")
    assert "".join(writing) == "one two three"
    assert writing.usage == Usage(320, 3)


def test_a_file_is_loaded_once_whoever_asks_for_it(chat, llama):
    one, other, larger = chat(), chat(), chat(context=1024)
    one.load()
    other.load()
    assert len(llama.loads) == 1
    larger.load()
    assert len(llama.loads) == 2


def test_a_model_that_nobody_holds_any_more_goes_from_memory(chat, llama):
    one, other = chat(), chat()
    one.load()
    other.load()
    engine = weakref.ref(one._engine)
    del one
    gc.collect()
    assert engine() is not None
    del other
    gc.collect()
    assert engine() is None


def test_questions_wait_for_one_another_in_their_order(chat, llama):
    shared = chat()
    people = []
    for question in ("first", "second", "third"):
        people.append(Asking(shared, question))
        if question == "first":
            assert llama.began.acquire(timeout=5)
    assert llama.asked == ["first"]
    llama.go.release(9)
    for person in people:
        person.join(10)
        assert "".join(person.said) == "one two three"
    assert len(llama.asked) == 3


def test_a_question_that_is_taken_back_in_the_line_is_never_asked(chat, llama):
    shared = chat()
    first = Asking(shared, "first")
    assert llama.began.acquire(timeout=5)
    second = Asking(shared, "second")
    second.back.set()
    second.join(5)
    assert isinstance(second.error, StoppedError)
    third = Asking(shared, "third")
    llama.go.release(6)
    for person in (first, third):
        person.join(10)
        assert "".join(person.said) == "one two three"
    assert llama.asked == ["first", "third"]


def test_a_question_that_is_taken_back_stops_within_tokens_and_the_next_one_is_asked(chat, llama):
    llama.words = ["word "] * 50
    shared = chat()
    pieces = asked(shared, "first")
    llama.go.release()
    assert next(pieces) == "word "
    pieces.close()
    second = Asking(shared, "second")
    tokens, give_up = 0, time.monotonic() + 10
    while not llama.stopped and time.monotonic() < give_up:
        llama.go.release()
        tokens += 1
        time.sleep(0.05)
    assert llama.stopped == ["first"]
    assert tokens <= 5
    llama.go.release(60)
    second.join(10)
    assert "".join(second.said) == "word " * 50


def test_an_error_of_llama_cpp_is_one_line(chat, llama):
    llama.error = {"code": 400, "message": "the request exceeds the available context size"}
    with pytest.raises(ModelServerError, match=r"^llama\.cpp failed: the request exceeds"):
        list(asked(chat(), "?"))
    llama.error = None
    llama.go.release(3)
    assert "".join(asked(chat(), "?")) == "one two three"
