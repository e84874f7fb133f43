"""The list of notes and the note as it was read: what is shown, and that nothing of it runs."""

import json
import re
from dataclasses import replace

import pytest

from rag.types import Anchor, Chunk, Span
from web.notes_page.listing import ROWS, Shown, matching, notes_html, rows, turned
from web.notes_page.reader import (
    PART_CHARS,
    PART_LINES,
    ReadingPosition,
    located,
    note_lines,
    note_parts,
    outline,
    part_at,
    reading_html,
)
from web.notes_page.types import Item, NoteReading, Overview, PlaceInNote, State

MEGABYTE = 1_000_000
HOSTILE = "<img src=x onerror=alert(1)>\"'${alert(2)}"


def item(place: str, state: State = State.INDEXED, passages: int = 2) -> Item:
    indexed = None if state in (State.NEW, State.SKIPPED) else 0.0
    return Item(f"/vault/{place}", place, "markdown", state, passages, indexed)


def chunk(text: str, start: int, end: int, *headings: str, path: str = "/vault/a.md") -> Chunk:
    number = text.count("\n", 0, start) + 1
    return Chunk(f"{start}", path, "d", 0, headings, start, end, number, number, text[start:end])


TEXT = "# Cells\n\n## Parts\n\nMitochondria make ATP. They are small.\n\n## Division\n\nMitosis.\n"
PARTS = chunk(TEXT, TEXT.index("Mito"), TEXT.index("\n\n## Div"), "Cells", "Parts")
DIVISION = chunk(TEXT, TEXT.index("## Div"), TEXT.index("\nMitosis") + 9, "Cells", "Division")
READING = NoteReading("/vault/a.md", TEXT, "d", (), (PARTS, DIVISION))


def test_folders_stand_above_what_is_in_them_and_can_be_closed() -> None:
    items = [item("v/b.md"), item("v/sub/c.md", State.CHANGED), item("v/a.md")]
    listed = rows(items, Shown())
    assert [(row.depth, row.item.name if row.item else row.folder) for row in listed] == [
        (0, "v"),
        (1, "v/sub"),
        (2, "c.md"),
        (1, "a.md"),
        (1, "b.md"),
    ]
    assert listed[0].counts[State.CHANGED] == 1
    closed = rows(items, turned(Shown(), "v"))
    assert [row.folder for row in closed] == ["v"]


def test_of_ten_thousand_notes_a_page_is_shown_and_is_small() -> None:
    items = tuple(item(f"v/f{n % 10}/{HOSTILE * 4}{n}.md") for n in range(10_000))
    overview = Overview(items, 20_000)
    assert len(rows(items, Shown())) == 11  # the folders are closed at first
    every = Shown(query="md", page=3)
    page = notes_html(overview, every)
    assert page.count('class="note"') == ROWS
    assert "601 to 800 of 10,000 lines" in page
    assert len(json.dumps(page)) < MEGABYTE


def test_notes_are_found_by_words_of_their_path_in_any_case() -> None:
    items = [item("v/Été/plan.md"), item("v/winter/plan.md")]
    assert matching(items, Shown(query="PLAN ete")) == [items[0]]


def test_only_notes_of_one_state_are_listed_when_that_is_asked() -> None:
    items = (item("v/a.md"), item("v/b.md", State.CHANGED))
    page = notes_html(Overview(items, 4), Shown(state=State.CHANGED))
    assert "b.md" in page
    assert "a.md" not in page
    assert 'aria-pressed="true">1 changed' in page


def test_a_note_that_was_skipped_says_why_and_cannot_be_opened() -> None:
    skipped = replace(item("v/x.pdf", State.SKIPPED), reason="it is locked by a password")
    page = notes_html(Overview((skipped,), 0), Shown())
    assert "it is locked by a password" in page
    assert 'data-do="open"' not in page


def test_an_empty_library_says_what_to_do() -> None:
    assert "Add some above" in notes_html(Overview(), Shown())


