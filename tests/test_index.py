"""One contract for every Index, the fake and the real one; then what only the one on disk keeps."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from fakes import MemoryIndex, WordEmbedder, make_chunk, make_note, make_state

from rag.embedding import passage_text
from rag.errors import QuestionError
from rag.index import StoredIndex
from rag.protocols import Index
from rag.store.catalog import Catalog
from rag.types import Chunk, Role, Scope
from rag.vectors import FREE, ChromaVectors

EVERYTHING = tuple(Role)
FOLDER = "/notes"
embedder = WordEmbedder()

BIAS = make_chunk("Clarify explains bias of a model", "Clarify")
SPEED = make_chunk("Serverless endpoints start slowly", "Deployment")
PRICE = make_chunk("Spot instances are cheap", "Training")


class RecordingVectors(ChromaVectors):
    """Chroma, and which slots were written to it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.written: list[int] = []

    def upsert(self, slots: Sequence[int], vectors: Any, roles: Sequence[Role]) -> None:
        """Write, and take note of it."""
        self.written += slots
        super().upsert(slots, vectors, roles)


class Disk:
    """A folder in which indexes are opened as a new process would."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._opened: list[tuple[Catalog, RecordingVectors]] = []

    def open(self) -> StoredIndex:
        """Open the index of this folder once more."""
        catalog = Catalog(self.home / "catalog.sqlite3")
        vectors = RecordingVectors(self.home / "chroma")
        self._opened.append((catalog, vectors))
        return StoredIndex(catalog, vectors, embedder.fingerprint)

    def close(self) -> None:
        """Let go of all files, as the end of a process does."""
        for catalog, vectors in self._opened:
            vectors.reopen()
            catalog.close()
        self._opened.clear()

    @property
    def written(self) -> list[int]:
        """Slots that went to Chroma since the last `close`, in order."""
        return [one for _, vectors in self._opened for one in vectors.written]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    opened = Disk(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=["memory", "stored"])
def index(request: pytest.FixtureRequest) -> Index:
    return MemoryIndex() if request.param == "memory" else request.getfixturevalue("disk").open()


def chroma_size(disk: Disk) -> int:
    return sum(ChromaVectors(disk.home / "chroma").files().values())


def vectors_of(chunks: Sequence[Chunk]) -> list[list[float]]:
    return embedder.embed_documents([passage_text(chunk) for chunk in chunks])


def put(index: Index, *chunks: Chunk, path: str = "/notes/n.md", root: str = FOLDER) -> None:
    """Make these all that the index holds of a note; Chroma does not follow yet."""
    index.replace(make_note(path), make_state(root), chunks, vectors_of(chunks))


def dense(index: Index, question: str, k: int = 9, roles: Sequence[Role] = EVERYTHING) -> list[str]:
    return [c.id for c, _ in index.search_dense(embedder.embed_query(question), k, roles)]


def lexical(index: Index, *words: str, k: int = 9, roles: Sequence[Role] = EVERYTHING) -> list[str]:
    return [chunk.id for chunk, _ in index.search_lexical(words, k, roles)]


# What every Index promises


def test_the_nearest_chunks_come_first_with_their_cosine(index):
    put(index, SPEED, BIAS, PRICE)
    index.sync()
    (vector,) = vectors_of([BIAS])
    (first, cosine), (_, second), (_, third) = index.search_dense(vector, 9, EVERYTHING)
    assert first == BIAS
    assert cosine == pytest.approx(1.0, abs=1e-5)
    assert cosine > second >= third >= 0
    assert dense(index, "bias", k=1) == [BIAS.id]


def test_words_find_chunks_in_any_inflection_text_and_headings_alike(index):
    put(index, SPEED, BIAS, PRICE)
    index.sync()
    assert lexical(index, "explained") == [BIAS.id]
    assert lexical(index, "deployments") == [SPEED.id]
    assert set(lexical(index, "models", "cheap")) == {BIAS.id, PRICE.id}
    assert lexical(index, "bias", "model", "cheap")[0] == BIAS.id
    assert lexical(index, "nowhere") == lexical(index) == []
    assert len(lexical(index, "clarify", "deployment", "training", k=2)) == 2


@pytest.mark.parametrize("word", ["AND", "NEAR(", 'a"b', "c++", "*", "body:", "-x", "_", ""])
def test_no_word_is_an_operator(index, word):
    put(index, BIAS)
    index.sync()
    assert lexical(index, word, "bias") == [BIAS.id]


def test_only_chunks_of_the_wanted_roles_are_found(index):
    quiz = make_chunk("Quiz: which tool explains bias?", "Quiz", role=Role.QUIZ)
    put(index, quiz, BIAS)
    index.sync()
    assert dense(index, "bias", roles=[Role.NOTE]) == [BIAS.id]
    assert lexical(index, "bias", roles=[Role.NOTE]) == [BIAS.id]
    assert lexical(index, "bias", roles=[Role.QUIZ]) == [quiz.id]
    assert dense(index, "bias", roles=[]) == lexical(index, "bias", roles=[]) == []


def test_only_notes_in_scope_are_found(index):
    other = make_chunk("Clarify explains nothing", path="/notes/deep/other.md")
    put(index, BIAS, SPEED)
    put(index, other, path="/notes/deep/other.md")
    index.sync()
    (vector,) = vectors_of([BIAS])
    for scope, expected in (
        (Scope(notes=("other.md",)), {other.id}),
        (Scope(notes=("n.md",)), {BIAS.id, SPEED.id}),
        (Scope(folders=("deep",)), {other.id}),
        (Scope(kinds=("markdown",)), {BIAS.id, SPEED.id, other.id}),
    ):
        found = index.search_dense(vector, 9, EVERYTHING, scope)
        assert {chunk.id for chunk, _ in found} == expected
        lexical = index.search_lexical(["clarify", "slowly"], 9, EVERYTHING, scope)
        assert {chunk.id for chunk, _ in lexical} == expected
        assert index.search_dense(vector, 9, [Role.QUIZ], scope) == []


def test_a_scope_that_holds_no_note_is_refused(index):
    put(index, BIAS)
    index.sync()
    scope = Scope(notes=("m.md",))
    with pytest.raises(QuestionError, match=r"fulfils in:m\.md; did you mean in:n\.md"):
        index.search_dense([1.0] * 64, 9, EVERYTHING, scope)
    with pytest.raises(QuestionError, match=r"fulfils in:m\.md; did you mean in:n\.md"):
        index.search_lexical(["bias"], 9, EVERYTHING, scope)


def test_a_chunk_whose_role_changed_is_found_by_the_new_one(index):
    """Quiz chunks hold answer keys: an eval must not find one that was a note before."""
    put(index, make_chunk("Which tool explains bias?"))
    index.sync()
    put(index, make_chunk("Which tool explains bias?", role=Role.QUIZ))
    index.sync()
    assert dense(index, "bias", roles=[Role.NOTE]) == []
    assert lexical(index, "bias", roles=[Role.NOTE]) == []
    assert len(dense(index, "bias", roles=[Role.QUIZ])) == 1


def test_a_note_that_is_replaced_keeps_none_of_its_old_chunks(index):
    other = make_chunk("Ground Truth labels data", path="/notes/other.md")
    put(index, other, path="/notes/other.md")
    put(index, BIAS, SPEED)
    index.sync()
    put(index, SPEED, PRICE)
    index.sync()
    assert index.counts() == (2, 3)
    assert set(dense(index, "bias")) == {SPEED.id, PRICE.id, other.id}
    assert lexical(index, "bias") == []
    assert lexical(index, "cheap") == [PRICE.id]
    assert index.document_frequencies(["bias", "slow", "labelled"])["bias"] == 0


def test_a_note_that_is_deleted_is_forgotten(index):
    put(index, BIAS)
    index.sync()
    index.delete(["/notes/n.md", "/notes/never-there.md"])
    index.sync()
    assert index.counts() == (0, 0)
    assert index.states(FOLDER) == {}
    assert dense(index, "bias") == lexical(index, "bias") == []
    assert index.document_frequencies(["bias"]) == {"bias": 0}


def test_states_are_those_of_one_folder(index):
    put(index, BIAS, path="/notes/n.md")
    put(index, make_chunk("Elsewhere", path="/b/m.md"), path="/b/m.md", root="/b")
    assert index.states(FOLDER) == {"/notes/n.md": make_state()}
    assert index.states("/b") == {"/b/m.md": make_state("/b")}
    assert index.states("/c") == {}


def test_document_frequencies_count_chunks_by_stem(index):
    put(index, BIAS, make_chunk("Explaining models, explained"), PRICE)
    index.sync()
    found = index.document_frequencies(["explain", "bias", "nowhere"])
    assert found == {"explain": 2, "bias": 1, "nowhere": 0}


# What the one on disk promises


def test_vectors_are_known_by_text_and_forgotten_with_the_last_chunk_that_has_them(disk):
    index = disk.open()
    put(index, BIAS)
    index.sync()
    texts = [passage_text(SPEED), passage_text(BIAS)]
    unknown, known = index.known_vectors(texts)
    assert unknown is None
    assert known == pytest.approx(vectors_of([BIAS])[0], abs=1e-6)
    another_model = StoredIndex(index.catalog, ChromaVectors(disk.home / "chroma"), "other")
    assert another_model.known_vectors(texts) == [None, None]
    index.delete(["/notes/n.md"])
    index.sync()
    assert index.known_vectors(texts) == [None, None]


@pytest.mark.parametrize("deepest", [20, 100, 2000])
def test_every_share_of_a_library_is_searched_exactly_enough(disk, monkeypatch, deepest):
    """Out of Chroma or out of the catalog: all that is in scope and wanted, and nothing else."""
    monkeypatch.setattr("rag.search.dense._DEEPEST", deepest)
    index = disk.open()
    for name, count in (("few", 3), ("some", 30), ("most", 300)):
        path = f"/notes/{name}.md"
        texts = [f"word{number} of {name}" for number in range(count)]
        put(index, *(make_chunk(text, path=path) for text in texts), path=path)
    index.sync()
    vector = embedder.embed_query("word1 of many")
    everything = index.search_dense(vector, 999, EVERYTHING)
    assert len(everything) == 333
    for name, count in (("few", 3), ("some", 30), ("most", 300)):
        found = index.search_dense(vector, 10, EVERYTHING, Scope(notes=(f"{name}.md",)))
        wanted = [score for chunk, score in everything if chunk.name == f"{name}.md"]
        assert {chunk.name for chunk, _ in found} == {f"{name}.md"}
        assert [score for _, score in found] == pytest.approx(wanted[: min(10, count)], abs=1e-5)


def test_a_scope_heeds_notes_that_come_and_go(disk):
    index, scope = disk.open(), Scope(notes=("n.md", "m.md"))
    put(index, BIAS)
    put(index, make_chunk("another bias", path="/notes/o.md"), path="/notes/o.md")
    with pytest.raises(QuestionError):
        index.search_lexical(["bias"], 9, EVERYTHING, scope)
    more = make_chunk("more bias", path="/notes/m.md")
    put(index, more, path="/notes/m.md")
    found = index.search_lexical(["bias"], 9, EVERYTHING, scope)
    assert {chunk.id for chunk, _ in found} == {BIAS.id, more.id}
    disk.open().delete(["/notes/n.md"])  # as another process does
    with pytest.raises(QuestionError):
        index.search_lexical(["bias"], 9, EVERYTHING, scope)


def test_vectors_that_are_kept_for_a_scope_are_of_its_notes_as_they_are(disk):
    """Where they are compared one by one, and who asks, asks again."""
    index, scope = disk.open(), Scope(notes=("n.md",))
    put(index, BIAS)

    def found(roles: Sequence[Role] = EVERYTHING) -> set[str]:
        asked = embedder.embed_query("bias speed")
        return {chunk.id for chunk, _ in index.search_dense(asked, 9, roles, scope)}

    assert found() == found() == {BIAS.id}
    assert found((Role.QUIZ,)) == set()
    put(index, SPEED)
    assert found() == {SPEED.id}
    disk.open().delete(["/notes/n.md"])  # as another process does
    with pytest.raises(QuestionError):
        found()


def test_chroma_follows_after_a_kill_between_the_two_writes(disk):
    index = disk.open()
    put(index, BIAS, SPEED)
    index.sync()
    index.sync()
    assert disk.written == [1, 2]  # what did not change is not written again
    put(index, SPEED, PRICE)  # and here the process is killed
    disk.close()
    again = disk.open()
    assert BIAS.id not in dense(again, "bias")  # a stale passage is never shown
    again.sync()
    assert set(dense(again, "bias")) == {SPEED.id, PRICE.id}
    assert again.is_whole()
    assert disk.written == [1]  # in the place of what went
    again.delete(["/notes/n.md"])
    disk.close()
    last = disk.open()
    assert dense(last, "bias") == []
    last.sync()
    assert last.is_whole()


def test_a_kill_before_chroma_is_known_to_have_followed_leaves_no_duplicate(disk, monkeypatch):
    index = disk.open()
    put(index, BIAS, SPEED)

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(index.catalog.vector_sync, "mark_synced", kill)
        index.sync()
    disk.close()
    again = disk.open()
    again.sync()
    assert again.is_whole()
    assert sorted(dense(again, "bias")) == sorted([BIAS.id, SPEED.id])


@pytest.mark.parametrize("damage", [b"", b"no database" * 1000, None, "file"])
def test_a_damaged_or_lost_chroma_folder_is_not_asked_and_is_mended(disk, damage):
    """Truncated files may end the process that opens them; the catalog has the vectors too."""
    index = disk.open()
    put(index, BIAS, SPEED)
    index.sync()
    disk.close()
    if isinstance(damage, bytes):
        (disk.home / "chroma" / "chroma.sqlite3").write_bytes(damage)
    else:
        shutil.rmtree(disk.home / "chroma")
    if damage == "file":
        (disk.home / "chroma").write_text("a file in the way")
    again = disk.open()
    assert not again.is_whole()
    assert dense(again, "bias") == [BIAS.id, SPEED.id]
    again.sync()
    assert again.is_whole()
    assert dense(again, "bias", k=1) == [BIAS.id]


def test_every_truncated_file_of_chroma_is_survived(disk):
    index = disk.open()
    chunks = [make_chunk(f"word{number} of many") for number in range(1100)]
    put(index, *chunks)  # more than Chroma keeps in its log
    index.sync()
    disk.close()
    files = ["chroma.sqlite3", "data_level0.bin", "header.bin", "index_metadata.pickle"]
    for name in [*files, "length.bin", "link_lists.bin"]:
        (path,) = (disk.home / "chroma").rglob(name)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        again = disk.open()
        assert dense(again, "word7 of many", k=1) == ["word7 of many"]
        again.sync()
        assert again.is_whole()
        assert len(dense(again, "many", k=2000)) == len(chunks)
        disk.close()


def test_notes_are_found_by_vector_before_chroma_has_them(disk):
    """While notes are brought in, and after a kill, the catalog's own vectors answer."""
    index = disk.open()
    put(index, BIAS, SPEED)
    index.sync()
    put(index, SPEED, PRICE)
    assert dense(index, "cheap") == [PRICE.id, SPEED.id]
    (vector,) = vectors_of([PRICE])
    before = index.search_dense(vector, 9, EVERYTHING)
    index.sync()
    after = index.search_dense(vector, 9, EVERYTHING)
    assert [c for c, _ in before] == [c for c, _ in after]
    assert [s for _, s in before] == pytest.approx([s for _, s in after], abs=1e-5)


