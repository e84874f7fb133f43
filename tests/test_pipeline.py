"""An ingest brings the index to what the folder holds: no more, no less, nothing twice."""

import os
import re
import subprocess
import sys
from collections import Counter

import pytest
from conftest import ROOT
from fakes import MemoryIndex, WordEmbedder

from commands import ingestion
from ingest.chunking import StructureChunker
from ingest.pipeline import FEWEST, Ingest
from ingest.readers import READERS
from ingest.sources.folder import Folder
from ingest.types import Phase, Progress, Report, SourceFile
from rag.errors import LockedError, NotesError
from rag.index import StoredIndex
from rag.index_wiring import open_store
from rag.store.catalog import Catalog
from rag.store.home import Home
from rag.types import Role
from rag.vectors import FREE, ChromaVectors


@pytest.fixture
def root(tmp_path):
    """A folder of notes, empty."""
    path = tmp_path / "notes"
    path.mkdir()
    return path


@pytest.fixture
def index(tmp_path):
    """A real index over cheap vectors."""
    catalog = Catalog(tmp_path / "catalog.sqlite3")
    yield StoredIndex(catalog, ChromaVectors(tmp_path / "chroma"), "words")
    catalog.close()


@pytest.fixture
def embedder():
    return WordEmbedder()


@pytest.fixture
def events(root, index, embedder):
    """Begins an ingest of the folder."""

    def begin(into=index, budget=160, **how):
        chunker = StructureChunker(embedder.count_tokens, budget)
        return Ingest(into, embedder, chunker, READERS).run(Folder(root, {".md"}), **how)

    return begin


@pytest.fixture
def ingest(events, embedder):
    """Brings the folder in; returns the report. `embedder.embedded` is what this run embedded."""

    def run(**options):
        embedder.embedded.clear()
        return list(events(**options))[-1]

    return run


def sections(*words):
    return "\n\n".join(f"# {word}\n\nabout {word}" for word in words)


def source_file(path):
    found = path.stat()
    return SourceFile(path.as_posix(), found.st_size, found.st_mtime_ns)


def held(index):
    return [chunk.text for chunk in index.catalog.all_chunks()]


def assert_whole(index):
    """Chroma has every chunk of the catalog, and no other."""
    sync = index.catalog.vector_sync
    assert index.is_whole()
    assert not sync.pending(1)
    assert not sync.freed()
    held = Counter(index._vectors.held().values())
    del held[FREE]
    assert held == Counter(str(chunk.role) for chunk in index.catalog.all_chunks())


def test_notes_are_found_both_ways_after_an_ingest(root, index, ingest, embedder):
    (root / "a.md").write_text(sections("alpha", "beta"))
    report = ingest()
    assert (report.notes, report.chunks, report.new, report.embedded) == (1, 2, 1, 2)
    roles = (Role.NOTE,)
    assert index.search_dense(embedder.embed_query("about beta"), 1, roles)[0][0].headings == (
        "beta",
    )
    assert index.search_lexical(["alpha"], 1, roles)[0][0].headings == ("alpha",)


def test_a_second_run_embeds_nothing(root, index, ingest, embedder):
    (root / "a.md").write_text(sections("alpha", "beta"))
    ingest()
    report = ingest()
    assert embedder.embedded == []
    assert (report.unchanged, report.embedded, report.reused) == (1, 0, 0)
    assert (report.notes, report.chunks) == (1, 2)


def test_a_changed_line_embeds_the_chunk_it_is_in_alone(root, index, ingest, embedder):
    (root / "a.md").write_text(sections("alpha", "beta", "gamma"))
    ingest()
    (root / "a.md").write_text(sections("alpha", "delta", "gamma"))
    report = ingest()
    assert embedder.embedded == ["delta\n# delta\n\nabout delta"]
    assert (report.changed, report.embedded, report.reused) == (1, 1, 2)
    assert [text.split()[1] for text in held(index)] == ["alpha", "delta", "gamma"]
    assert_whole(index)


def test_a_line_added_on_top_moves_the_lines_of_all_chunks_and_embeds_none_of_them(
    root, index, ingest, embedder
):
    (root / "a.md").write_text(sections("alpha", "beta"))
    ingest()
    (root / "a.md").write_text("\n\n\n" + sections("alpha", "beta"))
    ingest()
    assert embedder.embedded == []
    assert [chunk.start_line for chunk in index.catalog.all_chunks()] == [4, 8]


