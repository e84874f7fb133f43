"""A note belongs to one root alone, however folders lie within each other."""

import pytest

from commands import ingestion
from commands.pages.library import NotesLibrary
from ingest.plan import inner_roots, lists, outer_roots
from ingest.types import Listing, Report, SourceFile
from rag.errors import NotesError
from rag.index_wiring import open_store

KNOWN = ("/a", "/a/b", "/a/b/c.md", "/ab", "https://e.org/", "https://e.org/a")


def test_roots_that_lie_within_each_other_are_known_by_their_paths():
    assert outer_roots("/a/b/c.md", KNOWN) == ["/a", "/a/b"]
    assert inner_roots("/a", KNOWN) == ["/a/b", "/a/b/c.md"]
    assert outer_roots("/a", KNOWN) == inner_roots("/ab", KNOWN) == []
    assert inner_roots("/", KNOWN) == ["/a", "/a/b", "/a/b/c.md", "/ab"]


def test_a_page_lies_within_no_other():
    assert outer_roots("https://e.org/a", KNOWN) == inner_roots("https://e.org/", KNOWN) == []


def test_a_root_is_listed_if_a_file_in_it_is():
    there = Listing((SourceFile("/a/b/x.md", 1, 1),))
    assert [root for root in KNOWN if lists(there, root)] == ["/a", "/a/b"]


@pytest.fixture
def crib(settings, embedder, monkeypatch):
    """Ingests a path into the test's library, and gives the report."""
    monkeypatch.setattr("rag.index_wiring.load_embedder", lambda *_: embedder)
    store = open_store(settings)

    def ingest(path, **options):
        *_, report = ingestion.ingest(settings, str(path), **options)
        assert isinstance(report, Report)
        return report

    ingest.roots = store.index.catalog.roots
    ingest.settings = settings
    yield ingest
    store.index.catalog.close()


@pytest.fixture
def vault(tmp_path):
    """A folder of notes with others below it, one of them hidden."""
    root = tmp_path / "vault"
    for name in ("a.md", "sub/b.md", "sub/c.md", ".private/d.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}\n\nwords of {name}\n")
    return root


@pytest.mark.parametrize("part", ["sub", "sub/b.md"])
def test_a_part_of_a_known_folder_is_not_indexed_twice(crib, vault, part):
    crib(vault)
    with pytest.raises(NotesError) as caught:
        crib(vault / part)
    assert str(caught.value) == (
        f"{vault / part} is among the notes of {vault} already; run: crib ingest {vault}"
    )
    assert crib.roots() == [str(vault)]


def test_a_folder_takes_in_the_known_ones_below_it_without_reading_them_again(crib, vault):
    crib(vault / "sub")
    crib(vault / "a.md")
    report = crib(vault)
    assert crib.roots() == [str(vault)]
    assert (report.notes, report.new, report.unchanged, report.embedded) == (3, 0, 3, 0)
    (vault / "sub" / "b.md").unlink()
    assert crib(vault).deleted == 1


def test_what_a_folder_passes_over_may_be_a_root_of_its_own(crib, vault):
    crib(vault)
    assert crib(vault / ".private").new == 1
    assert crib(vault).deleted == 0
    assert crib.roots() == [str(vault), str(vault / ".private")]


def test_a_refresh_of_all_goes_on_where_one_root_takes_in_another(crib, vault):
    (vault / ".gitignore").write_text("sub/")
    crib(vault)
    crib(vault / "sub")
    (vault / ".gitignore").unlink()
    *_, report = NotesLibrary(crib.settings).ingest()
    assert isinstance(report, Report)
    assert (report.notes, report.unchanged, report.skipped) == (3, 3, {})
    assert crib.roots() == [str(vault)]


def test_a_file_that_is_gone_is_forgotten_only_where_a_person_says_so(crib, vault):
    crib(vault / "a.md")
    (vault / "a.md").unlink()
    with pytest.raises(NotesError, match=r"a\.md is gone, .*run: crib ingest .*--allow-deletions$"):
        crib(vault / "a.md")
    assert crib(vault / "a.md", allow_deletions=True).notes == 0


def test_that_all_notes_of_a_folder_are_ignored_is_said(crib, vault):
    (vault / ".cribignore").write_text("*")
    with pytest.raises(NotesError, match=r"no notes in .* but 2 ignored ones"):
        crib(vault)
