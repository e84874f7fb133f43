"""What a reader is given: verbatim, without repetition, nothing lost, and no more than fits."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval import Budget, characters, pack
from rag.types import Anchor, Chunk, Hit

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
    found = pack(hits, most, budget)
    for hit in found:
        chunk = hit.chunk
        assert note[chunk.start : chunk.end] == chunk.text
        assert chunk.start_line == 1 + note[: chunk.start].count("\n")
        assert chunk.end_line == 1 + note[: chunk.end].count("\n")
    return [hit.chunk for hit in found]


NOTE = "# Oak\n\n- lives long\n- fruit: acorn\n\nIt is hard.\n\n# Pine\n\n- needles\n"


def test_what_was_found_is_given_as_it_was_found():
    """Neighbours of a section too: what lies between two is not what was found."""
    first, second = chunks_of(NOTE, "- lives long\n- fruit: acorn", "It is hard.")
    hits = hits_of(second, first)
    assert pack(hits, 5, ROOM) == hits


def test_the_last_passage_keeps_the_pages_that_are_in_it():
    note = "Oaks are old. They bear acorns. They are hard."
    (chunk,) = chunks_of(note, note)
    anchors = (Anchor(0, "page 1"), Anchor(note.index("They are"), "page 2"))
    limit = Budget(len("Oaks are old. They bear acorns.") + 3, characters)
    (begun,) = packed(note, hits_of(replace(chunk, anchors=anchors)), limit)
    assert begun.anchors == anchors[:1]
    assert begun.id != chunk.id


COPY = "A training job fits a model to the data that was prepared, and takes 5 hours."


def test_a_passage_that_says_nothing_new_is_left_out():
    first = Hit(chunks_of(COPY + " And more.", COPY + " And more.")[0], 1.0, 0.5)
    copy = Hit(replace(chunks_of(COPY, COPY)[0], note_path="/notes/copy.md", id="copy"), 0.9, 0.5)
    assert pack([first, copy], 5, ROOM) == [first]
    assert pack([copy, first], 5, ROOM) == [copy, first]


def test_a_passage_of_other_words_in_the_same_order_is_shown_though_it_says_nothing_new():
    """Only what is held to the last word is left out: of the rest nobody knows."""
    first = Hit(chunks_of(COPY, COPY)[0], 1.0, 0.5)
    text = COPY.removesuffix(", and takes 5 hours.") + "."
    part = Hit(replace(chunks_of(text, text)[0], note_path="/notes/b.md", id="b"), 0.9, 0.5)
    assert pack([first, part], 5, ROOM) == [first, part]


@pytest.mark.parametrize(
    ("better", "worse"), [("It takes 40", "It takes 4"), ("Wood is unhard", "hard")]
)
def test_a_passage_that_is_a_part_of_a_word_of_another_is_no_repetition(better, worse):
    first, second = chunks_of(better, better)[0], chunks_of(worse, worse)[0]
    hits = hits_of(first, replace(second, note_path="/notes/b.md", id="b"))
    assert pack(hits, 5, ROOM) == hits


def test_blanks_make_no_difference_to_what_is_a_repetition():
    text = COPY.replace(" ", "\n")
    first = Hit(chunks_of(COPY, COPY)[0], 1.0, 0.5)
    other = Hit(replace(chunks_of(text, text)[0], note_path="/notes/b.md", id="b"), 0.9, 0.5)
    assert pack([first, other], 5, ROOM) == [first]


@pytest.mark.parametrize("change", [("5", "50"), ("takes", "never takes"), ("model", "forest")])
def test_a_copy_with_another_number_or_word_is_shown_beside_it(change):
    first = Hit(chunks_of(COPY, COPY)[0], 1.0, 0.5)
    text = COPY.replace(*change)
    other = Hit(replace(chunks_of(text, text)[0], note_path="/notes/b.md", id="b"), 0.9, 0.5)
    assert pack([first, other], 5, ROOM) == [first, other]


def test_the_same_words_under_another_heading_are_another_fact():
    first = chunks_of(COPY, COPY, headings=("Oak",))[0]
    other = replace(first, note_path="/notes/b.md", id="b", headings=("Pine",))
    assert len(pack(hits_of(first, other), 5, ROOM)) == 2


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
    note = "\n".join(lines)
    assert len(packed(note, hits_of(*chunks_of(note, *lines)), most=3)) == 3


TEXTS = st.lists(st.text("ab .\n#-", min_size=1, max_size=40), min_size=1, max_size=8)


def shuffled(texts: list[str], order: Random) -> tuple[str, list[Chunk]]:
    """A note of these texts, and a chunk of each in another order."""
    note, chunks, start = "\n\n".join(texts), [], 0
    for number, text in enumerate(texts):
        first, last = (1 + note[:end].count("\n") for end in (start, start + len(text)))
        place = (start, start + len(text), first, last)
        chunks.append(Chunk(f"c{number}", PATH, "0" * 64, number, (), *place, text))
        start += len(text) + 2
    order.shuffle(chunks)
    return note, chunks


@given(texts=TEXTS, order=st.randoms(use_true_random=False), limit=st.integers(1, 200))
def test_what_is_given_is_verbatim_never_overlaps_and_fits(texts, order, limit):
    note, chunks = shuffled(texts, order)
    found = packed(note, hits_of(*chunks), Budget(limit, characters), most=20)
    assert found
    assert len(found) == 1 or sum(map(characters, found)) <= limit
    spans = sorted((chunk.start, chunk.end) for chunk in found)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


@given(
    texts=TEXTS,
    order=st.randoms(use_true_random=False),
    limit=st.integers(1, 200),
    most=st.integers(1, 8),
)
def test_packing_loses_nothing_of_what_was_found(texts, order, limit, most):
    """Every first hit that fits is in what is given, by itself or word for word within a better."""
    note, chunks = shuffled(texts, order)
    given_, left = packed(note, hits_of(*chunks), Budget(limit, characters), most), limit
    said = [f" {' '.join(chunk.text.split())} " for chunk in given_]
    for chunk in chunks[:most]:
        left -= characters(chunk)
        if left < 0:
            break
        assert any(f" {' '.join(chunk.text.split())} " in one for one in said)


@given(texts=TEXTS, order=st.randoms(use_true_random=False), limit=st.integers(1, 200))
def test_the_order_of_what_was_found_is_kept(texts, order, limit):
    note, chunks = shuffled(texts, order)
    found = packed(note, hits_of(*chunks), Budget(limit, characters), most=8)
    places = [[chunk.start for chunk in chunks].index(chunk.start) for chunk in found]
    assert places == sorted(set(places))
