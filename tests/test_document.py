"""A run as one file: all of it is there, it needs nothing else, and nothing in it gets out."""

import itertools
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from eval_fakes import CANVAS, make_answer, make_case, make_chunk

from eval.causes import find_cause
from eval.report import html
from eval.report.html import clean_html, with_marks_html
from eval.report.results import Result, RunComparison
from eval.runner import score
from eval.types import Miss, Origin, Outcome, Run
from rag.files import write_text
from rag.types import Claim, Grounding, Span

HOSTILE = (
    "<script>alert(1)</script></style>]]>--><img src=x onerror=alert(1)>"
    "\"'\u202e\x1b[31m\x00{{7*7}}"
)
VOID = {"meta", "line", "rect", "circle", "path"}


class Parsed(HTMLParser):
    """Tags and attributes as a browser meets them, and whether every one is closed in its turn."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.attributes, self.text = Counter(), [], [], set(), ""
        self._open = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes.update(name for name, _ in attrs)
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data


def judged(case, answer):
    outcome = Outcome(case, answer, score(case, answer), 0.5)
    return replace(outcome, miss=find_cause(outcome))


def make_run(*outcomes, **others):
    return Run(
        outcomes, len(outcomes), datetime(2026, 1, 2, tzinfo=UTC), 1.5, {"llm": "x"}, **others
    )


CHUNK = make_chunk(start_line=60)
RIGHT = judged(
    make_case(case_id="right"),
    make_answer(chunks=[CHUNK], cited=[(CHUNK, "explains biases")], confidence=0.9),
)
WRONG = judged(
    make_case(case_id="wrong"),
    make_answer(
        "Canvas [1] is it. It flies.",
        chunks=[make_chunk(CANVAS, start_line=9), CHUNK],
        cited=[(make_chunk(CANVAS, start_line=9), "Canvas")],
        confidence=0.8,
        claims=(Claim(18, 27, Grounding.NOT_FOUND),),
    ),
)
INVENTED = judged(
    make_case(case_id="invented", answerable=False), make_answer("It costs 5.", confidence=0.4)
)
FAILED = Outcome(make_case(case_id="failed"), None, {}, 0.1, "the server is gone")
FAILED = replace(FAILED, miss=find_cause(FAILED))
RUN = make_run(RIGHT, WRONG, INVENTED, FAILED)


def hostile_run():
    """Every text that a person, a note or a model can set is hostile."""
    chunk = replace(make_chunk(f"{HOSTILE} Clarify", path=f"/n/{HOSTILE}.md"), headings=(HOSTILE,))
    case = replace(
        make_case(quotes=["Clarify"], references=[f"{HOSTILE} unsaid"], case_id=HOSTILE),
        question=HOSTILE,
        kind=HOSTILE,
        options=(HOSTILE,),
        before=(HOSTILE,),
        facts=(HOSTILE,),
        origin=Origin(HOSTILE, 1, 1, HOSTILE),
    )
    case = replace(case, targets=(replace(case.targets[0], note_path=f"{HOSTILE}.md"),))
    text = HOSTILE + "[1] no"
    answer = make_answer(
        text,
        chunks=[chunk],
        cited=[(chunk, "Clarify")],
        model=HOSTILE,
        notice=HOSTILE,
        confidence=0.5,
        claims=(Claim(3, len(text), Grounding.WEAK),),
    )
    outcome = judged(case, replace(answer, standalone=HOSTILE))
    miss = replace(outcome.miss, detail=HOSTILE, section=HOSTILE, prompt=HOSTILE)
    failed = Outcome(case, None, {}, 0.1, HOSTILE, miss=replace(miss, prompt=""))
    others = {"provenance": {HOSTILE: HOSTILE}, "id": HOSTILE}
    return replace(
        make_run(replace(outcome, miss=miss), failed, **others), settings={HOSTILE: HOSTILE}
    )


BEFORE = make_run(RIGHT, replace(RIGHT, case=WRONG.case), INVENTED, FAILED)
COMPARED = RunComparison(BEFORE, RUN, "last week")


def to_html(run, compared=None):
    return html.render_html(Result(run, against=compared))


def test_every_figure_and_every_miss_is_in_it():
    text = Parsed(to_html(RUN)).text
    for shown in (
        "3 questions that the notes answer, 1 that they do not, 1 could not be scored",
        "3 of 4 cases were missed",
        "recall@5",
        "answered what should be refused",
        "said “It costs 5.”",
        "the server is gone",
        "sagemaker.md:60",
    ):
        assert shown in " ".join(text.replace("( ", "(").split()), shown


def test_it_needs_nothing_else_and_runs_nothing():
    text = to_html(RUN, COMPARED)
    parsed = Parsed(text)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:;" in text
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(parsed.tags)
    assert all(link.startswith("#") for link in parsed.links)
    assert "url(" not in text
    assert "@import" not in text


def test_every_link_leads_somewhere_and_no_id_is_taken_twice():
    parsed = Parsed(to_html(make_run(RIGHT, WRONG, INVENTED, FAILED, WRONG)))
    assert len(parsed.ids) == len(set(parsed.ids))
    assert {link[1:] for link in parsed.links} <= set(parsed.ids)
    assert len(parsed.links) > 5


@pytest.mark.parametrize("compared", [None, replace(COMPARED, name=HOSTILE)])
def test_hostile_text_stays_text(compared):
    parsed = Parsed(to_html(hostile_run(), compared))
    assert not {"script", "img"} & set(parsed.tags)
    assert "onerror" not in parsed.attributes
    assert parsed.tags["style"] == 1
    assert not any(character in parsed.text for character in "\x1b\x00\u202e")
    assert "{{7*7}}" in parsed.text
    assert clean_html(HOSTILE) in parsed.text


def test_a_table_says_what_it_shows_and_a_chart_what_is_drawn():
    parsed = Parsed(to_html(RUN, COMPARED))
    assert parsed.tags["caption"] == parsed.tags["table"] >= 6
    assert parsed.tags["title"] == parsed.tags["svg"] + 1


def test_what_the_model_was_sent_can_be_looked_at_and_is_cut_where_it_is_long():
    miss = Miss(WRONG.miss.cause, "why", prompt="system: be brief\n" + "x" * 9000)
    text = Parsed(to_html(make_run(replace(WRONG, miss=miss)))).text
    assert "What the model was sent" in text
    assert "5,017 characters more" in text
    assert "What the model was sent" not in to_html(make_run(WRONG))


def test_targets_citations_and_what_is_not_found_are_marked():
    text = to_html(make_run(WRONG))
    assert '<span class="target">Clarify explains biases.</span>' in text
    assert '<span class="cited">Canvas</span>' in text
    assert '<span class="unfounded">It flies.</span>' in text
    assert 'Canvas <a href="#passage-0-1">[1]</a> is it.' in text


def test_what_was_found_and_not_given_is_folded_away_unless_it_holds_the_answer():
    chunks = [make_chunk(f"{CANVAS} {n}", start_line=n) for n in range(1, 4)]
    outcome = judged(make_case(), make_answer("Canvas", chunks=[*chunks, CHUNK], read=1))
    text = to_html(make_run(outcome))
    shown, spare = text.split("2 more were found and not given")
    assert "sagemaker.md:1<" in shown
    assert "sagemaker.md:60<" in shown
    assert "sagemaker.md:2<" in spare.partition("</details>")[0]
    assert "more was" not in to_html(make_run(WRONG))


def test_a_span_within_a_span_is_marked_as_both():
    found = with_marks_html("abcdef", {"target": [Span(1, 5)], "cited": [Span(2, 3)]})
    assert found == (
        'a<span class="target">b</span><span class="target cited">c</span>'
        '<span class="target">de</span>f'
    )


def test_what_a_comparison_finds_comes_with_its_verdict():
    text = " ".join(Parsed(to_html(RUN, COMPARED)).text.split())
    assert "Against last week" in text
    assert re.search(r"not enough questions to tell about \d+ would do", text)
    assert "wrong answered rightly 1 → 0" in text


def test_the_same_model_without_the_notes_stands_beside_the_scores():
    text = to_html(replace(RUN, closed_book=make_run(replace(WRONG, miss=None))))
    assert "0% without the notes" in text
    assert 'class="dot other"' in text
    assert 'class="dot other"' not in to_html(RUN)


def test_a_run_of_nothing_and_a_run_that_failed_can_be_shown():
    Parsed(to_html(replace(make_run(), planned=4)))
    Parsed(to_html(make_run(FAILED)))
    assert "Stopped after 0 of 4" in to_html(replace(make_run(), planned=4))


def test_where_the_notes_lie_on_the_disk_is_not_told():
    assert "/notes/aws/" not in to_html(RUN)


def test_eighty_misses_with_their_passages_and_prompts_take_less_than_a_megabyte():
    chunks = [make_chunk("word " * 200, start_line=n) for n in range(1, 6)]
    one = judged(make_case(), make_answer("Canvas", chunks=chunks))
    one = replace(one, miss=replace(one.miss, prompt="prompt " * 900))
    assert len(to_html(make_run(*itertools.repeat(one, 80))).encode()) < 1_000_000


def test_a_report_is_written_whole_with_names_that_are_not_utf_8(tmp_path):
    path = tmp_path / "new" / "report.html"
    odd = judged(make_case(), make_answer(chunks=[make_chunk(path="/notes/caf\udce9.md")]))
    write_text(path, to_html(make_run(odd, replace(RIGHT, case=make_case(case_id="\ud800")))))
    assert path.read_text(encoding="utf-8").endswith("</html>\n")


@pytest.mark.browser
def test_a_browser_shows_a_hostile_report_without_a_request_or_a_script(tmp_path):
    from playwright.sync_api import sync_playwright

    path, seen = tmp_path / "report.html", []
    write_text(path, to_html(hostile_run(), replace(COMPARED, name=HOSTILE)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.on("request", lambda request: seen.append(request.url))
        page.on("dialog", lambda dialog: seen.append(dialog.message))
        page.on("console", lambda message: seen.append(message.text))
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        browser.close()
    assert seen == [path.as_uri()]
