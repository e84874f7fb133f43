"""What an answerer gives back while it writes: pieces of text, and who it is that writes them."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

from rag.types import Answer, Status, Usage


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who wrote an answer. `notice` says why not another, `usage` what it took, if that is known.

    `status` is what the answer is if all goes well.
    """

    model: str
    status: Status
    notice: str = ""
    usage: Usage | None = None


class Writing(Iterator[str]):
    """Pieces of an answer. `outcome` is what is known by now: it may change until the last one."""

    def __init__(
        self, outcome: Outcome, write: Callable[["Writing"], Generator[str, None, None]]
    ) -> None:
        self.outcome = outcome
        self._pieces = write(self)

    def __next__(self) -> str:
        return next(self._pieces)

    def close(self) -> None:
        """Stop the model."""
        self._pieces.close()


def told(draft: Answer, pieces: Iterator[str]) -> Answer:
    """`draft` with what its writing knows better; as it is if that is no Writing."""
    outcome = getattr(pieces, "outcome", None)
    if not isinstance(outcome, Outcome):
        return draft
    return replace(
        draft,
        model=outcome.model,
        status=outcome.status,
        notice=outcome.notice,
        usage=outcome.usage,
    )
