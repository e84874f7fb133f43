"""Writers: a chat model that streams and tells its first tokens, and none at all."""

import math
from collections.abc import Iterator

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from rag.answers.writers import SENTENCES, UNLIKELY, ChatWriter, NoModel, kept
from rag.chat_models.chatting import Terms
from rag.errors import ModelError, ModelMissingError, ModelServerError
from rag.prompts import LARGE, REFUSAL, SMALL, prefix
from rag.types import Message

ASKED = [Message("system", "Answer."), Message("user", "Who was Galba?")]


def writer(*answers: AIMessage | str, **more: object) -> ChatWriter:
    return ChatWriter(GenericFakeChatModel(messages=iter(answers)), "a fake", **more)


def test_what_the_model_writes_is_streamed_piece_by_piece():
    writing = writer("Galba was an emperor [1].").generate(ASKED, 200)
    found = list(writing)
    assert len(found) > 1
    assert "".join(found) == "Galba was an emperor [1]."
    assert not writing.cached


class Recording(GenericFakeChatModel):
    """Remembers how it was called."""

    calls: list[tuple[list[object], dict[str, object]]]

    def _stream(self, messages: list[object], *args: object, **kwargs: object) -> Iterator:
        told = {key: kwargs[key] for key in kwargs if key == "max_tokens"}
        self.calls.append((messages, told))
        yield from super()._stream(messages, *args)


@pytest.mark.parametrize(("limit", "told"), [("max_tokens", {"max_tokens": 400}), ("", {})])
def test_the_model_is_told_the_limit_where_its_provider_can_be_told(limit, told):
    chat = Recording(messages=iter(["Fine [1]."]), calls=[])
    list(ChatWriter(chat, "a fake", Terms(limit=limit)).generate(ASKED, 400))
    (messages, found) = chat.calls[0]
    assert found == told
    assert [(one.type, one.content) for one in messages] == [
        ("system", "Answer."),
        ("human", "Who was Galba?"),
    ]


def test_nothing_is_asked_of_the_model_before_the_first_piece_is_wanted():
    chat = Recording(messages=iter(["Fine [1]."]), calls=[])
    writing = ChatWriter(chat, "a fake").generate(ASKED, 400)
    assert chat.calls == []
    assert next(writing)
    assert len(chat.calls) == 1


# How likely its first words are


def scored(*continuations: str, **tokens: float) -> list[float]:
    """What a model says of them whose likeliest first tokens have these probabilities."""
    likely = {token: math.log(chance) for token, chance in tokens.items()}
    found = writer(first_tokens=lambda messages: likely).score(ASKED, continuations)
    return [round(math.exp(one), 6) for one in found]


def test_a_refusal_is_as_likely_as_the_token_it_begins_with():
    assert scored(REFUSAL, "Yes", Not=0.3, It=0.6) == [0.3, 0.0]


def test_a_no_is_no_beginning_of_a_refusal_nor_a_letter_of_a_word():
    """A "No" begins "Not in the notes", too, but answers a question."""
    assert scored(REFUSAL, "No", "Yes", No=0.5, Not=0.2, N=0.1) == [0.2, 0.5, 0.0]


def test_a_word_counts_however_it_is_written():
    likely = {" Yes": 0.4, "yes": 0.2, "YES": 0.1, "\nNo": 0.3}
    assert scored("Yes", "No", **likely) == [0.7, 0.3]


def test_letters_of_options_are_told_apart_from_words_that_begin_with_them():
    assert scored("A", "B", "C", **{"A": 0.5, " A": 0.2, "B": 0.1, "Apples": 0.15}) == [
        *(0.7, 0.1, 0.0),
    ]


def test_what_is_not_among_the_likeliest_tokens_is_unlikely():
    found = writer(first_tokens=lambda messages: {"The": -0.1}).score(ASKED, ["Yes"])
    assert found == [UNLIKELY]


def test_nothing_is_likelier_than_certain():
    """Rounded probabilities may sum to more."""
    assert scored("Yes", **{"Yes": 0.9, " Yes": 0.2}) == [1.0]


