"""What the chunking benchmark measures: worked by hand, and LangChain's texts found in the note."""

import pytest
from fakes import WordEmbedder, make_note
from langchain_text_splitters import MarkdownHeaderTextSplitter, RecursiveCharacterTextSplitter

from benchmarks.corpora import vault_corpus
from benchmarks.exam import require_vault
from benchmarks.spans import Question, iou, precision, precision_omega, recall, recall_within
from benchmarks.splitters import NOWHERE, Splitter, langchain, locate
from benchmarks.variants import Joined, variants
from ingest.chunking import StructureChunker
from ingest.commonmark import blocks
from ingest.types import ReadNote
from rag.types import Chunk, Span

count_tokens = WordEmbedder().count_tokens
TEXT = """# Tools

## Clarify

- explains bias
    - in a dataset

```python
def f(x):
    return x
```

## Practice questions

Which tool explains bias?
"""


def chunk(start, end, path="/n.md"):
    return Chunk(f"{start}", path, "", 0, (), start, end, 1, 1, "x" * (end - start))


def ten_of(chunk):
    return 10


@pytest.fixture
def question():
    """Characters 10 to 20 and, wanted too, 50 to 60."""
    return Question("?", ((("/n.md", Span(10, 20)),), (("/n.md", Span(50, 60)),)))


def test_recall_is_the_share_of_the_answer_that_is_found(question):
    assert recall([chunk(0, 15)], question) == 5 / 20
    assert recall([chunk(0, 15), chunk(10, 60)], question) == 1
    assert recall([chunk(0, 100, "/other.md")], question) == 0


def test_precision_and_iou_count_what_overlaps_twice(question):
    assert precision([chunk(0, 20)], question) == 10 / 20
    assert precision([chunk(0, 20), chunk(0, 20)], question) == 10 / 40
    assert iou([chunk(0, 20), chunk(0, 20)], question) == 10 / (20 + 40 - 10)
    assert precision([], question) == 0


def test_a_perfect_search_finds_each_chunk_that_holds_something_of_the_answer(question):
    cut = [chunk(0, 15), chunk(15, 40), chunk(40, 60), chunk(60, 90)]
    assert precision_omega(cut, question) == 20 / 60
    assert precision_omega(cut[:1], question) == 5 / 30


def test_within_a_budget_the_last_passage_is_cut(question):
    found = [chunk(0, 20), chunk(40, 60)]
    assert recall_within(found, question, 100, ten_of) == 1
    assert recall_within(found, question, 10, ten_of) == 0.5
    assert recall_within(found, question, 15, ten_of) == 0.5
    assert recall_within(found, question, 18, ten_of) == pytest.approx(0.8)


def test_within_a_budget_one_place_of_several_will_do():
    question = Question("?", ((("/n.md", Span(0, 10)), ("/n.md", Span(90, 100))),))
    assert recall_within([chunk(90, 100)], question, 50, ten_of) == 1


def test_stripped_texts_are_found_in_the_note_by_what_is_not_blank():
    splitter = MarkdownHeaderTextSplitter([("##", "2")], strip_headers=False)
    texts = [one.page_content for one in splitter.split_text(TEXT)]
    assert any(text not in TEXT for text in texts), "it keeps blanks now: locate may go"
    places = list(locate(texts, TEXT, Span(0, len(TEXT))))
    for text, (start, end) in zip(texts, places, strict=True):
        assert TEXT[start:end].split() == text.split()


def test_what_overlaps_is_found_behind_what_came_before_it():
    text = "one two one two one two"
    assert list(locate(["one two", "two one", "one two"], text, Span(0, len(text)))) == [
        (0, 7),
        (4, 11),
        (8, 15),
    ]


def test_what_is_not_in_the_note_is_nowhere_and_counted():
    assert list(locate(["three", "two"], "one two", Span(0, 7))) == [NOWHERE, Span(4, 7)]
    splitter = Splitter(StructureChunker(count_tokens), lambda _text: ["invented", "- explains"])
    found = splitter.chunk(ReadNote(make_note("/n.md", TEXT), tuple(blocks(TEXT))))
    assert [one.text for one in found] == ["- explains"]
    assert splitter.lost == 1


def test_every_way_to_cut_keeps_to_the_note_and_leaves_the_answer_keys_out():
    read = ReadNote(make_note("/n.md", TEXT), tuple(blocks(TEXT)))
    ways = [*variants(count_tokens), *langchain(StructureChunker(count_tokens), count_tokens)]
    assert len(ways) == len({name for name, _ in ways})
    for name, way in ways:
        found = [one for one in way.chunk(read) if one.role == "note"]
        assert all(TEXT[one.start : one.end] == one.text for one in found), name
        assert "explains bias\n    - in" in "".join(one.text for one in found), name
        assert not any("Which tool" in one.text for one in found), name


def test_tiny_siblings_are_joined_under_what_is_common_to_them():
    text = "# A\n\n## B\n\nx\n\n## C\n\ny\n\n# D\n\nz\n"
    read = ReadNote(make_note("/n.md", text), tuple(blocks(text)))
    found = Joined(StructureChunker(count_tokens), count_tokens, 10).chunk(read)
    assert [(one.text, one.headings) for one in found] == [
        ("# A\n\n## B\n\nx\n\n## C\n\ny", ("A",)),
        ("# D\n\nz", ("D",)),
    ]


def test_an_answer_that_stands_everywhere_is_not_asked_for(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("- rare word\n" + "- common words\n" * 9)
    lines = [
        f'{{"question": "{answer}?", "answer": "{answer}", "answer_term_in_notes": {there}}}'
        for answer, there in [("Rare words", "true"), ("common", "true"), ("none", "false")]
    ]
    (tmp_path / "questions.jsonl").write_text("\n".join(lines))
    (question,) = vault_corpus(tmp_path).questions
    path = (tmp_path / "notes" / "a.md").as_posix()
    assert question == Question("Rare words?", (((path, Span(2, 11)),),))


def test_a_folder_without_questions_is_named(tmp_path):
    with pytest.raises(SystemExit, match="name a folder that has it with --bench"):
        require_vault(tmp_path, "--bench")


def test_recursive_texts_are_found_where_langchain_says_they_are():
    words = " ".join(f"word{number % 37}" for number in range(400))
    splitter = RecursiveCharacterTextSplitter(chunk_size=90, chunk_overlap=30, add_start_index=True)
    documents = splitter.create_documents([words])
    texts = [one.page_content for one in documents]
    starts = [place.start for place in locate(texts, words, Span(0, len(words)))]
    assert starts == [one.metadata["start_index"] for one in documents]
