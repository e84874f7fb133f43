"""Answer keys kept out of an eval's index, in whatever form people write them among their notes.

Who cuts notes knows quizzes by their headings. Flashcards and questions with their answers also
stand in ordinary sections, where a person who chats wants them found. The eval has an index of its
own: there they are cut out of the passages around them, and count as a quiz.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import eval.quiz
from eval.quiz import FORMS, extract
from eval.texts.text import find_quote
from eval.types import Case, Origin, Target
from ingest.chunking import apart
from ingest.protocols import Chunker
from ingest.text import Lines
from ingest.types import ReadNote
from rag.text.words import stems
from rag.types import Chunk, Span

_KEPT = 0.5
"""Share of a case's words that the lines of its origin hold, unless the note was edited since."""


class QuizzesApart:
    """Cuts notes as `chunker` does, and around every question of a quiz that is found in them.

    So is what `cases` name as their origin in a form of their own, where that is still there.
    """

    def __init__(self, chunker: Chunker, cases: Sequence[Case]) -> None:
        self._chunker = chunker
        known = {form.name for form in FORMS}
        self._cases = tuple(one for one in cases if one.origin and one.origin.form not in known)
        self.fingerprint = f"{chunker.fingerprint} apart-{_known()}-{_digest(self._cases)}"

    def chunk(self, read: ReadNote) -> list[Chunk]:
        """Verbatim spans of the note, in order, that cover all of it but blanks."""
        return apart(self._chunker.chunk(read), list(self._quizzes(read)))

    def _quizzes(self, read: ReadNote) -> Iterator[Span]:
        lines = Lines(read.note.text)
        for found in extract(read):
            if found.origin:
                yield _span(lines, found.origin)
        for case in self._cases:
            origin = case.origin
            if origin and Target(origin.note_path, "").names(read.note.path):
                span = _span(lines, origin)
                if _is_of(case, read.note.text[span.start : span.end]):
                    yield span


def _span(lines: Lines, origin: Origin) -> Span:
    return Span(lines.offset(origin.start_line - 1), lines.offset(origin.end_line))


def _is_of(case: Case, text: str) -> bool:
    """True if `text` is what the case was made of: not its target, and of its words."""
    if any(find_quote(target.quote, text) for target in case.targets):
        return False
    asked = stems(" ".join([case.question, *case.references[:1]]))
    return len(asked & stems(text)) >= _KEPT * len(asked)


def _known() -> str:
    """Changes whenever other forms of quizzes are known."""
    files = sorted(Path(eval.quiz.__path__[0]).glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _digest(cases: Sequence[Case]) -> str:
    words = repr([(case.id, case.question, case.origin, case.targets) for case in cases])
    return hashlib.sha256(words.encode()).hexdigest()[:12]
