"""What the page shows, and that nothing hostile gets through it alive."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from ingest.types import Phase, Progress, Report
from rag.types import (
    Anchor,
    Answer,
    Chunk,
    Citation,
    Event,
    Evidence,
    Finished,
    Found,
    Hit,
    Reading,
    Span,
    StandIn,
    Status,
    Support,
    Timings,
    Token,
    Turn,
    Usage,
)
from web import ingests, render, sources
from web.conversation import Exchange, turns
from web.markup import markdown_html
from web.sources import Cards, SourceCard, answer_cards, found_cards
from web.templates import Macros
from web.work import Halt

TEXT = "Cells divide.\n  Mitosis gives two.\nMeiosis gives <four> & more."
CHUNK = Chunk("c1", "/notes/bio.md", "d", 0, ("Biology", "Cells"), 40, 100, 7, 9, TEXT)
OTHER = replace(CHUNK, id="c2", note_path="/notes/chem.md", text="Salt.", end_line=7)

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "</div></section></details><iframe src=http://evil.example></iframe>",
    "![x](http://evil.example/x.png)",
    "![x][r]\n\n[r]: http://evil.example/x.png",
    "[x](javascript:alert(1)) <http://evil.example>",
    "a\n\n<b onclick=alert(1)>b</b>\n\n```html\n<script>alert(1)</script>\n```",
    "${alert(1)} {{constructor.constructor('alert(1)')()}} $$\\href{javascript:alert(1)}{x}$$",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]  # fmt: skip


class Markup(HTMLParser):
    """The elements and the text of some HTML."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.pieces: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element and what it may do."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.pieces.append(data)

    @property
    def text(self) -> str:
        """All of the text."""
        return "".join(self.pieces)


def assert_tame(source: str) -> None:
    """No element that acts or loads, no handler, and links to cards alone."""
    found = Markup(source)
    assert not found.tags & {"script", "img", "svg", "iframe", "video", "object", "style", "form"}
    assert not {name for name in found.attributes if name.startswith("on") or name == "style"}
    assert all(link.startswith("#src-") for link in found.links)


def hit(chunk: Chunk) -> Hit:
    return Hit(chunk, 1.0, 0.5)


def exchange(*events: Event, question: str = "Why?") -> Exchange:
    state = Exchange(question)
    for event in events:
        state = state.after(event)
    return state


def answer(text: str, status: Status = Status.ANSWERED, **more: object) -> Answer:
    base = Answer("Why?", "Why?", text, status, "A model", timings=Timings(0.1, 0.5, 1.25))
    return replace(base, **more)  # type: ignore[arg-type]


def no_context(_: Chunk) -> list[tuple[int, str]]:
    return []


def shown(state: Exchange) -> str:
    return render.chat_messages(state)[1]["content"]


# What hostile text comes to


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_model_text_and_questions_are_shown_as_text(text: str) -> None:
    state = exchange(Finished(answer(text, notice=text)), question=text).failed(text)
    for message in render.chat_messages(state):
        assert_tame(message["content"])
        assert "\n" not in message["content"]  # a blank line would end the HTML for Gradio


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_notes_titles_and_names_are_shown_as_text(text: str) -> None:
    chunk = replace(CHUNK, text=text, headings=(text,), note_path=f"/notes/{text}.md")
    card = SourceCard(1, chunk, (Span(0, 4),), ((7, text),))
    rest = (replace(card, number=None),)
    panel = sources.sources_html(Cards((card,), rest, rest), cwd="/home")
    assert_tame(panel)
    assert Markup(panel).text.count(text) >= 2  # verbatim, however it looks


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_paths_models_and_messages_are_shown_as_text(text: str) -> None:
    report = Report(text, 1, 2, 1, 0, 0, 0, 0, 2, 0, {text: text}, {text: (text,)}, 0.5)
    for source in (
        render.header_html(text, is_local=False, folder=text, counts=(1, 2)),
        ingests.news_html(Progress(Phase.READING, 1, 2, text)),
        ingests.news_html(report),
        Macros("chat").ingest_failed(text),
        render.status_html(None, text),
    ):
        assert_tame(source)


def test_an_image_in_model_text_is_shown_as_the_text_it_is() -> None:
    source = markdown_html("See ![chart](http://evil.example/a.png)")
    assert Markup(source).text.strip() == "See ![chart](http://evil.example/a.png)"


# Answers


def test_markdown_of_the_model_is_kept() -> None:
    found = Markup(markdown_html("**bold** `code`\n\n- a\n- b\n\n```\nx < y\n\nz\n```"))
    assert {"strong", "code", "ul", "li", "pre"} <= found.tags
    assert "x < y\n\nz" in found.text


