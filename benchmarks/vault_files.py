"""Vaults of notes with their own questions, as benchmarks/vaults.py asks them.

Where an answer stands is known by its section (textbooks), by the words of its name (the exam), or
by a quote (the shipped, the invented and the natural notes).
"""

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

from benchmarks.exam import CASES, NOTES, name_of, says
from eval.case_files import load_cases
from eval.runner import LETTERS
from eval.texts.tokens import find_quote
from eval.types import Case

NEAR_EXAM = Path("benchmarks/near_misses_exam.jsonl")
NATURAL = Path("benchmarks/natural")
SMALLEST = 2
SMALL_CHAPTERS = frozenset({6, 7})
"""What a small run takes of the two smallest books: an odd chapter and an even one."""

_NUMBER = re.compile(r"\d+")
_REFERS = re.compile(r"\b(?:above|below|both|neither|none|[a-d] and [a-d])\b", re.IGNORECASE)

Holds = Callable[[str, str], object]
"""Does a passage of the note at this path, with this text, hold what is asked for?"""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, a test for each thing wanted, and the words that any right answer says.

    `options` are those of an exam question, `right` the place of the right one; `chapter` is the
    book's, 0 elsewhere.
    """

    text: str
    wanted: tuple[Holds, ...]
    references: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    right: int = -1
    chapter: int = 0

    @property
    def typed(self) -> str:
        """As a person types it, options and all."""
        lettered = zip(LETTERS, self.options, strict=False)
        return "\n".join([self.text, *(f"{letter}. {one}" for letter, one in lettered)])


@dataclass(frozen=True, slots=True)
class Vault:
    """Notes, the questions that they answer, and some that they do not.

    `fields` are what they are about: a question of notes on the same is not out of them. `chapters`
    are those of a book that are taken in; empty for all.
    """

    name: str
    notes: Path
    fields: frozenset[str]
    questions: Sequence[Question]
    near: Sequence[str] = ()
    out: Sequence[str] = ()
    chapters: frozenset[int] = frozenset()

    def halved(self) -> tuple["Vault", Sequence[str]] | None:
        """A book's odd chapters alone, and the questions of the even ones; None of other notes."""
        own = self.chapters or frozenset(one.chapter for one in self.questions) - {0}
        odd = frozenset(chapter for chapter in own if chapter % 2)
        asked = [one.text for one in self.questions if one.chapter % 2 == 0]
        return (replace(self, questions=(), chapters=odd), asked) if own else None


def drawn(questions: Sequence[Question], count: int) -> list[Question]:
    """So many of them, always the same."""
    return sorted(questions, key=lambda one: _by_chance(one.text))[:count]


def texts(asked: Sequence[str], count: int) -> list[str]:
    """The same of bare questions."""
    return sorted(set(asked), key=_by_chance)[:count]


def foreign(vault: Vault, others: Sequence[Vault], count: int) -> list[str]:
    """Questions out of a vault's notes: its own ones, then of each other field's vaults in turn."""
    away = [one for one in others if not one.fields & vault.fields]
    asked = ([question.text for question in drawn(one.questions, count)] for one in away)
    in_turn = filter(None, chain.from_iterable(zip_longest(*asked)))
    return list(islice(dict.fromkeys([*vault.out, *in_turn]), count))


def _by_chance(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def notes_of(vault: Vault, home: Path) -> Path:
    """The folder to take in: the vault's own, or a copy of its chapters, which stays in `home`."""
    if not vault.chapters:
        return vault.notes
    for folder in sorted(vault.notes.iterdir()):
        if chapter_of(folder.name) in vault.chapters:
            shutil.copytree(folder, home / "notes" / folder.name, dirs_exist_ok=True)
    return home / "notes"


def chapter_of(path: str) -> int:
    """The number that a path begins with; 0 if none."""
    found = _NUMBER.match(path)
    return int(found[0]) if found else 0


def load(books: Path, exam: Path | None, *, small: bool) -> list[Vault]:
    """All vaults that there are; for a small run, of the smallest books some chapters."""
    found = [one.parent for one in sorted(books.glob("*/questions.jsonl"))]
    if small:
        smallest = sorted(found, key=_size)[:SMALLEST]
        return [*(_book(folder, SMALL_CHAPTERS) for folder in smallest), _natural()]
    vaults = [_book(folder, frozenset()) for folder in found]
    return [*vaults, *([_exam(exam)] if exam else []), _shipped(), _invented(), _natural()]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "notes").rglob("*.md"))


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    return (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())


