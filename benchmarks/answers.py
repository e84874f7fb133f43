"""How good are the answers of a model, and can it be led to cite what is not there?

    python -m benchmarks.answers PART ... [--llm NAME] [--vault FOLDER] [--check FILE]

Parts: `quiz` (the shipped cases), `invented` (cases over notes that say something else than a model
believes, and over two notes that disagree), `invented_choices` (exam questions over those notes,
with what a model believes among the options), `planted` (notes with instructions in them),
`scripted` (a thousand made-up answers; needs no model) and, with `--vault`, `choice` (exam
questions with options, with notes and without) and `others` (those whose answer's name stands in no
note). `--check` writes fifty cited sentences, each with what it is to carry, for a person to judge.

`carried` is the share of citing sentences that what they cite carries, under its headings and
without the rest of the passages, by the rules of rag/grounding.py; `citation_precision` is the
share of citations that touch what the case quotes.

What the closest line (rag/answers/closest.py) brought, of the 58 answerable cases that shipped when
it was written: 51 right without it, 55 with it. Of 24 others that nothing was chosen on: 12 without
it, 17 where it was told whether it is clear or not. It took away none of the refusals that were
right.

Of 360 answers that the local model wrote (these cases, the dialogues, the invented notes), nine
got other lines, all of them right ones (of these cases' citations 0.93, not 0.91), with: each item
that a list names, each of two things set against each other, all items that are counted, doubled
letters, no word of "yes" and "'s", nothing of what a sentence says of another thing ("unlike B"),
and a number moved where all is held elsewhere and fits better.

Tried and not kept. That line whether it is clear or not: a quarter of those told did not hold the
answer. Less for a sentence that says much else, or names what the claim does not: none changed, or
for the worse. The cosine of question and claim to each sentence, beside the words it shares: of
those answers two citations got better, and one to five worse, the more it weighed.
"""

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from benchmarks.choice import choose
from benchmarks.exam import CASES, NOTES, require_vault
from benchmarks.planted import obeyed, write_notes
from benchmarks.scripted import tell
from commands.ingestion import ingest
from commands.reports import show_ingest
from eval.case_files.loading import load_cases
from eval.posing import posed
from eval.scorers import SCORERS
from eval.statistics.stats import mean_interval
from eval.types import Case
from rag.answers.citations import MARKS
from rag.assistant import Assistant
from rag.config import Settings, load_settings
from rag.grounding import Carrier, grade
from rag.protocols import Answerer
from rag.search.evidence import EvidenceReader
from rag.types import Answer, Citation, Grounding, Hit, Role
from rag.wiring import Store, build_assistant, load_answerer, open_store

INVENTED = Path("eval/cases/invented.jsonl")
INVENTED_CHOICES = Path("eval/cases/invented_choices.jsonl")
INVENTED_NOTES = Path("eval/cases/invented_notes")
CHECKED = 50  # citations that a person judges
SCORED = (
    "choice_accuracy",
    "reference_match",
    "citation_precision",
    "citation_recall",
    "refusal_right",
)
PARTS = ("quiz", "invented", "invented_choices", "planted", "scripted", "choice", "others")

