"""Cards for other programs: what Anki and a spreadsheet read is what the notes' quiz says."""

import csv
import io
import json
import sqlite3
import zipfile
from pathlib import Path

import pytest

from eval.decks import source, to_anki, to_csv
from eval.types import Case, Origin, Target

TARGET = Target("cells.md", "the unit of life")
PLAIN = Case("a", "What is a cell?", ("the unit of life",), (TARGET,), answerable=True)
FOUND = Case(
    "b",
    "Which <b>two</b> are gases?",
    ("neon & argon",),
    (),
    answerable=True,
    options=("neon", "iron", "argon"),
    correct=(0, 2),
    origin=Origin("gases.md", 12, 15, "multiple choice"),
)
FOLLOWS = Case("c", "And why?", ("so",), (TARGET,), answerable=True, before=("What is a cell?",))
NO_ANSWER = Case("d", "Who won?", (), (), answerable=False)


def notes_of(package: Path, folder: Path) -> list[tuple[str, list[str]]]:
    with zipfile.ZipFile(package) as archive:
        archive.extract("collection.anki2", folder)
    database = sqlite3.connect(folder / "collection.anki2")
    rows = database.execute("SELECT guid, flds FROM notes").fetchall()
    database.close()
    return [(guid, fields.split("\x1f")) for guid, fields in rows]


def test_each_question_with_an_answer_is_a_row_with_its_source() -> None:
    rows = list(csv.reader(io.StringIO(to_csv([PLAIN, FOUND, FOLLOWS, NO_ANSWER, PLAIN]))))
    assert rows == [
        ["question", "answer", "source"],
        ["What is a cell?", "the unit of life", "cells.md"],
        [
            "Which <b>two</b> are gases?\nA. neon\nB. iron\nC. argon",
            "A. neon\nC. argon",
            "gases.md:12",
        ],
    ]


@pytest.mark.parametrize("evil", ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)"])
def test_a_spreadsheet_runs_nothing_of_a_card(evil: str) -> None:
    text = to_csv([Case("x", evil, (evil,), (), answerable=True)])
    assert next(csv.reader(io.StringIO(text.partition("\n")[2])))[:2] == [f"'{evil}", f"'{evil}"]


def test_anki_gets_the_cards_as_text_not_as_markup(tmp_path: Path) -> None:
    assert to_anki([PLAIN, FOUND, NO_ANSWER], tmp_path / "x.apkg", "My notes") == 2
    found = {fields[2]: fields for _, fields in notes_of(tmp_path / "x.apkg", tmp_path)}
    assert found["cells.md"][:2] == ["What is a cell?", "the unit of life"]
    shown = "Which &lt;b&gt;two&lt;/b&gt; are gases?<br>A. neon<br>B. iron<br>C. argon"
    assert found["gases.md:12"][:2] == [shown, "A. neon<br>C. argon"]


def test_a_card_exported_again_is_the_same_card_in_the_same_deck(tmp_path: Path) -> None:
    decks = []
    for name, cases in (("one", [PLAIN]), ("two", [FOUND, PLAIN])):
        (tmp_path / name).mkdir()
        to_anki(cases, tmp_path / f"{name}.apkg", "My notes")
        guids = {guid for guid, _ in notes_of(tmp_path / f"{name}.apkg", tmp_path / name)}
        database = sqlite3.connect(tmp_path / name / "collection.anki2")
        (known,) = database.execute("SELECT decks FROM col").fetchone()
        database.close()
        decks.append((guids, set(json.loads(known))))
    assert decks[0][0] < decks[1][0]
    assert decks[0][1] == decks[1][1]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "x.apkg").mkdir()
    with pytest.raises(OSError, match=r"x\.apkg"):
        to_anki([PLAIN], tmp_path / "x.apkg", "My notes")
    assert [path.name for path in tmp_path.iterdir()] == ["x.apkg"]


def test_a_card_that_came_from_nowhere_has_no_source() -> None:
    assert source(NO_ANSWER) == ""
