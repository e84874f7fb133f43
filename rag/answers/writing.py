"""What a writer gives back while it writes: pieces of text, and what they took."""

from collections.abc import Callable, Generator, Iterator

from rag.types import Usage


class Writing(Iterator[str]):
    """Pieces of a text. `usage` is what it took as far as is known by now; `cached`: kept words."""

    def __init__(
        self, write: Callable[["Writing"], Generator[str, None, None]], *, cached: bool = False
    ) -> None:
        self.usage: Usage | None = None
        self.cached = cached
        self._pieces = write(self)

    def __next__(self) -> str:
        return next(self._pieces)

    def close(self) -> None:
        """Stop the model."""
        self._pieces.close()
