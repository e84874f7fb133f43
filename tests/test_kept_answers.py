"""What is made of an answer that is kept: a question of the quiz that stands next to the notes."""

import json
from pathlib import Path

import pytest
from test_conversations import answered

from commands.pages.library import KeptAnswers
from eval.case_files import all_cases, put_cases
from eval.types import Case, Standing
from ingest.document import QUIZ_FILE
from rag.chats.conversations import Conversations, Place
from rag.chats.kept import Feedback
from rag.errors import CaseError, ChatError

GOOD = Feedback(good=True)


@pytest.fixture
def chats(tmp_path: Path) -> Conversations:
    return Conversations(tmp_path / "home")


@pytest.fixture
def answers(chats: Conversations, tmp_path: Path) -> KeptAnswers:
    (tmp_path / "notes").mkdir()
    return KeptAnswers(chats, tmp_path / "notes")


def test_a_good_answer_becomes_a_draft_next_to_the_notes_once(
    chats: Conversations, answers: KeptAnswers, tmp_path: Path
) -> None:
    place = chats.keep(answered())
    answers.rate(place, GOOD)
    assert answers.drafted([answers.at(place)]) == frozenset()
    answers.draft(place)
    answers.draft(place)
    (case,) = all_cases(tmp_path / "notes" / QUIZ_FILE)
    assert (case.id, case.standing) == (f"chat-{place.exchange}", Standing.DRAFT)
    assert answers.drafted([answers.at(place)]) == {place.exchange}


def test_what_a_person_made_of_the_draft_stays(
    chats: Conversations, answers: KeptAnswers, tmp_path: Path
) -> None:
    place = chats.keep(answered())
    answers.rate(place, GOOD)
    answers.draft(place)
    path = tmp_path / "notes" / QUIZ_FILE
    mended = json.loads(path.read_text()) | {"question": "Mended?", "references": ["Mended."]}
    path.write_text(json.dumps(mended) + "\n")
    answers.draft(place)
    assert json.loads(path.read_text())["references"] == ["Mended."]


def test_an_answer_of_another_home_that_has_its_number_is_another_question(
    chats: Conversations, answers: KeptAnswers, tmp_path: Path
) -> None:
    path = tmp_path / "notes" / QUIZ_FILE
    place = chats.keep(answered())
    put_cases(path, [Case("chat-1", "Other?", (), (), False)])
    answers.rate(place, GOOD)
    answers.draft(place)
    answers.draft(place)
    assert [case.id for case in all_cases(path)] == ["chat-1", "chat-1-2"]
    assert answers.drafted([answers.at(place)]) == {place.exchange}


def test_what_makes_no_case_says_what_to_do(chats: Conversations, answers: KeptAnswers) -> None:
    place = chats.keep(answered())
    with pytest.raises(ChatError, match="mark it as good, or correct it"):
        answers.draft(place)
    with pytest.raises(ChatError, match="gone"):
        answers.at(Place(1, 99))


def test_a_file_that_is_none_of_cases_is_left_as_it_is(
    chats: Conversations, answers: KeptAnswers, tmp_path: Path
) -> None:
    path = tmp_path / "notes" / QUIZ_FILE
    path.write_text("my list\n")
    place = chats.keep(answered())
    answers.rate(place, GOOD)
    with pytest.raises(CaseError, match=f"{QUIZ_FILE}:1"):
        answers.draft(place)
    assert answers.drafted([answers.at(place)]) == frozenset()
    assert path.read_text() == "my list\n"


def test_that_anything_changed_is_seen_without_reading_it(
    chats: Conversations, answers: KeptAnswers, tmp_path: Path
) -> None:
    assert answers.version() == answers.version()
    for change in (
        lambda: chats.keep(answered()),
        lambda: chats.rename(1, "Other"),
        lambda: chats.delete(1),
    ):
        before = answers.version()
        change()
        assert KeptAnswers(Conversations(tmp_path / "home"), tmp_path).version() != before


# A question that is asked in another way


def test_what_was_asked_after_an_answer_goes_and_is_not_found_any_more(
    chats: Conversations, answers: KeptAnswers
) -> None:
    first = chats.keep(answered("What is S3?"))
    chats.keep(answered("And zebras?"), first.chat)
    other = chats.keep(answered("And zebras?"))
    answers.drop_after(first)
    assert [kept.id for kept in chats.chat(first.chat).exchanges] == [first.exchange]
    assert [info.id for info in chats.listing("zebras").chats] == [other.chat]


def test_a_conversation_is_called_after_the_question_that_it_begins_with_now(
    chats: Conversations,
) -> None:
    place = chats.keep(answered("What is S3?"))
    later = chats.keep(answered("And EC2?"), place.chat)
    chats.amend(later, answered("And EFS?"))
    assert chats.chat(place.chat).info.title == "What is S3?"
    chats.amend(place, answered("What is EBS?"))
    assert chats.chat(place.chat).info.title == "What is EBS?"
    assert chats.listing("EBS").total == 1
    chats.rename(place.chat, "Storage")
    chats.amend(place, answered("What is Glacier?"))
    assert chats.chat(place.chat).info.title == "Storage"
