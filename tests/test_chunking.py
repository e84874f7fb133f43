"""Chunks are the note's own characters: all of them, once, in order, and few enough at a time."""

import re
from dataclasses import replace
from itertools import pairwise

from fakes import WordEmbedder, make_note
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunking import MODEL_LIMIT, PASSAGE_MAX_TOKENS, StructureChunker
from ingest.commonmark import blocks
from ingest.types import Block, ReadNote
from rag.embedding import passage_text
from rag.types import Anchor, Role, Span

BUDGET = 12
HEADING_ALLOWANCE = 32
count_tokens = WordEmbedder().count_tokens
small = StructureChunker(count_tokens, BUDGET)

WORDS = (
    *"alpha beta gamma delta naïve 東京 C++ a_b https://x.y/z?q=1 *bold* `code` 12.5".split(),
    *("\U0001f469\u200d\U0001f52c", "e\u0301", "\xa0", "\u2028", "\x0b", "\x85", "\ufeff"),
)
line = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
lines_ = st.lists(line, min_size=1, max_size=5)
heading = st.builds(lambda level, words: f"{'#' * level} {words}", st.integers(1, 6), line)
setext = st.builds(lambda words, mark: f"{words}\n{mark * 3}", line, st.sampled_from("=-"))
paragraph = lines_.map("\n".join)
item = st.builds(
    lambda depth, mark, words: f"{'  ' * depth}{mark} {words}",
    st.integers(0, 4),
    st.sampled_from(["-", "*", "+", "1.", "7)", "- [x]", "---"]),
    line,
)
list_ = st.lists(item, min_size=1, max_size=8).map("\n".join)
fence = st.builds(
    lambda mark, info, body, closed: "\n".join([mark + info, *body, *([mark] if closed else [])]),
    st.sampled_from(["```", "~~~", "````"]),
    st.sampled_from(["", "python"]),
    st.lists(st.one_of(line, st.sampled_from(["", "# no heading", "    indented"])), max_size=6),
    st.booleans(),
)
table = st.lists(st.tuples(line, line), min_size=1, max_size=5).map(
    lambda rows: "\n".join(["| a | b |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])
)
quote = lines_.map(lambda found: "\n".join(f"> {one}" for one in found))
html = lines_.map(lambda found: "\n".join(["<div>", *found, "</div>"]))
indented = lines_.map(lambda found: "\n".join(f"    {one}" for one in found))
definition = line.map(lambda words: f"[{words.split()[0] if words.split() else 'x'}]: http://a")
odd = st.text(max_size=30)
whole = st.one_of(paragraph, list_, table, quote)
block = st.one_of(heading, setext, whole, fence, html, indented, definition, odd)
front = st.sampled_from(["", "---\ntitle: T\n---\n", "---\n: [\n---\n", "---\n\n", "\ufeff"])
KINDS = ("heading", "paragraph", "list", "table", "code", "quote", "meta", "card", "other")
gaps = st.sampled_from(["\n", "\n\n", "\n\n\n", "\n \t\n"])


@st.composite
def markdown(draw):
    """A note of all that Markdown has, with any line end."""
    pieces = [draw(front)]
    for one in draw(st.lists(block, max_size=10)):
        pieces += [one, draw(gaps)]
    return "".join(pieces).replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))


def note(text, path="/notes/a.md"):
    return ReadNote(make_note(path, text), tuple(blocks(text)))


def cut(text, chunker=small):
    return chunker.chunk(note(text))


@st.composite
def structured(draw):
    """Any text with any blocks that a reader may find in it: in order, apart, some with breaks."""
    text = draw(st.one_of(markdown(), st.text(max_size=200), st.text("ab \n|", max_size=200)))
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    found = []
    for start, end in zip(edges[::2], edges[1::2], strict=False):
        offsets = st.integers(start, end)
        lead = sorted(draw(st.tuples(st.integers(0, end), st.integers(0, end))))
        one = Block(
            kind=draw(st.sampled_from(KINDS)),
            start=start,
            end=end,
            headings=tuple(draw(st.lists(line, max_size=3))),
            breaks=tuple(sorted(draw(st.sets(offsets, max_size=6)))),
            lead=draw(st.sampled_from([None, Span(*lead)])),
        )
        found.append(one)
    return ReadNote(make_note("/notes/a.any", text), tuple(found))


