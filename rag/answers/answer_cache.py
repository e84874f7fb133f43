"""What a model wrote is kept, and given again for the very same prompt.

The key holds all that an answer depends on: the messages, which hold the question and the passages'
own words (so a note that was edited gives another key), the model with its settings, and a digest
of the code that asks it. A refusal is not kept. Limitation: that a server has put another model in
the place of one of the same name is not noticed.
"""

import hashlib
import json
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

from rag.answers.writers import ChatWriter, kept
from rag.errors import StoreError
from rag.prompts import CUT, REFUSAL, is_refusal
from rag.protocols import Writing
from rag.store.database import Database, OwnFile
from rag.types import Message, Prompts

CACHE_FILE = "answers.sqlite3"
_MOST = 2000
"""Answers that are kept; those that were longest not asked for go."""

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

_PACKAGE = Path(__file__).parent.parent


class AnswerCache:
    """Answers by key, in a file of its own under the folder `home`.

    A file that cannot be used costs time, no answer: nothing is raised.
    """

    def __init__(self, home: Path, most: int = _MOST) -> None:
        self._most = most
        # Of a damaged one nothing need be rescued.
        self._file = OwnFile(home / CACHE_FILE, _opened, lambda old, new: 0)

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

        def work(database: Database) -> None:
            with database.writing() as db:
                db.execute("DELETE FROM answers")

        with suppress(StoreError):
            self._file.do(work)


def _opened(path: Path) -> Database:
    database = Database(path, _SCHEMA, 1)
    database.rows("PRAGMA secure_delete = ON")
    return database


class CachedWriter:
    """A writer that is only asked what it was not asked before.

    `settings` is what its answers depend on beside what it is asked, in any words. How likely it
    refuses is kept once it has written to the same messages: a refusal is scored anew.
    """

    def __init__(self, writer: ChatWriter, answers: AnswerCache, settings: str) -> None:
        self._writer = writer
        self._answers = answers
        self._settings = settings
        self._scored: dict[str, tuple[str, str]] = {}

    @property
    def name(self) -> str:
        """The writer's."""
        return self._writer.name

    @property
    def notice(self) -> str:
        """The writer's."""
        return self._writer.notice

    @property
    def prompts(self) -> Prompts:
        """The writer's."""
        return self._writer.prompts

    def start_over(self, beginning: Sequence[Message] | None = None) -> None:
        """Have the writer forget what it was asked last."""
        self._writer.start_over(beginning)

    def generate(self, messages: Sequence[Message], tokens: int, *, fresh: bool = False) -> Writing:
        """What was kept; else what the writer writes, which is kept if it ends.

        Neither one that fails nor one that is stopped ends, and what was cut is not kept either.
        """
        key = self._key(messages)
        text = None if fresh else self._answers.get(key)
        if text is not None:
            return kept(text)

        def pieces(writing: Writing) -> Generator[str, None, None]:
            written = ""
            with closing(self._writer.generate(messages, tokens)) as theirs:
                for piece in theirs:
                    writing.usage = theirs.usage
                    written += piece
                    yield piece
                writing.usage = theirs.usage
            if written.strip() and not written.rstrip().endswith(CUT) and not is_refusal(written):
                self._answers.put(key, written)
                if scored := self._scored.pop(key, None):
                    self._answers.put(*scored)

        return Writing(pieces)

    def score(
        self, messages: Sequence[Message], continuations: Sequence[str], *, fresh: bool = False
    ) -> Sequence[float] | None:
        """What was kept; else what the writer says."""
        key = self._key(messages, continuations)
        text = None if fresh else self._answers.get(key)
        if text is not None:
            found: list[float] = json.loads(text)
            return found
        scores = self._writer.score(messages, continuations)
        if scores is not None:
            kept = key, json.dumps(list(scores))
            if REFUSAL in continuations:
                self._scored = {self._key(messages): kept}
            else:
                self._answers.put(*kept)
        return scores

    def _key(self, messages: Sequence[Message], continuations: Sequence[str] = ()) -> str:
        asked = [list(messages), list(continuations), self.name, self._settings, code_digest()]
        return hashlib.sha256(json.dumps(asked).encode(errors="surrogatepass")).hexdigest()


def code_files() -> list[Path]:
    """The modules of this package and of those in it, by name."""
    return sorted(_PACKAGE.rglob("*.py"))


@cache
def code_digest() -> str:
    """A digest of them: prompts, and whatever else decides what a model is asked."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in code_files())).hexdigest()
