"""Notes that say the same are found, whether their bytes are the same or most of their lines."""

from rag.search.agreement import duplicates
from rag.types import Chunk

LINES = [f"The {name} makes something that the cell needs." for name in "abcdefgh"]


def note(path: str, lines: list[str]) -> Chunk:
    text = "\n".join(lines)
    return Chunk(path, path, "d", 0, (), 0, len(text), 1, len(lines), text)


def found(notes: dict[str, list[str]], digests: dict[str, str] | None = None):
    chunks = [note(path, lines) for path, lines in notes.items()]
    said = duplicates(chunks, digests or {path: path for path in notes})
    return [(one.paths, round(one.share, 2), one.is_exact) for one in said]


def test_notes_with_the_same_bytes_are_one_group_and_compared_once() -> None:
    notes = {"/a.md": LINES, "/b.md": LINES, "/c.md": LINES, "/d.md": LINES[:6]}
    digests = {"/a.md": "x", "/b.md": "x", "/c.md": "x", "/d.md": "y"}
    assert found(notes, digests) == [
        (("/a.md", "/b.md", "/c.md"), 1.0, True),
        (("/a.md", "/d.md"), 1.0, False),
    ]


def test_a_note_of_which_a_line_was_changed_is_a_near_duplicate() -> None:
    edited = [LINES[0].upper(), "  " + LINES[1], "Another line that nobody else has.", *LINES[3:]]
    assert found({"/a.md": LINES, "/b.md": edited}) == [(("/a.md", "/b.md"), 0.88, False)]


def test_a_quote_or_a_common_form_is_no_duplicate() -> None:
    own = [f"Line {number} of a note that is quite its own." for number in range(8)]
    assert found({"/a.md": LINES, "/b.md": [*own, *LINES[:3]]}) == []
    assert found({f"/{number}.md": LINES for number in range(30)}) == []
    assert found({"/a.md": ["Short."] * 5, "/b.md": ["Short."] * 5}) == []
