"""Drafts: found, written by the model, and judged one at a time."""

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from eval.drafts.reviewing import Draft
from rag.errors import CribError
from web import words
from web.pacing import Feed, Updates, paced
from web.parts import html
from web.quiz_page import sheets
from web.quiz_page.protocols import Desk, Step

_MANY = (1, 30, 5)  # drafts at least, at most, and usually


@dataclass(frozen=True, slots=True)
class DraftParts:
    """The parts that change. `draft` is the one that is judged."""

    draft: gr.State
    state: gr.HTML
    look: gr.Button
    many: gr.Slider
    write: gr.Button
    sheet: gr.HTML
    near: gr.Radio
    keep: gr.Button
    mend: gr.Button
    only: gr.Button
    skip: gr.Button
    drop: gr.Button
    question: gr.Textbox
    references: gr.Textbox
    quotes: gr.Textbox
    save: gr.Button

    @property
    def changed(self) -> list[Block]:
        """What a verdict may change."""
        shown: list[Block] = [self.draft, self.state, self.sheet, self.near, self.keep, self.only]
        return [*shown, self.question, self.references, self.quotes]


def lay_out() -> DraftParts:
    """Build them within the current tab."""
    draft = gr.State(None)
    with gr.Row(elem_id="quiz-drafts"):
        with gr.Column(elem_id="quiz-draft"):
            state = html("", "quiz-draft-state")
            sheet = html("", "quiz-draft-sheet")
            near = gr.Radio([], label=words.QUIZ_NEAR, elem_id="quiz-near")
            with gr.Row(elem_id="quiz-verdicts"):
                keep = gr.Button(words.QUIZ_KEEP, variant="primary", elem_id="quiz-keep")
                mend = gr.Button(words.QUIZ_MEND, elem_id="quiz-mend")
                drop = gr.Button(words.QUIZ_DROP, elem_id="quiz-drop")
                skip = gr.Button(words.QUIZ_SKIP, elem_id="quiz-skip")
                only = gr.Button(words.QUIZ_ONLY, elem_id="quiz-only")
            with gr.Column(elem_id="quiz-mending"):
                question = gr.Textbox(label=words.QUIZ_QUESTION, elem_id="quiz-mend-question")
                references = _lines(words.QUIZ_MEND_REFERENCES, "quiz-mend-answers")
                quotes = _lines(words.QUIZ_MEND_QUOTES, "quiz-mend-quotes")
                save = gr.Button(words.QUIZ_SAVE, variant="primary", elem_id="quiz-save")
        with gr.Column(elem_id="quiz-making"):
            look = gr.Button(words.QUIZ_LOOK, elem_id="quiz-look")
            least, most, usual = _MANY
            many = gr.Slider(least, most, usual, step=1, label=words.QUIZ_WRITE_MANY)
            write = gr.Button(words.QUIZ_WRITE, elem_id="quiz-write")
            html(f'<p class="hint">{words.QUIZ_WRITE_MORE}</p>', "quiz-write-more")
    return DraftParts(
        draft,
        state,
        look,
        many,
        write,
        sheet,
        near,
        keep,
        mend,
        only,
        skip,
        drop,
        question,
        references,
        quotes,
        save,
    )