def test_a_citation_links_to_its_card_and_an_unknown_number_stays_text() -> None:
    found = Markup(markdown_html("One [1], two [2], `[1]`.", {1}))
    assert found.links == ["#src-1"]
    assert found.text.strip() == "One [1], two [2], [1]."


def test_numbers_are_linked_to_passages_until_it_is_known_what_is_cited() -> None:
    evidence = Evidence("Why?", (hit(CHUNK), hit(OTHER)), (), Support())
    state = exchange(Found(evidence), Token("So [2]"))
    assert Markup(shown(state)).links == ["#src-2"]
    state = state.after(Finished(answer("So [2]", citations=(Citation(1, CHUNK, 0, 3),))))
    assert Markup(shown(state)).links == []


def test_a_notice_stands_above_the_answer() -> None:
    text = Markup(shown(exchange(Finished(answer("So.", notice="Still loading."))))).text
    assert text.index("Still loading.") < text.index("So.")


def test_what_was_searched_for_is_said_where_it_is_not_what_was_asked() -> None:
    state = exchange(Found(Evidence("Why? (<b>cells</b>)", (), (), Support())), question="Why?")
    assert "Searched for: Why? (<b>cells</b>)" in Markup(shown(state)).text
    assert_tame(shown(state))
    same = exchange(Found(Evidence("Why so?", (), (), Support())), question="Why   so?")
    assert "Searched for" not in shown(same) + shown(Exchange("Why?"))


def test_how_an_answer_ended_can_be_told_apart() -> None:
    begun = exchange(Token("Half of"))
    interrupted = exchange(Finished(answer("Half of", Status.INTERRUPTED)))
    assert "Stopped. This is as far as the answer got." in shown(begun.stopped())
    assert "Stopped before the answer began." in shown(exchange().stopped())
    assert "The model was cut off. This is as far as the answer got." in shown(interrupted)
    assert "the server is gone" in shown(begun.failed("the server is gone"))
    assert all("Half of" in shown(state) for state in (begun.stopped(), interrupted))
    assert 'class="answer refused ' in shown(exchange(Finished(answer("No.", Status.REFUSED))))


def test_a_very_long_question_is_shortened_in_the_chat() -> None:
    content = render.chat_messages(Exchange("why " * 25_000))[0]["content"]
    assert len(content) < 3000
    assert "…" in content


def test_the_status_line_says_what_is_going_on_and_then_what_it_took() -> None:
    state = Exchange("Why?")
    assert "Searching your notes" in render.status_html(state)
    state = state.after(Found(Evidence("Why?", (hit(CHUNK), hit(OTHER)), (), Support())))
    assert "Reading 2 passages" in render.status_html(state)
    state = state.after(Token("So"))
    assert "Writing" in render.status_html(state)
    state = state.after(Finished(answer("So.")))
    assert "A model · 1.2 s" in render.status_html(state)


def test_the_status_line_says_what_an_answer_cost_as_far_as_it_is_known() -> None:
    def status(**more: object) -> str:
        return render.status_html(exchange(Finished(answer("So.", **more))))  # type: ignore[arg-type]

    assert "1.2 s · 1,200 + 30 tokens<" in status(usage=Usage(1200, 30))
    assert "1,200 + 30 tokens, $0.0012" in status(usage=Usage(1200, 30, 0.00123))
    assert "1.2 s · answered before<" in status(cached=True)


def test_only_exchanges_with_an_answer_are_history() -> None:
    answered, failed = exchange(Token("So.")), exchange().failed("no model")
    assert [turn.answer for turn in turns((failed, answered))] == ["So."]


def test_history_says_what_was_searched_for_and_under_which_headings_it_was_found() -> None:
    cited = (Citation(1, CHUNK, 0, 5),)
    done = exchange(Finished(answer("So [1].", standalone="Why? (cells)", citations=cited)))
    assert turns((done,)) == [Turn("Why?", "So [1].", "Why? (cells)", CHUNK.headings)]


def test_the_notes_own_sentences_stand_in_until_the_first_word_and_keep_its_room() -> None:
    evidence = Evidence("Why?", (hit(CHUNK),), (), Support())
    state = exchange(Found(evidence), StandIn("Cells divide. [1]\n\n"))
    before = Markup(shown(state))
    assert "From the notes, while the model reads" in before.text
    assert "Cells divide." in before.text
    assert before.links == ["#src-1"]
    state = state.after(Token("So"))
    assert '<div class="standin" aria-hidden="true">' in shown(state)
    assert "From the notes, while the model reads" not in shown(state)
    ended = state.after(Finished(answer("So.")))
    assert "standin" not in shown(ended)
    assert "standin" not in shown(state.stopped())


