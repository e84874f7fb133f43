"""Drafts become gold one at a time; each verdict is in the file before the next is asked for."""

from dataclasses import replace

import pytest

from eval.case_files import NoteTexts, all_cases, load_cases, place_of, put_cases
from eval.drafts.reviewing import Proposal, Review, target_of
from eval.types import Case, Origin, Standing, Target
from rag.errors import CaseError
from rag.types import Span

NOTE = "# Canvas\n\n- no code\n- for  analysts,\n  not coders\n\n# Quiz\n\nAutopilot = AutoML\n"
OTHER = "# Clarify\n\nExplains bias. Needs no code.\n"
NOTES = NoteTexts(
    {"/n/canvas.md": NOTE, "/n/clarify.md": OTHER},
    {"/n/canvas.md": [Span(NOTE.index("# Quiz"), len(NOTE))]},
)
CODE = Target("canvas.md", "no code")
BIAS = Target("clarify.md", "Explains bias.")


def draft(case_id, *targets, standing=Standing.DRAFT):
    return Case(case_id, f"{case_id}?", ("code",), targets, answerable=True, standing=standing)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "quiz.jsonl"
    put_cases(file, [draft("one", CODE), draft("two"), draft("three", BIAS)])
    return file


def review(path, found=(), near=(), **options):
    return Review(path, NOTES, lambda case: Proposal(tuple(found), tuple(near)), **options)


def standings(path):
    return " ".join(case.standing.value for case in all_cases(path))


def test_a_draft_is_shown_with_its_quote_in_its_note(path):
    shown = review(path).next()
    (quoted,) = shown.quoted
    assert (shown.case.id, shown.left, shown.problem) == ("one", 3, "")
    assert (quoted.path, quoted.line) == ("/n/canvas.md", 3)
    assert quoted.before + quoted.target.quote + quoted.after == NOTE[: NOTE.index("\n\n# Quiz")]


def test_what_is_kept_is_gold_at_once_and_the_rest_is_left_for_another_time(path):
    judged = review(path, [CODE])
    judged.keep(judged.next().case)
    assert [case.id for case in load_cases(path)] == ["one"]
    again = review(path, [BIAS])  # as after a kill
    assert (again.next().case.id, again.next().left) == ("two", 2)
    again.drop(again.next().case)
    again.skip(again.next().case)
    assert again.next() is None
    assert standings(path) == "gold dropped draft"


def test_a_draft_without_a_quote_is_shown_with_one_that_was_found(path):
    """It is in the file only once it is kept."""
    judged = review(path, [BIAS])
    judged.skip(judged.next().case)
    case = judged.next().case
    assert case.targets == (BIAS,)
    assert all_cases(path)[1].targets == ()
    judged.keep(case)
    assert all_cases(path)[1] == replace(case, standing=Standing.GOLD)


def test_where_none_was_found_a_line_that_comes_near_can_be_taken(path):
    judged = review(path, near=[BIAS, CODE])
    judged.skip(judged.next().case)
    shown = judged.next()
    assert shown.near == (BIAS, CODE)
    with pytest.raises(CaseError, match="no line of the notes is quoted; mend it"):
        judged.keep(shown.case)
    judged.quote(shown.case, BIAS)
    judged.quote(judged.next().case, CODE)
    assert judged.next().case.targets == (BIAS, CODE)
    assert (judged.next().problem, judged.next().near) == ("", ())
    assert standings(path) == "draft draft draft"


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (Target("canvas.md", "no  code"), r"'no  code' is not in canvas\.md; nearest is line 3"),
        (Target("canvas.md", "AutoML"), r"stands only in a quiz of canvas\.md"),
        (Target("none.md", "no code"), r"'none\.md' is none of the notes"),
    ],
)
def test_a_quote_that_is_not_in_the_notes_is_not_kept(path, target, why):
    put_cases(path, [draft("one", target)])
    judged = review(path)
    shown = judged.next()
    with pytest.raises(CaseError, match=why):
        judged.keep(shown.case)
    assert shown.problem == shown.quoted[0].problem != ""
    assert standings(path) == "draft draft draft"