@given(st.one_of(markdown().map(note), structured()))
@settings(max_examples=150, deadline=None)
def test_chunks_are_verbatim_in_order_and_hold_every_character_once(read):
    text, chunks = read.note.text, small.chunk(read)
    end = 0
    for place, chunk in enumerate(chunks):
        assert chunk.ordinal == place
        assert text[chunk.start : chunk.end] == chunk.text != ""
        assert not text[end : chunk.start].strip(), "characters between chunks are lost"
        assert end <= chunk.start
        end = chunk.end
    assert not text[end:].strip()


def test_a_picture_written_into_a_note_is_one_chunk_that_is_never_found(chunker):
    picture = "iVBORw0KGgo" * 2000
    text = f"# Cells\n\nA cell: ![cell](data:image/png;base64,{picture}) has a nucleus.\n"
    chunks = chunker.chunk(note(text))
    assert [chunk.text for chunk in chunks if chunk.role is Role.META] == [picture]
    found = [chunk.text for chunk in chunks if chunk.role is Role.NOTE]
    assert found == ["# Cells\n\nA cell: ![cell](data:image/png;base64,", ") has a nucleus."]


def test_words_without_blanks_between_them_are_cut_and_found(chunker):
    """Chinese, Japanese and Thai are written so."""
    for text in ("\u7d30\u80de\u6709\u6838" * 200, "\u0e40\u0e0b\u0e25\u0e25\u0e4c" * 200):
        chunks = chunker.chunk(note(text))
        assert len(chunks) > 1
        assert {chunk.role for chunk in chunks} == {Role.NOTE}
        assert "".join(chunk.text for chunk in chunks) == text


@given(markdown())
@settings(max_examples=40, deadline=None)
def test_lines_are_those_on_which_the_characters_stand(text):
    for chunk in cut(text):
        before = re.findall(r"\r\n?|\n", text[: chunk.start])
        inside = re.findall(r"\r\n?|\n", text[: chunk.end - 1])
        assert (chunk.start_line, chunk.end_line) == (len(before) + 1, len(inside) + 1)
        assert chunk.line_at(0) == chunk.start_line
        assert chunk.line_at(len(chunk.text) - 1) == chunk.end_line


@given(markdown())
@settings(max_examples=40, deadline=None)
def test_no_chunk_is_over_the_budget_and_the_allowance_for_headings(text):
    for chunk in cut(text):
        assert count_tokens([chunk.text])[0] <= BUDGET + HEADING_ALLOWANCE


@given(structured())
@settings(max_examples=60, deadline=None)
def test_what_is_embedded_is_never_more_than_the_model_reads(embedder, read):
    """The headings before it and its context included, and counted by the model's own tokenizer."""
    for limit in (MODEL_LIMIT, 300):
        chunks = StructureChunker(embedder.count_tokens, 1000, limit).chunk(read)
        counts = embedder.count_tokens([passage_text(chunk) for chunk in chunks])
        assert max(counts, default=0) <= limit - 2


@given(structured())
@settings(max_examples=60, deadline=None)
def test_context_is_words_of_the_note_that_the_chunk_does_not_hold(read):
    text = read.note.text
    for chunk in small.chunk(read):
        assert all(words in text[: chunk.start] for words in chunk.context.splitlines())


@given(markdown())
@settings(max_examples=40, deadline=None)
def test_without_headings_no_chunk_is_over_the_budget(text):
    for chunk in cut(text):
        kinds = {b.kind for b in blocks(chunk.text)}
        if "heading" not in kinds:
            assert count_tokens([chunk.text])[0] <= BUDGET