def test_what_stood_in_stays_where_the_model_fails_before_its_first_word() -> None:
    state = exchange(Found(Evidence("Why?", (hit(CHUNK),))), StandIn("Cells divide. [1]"))
    text = Markup(shown(state.failed("the server is gone"))).text
    assert "From the notes, without the model" in text
    assert "Cells divide." in text
    assert "the server is gone" in text
    assert "Cells divide." not in shown(state.after(Token("So")).failed("gone"))


def test_without_a_stand_in_there_is_none() -> None:
    state = exchange(Found(Evidence("Why?", (hit(CHUNK),), (), Support())))
    assert "standin" not in shown(state)
    assert "standin" not in shown(state.after(Token("So")))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_stand_ins_and_hosts_are_shown_as_text(text: str) -> None:
    state = exchange(Found(Evidence("Why?", (hit(CHUNK),))), StandIn(text))
    for one in (state, state.after(Token("So"))):
        assert_tame(shown(one))
        assert "\n" not in shown(one)
    assert_tame(Macros("chat").remark([text]))


def test_a_hosted_model_says_where_passages_go_and_a_local_one_nothing() -> None:
    assert "api.example.com" in Macros("chat").remark(["api.example.com"])
    assert Macros("chat").remark([]) == ""


# Sources


def test_cited_sentences_are_marked_and_their_lines_too() -> None:
    start = TEXT.index("Mitosis")
    end = TEXT.index(" & more")
    cards = answer_cards(
        answer("So [1].", citations=(Citation(1, CHUNK, start, end),), hits=(hit(CHUNK),)),
        lambda chunk: enumerate(TEXT.splitlines(), chunk.start_line),  # type: ignore[arg-type,return-value]
    )
    panel = sources.sources_html(cards, cwd="/")
    assert "<mark>Mitosis gives two.\nMeiosis gives &lt;four&gt;</mark> &amp; more." in panel
    assert cards.cited[0].cited_lines == {8, 9}
    assert panel.count('<div class="cited">') == 2
    assert cards.read == cards.found == ()


def test_a_passage_keeps_its_white_space() -> None:
    panel = sources.sources_html(Cards((SourceCard(1, CHUNK, (), ()),)), cwd="/")
    assert TEXT in Markup(panel).text


def test_cited_sources_come_first_by_number_and_the_rest_has_none() -> None:
    third = replace(CHUNK, id="c3")
    cards = answer_cards(
        answer(
            "So [1][2].",
            citations=(
                Citation(2, CHUNK, 0, 5),
                Citation(1, OTHER, 0, 5),
                Citation(2, CHUNK, 3, 8),
            ),
            hits=(hit(third), hit(CHUNK), hit(OTHER)),
        ),
        no_context,
    )
    assert [(card.number, card.chunk.id) for card in cards.cited] == [(1, "c2"), (2, "c1")]
    assert cards.cited[1].marks == (Span(0, 8),)  # two that overlap are one mark
    assert [(card.number, card.chunk.id) for card in cards.read] == [(None, "c3")]


def test_what_was_found_but_not_given_to_the_model_is_not_called_read() -> None:
    third, fourth = replace(CHUNK, id="c3"), replace(CHUNK, id="c4")
    hits = tuple(map(hit, (CHUNK, OTHER, third, fourth)))
    state = exchange(Found(Evidence("Why?", hits, (), Support())), Reading(2))
    assert "Reading 2 passages" in render.status_html(state)
    assert state.numbers == {1, 2}
    before = found_cards(Evidence("Why?", hits, (), Support()), no_context, state.given)
    assert [card.number for card in before.cited + before.found] == [1, 2, None, None]
    cards = answer_cards(
        answer("So [1].", citations=(Citation(1, CHUNK, 0, 5),), hits=hits, read=2), no_context
    )
    assert [card.chunk.id for card in cards.read] == ["c2"]
    assert [card.chunk.id for card in cards.found] == ["c3", "c4"]
    text = Markup(sources.sources_html(cards, cwd="/")).text
    assert "Also read 1 passage" in text
    assert "Also found, not read 2 passages" in text


def test_all_is_read_where_nobody_says_how_much() -> None:
    state = exchange(Found(Evidence("Why?", (hit(CHUNK), hit(OTHER)), (), Support())))
    assert (state.given, state.numbers) == (2, {1, 2})


def test_found_passages_are_numbered_and_unmarked() -> None:
    cards = found_cards(Evidence("Why?", (hit(CHUNK), hit(OTHER)), (), Support()), no_context, 2)
    assert [card.number for card in cards.cited] == [1, 2]
    panel = sources.sources_html(cards, cwd="/")
    assert 'id="src-1"' in panel
    assert "<mark>" not in panel