def test_the_first_tokens_are_those_of_a_reply_to_the_very_messages():
    asked = []

    def first_tokens(messages: list) -> dict[str, float]:
        asked.append([(one.type, one.content) for one in messages])
        return {}

    writer(first_tokens=first_tokens).score(ASKED, ["Yes"])
    assert asked == [[("system", "Answer."), ("human", "Who was Galba?")]]


def test_a_model_whose_first_tokens_are_not_told_tells_nothing():
    assert writer().score(ASKED, [REFUSAL]) is None


# Failures


class Failing(GenericFakeChatModel):
    """Writes a word, then fails as a provider's package does."""

    error: Exception

    def _stream(self, *args: object, **kwargs: object) -> Iterator:
        yield from super()._stream(*args, **kwargs)
        raise self.error


def failing(error: Exception) -> Iterator[str]:
    return ChatWriter(Failing(messages=iter(["Galba"]), error=error), "a fake").generate(ASKED, 9)


@pytest.mark.parametrize("error", [ConnectionError("refused\nat line 1"), KeyError("choices")])
def test_whatever_a_provider_raises_is_one_line_about_the_model(error):
    """What it had written before is kept."""
    pieces = failing(error)
    assert next(pieces) == "Galba"
    with pytest.raises(ModelServerError, match=r"^a fake failed: ") as caught:
        next(pieces)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is error


def test_an_error_that_already_says_what_to_do_is_left_as_it_is():
    with pytest.raises(ModelMissingError, match="crib models pull"):
        list(failing(ModelMissingError("run: crib models pull x")))


# What a model computed before


class ReadingAhead(GenericFakeChatModel):
    """A model in this process, which keeps what it read."""

    ahead: list[list[str]]
    temperature: float = 0.0

    def read_ahead(self, messages: list) -> None:
        self.ahead.append([one.content for one in messages])


@pytest.mark.parametrize("prompts", [SMALL, LARGE])
def test_starting_over_reads_how_its_prompts_begin_or_what_it_is_told(prompts):
    chat = ReadingAhead(messages=iter([]), ahead=[])
    asked = ChatWriter(chat, "a fake", prompts=prompts)
    asked.start_over()
    asked.start_over(ASKED)
    asked.start_over([])
    assert chat.ahead == [
        [message.text for message in prefix(prompts)],
        ["Answer.", "Who was Galba?"],
        [],
    ]


def test_a_model_on_a_server_is_left_alone():
    writer().start_over()


@pytest.mark.parametrize(("temperature", "repeats"), [(0.0, True), (0.7, False)])
def test_a_model_repeats_itself_if_it_writes_its_likeliest_words(temperature, repeats):
    chat = ReadingAhead(messages=iter([]), ahead=[], temperature=temperature)
    assert ChatWriter(chat, "a fake").repeats is repeats
    assert not writer().repeats  # nothing is known of how it chooses


# None


def test_without_a_model_there_is_nothing_to_prompt_score_or_write_with():
    none = NoModel("still loading")
    assert (none.name, none.notice, none.prompts) == (SENTENCES, "still loading", None)
    assert none.score(ASKED, [REFUSAL]) is None
    none.start_over()
    with pytest.raises(ModelError, match="CRIB_LLM"):
        none.generate(ASKED, 200)


def test_words_that_are_kept_come_as_any_others_and_say_so():
    writing = kept("Galba was an emperor [1].")
    assert list(writing) == ["Galba was an emperor [1]."]
    assert writing.cached
    assert writing.usage is None


def test_a_beginning_is_fetched_before_it_is_scored_where_another_was_read():
    chat = ReadingAhead(messages=iter([]), ahead=[])
    asked = ChatWriter(chat, "a fake", first_tokens=lambda _: {"No": -0.1})
    for system in ("Answer.", "Answer.", "Compare.", "Answer."):
        asked.score([Message("system", system), Message("user", "Who was Galba?")], ["No"])
    assert chat.ahead == [["Answer."], ["Compare."], ["Answer."]]
