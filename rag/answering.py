"""Who answers: a chat model that reads the passages, or the best sentences with no model at all.

LangChain's messages are imported where they are made: that takes a second or more, which a
question that no model answers need not wait for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

from rag.answers.closest import closest_line
from rag.answers.disagreement import disagreeing
from rag.answers.options import Choices
from rag.answers.reading import label_chances, refusal_chance, yes_over_no
from rag.prompts import CHOOSE, MANNERS, SMALL, Prompts, choosing_message, passage, user_message
from rag.protocols import TokenCounter
from rag.types import Evidence, Hit, Status, Style, Turn

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rag.chat_models.chatting import Terms

FirstTokens = Callable[["Sequence[BaseMessage]"], Mapping[str, float]]
"""The likeliest first tokens of an answer, with their log-probabilities."""

SENTENCES = "the notes' own sentences, no language model"
"""What is named as the model where none answers."""

SECOND_SENTENCE = 0.85
"""A second sentence is shown if its score is at least this share of the best one's."""

_MORE = 5
"""Sentences shown at most where more than a short answer is asked for."""

WORTH_READING = 0.65
"""A model reads a passage whose fused score is at least this share of the best one's."""


class ExtractiveAnswerer:
    """Answers with the notes' own best sentences. Needs no model, invents nothing."""

    status = Status.EXTRACTIVE

    def __init__(self, notice: str = "") -> None:
        self.model = SENTENCES
        self.notice = notice

    def given(self, evidence: Evidence) -> Sequence[Hit]:
        """All of them."""
        return evidence.passages

    def stream(
        self, evidence: Evidence, history: Sequence[Turn], style: Style = Style.SHORT
    ) -> Iterator[str]:
        """The best sentence, and as many more that are nearly as good as the style has room for.

        Of two notes that disagree on the question, both are said.
        """
        ranked = evidence.sentences[: 2 if style is Style.SHORT else _MORE]
        near = [one for one in ranked if one.score >= SECOND_SENTENCE * ranked[0].score]
        for sentence in dict.fromkeys([*near[:1], *(disagreeing(evidence) or ()), *near[1:]]):
            # A list item means little, and does not name its subject, without its heading.
            headings = evidence.passages[sentence.passage].chunk.headings[-1:]
            words = " ".join(sentence.text.split())
            yield f"{': '.join([*headings, words])} [{sentence.passage + 1}]\n\n"


