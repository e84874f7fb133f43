"""Is a quote still in its note? And if not, why, and what comes nearest to it."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eval.case_files.nearest import told
from eval.texts.text import find_quote, overlap
from eval.types import Target
from rag.errors import CaseError
from rag.types import Span

_MOST_NOTES = 3


@dataclass(frozen=True, slots=True)
class Notes:
    """The text of each note by its absolute path, and where it is a quiz: offsets into it."""

    texts: Mapping[str, str]
    quizzes: Mapping[str, Sequence[Span]] = field(default_factory=dict)

    def outside(self, words: str, path: str) -> list[Span]:
        """Where the words stand in a note, quizzes left out; any run of blanks equals another."""
        hidden = self.quizzes.get(path, ())
        found = find_quote(words, self.texts[path])
        return [span for span in found if not any(overlap(span, quiz) for quiz in hidden)]


def place_of(target: Target, notes: Notes) -> tuple[str, Span]:
    """The note that is quoted, and where the quote stands in it first, outside of its quizzes.

    Raises:
        CaseError: says what is wrong with the target: which note is not there, or which line is
            nearest to a quote that is not in it.
    """
    path = _path(target, notes)
    text = notes.texts[path]
    what = f"the quote {target.quote!r}"
    if target.quote not in text:
        raise CaseError(
            f"{what} is not in {target.note_path}; {told(target.quote, text)}; copy it verbatim, "
            "or run: crib quiz review --stale"
        )
    places = notes.outside(target.quote, path)
    if not places:
        raise CaseError(
            f"{what} stands only in a quiz of {target.note_path}; quote what stands outside, "
            "or set answerable to false and quiz_only to true"
        )
    verbatim = (span for span in places if text[span.start : span.end] == target.quote)
    return path, next(verbatim, places[0])


def _path(target: Target, notes: Notes) -> str:
    paths = sorted(path for path in notes.texts if target.names(path))
    if len(paths) == 1:
        return paths[0]
    what = f"the note {target.note_path!r}"
    if paths:
        raise CaseError(f"{what} is any of {', '.join(paths)}; write more of its path")
    there = sorted(notes.texts)
    if len(there) > _MOST_NOTES:
        by_end = {path[-len(target.note_path) - 1 :]: path for path in there}
        close = difflib.get_close_matches(f"/{target.note_path}", by_end, _MOST_NOTES, cutoff=0)
        there = [*(by_end[end] for end in close), "..."]
    raise CaseError(f"{what} is none of the notes ({', '.join(there) or 'there are none'}); add it")
