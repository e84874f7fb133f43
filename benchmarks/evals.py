"""What an eval costs beside its answers, and how long one without a language model takes.

    python -m benchmarks.evals [--cases 80] [--rounds 3]

The first figures are of `crib eval` as a process, in a home of its own whose notes are indexed
already: loading the embedding model, asking so many of the shipped cases, scoring, explaining and
printing; with nothing known, and a second time with every answer known. Then what the runner takes
beside an assistant that answers at once: the scorers, and keeping what came in SQLite. Last the
same cases asked by one thread and by more, for what the search alone answers.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from commands.eval_index import CASES, NOTES, index_of
from eval.case_files import dump, load_cases
from eval.runner import RunOptions, run_cases, score
from eval.runs import RunPlan, Runs, answer_key
from eval.types import Case
from rag.answer_wiring import build_assistant
from rag.answers.writers import NoModel
from rag.config import Settings, load_settings
from rag.types import Answer, Role, Turn

THREADS = (1, 2, 4)


class Known:
    """Answers at once, with what was answered before."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self._answers = answers

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The answer of before."""
        return self._answers[question]


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def process(home: Path, cases: Path, *more: str) -> float:
    """Seconds that `crib eval` takes as a person starts it."""
    command = [sys.executable, "-m", "app", "eval", "--cases", str(cases), *more]
    environment = os.environ | {"CRIB_HOME": str(home)}
    return timed(lambda: subprocess.run(command, env=environment, check=True, capture_output=True))


def overhead(cases: Sequence[Case], answers: dict[str, Answer], folder: Path) -> float:
    """Seconds a case beside the answer: scored and kept."""
    plan = RunPlan([answer_key("known", case) for case in cases], {}, {}, fresh=True)
    recording = Runs(folder).begin(plan)
    spent = timed(lambda: run_cases(Known(answers), cases, options=RunOptions(memory=recording)))
    recording.close()
    return spent / len(cases)


def measured(settings: Settings, cases: Sequence[Case], rounds: int) -> None:
    """Print what the runner costs, and what threads bring, over the index of `settings`."""
    store = index_of(settings, cases, NOTES)
    assistant = build_assistant(settings, store, lambda: [NoModel()], roles=(Role.NOTE,))
    plain = [case for case in cases if not case.before and not case.options]
    answers = {case.question: assistant.ask(case.question) for case in plain}
    costs, scorers = [], []
    for turn in range(rounds):
        costs.append(overhead(plain, answers, settings.home / str(turn)))
        scored = timed(lambda: [score(case, answers[case.question]) for case in plain])
        scorers.append(scored / len(plain))
    print(f"{1000 * median(scorers):8.2f}  the scorers, a case, ms")
    print(f"{1000 * (median(costs) - median(scorers)):8.2f}  the runner beside them, a case, ms")
    for threads in THREADS:
        work = partial(run_cases, assistant, plain, options=RunOptions(parallel=threads))
        spent = median([timed(work) for _ in range(rounds)])
        print(f"{spent:8.2f}  {len(plain)} cases asked, {threads} threads, s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=80)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    cases = load_cases(CASES)[: arguments.cases]
    with tempfile.TemporaryDirectory() as folder:
        home, file = Path(folder), Path(folder) / "cases.jsonl"
        file.write_text("\n".join(map(dump, cases)) + "\n", "utf-8")
        first = process(home, file)
        print(f"{first:8.2f}  crib eval, {len(cases)} cases, the notes indexed for it, s")
        anew = median([process(home, file, "--fresh") for _ in range(arguments.rounds)])
        print(f"{anew:8.2f}  crib eval, {len(cases)} cases, all asked, s")
        again = median([process(home, file) for _ in range(arguments.rounds)])
        print(f"{again:8.2f}  crib eval, {len(cases)} cases, all known, s")
        settings = load_settings().model_copy(update={"home": home, "llm": "none"})
        measured(settings, cases, arguments.rounds)


if __name__ == "__main__":
    main()
