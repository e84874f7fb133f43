"""How long until a person can do something? Wall time of real processes on this machine.

    python -m benchmarks.startup [--rounds 3] [--llm]

Prints a table of medians: a question at the command line until its sources are printed, retrieval
alone, the page until it serves and until it has an answer, and with --llm the first token of the
local model and the memory of the process. The first lines say how fast the machine is, since a
figure without that says little.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from commands.ingestion import ingest, show_ingest
from rag.answer_wiring import build_assistant, load_writers
from rag.config import Settings, load_settings
from rag.index_wiring import Store, open_store

QUESTIONS = (
    "Which SageMaker tool explains bias?",
    "What can MLFlow track?",
    "Who can the reviewers in Ground Truth be?",
    "Which kind of inference fits a long processing time?",
)
CRIB = [sys.executable, "-m", "app"]
PORT = 17860


def machine() -> Iterator[tuple[str, float]]:
    """Seconds for two fixed jobs: they tell a fast machine from a slow or busy one."""
    begin = time.perf_counter()
    sum(i * i for i in range(5_000_000))
    yield "machine: 5 million multiplications in Python, s", time.perf_counter() - begin
    begin = time.perf_counter()
    bytearray(256 << 20)
    yield "machine: 256 MB of new memory, s", time.perf_counter() - begin


def ask_to_sources(home: Path) -> float:
    """Seconds from the start of `crib ask` until the passages stand on the screen."""
    begin = time.perf_counter()
    command = [*CRIB, "ask", QUESTIONS[0]]
    environment = os.environ | {"CRIB_HOME": str(home), "CRIB_LLM": "none"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        for line in process.stdout or ():
            if line.strip().startswith("[1]"):
                found = time.perf_counter() - begin
        process.wait()
    return found


def page_to_answer(home: Path) -> float:
    """Seconds from the start of `crib serve` until the page is served, extractive answers ready."""
    begin = time.perf_counter()
    environment = os.environ | {"CRIB_HOME": str(home), "CRIB_LLM": "none"}
    with subprocess.Popen([*CRIB, "serve", "--port", str(PORT)], env=environment) as process:
        while not _answers():
            time.sleep(0.05)
        seconds = time.perf_counter() - begin
        process.terminate()
    return seconds


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def retrieval(store: Store, settings: Settings, rounds: int) -> list[float]:
    """Milliseconds from a question to its fused passages, warm."""
    from rag.retrieval import HybridRetriever

    retriever = HybridRetriever(store.index, store.embedder, settings.passages)
    retriever.retrieve(QUESTIONS[0])
    return [_milliseconds(partial(retriever.retrieve, q)) for q in QUESTIONS * rounds]


def _milliseconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begin)


def model(store: Store, settings: Settings) -> Iterator[tuple[str, float]]:
    """Loading, first token and memory of the local model."""
    begin = time.perf_counter()
    writers = load_writers(settings)
    yield "local model: load, s", time.perf_counter() - begin
    assistant = build_assistant(settings, store, writers)
    firsts, totals = [], []
    for question in QUESTIONS:
        answer = assistant.ask(question)
        firsts.append(answer.timings.first_token or 0.0)
        totals.append(answer.timings.total or 0.0)
    yield "local model: first question, first token, s", firsts[0]
    yield "local model: later questions, first token, s (median)", statistics.median(firsts[1:])
    yield "local model: later questions, whole answer, s (median)", statistics.median(totals[1:])
    peak = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    )
    yield "memory of the process at its highest, MB", int(peak.split()[1]) / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--llm", action="store_true")
    arguments = parser.parse_args()
    for name, value in machine():
        print(f"{value:10.2f}  {name}")
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings().model_copy(update={"home": Path(folder)})
        show_ingest(ingest(settings, "notes"))
        store = open_store(settings)
        rounds = range(arguments.rounds)
        asked = statistics.median(ask_to_sources(settings.home) for _ in rounds)
        print(f"{asked:10.2f}  crib ask, cold, to the sources on the screen, s")
        served = statistics.median(page_to_answer(settings.home) for _ in rounds)
        print(f"{served:10.2f}  crib serve, second start, to the page (extractive), s")
        found = retrieval(store, settings, arguments.rounds)
        print(f"{statistics.median(found):10.1f}  retrieval, warm, ms (worst {max(found):.1f})")
        if arguments.llm:
            for name, value in model(store, settings):
                print(f"{value:10.2f}  {name}")


if __name__ == "__main__":
    main()
