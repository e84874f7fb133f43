"""Are the right lines found where a word is misspelt, in the question or in the notes?

    python -m benchmarks.typos [--vault FOLDER] [--notes-too]

One edit (a letter dropped, put in, changed, doubled, or swapped with the next) in one content word
of each question, five times over with seeds of their own; with `--notes-too` the questions are left
and one in twenty words of the notes is misspelt instead. Questions are the shipped cases, by their
quotes, or the exam of the vault, by the words of the answer's name. Behind a mean, the 95% interval
of its paired difference to the first line.

Seen on the shipped cases and on the exam of the development vault: of words alone recall@1 rises
by 0.07 to 0.08, of the hybrid search by 0.02 to 0.04, and nothing falls where nothing is misspelt.
What did not help: edits counted for words that the embedding model knows whole (bread became broad,
lake became make: 27 words of 265 questions to other notes, 5 without), and for words of four
letters.
"""

import argparse
import random
import re
import shutil
import string
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from unittest.mock import patch

from benchmarks.exam import CASES, NOTES, cell, exam, name_of, require_vault, says
from commands.ingestion import ingest, show_ingest
from eval.case_files import load_cases
from eval.texts.tokens import find_quote
from rag.config import load_settings
from rag.index_wiring import Store, open_store
from rag.retrieval import DEPTH, HybridRetriever
from rag.store.lexical import Respelling
from rag.text.words import asked_words, content_words
from rag.types import Role

ROLES = (Role.NOTE,)
ROOM = 2000  # characters
SEEDS = 5
SHARE = 0.05  # of the notes' words


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and a test for each thing that a passage has to hold."""

    text: str
    wanted: tuple[Callable[[str], object], ...]


def shipped() -> Iterator[Question]:
    """The cases that come with Cribsheet, by their quotes."""
    for case in load_cases(CASES):
        if case.targets:
            wanted = tuple(partial(find_quote, target.quote) for target in case.targets)
            yield Question(case.question, wanted)


def examined(vault: Path) -> Iterator[Question]:
    """Exam questions over a vault, by the words of their answer's name."""
    for text, answer in exam(vault):
        yield Question(text, (partial(says, answer=name_of(answer)),))


def at_rank(found: Sequence[str], question: Question, k: int) -> float:
    """Share of what is wanted that one of the first `k` passages holds."""
    return fmean(any(map(holds, found[:k])) for holds in question.wanted)


def in_room(found: Sequence[str], question: Question) -> float:
    """Share of what is wanted in the first 2,000 characters."""
    texts, left = [], ROOM
    for text in found:
        texts.append(text[:left])
        left -= len(texts[-1])
    return at_rank(texts, question, len(texts))


MEASURES: dict[str, Callable[[Sequence[str], Question], float]] = {
    "recall@1": partial(at_rank, k=1),
    "recall@5": partial(at_rank, k=5),
    "in 2,000 chars": in_room,
}
_WORD = re.compile(r"[A-Za-z]{5,}")


def misspelt(word: str, draw: random.Random) -> str:
    """The word with one edit, not of its first letter."""
    at = draw.randrange(1, len(word) - 1)
    letter = draw.choice(string.ascii_lowercase)
    edits = (
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    return draw.choice(edits)


def one_wrong(question: str, draw: random.Random) -> str:
    """The question with one content word misspelt, if it has one that is long enough."""
    places = [found for found in _WORD.finditer(question) if content_words(found[0])]
    if not places:
        return question
    place = draw.choice(places)
    return question[: place.start()] + misspelt(place[0], draw) + question[place.end() :]


def misspell_notes(source: Path, target: Path) -> None:
    """A copy of the notes in which one word in twenty is misspelt."""
    draw = random.Random(0)  # noqa: S311 (a sample, not a secret)
    shutil.copytree(source, target)
    for path in sorted(target.rglob("*.md")):
        text = path.read_text("utf-8")
        wrong = _WORD.sub(lambda w: misspelt(w[0], draw) if draw.random() < SHARE else w[0], text)
        path.write_text(wrong, "utf-8")


def searches(store: Store) -> Iterator[tuple[str, Callable[[str], list[str]]]]:
    """What is compared, by name; the first of each kind takes words as they are."""
    index = store.index
    retriever = HybridRetriever(index, store.embedder, DEPTH, ROLES)

    def lexical(question: str) -> list[str]:
        found = index.search_lexical(asked_words(question), DEPTH, ROLES)
        return [chunk.text for chunk, _ in found]

    def hybrid(question: str) -> list[str]:
        return [hit.chunk.text for hit in retriever.retrieve(question)]

    for name, search in (("words", lexical), ("hybrid", hybrid)):
        yield f"{name}, as they are", partial(_untolerant, search)
        yield f"{name}, other spellings too", search
    yield "  and the question corrected", lambda question: hybrid(index.corrected(question))


def _untolerant(search: Callable[[str], list[str]], question: str) -> list[str]:
    with patch.object(Respelling, "alternatives", return_value={}):
        return search(question)


def table(store: Store, asked: Sequence[tuple[str, Question]]) -> Iterator[str]:
    """A line for each search; differences are to the line above that takes words as they are."""
    yield f"{'':30}" + "".join(f"{name:>24}" for name in MEASURES)
    plain: list[list[float]] = []
    for name, search in searches(store):
        found = [(search(text), question) for text, question in asked]
        scores = [[measure(*pair) for pair in found] for measure in MEASURES.values()]
        plain = scores if name.endswith("as they are") else plain
        cells = [cell(base, own) for base, own in zip(plain, scores, strict=True)]
        yield f"{name:30}" + "".join(f"{one:>24}" for one in cells)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vault", type=Path, help="a folder with notes/ and questions.jsonl")
    parser.add_argument("--notes-too", action="store_true", help="misspell the notes instead")
    options = parser.parse_args()
    if options.vault:
        require_vault(options.vault, "--vault, or leave it out")
    notes = options.vault / "notes" if options.vault else NOTES
    questions = list(examined(options.vault) if options.vault else shipped())
    draws = [(q, random.Random(f"{s} {q.text}")) for s in range(SEEDS) for q in questions]  # noqa: S311
    wrong = [(one_wrong(question.text, draw), question) for question, draw in draws]
    with tempfile.TemporaryDirectory() as scratch:
        if options.notes_too:
            misspell_notes(notes, Path(scratch) / "notes")
            notes, wrong = Path(scratch) / "notes", []
        settings = load_settings().model_copy(update={"home": Path(scratch) / "home"})
        report = show_ingest(ingest(settings, str(notes)))
        store = open_store(settings)
        print(f"{len(questions)} questions over {report.notes} notes, {report.chunks} passages")
        for asked in filter(None, ([(q.text, q) for q in questions], wrong)):
            print("misspelt" if asked is wrong else "as written", len(asked))
            for line in table(store, asked):
                print(line)


if __name__ == "__main__":
    main()