def test_new_and_deleted_notes_are_brought_up_to_date(root, index, ingest):
    for name in "abc":
        (root / f"{name}.md").write_text(sections(name))
    ingest()
    (root / "b.md").unlink()
    (root / "d.md").write_text(sections("d"))
    report = ingest()
    assert (report.new, report.deleted, report.unchanged, report.notes) == (1, 1, 2, 3)
    assert [text.split()[1] for text in held(index)] == ["a", "c", "d"]
    assert_whole(index)


def test_a_note_touched_without_a_change_is_not_cut_anew(root, index, ingest, embedder):
    (root / "a.md").write_text(sections("alpha"))
    ingest()
    os.utime(root / "a.md", (1, 1))
    assert (ingest().unchanged, embedder.embedded) == (1, [])
    assert ingest().unchanged == 1
    assert_whole(index)


def test_a_moved_note_is_known_by_its_new_path_and_not_embedded(root, index, ingest, embedder):
    (root / "a.md").write_text(sections("alpha", "beta"))
    ingest()
    (root / "sub").mkdir()
    (root / "a.md").rename(root / "sub" / "b.md")
    report = ingest()
    assert (report.moved, report.new, report.deleted, embedder.embedded) == (1, 0, 0, [])
    assert {c.note_path for c in index.catalog.all_chunks()} == {f"{root.as_posix()}/sub/b.md"}
    assert_whole(index)


def test_the_same_text_twice_is_embedded_once_and_both_notes_are_named(
    root, index, ingest, embedder
):
    for name in ("a.md", "b.md"):
        (root / name).write_text(sections("alpha"))
    report = ingest()
    assert embedder.embedded == ["alpha\n# alpha\n\nabout alpha"]
    assert (report.notes, report.chunks, report.embedded, report.reused) == (2, 2, 1, 1)
    found = index.search_dense(embedder.embed_query("alpha"), 5, (Role.NOTE,))
    assert {chunk.name for chunk, _ in found} == {"a.md", "b.md"}


def test_words_under_another_heading_are_embedded_again(root, ingest, embedder):
    """The breadcrumb is part of what is embedded."""
    (root / "a.md").write_text("# A\n\n## C\n\nx")
    ingest()
    (root / "a.md").write_text("# A\n\ny\n\n## C\n\nx")
    ingest()
    (root / "a.md").write_text("# B\n\ny\n\n## C\n\nx")
    ingest()
    assert embedder.embedded == ["B\n# B\n\ny", "B > C\n## C\n\nx"]


def test_another_chunker_cuts_all_notes_again(root, index, ingest):
    (root / "a.md").write_text("one two three four five. six seven eight nine ten.")
    assert ingest().chunks == 1
    report = ingest(budget=5)
    assert (report.changed, report.chunks) == (1, 2)
    assert_whole(index)


def test_notes_that_cannot_be_read_are_skipped_with_the_reason(root, index, ingest, monkeypatch):
    (root / "a.md").write_text(sections("alpha"))
    (root / "b.md").write_bytes(b"\x89PNG\0\0")
    (root / "c.md").write_text("")
    (root / "d.md").write_text("secret")
    refuse(monkeypatch, "d.md")
    report = ingest()
    where = root.as_posix()
    assert report.skipped == {
        f"{where}/b.md": "it is binary, not text",
        f"{where}/c.md": "it is empty",
        f"{where}/d.md": "it cannot be read: Permission denied",
    }
    assert (report.notes, report.new) == (1, 1)


def refuse(monkeypatch, name):
    """Nobody may read files of this name: a mode would not stop root."""
    read = type(ROOT).read_bytes

    def read_bytes(path):
        if path.name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr("pathlib.Path.read_bytes", read_bytes)


def test_a_note_that_can_no_longer_be_read_is_not_answered_from_and_comes_back(root, index, ingest):
    """What was in it may be gone for a reason, and a citation into it would lead nowhere."""
    (root / "a.md").write_text(sections("alpha"))
    (root / "b.md").write_text(sections("beta"))
    ingest()
    (root / "b.md").write_bytes(b"\0")
    assert list(ingest().skipped) == [f"{root.as_posix()}/b.md"]
    assert [text.split()[1] for text in held(index)] == ["alpha"]
    assert_whole(index)
    (root / "b.md").write_text(sections("beta"))
    assert ingest().notes == 2


