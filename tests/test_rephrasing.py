"""A large model may rewrite a follow-up; what it writes is checked, and it is not waited for."""

import threading

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from rag.answering import ChatAnswerer, ExtractiveAnswerer
from rag.answers.rephrasing import ModelRewriter, messages, usable
from rag.config import Settings
from rag.prompts import LARGE
from rag.types import Turn
from rag.wiring import build_assistant

HISTORY = [Turn("Which port does SSH use?", "Port 22 [1].")]


class Otherwise:
    """Marks what it was asked."""

    def standalone(self, question, history):
        return f"{question} (otherwise)"


def answerer(*written):
    chat = GenericFakeChatModel(messages=iter(AIMessage(text) for text in written))
    return ChatAnswerer(
        chat, "a model", lambda texts: [len(text) for text in texts], 600, prompts=LARGE
    )


def rewriter(one, patience=5.0):
    return ModelRewriter(lambda: one, Otherwise(), patience)


def test_what_the_model_writes_is_searched_for():
    asked = rewriter(answerer("Which port does Telnet use?\n")).standalone("And Telnet?", HISTORY)
    assert asked == "Which port does Telnet use?"


@pytest.mark.parametrize(
    ("written", "question"),
    [
        ("", "And Telnet?"),
        ("Which port does SSH use?", "And Telnet?"),
        ("Which port does Telnet use?\nIt is port 23.", "And Telnet?"),
        (f"Which port does Telnet use? {'x' * 400}", "And Telnet?"),
        ("Which port does \x1b[2J Telnet use?", "And Telnet?"),
        ("Port 23.", "And what does Telnet send in clear text?"),
    ],
)
def test_what_lost_the_question_or_is_none_is_discarded(written, question):
    assert usable(written, question) == ""
    asked = rewriter(answerer(written)).standalone(question, HISTORY)
    assert asked == f"{question} (otherwise)"


def test_mended_spelling_and_quotation_marks_are_no_loss():
    written = 'Last question: "Which side effects does Telnet have?"'
    assert usable(written, "wich side efects") == "Which side effects does Telnet have?"


def test_a_model_that_fails_is_done_without():
    assert rewriter(answerer()).standalone("And Telnet?", HISTORY) == "And Telnet? (otherwise)"


def test_a_model_that_takes_long_is_done_without():
    """The search cannot wait for as long as an answer may take."""
    released = threading.Event()

    class Slow(ExtractiveAnswerer):
        def rephrase(self, question, history):
            released.wait(30)
            return "Which port does Telnet use?"

    asked = rewriter(Slow(), patience=0.05).standalone("And Telnet?", HISTORY)
    released.set()
    assert asked == "And Telnet? (otherwise)"


def test_what_answers_without_a_model_is_not_asked():
    """As while the model is being loaded."""
    asked = rewriter(ExtractiveAnswerer()).standalone("And Telnet?", HISTORY)
    assert asked == "And Telnet? (otherwise)"


def test_a_first_question_is_no_follow_up():
    assert rewriter(answerer("What else?")).standalone("And Telnet?", []) == "And Telnet?"


def test_the_prompt_holds_what_was_said_and_little_of_long_answers():
    long = [*HISTORY, Turn("What is DNS?", "word " * 1000)]
    asked = str(messages("And Telnet?", long)[-1].content)
    assert "Which port does SSH use?" in asked and "Port 22" in asked
    assert asked.endswith("Last question: And Telnet?")
    assert len(asked) < 600


@pytest.mark.parametrize(("llm", "asks"), [("local", False), ("none", False), ("openai:x", True)])
def test_models_on_servers_are_asked_and_the_small_one_in_the_process_is_not(store, llm, asks):
    ready = build_assistant(
        Settings(llm=llm), store, lambda: answerer("Which port does Telnet use?", "No.")
    )
    asked = ready.ask("And Telnet?", HISTORY).standalone
    assert (asked == "Which port does Telnet use?") is asks
