"""Is refused what the notes do not answer, and nothing else? What the figures of refusal rest on.

    python -m benchmarks.refusal [--vault FOLDER] [--llm] [--fit]

Questions that notes answer, against those out of them and against near misses (see
refusal_cases.py). Half of the questions, by their hash, is never fitted on, and is reported. Then
each feature is left out in turn, and each set of notes is judged by a model that was fitted on the
others: that is what notes are like which nobody has calibrated on.

Tried and not kept, with halves as here. The question's length, the margin of the best passage and
the agreement of both searches: AUROC fell from 0.999 to 0.989 on notes that were not fitted on.
Whether a number is asked for and the best sentence has none: near misses rose from 0.73 to 0.88
with no model, but a third of the answered questions for numbers look the same, and near misses
that people make up ask for numbers too often. A second prompt, "does a note state the answer? yes
or no": the small model says yes to most of both.

`--llm` has CRIB_LLM's local model read the passages of near misses and answerable questions.
`--fit` writes rag/search/calibration.json; without `--llm` it leaves there what the model's
reading says.
"""

import argparse
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from benchmarks.exam import require_vault
from benchmarks.refusal_cases import Asked, asked
from commands.ingestion import ingest
from commands.reports import show_ingest
from eval.statistics.calibration import auroc, calibrate, fit
from rag.answering import ChatAnswerer
from rag.config import Settings, load_settings
from rag.prompts import SMALL
from rag.search.confidence import (
    SEARCH_FEATURES,
    SHIPPED,
    Calibration,
    load,
    reading_features,
    refuses,
    save,
)
from rag.types import Evidence, Role
from rag.wiring import Store, build_reader, build_retriever, load_answerer, open_store

ANSWERED = 0.94
"""The share of answerable questions that are answered where refusals are counted."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A question with what was found for it."""

    asked: Asked
    evidence: Evidence
    features: Mapping[str, float]


def look(settings: Settings, cases: Sequence[Asked]) -> list[Seen]:
    """Search each set of notes for its questions."""
    found = []
    for notes, group in groupby(sorted(cases, key=lambda one: str(one.notes)), lambda c: c.notes):
        store = opened(settings, notes)
        retriever, reader = build_retriever(settings, store, (Role.NOTE,)), build_reader(store)
        for case in group:
            question = store.index.corrected(case.question)
            evidence = reader.read(question, retriever.retrieve(question))
            found.append(Seen(case, evidence, asdict(evidence.support)))
        store.close()
    return found


def opened(settings: Settings, notes: Path) -> Store:
    """An index of `notes` alone, kept under the home."""
    name = "-".join(notes.resolve().parts[-2:])
    own = settings.model_copy(update={"home": settings.home / "refusal" / name})
    show_ingest(ingest(own, str(notes)))
    return open_store(own)


def report(title: str, seen: Sequence[Seen], rate: Callable[[Seen], float]) -> None:
    """A line: AUROC, and how much is refused where 94 in 100 answerable ones are answered."""
    rates, labels = [rate(one) for one in seen], [one.asked.label for one in seen]
    area = auroc(rates, labels)
    if area:
        held = [r for r, label in zip(rates, labels, strict=True) if label]
        floor = np.quantile(held, 1 - ANSWERED, method="lower")
        missing = [r for r, label in zip(rates, labels, strict=True) if not label]
        refused = np.mean([r < floor for r in missing])
        print(
            f"{title:<44} {area.mean:.3f} [{area.low:.3f} {area.high:.3f}]  "
            f"{refused:6.1%}  {len(held):4} : {len(missing)}"
        )


def by_search(seen: Sequence[Seen]) -> None:
    """Print what the search alone tells apart."""
    out = [one for one in seen if one.asked.kind != "near"]
    near = [one for one in seen if one.asked.kind != "out" and one.asked.held_out]
    fitted, held = _halves(out)
    whole = _fitted(fitted, SEARCH_FEATURES)
    print(f"\n{'search alone, held-out half':<44} AUROC                refused  cases")
    report("out of notes, all features", held, whole)
    for name in SEARCH_FEATURES:
        rest = [one for one in SEARCH_FEATURES if one != name]
        report(f"  without {name}", held, _fitted(fitted, rest))
        report(f"  {name} alone", held, _fitted(fitted, [name]))
    for notes in sorted({one.asked.notes for one in out}):
        others = [one for one in fitted if one.asked.notes != notes]
        there = [one for one in held if one.asked.notes == notes]
        report(f"  {notes}, fitted on the others", there, _fitted(others, SEARCH_FEATURES))
    report("near misses", near, whole)


