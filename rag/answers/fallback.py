"""Several writers, in the order in which a person wants to be answered by them."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing

from rag.errors import ModelError
from rag.prompts import Prompts
from rag.protocols import Writer, Writing
from rag.types import Message

REST = 60.0
"""Seconds for which a writer that failed is asked only after the others."""


class Choice:
    """A writer that is loaded once it is needed, and rests for a while where it fails.

    `load` raises ModelError if it cannot be had; so does whatever needs it loaded.
    """

    def __init__(self, name: str, load: Callable[[], Writer]) -> None:
        self._entry = name
        self._load = load
        self._loaded: Writer | None = None
        self._lock = threading.Lock()
        self._failed_at = float("-inf")
        self.failure = ""
        self.before: Sequence[Choice] = ()

    def loaded(self) -> Writer:
        """The writer, loaded by the first who asks."""
        try:
            with self._lock:
                if self._loaded is None:
                    self._loaded = self._load()
                return self._loaded
        except ModelError as error:
            self._fail(error)
            raise

    @property
    def name(self) -> str:
        """The writer's; as it was asked for, until it is loaded."""
        return self._loaded.name if self._loaded else self._entry

    @property
    def notice(self) -> str:
        """Why not one of those before it."""
        failed = [one.failure for one in self.before if one.is_resting]
        own = self._loaded.notice if self._loaded else ""
        return f"{'; '.join(failed)}; instead: {self._entry}" if failed else own

    @property
    def prompts(self) -> Prompts | None:
        """The writer's."""
        return self.loaded().prompts

    @property
    def is_resting(self) -> bool:
        """True for a while after it failed."""
        return time.monotonic() - self._failed_at < REST

    def generate(self, messages: Sequence[Message], tokens: int, *, fresh: bool = False) -> Writing:
        """What the writer writes."""

        def pieces(writing: Writing) -> Generator[str, None, None]:
            try:
                theirs = self.loaded().generate(messages, tokens, fresh=fresh)
                writing.cached = theirs.cached
                with closing(theirs):
                    for piece in theirs:
                        writing.usage = theirs.usage
                        yield piece
                    writing.usage = theirs.usage
            except ModelError as error:
                self._fail(error)
                raise

        return Writing(pieces)

    def score(
        self, messages: Sequence[Message], continuations: Sequence[str], *, fresh: bool = False
    ) -> Sequence[float] | None:
        """What the writer says."""
        try:
            return self.loaded().score(messages, continuations, fresh=fresh)
        except ModelError as error:
            self._fail(error)
            raise

    def start_over(self, beginning: Sequence[Message] | None = None) -> None:
        """Have the writer forget what it was asked last: nothing, if it is not loaded."""
        if self._loaded:
            self._loaded.start_over(beginning)

    def _fail(self, error: ModelError) -> None:
        self.failure, self._failed_at = str(error), time.monotonic()


class Fallback:
    """Writers in order: those that rest come last. Call it for those of the moment."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._choices = tuple(choices)
        for place, choice in enumerate(self._choices):
            choice.before = self._choices[:place]

    def settle(self) -> None:
        """Load the first that can be had. Raises ModelError where none can."""
        for choice in self._choices:
            try:
                choice.loaded()
                return
            except ModelError as error:
                last = error
        if len(self._choices) == 1:
            raise last
        raise ModelError("; ".join(choice.failure for choice in self._choices))

    def __call__(self) -> Sequence[Writer]:
        """All of them, the one to be asked first in front."""
        return sorted(self._choices, key=lambda choice: choice.is_resting)
