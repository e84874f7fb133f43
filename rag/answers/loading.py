"""An answerer that takes a while to load, and who answers meanwhile."""

import threading
from collections.abc import Callable

from rag.answering import ExtractiveAnswerer
from rag.protocols import Answerer

STILL_LOADING = "The model is still loading: these are the notes' own sentences."

Load = Callable[[], Answerer]


class Loading:
    """An answerer that is being loaded, and what stands in for it until then, or for good.

    Call it for the answerer of the moment; `wait` for the one that was asked for.
    """

    def __init__(self, load: Load, llm: str = "none") -> None:
        """Take what loads, and the value of CRIB_LLM that it loads."""
        self._load = load
        self._wanted = llm
        self._loaded = ""
        self._answerer: Answerer = ExtractiveAnswerer(STILL_LOADING)
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._latest = 0
        self._problem = ""

    def start(self) -> None:
        """Begin to load, in the background."""
        self._begin(self._load, self._wanted)

    def use(self, load: Load, llm: str) -> None:
        """Load another one in the background; the one before answers until then, and is let go.

        It goes on answering if the other cannot be had. Of several the last one counts.
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

    def _take(self, loaded: Answerer | None, problem: str) -> None:
        wanted, self._wanted = self._wanted, ""
        if loaded:
            self._answerer, self._loaded, self._problem = loaded, wanted, ""
        elif self._loaded:
            self._problem = f"{problem}; {self._answerer.model} goes on answering"
        else:
            self._answerer = ExtractiveAnswerer(f"No model answers: {problem}")

    def __call__(self) -> Answerer:
        """The answerer of the moment."""
        return self._answerer

    @property
    def notice(self) -> str:
        """Why another one answers than was asked for; empty if none does."""
        return self._problem or self._answerer.notice

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

    def wait(self) -> Answerer:
        """The answerer that was asked for, or what stands in for it if it could not be had."""
        self._done.wait()
        return self._answerer
