"""A follow-up -> a question that stands alone, by a large language model, which knows what "it" is.

What the model writes is searched for only if it is one line of a question's length that still holds
what was asked; else, or where the model fails or takes long, another rewriter is asked. Not for the
small model in this process: of 39 follow-ups (the 1.5B model, this prompt) it repeated all but a
few as they were, recall@5 0.90 as typed against 1.00 without a model, at six seconds each on a busy
machine. `benchmarks/dialogues.py --llm` measures any model.
"""

import difflib
import queue
from collections.abc import Callable, Sequence
from threading import Thread

from rag.prompts import REPHRASE, REPHRASED, SMALL, conversation
from rag.protocols import Rewriter, Writers
from rag.rewriting import RECENT, own_words
from rag.text.words import stem, words
from rag.types import Message, Turn

PATIENCE = 8.0
"""Seconds until the search goes on without the model."""

MOST_TOKENS = 100

MOST_CHARS = 300
"""Of a rewritten question beyond those of the question as typed."""

_ALIKE = 0.75
"""Two words of this likeness (difflib's ratio) are one: models mend spelling."""


class ModelRewriter:
    """Asks the model of the moment, and `otherwise` where that is of no use."""

    def __init__(
        self,
        writers: Writers,
        otherwise: Rewriter,
        patience: float = PATIENCE,
    ) -> None:
        """Take who writes just now; `patience` is in seconds."""
        self._writers = writers
        self._otherwise = otherwise
        self._patience = patience

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The model's question, or that of the other rewriter."""
        if not history:
            return question
        written = _within(self._patience, lambda: self._rephrased(question, history[-RECENT:]))
        if line := usable(written, question):
            return line
        return self._otherwise.standalone(question, history)

    def _rephrased(self, question: str, history: Sequence[Turn]) -> str:
        writer = self._writers()[0]
        if writer.prompts is None or writer.prompts is SMALL:  # its own would lead astray
            return ""
        return "".join(writer.generate(messages(question, history), MOST_TOKENS))


def messages(question: str, history: Sequence[Turn]) -> list[Message]:
    """The prompt that asks a chat model for a question that stands alone."""
    examples = [
        Message(role, text)
        for example in REPHRASED
        for role, text in zip(("user", "assistant"), example, strict=True)
    ]
    asked = Message("user", conversation(question, history))
    return [Message("system", REPHRASE), *examples, asked]


def usable(written: str, question: str) -> str:
    """The question that a model wrote for `question`; empty if it cannot be one."""
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    line = lines[0].removeprefix("Last question:").strip(" \"'*`") if len(lines) == 1 else ""
    if not line.isprintable() or len(line) > len(question) + MOST_CHARS:
        return ""
    there = words(line)
    stemmed = {stem(word) for word in there}
    held = (
        stem(word) in stemmed or difflib.get_close_matches(word, there, 1, _ALIKE)
        for word in own_words(question)
    )
    return line if line and all(held) else ""


def _within(seconds: float, work: Callable[[], str]) -> str:
    """What `work` returns in time; empty if it fails, or is left to end by itself."""
    done: queue.SimpleQueue[str] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put(work())
        except Exception:  # whatever it is, the question is searched for without it
            done.put("")

    Thread(target=run, name="rephrase", daemon=True).start()
    try:
        return done.get(timeout=seconds)
    except queue.Empty:
        return ""
