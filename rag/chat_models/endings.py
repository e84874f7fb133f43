"""How an answer of a model ended, and what it took: its last pieces say it, each in its own way."""

from collections.abc import Iterator

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import UsageMetadata, add_usage

from rag.errors import ModelServerError
from rag.types import Usage

_AT_LIMIT = frozenset({"length", "max_tokens", "model_length", "model_context_window_exceeded"})
"""What providers call it that an answer reached the most tokens it may have."""

_DECLINED = frozenset(
    {"content_filter", "content_filtered", "guardrail_intervened", "refusal", "safety", "error"}
    | {"recitation", "blocklist", "prohibited_content", "spii", "language"}
)
"""What providers call it that they would not go on, in lower case."""


class Last:
    """What the pieces of a stream say beside their text."""

    def __init__(self) -> None:
        self.reason = ""
        self._tokens: UsageMetadata | None = None

    def take(self, chunk: AIMessageChunk, end_mark: str) -> None:
        """Look at a piece; `end_mark` names the metadata that holds the reason of the end."""
        self.reason = str(chunk.response_metadata.get(end_mark) or self.reason)
        if chunk.usage_metadata:
            self._tokens = add_usage(self._tokens, chunk.usage_metadata)

    @property
    def usage(self) -> Usage | None:
        """What it took by now, if that was counted."""
        if not self._tokens or not self._tokens["input_tokens"]:
            return None  # no prompt is empty: it was not counted
        return Usage(self._tokens["input_tokens"], self._tokens["output_tokens"])


def ending(reason: str, model: str, end_mark: str) -> Iterator[str]:
    """What is to be added to an answer that ended for this reason.

    Raises:
        ModelServerError: the model declined; or it should have said why it ended, and did not.
    """
    if reason.lower() in _AT_LIMIT:
        yield " …"
    elif reason.lower() in _DECLINED:
        raise ModelServerError(f"{model} declined to answer or to go on ({reason})")
    elif end_mark and not reason:
        # LangChain takes the end of a connection for the end of an answer.
        raise ModelServerError(f"{model} went away in the middle of its answer")
