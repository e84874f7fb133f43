"""The list of conversations, as it is shown; and a conversation that is opened again."""

import re
from contextlib import nullcontext as noop
from datetime import datetime
from typing import Any

import gradio as gr
import pytest
from chat_fakes import ScriptedChats
from page_fakes import CITED, QUESTION, ScriptedLibrary
from test_render import CHUNK, HOSTILE, Markup, answer, assert_tame, no_context, shown

from rag.chats.kept import ChatInfo, ChatListing
from rag.chats.staleness import Change, CitedNow
from rag.errors import StoreError
from rag.types import Citation, Status
from web import history, sources
from web.asking import AnswerController
from web.conversation import Stage, chat_of, reopened, turns
from web.history import ConversationList, export_function
from web.sources import answer_cards
from web.templates import Macros

NOW = datetime(2026, 3, 10, 15, 0).astimezone()
GONE = CitedNow(1, Change.DELETED, "/notes/bio.md:7", 0, 0, "")
MOVED = CitedNow(1, Change.MOVED, "/notes/bio.md:90", 90, 90, "Cells divide.")
OTHER_WORDS = CitedNow(1, Change.CHANGED, "/notes/bio.md:7", 7, 7, "Cells <split>.")


def listed(title: str, **more: object) -> ChatListing:
    info = ChatInfo(7, title, 0.0, NOW.timestamp(), 2, **more)  # type: ignore[arg-type]
    return ChatListing((info,), 1)


def ask(library: ScriptedLibrary, *questions: str) -> int:
    """A conversation that was kept."""
    desk, past = AnswerController(library), ()
    for question in questions:
        past = (*past, list(desk.ask("tab", question, past))[-1])  # type: ignore[assignment]
    chat = chat_of(past)
    assert chat is not None
    return chat


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_titles_searches_and_notices_are_shown_as_text(text: str) -> None:
    listing = ChatListing(listed(text).chats, 2, text)
    for source in (history.chats_html(listing, 7), Macros("chat").no_conversations(text)):
        assert_tame(source)
        assert text in Markup(source).text
    assert_tame(history.chats_html(ChatListing((), 0, text), None, text))


def test_the_list_says_when_how_much_and_which_one_is_open() -> None:
    source = history.chats_html(listed("Cells"), 7, now=NOW.timestamp() + 60)
    assert "15:00 · 2 questions" in Markup(source).text
    assert 'aria-current="true"' in source
    assert "aria-current" not in history.chats_html(listed("Cells"), 8)
    assert "notes changed" in history.chats_html(listed("Cells", is_stale=True))


@pytest.mark.parametrize(("days", "said"), [(1, "yesterday"), (5, "10 Mar"), (400, "10 Mar 2026")])
def test_older_ones_say_the_day(days: int, said: str) -> None:
    source = history.chats_html(listed("Cells"), now=NOW.timestamp() + days * 86_400)
    assert f"{said} · 2 questions" in Markup(source).text


def test_an_empty_list_says_why() -> None:
    assert "What you ask is kept here." in history.chats_html(ChatListing((), 0))
    assert "No conversation holds these words." in history.chats_html(
        ChatListing((), 0), query="moon"
    )


def test_more_can_be_shown_where_there_are_more() -> None:
    assert 'data-do="more"' in history.chats_html(ChatListing(listed("Cells").chats, 2))
    assert 'data-do="more"' not in history.chats_html(listed("Cells"))


def test_what_can_be_done_is_done_by_buttons_that_say_to_what() -> None:
    source = history.chats_html(listed("Cells"))
    assert set(re.findall(r'data-do="(\w+)"', source)) == {"select", "edit", "download", "delete"}
    assert 'aria-label="Rename, export or delete: Cells"' in source
    assert_tame(
        Macros("chat").conversation_dialogs().replace("<form", "<p").replace("</form", "</p")
    )


# What is kept, and opened again


def test_a_conversation_is_kept_as_it_comes_and_is_opened_as_it_was() -> None:
    library = ScriptedLibrary()
    chat = ask(library, QUESTION, "And which cells does meiosis give?")
    first, second = reopened(library.conversation(chat))
    assert first.stage is Stage.DONE
    assert first.text == f"Your notes say: {CITED} [1]"
    assert first.numbers == {1}
    assert [turn.question for turn in turns((first, second))] == [first.question, second.question]
    assert chat_of((first, second)) == chat


def test_a_question_asked_in_an_opened_conversation_goes_on_with_it() -> None:
    library = ScriptedLibrary()
    chat = ask(library, QUESTION)
    past = reopened(library.conversation(chat))
    assert list(AnswerController(library).ask("another tab", "And meiosis?", past))[-1].place
    assert len(library.conversation(chat).exchanges) == 2
    assert [turn.question for turn in library.asked[-1][1]] == [QUESTION]


def test_an_answer_that_is_asked_for_again_takes_the_place_of_the_first() -> None:
    library = ScriptedLibrary()
    chat = ask(library, QUESTION)
    (last,) = reopened(library.conversation(chat))
    library.say = "Better. [1]"
    again = list(AnswerController(library).ask("tab", QUESTION, (), instead_of=last.place))[-1]
    assert again.place == last.place
    assert [kept.answer.text for kept in library.conversation(chat).exchanges] == ["Better. [1]"]


