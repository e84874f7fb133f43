"""Who answers: a chat model that reads the passages, or the best sentences with no model at all.

LangChain's messages are imported where they are made: that takes a second or more, which a
question that no model answers need not wait for.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from rag.prompts import EXAMPLES, SYSTEM, passage, user_message
from rag.protocols import TokenCounter
from rag.types import Evidence, Hit, Status, Style, Turn

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rag.chatting import Terms

SECOND_SENTENCE = 0.85
"""A second sentence is shown if its score is at least this share of the best one's."""

WORTH_READING = 0.5
"""A model reads a passage whose fused score is at least this share of the best one's."""

MOST_READ = 3
"""Passages that a model reads at most."""


class ExtractiveAnswerer:
    """Answers with the notes' own best sentences. Needs no model, invents nothing."""

    status = Status.EXTRACTIVE

    def __init__(self, notice: str = "") -> None:
        self.model = "the notes' own sentences, no language model"
        self.notice = notice

    def stream(
        self, evidence: Evidence, history: Sequence[Turn], style: Style = Style.SHORT
    ) -> Iterator[str]:
        """The best sentence, and a second one that is nearly as good."""
        ranked = evidence.sentences[:2]
        for sentence in ranked:
            if sentence.score >= SECOND_SENTENCE * ranked[0].score:
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
    ) -> None:
        """Take a chat model. `terms` say how long it is waited for, and how it ends."""
        self.model = model
        self.notice = ""
        self._chat = chat
        self._count_tokens = count_tokens
        self._prompt_tokens = prompt_tokens
        self._terms = terms

    def stream(
        self, evidence: Evidence, history: Sequence[Turn], style: Style = Style.SHORT
    ) -> Iterator[str]:
        """Stream the model's answer; see rag/chatting.py for how it ends.

        Raises:
            ModelServerError: the model failed, or went away before it had ended; what it had
                written was yielded before.
        """
        from rag.chatting import Terms, write

        terms = self._terms or Terms()
        return write(self._chat, self.messages(evidence), self.model, terms)

    def messages(self, evidence: Evidence) -> "list[BaseMessage]":
        """The prompt: a prefix that never changes, then what fits of the passages."""
        from langchain_core.messages import HumanMessage

        given = self._that_fit(evidence)
        return [*prefix(), HumanMessage(user_message(evidence.question, given))]

    def _that_fit(self, evidence: Evidence) -> Sequence[Hit]:
        """Passages worth reading, as many as the budget takes; at least the best one."""
        best = worth_reading(evidence.passages)
        fixed = [*(str(message.content) for message in prefix()), evidence.question]
        left = self._prompt_tokens - sum(self._count_tokens(fixed))
        counts = self._count_tokens([passage(number, hit) for number, hit in enumerate(best, 1)])
        fit = sum(used <= left for used in accumulate(counts))
        return best[: max(1, fit)]


def worth_reading(passages: Sequence[Hit]) -> Sequence[Hit]:
    """The best passage, and those of the next that come near it.

    A small model answers better, and sooner, from few exact passages than from many.
    """
    return [hit for hit in passages if hit.score >= WORTH_READING * passages[0].score][:MOST_READ]


def prefix() -> "list[BaseMessage]":
    """Instruction and examples, as messages."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    messages: list[BaseMessage] = [SystemMessage(SYSTEM)]
    for question, answer in EXAMPLES:
        messages += [HumanMessage(question), AIMessage(answer)]
    return messages