def test_mending_writes_new_words_and_leaves_the_verdict_open(path):
    judged = review(path)
    judged.mend(judged.next().case, " Who\n asks? ", ["analysts"], ["for analysts, not coders"])
    shown = judged.next()
    assert shown.case == replace(
        draft("one", Target("canvas.md", "for  analysts,\n  not coders")),
        question="Who asks?",
        references=("analysts",),
    )
    with pytest.raises(CaseError, match="a question has words"):
        judged.mend(shown.case, " ", ["analysts"], [])
    with pytest.raises(CaseError, match="answerable without references"):
        judged.mend(shown.case, "Who?", [], ["no code"])
    assert judged.next() == shown


def test_what_only_the_quiz_answers_is_a_question_to_be_refused(path):
    judged = review(path)
    judged.keep_as_quiz_only(judged.next().case)
    (case,) = load_cases(path)
    assert (case.answerable, case.quiz_only, case.references, case.targets) == (False, True, (), ())


def test_a_case_that_was_changed_in_the_file_meanwhile_is_not_overwritten(path):
    judged = review(path)
    shown = judged.next()
    put_cases(path, [replace(all_cases(path)[0], question="Typed in an editor?")])
    with pytest.raises(CaseError, match="'one' was changed in the file meanwhile"):
        judged.keep(shown.case)
    assert judged.next().case.question == "Typed in an editor?"
    judged.keep(judged.next().case)


def test_gold_whose_quote_went_astray_can_be_looked_at_again(tmp_path):
    path = tmp_path / "quiz.jsonl"
    gone = Target("canvas.md", "needs no code at all")
    gold = [draft(f"{n}", t, standing=Standing.GOLD) for n, t in enumerate((CODE, gone))]
    put_cases(path, [*gold, draft("draft")])
    judged = review(path, [CODE], stale=True)
    shown = judged.next()
    assert (shown.case.id, shown.left, shown.case.targets) == ("1", 1, (CODE,))
    judged.keep(shown.case)
    assert judged.next() is None
    assert standings(path) == "gold gold draft"


@pytest.mark.parametrize(
    ("typed", "note", "quote"),
    [
        ("for analysts, not coders", "canvas.md", "for  analysts,\n  not coders"),
        ("Explains bias.", "clarify.md", "Explains bias."),
        ("clarify.md: no code", "clarify.md", "no code"),
        ("no code", "canvas.md", "no code"),  # the case comes from there
    ],
)
def test_typed_words_are_found_in_their_note(typed, note, quote):
    case = replace(draft("x"), origin=Origin("canvas.md", 9, 9, "term = definition"))
    assert target_of(typed, case, NOTES) == Target(note, quote)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("no code", r"stands in canvas\.md, clarify\.md; write which, as NOTE: WORDS"),
        ("Autopilot = AutoML", "stands only in quizzes"),
        ("canvas.md: no codes", r"'no codes' is not in canvas\.md; nearest is line 3: 'no code'"),
        ("nonsense", "in none of the notes"),
        ("", "in none of the notes"),
    ],
)
def test_typed_words_that_cannot_be_a_quote_are_refused(typed, why):
    with pytest.raises(CaseError, match=why):
        target_of(typed, draft("x"), NOTES)


def test_the_nearest_text_may_span_lines_and_be_a_part_of_one():
    with pytest.raises(CaseError, match=r"line 4: '- for  analysts,\\n  not coders'"):
        place_of(Target("canvas.md", "- for analysts,\nnot coders"), NOTES)
    with pytest.raises(CaseError, match=r"line 3: 'Needs no code\.'; copy it .*review --stale"):
        place_of(Target("clarify.md", "Needs code."), NOTES)


def test_of_many_notes_those_of_like_names_are_told():
    texts = {f"/n/{number}/note{number}.md": "" for number in range(40)}
    with pytest.raises(CaseError) as error:
        place_of(Target("note39.txt", "x"), NoteTexts(texts))
    assert "/n/39/note39.md" in str(error.value)
    assert str(error.value).count("/n/") == 3
