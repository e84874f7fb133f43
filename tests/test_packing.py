"""What a reader is given: verbatim, joined, without repetition, and no more than fits."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.search.packing import GAP, LONGEST, Budget, characters, pack
from rag.types import Anchor, Chunk, Hit, Role

PATH = "/notes/n.md"
ROOM = Budget(10_000, characters)


def chunks_of(note: str, *texts: str, headings: tuple[str, ...] = ()) -> list[Chunk]:
    """Chunks of `note` with these texts, which stand in it in order."""
    found: list[Chunk] = []
    for number, text in enumerate(texts):
        start = note.index(text, found[-1].end if found else 0)
        first, last = (1 + note[:end].count("\n") for end in (start, start + len(text)))
        place = (start, start + len(text), first, last)
        found.append(Chunk(f"c{number}", PATH, "0" * 64, number, headings, *place, text))
    return found


def hits_of(*chunks: Chunk) -> list[Hit]:
    """The chunks as they were found, best first."""
    return [Hit(chunk, 1 - place / 100, 0.5) for place, chunk in enumerate(chunks)]


def packed(note: str, hits: list[Hit], budget: Budget = ROOM, most: int = 5) -> list[Chunk]:
    found = pack(hits, most, budget, lambda path: note if path == PATH else "")
    for hit in found:
        chunk = hit.chunk
        assert note[chunk.start : chunk.end] == chunk.text
        assert chunk.start_line == 1 + note[: chunk.start].count("\n")
        assert chunk.end_line == 1 + note[: chunk.end].count("\n")
    return [hit.chunk for hit in found]


NOTE = "# Oak\n\n- lives long\n- fruit: acorn\n\nIt is hard.\n\n# Pine\n\n- needles\n"


def test_neighbours_of_a_section_become_one_verbatim_passage():
    first, second = chunks_of(NOTE, "- lives long\n- fruit: acorn", "It is hard.")
    (joined,) = packed(NOTE, hits_of(second, first))
    assert joined.text == "- lives long\n- fruit: acorn\n\nIt is hard."


def test_a_joined_passage_has_the_place_and_the_score_of_its_best():
    first, second = chunks_of(NOTE, "- lives long\n- fruit: acorn", "It is hard.")
    (other,) = chunks_of(NOTE, "- needles", headings=("Pine",))
    hits = hits_of(second, other, first)
    found = pack(hits, 5, ROOM, lambda _: NOTE)
    assert [hit.chunk.start for hit in found] == [first.start, other.start]
    assert found[0].score == hits[0].score


def test_sections_are_not_joined():
    (oak,) = chunks_of(NOTE, "It is hard.", headings=("Oak",))
    (pine,) = chunks_of(NOTE, "- needles", headings=("Pine",))
    assert packed(NOTE, hits_of(oak, pine)) == [oak, pine]


def test_notes_and_quizzes_are_not_joined():
    first, second = chunks_of(NOTE, "- lives long\n- fruit: acorn", "It is hard.")
    assert len(packed(NOTE, hits_of(first, replace(second, role=Role.QUIZ)))) == 2


GAPPED = f"one stands here\n{'x' * (GAP - 2)}\ntwo stands there"


def test_a_small_gap_is_closed_where_it_fits():
    hits = hits_of(*chunks_of(GAPPED, "one stands here", "two stands there"))
    assert [chunk.text for chunk in packed(GAPPED, hits)] == [GAPPED]
    assert len(packed(GAPPED, hits, Budget(len(GAPPED) - 1, characters))) == 2


def test_a_wide_gap_stays_open():
    note = GAPPED.replace("x\n", "xx\n")
    assert len(packed(note, hits_of(*chunks_of(note, "one stands here", "two stands there")))) == 2


def test_a_joined_passage_does_not_grow_without_end():
    lines = [f"line {number} says {'word ' * 20}".strip() for number in range(40)]
    note = "\n".join(lines)
    found = packed(note, hits_of(*chunks_of(note, *lines)), most=40)
    assert len(found) > 1
    assert max(len(chunk.text) for chunk in found) <= LONGEST


def test_pages_are_kept_and_no_words_of_an_unknown_page_are_added():
    first, second = chunks_of(GAPPED, "one stands here", "two stands there")
    paged = replace(second, anchors=(Anchor(0, "page 2"),))
    assert len(packed(GAPPED, hits_of(first, paged))) == 2
    note = "one stands here\n\ntwo stands there"
    first, second = chunks_of(note, "one stands here", "two stands there")
    first = replace(first, anchors=(Anchor(0, "page 1"),))
    (joined,) = packed(note, hits_of(first, replace(second, anchors=(Anchor(0, "page 2"),))))
    assert joined.place_at(0) == f"{PATH} (page 1)"
    assert joined.place_at(note.index("two")) == f"{PATH} (page 2)"


def test_a_note_that_has_changed_meanwhile_is_not_joined():
    hits = hits_of(*chunks_of(NOTE, "- lives long\n- fruit: acorn", "It is hard."))
    assert len(pack(hits, 5, ROOM, lambda _: "something else entirely")) == 2


COPY = "A training job fits a model to the data that was prepared, and takes 5 hours."


def test_a_passage_that_says_nothing_new_is_left_out():
    first = Hit(chunks_of(COPY + " And more.", COPY + " And more.")[0], 1.0, 0.5)
    copy = Hit(replace(chunks_of(COPY, COPY)[0], note_path="/notes/copy.md", id="copy"), 0.9, 0.5)
    assert pack([first, copy], 5, ROOM, lambda _: "") == [first]
    assert pack([copy, first], 5, ROOM, lambda _: "") == [copy, first]


@pytest.mark.parametrize("change", [("5", "50"), ("takes", "never takes"), ("model", "forest")])
def test_a_copy_with_another_number_or_word_is_shown_beside_it(change):
    first = Hit(chunks_of(COPY, COPY)[0], 1.0, 0.5)
    text = COPY.replace(*change)
    other = Hit(replace(chunks_of(text, text)[0], note_path="/notes/b.md", id="b"), 0.9, 0.5)
    assert pack([first, other], 5, ROOM, lambda _: "") == [first, other]


def test_the_same_words_under_another_heading_are_another_fact():
    first = chunks_of(COPY, COPY, headings=("Oak",))[0]
    other = replace(first, note_path="/notes/b.md", id="b", headings=("Pine",))
    assert len(pack(hits_of(first, other), 5, ROOM, lambda _: "")) == 2


def test_the_last_passage_ends_with_the_sentence_that_fits():
    note = "Oaks are old trees. They bear acorns. They are hard.\n"
    (chunk,) = chunks_of(note, note.strip())
    limit = Budget(len("Oaks are old trees. They bear acorns.") + 5, characters)
    assert [c.text for c in packed(note, hits_of(chunk), limit)] == [
        "Oaks are old trees. They bear acorns."
    ]


def test_a_heading_alone_is_no_passage():
    note = "It is hard.\n\n## Pine\n\nIts needles stay on it all the year."
    first, second = chunks_of(note, "It is hard.", note[13:])
    limit = Budget(len(first.text) + len("## Pine") + 3, characters)
    assert packed(note, hits_of(first, second), limit) == [first]


def test_the_best_passage_is_given_even_where_nothing_fits():
    (chunk,) = chunks_of(NOTE, "It is hard.")
    assert packed(NOTE, hits_of(chunk), Budget(3, characters)) == [chunk]
    assert packed(NOTE, []) == []


def test_no_more_passages_than_asked_for():
    lines = [f"{'abcdefgh'[n]}{n} is thing number {n}" for n in range(8)]
    note = f"\n{'x' * (GAP + 1)}\n".join(lines)
    assert len(packed(note, hits_of(*chunks_of(note, *lines)), most=3)) == 3


@given(
    texts=st.lists(st.text("ab .\n#-", min_size=1, max_size=40), min_size=1, max_size=8),
    order=st.randoms(use_true_random=False),
    limit=st.integers(1, 200),
)
def test_what_is_given_is_verbatim_never_overlaps_and_fits(texts, order, limit):
    note, chunks, start = "\n\n".join(texts), [], 0
    for number, text in enumerate(texts):
        first, last = (1 + note[:end].count("\n") for end in (start, start + len(text)))
        place = (start, start + len(text), first, last)
        chunks.append(Chunk(f"c{number}", PATH, "0" * 64, number, (), *place, text))
        start += len(text) + 2
    order.shuffle(chunks)
    found = packed(note, hits_of(*chunks), Budget(limit, characters), most=20)
    assert found
    assert len(found) == 1 or sum(map(characters, found)) <= limit
    spans = sorted((chunk.start, chunk.end) for chunk in found)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))
