"""Where the notes and the cases lie that come with Cribsheet."""

from pathlib import Path

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