def test_two_pages_that_ask_at_once_keep_two_conversations() -> None:
    library = ScriptedLibrary()
    desk = AnswerController(library)
    one, other = desk.ask("one", QUESTION, ()), desk.ask("other", QUESTION, ())
    ended = [list(steps)[-1] for steps in (one, other) if next(steps)]
    assert len({exchange.place for exchange in ended}) == 2
    assert library.conversations().total == 2


def test_one_that_was_deleted_elsewhere_meanwhile_begins_anew() -> None:
    library = ScriptedLibrary()
    chat = ask(library, QUESTION)
    past = reopened(library.conversation(chat))
    library.delete(chat)
    last = list(AnswerController(library).ask("tab", "And meiosis?", past))[-1]
    assert last.stage is Stage.DONE
    assert last.place
    assert last.place.chat != chat


def test_an_answer_that_cannot_be_kept_is_given_all_the_same_and_says_so() -> None:
    library = ScriptedLibrary()
    library.chats.error = StoreError("the disk is full")
    last = list(AnswerController(library).ask("tab", QUESTION, ()))[-1]
    assert last.stage is Stage.DONE
    assert "the disk is full" in Markup(shown(last)).text


def test_one_that_was_stopped_is_kept_as_far_as_it_got() -> None:
    library = ScriptedLibrary()
    library.say, library.pace = "word " * 100, 0.01
    steps = AnswerController(library).ask("tab", QUESTION, ())
    for exchange in steps:
        if exchange.text:
            break
    steps.close()  # type: ignore[attr-defined]  # as Gradio does when a tab is closed
    assert library.closed.wait(60)
    (info,) = library.conversations().chats
    (kept,) = library.conversation(info.id).exchanges
    assert kept.answer.status is Status.INTERRUPTED


def test_the_scripted_conversations_are_searched_and_paged() -> None:
    chats = ScriptedChats()
    for number in range(25):
        chats.keep(answer(f"number {number}"))
    assert [len(chats.listing(page=page).chats) for page in (0, 1, 2)] == [20, 5, 0]
    assert chats.listing("NUMBER 24").total == 1


# What has changed since


@pytest.mark.parametrize(
    ("now", "said"), [(GONE, "The note is gone."), (OTHER_WORDS, "Now: “Cells <split>.”")]
)
def test_a_stale_answer_names_the_citation_and_its_card_what_the_note_says(
    now: CitedNow, said: str
) -> None:
    chats = ScriptedChats()
    kept = chats.keep(answer("So [1].", citations=(Citation(1, CHUNK, 0, 13),)))
    chats.cited = (now,)
    (exchange,) = reopened(chats.chat(kept.chat))
    assert "they no longer say what [1] cites" in Markup(shown(exchange)).text
    assert exchange.answer
    cards = answer_cards(exchange.answer, no_context, exchange.cited)
    panel = sources.sources_html(cards, cwd="/")
    assert_tame(panel)
    assert said in Markup(panel).text
    assert "<mark>Cells divide.</mark>" in panel  # what it rested on stays


def test_an_answer_whose_words_only_moved_is_not_stale_and_opens_where_they_are() -> None:
    chats = ScriptedChats()
    kept = chats.keep(answer("So [1].", citations=(Citation(1, CHUNK, 0, 13),)))
    chats.cited = (MOVED,)
    (exchange,) = reopened(chats.chat(kept.chat))
    assert "stale" not in shown(exchange)
    assert exchange.answer
    (card,) = answer_cards(exchange.answer, no_context, exchange.cited).cited
    assert card.location("/") == "/notes/bio.md:90"


# What a browser may send


class Nowhere:
    """A page's parts, of which none is asked for."""


def shelf(library: ScriptedLibrary) -> ConversationList:
    parts: Any = Nowhere()
    return ConversationList(library, AnswerController(library), parts, parts)


@pytest.mark.parametrize("sent", [None, {}, {"id": "x"}, {"id": None}, {"id": 10**30}, ["id"], 7])
def test_a_click_on_nothing_changes_nothing(sent: object) -> None:
    library = ScriptedLibrary()
    ask(library, QUESTION)
    with pytest.warns(UserWarning, match="no conversation") if isinstance(sent, dict) else noop():
        event = gr.EventData(None, sent if not isinstance(sent, dict) else {**sent, "title": "New"})
        assert QUESTION in shelf(library).rename("", 1, (), event)


@pytest.mark.parametrize("number", ["x", None, -1, 10**30, {"a": 1}, 99])
def test_an_export_of_nothing_says_why(number: Any) -> None:
    assert export_function(ScriptedLibrary())(number)["name"] == ""
    assert "no conversation" in export_function(ScriptedLibrary())(number)["text"]


def test_a_title_of_blanks_is_none_and_a_long_one_is_cut() -> None:
    library = ScriptedLibrary()
    chat = ask(library, QUESTION)
    shelf(library).rename("", 1, (), gr.EventData(None, {"id": chat, "title": "  \n "}))
    assert library.conversation(chat).info.title == QUESTION
    shelf(library).rename("", 1, (), gr.EventData(None, {"id": chat, "title": "a  b " * 999}))
    title = library.conversation(chat).info.title
    assert title.startswith("a b a b")
    assert len(title) == 200


def test_a_list_that_cannot_be_had_says_why() -> None:
    library = ScriptedLibrary()
    library.chats.error = StoreError("the disk is <gone>")
    assert "the disk is &lt;gone&gt;" in shelf(library).show("", 1, ())