@given(markdown())
@settings(max_examples=40, deadline=None)
def test_a_fence_that_fits_is_not_cut(text):
    spans = [(chunk.start, chunk.end) for chunk in cut(text)]
    for one in blocks(text):
        start, end = one.start, one.end
        inner = text[start:end].rstrip()
        if one.kind == "code" and inner and count_tokens([inner])[0] <= BUDGET:
            assert any(a <= start and start + len(inner) <= b for a, b in spans)


@given(markdown())
@settings(max_examples=25, deadline=None)
def test_cutting_a_note_twice_gives_the_same_chunks_and_ids_are_unique(text):
    chunks = cut(text)
    assert cut(text) == chunks
    assert len({chunk.id for chunk in chunks}) == len(chunks)


@given(whole, whole)
@settings(max_examples=25, deadline=None)
def test_ids_are_stable_under_edits_elsewhere_in_the_note(before, after):
    """Vectors are kept by what was said, not by where in the note it stands."""
    first, last = "# First\n\niota kappa\n\n# Middle\n\n", "\n\n# Last\n\nzeta eta\n"
    old, new = cut(first + before + last), cut(first + after + last)
    assert (old[0].id, old[-1].id) == (new[0].id, new[-1].id)
    assert old[-1].text == "# Last\n\nzeta eta"


def test_the_same_words_in_two_notes_have_two_ids():
    (one,), (two,) = small.chunk(note("x", "/a.md")), small.chunk(note("x", "/b.md"))
    assert one.id != two.id


def test_a_heading_goes_with_its_text_and_never_with_the_section_before():
    texts = [chunk.text for chunk in cut("# A\n\nx\n\n# B\n\ny\n")]
    assert texts == ["# A\n\nx", "# B\n\ny"]


def test_sections_of_the_same_name_are_sections_of_their_own():
    """Flash cards are often all headed alike."""
    texts = [chunk.text for chunk in cut("## Card\n\nx\n\n## Card\n\ny\n")]
    assert texts == ["## Card\n\nx", "## Card\n\ny"]


def test_a_heading_with_nothing_under_it_goes_with_what_follows():
    (chunk,) = cut("# A\n\n## B\n\nx\n")
    assert chunk.headings == ("A", "B")


def test_an_outline_of_headings_alone_is_cut_like_anything_else():
    """An embedding model does not read past its limit, however short each heading is."""
    text = "\n".join(f"## point number {number}" for number in range(100))
    chunks = cut(text)
    assert max(count_tokens([chunk.text])[0] for chunk in chunks) <= BUDGET + HEADING_ALLOWANCE
    assert len(chunks) > 1


def test_short_blocks_of_a_section_share_a_chunk():
    (chunk,) = cut("# A\n\none two\n\n- three\n- four\n")
    assert chunk.text == "# A\n\none two\n\n- three\n- four"


def test_a_list_over_the_budget_is_cut_between_its_items():
    items = [f"- alpha beta gamma delta {number}" for number in range(6)]
    texts = [chunk.text for chunk in cut("\n".join(items))]
    assert texts == ["\n".join(items[place : place + 2]) for place in (0, 2, 4)]


def test_a_long_paragraph_is_cut_at_sentences_before_words():
    first, second = "One " * 8 + "end.", "Two " * 8 + "end."
    assert [chunk.text for chunk in cut(f"{first} {second}")] == [first, second]


def test_a_single_endless_line_is_cut_into_many_chunks():
    chunks = cut("word " * 2000)
    assert all(count_tokens([chunk.text])[0] <= BUDGET for chunk in chunks)
    assert sum(chunk.text.count("word") for chunk in chunks) == 2000


def test_indentation_of_code_is_kept():
    text = "# A\n\n    def f():\n        return 1\n"
    assert cut("\n\n" + text)[0].text == text.rstrip()


def with_lead(before, lead, items, kind):
    """A note that is one long block behind `before`, read by a reader that knows its lead."""
    text = before + lead + "".join(items)
    breaks = [len(before + lead + "".join(items[:place])) for place in range(len(items))]
    start = len(before) if kind != "list" else breaks[0]
    one = Block(kind, start, len(text), ("A",), tuple(breaks), Span(len(before), breaks[0]))
    head = Block("heading", 0, len("# A\n"), ("A",))
    return ReadNote(make_note("/notes/a.md", text), (head, one))


