"""Answerers: a chat model within its budget, and the notes' own sentences without one."""

import math
from collections.abc import Iterator

import pytest
from fakes import WordEmbedder, make_chunk, make_hit
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from rag.answering import ChatAnswerer, ExtractiveAnswerer, prefix, worth_reading
from rag.chat_models.chatting import Terms
from rag.errors import ModelMissingError, ModelServerError
from rag.prompts import LARGE, REFUSAL, SYSTEM, is_refusal
from rag.types import Evidence, Hit, Sentence, Span, Status, Style

BUDGET = 600
count_tokens = WordEmbedder().count_tokens


def evidence(*hits: Hit, question: str = "What explains biases?", **kwargs: object) -> Evidence:
    return Evidence(question, hits, kwargs.pop("sentences", ()), 1.0)


def answerer(*answers: AIMessage | str, budget: int = BUDGET) -> ChatAnswerer:
    chat = GenericFakeChatModel(messages=iter(answers))
    return ChatAnswerer(chat, "a fake", count_tokens, budget)


def last_message(found: Evidence, budget: int = BUDGET) -> str:
    return str(answerer(budget=budget).messages(found)[-1].content)


def test_what_the_model_writes_is_streamed_piece_by_piece():
    found = list(answerer("Clarify explains biases [1].").stream(evidence(make_hit("text")), ()))
    assert len(found) > 1
    assert "".join(found) == "Clarify explains biases [1]."


def test_the_prompt_holds_numbered_passages_under_their_headings_then_the_question():
    passage = make_hit("## Clarify\n\n- Explains biases\n", "SageMaker", "Clarify")
    other = make_hit("A web IDE", "Studio")
    assert last_message(evidence(passage, other)) == (
        "[1] SageMaker > Clarify\n- Explains biases\n[2] Studio\nA web IDE\n\n"
        "Question: What explains biases?"
    )


def test_doubt_is_the_chance_of_a_refusal_with_the_very_prompt_of_the_answer():
    """So the model reads it once for both."""
    asked = []

    def first_tokens(messages):
        asked.append(list(messages))
        return {"Not": math.log(0.3), "It": math.log(0.6)}

    chat = GenericFakeChatModel(messages=iter(()))
    doubting = ChatAnswerer(chat, "a fake", count_tokens, BUDGET, first_tokens=first_tokens)
    found = evidence(make_hit("text"))
    assert doubting.doubt(found, ()) == pytest.approx(0.3)
    assert asked == [doubting.messages(found)]


def test_a_model_whose_first_tokens_are_not_told_has_no_doubt_to_tell():
    assert answerer().doubt(evidence(make_hit("text")), ()) is None


def test_all_but_the_last_message_is_the_same_for_every_question():
    """So a model that keeps what it read of a prompt reads that once."""
    one = answerer().messages(evidence(make_hit("one")))
    other = answerer().messages(evidence(make_hit("other"), question="Another?"))
    assert one[:-1] == other[:-1] == prefix()
    assert one[0].content == SYSTEM
    assert one[-1] != other[-1]