def test_names_and_texts_are_shown_and_never_run() -> None:
    text = f"# {HOSTILE}\n\n{HOSTILE} text\n"
    one = chunk(text, 0, len(text), HOSTILE, path=HOSTILE)
    odd = Item(HOSTILE, HOSTILE, HOSTILE, State.CHANGED, 1, 0.0, HOSTILE, (HOSTILE,))
    shown = notes_html(Overview((odd,), 1), Shown(query="img", path=HOSTILE), [one])
    shown += notes_html(Overview((odd,), 1, troubles={HOSTILE: HOSTILE}), Shown())
    reading = NoteReading(HOSTILE, text, "d", (Anchor(0, HOSTILE),), (one,))
    shown += reading_html(reading, odd, ReadingPosition(0, Span(2, 9), HOSTILE))
    assert "<img" not in shown
    assert not re.search(r'="[^"]*<', shown)


def test_the_text_is_shown_verbatim_under_the_numbers_of_its_lines() -> None:
    shown = list(note_lines(READING, Span(0, len(TEXT))))
    assert ["".join(piece.text for piece in line.pieces) for line in shown] == TEXT.splitlines()
    assert [line.number for line in shown] == list(range(1, 10))


def test_each_piece_knows_its_passage_and_whether_it_is_marked() -> None:
    start = TEXT.index("They")
    mark = Span(start, start + 15)
    pieces = [p for line in note_lines(READING, Span(0, len(TEXT)), [mark]) for p in line.pieces]
    assert "".join(piece.text for piece in pieces if piece.passage == 1) == PARTS.text
    assert [piece.text for piece in pieces if piece.is_marked] == ["They are small."]


def test_the_headings_lead_to_their_own_lines() -> None:
    assert [(one.depth, one.title, one.line) for one in outline(READING)] == [
        (0, "Cells", 1),
        (1, "Parts", 3),
        (1, "Division", 7),
    ]


@pytest.mark.parametrize("text", ["\n" * 50_000, "x" * 200_000, '"' * 100_000, "🙂" * 90_000, ""])
def test_a_giant_is_sent_in_parts_of_less_than_a_megabyte(text: str) -> None:
    spans = note_parts(text)
    assert "".join(text[span.start : span.end] for span in spans) == text
    reading = NoteReading("/vault/big.md", text, "d")
    for span in (spans[0], spans[-1]):
        assert span.end - span.start <= PART_CHARS
        assert text[span.start : span.end].count("\n") <= PART_LINES
        page = reading_html(reading, None, ReadingPosition(span.start))
        assert len(json.dumps(page)) < MEGABYTE


def test_the_part_that_holds_a_place_is_shown_with_its_line() -> None:
    text = "".join(f"Line {number}\n" for number in range(1, 20_001))
    spans = note_parts(text)
    at = text.index("Line 15000\n")
    shown = reading_html(
        NoteReading("/vault/a.md", text, "d"), None, ReadingPosition(at, Span(at, at + 10))
    )
    assert '<div class="line" data-line="15000"><span><mark>Line 15000</mark>' in shown
    assert part_at(spans, at) > 0


def test_a_citation_is_found_again_in_a_note_that_has_changed() -> None:
    start = TEXT.index("They")
    wanted = PlaceInNote("/vault/a.md", "d", start, start + 15, "They are small.")
    assert located(wanted, READING) == Span(start, start + 15)
    later = replace(READING, text="New first line.\n" + TEXT, digest="e", chunks=())
    assert located(wanted, later) == Span(start + 16, start + 31)
    gone = replace(READING, text="Nothing of the kind.\n", digest="e", chunks=())
    assert located(wanted, gone) is None


@pytest.mark.parametrize("end", [-5, 10**8])
def test_a_place_that_is_none_marks_at_most_the_note(end: int) -> None:
    found = located(PlaceInNote("/vault/a.md", "d", 3, end), READING)
    assert found in (None, Span(3, len(TEXT)))
