"""What the page of evals can do: list cases, run them, and look at, ask again and delete runs."""

import tempfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from time import monotonic

from commands.eval_index import CASES, NOTES, gold_of
from commands.evals import kept
from commands.evals.provenance import cases_digest
from commands.evals.run import NO_MODEL_RUN, EvalRequest, evaluate
from commands.ingestion import sources_of
from eval.case_files import distinct_cases, load_cases
from eval.labels import LABELS_FILE, Labels
from eval.report.as_json import render_json
from eval.report.html import render_html
from eval.report.results import Result
from eval.runner import Halted
from eval.runs import RunInfo, Runs
from eval.types import Outcome, Run
from ingest.types import Progress
from rag.chat_models.health import Offer, available
from rag.config import Settings
from rag.errors import CaseError, CribError
from rag.files import write_text
from web.evals_page.protocols import CaseSet, EvalPhase, RunProgress, RunRequest
from web.work import Tell

SHIPPED_CASES = "shipped"
_RECENT = 20
"""Cases by whose pace the time left is told."""


class LocalEvals:
    """Over a home. Implements `web.evals_page.protocols.EvalController`."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        """Take what tells the settings that hold just now."""
        self._settings = settings
        self._runs = Runs(settings().home)

    @cached_property
    def _folder(self) -> "tempfile.TemporaryDirectory[str]":
        return tempfile.TemporaryDirectory(prefix="cribsheet-")

    def case_sets(self) -> Sequence[CaseSet]:
        """The gold next to each folder of notes, or why it cannot be asked; and what is shipped."""
        found = []
        for key, (cases, notes) in self._files().items():
            count, problem = 0, ""
            try:
                count = len(load_cases(cases))
            except CribError as error:
                problem = str(error)
            found.append(CaseSet(key, str(notes), count, key == SHIPPED_CASES, problem))
        return found

    def models(self) -> Sequence[Offer]:
        """Those that can be asked, without the stand-in that is no model."""
        offers = available(self._settings())
        return [one for one in offers if one.ok and one.llm != NO_MODEL_RUN]

    def make_run(self, request: RunRequest, tell: Tell[RunProgress, int]) -> None:
        """Run the cases; what is done is kept if it is stopped, and the same request goes on."""
        if request.cases not in self._files():
            raise CaseError("these cases are not there any more; choose others")
        pace = _Pace(tell)
        llm = request.llm != NO_MODEL_RUN
        chosen: dict[str, object] = {"llm": request.llm} if llm else {}
        chosen |= {"passages": request.passages} if request.passages else {}
        used = self._settings().model_copy(update=chosen)
        wanted = EvalRequest(
            *self._files()[request.cases],
            llm=llm,
            closed_book=request.closed_book,
            name=request.name,
            on_progress=pace.asked,
            on_ingest=pace.indexed,
        )
        try:
            evaluate(used, wanted)
        except Halted:  # before the first case
            return
        tell(self._runs.listing()[0].id)

    def listing(self) -> Sequence[RunInfo]:
        """All runs, the newest first."""
        return self._runs.listing()

    def means(self, metrics: Sequence[str]) -> Mapping[int, Sequence[float | None]]:
        """As the store of runs has them."""
        return self._runs.means(metrics)

    def run(self, number: int) -> Run:
        """One of them, with all its outcomes."""
        return self._runs.run(str(number))

    def forget(self, number: int) -> None:
        """Delete it, and the answers that no other run holds."""
        self._runs.forget([number])

    def ask_again(self, run: Run, outcome: Outcome, llm: str, passages: int) -> Outcome:
        """Ask a case again of the notes that its run asked about."""
        notes = self._notes_of(run)
        return kept.ask_again(self._settings(), run, outcome, notes, llm, passages)

    def labels(self) -> Labels:
        """Those in the home, as they are just now."""
        return Labels(self._settings().home / "eval" / LABELS_FILE)

    def report(self, result: Result, suffix: str) -> Path:
        """A file that is gone when the program ends."""
        name = "".join(c if c.isalnum() or c in "-_" else "-" for c in result.run.id)[:60]
        path = Path(self._folder.name) / f"eval-{name}.{suffix}"
        render = render_html if suffix == "html" else render_json
        try:
            write_text(path, render(result))
        except OSError as error:
            raise CaseError(f"{path} cannot be written ({error.strerror})") from None
        return path

    def _files(self) -> dict[str, tuple[Path, Path]]:
        """Cases and their notes by the key of the set."""
        folders = [Path(one) for one in sources_of(self._settings()) if Path(one).is_dir()]
        own = {str(notes): (gold_of(notes), notes) for notes in folders}
        shipped = {SHIPPED_CASES: (CASES, NOTES)} if NOTES.is_dir() else {}
        return {key: both for key, both in own.items() if both[0].is_file()} | shipped

    def _notes_of(self, run: Run) -> Path:
        """The notes of the set that the run asked."""
        for cases, notes in self._files().values():
            with suppress(CribError):  # `case_sets` says of one that it cannot be read
                if cases_digest(distinct_cases(load_cases(cases))[0]) == run.provenance.get(
                    "cases"
                ):
                    return notes
        raise CaseError(
            "the cases of this run have changed since, so that their notes are not known; "
            "crib eval retry RUN CASE --notes FOLDER names them"
        )


class _Pace:
    """Tells how far a run is, and how long it takes yet by the pace of the last cases."""

    def __init__(self, tell: Tell[RunProgress, int]) -> None:
        self._tell = tell
        self._phase = EvalPhase.ASKING
        self._ends: deque[float] = deque(maxlen=_RECENT)
        self._before = 0

    def indexed(self, step: Progress) -> None:
        """A step of the ingest that may come before."""
        self._say(RunProgress(EvalPhase.INDEXING, step.done, step.total, step.seconds_left))

    def asked(self, _outcome: Outcome, done: int, total: int) -> None:
        """A case is done. They are counted anew when the model is asked without the notes."""
        if done <= self._before:
            self._phase = EvalPhase.CLOSED_BOOK
            self._ends.clear()
        self._before = done
        self._ends.append(monotonic())
        left = None
        if len(self._ends) > 1:
            each = (self._ends[-1] - self._ends[0]) / (len(self._ends) - 1)
            left = each * (total - done)
        self._say(RunProgress(self._phase, done, total, left))

    def _say(self, step: RunProgress) -> None:
        if not self._tell(step):
            raise Halted
