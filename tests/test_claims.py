"""Sentences that no passage carries are marked, wherever the model's Markdown puts them."""

import re

import pytest
from test_render import HOSTILE, Markup, assert_tame

from rag.types import Claim, Grounding
from web.markup import markdown_html


def graded(text: str, grounding: Grounding, sentence: str = "") -> str:
    start = text.index(sentence)
    claim = Claim(start, start + len(sentence or text), grounding)
    return markdown_html(text, {1}, (claim,))


def marks(source: str, kind: str) -> list[str]:
    return re.findall(f'<span class="claim {kind}"[^>]*>([^<]*)</span>', source)


def test_a_sentence_that_is_not_found_says_so_to_the_eye_and_to_the_ear() -> None:
    source = graded(
        "Leaves are green. The moon is cheese [1]. So.",
        Grounding.NOT_FOUND,
        "The moon is cheese [1].",
    )
    assert marks(source, "missing") == ["The moon is cheese"]
    assert Markup(source).text.count("not in your notes") == 1
    assert 'title="No passage that was read says this: the model may have made it up."' in source
    assert Markup(source).links == ["#src-1"]


def test_a_weak_sentence_is_marked_and_said_to_a_screen_reader() -> None:
    source = graded("Leaves are green. It may rain.", Grounding.WEAK, "It may rain.")
    assert marks(source, "weak") == ["It may rain."]
    assert '<span class="aside unseen"> (your notes carry this only in part)</span>' in source


def test_a_grounded_sentence_is_as_it_was() -> None:
    text = "Leaves **are** green [1]."
    assert graded(text, Grounding.GROUNDED) == markdown_html(text, {1})


@pytest.mark.parametrize(
    "text",
    [
        "**Bold.** and *all*",
        "**All of it is bold.**",
        "- an item [1]\n- two",
        "2. numbered\n3. more",
        "# A heading",
        "> quoted\n> twice",
        "`code` first and `last`",
        "```python\nx = 1\n```",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "one\n\ntwo paragraphs",
        "[1] at the beginning, and at the end [1]",
        "fish &amp; chips &amp;",
        "1 \\* 2 is not *much*",
        "…",
        "Üben, schön",
    ],
)
@pytest.mark.parametrize("grounding", [Grounding.WEAK, Grounding.NOT_FOUND])
def test_a_mark_changes_no_markup_and_no_word(text: str, grounding: Grounding) -> None:
    source = graded(text, grounding)
    bare = re.sub(r'<span class="aside[^>]*>[^<]*</span>', "", source)
    bare = re.sub(r"</?span[^>]*>", "", bare)
    assert bare == markdown_html(text, {1})


def test_a_claim_across_markup_is_marked_throughout_and_explained_once() -> None:
    source = graded("It is **very** `cold` there.", Grounding.NOT_FOUND)
    assert "".join(marks(source, "missing")) == "It is very cold there."
    assert Markup(source).text.count("not in your notes") == 1


def test_claims_may_overlap_or_lie_beyond_the_text() -> None:
    claims = [
        Claim(0, 9, Grounding.WEAK),
        Claim(4, 12, Grounding.NOT_FOUND),
        Claim(90, 99, Grounding.WEAK),
    ]
    assert Markup(markdown_html("One two three.", (), claims)).text.startswith("One two")
    assert_tame(markdown_html("One two three.", (), claims))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("grounding", list(Grounding))
def test_hostile_claims_are_shown_as_text(text: str, grounding: Grounding) -> None:
    assert_tame(graded(text, grounding))
    for start in range(len(text)):  # wherever a bound falls
        assert_tame(markdown_html(text, {1}, (Claim(start, len(text) - start // 2, grounding),)))


def test_a_model_that_writes_the_bounds_itself_marks_nothing() -> None:
    source = markdown_html("\ufdd1so\ufdd2 \ufdd0 <b>")
    assert "claim" not in source
    assert Markup(source).text.strip() == "\ufffdso\ufffd \ufffd <b>"
