"""Formulas reach the page as TeX, and nothing else does."""

import time

import pytest

from rag.types import Claim, Grounding
from web.markup import markdown_html


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"so \(a_1 * b_2 * c\).", r'<span class="formula">\(a_1 * b_2 * c\)</span>'),
        ("so $x^2$, and", r'<span class="formula">\(x^2\)</span>'),
        (
            r"\[ \frac{a}{b} < c \]",
            r'<span class="formula display">\[ \frac{a}{b} &lt; c \]</span>',
        ),
        ("$$x [1] y$$", r'<span class="formula display">\[x [1] y\]</span>'),
        ("Then\n$$\na\n= b\n- c\n$$\nand", r"\[&#10;a&#10;= b&#10;- c&#10;\]"),
        ("- item $a$\n- $$b$$", r'<span class="formula display">\[b\]</span>'),
    ],
)
def test_a_formula_is_kept_as_it_was_written(written: str, shown: str) -> None:
    assert shown in markdown_html(written, {1})


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $6.",
        "from $5-$6 on",
        "a $ b $ c",
        r"\$x\$",
        r"\(never closed",
        "$$",
        "`$x$`",
    ],
)
def test_what_is_no_formula_stays_text(text: str) -> None:
    assert "formula" not in markdown_html(text)


def test_markup_in_a_formula_is_none() -> None:
    shown = markdown_html(r"\(<img src=x onerror=alert(1)>\)")
    assert "<img" not in shown
    assert "&lt;img" in shown


def test_a_claim_that_begins_in_a_formula_is_marked_around_it() -> None:
    text = "$a + b$ is the moon. True."
    shown = markdown_html(text, (), [Claim(0, 20, Grounding.NOT_FOUND)])
    assert r"\(a + b\)" in shown
    assert ">is the moon.<" in str(shown).replace("> is", ">is")
    assert not any("\ufdd0" <= char <= "\ufdd2" for char in shown)


@pytest.mark.parametrize("piece", ["$", r"\(", r"\[", "$$", "$x ", "$$\n"])
def test_many_that_are_never_closed_take_no_time(piece: str) -> None:
    begin = time.perf_counter()
    markdown_html(piece * 3000)
    assert time.perf_counter() - begin < 5