def _book(folder: Path, kept: frozenset[int]) -> Vault:
    """A textbook; what it asks in the same words in two sections is left out."""
    found = list(_lines(folder / "questions.jsonl"))
    count = Counter(one["question"] for one in found)
    asked = [_of_book(one) for one in found if count[one["question"]] == 1]
    asked = [one for one in asked if not kept or one.chapter in kept]
    return Vault(folder.name, folder / "notes", frozenset({folder.name}), asked, chapters=kept)


def _of_book(found: Mapping[str, Any]) -> Question:
    wanted = (partial(_is_from, found["note"]),)
    plain = Question(found["question"], wanted, chapter=chapter_of(found["note"]))
    return _with_options(plain, found) if found["kind"] == "choice" else plain


def _with_options(question: Question, found: Mapping[str, Any]) -> Question:
    """With its options; the right one's words are the reference, unless they point to others."""
    options = tuple(found["options"].values())
    right = list(found["options"]).index(found["correct"])
    said = () if _REFERS.search(options[right]) else (options[right],)
    return replace(question, options=options, right=right, references=said)


def _exam(folder: Path) -> Vault:
    """Exam questions over somebody's notes; where the notes name no answer, nothing is wanted."""
    asked = []
    for found in _lines(folder / "questions.jsonl"):
        name = name_of(found["answer"])
        held = found["answer_term_in_notes"]
        wanted = (partial(_names, name),) if held else ()
        question = _with_options(Question(found["question"], wanted), found)
        asked.append(replace(question, references=(name,) if held else ()))
    near = [case.question for case in load_cases(NEAR_EXAM)]
    return Vault("exam", folder / "notes", frozenset({"cloud"}), asked, near)


def _shipped() -> Vault:
    cases = [case for case in load_cases(CASES) if not (case.before or case.quiz_only)]
    missing = [case for case in cases if not case.answerable]
    missing += load_cases(CASES.with_name("near_misses.jsonl"))
    far = [case.question for case in missing if case.id.startswith("far-")]
    near = [case.question for case in missing if not case.id.startswith("far-")]
    return Vault("shipped", NOTES, frozenset({"cloud"}), _of_cases(cases), near, far)


def _invented() -> Vault:
    cases = load_cases(CASES.with_name("invented.jsonl"))
    return Vault(
        "invented", CASES.with_name("invented_notes"), frozenset({"invented"}), _of_cases(cases)
    )


def _of_cases(cases: Sequence[Case]) -> list[Question]:
    return [
        Question(
            case.question,
            tuple(partial(_quotes, target.note_path, target.quote) for target in case.targets),
            case.references,
        )
        for case in cases
        if case.answerable and not case.options
    ]


def _natural() -> Vault:
    """Notes of eight kinds as one vault, and questions as people type them."""
    files = [NATURAL / name for name in ("before.jsonl", "after.jsonl")]
    asked = [
        Question(
            one["question"],
            (partial(_quotes, f"{one['vault']}/{one['note']}", one["quote"]),),
            tuple(one["answers"]),
        )
        for path in files
        if path.is_file()
        for one in _lines(path)
    ]
    absent = list(_lines(NATURAL / "absent.jsonl"))
    near = [one["question"] for one in absent if one["kind"] == "near miss"]
    out = [one["question"] for one in absent if one["kind"] != "near miss"]
    fields = frozenset(path.name for path in (NATURAL / "notes").iterdir())
    return Vault("natural", NATURAL / "notes", fields, asked, near, out)


def _is_from(note: str, path: str, text: str) -> bool:
    return path.endswith(f"/{note}")


def _names(name: str, path: str, text: str) -> bool:
    return says(text, name)


def _quotes(note: str, quote: str, path: str, text: str) -> bool:
    return path.endswith(f"/{note}") and bool(find_quote(quote, text))