class ChatAnswerer:
    """Answers with a LangChain chat model that is given numbered passages."""

    status = Status.ANSWERED

    def __init__(
        self,
        chat: "BaseChatModel",
        model: str,
        count_tokens: TokenCounter,
        prompt_tokens: int,
        terms: "Terms | None" = None,
        *,
        prompts: Prompts = SMALL,
        first_tokens: "FirstTokens | None" = None,
    ) -> None:
        """Take a chat model, and what tells its first tokens where something does.

        `terms` say how long it is waited for, and how it ends.
        """
        self._prompts = prompts
        self.model = model
        self.notice = ""
        self._chat = chat
        self._count_tokens = count_tokens
        self._prompt_tokens = prompt_tokens
        self._terms = terms
        self._first_tokens = first_tokens

    def doubt(
        self, evidence: Evidence, history: Sequence[Turn], style: Style = Style.SHORT
    ) -> float | None:
        """The probability of a refusal, with the very prompt that `stream` gives.

        Raises:
            ModelServerError: the model failed.
        """
        if self._first_tokens is None:
            return None
        return refusal_chance(self._first_tokens(self.messages(evidence, style)))

    def leaning(self, evidence: Evidence, style: Style = Style.SHORT) -> float | None:
        """Nats by which "Yes" is likelier than "No", as `doubt` has it. Raises as `doubt`."""
        if self._first_tokens is None:
            return None
        return yes_over_no(self._first_tokens(self.messages(evidence, style)))

    def letters(self, choices: Choices) -> Sequence[float] | None:
        """How likely it holds each label, in nats, without the notes. Raises as `doubt`.

        None from a model that does not tell, and where the question is longer than a prompt may be.
        """
        asked = choosing_message(choices.posed)
        is_long = sum(self._count_tokens([CHOOSE, asked])) > self._prompt_tokens
        if self._first_tokens is None or is_long:
            return None
        from langchain_core.messages import HumanMessage, SystemMessage

        told = self._first_tokens([SystemMessage(CHOOSE), HumanMessage(asked)])
        return label_chances(choices.labels, told)

    @property
    def first_tokens(self) -> "FirstTokens | None":
        """What tells the likeliest first tokens of a reply to messages; None where nothing does."""
        return self._first_tokens

    @property
    def repeats(self) -> bool:
        """True if the model is asked for its likeliest words, so that it would say them again."""
        return getattr(self._chat, "temperature", None) == 0

    def stream(
        self, evidence: Evidence, history: Sequence[Turn], style: Style = Style.SHORT
    ) -> Iterator[str]:
        """Stream the model's answer; see rag/chat_models/chatting.py for how it ends.

        Raises:
            ModelServerError: the model failed, or went away before it had ended; what it had
                written was yielded before.
        """
        return self.say(self.messages(evidence, style), MANNERS[style].tokens)

    def start_over(self, beginning: "Sequence[BaseMessage] | None" = None) -> None:
        """Have a model in this process forget what it was asked last.

        What it computes hangs, in its last bits, on what its cache holds of the prompt before; from
        here on it does not. `beginning` is how the next prompt begins, if not as all of `messages`.
        A model on a server is left alone.
        """
        read_ahead = getattr(self._chat, "read_ahead", None)
        if read_ahead:
            read_ahead(prefix(self._prompts) if beginning is None else beginning)

    def say(self, messages: "Sequence[BaseMessage]", tokens: int) -> Iterator[str]:
        """What the model writes to any messages, in at most so many tokens. Raises as `stream`."""
        from rag.chat_models.chatting import Terms, write

        terms = self._terms or Terms()
        options = {terms.limit: tokens} if terms.limit else {}
        return write(self._chat, messages, self.model, terms, options)

    def rephrase(self, question: str, history: Sequence[Turn]) -> str:
        """What the model makes of a follow-up, to be checked. Raises as the model fails."""
        from rag.answers.rephrasing import messages

        if self._prompts is SMALL:  # its own would lead astray
            return ""
        return str(self._chat.invoke(messages(question, history)).text)

    def messages(self, evidence: Evidence, style: Style = Style.SHORT) -> "list[BaseMessage]":
        """The prompt: a prefix that never changes, then what fits of the passages."""
        from langchain_core.messages import HumanMessage

        given = self.given(evidence)
        pair = [one.passage + 1 for one in disagreeing(evidence) or ()]
        named = " and ".join(f"[{number}]" for number in pair if number <= len(given))
        # One line is not what a list or a comparison is made of, nor two notes that disagree.
        hinted = self._prompts.hinted and style is Style.SHORT and not pair
        hint = closest_line(given, evidence.sentences) if hinted else ""
        asked = user_message(evidence.question, given, style, named if len(pair) > 1 else "", hint)
        return [*prefix(self._prompts), HumanMessage(asked)]

    def given(self, evidence: Evidence) -> Sequence[Hit]:
        """Passages worth reading, as many as the budget takes; at least the best one.

        Where two notes disagree on the question, all down to the second of them.
        """
        best = worth_reading(evidence.passages, self._prompts.most_read)
        needed = max((one.passage + 1 for one in disagreeing(evidence) or ()), default=0)
        best = evidence.passages[: max(len(best), needed)]
        fixed = [*(str(m.content) for m in prefix(self._prompts)), evidence.question]
        if self._prompts.hinted:
            fixed.append(closest_line(best, evidence.sentences))
        left = self._prompt_tokens - sum(self._count_tokens(fixed))
        counts = self._count_tokens([passage(number, hit) for number, hit in enumerate(best, 1)])
        fit = sum(used <= left for used in accumulate(counts))
        return best[: max(1, fit)]


def worth_reading(passages: Sequence[Hit], most: int = SMALL.most_read) -> Sequence[Hit]:
    """The best passage, and those that follow it as long as they come near it.

    A small model answers better, and sooner, from few exact passages than from many.
    """
    near = takewhile(lambda hit: hit.score >= WORTH_READING * passages[0].score, passages)
    return list(near)[:most]


def prefix(prompts: Prompts = SMALL) -> "list[BaseMessage]":
    """Instruction and examples, as messages."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    messages: list[BaseMessage] = [SystemMessage(prompts.system)]
    for question, answer in prompts.examples:
        messages += [HumanMessage(question), AIMessage(answer)]
    return messages
