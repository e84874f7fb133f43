"""The evals of the page without a model or an index: runs are kept, answers are scripted."""

from dataclasses import replace
from pathlib import Path
from threading import Event

from eval_fakes import ScriptedAssistant, make_answer, make_case, make_chunk

from eval.causes import find_cause
from eval.labels import LABELS_FILE, Labels
from eval.runner import RunOptions, run_cases
from eval.runs import RunPlan, Runs, answer_key
from eval.types import Run
from rag.chat_models.health import Offer
from rag.types import Status
from web.evals_page.protocols import CaseSet, EvalPhase, RunProgress

HOSTILE = "<img src=x onerror=alert(1)> ${alert(1)} {{x}}"


def cases_of(count=6, question="What is asked by"):
    """As many cases, the last of which the notes do not answer."""
    made = [make_case(case_id=f"case-{n}") for n in range(count)]
    made[-1] = make_case(case_id=f"case-{count - 1}", answerable=False, quotes=(), references=())
    return [replace(one, question=f"{question} {one.id}?") for one in made]


def answer_to(case, right=True):
    """One that holds what is wanted and cites it; else one that cites something else."""
    chunk = make_chunk()
    if not case.answerable:
        return make_answer("Nothing is said of it.", [chunk], status=Status.REFUSED)
    if right:
        return make_answer("Clarify [1]", [chunk], [(chunk, "Clarify explains biases.")])
    return make_answer("Canvas [1]", [chunk], [(chunk, "It also debugs predictions.")])


def keep_run(runs, cases, wrong=(), name="", model="tiny", ended=True):
    """Put the cases, answer those at the places `wrong` wrongly, and keep the run."""
    replies = {c.question: answer_to(c, n not in wrong) for n, c in enumerate(cases)}
    keys = [answer_key(f"{model} {sorted(wrong)} {name}", case) for case in cases]
    plan = RunPlan(keys, {"llm": model}, {"cases": "c", "commit": "abc"}, name, fresh=True)
    recording = runs.begin(plan)
    asked = cases if ended else cases[:2]
    done = run_cases(ScriptedAssistant(replies), asked, options=RunOptions(memory=recording))
    explained = [replace(one, miss=find_cause(one)) for one in done.outcomes]
    if ended:
        recording.end(explained)
    recording.close()
    return recording.number


class ScriptedEvals:
    """Keeps runs under `home`; a gate that is closed holds a run before its second case."""

    def __init__(self, home: Path):
        self.home = home
        self.runs = Runs(home)
        self.cases = cases_of()
        self.gate = Event()
        self.gate.set()
        self.requests = []
        self.error = None

    def case_sets(self):
        """The shipped ones."""
        return [CaseSet("shipped", "notes", len(self.cases), is_shipped=True)]

    def models(self):
        """One on this machine."""
        return [Offer("local", True, "")]

    def make_run(self, request, tell):
        """Tell of every case, and keep a run in which the second is wrong."""
        self.requests.append(request)
        if self.error:
            raise self.error
        for done in range(len(self.cases)):
            if not tell(RunProgress(EvalPhase.ASKING, done, len(self.cases), 12.0)):
                return
            if done == 1:
                while not self.gate.wait(0.05):
                    if not tell(RunProgress(EvalPhase.ASKING, done, len(self.cases), 12.0)):
                        return
        tell(keep_run(self.runs, self.cases, {1}, request.name, request.llm))

    def listing(self):
        """As kept."""
        return self.runs.listing()

    def means(self, metrics):
        """As kept."""
        return self.runs.means(metrics)

    def run(self, number) -> Run:
        """As kept."""
        return self.runs.run(str(number))

    def forget(self, number):
        """For good."""
        self.runs.forget([number])

    def ask_again(self, _run, outcome, llm, passages):
        """Rightly, this time."""
        answer = answer_to(outcome.case)
        self.requests.append((outcome.case.id, llm, passages))
        scored = run_cases(ScriptedAssistant({outcome.case.question: answer}), [outcome.case])
        return scored.outcomes[0]

    def labels(self):
        """In the home."""
        return Labels(self.home / "eval" / LABELS_FILE)

    def report(self, result, suffix):
        """The name of the run."""
        path = self.home / f"report.{suffix}"
        path.write_text(result.run.id, "utf-8")
        return path
