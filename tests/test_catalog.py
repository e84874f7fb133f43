"""The catalog is the truth: whole after every fault, and it gives back what it was given."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from fakes import make_chunk, make_note, make_state

from rag.errors import DamagedError, StoreError
from rag.store.catalog import SCHEMA_VERSION, Catalog
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
    assert again.chunks([1, 2]) == {1: CHUNK}
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
    assert catalog.vector_sync.freed() == []


def test_a_slot_that_chroma_knows_is_used_again(catalog):
    """Chroma's files keep room for every id that they ever saw."""
    one, two, three = map(make_chunk, ("one", "two", "three"))
    put(catalog, make_note(), one, two)
    put(catalog, make_note())
    assert catalog.vector_sync.slots() == (0, 0)  # those that it never heard of are forgotten
    put(catalog, make_note(), one, two)
    catalog.vector_sync.mark_synced([1, 2], [])
    put(catalog, make_note(), two)
    assert catalog.vector_sync.freed() == [1]
    put(catalog, make_note(), two, three)
    assert catalog.vector_sync.freed() == []
    assert catalog.chunks([1, 2]) == {1: three, 2: two}
    assert [slot for slot, _, _ in catalog.vector_sync.pending(9)] == [1]


def test_more_vectors_than_a_statement_takes_are_found(catalog):
    chunks = [make_chunk(f"chunk {number}") for number in range(1203)]
    put(catalog, make_note(), *chunks)
    assert len(catalog.vectors([chunk.id for chunk in chunks])) == 1203
    assert len(catalog.vector_sync.pending(1000)) == 1000


def test_threads_share_a_catalog(catalog):
    """The page asks while it ingests."""

    def work(number: int) -> None:
        path = f"/notes/{number % 4}.md"
        put(catalog, make_note(path), make_chunk(f"words of {path}", path=path))
        assert catalog.search(["words"], 9, tuple(Role))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(24)))
    assert catalog.counts() == (4, 4)


def test_a_change_is_out_of_sync_and_a_finished_sync_is_seen_by_its_generation(catalog):
    before = catalog.vector_sync.generation()
    catalog.vector_sync.finish_writing({"a/b": 3})
    assert catalog.vector_sync.is_in_sync()
    assert catalog.vector_sync.files() == {"a/b": 3}
    assert catalog.vector_sync.generation() == before + 1
    put(catalog, make_note(), make_chunk("words"))
    assert not catalog.vector_sync.is_in_sync()
    assert catalog.vector_sync.files() == {"a/b": 3}


def test_a_file_or_a_home_that_cannot_be_used_says_what_to_do(catalog, path, tmp_path):
    """A later version's, another file, a file where the folder should be, or the reverse."""
    catalog.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreError, match="another version of Cribsheet"):
        Catalog(path)
    path.write_bytes(b"something else entirely" * 100)
    with pytest.raises(DamagedError, match=r"is damaged .*run: crib ingest"):
        Catalog(path)
    for wrong in (path / "catalog.sqlite3", tmp_path):
        with pytest.raises(StoreError, match=r"cannot be (opened|used) .*; set CRIB_HOME"):
            Catalog(wrong)


def test_damage_in_the_middle_is_found(catalog, path):
    put(catalog, make_note(text="x" * 100_000), *(make_chunk(f"word {n}") for n in range(500)))
    catalog.close()
    data = bytearray(path.read_bytes())
    middle = slice(len(data) // 2, len(data) * 3 // 4)
    data[middle] = b"\xff" * len(data[middle])
    path.write_bytes(data)
    damaged = Catalog(path)
    assert not damaged.is_sound()
    with pytest.raises(DamagedError, match="run: crib ingest"):
        damaged.all_chunks()
    damaged.close()


def test_reasons_and_warnings_are_kept_until_the_next_time(catalog):
    chunk = make_chunk("words")
    catalog.replace(make_note(), make_state(), [chunk], [("key", b"")], ["image not found: a.png"])
    catalog.set_skipped("/notes", {"/notes/x.md": "it is empty"})
    catalog.set_skipped("/b", {"/b/y.md": "it is binary, not text"})
    (info,) = catalog.infos()
    assert (info.path, info.chunks, info.warnings) == (
        "/notes/n.md",
        1,
        ("image not found: a.png",),
    )
    catalog.set_skipped("/notes", {})
    assert catalog.skipped() == {"/b/y.md": "it is binary, not text"}


def test_a_fact_about_the_library_is_kept_in_place_of_the_one_before(catalog, path):
    assert catalog.kept("baseline") is None
    catalog.keep("baseline", "0.4")
    catalog.keep("baseline", 'é "0.5"')
    catalog.keep("other", "x")
    with pytest.raises(KeyboardInterrupt), catalog.transaction():
        catalog.keep("other", "it is one write with whatever is written together with it")
        raise KeyboardInterrupt
    put(catalog, make_note(), make_chunk("words"))
    catalog.delete(["/notes/n.md"])
    catalog.prune()
    catalog.close()
    again = Catalog(path)
    assert (again.kept("baseline"), again.kept("other")) == ('é "0.5"', "x")
    again.close()


def test_a_sample_of_the_notes_is_spread_over_all_of_them(catalog):
    for number in range(10):
        put(catalog, make_note(f"/notes/{number}.md"))
    assert catalog.sample(3) == ["/notes/0.md", "/notes/3.md", "/notes/6.md"]
    assert len(catalog.sample(60)) == 10