_ASKED = {
    "quiz": (CASES, NOTES),
    "invented": (INVENTED, INVENTED_NOTES),
    "invented_choices": (INVENTED_CHOICES, INVENTED_NOTES),
}


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence of an answer, what it cites, and how far that carries it."""

    question: str
    said: str
    on: tuple[Citation, ...]
    grade: Grounding


def assistant_over(notes: Path, home: Path, settings: Settings) -> tuple[Assistant, Store]:
    """An assistant over an index of `notes` alone, its quiz sections left out."""
    own = settings.model_copy(update={"home": home})
    show_ingest(ingest(own, str(notes)))
    store = open_store(own)
    answerer: Answerer = load_answerer(own, store)
    return build_assistant(own, store, lambda: answerer, roles=(Role.NOTE,)), store


def carried(answer: Answer, reader: EvidenceReader) -> Iterator[Cited]:
    """Each sentence that cites, and how far what it opens on carries it without the rest."""
    for claim in answer.claims:
        said = answer.text[claim.start : claim.end]
        cited = tuple(c for c in answer.citations if f"[{c.number}]" in said)
        if not cited:
            continue
        bare = MARKS.sub("", said).strip()
        shown = [f"{''.join(c.chunk.headings[-1:])}: {c.quote}" for c in cited]
        (near,) = reader.likeness([bare], shown)
        carriers = [
            Carrier(c.quote, f"{c.chunk.breadcrumb} {c.chunk.context}", cosine)
            for c, cosine in zip(cited, near, strict=True)
        ]
        yield Cited(answer.question, said, cited, grade(bare, answer.question, carriers))


def ask_cases(
    cases: Sequence[Case], assistant: Assistant, reader: EvidenceReader, check: Path | None
) -> Iterator[str]:
    """Ask all; a line for each that was answered wrongly, then one for each measure."""
    scores: dict[str, list[float]] = {}
    cited: list[Cited] = []
    for case in cases:
        answer = assistant.ask(posed(case))
        cited += carried(answer, reader)
        for name in SCORED:
            if (score := SCORERS[name](case, answer)) is not None:
                group = f"{name}, {case.kind}" if case.kind == "disagreement" else name
                scores.setdefault(group, []).append(score)
        right = "choice_accuracy" if case.options else "reference_match"
        if SCORERS[right](case, answer) == 0:
            yield f"  wrong: {case.question} -> {answer.text!r}"
    scores["carried"] = [float(one.grade is not Grounding.NOT_FOUND) for one in cited]
    yield from (_line(name, values) for name, values in scores.items())
    if check:
        _write_check(check, cited)


def _line(name: str, scores: Sequence[float]) -> str:
    interval = mean_interval(scores, seed=0)
    bounds = f" ({interval.low:.2f} to {interval.high:.2f})" if interval else ""
    return f"{name:36}{fmean(scores):.3f}{bounds} n={len(scores)}"


def _write_check(check: Path, cited: Sequence[Cited]) -> None:
    drawn = random.Random(3).sample(cited, min(CHECKED, len(cited)))  # noqa: S311 (a sample)
    blocks = [
        "\n".join(
            [
                f"question: {one.question}\nclaim:    {one.said}",
                *(f"cited:    {c.chunk.breadcrumb}: {' '.join(c.quote.split())}" for c in one.on),
                f"code:     {one.grade.value}\ncarried?\n",
            ]
        )
        for one in drawn
    ]
    check.write_text("\n".join(blocks), "utf-8")


def ask_planted(settings: Settings, home: Path) -> Iterator[str]:
    """What was obeyed, by instruction."""
    folder = home / "planted"
    folder.mkdir()
    notes = write_notes(folder)
    assistant, _ = assistant_over(folder, home, settings)
    counts: Counter[str] = Counter()
    for note in notes:
        for question, is_said in ((note.asked, True), (note.not_said, False)):
            answer = assistant.ask(question)
            found = obeyed(note, answer, is_said=is_said)
            counts.update(found)
            counts["right"] += is_said and note.pressure in answer.text
            if found:
                yield f"  {note.name}: {', '.join(found)}: {question} -> {answer.text!r}"
    yield f"{len(notes)} notes, {2 * len(notes)} questions: {dict(counts)}"


def tell_scripted(store: Store, reader: EvidenceReader) -> Iterator[str]:
    """How many false citations were left, and how lies of each kind were graded."""
    chunks = [chunk for chunk in store.index.catalog.all_chunks() if chunk.role is Role.NOTE]
    told = list(tell([Hit(chunk, 1.0, 1.0) for chunk in chunks], reader.likeness))
    yield f"{len(told)} scripted answers, false citations left: {sum(one.false for one in told)}"
    for kind in ("nothing", "number", "name", "not"):
        of_kind = [one for one in told if one.lie.kind == kind]
        grounded = sum(Grounding.GROUNDED in one.grades for one in of_kind)
        withheld = sum(one.refused for one in of_kind)
        yield f"  wrong: {kind:8}{len(of_kind):4}, grounded {grounded}, withheld {withheld}"


def measured(part: str, settings: Settings, home: Path, given: argparse.Namespace) -> Iterator[str]:
    """The lines of one part."""
    if part == "planted":
        yield from ask_planted(settings, home)
    elif part in ("choice", "others"):
        require_vault(given.vault or Path(), "--vault")
        own = settings.model_copy(update={"home": home})
        yield from choose(own, given.vault, held=part == "choice")
    elif part == "scripted":
        _, store = assistant_over(NOTES, home, settings.model_copy(update={"llm": "none"}))
        yield from tell_scripted(store, EvidenceReader(store.index, store.embedder))
    else:
        cases, notes = _ASKED[part]
        assistant, store = assistant_over(notes, home, settings)
        reader = EvidenceReader(store.index, store.embedder)
        yield from ask_cases(load_cases(cases), assistant, reader, given.check)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How good are the answers of a model?")
    parser.add_argument("parts", nargs="+", choices=PARTS)
    parser.add_argument("--llm", default="local", help="as CRIB_LLM")
    parser.add_argument("--vault", type=Path, help="a folder with notes/ and questions.jsonl")
    parser.add_argument("--check", type=Path, help="where to write citations to judge by hand")
    given = parser.parse_args()
    settings = load_settings().model_copy(update={"llm": given.llm})
    for part in given.parts:
        print(f"\n{part}", flush=True)
        with tempfile.TemporaryDirectory() as home:
            for line in measured(part, settings, Path(home), given):
                print(line, flush=True)


if __name__ == "__main__":
    main()
