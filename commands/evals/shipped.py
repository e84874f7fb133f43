"""Which cases an eval asks, of which notes; where those lie that come with Cribsheet."""

from pathlib import Path

from commands.quiz.options import gold_of
from rag.errors import CaseError

_HERE = Path(__file__).resolve().parents[2]

NOTES = _HERE / "notes"
"""The notes; they are beside the code where it is a checkout, and in no wheel."""

CASES = _HERE / "eval" / "cases" / "sagemaker.jsonl"
"""Cases over them, worked out by hand."""

OUT_OF_NOTES = _HERE / "eval" / "cases" / "out_of_notes.jsonl"
"""Questions of many subjects, none of which most notes touch on."""


def require_notes(notes: Path) -> Path:
    """The notes that are named. Raises CaseError for those that ship where they are not there."""
    if notes == NOTES and not NOTES.is_dir():
        raise CaseError("Cribsheet was installed without its notes; name yours: --notes FOLDER")
    return notes


def cases_and_notes(cases: Path | None, notes: Path | None) -> tuple[Path, Path]:
    """The cases, and the notes that they ask about, as far as a person names them.

    By default the quiz next to notes that are named, else what is shipped.

    Raises:
        CaseError: there is no quiz next to the notes, or none are shipped.
    """
    if cases or notes is None or notes.resolve() == NOTES:
        return cases or CASES, require_notes(notes or NOTES)
    gold = gold_of(notes)
    if not gold.exists():
        raise CaseError(f"no {gold}; name --cases, or run: crib quiz extract {notes}")
    return gold, notes
