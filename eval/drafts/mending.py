"""Words that a person typed or pasted -> the verbatim quote of the note that they stand in."""

import re

from eval.case_files.nearest import told
from eval.case_files.targets import Notes
from eval.drafts.quoting import shortest
from eval.texts.text import find_quote
from eval.types import Case, Target
from rag.errors import CaseError

_NOTE_FIRST = re.compile(r"(?P<note>[^\s:][^:]*): (?P<words>.+)", re.DOTALL)


def target_of(typed: str, case: Case, notes: Notes) -> Target:
    """The quote that was meant: `words`, or `note: words` where several notes have them.

    Blanks and line breaks need not be those of the note. Of several notes, one that the case
    quotes already or comes from is meant.

    Raises:
        CaseError: they stand in no note, in quizzes only, or in several notes.
    """
    note, words = _split(typed.strip(), notes)
    paths = [path for path in notes.texts if not note or Target(note, "").names(path)]
    found = {path: spans[0] for path in paths if (spans := notes.outside(words, path))}
    if not found:
        raise CaseError(_missing(words, paths, notes))
    known = [target.note_path for target in case.targets]
    known += [case.origin.note_path] if case.origin else []
    likely = [path for path in found if any(Target(one, "").names(path) for one in known)]
    if len(found) > 1 and not likely:
        several = ", ".join(shortest(path, notes.texts) for path in found)
        raise CaseError(f"{words!r} stands in {several}; write which, as NOTE: WORDS")
    path = (likely or list(found))[0]
    span = found[path]
    return Target(shortest(path, notes.texts), notes.texts[path][span.start : span.end])


def _split(typed: str, notes: Notes) -> tuple[str, str]:
    """The note that is named, if one is, and the words."""
    match = _NOTE_FIRST.fullmatch(typed)
    if match and any(Target(match["note"], "").names(path) for path in notes.texts):
        return match["note"], match["words"]
    return "", typed


def _missing(words: str, paths: list[str], notes: Notes) -> str:
    if any(find_quote(words, notes.texts[path]) for path in paths):
        return f"{words!r} stands only in quizzes; quote what stands outside of them"
    if len(paths) == 1:
        name = shortest(paths[0], notes.texts)
        return f"{words!r} is not in {name}; {told(words, notes.texts[paths[0]])}"
    return f"{words!r} is in none of the notes; copy it out of one"
