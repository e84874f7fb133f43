"""What an eval is over: its cases, the notes that they ask about, and an index without answer keys.

The index lies apart from the library, so that figures depend on the cases and their notes alone,
and is kept, so that a second run embeds nothing. Whoever cuts notes into passages knows a quiz by
its headings; flashcards and questions with their answers also stand in ordinary sections, where a
person who chats wants them found. Here they are cut out of the passages around them, and count as a
quiz.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import eval.quiz
from commands.ingestion import ingest, show_ingest
from eval.case_files import check_targets
from eval.quiz import FORMS, extract_quiz
from eval.texts.tokens import find_quote
from eval.types import Case, Origin, Target
from ingest.chunking import apart
from ingest.document import QUIZ_FILE
from ingest.protocols import Chunker
from ingest.text import Lines
from ingest.types import Progress, ReadNote, Report
from rag.config import Settings
from rag.errors import CaseError
from rag.index_wiring import Store, open_store
from rag.text.words import stems
from rag.types import Chunk, Role, Span

_KEPT = 0.5
"""Share of a case's words that the lines of its origin hold, unless the note was edited since."""

OnStep = Callable[[Progress], None]
"""Called with each step of an ingest."""

Quizzes = Mapping[str, Sequence[Span]]
"""Where each note is a quiz, by its path: offsets into its text."""

_HERE = Path(__file__).resolve().parents[1]

NOTES = _HERE / "notes"
"""The notes; they are beside the code where it is a checkout, and in no wheel."""

CASES = _HERE / "eval" / "cases" / "sagemaker.jsonl"
"""Cases over them, worked out by hand."""

OUT_OF_NOTES = _HERE / "eval" / "cases" / "out_of_notes.jsonl"
"""Questions of many subjects, none of which most notes touch on."""


def index_of(
    settings: Settings, cases: Sequence[Case], notes: Path, on_step: OnStep | None = None
) -> Store:
    """The index of `notes`, brought up to date; `on_step` is called while that is done.

    Raises:
        CaseError: the quote of a case is not in its note.
        NotesError: there are no notes.
    """
    key = hashlib.sha256(str(notes.resolve()).encode()).hexdigest()[:12]
    own = settings.model_copy(update={"home": settings.home / "eval" / key})
    events = ingest(own, str(notes), cutting=lambda chunker: QuizzesApart(chunker, cases))
    show_ingest(_reported(events, on_step) if on_step else events)
    store = open_store(own)
    check_targets(cases, *notes_of(store))
    return store


def notes_of(store: Store) -> tuple[Mapping[str, str], Quizzes]:
    """The text of each note, by its path, and where each is a quiz."""
    catalog = store.index.catalog
    quizzes: dict[str, list[Span]] = {}
    for chunk in catalog.all_chunks():
        if chunk.role is Role.QUIZ:
            quizzes.setdefault(chunk.note_path, []).append(Span(chunk.start, chunk.end))
    return {path: catalog.text(path) for path in catalog.states()}, quizzes


class QuizzesApart:
    """Cuts notes as `chunker` does, and around every question of a quiz that is found in them.

    The same goes for what `cases` name as their origin, if no form of quiz is known for it.
    """

    def __init__(self, chunker: Chunker, cases: Sequence[Case]) -> None:
        self._chunker = chunker
        known = {form.name for form in FORMS}
        self._cases = tuple(one for one in cases if one.origin and one.origin.form not in known)
        forms = b"".join(p.read_bytes() for p in sorted(Path(eval.quiz.__path__[0]).glob("*.py")))
        origins = repr([(one.id, one.question, one.origin, one.targets) for one in self._cases])
        self.fingerprint = f"{chunker.fingerprint} apart-{_short(forms)}-{_short(origins.encode())}"

    def chunk(self, read: ReadNote) -> list[Chunk]:
        """Verbatim spans of the note, in order, that cover all of it but blanks."""
        return apart(self._chunker.chunk(read), list(self._quizzes(read)))

    def _quizzes(self, read: ReadNote) -> Iterator[Span]:
        lines = Lines(read.note.text)
        for found in extract_quiz(read):
            if found.origin:
                yield _span(lines, found.origin)
        for case in self._cases:
            origin = case.origin
            if origin and Target(origin.note_path, "").names(read.note.path):
                span = _span(lines, origin)
                if _was_made_of(case, read.note.text[span.start : span.end]):
                    yield span


def _reported(events: Iterable[Progress | Report], on_step: OnStep) -> Iterator[Progress | Report]:
    for event in events:
        if isinstance(event, Progress):
            on_step(event)
        yield event


def _span(lines: Lines, origin: Origin) -> Span:
    return Span(lines.offset(origin.start_line - 1), lines.offset(origin.end_line))


def _was_made_of(case: Case, text: str) -> bool:
    """True if `text` holds the case's words, and not what it has to be answered from."""
    if any(find_quote(target.quote, text) for target in case.targets):
        return False
    asked = stems(" ".join([case.question, *case.references[:1]]))
    return len(asked & stems(text)) >= _KEPT * len(asked)


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def require_shipped_notes(notes: Path) -> Path:
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
        return cases or CASES, require_shipped_notes(notes or NOTES)
    gold = gold_of(notes)
    if not gold.exists():
        raise CaseError(f"no {gold}; name --cases, or run: crib quiz extract {notes}")
    return gold, notes


def gold_of(notes: Path) -> Path:
    """The file of the cases of a folder of notes, or of a note; a file of cases is that itself."""
    if notes.is_dir():
        return notes / QUIZ_FILE
    return notes if notes.suffix == ".jsonl" else notes.with_name(QUIZ_FILE)
