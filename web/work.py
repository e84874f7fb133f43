"""Something long that one person begins and many may watch.

It runs in a thread of its own: a page that is closed does not end it, one that is opened meanwhile
sees how far it is, and anybody may stop it.
"""

from collections.abc import Callable, Iterator
from enum import Enum
from threading import Condition, Lock, Thread
from typing import Generic, TypeVar

_Step = TypeVar("_Step")
End = TypeVar("End")


class Halt(Enum):
    """News of work that a person stops."""

    STOPPING = "stopping"
    STOPPED = "stopped"


Tell = Callable[[_Step | End], bool]
"""Takes a step, or at last the end; False if the work is to end as soon as it can."""


class Work(Generic[_Step, End]):
    """One piece of work. Iterate it for its news; the last is its end or, if stopped, STOPPED.

    Any number of readers may do so at the same time. A slow one misses steps, never the end. What
    the work raises is raised to each. `number` counts its kind, from 1.
    """

    def __init__(self, job: Callable[[Tell[_Step, End]], None], first: _Step, number: int) -> None:
        """Begin `job`. News of the class of `first` are steps, any other is the end."""
        self.number = number
        self._job = job
        self._steps = type(first)
        self._changed = Condition()
        self._news: _Step | End | Halt | Exception = first
        self._count = 1
        Thread(target=self._carry_out, name="work", daemon=True).start()

    def __iter__(self) -> Iterator[_Step | End | Halt]:
        seen = 0
        while True:
            seen, news = self._after(seen)
            if isinstance(news, Exception):
                raise news
            yield news
            if self._is_last(news):
                return

    @property
    def news(self) -> _Step | End | Halt | Exception:
        """The latest; an error is the last."""
        with self._changed:
            return self._news

    @property
    def is_over(self) -> bool:
        """True once it has ended, however it did."""
        return self._is_last(self.news)

    def stop(self) -> None:
        """End it after the step at hand. Work that is over stays as it ended."""
        with self._changed:
            if not self._is_last(self._news):
                self._put(Halt.STOPPING)

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it is over, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_last(self._news), seconds)

    def _is_last(self, news: _Step | End | Halt | Exception) -> bool:
        return not isinstance(news, self._steps) and news is not Halt.STOPPING

    def _after(self, seen: int) -> tuple[int, _Step | End | Halt | Exception]:
        """The latest news and its number, once that is above `seen`."""
        with self._changed:
            self._changed.wait_for(lambda: self._count > seen)
            return self._count, self._news

    def _carry_out(self) -> None:
        try:
            self._job(self._tell)
            if self.news is Halt.STOPPING:
                self._tell(Halt.STOPPED)
        except Exception as error:  # whatever it is, it is the readers'
            self._tell(error)

    def _tell(self, news: _Step | End | Halt | Exception) -> bool:
        with self._changed:
            if self._news is not Halt.STOPPING or self._is_last(news):
                self._put(news)
            return self._news is not Halt.STOPPING

    def _put(self, news: _Step | End | Halt | Exception) -> None:
        self._news = news
        self._count += 1
        self._changed.notify_all()


class OneAtATime(Generic[_Step, End]):
    """Begins work of one kind, once for all who ask at the same time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._work: Work[_Step, End] | None = None

    @property
    def latest(self) -> Work[_Step, End] | None:
        """The work that is going on, else the last one."""
        with self._lock:
            return self._work

    @property
    def number(self) -> int:
        """How much work there was, with what is going on."""
        work = self.latest
        return work.number if work else 0

    def stop(self) -> None:
        """Stop the work that is going on, if there is any."""
        if work := self.latest:
            work.stop()

    def _begun(self, job: Callable[[Tell[_Step, End]], None], first: _Step) -> Work[_Step, End]:
        """The work that is going on, whatever its job; else a new one."""
        with self._lock:
            if self._work is None or self._work.is_over:
                self._work = Work(job, first, self._work.number + 1 if self._work else 1)
            return self._work