@pytest.mark.parametrize("room", [25, 45, 65, 1000])
def test_no_more_passages_are_given_than_fit_the_budget(room):
    """Each of these has 21 tokens, the question 3."""
    fixed = sum(count_tokens([str(message.content) for message in prefix()]))
    hits = [make_hit(f"{name} " + "word " * 18, "Heading") for name in ("one", "two", "three")]
    prompt = answerer(budget=fixed + room).messages(evidence(*hits))
    used = sum(count_tokens([str(message.content) for message in prompt]))
    assert used <= fixed + room + 1  # "Question:" itself
    given = [name for name in ("one", "two", "three") if name in str(prompt[-1].content)]
    assert given == ["one", "two", "three"][: max(1, (room - 3) // 21)]


def test_the_best_passage_is_given_whatever_the_budget():
    """Without one there is nothing to answer from."""
    assert "best" in last_message(evidence(make_hit("best " + "word " * 400)), budget=400)


def test_a_model_reads_only_passages_that_come_near_the_best():
    hits = [make_hit(str(score), score=score) for score in (0.8, 0.55, 0.1)]
    assert [hit.score for hit in worth_reading(hits)] == [0.8, 0.55]
    assert list(worth_reading([])) == []


def test_what_is_given_are_the_first_passages_so_that_numbers_mean_the_same_to_all():
    """One that a reranker put behind a bad one is not read: its number would be another."""
    hits = [make_hit(str(score), score=score) for score in (0.8, 0.1, 0.7)]
    assert [hit.score for hit in worth_reading(hits)] == [0.8]
    found = evidence(*(make_hit(f"{n} text", score=1.0) for n in range(5)))
    assert list(answerer().given(found)) == list(found.passages[:3])


def test_a_large_model_reads_more_and_needs_no_examples():
    chat = GenericFakeChatModel(messages=iter([]))
    large = ChatAnswerer(chat, "a fake", count_tokens, 5000, prompts=LARGE)
    found = evidence(*(make_hit(f"{n} text", score=1.0) for n in range(5)))
    assert len(large.given(found)) == 5
    system, asked = large.messages(found)
    assert system.content == LARGE.system
    assert "[5]" in str(asked.content)


class Recording(GenericFakeChatModel):
    """Remembers how it was called."""

    calls: list[dict[str, object]]

    def _stream(self, *args: object, **kwargs: object) -> Iterator:
        self.calls.append({key: kwargs[key] for key in kwargs if key == "max_tokens"})
        yield from super()._stream(*args)


@pytest.mark.parametrize(("limit", "told"), [("max_tokens", {"max_tokens": 400}), ("", {})])
def test_a_longer_style_may_have_more_tokens_where_the_provider_can_be_told(limit, told):
    chat = Recording(messages=iter(["Fine [1]."]), calls=[])
    asked = ChatAnswerer(chat, "a fake", count_tokens, BUDGET, Terms(limit=limit))
    list(asked.stream(evidence(make_hit("text")), (), Style.DETAILED))
    assert chat.calls == [told]
    assert "three to five sentences" in str(asked.messages(evidence(), Style.DETAILED)[-1].content)


def test_two_notes_that_disagree_are_both_given_and_named():
    old = Hit(make_chunk("The harbour opens at 6", "Old", path="/old.md"), 1.0, 0.9)
    far = Hit(make_chunk("The harbour opens at 7", "New", path="/new.md"), 0.1, 0.9)
    passages = (old, make_hit("Other", score=0.2), far)
    sentences = tuple(
        Sentence(place, Span(0, 22), passages[place].chunk.text, 1.0, 1.0) for place in (0, 2)
    )
    found = Evidence("When does the harbour open?", passages, sentences, 1.0)
    assert list(answerer().given(found)) == list(passages)
    assert "Notes [1] and [3] disagree" in last_message(found)
    assert "disagree" not in last_message(evidence(old, far))


class Failing(GenericFakeChatModel):
    """Writes a word, then fails as a provider's package does."""

    error: Exception

    def _stream(self, *args: object, **kwargs: object) -> Iterator:
        yield from super()._stream(*args, **kwargs)
        raise self.error


def failing(error: Exception) -> Iterator[str]:
    chat = Failing(messages=iter(["Clarify"]), error=error)
    return ChatAnswerer(chat, "a fake", count_tokens, BUDGET).stream(evidence(make_hit("t")), ())


@pytest.mark.parametrize("error", [ConnectionError("refused\nat line 1"), KeyError("choices")])
def test_whatever_a_provider_raises_is_one_line_about_the_model(error):
    """What it had written before is kept."""
    pieces = failing(error)
    assert next(pieces) == "Clarify"
    with pytest.raises(ModelServerError, match=r"^a fake failed: ") as caught:
        next(pieces)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is error


def test_an_error_that_already_says_what_to_do_is_left_as_it_is():
    with pytest.raises(ModelMissingError, match="crib models pull"):
        list(failing(ModelMissingError("run: crib models pull x")))


def sentence(hit: Hit, text: str, cosine: float) -> Sentence:
    start = hit.chunk.text.index(text)
    return Sentence(0, Span(start, start + len(text)), text, cosine, 0.0)


def extracted(*cosines: float) -> list[str]:
    hit = make_hit("First\nline. Second. Third.", "Note", "Section")
    texts = ("First\nline.", "Second.", "Third.")
    found = tuple(sentence(hit, t, c) for t, c in zip(texts, cosines, strict=False))
    return list(ExtractiveAnswerer().stream(evidence(hit, sentences=found), ()))


def test_without_a_model_the_best_sentence_is_the_answer_under_its_heading():
    assert extracted(0.9, 0.2, 0.1) == ["Section: First line. [1]\n\n"]


def test_a_second_sentence_is_shown_only_if_it_is_nearly_as_good():
    assert extracted(0.9, 0.85, 0.84) == [
        "Section: First line. [1]\n\n",
        "Section: Second. [1]\n\n",
    ]


def test_without_sentences_there_is_nothing_to_say():
    assert extracted() == []


def test_answerers_say_what_they_are():
    assert ExtractiveAnswerer("still loading").notice == "still loading"
    assert ExtractiveAnswerer().status is Status.EXTRACTIVE
    assert answerer().status is Status.ANSWERED
    assert answerer().model == "a fake"


@pytest.mark.parametrize("text", [REFUSAL, "not in the notes", f"Sorry. {REFUSAL} See [1]."])
def test_a_refusal_is_known_whatever_is_around_it(text):
    assert is_refusal(text)


def test_an_answer_is_no_refusal():
    assert not is_refusal("Notes are kept in Studio [1].")


def test_the_model_is_told_the_very_words_that_the_code_looks_for():
    assert REFUSAL in SYSTEM
