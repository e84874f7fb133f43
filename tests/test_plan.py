"""The plan: what is there against what is remembered."""

from ingest.plan import plan_ingest
from ingest.types import Listing, Plan, SourceFile
from rag.types import FileState

A = SourceFile("/notes/a.md", 10, 1000)
B = SourceFile("/notes/b.md", 20, 2000)


def state(size, modified_ns, fingerprint="f", digest="digest"):
    return FileState("/notes", size, modified_ns, digest, fingerprint)


def planned(files, known, digests=None):
    """The plan; a file whose digest is not given must not be read."""
    there = files if isinstance(files, Listing) else Listing(tuple(files))
    return plan_ingest(there, known, lambda _: "f", lambda file: (digests or {})[file.path])


def test_on_an_empty_index_everything_is_new():
    assert planned([A, B], {}) == Plan(new=(A, B))


def test_what_has_its_size_and_time_is_unchanged_and_not_read():
    assert planned([A], {A.path: state(10, 1000)}) == Plan(unchanged=(A,))


def test_another_size_is_a_change_that_needs_no_reading():
    assert planned([A], {A.path: state(11, 1000)}) == Plan(changed=(A,))


def test_another_time_is_a_change_if_the_bytes_are_others():
    """A note put back from a backup has an older time."""
    for known in (state(10, 999), state(10, 1001)):
        assert planned([A], {A.path: known}, {A.path: "other"}) == Plan(changed=(A,))
        assert planned([A], {A.path: known}, {A.path: "digest"}) == Plan(touched=(A,))


def test_a_source_that_knows_no_times_is_compared_by_digest():
    page = SourceFile("https://a.b/c", 10, 5000, digest="digest", format=".html")
    assert planned([page], {page.path: state(99, 1)}) == Plan(touched=(page,))
    assert planned([page], {page.path: state(10, 5000, digest="old")}, {page.path: "digest"}) == (
        Plan(changed=(page,))
    )


def test_another_reader_chunker_or_model_makes_every_note_changed():
    known = {A.path: state(10, 1000, "old"), B.path: state(20, 2000, "old")}
    assert planned([A, B], known).changed == (A, B)


def test_a_reader_that_changed_concerns_its_own_format_alone():
    paper = SourceFile("/notes/p.pdf", 1, 1)
    known = {A.path: state(10, 1000, ".md-1"), paper.path: state(1, 1, ".pdf-0")}
    found = plan_ingest(Listing((A, paper)), known, lambda file: f"{file.suffix}-1", lambda _: "")
    assert found == Plan(changed=(paper,), unchanged=(A,))


def test_what_is_no_longer_listed_is_deleted_in_order():
    known = {B.path: state(20, 2000), A.path: state(10, 1000)}
    assert planned([], known) == Plan(deleted=(A.path, B.path))


def test_a_moved_note_is_known_by_its_bytes():
    moved = SourceFile("/notes/sub/a.md", 10, 1000)
    known = {A.path: state(10, 1000)}
    assert planned([moved], known, {moved.path: "digest"}) == Plan(moved=((A.path, moved),))
    assert planned([moved], known, {moved.path: "other"}) == (Plan(new=(moved,), deleted=(A.path,)))


def test_a_copy_is_new_and_one_of_two_copies_is_what_was_moved():
    copies = [SourceFile(f"/notes/{name}.md", 10, 1) for name in "cd"]
    digests = {copy.path: "digest" for copy in copies}
    known = {A.path: state(10, 1000)}
    assert planned([A, *copies], known, digests).new == tuple(copies)
    assert planned(copies, known, digests) == (Plan(new=(copies[1],), moved=((A.path, copies[0]),)))


def test_what_could_not_be_looked_into_is_not_taken_for_deleted():
    known = {path: state(1, 1) for path in ("/notes/a/x.md", "/notes/a.md", "/notes/ab/x.md")}
    listing = Listing((), {"/notes/a": "Permission denied", "/notes/a.md": "Permission denied"})
    assert planned(listing, known).deleted == ("/notes/ab/x.md",)
