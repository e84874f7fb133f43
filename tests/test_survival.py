"""What is brought in survives: kills at any moment, full disks, another model, whatever happens."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT
from fakes import WordEmbedder

from commands import ingestion
from commands.pages.library import NotesLibrary
from ingest.chunking import StructureChunker
from ingest.readers import READERS
from ingest.types import Progress, Report, SourceFile
from rag.errors import DiskFullError, NotesError, StoreError
from rag.index_wiring import open_store
from rag.store.catalog import Catalog
from rag.store.home import Home
from rag.types import Chunk, Found, Role
from rag.vectors import FREE, ChromaVectors


def write(root, name, *words):
    """A note with a section for each word."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(f"# {word}\n\nabout {word}" for word in words) + "\n")
    return path


def run(settings, root=None, **options) -> Report:
    *_, report = ingestion.ingest(settings, str(root) if root else None, **options)
    assert isinstance(report, Report)
    return report


def expected(store, root):
    """The chunks of what the folder holds now, cut anew."""
    embedder = store.embedder
    chunker = StructureChunker(embedder.count_tokens, model_limit=embedder.max_tokens + 2)
    chunks = []
    for path in sorted(root.rglob("*.md"), key=lambda one: one.as_posix()):
        found = path.stat()
        file = SourceFile(path.as_posix(), found.st_size, found.st_mtime_ns)
        chunks += chunker.chunk(READERS[0].read(file, path.read_bytes()))
    return chunks


def assert_holds(settings, root):
    """No loss, no double, nothing stale: catalog, Chroma and word index are what the folder is."""
    with closing(open_store(settings)) as store:
        wanted = expected(store, root)
        catalog = store.index.catalog
        assert catalog.all_chunks() == wanted
        assert catalog.is_sound()
        assert store.index.is_whole()
        assert in_chroma(Home(settings.home).folder(store.edition) / "chroma") == {
            slot: (str(role), pytest.approx(np.frombuffer(vector, np.float32), abs=1e-6))
            for role in Role
            for block in catalog.vector_sync.vectors([role])
            for slot, vector in block
        }
        found = store.index.search_lexical(["about"], len(wanted) + 9, tuple(Role))
        assert Counter(c.id for c, _ in found) == Counter(c.id for c in wanted if "about" in c.text)


def in_chroma(folder):
    """Role and vector of every slot that holds a chunk."""
    with ChromaVectors(folder)._working() as collection:
        found: Any = collection.get(include=["metadatas", "embeddings"])
    rows = zip(found["ids"], found["metadatas"], found["embeddings"], strict=True)
    return {int(i): (m["role"], np.asarray(v)) for i, m, v in rows if m["role"] != FREE}


def best(library, question):
    """The heading of what is found first."""
    found = next(iter(library.stream(question, ())))
    assert isinstance(found, Found)
    return found.evidence.passages[0].chunk.headings[-1]


@pytest.fixture
def root(tmp_path):
    """A folder for notes, empty."""
    path = tmp_path / "notes"
    path.mkdir()
    return path


# Kills


KILLS = 52


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kills_at_any_moment_lose_nothing_and_leave_nothing_twice(root, settings):
    """Kill -9 of the real command at random moments, notes changing in between."""
    chance = random.Random(1)  # noqa: S311 (nothing secret)
    for number in range(200):
        write(root, f"{number:03}.md", f"word{number}", "shared")
    killed: Counter[str] = Counter()
    for round_ in range(KILLS):
        scramble(root, chance, round_)
        killed[kill_once(settings, root, chance)] += 1
        assert_each_note_is_whole(settings)
        if round_ % 13 == 12:
            report = run(settings, root, allow_deletions=True)
            assert report.skipped == {}
            assert_holds(settings, root)
    assert killed["killed"] >= KILLS * 2 // 3, killed
    assert_holds(settings, root)


def scramble(root, chance, round_):
    """Edit, add, move and delete some notes."""
    notes = sorted(root.rglob("*.md"))
    for path in chance.sample(notes, 6):
        write(root, path.relative_to(root), f"changed{round_}x{path.stem}", "shared")
    write(root, f"new{round_}.md", f"new{round_}", "shared")
    chance.choice(notes).rename(root / f"moved{round_}.md")
    left = sorted(root.rglob("*.md"))
    for path in chance.sample(left, 2):
        path.unlink()