def test_a_note_that_goes_away_after_it_was_listed_is_skipped(root, index, embedder):
    class Vanishing(Folder):
        def listing(self):
            found = super().listing()
            (root / "b.md").unlink()
            return found

    (root / "a.md").write_text(sections("alpha"))
    (root / "b.md").write_text(sections("beta"))
    ingest = Ingest(index, embedder, StructureChunker(embedder.count_tokens), READERS)
    *_, report = ingest.run(Vanishing(root, {".md"}))
    assert "No such file" in report.skipped[f"{root.as_posix()}/b.md"]
    assert report.notes == 1


def test_an_empty_folder_is_refused_and_nothing_is_deleted(root, index, ingest):
    with pytest.raises(NotesError, match=r"no notes in .*: put some into it"):
        ingest()
    (root / "a.md").write_text(sections("alpha"))
    ingest()
    (root / "a.md").unlink()
    with pytest.raises(NotesError, match=r"1 of the 1 notes known from .* are gone"):
        ingest()
    assert len(held(index)) == 1
    assert ingest(allow_deletions=True).notes == 0


def test_a_folder_that_lost_most_of_its_notes_is_refused_and_nothing_is_changed(
    root, index, ingest
):
    """A disk that is not mounted must not cost the index; deleting half of one's notes may."""
    for name in "abcd":
        (root / f"{name}.md").write_text(sections(name * 3))
    ingest()
    for name in "ab":
        (root / f"{name}.md").unlink()
    assert ingest().deleted == 2
    (root / "c.md").unlink()
    (root / "d.md").rename(root / "moved.md")
    report = ingest()
    assert (report.deleted, report.moved) == (1, 1)
    (root / "moved.md").unlink()
    (root / "new.md").write_text(sections("new"))
    command = f"crib ingest {root.as_posix()} --allow-deletions"
    with pytest.raises(NotesError, match=rf"nothing was changed; .* run: {re.escape(command)}$"):
        ingest()
    assert held(index) == [sections("ddd")]
    assert ingest(allow_deletions=True).deleted == 1
    assert held(index) == [sections("new")]
    assert_whole(index)


def test_warnings_name_the_note_they_are_about(root, ingest):
    (root / "a.md").write_text("![x](gone.png)")
    (root / "b.md").write_text("fine")
    assert ingest().warnings == {f"{root.as_posix()}/a.md": ("image not found: gone.png (line 1)",)}


def test_another_folder_of_the_same_library_is_left_alone(root, index, embedder, ingest, tmp_path):
    (root / "a.md").write_text(sections("alpha"))
    ingest()
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.md").write_text(sections("beta"))
    chunker = StructureChunker(embedder.count_tokens)
    report = list(Ingest(index, embedder, chunker, READERS).run(Folder(other, {".md"})))[-1]
    assert (report.new, report.deleted, report.notes) == (1, 0, 2)


def test_progress_names_the_note_the_rate_and_the_time_left_and_ends_with_the_report(root, events):
    for number in range(300):
        (root / f"{number:03}.md").write_text(sections(f"word{number}"))
    *steps, report = events(into=MemoryIndex())
    assert isinstance(report, Report)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert {step.total for step in steps[1:]} == {300}
    *_, last = steps
    assert (last.phase, last.done, last.current) == (Phase.EMBEDDING, 300, "299.md")
    assert last.rate > 0
    assert last.seconds_left == pytest.approx(0)
    halfway = next(step for step in steps if step.done >= 100)
    assert halfway.seconds_left > 0


def test_what_is_done_is_kept_when_an_ingest_is_stopped_and_the_next_one_finishes(
    root, index, events, ingest, embedder
):
    """As Ctrl-C does, and the page's stop."""
    total = 5 * FEWEST
    for number in range(total):
        (root / f"{number:03}.md").write_text(sections(f"word{number}"))
    running = events()
    for event in running:
        if isinstance(event, Progress) and event.done >= FEWEST:
            running.close()
    kept = len(held(index))
    assert FEWEST <= kept < total
    found = index.search_dense(embedder.embed_query("about word7"), 1, (Role.NOTE,))
    assert found[0][0].text == "# word7\n\nabout word7"
    report = ingest()
    assert (report.embedded, report.unchanged) == (total - kept, kept)
    assert len(embedder.embedded) == total - kept
    assert report.chunks == total
    assert_whole(index)


