"""What can be chosen beside a question."""

import pytest

from rag.store.scoping import Facets
from rag.types import AskOptions, Scope, Style
from web.layout import styles
from web.options import ask_options_of, scope_places

NONE: dict[str, int] = {}


def test_wide_choices_come_before_narrow_ones_and_say_how_many_notes_they_hold() -> None:
    facets = Facets({"a/x.md": 1, "a/y.md": 1, "b/z.md": 1}, {"a": 2, "b": 1}, {"exam": 2}, NONE)
    assert scope_places(facets) == [
        ("folder:a (2)", "folder:a"),
        ("folder:b", "folder:b"),
        ("tag:exam (2)", "tag:exam"),
        ("in:a/x.md", "in:a/x.md"),
        ("in:a/y.md", "in:a/y.md"),
        ("in:b/z.md", "in:b/z.md"),
    ]


def test_what_all_notes_have_in_common_is_no_choice() -> None:
    assert scope_places(Facets({"x.md": 1}, {"notes": 1}, {"exam": 1}, {"markdown": 1})) == []
    two = Facets({"x.md": 1, "y.md": 1}, {"notes": 2}, NONE, {"markdown": 2})
    assert [value for _, value in scope_places(two)] == ["in:x.md", "in:y.md"]
    assert scope_places(Facets(NONE, NONE, NONE, NONE)) == []


def test_a_list_that_no_browser_could_take_is_cut() -> None:
    many = {f"{number}.md": 1 for number in range(50_000)}
    assert len(scope_places(Facets(many, {"a": 3}, NONE, NONE))) < 2500


def test_choices_become_a_scope_and_a_style() -> None:
    where = ["folder:my folder", "tag:exam/aws", "tag:ml", "kind:pdf", "in:a: b.md"]
    assert ask_options_of(where, "compare") == AskOptions(
        Scope(("a: b.md",), ("my folder",), ("exam/aws", "ml"), ("pdf",)), Style.COMPARE
    )


@pytest.mark.parametrize("where", [None, [], ["", ":", "tag:", "nonsense", "until:5"]])
@pytest.mark.parametrize("style", [None, "", "rude"])
def test_what_is_no_choice_changes_nothing(where: list[str] | None, style: str | None) -> None:
    assert ask_options_of(where, style) == AskOptions()


@pytest.mark.parametrize(
    ("sent", "strict"), [(True, True), (False, False), (None, False), (1, False)]
)
def test_only_what_was_switched_on_is_strict(sent: bool | None, strict: bool) -> None:
    assert ask_options_of(None, None, sent).strict is strict


def test_every_style_can_be_chosen() -> None:
    assert {ask_options_of(None, value).style for _, value in styles()} == set(Style)
    assert styles()[0][1] == Style.SHORT
