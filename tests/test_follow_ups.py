"""What is suggested to be asked after an answer, and where a refusal points."""

from dataclasses import replace

import pytest
from fakes import make_hit
from test_conversations import answered

from rag.types import Answer, Citation
from web.render import near_html
from web.templates import Macros
from web.view import follow_ups

NOTES = [
    ("Biology",),
    ("Biology", "Cells"),
    ("Biology", "Cells", "Mitosis"),
    ("Biology", "Cells", "Meiosis"),
    ("Biology", "Plants"),
    ("Biology", "Summary"),
    ("Metals", "Tin"),
]


def citing(*trails: tuple[str, ...], question: str = "How?") -> Answer:
    chunks = [replace(make_hit("Text.").chunk, headings=trail) for trail in trails]
    citations = tuple(Citation(n, chunk, 0, 4) for n, chunk in enumerate(chunks, 1))
    return replace(answered(), question=question, standalone=question, citations=citations)


def test_what_stands_below_comes_before_what_stands_beside() -> None:
    assert follow_ups(citing(("Biology", "Cells")), NOTES) == [
        "What is Mitosis?",
        "What is Meiosis?",
        "What do my notes say about Plants?",
    ]


def test_what_was_asked_and_what_is_cited_is_not_suggested() -> None:
    found = follow_ups(citing(("Biology", "Cells")), NOTES, ["what is  mitosis"])
    assert found == ["What is Meiosis?", "What do my notes say about Plants?"]
    both = citing(("Biology", "Cells"), ("Biology", "Cells", "Mitosis"))
    assert "What is Mitosis?" not in follow_ups(both, NOTES)


def test_what_comes_after_in_the_note_is_suggested_first() -> None:
    sections = [("N", name) for name in ("Iron ore", "Copper", "Tin", "Lead")]
    found = follow_ups(citing(("N", "Copper")), sections, limit=2)
    assert found == ["What is Tin?", "What is Lead?"]


@pytest.mark.parametrize("trails", [[()], [("Elsewhere",)], []])
def test_where_nothing_is_around_nothing_is_suggested(trails: list[tuple[str, ...]]) -> None:
    assert follow_ups(citing(*trails), NOTES) == []


def test_what_a_heading_says_is_no_markup() -> None:
    html = Macros("chat").follow_ups(["What is <img src=x onerror=alert(1)>?"])
    assert "<img" not in html
    assert "&lt;img" in html
    assert Macros("chat").follow_ups([]) == ""


def test_a_refusal_names_each_of_the_closest_notes_once_with_its_card() -> None:
    hits = [make_hit("One."), make_hit("Two."), make_hit("Three.")]
    paths = ["/n/<b>.md", "/n/<b>.md", "/n/c.md"]
    named = [
        replace(hit, chunk=replace(hit.chunk, note_path=path))
        for hit, path in zip(hits, paths, strict=True)
    ]
    html = near_html(named)
    assert html.count("<a ") == 2
    assert 'href="#near-1"' in html
    assert 'href="#near-3"' in html
    assert "&lt;b&gt;.md" in html
    assert near_html([]) == ""