def _fitted(seen: Sequence[Seen], names: Sequence[str]) -> Callable[[Seen], float]:
    def some(one: Seen) -> dict[str, float]:
        return {name: one.features[name] for name in names}

    model = fit([some(one) for one in seen], [one.asked.label for one in seen])
    return lambda one: model.log_odds(one.features)


def _halves(seen: Sequence[Seen]) -> tuple[list[Seen], list[Seen]]:
    held = [one for one in seen if one.asked.held_out]
    return [one for one in seen if not one.asked.held_out], held


def by_reading(settings: Settings, seen: Sequence[Seen]) -> list[tuple[Seen, dict[str, float]]]:
    """Print what the model's reading adds; return what it was fitted on, with its features."""
    cases = [one for one in seen if one.asked.kind != "out"]
    searched = _fitted([one for one in seen if not one.asked.held_out], SEARCH_FEATURES)
    doubts = doubts_of(settings, cases)
    rated = [
        (one, reading_features(searched(one), doubt))
        for one, doubt in zip(cases, doubts, strict=True)
    ]
    fitted = [pair for pair in rated if not pair[0].asked.held_out]
    model = fit([own for _, own in fitted], [one.asked.label for one, _ in fitted])
    features = {id(one): own for one, own in rated}
    held = [one for one, _ in rated if one.asked.held_out]
    print(f"\n{'near misses, held-out half, with the model':<44} AUROC")
    report("  what the search found", held, lambda one: features[id(one)]["search"])
    report("  the model's doubt", held, lambda one: -features[id(one)]["doubt"])
    report("  both", held, lambda one: model.log_odds(features[id(one)]))
    for notes in sorted({one.asked.notes for one in held}):
        there = [one for one in held if one.asked.notes == notes]
        report(f"  both, {notes}", there, lambda one: model.log_odds(features[id(one)]))
    return rated


def doubts_of(settings: Settings, seen: Sequence[Seen]) -> list[float]:
    """How far the local model doubts, seconds a question; kept, so a second run asks nothing."""
    kept = settings.home / "refusal" / "doubts.json"
    known: dict[str, float] = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    answerer = None
    for one in seen:
        if _key(settings, one) not in known:
            answerer = answerer or load_answerer(settings, opened(settings, one.asked.notes))
            if not isinstance(answerer, ChatAnswerer):
                raise SystemExit("--llm needs CRIB_LLM=local")
            known[_key(settings, one)] = answerer.doubt(one.evidence, ()) or 0.0
            kept.write_text(json.dumps(known), "utf-8")
    return [known[_key(settings, one)] for one in seen]


def _key(settings: Settings, one: Seen) -> str:
    chunks = [hit.chunk.id for hit in one.evidence.passages]
    told = hashlib.sha256(repr(SMALL).encode()).hexdigest()[:12]
    return json.dumps([settings.llm, told, one.asked.question, chunks])


def main() -> None:
    """Print the tables; with --fit write the calibration that is shipped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vault", type=Path)
    parser.add_argument("--llm", action="store_true", help="let the local model read")
    parser.add_argument("--fit", action="store_true", help=f"write {SHIPPED.name}")
    given = parser.parse_args()
    if given.vault:
        require_vault(given.vault, "--vault")
    settings = load_settings()
    seen = look(settings, asked(given.vault))
    by_search(seen)
    rated = by_reading(settings, seen) if given.llm else []
    if given.fit:
        write(settings, seen, rated)


def write(
    settings: Settings, seen: Sequence[Seen], rated: Sequence[tuple[Seen, dict[str, float]]]
) -> None:
    """Fit on the half that nothing is reported on, and ship it."""
    out = [one for one in seen if one.asked.kind != "near" and not one.asked.held_out]
    read = [pair for pair in rated if not pair[0].asked.held_out]
    search = calibrate([one.features for one in out], [one.asked.label for one in out])
    labels = [one.asked.label for one, _ in read]
    refused = {at for at, (_, own) in enumerate(read) if refuses(own)}
    found = [own for _, own in read]
    reading = calibrate(found, labels, refused) if read else load(SHIPPED).reading
    embedding = opened(settings, seen[0].asked.notes).embedder.fingerprint
    save(Calibration(embedding, search, reading), SHIPPED)
    print(f"written: {SHIPPED}")


if __name__ == "__main__":
    main()