TABLE = [f"| part {number} | does thing {number} |\n" for number in range(8)]
CODE = [f"value_{number} = compute(alpha, beta)\n" for number in range(8)]
ITEMS = [f"- alpha beta gamma {number}\n" for number in range(8)]


def test_every_part_of_a_long_table_is_embedded_with_its_header():
    read = with_lead("# A\n", "| Tool | Purpose |\n|------|---------|\n", TABLE, "table")
    first, *others = small.chunk(read)
    assert len(others) > 1
    assert first.text.startswith("# A\n| Tool | Purpose |")
    assert first.context == ""
    for chunk in others:
        assert chunk.text.startswith("| part")
        assert chunk.context == "| Tool | Purpose |"
        assert passage_text(chunk) == f"A\n| Tool | Purpose |\n{chunk.text}"


def test_every_part_of_long_code_is_embedded_with_its_language():
    chunks = small.chunk(with_lead("# A\n", "```python\n", CODE, "code"))
    assert [chunk.context for chunk in chunks] == ["", *["```python"] * (len(chunks) - 1)]
    assert len(chunks) > 2


def test_a_fence_that_names_no_language_is_no_context():
    chunks = small.chunk(with_lead("# A\n", "```\n", CODE, "code"))
    assert {chunk.context for chunk in chunks} == {""}


def test_every_part_of_a_long_list_is_embedded_with_the_words_before_it():
    first, *others = small.chunk(with_lead("# A\n", "What it is for:\n\n", ITEMS, "list"))
    assert first.text.startswith("# A\nWhat it is for:\n\n- alpha beta gamma 0\n- alpha")
    assert len(others) == 2
    assert {chunk.context for chunk in others} == {"What it is for:"}


def test_a_list_whose_lead_in_fills_a_chunk_has_it_from_its_first_item_on():
    lead = "It is good for very many things of which these are some:"
    first, *others = small.chunk(with_lead("# A\n", f"{lead}\n\n", ITEMS, "list"))
    assert first.text == f"# A\n{lead}"
    assert others[0].text.startswith("- alpha beta gamma 0")
    assert {chunk.context for chunk in others} == {lead}


def test_of_words_that_are_too_many_to_repeat_the_first_are():
    lead = "| " + " | ".join(f"column {number}" for number in range(200)) + " |\n"
    read = with_lead("# A\n", lead, TABLE, "table")
    last = small.chunk(read)[-1]
    assert last.context.startswith("| column 0 | column 1 |")
    assert lead.startswith(last.context)
    assert count_tokens([last.context])[0] < 100


def test_cards_stand_alone_and_a_heading_goes_with_the_first():
    text = "# Deck\n\nQ1\nA1\n\nQ2\nA2\n\nrest\n"
    starts = [text.index(word) for word in ("Q1", "Q2", "rest")]
    head = Block("heading", 0, 6, ("Deck",))
    cards = [Block("card", *span, ("Deck",)) for span in pairwise(starts)]
    chunks = small.chunk(ReadNote(make_note("/a.deck", text), (head, *cards)))
    assert [(chunk.text, chunk.role) for chunk in chunks] == [
        ("# Deck\n\nQ1\nA1", Role.QUIZ),
        ("Q2\nA2", Role.QUIZ),
        ("rest", Role.NOTE),
    ]


def test_metadata_in_the_middle_of_a_note_stands_alone():
    text = "# A\n\nx\n\nid: 1\n\ny\n"
    parts = [("heading", "# A"), ("paragraph", "x"), ("meta", "id: 1"), ("paragraph", "y")]
    found = [
        Block(kind, text.index(words), text.index(words) + len(words), ("A",))
        for kind, words in parts
    ]
    chunks = small.chunk(ReadNote(make_note("/a.any", text), tuple(found)))
    assert [(chunk.text, chunk.role) for chunk in chunks] == [
        ("# A\n\nx", Role.NOTE),
        ("id: 1", Role.META),
        ("y", Role.NOTE),
    ]


