"""`crib eval --calibrate`: when a question is refused, fitted on cases and kept in the home."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import typer
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from commands.eval_index import OUT_OF_NOTES, index_of
from commands.evals.run import EvalRequest
from eval.calibration import Finder, Sample, by_reading, by_search, calibration
from eval.calibration import calibrate as refit
from eval.case_files import load_cases
from eval.report.results import bounds
from eval.stats import wilson_interval
from rag.answer_wiring import build_prompter, load_writers
from rag.config import Settings
from rag.errors import SettingsError
from rag.index_wiring import build_reader, build_retriever
from rag.prompts import REFUSAL, Prompter
from rag.protocols import Writer
from rag.search.baseline import baseline
from rag.search.confidence import CALIBRATION_FILE, Judge, of_home, save
from rag.types import Evidence, Role

OUT = "out of notes"
"""The kind of such cases."""


def run_calibration(settings: Settings, request: EvalRequest) -> None:
    """Fit how sure an answer is on these cases, say what changes, and keep it in the home.

    Raises:
        CaseError: a case is malformed, or there are too few.
        SettingsError: the home cannot be written to.
    """
    loaded = load_cases(request.cases)
    out = load_cases(OUT_OF_NOTES)
    store = index_of(settings, loaded, request.notes)
    retriever = build_retriever(settings, store, (Role.NOTE,), 2 * settings.passages)
    usual = baseline(store.index.catalog)
    finder = Finder(retriever, build_reader(store), settings.passages, usual)
    old, _ = of_home(settings.home, store.embedder.fingerprint)
    search = by_search(finder, loaded, [*out, *(case for case in loaded if case.kind == OUT)])
    reading = None
    if request.llm:
        writer = load_writers(settings)()[0]
        doubt = partial(doubt_of, writer, build_prompter(settings, store))
        judge = refit(search.features, search.labels)
        reading = by_reading(finder, loaded, judge, doubt)
    new = calibration(store.embedder.fingerprint, search, reading, old.reading)
    new = replace(new, languages=tuple(store.index.languages()) or new.languages)
    pairs = [("by the search", search, old.search, new.search)]
    pairs += [("by reading", reading, old.reading, new.reading)] if reading else []
    Console().print(compare_calibrations(pairs, settings.wrong_answers))
    path = settings.home / CALIBRATION_FILE
    try:
        save(new, path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}); set CRIB_HOME") from None
    typer.echo(f"written: {path}")


def doubt_of(writer: Writer, prompter: Prompter, evidence: Evidence) -> float | None:
    """The probability that a model begins with a refusal; None if it does not tell."""
    if writer.prompts is None:
        return None
    given = prompter.given(evidence, writer.prompts)
    scores = writer.score(prompter.messages(evidence, given, writer.prompts), (REFUSAL,))
    return math.exp(scores[0]) if scores else None


def compare_calibrations(
    rows: Sequence[tuple[str, Sample, Judge, Judge]], wrong_answers: float
) -> Group:
    """What a calibration changes, by what it looks at, the old one before the new one."""
    title = f"at most {wrong_answers:g} in 100 answers wrong"
    table = Table("", title=title, title_justify="left")
    for heading in ("AUROC", "answerable answered", "others answered"):
        table.add_column(heading, justify="right")
    for name, sample, old, new in rows:
        for when, judge in (("before", old), ("after", new)):
            table.add_row(f"{name}, {when}", *_cells(sample, judge, wrong_answers))
    return Group(table, Text("After: of the very cases it was fitted on; the intervals are 95%."))


def _cells(sample: Sample, judge: Judge, wrong_answers: float) -> list[str]:
    found = sample.area(judge)
    held, missing = sample.answered(judge, wrong_answers)
    answerable = sum(sample.labels)
    shares = (
        wilson_interval(held, answerable),
        wilson_interval(missing, len(sample.labels) - answerable),
    )
    return [f"{one.mean:.3f} {bounds(one)}" for one in (found, *shares) if one]