class Drafts:
    """Listeners over the parts of drafts. `news` and `stop` stand above all of the page."""

    def __init__(self, desk: Desk, on: DraftParts, news: gr.HTML, stop: gr.Button) -> None:
        self._desk = desk
        self._on = on
        self._news = news
        self._stop = stop
        self._busy = threading.Lock()
        self._stopping = threading.Event()

    def listen(self, looks: gr.Button, then: Callable[[Any], Any]) -> None:
        """Connect them; `looks` is another button that looks; `then` follows what makes drafts."""
        on = self._on
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        every = [*on.changed, self._news]
        quick = private | {"queue": False, "outputs": every}
        slow = private | {"outputs": every, "concurrency_id": "quiz", "concurrency_limit": 4}
        for button in (on.look, looks):
            then(button.click(self.look, None, **slow))
        then(on.write.click(self.write, on.many, **slow))
        self._stop.click(self._stopping.set, None, None, queue=False, **private)
        verdicts = {
            on.keep: self._desk.keep,
            on.only: self._desk.keep_as_quiz_only,
            on.skip: self._desk.skip,
            on.drop: self._desk.drop,
        }
        for button, verdict in verdicts.items():
            button.click(self._judge(verdict), on.draft, **quick)
        on.near.input(self.quote, [on.draft, on.near], **quick)
        on.mend.click(self.mending, on.draft, on.state, queue=False, **private)
        mended = [on.draft, on.question, on.references, on.quotes]
        on.save.click(self.mend, mended, **quick)

    def unchanged(self) -> Updates:
        """For `paced`."""
        return {self._on.state: gr.skip()}

    # What a click does.

    @paced
    def look(self) -> Feed:
        """Find the quiz in the notes."""
        yield from self._made(words.QUIZ_LOOKING, self._desk.look)

    @paced
    def write(self, many: int) -> Feed:
        """Have the model draft cards."""
        yield from self._made(words.QUIZ_WRITING, lambda: self._desk.draft(int(many)))

    def shown(self) -> Updates:
        """The next draft to be judged."""
        try:
            return self._next() | {self._news: ""}
        except CribError as error:
            return {self._news: sheets.news_html(words.failure(error), "failed")}

    def quote(self, draft: Draft | None, place: int | None) -> Updates:
        """Quote the chosen line."""
        if draft is None or place is None or not 0 <= place < len(draft.near):
            return self.shown()
        return self._guarded(lambda: self._desk.quote(draft.case, draft.near[place]))

    def mending(self, draft: Draft | None) -> str:
        """Open the form, or close it."""
        return _state("mend" if draft else "none")

    def mend(self, draft: Draft | None, question: str, references: str, quotes: str) -> Updates:
        """Write the draft in other words."""
        if draft is None:
            return self.shown()
        answers, lines = references.splitlines(), quotes.splitlines()
        given = [one.strip() for one in answers if one.strip()]
        quoted = [one.strip() for one in lines if one.strip()]
        return self._guarded(lambda: self._desk.mend(draft.case, question, given, quoted))

    def _judge(self, verdict: Callable[[Any], None]) -> Callable[[Draft | None], Updates]:
        def judge(draft: Draft | None) -> Updates:
            return self._guarded(lambda: verdict(draft.case)) if draft else self.shown()

        return judge

    def _guarded(self, work: Callable[[], None]) -> Updates:
        try:
            work()
            return self._next() | {self._news: ""}
        except CribError as error:
            return {self._news: sheets.news_html(words.failure(error), "failed")}

    def _made(self, what: str, make: Callable[[], Generator[Step, None, None]]) -> Feed:
        """How far it is; at its end, the first of the drafts."""
        if not self._busy.acquire(blocking=False):
            yield {self._news: sheets.news_html(words.QUIZ_BUSY)}
            return
        try:
            self._stopping.clear()
            step = Step(0, 0)
            yield {self._news: sheets.step_html(what, step)}
            with closing(make()) as steps:
                for step in steps:
                    yield {self._news: sheets.step_html(what, step)}
                    if self._stopping.is_set():
                        break
            said = sheets.news_html(self._came_to(what, step))
            yield self._next() | {self._news: said}
        except CribError as error:
            yield {self._news: sheets.news_html(words.failure(error), "failed")}
        finally:
            self._busy.release()

    def _came_to(self, what: str, step: Step) -> str:
        if self._stopping.is_set():
            return words.QUIZ_STOPPED
        if what == words.QUIZ_LOOKING:
            return words.quiz_found(step.new, step.total)
        return words.quiz_written(step.new, step.turned_down)

    def _next(self) -> Updates:
        on, draft = self._on, self._desk.next_draft()
        if draft is None:
            return {on.draft: None, on.state: _state("none"), on.sheet: sheets.no_draft_html()}
        case = draft.case
        near = [(" ".join(one.quote.split()), place) for place, one in enumerate(draft.near)]
        return {
            on.draft: draft,
            on.state: _state("judge", near=bool(draft.problem and near)),
            on.sheet: sheets.draft_html(draft),
            on.near: gr.update(choices=near, value=None),
            on.keep: gr.update(interactive=not draft.problem),
            on.question: case.question,
            on.references: "\n".join(case.references),
            on.quotes: "\n".join(one.quote for one in case.targets),
        }


def _state(stage: str, *, near: bool = False) -> str:
    return f'<i hidden data-drafts="{stage}" data-near="{"yes" if near else "no"}"></i>'


def _lines(label: str, elem_id: str) -> gr.Textbox:
    return gr.Textbox(label=label, lines=2, max_lines=8, elem_id=elem_id)