@pytest.mark.slow
def test_chroma_does_not_grow_with_edits(disk):
    """Its files keep room for every id they ever saw."""
    index = disk.open()
    path = "/notes/others.md"
    others = [make_chunk(f"word{number} stays", path=path) for number in range(1500)]
    put(index, *others, path=path)
    put(index, make_chunk("round 0"))
    index.sync()
    size = chroma_size(disk)
    for number in range(1, 500):
        put(index, make_chunk(f"round {number}"), *([BIAS, PRICE] if number % 2 else []))
        index.sync()
    assert chroma_size(disk) <= 1.2 * size
    assert_holds(disk, index)


def assert_holds(disk: Disk, index: StoredIndex) -> None:
    """Chroma knows each chunk by its role, and nothing else but free slots."""
    assert index.is_whole()
    held = Counter(ChromaVectors(disk.home / "chroma").held().values())
    roles = Counter(str(chunk.role) for chunk in index.catalog.all_chunks())
    assert held - Counter({FREE: held[FREE]}) == roles


def test_room_that_most_chunks_took_is_given_back(disk):
    index = disk.open()
    put(index, *(make_chunk(f"word{number} goes") for number in range(2500)))
    index.sync()
    size = chroma_size(disk)
    put(index, BIAS)
    index.sync()
    assert chroma_size(disk) < size / 2
    assert_holds(disk, index)


WRITER = """
import os, sys
sys.path.insert(0, "tests")
from pathlib import Path
from test_index import BIAS, PRICE, Disk, put
index = Disk(Path(sys.argv[1])).open()
put(index, BIAS, PRICE)
index.sync()
os._exit(9)  # as a kill would: nothing is closed
"""


def test_an_open_index_sees_what_another_process_wrote(disk):
    """The page stays open while `crib ingest` runs; nobody should have to restart it."""
    reader = disk.open()
    put(reader, BIAS)
    reader.sync()
    assert dense(reader, "cheap") == [BIAS.id]
    child = [sys.executable, "-c", WRITER, str(disk.home)]
    done = subprocess.run(child, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 9
    assert dense(reader, "cheap")[0] == PRICE.id
    assert lexical(reader, "cheap") == [PRICE.id]
    assert reader.is_whole()
    disk.open().delete(["/notes/n.md"])
    assert dense(reader, "bias") == []
    assert (reader.facets().notes, reader.facets().kinds) == ({}, {})
