"""Are the right lines found? Cribsheet's retrieval, each part switched off, and LangChain's.

    python -m benchmarks.retrieval [--vault FOLDER]
    python -m benchmarks.retrieval --latency 50000

All get the same embedding model and the same room: for each question as many characters as the
first 1, 3 and 5 passages have that LangChain's default finds for it
(`RecursiveCharacterTextSplitter`, 1,000 characters with 200 of overlap, dense search). Headings
that are shown above a passage count as much as its text. Behind a mean, the 95% interval of its
paired difference to Cribsheet's, by bootstrap; none where no question came out differently.

Without `--vault` the questions are the shipped cases, and right is the whole quote. With it they
are the exam questions of `FOLDER/questions.jsonl` over `FOLDER/notes` whose answer stands in the
notes, and right is a passage that holds the words of the answer's name in a row (endings aside);
once more for the whole answer, vendor and brackets included.

What was tried on the 76 exam questions of a vault of 36 notes, in the room of 1, 3 and 5 passages
(LangChain 0.49 0.76 0.79, Cribsheet 0.71 0.90 0.95), and is not kept, a question being 0.013:

    every score scaled to [0, 1] over 50 hits, summed     0.66 0.87 0.90
    the same, over 10, 20, 30, 100 hits                   0.67-0.68 0.86-0.92 0.90-0.92
    z-scores, summed                                      0.67 0.86 0.91
    reciprocal ranks, k = 1, 5, 10, 60                    0.62-0.68 0.86-0.90 0.92-0.93
    the same with k = 60, lexical weighing 1.5, 2, 3      0.62-0.65 0.86-0.87 0.91
    words in headings counting 0, 0.5, 1, 2 times         0.70-0.71 0.90-0.92 0.95
    covered words by idf in place of BM25                 0.68 0.91 0.93
    the same, of the best sentence, as a third score      0.66 0.87-0.90 0.93
    cosine of the best sentence as a third score          0.62-0.66 0.87-0.91 0.91-0.93
    cosine of the headings as a third score               0.62-0.65 0.83-0.88 0.91-0.93
    the best passage of the note as a third score         0.67-0.70 0.91-0.92 0.96-0.97
    the better neighbour as a third score                 0.62-0.68 0.83-0.90 0.90-0.95
    pseudo-relevance feedback, dense (Rocchio)            0.66-0.70 0.84-0.90 0.91-0.96
    pseudo-relevance feedback, lexical (3 to 10 words)    0.58-0.63 0.84-0.87 0.92-0.95
    maximal marginal relevance, 0.9, 0.8, 0.7, 0.5        0.67-0.68 0.84-0.88 0.87-0.93
    the whole question beside its essence, dense          0.68 0.88 0.95
    whole passages only, the next that fits               0.66 0.87 0.95

No two passages there are near duplicates, so leaving repetitions out brings nothing, nor does
joining neighbours: both are for the reader. That vault was looked at while this was built. On 40
questions that were written afterwards over the same notes, in other phrases (18 of them with a
person and a wish), there is no difference to be seen between the ways to fuse (0.73-0.75 0.85-0.90
0.85-0.93), and `essence` brings nothing: 0, 1 and 3 of the 40 were found without it alone.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean

from benchmarks.exam import CASES, NOTES, cell, exam, name_of, require_vault, says
from benchmarks.latency import latencies
from benchmarks.searches import Given, langchain_default, searches
from commands.ingestion import ingest
from commands.reports import show_ingest
from eval.case_files.loading import load_cases
from eval.texts.text import find_quote
from rag.config import load_settings
from rag.wiring import Store, open_store

RANKS = (1, 3, 5)

Holds = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and a test for each thing that a passage has to hold."""

    text: str
    wanted: tuple[Holds, ...]


def shipped(cases: Path) -> Iterator[Question]:
    """The cases that come with Cribsheet, by their quotes."""
    for case in load_cases(cases):
        if case.targets:
            wanted = tuple(partial(find_quote, target.quote) for target in case.targets)
            yield Question(case.question, wanted)


def examined(vault: Path, wanted: Callable[[str], str]) -> Iterator[Question]:
    """Exam questions over a vault, by the words of what is `wanted` of their answers."""
    for text, answer in exam(vault):
        yield Question(text, (partial(says, answer=wanted(answer)),))


def rooms(found: Sequence[str]) -> list[int]:
    """Characters of the first passages: what there is room for."""
    return [sum(map(len, found[:k])) for k in RANKS]


def within(given: Given, question: Question, room: int) -> float:
    """Share of what is wanted that stands in so many characters."""
    texts, left = [], room
    for text in given(room):
        texts.append(text[:left])
        left -= len(texts[-1])
    return fmean(any(map(holds, texts)) for holds in question.wanted)


def table(store: Store, questions: Sequence[Question]) -> Iterator[str]:
    """A line for each search: means, and behind them the differences to the first."""
    default = langchain_default(store)
    room = [rooms(default(question.text)(0)) for question in questions]
    sizes = [
        f"in {fmean(sizes):,.0f} chars (LC@{k})" for k, *sizes in zip(RANKS, *room, strict=True)
    ]
    yield f"{'':24}" + "".join(f"{size:>27}" for size in sizes)
    ours: list[list[float]] = []
    for name, search in searches(store):
        found = [search(question.text) for question in questions]
        asked = list(zip(found, questions, room, strict=True))
        scores = [
            [within(given, question, sizes[at]) for given, question, sizes in asked]
            for at in range(len(RANKS))
        ]
        ours = ours or scores
        cells = [cell(own, theirs) for own, theirs in zip(ours, scores, strict=True)]
        yield f"{name:24}" + "".join(f"{cell:>27}" for cell in cells)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vault", type=Path, help="a folder with notes/ and questions.jsonl")
    parser.add_argument("--latency", type=int, metavar="PASSAGES", help="time searches instead")
    options = parser.parse_args()
    if options.latency:
        for line in latencies(load_settings(), options.latency):
            print(line)
        return
    if options.vault:
        require_vault(options.vault, "--vault, or leave it out")
    measure(options.vault)


def measure(vault: Path | None) -> None:
    """Print what is found in the vault, or in the shipped notes."""
    sets = {"": list(shipped(CASES))}
    if vault:
        whole = list(examined(vault, lambda answer: answer))
        sets = {", by name": list(examined(vault, name_of)), ", whole answers": whole}
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings().model_copy(update={"home": Path(home)})
        report = show_ingest(ingest(settings, str(vault / "notes" if vault else NOTES)))
        store = open_store(settings)
        for title, questions in sets.items():
            print(f"{len(questions)} questions over {report.notes} notes{title}")
            for line in table(store, questions):
                print(line)


if __name__ == "__main__":
    main()