def test_the_same_text_in_two_batches_is_embedded_once(root, index, ingest, embedder):
    """The vectors of the batch before are not stored yet when the next is begun."""
    for number in range(4 * FEWEST):
        (root / f"{number:03}.md").write_text(sections(f"word{number % (FEWEST + 9)}"))
    report = ingest()
    assert (report.chunks, report.embedded) == (4 * FEWEST, FEWEST + 9)
    assert len(embedder.embedded) == FEWEST + 9


def test_a_reader_that_fails_skips_its_note_alone(root, index, embedder):
    class Failing:
        suffixes = (".md",)
        fingerprint = "failing"

        def read(self, file, data):
            if b"trouble" in data:
                raise RecursionError("too deep")
            return READERS[0].read(file, data)

    (root / "a.md").write_text("trouble")
    (root / "b.md").write_text(sections("beta"))
    chunker = StructureChunker(embedder.count_tokens)
    *_, report = Ingest(index, embedder, chunker, [Failing()]).run(Folder(root, {".md"}))
    assert report.notes == 1
    assert report.skipped == {
        f"{root.as_posix()}/a.md": "its reader failed (RecursionError: too deep)"
    }
    assert index.catalog.skipped() == report.skipped


def test_two_ingests_at_once_are_refused_and_the_place_is_free_again(tmp_path):
    home = Home(tmp_path)
    named = rf"another crib \(process {os.getpid()}\) is bringing"
    with home.exclusive(), pytest.raises(LockedError, match=named), home.exclusive():
        pytest.fail("two writers")
    with home.exclusive():
        pass


def test_the_writers_place_is_kept_against_another_process_and_freed_by_its_death(tmp_path):
    code = (
        "import sys; from pathlib import Path; from rag.store.home import Home\n"
        "with Home(Path(sys.argv[1])).exclusive(): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(LockedError), Home(tmp_path).exclusive():
            pytest.fail("two writers")
        child.kill()
    with Home(tmp_path).exclusive():
        pass


def test_an_ingest_beside_another_is_refused_before_it_writes(root, settings):
    (root / "a.md").write_text(sections("alpha"))
    with Home(settings.home).exclusive(), pytest.raises(LockedError):
        list(ingestion.ingest(settings, str(root)))
    assert open_store(settings).index.counts() == (0, 0)


def test_notes_whose_reader_is_gone_are_kept(root, index, embedder):
    """A package that cannot be loaded today may be there again tomorrow."""

    class Reader:
        suffixes = (".xyz",)
        fingerprint = "xyz-1"

        def read(self, file, data):
            return READERS[0].read(file, data)

    for name in ("a.xyz", "b.xyz", "c.md"):
        (root / name).write_text(sections(name[0] * 3))
    chunker = StructureChunker(embedder.count_tokens)
    both, one = {".md", ".xyz"}, {".md"}
    *_, report = Ingest(index, embedder, chunker, [*READERS, Reader()]).run(Folder(root, both))
    assert report.notes == 3
    *_, report = Ingest(index, embedder, chunker, READERS).run(Folder(root, one))
    assert (report.notes, report.deleted) == (3, 0)
    assert len(report.skipped) == 2
    (root / "b.xyz").unlink()
    *_, report = Ingest(index, embedder, chunker, READERS).run(Folder(root, one))
    assert (report.notes, report.deleted) == (2, 1)


def test_with_many_passages_chroma_waits_until_the_embedding_engine_rests(
    root, ingest, index, embedder, monkeypatch
):
    """Both take memory; together they would have it grow with the vault."""
    monkeypatch.setattr("ingest.pipeline._FOLLOWED", 20)
    monkeypatch.setattr("ingest.pipeline.FEWEST", 5)
    told = []
    upsert = ChromaVectors.upsert
    monkeypatch.setattr(
        ChromaVectors,
        "upsert",
        lambda own, slots, *rest: (
            told.append((embedder.rests, len(slots))),
            upsert(own, slots, *rest),
        ),
    )
    for number in range(60):
        (root / f"{number}.md").write_text(f"# Note {number}\n\nabout {number}")
    ingest()
    assert sum(count for rests, count in told if not rests) <= 40
    assert sum(count for _, count in told) == 60
    assert any(rests for rests, _ in told)
    assert index.is_whole()


def test_with_few_passages_the_embedding_engine_goes_on(root, ingest, embedder):
    (root / "a.md").write_text("# One\n\nabout one")
    ingest()
    assert not embedder.rests
