"""The plan: what is there against what is remembered."""

from ingest.plan import plan
from ingest.types import Listing, Plan, SourceFile
from rag.types import FileState

A = SourceFile("/notes/a.md", 10, 1000)
B = SourceFile("/notes/b.md", 20, 2000)


def state(size, modified_ns, fingerprint="f"):
    return FileState("/notes", size, modified_ns, "digest", fingerprint)


def there(*files):
    return Listing(files)


def test_on_an_empty_index_everything_is_new():
    assert plan(there(A, B), {}, "f") == Plan((A, B), (), (), ())


def test_what_has_its_size_and_time_is_unchanged():
    assert plan(there(A), {A.path: state(10, 1000)}, "f") == Plan((), (), (A,), ())


def test_another_size_or_time_is_a_change():
    """A note put back from a backup has an older time, which is a change as well."""
    for known in (state(11, 1000), state(10, 999), state(10, 1001)):
        assert plan(there(A), {A.path: known}, "f") == Plan((), (A,), (), ())


def test_another_reader_chunker_or_model_makes_every_note_changed():
    known = {A.path: state(10, 1000, "old"), B.path: state(20, 2000, "old")}
    assert plan(there(A, B), known, "f").changed == (A, B)


def test_what_is_no_longer_listed_is_deleted_in_order():
    known = {B.path: state(20, 2000), A.path: state(10, 1000)}
    assert plan(there(), known, "f") == Plan((), (), (), (A.path, B.path))


def test_a_moved_note_is_new_in_one_place_and_deleted_in_the_other():
    moved = SourceFile("/notes/sub/a.md", 10, 1000)
    assert plan(there(moved), {A.path: state(10, 1000)}, "f") == Plan((moved,), (), (), (A.path,))


def test_what_could_not_be_looked_into_is_not_taken_for_deleted():
    known = {path: state(1, 1) for path in ("/notes/a/x.md", "/notes/a.md", "/notes/ab/x.md")}
    listing = Listing((), {"/notes/a": "Permission denied", "/notes/a.md": "Permission denied"})
    assert plan(listing, known, "f").deleted == ("/notes/ab/x.md",)


def test_a_digest_tells_what_a_time_cannot():
    """A page of the web has no time of change, only that of the fetch."""
    page = SourceFile("https://example.org/", 10, 5000, "digest")
    known = {page.path: state(10, 1000)}
    assert plan(there(page), known, "f").unchanged == (page,)
    assert plan(there(page), known, "another reader").changed == (page,)
    other = SourceFile("https://example.org/", 10, 1000, "other")
    assert plan(there(other), known, "f").changed == (other,)