def kill_once(settings, root, chance):
    """Start `crib ingest` and kill it after a time that is drawn by chance."""
    command = [sys.executable, "app.py", "ingest", str(root), "--allow-deletions"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as child:
        wait_for_the_first_change(settings, child)
        time.sleep(chance.random() * 0.35)
        how = "killed" if child.poll() is None else "ended"
        child.kill()
        assert child.stderr
        assert b"Traceback" not in child.stderr.read()
    return how


def wait_for_the_first_change(settings, child):
    """Until the catalog is being written: before that, a kill is no test of anything."""
    before = stamp(settings)
    while child.poll() is None and stamp(settings) == before:
        time.sleep(0.005)


def stamp(settings):
    return [
        (path.stat().st_size, path.stat().st_mtime_ns)
        for path in settings.home.glob("index-*/catalog.sqlite3-wal")
    ]


def assert_each_note_is_whole(settings):
    """Right after a kill each note is in its old or its new state, with the chunks of that."""
    for path in settings.home.glob("index-*/catalog.sqlite3"):
        catalog = Catalog(path)
        by_note: dict[str, list[Chunk]] = {}
        for chunk in catalog.all_chunks():
            by_note.setdefault(chunk.note_path, []).append(chunk)
        for note, state in catalog.states().items():
            text = catalog.text(note)
            assert "".join(text.split()) == "".join("".join(c.text.split()) for c in by_note[note])
            assert {chunk.note_digest for chunk in by_note[note]} == {state.digest}
        catalog.close()


# Chroma and the catalog


@pytest.mark.parametrize("kept", [0, 0.3])
def test_a_lost_or_damaged_chroma_answers_meanwhile_and_is_made_anew_without_embedding(
    root, settings, kept
):
    write(root, "a.md", "alpha", "beta")
    run(settings, root)
    for path in settings.home.glob("index-*/chroma/**/*.*"):
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert best(NotesLibrary(settings), "about beta") == "beta"
    report = run(settings, root)
    assert (report.embedded, report.unchanged) == (0, 1)
    assert_holds(settings, root)


def test_a_catalog_that_was_damaged_while_an_ingest_was_cut_short_is_found_and_made_anew(
    root, settings
):
    """What still opens is looked through where the last ingest did not come to its end."""
    for number in range(80):
        write(root, f"{number}.md", *(f"word{number}x{part}" for part in range(9)))
    stopped = ingestion.ingest(settings, str(root))
    for event in stopped:
        if isinstance(event, Progress) and event.done > 20:
            break
    stopped.close()
    (path,) = settings.home.glob("index-*/catalog.sqlite3")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    assert run(settings, root).notes == 80
    assert len(list(settings.home.glob("damaged-*"))) == 1
    assert_holds(settings, root)


# Another model, another chunker


class OtherEmbedder(WordEmbedder):
    """Another model: other dimensions."""

    dimensions = 48
    fingerprint = "words-48"


@pytest.fixture
def models(monkeypatch):
    """Two embedding models that cost nothing; gives what each has embedded."""
    made = {"words": WordEmbedder(), "other": OtherEmbedder()}

    def load(_cache, name, _engine):
        if name not in made:
            raise StoreError(f"{name} is not here")
        return made[name]

    monkeypatch.setattr("rag.index_wiring._load_embedder", load)
    return made


def named(settings, model):
    return settings.model_copy(update={"embedding_model": model})


def test_the_old_model_answers_until_the_new_index_is_whole(root, settings, models):
    for number in range(150):
        write(root, f"{number:03}.md", f"word{number}")
    before, after = named(settings, "words"), named(settings, "other")
    run(before, root)
    library = NotesLibrary(after)
    changing = ingestion.ingest(after, str(root))
    for event in changing:
        if isinstance(event, Progress):
            assert library._store.embedder is models["words"]
            assert best(library, "about word149") == "word149"
    assert library._store.embedder is models["other"]
    assert best(library, "about word149") == "word149"
    assert len(list(settings.home.glob("index-*"))) == 1
    assert_holds(after, root)


def test_a_change_of_model_that_is_stopped_goes_on_where_it_was(root, settings, models):
    for number in range(300):
        write(root, f"{number:03}.md", f"word{number}")
    before, after = named(settings, "words"), named(settings, "other")
    run(before, root)
    changing = ingestion.ingest(after, str(root))
    for event in changing:
        if isinstance(event, Progress) and event.done >= 64:
            break
    changing.close()
    assert NotesLibrary(after)._store.embedder is models["words"]
    done = len(models["other"].embedded)
    report = run(after, root)
    assert 0 < done < 300
    assert report.unchanged > 0
    assert NotesLibrary(after)._store.embedder is models["other"]
    assert_holds(after, root)


def test_a_change_of_model_brings_all_sources_along_and_loses_none_that_is_gone_just_now(
    root, settings, models, tmp_path
):
    other = tmp_path / "other"
    write(root, "a.md", "alpha")
    write(other, "b.md", "beta")
    before, after = named(settings, "words"), named(settings, "other")
    run(before, root)
    run(before, other)
    other.rename(tmp_path / "unplugged")
    with pytest.raises(NotesError, match="no folder"):
        run(after, root)
    assert NotesLibrary(after).counts() == (2, 2)
    (tmp_path / "unplugged").rename(other)
    assert run(after, root).notes == 2
    assert NotesLibrary(after)._store.embedder is models["other"]
    with closing(open_store(after)) as store:
        assert set(store.index.catalog.roots()) == {root.as_posix(), other.as_posix()}


def test_an_index_whose_model_cannot_be_had_says_what_to_do(root, settings, models):
    write(root, "a.md", "alpha")
    run(named(settings, "words"), root)
    models.pop("words")
    with pytest.raises(StoreError, match="words is not here"):
        open_store(named(settings, "other"))
    assert run(named(settings, "other"), root).notes == 1


def test_another_chunker_cuts_note_by_note_and_every_note_is_found_meanwhile(
    root, settings, models, monkeypatch
):
    words = named(settings, "words")
    for number in range(150):
        write(root, f"{number:03}.md", f"word{number}")
    run(words, root)
    monkeypatch.setattr("ingest.chunking.VERSION", "next")
    with closing(open_store(words)) as reader:
        for event in ingestion.ingest(words, str(root)):
            vector = models["words"].embed_query("about word7")
            assert reader.index.search_dense(vector, 1, (Role.NOTE,))[0][0].headings == ("word7",)
            last = event
    assert isinstance(last, Report)
    assert (last.changed, last.embedded) == (150, 0)
    assert_holds(words, root)


# A full disk

FULL = """
import sys
from pathlib import Path
from commands import ingestion
from rag.config import load_settings
from rag.errors import DiskFullError
import rag.index
checked = rag.index.require_room
if sys.argv[2] == "surprised":  # by somebody else who fills the disk meanwhile
    rag.index.require_room = lambda *_: None
try:
    *_, report = ingestion.ingest(load_settings(), sys.argv[1])
    print(report.notes, report.embedded)
except DiskFullError as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small disk, as Linux lets one")
def test_a_full_disk_is_seen_before_and_survived_in_the_middle(root, tmp_path):
    """A disk of 6 MB, in a mount namespace of its own; then it is made larger."""
    for number in range(1500):
        write(root, f"{number:04}.md", *(f"word{number}x{part}" for part in range(4)))
    script = f"""
        set -e
        mkdir -p disk; mount -t tmpfs -o size=6m tmpfs disk
        export CRIB_HOME=$PWD/disk/home
        cd {ROOT}
        {sys.executable} -c "$FULL" {root} checked
        {sys.executable} -c "$FULL" {root} surprised
        mount -o remount,size=400m {tmp_path}/disk
        {sys.executable} -c "$FULL" {root} checked
        {sys.executable} -c "$FULL" {root} checked
        {sys.executable} app.py doctor | grep index
    """
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "FULL": FULL},
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    before, surprised, mended, again, doctor = done.stdout.splitlines()
    assert "MB are needed in" in before and "MB are free; make room there" in before, done
    assert "is full; make room there" in surprised or "MB are needed" in surprised
    notes, embedded = map(int, mended.split())
    assert notes == 1500
    assert 0 < embedded < 6000  # what was done before is kept
    assert again == "1500 0"
    assert doctor.startswith("ok  index: 1500 notes, 6000 chunks, whole")


def test_no_room_is_said_before_anything_is_done(root, settings, monkeypatch):
    """A shelf of scanned books is not refused for what its pictures weigh; nor an empty errand."""
    usage = shutil.disk_usage(root)
    free = {"bytes": 20_000_000}
    monkeypatch.setattr(
        "rag.store.database.shutil.disk_usage", lambda _: usage._replace(free=free["bytes"])
    )
    write(root, "a.md", "alpha")
    (root / "book.pdf").write_bytes(b"%PDF-" + bytes(5_000_000))
    assert list(run(settings, root).skipped) == [f"{root.as_posix()}/book.pdf"]
    (root / "book.pdf").unlink()
    free["bytes"] = 1000
    assert run(settings, root).unchanged == 1
    write(root, "b.md", "beta")
    with pytest.raises(DiskFullError, match=r"about 10 MB are needed in .*, 0 MB are free"):
        run(settings, root)


# Two at once


def test_a_second_ingest_names_the_first_and_changes_nothing(root, settings):
    write(root, "a.md", "alpha")
    with Home(settings.home).exclusive():
        done = subprocess.run(
            [sys.executable, "app.py", "ingest", str(root)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"another crib (process {os.getpid()}) is bringing the notes up to date" in done.stderr
    assert not Path(settings.home).joinpath("library.json").exists()
