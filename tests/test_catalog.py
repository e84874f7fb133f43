"""The catalog is the truth: whole after every fault, and it gives back what it was given."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from fakes import make_chunk, make_note, make_state

from rag.catalog import SCHEMA_VERSION, Catalog
from rag.errors import StoreError
from rag.types import Anchor, Chunk, FileState, Note, Role

TEXT = "# Tïtle\n\nemoji \N{GRINNING FACE}, nul \0 and\r\nCRLF\n"
NOTE = Note("/a/b.md", "Tïtle", TEXT, "d" * 64, "markdown", 1.5, ("x", "y z"))
STATE = FileState("/a", 33, 2**62, "d" * 64, "reader-1 chunker-1")
CHUNK = Chunk(
    "id-1",
    "/a/b.md",
    "d" * 64,
    0,
    ("Tïtle", "A, B"),
    0,
    44,
    1,
    4,
    TEXT,
    Role.QUIZ,
    (Anchor(0, "page 3"), Anchor(9, "page “4”")),
    "| a | b |",
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "catalog.sqlite3"


@pytest.fixture
def catalog(path):
    opened = Catalog(path)
    yield opened
    opened.close()


def put(catalog: Catalog, note: Note, *chunks: Chunk) -> None:
    catalog.replace(note, make_state(), chunks, [(chunk.id, b"vector") for chunk in chunks])


def test_what_was_stored_is_given_back_to_the_letter_after_a_restart(catalog, path):
    """Offsets only hold if not one character was changed."""
    catalog.replace(NOTE, STATE, [CHUNK], [("key", b"\x00\x01")])
    catalog.close()
    again = Catalog(path)
    assert again.chunks(["id-1", "unknown"]) == {"id-1": CHUNK}
    assert again.all_chunks() == [CHUNK]
    assert again.text("/a/b.md") == TEXT
    assert again.text("/a/unknown.md") == ""
    assert again.states("/a") == {"/a/b.md": STATE}
    assert again.vectors(["key", "unknown"]) == {"key": b"\x00\x01"}
    assert again.roots() == ["/a"]
    assert again.is_sound()
    again.close()


def test_a_replacement_that_fails_leaves_the_note_as_it_was(catalog):
    """One transaction a note: old state or new one, never half of one."""
    old, new = make_chunk("the old words"), make_chunk("the new words")
    put(catalog, make_note(text="old"), old)
    with pytest.raises(ValueError, match="shorter"):
        catalog.replace(make_note(text="new"), make_state(), [new], [])
    assert catalog.text("/notes/n.md") == "old"
    assert catalog.all_chunks() == [old]
    assert [chunk for chunk, _ in catalog.search(["old", "new"], 9, tuple(Role))] == [old]
    assert catalog.tombstones() == []


def test_a_chunk_that_came_back_is_not_buried(catalog):
    """Its id was to be removed from Chroma; removing it now would lose it."""
    chunk = make_chunk("words")
    put(catalog, make_note(), chunk)
    put(catalog, make_note())
    assert catalog.tombstones() == [chunk.id]
    put(catalog, make_note(), chunk)
    assert catalog.tombstones() == []
    assert [identity for identity, _, _ in catalog.unsynced(9)] == [chunk.id]


def test_a_word_in_a_heading_weighs_more_than_one_in_the_text(catalog):
    body = make_chunk("bias is one of several topics here", "Other")
    heading = make_chunk("something is one of several topics here", "Bias")
    put(catalog, make_note(), body, heading)
    found = catalog.search(["bias"], 9, tuple(Role))
    assert [chunk for chunk, _ in found] == [heading, body]
    assert found[0][1] > found[1][1]


def test_more_vectors_than_a_statement_takes_are_found(catalog):
    chunks = [make_chunk(f"chunk {number}") for number in range(1203)]
    put(catalog, make_note(), *chunks)
    assert len(catalog.vectors([chunk.id for chunk in chunks])) == 1203
    assert len(catalog.unsynced(1000)) == 1000


def test_threads_share_a_catalog(catalog):
    """The page asks while it ingests."""

    def work(number: int) -> None:
        path = f"/notes/{number % 4}.md"
        put(catalog, make_note(path), make_chunk(f"words of {path}", path=path))
        assert catalog.search(["words"], 9, tuple(Role))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(24)))
    assert catalog.counts() == (4, 4)


def test_the_generation_rises_with_what_chroma_holds(catalog):
    before = catalog.generation()
    catalog.mark_synced([], [])
    assert catalog.generation() == before + 1


def test_a_file_that_is_no_catalog_says_what_to_do(path):
    path.parent.mkdir()
    path.write_bytes(b"something else entirely" * 100)
    with pytest.raises(StoreError, match=r"cannot be read .*move .* away and run: crib ingest"):
        Catalog(path)


def test_a_catalog_of_a_later_version_is_left_alone(catalog, path):
    catalog.close()
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    database.close()
    with pytest.raises(StoreError, match="another version of Cribsheet"):
        Catalog(path)


def test_a_home_that_cannot_be_used_says_so(tmp_path):
    """A file where the folder should be, or a folder where the file should be."""
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file" / "catalog.sqlite3", tmp_path):
        with pytest.raises(StoreError, match=r"cannot be opened .*; set CRIB_HOME"):
            Catalog(path)
