"""Filters: read out of a question, and the notes that fulfil them."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import QuestionError
from rag.query import merged, parse_scope, said, without_filters
from rag.store.scoping import NoteFacts, facets, select
from rag.types import Scope


def moment(*date: int) -> float:
    return datetime(*date).astimezone().timestamp()


@pytest.mark.parametrize(
    ("question", "rest", "scope"),
    [
        ("What is bias? tag:exam", "What is bias?", Scope(tags=("exam",))),
        ("in:sagemaker.md what is bias", "what is bias", Scope(notes=("sagemaker.md",))),
        ('what is in:"my folder" bias', "what is bias", Scope(notes=("my folder",))),
        ("bias in:\u201cmy folder\u201d?", "bias ?", Scope(notes=("my folder",))),
        ("bias TAG:#exam TAG:aws/ml", "bias", Scope(tags=("#exam", "aws/ml"))),
        ("bias kind:pdf folder:aws?", "bias ?", Scope(folders=("aws",), kinds=("pdf",))),
        ("new after:2026-01-02", "new", Scope(since=moment(2026, 1, 2))),
        ("old before:2026-03, please", "old , please", Scope(until=moment(2026, 3, 1))),
        ("x after:2025 after:2026 before:2028 before:2027-02", "x",
         Scope(since=moment(2026, 1, 1), until=moment(2027, 2, 1))),
    ],
)  # fmt: skip
def test_filters_are_read_out_of_a_question(question, rest, scope):
    assert parse_scope(question) == (rest, scope)
    assert without_filters(question) == rest


@pytest.mark.parametrize(
    "question",
    [
        "What does http://a.b/tag:exam say?",
        "What is std::vector, and std:vector?",
        "note: this",
        "What is in: a list, or after: that?",
        "Which (tag:x) is it?",
        "ratio 3:2 built-in:yes",
        "  blanks   stay ",
    ],
)
def test_what_is_no_filter_stays_in_the_question(question):
    assert parse_scope(question) == (question, Scope())


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("x after:tomorrow", "after:tomorrow is no date; write after:2026-03-31, after:2026-03 or"),
        ("x before:2026-02-30", "before:2026-02-30 is no day of any calendar; write before:"),
        ("x after:2026-13", "no day of any calendar"),
        ("x after:0000", "no day of any calendar"),
        ("x after:2026-05 before:2026-05", "no day is after the one date and before the other"),
        ('x in:"my folder', 'no closing quote; write in:"my folder"'),
        ('x tag:""', "names nothing; write tag:VALUE"),
        ("x tag:#", "names nothing"),
        ("tag:exam", "'tag:exam' says where to look; say also what to look for"),
        ("in:a.md, tag:exam ?", "say also what to look for"),
    ],
)
def test_a_filter_that_cannot_be_read_says_how_to_write_it(question, message):
    with pytest.raises(QuestionError) as caught:
        parse_scope(question)
    assert message in str(caught.value)


@given(st.text())
def test_any_text_is_read_or_refused_in_words(text):
    try:
        rest, scope = parse_scope(text)
    except QuestionError:
        return
    assert rest == without_filters(text)
    assert scope != Scope() or rest == text


def test_what_the_question_says_counts_before_what_the_page_says():
    page = Scope(tags=("exam",), kinds=("pdf",), since=5.0)
    assert merged(Scope(tags=("aws",), until=9.0), page) == Scope(
        tags=("aws",), kinds=("pdf",), since=5.0, until=9.0
    )
    assert merged(Scope(since=0.0), page).since == 0.0


SAGEMAKER = NoteFacts("/home/me/study/aws/SageMaker.md", "/home/me/study", "markdown",
                      ("exam/aws", "Cloud"), moment(2026, 1, 10))  # fmt: skip
PLAN = NoteFacts("/home/me/study/my plans/plan.pdf", "/home/me/study", "pdf",
                 (), moment(2026, 2, 10))  # fmt: skip
PAGE = NoteFacts("https://a.example/docs/aws", "https://a.example/docs/aws", "web",
                 ("exam",), moment(2026, 3, 10))  # fmt: skip
NOTES = (SAGEMAKER, PLAN, PAGE)


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        (Scope(), NOTES),
        (Scope(notes=("sagemaker.md",)), [SAGEMAKER]),
        (Scope(notes=("sagemaker",)), [SAGEMAKER]),
        (Scope(notes=("aws/SageMaker.md",)), [SAGEMAKER]),
        (Scope(notes=("/home/me/study/aws/SageMaker.md",)), [SAGEMAKER]),
        (Scope(notes=("my plans", "sagemaker.md")), [SAGEMAKER, PLAN]),
        (Scope(notes=("https://a.example/docs/aws",)), [PAGE]),
        (Scope(folders=("aws/",)), [SAGEMAKER]),
        (Scope(folders=("study/aws",)), [SAGEMAKER]),
        (Scope(folders=("/home/me/study",)), [SAGEMAKER, PLAN]),
        (Scope(folders=("study",)), [SAGEMAKER, PLAN]),
        (Scope(tags=("exam",)), [SAGEMAKER, PAGE]),
        (Scope(tags=("#cloud",)), [SAGEMAKER]),
        (Scope(kinds=("PDF", "web")), [PLAN, PAGE]),
        (Scope(kinds=("md",)), [SAGEMAKER]),
        (Scope(since=moment(2026, 2, 10)), [PLAN, PAGE]),
        (Scope(until=moment(2026, 2, 10)), [SAGEMAKER]),
        (Scope(tags=("exam",), since=moment(2026, 2, 1)), [PAGE]),
    ],
)
def test_a_note_is_in_scope_by_name_folder_tag_kind_and_date(scope, found):
    assert select(scope, NOTES) == [note.path for note in found]


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (Scope(notes=("sagemker.md",)), "fulfils in:sagemker.md; did you mean in:SageMaker.md?"),
        (Scope(notes=("my plan",)), 'did you mean in:"my plans"?'),
        (Scope(tags=("exams",)), "did you mean tag:exam?"),
        (Scope(kinds=("docx",)), "there are markdown, pdf, web"),
        (Scope(folders=("me",)), "there are aws, my plans, study"),
        (Scope(tags=("exam",), kinds=("pdf",)), "no note is tag:exam and kind:pdf; leave one"),
        (Scope(since=moment(2026, 4, 1)), "no note is after:2026-04-01; leave"),
    ],
)  # fmt: skip
def test_a_filter_that_no_note_fulfils_names_what_is_near(scope, message):
    with pytest.raises(QuestionError) as caught:
        select(scope, NOTES)
    assert message in str(caught.value)


def test_where_no_note_has_a_tag_it_is_said():
    with pytest.raises(QuestionError, match="tag:exam: no note has a tag at all; leave it out"):
        select(Scope(tags=("exam",)), [PLAN])


def test_there_is_a_list_of_what_can_be_chosen():
    found = facets(NOTES)
    assert found.kinds == {"markdown": 1, "pdf": 1, "web": 1}
    assert found.tags == {"Cloud": 1, "exam": 2, "exam/aws": 1}
    assert found.folders == {"study": 2, "study/aws": 1, "study/my plans": 1}
    assert found.notes["study/my plans/plan.pdf"] == 1
    for name, count in found.folders.items():
        assert len(select(Scope(folders=(name,)), NOTES)) == count


def test_a_scope_is_said_as_it_is_written():
    scope = Scope(notes=("my plans",), tags=("exam",), since=moment(2026, 4, 1))
    assert parse_scope(f"x {said(scope).replace(' and ', ' ')}")[1] == scope
