"""Notes, what is asked of them, and at which characters the answers stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.exam import CASES, NOTES, exam, says
from benchmarks.spans import Place, Question
from eval.case_files import load_cases
from eval.texts.tokens import find_quote
from ingest.readers import READERS
from ingest.sources.folder import Folder
from ingest.types import ReadNote
from rag.text.sentences import sentence_spans

MOST_PLACES = 5
"""An answer that stands in more places than this says little about any of them."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Notes with the questions that are asked of them."""

    notes: Sequence[ReadNote]
    questions: Sequence[Question]


def vault_corpus(vault: Path) -> Corpus:
    """The exam over a vault."""
    notes = read_notes(vault / "notes")
    asked = [(text, tuple(_stands(answer, notes))) for text, answer in exam(vault)]
    kept = [Question(text, (at,)) for text, at in asked if 0 < len(at) <= MOST_PLACES]
    return Corpus(notes, kept)


def shipped_corpus() -> Corpus:
    """The shipped cases."""
    notes = read_notes(NOTES)
    wanted = [
        (case.question, tuple(tuple(_quoted(target.quote, notes)) for target in case.targets))
        for case in load_cases(CASES)
    ]
    return Corpus(notes, [Question(text, places) for text, places in wanted if places])


def read_notes(folder: Path) -> list[ReadNote]:
    """All notes in a folder."""
    readers = {suffix: reader for reader in READERS for suffix in reader.suffixes}
    source = Folder(folder, frozenset(readers))
    return [readers[one.suffix].read(one, source.read(one)) for one in source.listing().files]


def _stands(answer: str, notes: Sequence[ReadNote]) -> Iterator[Place]:
    for note in (read.note for read in notes):
        for span in sentence_spans(note.text):
            if says(note.text[span.start : span.end], answer):
                yield note.path, span


def _quoted(quote: str, notes: Sequence[ReadNote]) -> Iterator[Place]:
    for note in (read.note for read in notes):
        yield from ((note.path, span) for span in find_quote(quote, note.text))
