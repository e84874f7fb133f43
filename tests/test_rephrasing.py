"""A large model may rewrite a follow-up; what it writes is checked, and it is not waited for."""

import threading

import pytest
from fakes import ScriptedWriter
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from rag.answer_wiring import build_assistant
from rag.answers.writers import ChatWriter, NoModel
from rag.config import Settings
from rag.prompts import LARGE, SMALL
from rag.rewriting import MOST_TOKENS, ModelRewriter, rewriting_messages, usable
from rag.types import Turn

HISTORY = [Turn("Which port does SSH use?", "Port 22 [1].")]
TELNET = "Which port does Telnet use?"


class Otherwise:
    """Marks what it was asked."""

    def standalone(self, question, history):
        return f"{question} (otherwise)"


def large(*written):
    chat = GenericFakeChatModel(messages=iter(AIMessage(text) for text in written))
    return ChatWriter(chat, "a model", prompts=LARGE)


def rewriter(one, patience=5.0):
    return ModelRewriter(lambda: [one], Otherwise(), patience)


def test_what_the_model_writes_is_searched_for():
    asked = rewriter(large("Which port does Telnet use?\n")).standalone("And Telnet?", HISTORY)
    assert asked == TELNET


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
    asked = rewriter(large(written)).standalone(question, HISTORY)
    assert asked == f"{question} (otherwise)"


def test_mended_spelling_and_quotation_marks_are_no_loss():
    written = 'Last question: "Which side effects does Telnet have?"'
    assert usable(written, "wich side efects") == "Which side effects does Telnet have?"


def test_a_model_that_fails_is_done_without():
    assert rewriter(large()).standalone("And Telnet?", HISTORY) == "And Telnet? (otherwise)"


def test_a_model_that_takes_long_is_done_without():
    """The search cannot wait for as long as an answer may take."""
    released = threading.Event()

    class Slow(ScriptedWriter):
        prompts = LARGE

        def generate(self, messages, tokens, *, fresh=False):
            released.wait(30)
            return super().generate(messages, tokens)

    asked = rewriter(Slow(TELNET), patience=0.05).standalone("And Telnet?", HISTORY)
    released.set()
    assert asked == "And Telnet? (otherwise)"


def test_where_no_model_answers_none_is_asked():
    """As while the model is being loaded."""
    assert rewriter(NoModel()).standalone("And Telnet?", HISTORY) == "And Telnet? (otherwise)"


def test_a_small_model_is_not_asked_even_where_it_stands_in_for_a_large_one():
    small, one = ScriptedWriter(TELNET), ScriptedWriter(TELNET)
    assert small.prompts is SMALL
    one.prompts = LARGE
    assert rewriter(small).standalone("And Telnet?", HISTORY) == "And Telnet? (otherwise)"
    assert small.asked == []
    assert rewriter(one).standalone("And Telnet?", HISTORY) == TELNET
    assert one.asked == [rewriting_messages("And Telnet?", HISTORY)]


def test_the_first_of_several_is_asked_for_a_line_and_no_more():
    told = []

    class Told(ScriptedWriter):
        prompts = LARGE

        def generate(self, messages, tokens, *, fresh=False):
            told.append(tokens)
            return super().generate(messages, tokens)

    second = ScriptedWriter("no")
    ready = ModelRewriter(lambda: [Told(TELNET), second], Otherwise())
    assert ready.standalone("And Telnet?", HISTORY) == TELNET
    assert (told, second.asked) == ([MOST_TOKENS], [])


def test_a_first_question_is_no_follow_up():
    assert rewriter(large("What else?")).standalone("And Telnet?", []) == "And Telnet?"


def test_the_prompt_holds_what_was_said_and_little_of_long_answers():
    long = [*HISTORY, Turn("What is DNS?", "word " * 1000)]
    asked = rewriting_messages("And Telnet?", long)[-1].text
    assert "Which port does SSH use?" in asked and "Port 22" in asked
    assert asked.endswith("Last question: And Telnet?")
    assert len(asked) < 600


@pytest.mark.parametrize(("llm", "asks"), [("local", False), ("none", False), ("openai:x", True)])
def test_models_on_servers_are_asked_and_the_small_one_in_the_process_is_not(store, llm, asks):
    ready = build_assistant(Settings(llm=llm), store, lambda: [large(TELNET, "No.")])
    assert (ready.ask("And Telnet?", HISTORY).standalone == TELNET) is asks