@pytest.mark.parametrize(
    ("cwd", "location"),
    [("/notes", "bio.md:8"), ("/", "notes/bio.md:8"), ("/home", "/notes/bio.md:8")],
)
def test_a_path_is_relative_where_it_is_below_the_working_directory(
    cwd: str, location: str
) -> None:
    start = TEXT.index("Mitosis")
    card = SourceCard(1, CHUNK, (Span(start, start + 7),), ())
    assert card.location(cwd) == location
    assert f'data-copy="{location}"' in sources.sources_html(Cards((card,)), cwd=cwd)


def test_what_a_passage_is_not_understood_without_stands_above_it() -> None:
    row = replace(CHUNK, text="| tin | 232 |", context="| metal | <melts> |\n|---|---|")
    found = Markup(sources.sources_html(Cards((SourceCard(1, row, (Span(2, 5),), ()),)), cwd="/"))
    assert found.text.index("| metal | <melts> |\n|---|---|") < found.text.index("| tin | 232 |")
    assert "lead" not in sources.sources_html(Cards((SourceCard(1, CHUNK, (), ()),)), cwd="/")


def test_a_place_is_named_at_its_first_line_where_lines_are_none_of_the_files() -> None:
    anchors = (Anchor(-3, "page 1"), Anchor(TEXT.index("Mitosis"), "<page> 2"))
    paged = replace(CHUNK, anchors=anchors)
    lines = tuple(enumerate(["Before.", *TEXT.splitlines()], 6))
    card = SourceCard(1, paged, (Span(TEXT.index("Mitosis"), TEXT.index("Meiosis")),), lines)
    assert card.labels == {7: "page 1", 8: "<page> 2"}
    assert card.location("/notes") == "bio.md (<page> 2)"
    panel = sources.sources_html(Cards((card,)), cwd="/")
    assert_tame(panel)
    assert '<div class="cited"><span class="at" title="&lt;page&gt; 2">' in panel
    assert ">6<" not in panel


def test_a_note_that_cannot_be_read_any_more_has_no_lines_to_show() -> None:
    assert "<details>" not in sources.sources_html(Cards((SourceCard(1, CHUNK, (), ()),)), cwd="/")


def test_a_question_near_nothing_says_so() -> None:
    assert "Nothing in your notes is near this question." in sources.sources_html(Cards(), cwd="/")


# Header and ingest


@pytest.mark.parametrize(
    ("is_local", "said"), [(True, "on this machine"), (False, "passages leave this machine")]
)
def test_the_header_says_whether_passages_leave_the_machine(is_local: bool, said: str) -> None:
    source = render.header_html("GPT", is_local=is_local, folder="/notes", counts=(1, 2100))
    text = Markup(source).text
    assert said in text
    assert "GPT" in text
    assert "1 note · 2,100 passages" in text


def test_progress_shows_how_much_of_what_is_done() -> None:
    source = ingests.news_html(Progress(Phase.EMBEDDING, 30, 120, "bio.md"))
    assert 'value="30" max="120"' in source
    assert "30 of 120" in source
    assert "bio.md" in source


def test_progress_shows_how_fast_it_is_and_how_long_it_takes_yet_as_far_as_it_is_known() -> None:
    known = Progress(Phase.EMBEDDING, 30, 120, "bio.md", 41.7, 700.0)
    assert "42 passages/s, 12 min left" in ingests.news_html(known)
    assert "3 h left" in ingests.news_html(replace(known, rate=None, seconds_left=10_900.0))
    assert "45 s left" in ingests.news_html(replace(known, seconds_left=45.2))
    unknown = ingests.news_html(replace(known, rate=None, seconds_left=None))
    assert "left" not in unknown
    assert "passages/s" not in unknown


def test_a_stop_is_said_while_it_is_going_on_and_when_it_is_done() -> None:
    assert "Stopping" in Markup(ingests.news_html(Halt.STOPPING)).text
    assert Markup(ingests.news_html(Halt.STOPPED)).text == (
        "Stopped. What was read is kept; Refresh notes goes on from there."
    )


def test_the_report_counts_what_was_moved() -> None:
    report = Report("/notes", 2, 9, 0, 0, 1, 1, 0, 0, 9, {}, {}, 1.5)
    assert "9 passages: 1 note moved, 0 added" in ingests.news_html(report)
    assert "moved" not in ingests.news_html(replace(report, moved=0))


def test_the_report_names_what_was_skipped() -> None:
    skipped = {"/notes/x.md": "not text"}
    source = ingests.news_html(Report("/notes", 2, 9, 2, 0, 0, 0, 0, 7, 2, skipped, {}, 1.5))
    assert "2 notes, 9 passages: 7 added, 2 reused, in 1.5 s." in source
    assert "/notes/x.md: not text" in source
