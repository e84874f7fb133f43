"""Any order of edits, ingests, kills and reopenings ends in what a dictionary would hold."""

import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from fakes import WordEmbedder
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from commands import ingestion
from ingest.types import Report
from rag.config import Settings
from rag.index_wiring import open_store
from rag.store import catalog
from rag.store.catalog import Catalog
from rag.store.vector_sync import VectorSync
from rag.types import Role
from rag.vectors import FREE, ChromaVectors

NAMES = st.sampled_from([f"{folder}{name}.md" for folder in ("", "sub/") for name in "abcd"])
WORDS = st.lists(st.sampled_from("alpha beta gamma delta".split()), min_size=1, max_size=4)


PLACES = [(catalog, "put_note"), (ChromaVectors, "upsert"), (VectorSync, "mark_synced")]
"""Changes of the catalog, of Chroma, and what is noted once Chroma has changed."""


class Killed(BaseException):
    """The process ends here."""


class Library(RuleBasedStateMachine):
    """A folder of notes and its index, beside `files` (what is there) and `known` (what was)."""

    def __init__(self):
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.root = self.home / "notes"
        self.root.mkdir()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("rag.index_wiring._load_embedder", lambda *_: EMBEDDER)
        self.settings = Settings(home=self.home / "home", llm="none")
        self.files: dict[str, str] = {}
        self.known: dict[str, str] | None = {}
        self.is_settled = True

    def teardown(self):
        self.patch.undo()
        shutil.rmtree(self.home)

    # What a person does

    @rule(name=NAMES, words=WORDS)
    def write(self, name, words):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        text = "\n\n".join(f"# {word}\n\nabout {word}" for word in words)
        path.write_text(text)
        self.files[name] = text

    @precondition(lambda self: self.files)
    @rule(data=st.data())
    def delete(self, data):
        name = data.draw(st.sampled_from(sorted(self.files)))
        (self.root / name).unlink()
        del self.files[name]

    @precondition(lambda self: self.files)
    @rule(data=st.data(), new=NAMES)
    def rename(self, data, new):
        old = data.draw(st.sampled_from(sorted(self.files)))
        if new not in self.files:
            (self.root / new).parent.mkdir(exist_ok=True)
            (self.root / old).rename(self.root / new)
            self.files[new] = self.files.pop(old)

    @precondition(lambda self: self.files)
    @rule()
    def ingest(self):
        *_, report = ingestion.ingest(self.settings, str(self.root), allow_deletions=True)
        assert isinstance(report, Report)
        self.known = dict(self.files)
        self.is_settled = True
        assert report.notes == len(self.files)
        self.all_is_there()

    @precondition(lambda self: self.files)
    @rule(steps=st.integers(1, 12), where=st.sampled_from(PLACES))
    def ingest_and_be_killed(self, steps, where):
        """At the n-th change of the catalog, of Chroma, or before Chroma's is known."""
        owner, name = where
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, dying(getattr(owner, name), steps))
            try:
                for _ in ingestion.ingest(self.settings, str(self.root), allow_deletions=True):
                    pass
            except Killed:
                self.is_settled = False
                self.known = None
            else:
                self.known, self.is_settled = dict(self.files), True

    @precondition(lambda self: self.files and self.known is not None and self.is_settled)
    @rule()
    def undo_and_come_back(self):
        """What was undone is brought in again, and nothing is lost or doubled on the way."""
        if not (self.settings.home / "library.json").exists():
            return
        try:
            ingestion.undo(self.settings)
        except ingestion.NotesError:
            return
        self.known = None
        self.each_note_is_whole()

    # What holds at any time

    @invariant()
    def each_note_is_whole(self):
        """Old state or new state, never a mixture; and what a reader finds is in the catalog."""
        for path in self.settings.home.glob("index-*/catalog.sqlite3"):
            opened = Catalog(path)
            texts: dict[str, list[str]] = {}
            for chunk in opened.all_chunks():
                texts.setdefault(chunk.note_path, []).append(chunk.text)
            for note in opened.states():
                assert "\n\n".join(texts[note]) == opened.text(note)
            opened.close()

    def all_is_there(self):
        store = open_store(self.settings)
        known = store.index.catalog
        root = self.root.resolve().as_posix()
        held = {path.removeprefix(f"{root}/"): known.text(path) for path in known.states()}
        assert held == self.files
        sections = Counter(text for one in self.files.values() for text in cut(one))
        assert Counter(chunk.text for chunk in known.all_chunks()) == sections
        lexical = store.index.search_lexical(["about"], 99, tuple(Role))
        assert Counter(chunk.text for chunk, _ in lexical) == sections
        assert store.index.is_whole()
        (folder,) = self.settings.home.glob("index-*/chroma")
        roles = Counter(ChromaVectors(folder).held().values())
        assert roles["note"] == sections.total()
        assert roles.total() == roles["note"] + roles[FREE]
        store.close()


def dying(done, steps):
    """`done`, which ends the process at its last step, after having done its work or before."""
    left = [steps]

    def call(*args, **kwargs):
        left[0] -= 1
        if left[0] >= 1:
            done(*args, **kwargs)
        if left[0] <= 1:
            raise Killed

    return call


def cut(text):
    return [f"# {part.strip()}" for part in text.split("# ") if part.strip()]


EMBEDDER = WordEmbedder()
TestLibrary = Library.TestCase
TestLibrary.settings = hypothesis_settings(max_examples=12, stateful_step_count=14, print_blob=True)
