"""What a model wrote is kept, and given again for the same question, of the same passages.

The key holds all that an answer depends on: the standalone question, the passages' own words (so a
note that was edited gives another key), the style, the model and its settings, and the code that
asks it. What is kept is what the model wrote: its citations are resolved each time anew. What this
does not know: that a server has put another model in the place of one of the same name.
"""

import hashlib
import json
import unicodedata
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from rag.answers.options import Choices
from rag.answers.rephrasing import Rephraser
from rag.answers.writing import Outcome, Writing
from rag.code import code_digest
from rag.errors import StoreError
from rag.protocols import Answerer, Choosing, Doubting, Leaning
from rag.store.database import Database
from rag.store.own_file import OwnFile
from rag.types import Evidence, Hit, Status, Style, Turn

FILE = "answers.sqlite3"
MOST = 2000
"""Answers that are kept; those that were longest not asked for go."""

CUT = "…"
"""What an answer ends in that was cut at the limit of its length."""

_SCHEMA = """
CREATE TABLE answers (key TEXT PRIMARY KEY, text TEXT NOT NULL, used INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE INDEX answers_by_use ON answers (used);
"""
_GET = "SELECT text, (SELECT max(used) FROM answers) - used FROM answers WHERE key = ?"
_PUT = (
    "INSERT OR REPLACE INTO answers VALUES (?, ?, (SELECT coalesce(max(used), 0) + 1 FROM answers))"
)
_USE = "UPDATE answers SET used = (SELECT max(used) + 1 FROM answers) WHERE key = ?"
_TRIM = (
    "DELETE FROM answers "
    "WHERE key IN (SELECT key FROM answers ORDER BY used DESC LIMIT -1 OFFSET ?)"
)


class AnswerCache:
    """Answers by key, in a file of its own under the folder `home`.

    A file that cannot be used costs time, no answer: nothing is raised.
    """

    def __init__(self, home: Path, most: int = MOST) -> None:
        self._most = most
        # Of a damaged one nothing need be rescued.
        self._file = OwnFile(home / FILE, _opened, lambda old, new: 0)

    def get(self, key: str) -> str | None:
        """What was put there, if it still is."""

        def work(database: Database) -> str | None:
            rows = database.rows(_GET, (key,))
            # Writing takes most of the time: what was used of late is left where it is.
            if rows and int(str(rows[0][1])) > self._most // 10:
                with database.writing() as db:
                    db.execute(_USE, (key,))
            return str(rows[0][0]) if rows else None

        with suppress(StoreError):
            return self._file.do(work)
        return None

    def put(self, key: str, text: str) -> None:
        """Keep an answer; the one that was longest not asked for makes room."""

        def work(database: Database) -> None:
            with database.writing() as db:
                db.execute(_PUT, (key, text))
                db.execute(_TRIM, (self._most,))

        with suppress(StoreError):
            self._file.do(work)

    def clear(self) -> None:
        """Forget all answers; their bytes are overwritten."""
        self._delete(None)

    def forget(self, key: str) -> None:
        """Forget an answer; one that is not there is no error."""
        self._delete(key)

    def _delete(self, key: str | None) -> None:
        def work(database: Database) -> None:
            with database.writing() as db:
                db.execute("DELETE FROM answers WHERE key = coalesce(?, key)", (key,))

        with suppress(StoreError):
            self._file.do(work)


def _opened(path: Path) -> Database:
    database = Database(path, _SCHEMA, 1)
    database.rows("PRAGMA secure_delete = ON")
    return database


class Replayed(Iterator[str]):
    """An answer that was kept, as the pieces of one that is being written."""

    def __init__(self, text: str) -> None:
        self._pieces = iter([text])

    def __next__(self) -> str:
        return next(self._pieces)


class CachedAnswerer:
    """An answerer that is only asked what it was not asked before.

    `settings` is what its answers depend on beside what they are asked of, in any words.
    """

    def __init__(self, answerer: Answerer, kept: AnswerCache, settings: str) -> None:
        self._answerer = answerer
        self._kept = kept
        self._settings = settings

    @property
    def model(self) -> str:
        """That of the answerer."""
        return self._answerer.model

    @property
    def status(self) -> Status:
        """That of the answerer."""
        return self._answerer.status

    @property
    def notice(self) -> str:
        """That of the answerer."""
        return self._answerer.notice

    def given(self, evidence: Evidence) -> Sequence[Hit]:
        """As the answerer has it."""
        return self._answerer.given(evidence)

    def rephrase(self, question: str, history: Sequence[Turn]) -> str:
        """As the answerer has it; empty from one that does not rephrase."""
        if isinstance(self._answerer, Rephraser):
            return self._answerer.rephrase(question, history)
        return ""

    def letters(self, choices: Choices) -> Sequence[float] | None:
        """As the answerer has it."""
        return self._answerer.letters(choices) if isinstance(self._answerer, Choosing) else None

    def doubt(
        self, evidence: Evidence, history: Sequence[Turn], style: Style = Style.SHORT
    ) -> float | None:
        """As the answerer has it; not asked for again where what it wrote is kept."""
        is_kept = self._kept.get(self._key(evidence, style)) is not None
        if is_kept or not isinstance(self._answerer, Doubting):
            return None
        return self._answerer.doubt(evidence, history, style)

    def leaning(self, evidence: Evidence, style: Style = Style.SHORT) -> float | None:
        """As the answerer has it; not asked for again where what it wrote is kept."""
        is_kept = self._kept.get(self._key(evidence, style)) is not None
        if is_kept or not isinstance(self._answerer, Leaning):
            return None
        return self._answerer.leaning(evidence, style)

    def forget(self, evidence: Evidence, style: Style = Style.SHORT) -> None:
        """Have the answerer asked anew, even if it was asked this before."""
        self._kept.forget(self._key(evidence, style))

    def stream(
        self, evidence: Evidence, history: Sequence[Turn], style: Style = Style.SHORT
    ) -> Iterator[str]:
        """What was kept, as a `Replayed`; else what the answerer writes, which is kept if it ends.

        Neither one that fails nor one that is stopped ends, and what was cut is not kept either.
        """
        key = self._key(evidence, style)
        text = self._kept.get(key)
        if text is not None:
            return Replayed(text)
        pieces = self._answerer.stream(evidence, history, style)
        outcome = Outcome(self.model, self.status, self.notice)
        return Writing(outcome, partial(self._written, key, pieces))

    def _key(self, evidence: Evidence, style: Style) -> str:
        return key_of(evidence, style, f"{self.model}\0{self._settings}")

    def _written(
        self, key: str, pieces: Iterator[str], writing: Writing
    ) -> Generator[str, None, None]:
        written = ""
        try:
            for piece in pieces:
                written += piece
                yield piece
        finally:
            writing.outcome = getattr(pieces, "outcome", writing.outcome)
            getattr(pieces, "close", lambda: None)()
        if written.strip() and not written.rstrip().endswith(CUT):
            self._kept.put(key, written)


def key_of(evidence: Evidence, style: Style, who: str) -> str:
    """A digest of all that an answer depends on."""
    chunks = [hit.chunk for hit in evidence.passages]
    passages = [[chunk.id, chunk.text, chunk.headings, chunk.context] for chunk in chunks]
    asked = normalised(evidence.question)
    whole = json.dumps([asked, passages, style, who, code_digest()])
    return hashlib.sha256(whole.encode()).hexdigest()


def normalised(question: str) -> str:
    """The question without what makes no other one of it: case, blanks, the mark at its end."""
    folded = unicodedata.normalize("NFKC", question).casefold()
    return " ".join(folded.split()).rstrip(" ?!.")
