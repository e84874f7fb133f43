"""Writers that take a while to load, and who answers meanwhile."""

import threading
from collections.abc import Callable, Sequence

from rag.answers.writers import NoModel
from rag.protocols import Writer, Writers

STILL_LOADING = "The model is still loading: these are the notes' own sentences."

Load = Callable[[], Writers]


class Loading:
    """Writers that are being loaded, and what stands in for them until then, or for good.

    Call it for the writers of the moment; `wait` for those that were asked for.
    """

    def __init__(self, load: Load, llm: str = "none") -> None:
        """Take what loads, and the value of CRIB_LLM that it loads."""
        self._load = load
        self._wanted = llm
        self._loaded = ""
        self._writers: Writers = lambda: (NoModel(STILL_LOADING),)
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._latest = 0
        self._problem = ""

    def start(self) -> None:
        """Begin to load, in the background."""
        self._begin(self._load, self._wanted)

    def use(self, load: Load, llm: str) -> None:
        """Load others in the background; those before answer until then, and are let go.

        They go on answering if the others cannot be had. Of several the last one counts.
        """
        self._begin(load, llm)

    def _begin(self, load: Load, llm: str) -> None:
        with self._lock:
            self._latest += 1
            self._wanted = llm
            self._done.clear()
            arguments = (load, self._latest)
        threading.Thread(target=self._run, args=arguments, name="load-model", daemon=True).start()

    def _run(self, load: Load, number: int) -> None:
        try:
            loaded, problem = load(), ""
        except Exception as error:  # whatever it is, somebody waits for an answer
            loaded, problem = None, str(error)
        with self._lock:
            if number == self._latest:
                self._take(loaded, problem)
                self._done.set()

    def _take(self, loaded: Writers | None, problem: str) -> None:
        wanted, self._wanted = self._wanted, ""
        if loaded:
            self._writers, self._loaded, self._problem = loaded, wanted, ""
        elif self._loaded:
            self._problem = f"{problem}; {self.first.name} goes on answering"
        else:
            self._writers = lambda: (NoModel(f"No model answers: {problem}"),)

    def __call__(self) -> Sequence[Writer]:
        """The writers of the moment."""
        return self._writers()

    @property
    def first(self) -> Writer:
        """The one that is asked first just now."""
        return self()[0]

    @property
    def notice(self) -> str:
        """Why another one answers than was asked for; empty if none does."""
        return self._problem or self.first.notice

    @property
    def named(self) -> set[str]:
        """The values of CRIB_LLM that answer, or will once they are loaded."""
        return {self._loaded, self._wanted} - {""}

    @property
    def llm(self) -> str:
        """The value of CRIB_LLM that answers, or will once it is loaded."""
        return self._wanted or self._loaded

    @property
    def is_done(self) -> bool:
        """True once it is known who answers."""
        return self._done.is_set()

    def wait(self) -> Sequence[Writer]:
        """The writers that were asked for, or what stands in if they could not be had."""
        self._done.wait()
        return self()