def test_blocks_under_other_headings_are_apart_without_a_heading_line_too():
    """Formats that know headings only from an outline have no line for them."""
    found = (Block("paragraph", 0, 3, ("A",)), Block("paragraph", 4, 7, ("B",)))
    chunks = small.chunk(ReadNote(make_note("/a.any", "one two"), found))
    assert [(chunk.text, chunk.headings) for chunk in chunks] == [("one", ("A",)), ("two", ("B",))]


def test_a_chunk_keeps_the_anchor_it_begins_in_and_those_inside_it():
    anchors = tuple(Anchor(offset, f"page {offset}") for offset in (0, 2, 5, 9))
    base = make_note("/a.any", "ab\ncd\nef\ngh")
    found = tuple(Block("paragraph", start, start + 2, (str(start),)) for start in (0, 3, 6, 9))
    chunks = small.chunk(ReadNote(replace(base, anchors=anchors), found))
    assert [[(a.offset, a.label) for a in chunk.anchors] for chunk in chunks] == [
        [(0, "page 0")],
        [(0, "page 2")],
        [(0, "page 5")],
        [(0, "page 9")],
    ]
    assert [chunk.text for chunk in chunks] == ["ab", "cd", "ef", "gh"]


def test_a_note_is_counted_at_once_and_its_words_are_remembered():
    """Asking the tokenizer for every block took longer than all the rest of reading a vault."""
    calls = []

    def counting(texts):
        calls.append(list(texts))
        return count_tokens(texts)

    chunker = StructureChunker(counting, BUDGET)
    text = "\n\n".join(f"# Part {number}\n\nalpha beta gamma" for number in range(50))
    chunker.chunk(note(text))
    assert len(calls) <= 2
    asked = len(calls)
    chunker.chunk(note("alpha beta gamma\n\nalpha beta gamma"))
    assert sum(map(len, calls[asked:])) <= 2


def test_quiz_sections_and_front_matter_have_roles_of_their_own():
    quiz = "## Practice questions\n\nq\n\n### Deeper\n\nr\n\n"
    text = f"---\ntags: x\n---\n# A\n\nx\n\n{quiz}## Next\n\ny"
    assert [(chunk.headings, chunk.role) for chunk in cut(text)] == [
        ((), Role.META),
        (("A",), Role.NOTE),
        (("A", "Practice questions"), Role.QUIZ),
        (("A", "Practice questions", "Deeper"), Role.QUIZ),
        (("A", "Next"), Role.NOTE),
    ]


def test_a_word_that_only_holds_quiz_makes_no_quiz():
    assert cut("# Quizzical looks\n\nx")[0].role is Role.NOTE


def test_the_note_that_ships_is_cut_at_its_sections(chunker, embedder, sagemaker):
    chunks = chunker.chunk(note(sagemaker.text))
    assert [(chunk.start_line, chunk.end_line) for chunk in chunks] == [
        (1, 6),
        (8, 18),
        (20, 22),
        (24, 35),
        (37, 46),
        (48, 55),
        (57, 60),
        (62, 77),
        (79, 87),
        (89, 92),
        (95, 109),
        (111, 113),
        (115, 120),
        (122, 126),
        (128, 131),
        (134, 137),
        (140, 155),
    ]
    assert [chunk.role for chunk in chunks] == [Role.NOTE] * 16 + [Role.QUIZ]
    assert max(embedder.count_tokens([chunk.text for chunk in chunks])) <= PASSAGE_MAX_TOKENS
    assert chunks[5].headings == ("Amazon SageMaker", "SageMaker Data tools", "Data Wrangler")
    assert chunks[5].text.startswith(
        "## SageMaker Data tools\n\n### Data Wrangler\n\n- Prepare data"
    )
    assert all(sagemaker.text[c.start : c.end] == c.text for c in chunks)
