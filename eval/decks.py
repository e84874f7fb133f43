"""Cards for other programs: Anki's .apkg (by genanki) and CSV, each with its line in the notes.

A card that is exported again replaces itself in Anki: its identity is its question's.
"""

import csv
import hashlib
import html
import io
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from eval.study import card_cases, card_key, case_note
from eval.texts.tokens import parts
from eval.types import Case
from rag.errors import SettingsError
from rag.files import replacing

COLUMNS = ("question", "answer", "source")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MODEL = 1_607_392_319  # Anki knows a kind of card by a number that its maker chose once
_FRONT = "{{Question}}"
_BACK = '{{FrontSide}}<hr id="answer">{{Answer}}<p><small>{{Source}}</small></p>'


def to_csv(cases: Iterable[Case]) -> str:
    """The cards as CSV with a heading.

    A cell that a spreadsheet would run as a formula begins with an apostrophe (OWASP, "CSV
    Injection").
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(COLUMNS)
    for case in card_cases(cases):
        row = (_question(case), _answer(case), source(case))
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row])
    return sheet.getvalue()


def to_anki(cases: Iterable[Case], path: Path, deck: str) -> int:
    """Write the cards as an Anki package, all of it or nothing. Returns how many there are.

    Raises:
        SettingsError: genanki is not installed; the message says how to.
        OSError: `path` cannot be written.
    """
    if find_spec("genanki") is None:
        raise SettingsError("to write .apkg: .venv/bin/pip install 'cribsheet[anki]'")
    import genanki

    fields = [{"name": name.capitalize()} for name in COLUMNS]
    template = [{"name": "Cribsheet", "qfmt": _FRONT, "afmt": _BACK}]
    model = genanki.Model(_MODEL, "Cribsheet", fields=fields, templates=template)
    package = genanki.Deck(_number(deck), deck)
    for case in card_cases(cases):
        cells = [_shown(cell) for cell in (_question(case), _answer(case), source(case))]
        package.add_note(genanki.Note(model, cells, guid=card_key(case)))
    with replacing(path) as scratch:
        genanki.Package(package).write_to_file(str(scratch))
    return len(package.notes)


def source(case: Case) -> str:
    """Where the answer stands, or the card was found: `note.md:12`; empty if that is not known."""
    note = case_note(case)
    return f"{note}:{case.origin.start_line}" if case.origin else note


def _question(case: Case) -> str:
    options = zip(_LETTERS, case.options, strict=False)
    return "\n".join([case.question, *(f"{letter}. {option}" for letter, option in options)])


def _answer(case: Case) -> str:
    if case.correct:
        return "\n".join(f"{_LETTERS[place]}. {case.options[place]}" for place in case.correct)
    return ", ".join(parts(case.references[0]))


def _shown(text: str) -> str:
    """As HTML, which Anki's fields are."""
    return html.escape(text, quote=False).replace("\n", "<br>")


def _number(name: str) -> int:
    """A number for a deck: the same for the same name, between 2^30 and 2^31 as genanki advises."""
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).digest()
    return (1 << 30) + int.from_bytes(digest[:4], "big") % (1 << 30)
