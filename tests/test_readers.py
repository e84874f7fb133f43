"""Readers: what can be read is read to the character, the rest is refused with its reason."""

import hashlib
import os

import pytest

from ingest.readers.markdown import MarkdownReader
from ingest.text import decode
from ingest.types import SourceFile
from rag.errors import NotesError


def source_file(path):
    found = path.stat()
    return SourceFile(path.as_posix(), found.st_size, found.st_mtime_ns)


@pytest.fixture
def read(tmp_path):
    """Reads bytes as the Markdown note `lesson.md`."""
    path = tmp_path / "lesson.md"

    def read_bytes(data):
        path.write_bytes(data)
        return MarkdownReader().read(source_file(path), data)

    return read_bytes


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_unicode_is_read_by_its_mark_and_the_mark_is_no_text(encoding):
    text = "# Über 東京 \U0001f469\n\nnaïve\n"
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    assert decode(mark + text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("latin-1", "# Grüße\n\nschöne Äpfel aus Köln, naïve Café\n"),
        ("latin-1", "L'été dernier, la température était élevée à Genève.\n"),
        ("cp1252", "price 5€, “quoted” naïvely\n"),
        ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy. Zażółć gęślą jaźń\n"),
        ("cp1251", "Привет, это заметка: машинное обучение.\n"),
        ("shift_jis", "これは機械学習についてのノートです。データの前処理\n"),
    ],
)
def test_older_encodings_are_recognised(encoding, text):
    """Western notes are told from Central European ones, which share most of their letters."""
    assert decode((text * 3).encode(encoding)) == text * 3


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_stay_as_they_are(read, end):
    """Offsets are into the file as it is, so nothing may be normalised."""
    text = f"# A{end}{end}text{end}"
    found = read(text.encode())
    assert found.note.text == text
    assert found.note.title == "A"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\t\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"# A\0B", "binary"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
        (bytes(range(1, 256)) * 4, "save it as UTF-8"),
        (b"\xff\xfeA", "save it as UTF-8"),
    ],
)
def test_what_is_no_text_is_refused_with_the_reason(read, data, reason):
    with pytest.raises(NotesError, match=reason):
        read(data)


def test_a_note_is_what_its_file_says(read, tmp_path):
    data = b"# Clarify\n\ntext\n"
    path = tmp_path / "lesson.md"
    note = read(data).note
    assert note.path == path.as_posix()
    assert note.digest == hashlib.sha256(data).hexdigest()
    assert note.modified == pytest.approx(path.stat().st_mtime)
    assert (note.kind, note.name) == ("markdown", "lesson.md")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: From YAML\n---\n# Heading\n", "From YAML"),
        ("---\ntitle: 2024-02-29\n---\n", "2024-02-29"),
        ("text\n\n# *Late* heading\n", "Late heading"),
        ("## Only a second level\n", "lesson"),
        ("---\n# a comment in the front matter\ntags: x\n---\n# Heading\n", "Heading"),
        ("---\ntitle: [a, b]\n---\n# Heading\n", "Heading"),
    ],
)
def test_the_title_is_the_front_matters_else_the_first_headings_else_the_files(read, text, title):
    assert read(text.encode()).note.title == title


@pytest.mark.parametrize(
    ("yaml", "tags"),
    [
        ("tags: [aws, ml ops, 3]", ("aws", "ml ops", "3")),
        ("tags: aws, ml", ("aws", "ml")),
        ("tags:\n- aws\n- ml", ("aws", "ml")),
        ("tags: 2024", ("2024",)),
        ("tags:", ()),
        ("tags: [[a], {b: c}, null]", ()),
        ("other: x", ()),
    ],
)
def test_tags_are_read_however_they_are_written(read, yaml, tags):
    assert read(f"---\n{yaml}\n---\nx".encode()).note.tags == tags


@pytest.mark.parametrize(
    "yaml",
    ["a: [", "a: b: c", "date: 2024-13-45", "n: 0x_", "a: !!python/object:os.system x"],
)
def test_bad_front_matter_is_a_warning_and_the_note_is_read(read, yaml):
    found = read(f"---\n{yaml}\n---\n# A\n".encode())
    (warning,) = found.warnings
    assert "front matter is not YAML" in warning
    assert "\n" not in warning
    assert found.note.title == "A"


def test_nested_front_matter_does_not_end_the_stack(read):
    found = read(b"---\na: " + b"[" * 500 + b"\n---\n# A\n")
    assert "front matter is not YAML" in found.warnings[0]


def test_aliases_do_not_blow_up(read):
    """Nine lines of YAML can stand for a billion words."""
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    note = read("\n".join(["---", *rows, "title: *a9", "tags: *a9", "---", "# A"]).encode()).note
    assert (note.title, note.tags) == ("A", ())


def test_the_four_missing_images_of_the_note_that_ships_are_named_with_their_lines(read, sagemaker):
    assert read(sagemaker.text.encode()).warnings == (
        "image not found: ./pictures/sagemakermodeldeploymentcomparison.png (line 35)",
        "image not found: ./pictures/sagemakerstudio.png (line 44)",
        "image not found: ./pictures/sagemakersummary1.png (line 130)",
        "image not found: ./pictures/sagemakersummary2.png (line 131)",
    )


def test_an_image_that_is_there_is_no_warning(read, tmp_path):
    (tmp_path / "a b.png").touch()
    assert read(b"![x](a%20b.png) ![y](<a b.png>) ![z](a%20b.png?raw=1#top)").warnings == ()


def test_an_image_elsewhere_is_not_fetched(read):
    """Conftest fails whoever reaches for the network."""
    text = "![x](https://example.org/x.png) ![y](//example.org/y.png) ![z](data:image/png;base64,A)"
    assert read(text.encode()).warnings == ()


@pytest.mark.parametrize("source", ["%00.png", "a" * 5000 + ".png", "\\\\host\\x.png"])
def test_a_path_that_cannot_be_one_is_never_fatal(read, source):
    assert len(read(f"![x]({source})".encode()).warnings) == 1


def test_the_time_of_change_is_the_files_own(read, tmp_path):
    path = tmp_path / "lesson.md"
    read(b"x")
    os.utime(path, (1, 1_000_000_000.5))
    assert MarkdownReader().read(source_file(path), b"x").note.modified == 1_000_000_000.5
