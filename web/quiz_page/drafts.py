"""Drafts: found, written by the model, and judged one at a time."""

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

import gradio as gr
from gradio.blocks import Block

from eval.drafts.reviewing import DraftCase
from rag.errors import CribError
from web.parts import Feed, Updates, html, paced
from web.quiz_page.protocols import Quiz, Step
from web.templates import Macros
from web.translation import failure, ngettext
from web.translation import gettext as _

_QUIZ = Macros("quiz")
_MANY = (1, 30, 5)  # drafts at least, at most, and usually


class DraftParts:
    """The parts of drafts that change, in the current tab. `draft` is the one that is judged."""

    def __init__(self) -> None:
        self.draft = gr.State(None)
        with gr.Row(elem_id="quiz-drafts"):
            with gr.Column(elem_id="quiz-draft"):
                self.state = html("", "quiz-draft-state")
                self.sheet = html("", "quiz-draft-sheet")
                self.near = gr.Radio(
                    [], label=_("Lines that come near; choose one to quote it"), elem_id="quiz-near"
                )
                with gr.Row(elem_id="quiz-verdicts"):
                    self.keep = gr.Button(_("Keep"), variant="primary", elem_id="quiz-keep")
                    self.mend = gr.Button(_("Mend"), elem_id="quiz-mend")
                    self.drop = gr.Button(_("Drop"), elem_id="quiz-drop")
                    self.skip = gr.Button(_("Skip"), elem_id="quiz-skip")
                    self.only = gr.Button(_("Only the quiz answers it"), elem_id="quiz-only")
                with gr.Column(elem_id="quiz-mending"):
                    self.question = gr.Textbox(label=_("Question"), elem_id="quiz-mend-question")
                    self.references = _lines(
                        _("Answers, one a line; a & b asks for both"), "quiz-mend-answers"
                    )
                    self.quotes = _lines(
                        _("Quotes from the notes, word for word, one a line"), "quiz-mend-quotes"
                    )
                    self.save = gr.Button(_("Save"), variant="primary", elem_id="quiz-save")
            with gr.Column(elem_id="quiz-making"):
                self.look = gr.Button(_("Find the quiz in my notes"), elem_id="quiz-look")
                least, most, usual = _MANY
                self.many = gr.Slider(least, most, usual, step=1, label=_("How many"))
                self.write = gr.Button(_("Draft cards"), elem_id="quiz-write")
                more = _(
                    "The model asks about your notes; each draft is checked against them first."
                )
                html(_QUIZ.hint(more), "quiz-write-more")

    @property
    def changed(self) -> list[Block]:
        """What a verdict may change."""
        shown: list[Block] = [self.draft, self.state, self.sheet, self.near, self.keep, self.only]
        return [*shown, self.question, self.references, self.quotes]


class DraftController:
    """Listeners over the parts of drafts. `news` and `stop` stand above all of the page."""

    def __init__(self, quiz: Quiz, on: DraftParts, news: gr.HTML, stop: gr.Button) -> None:
        self._quiz = quiz
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
            on.keep: self._quiz.keep,
            on.only: self._quiz.keep_as_quiz_only,
            on.skip: self._quiz.skip,
            on.drop: self._quiz.drop,
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
        yield from self._made(_("Looking for quizzes"), self._quiz.look)

    @paced
    def write(self, many: int) -> Feed:
        """Have the model draft cards."""
        yield from self._made(_("Drafting cards"), lambda: self._quiz.draft(int(many)))

    def shown(self) -> Updates:
        """The next draft to be judged."""
        try:
            return self._next() | {self._news: ""}
        except CribError as error:
            return {self._news: _QUIZ.news(failure(error), "failed")}

    def quote(self, draft: DraftCase | None, place: int | None) -> Updates:
        """Quote the chosen line."""
        if draft is None or place is None or not 0 <= place < len(draft.near):
            return self.shown()
        return self._guarded(lambda: self._quiz.quote(draft.case, draft.near[place]))

    def mending(self, draft: DraftCase | None) -> str:
        """Open the form, or close it."""
        return _QUIZ.drafts_state("mend" if draft else "none")

    def mend(self, draft: DraftCase | None, question: str, references: str, quotes: str) -> Updates:
        """Write the draft in other words."""
        if draft is None:
            return self.shown()
        answers, lines = references.splitlines(), quotes.splitlines()
        given = [one.strip() for one in answers if one.strip()]
        quoted = [one.strip() for one in lines if one.strip()]
        return self._guarded(lambda: self._quiz.mend(draft.case, question, given, quoted))

    def _judge(self, verdict: Callable[[Any], None]) -> Callable[[DraftCase | None], Updates]:
        def judge(draft: DraftCase | None) -> Updates:
            return self._guarded(lambda: verdict(draft.case)) if draft else self.shown()

        return judge

    def _guarded(self, work: Callable[[], None]) -> Updates:
        try:
            work()
            return self._next() | {self._news: ""}
        except CribError as error:
            return {self._news: _QUIZ.news(failure(error), "failed")}

    def _made(self, what: str, make: Callable[[], Generator[Step, None, None]]) -> Feed:
        """How far it is; at its end, the first of the drafts."""
        if not self._busy.acquire(blocking=False):
            yield {
                self._news: _QUIZ.news(
                    _("Cards are being drafted already; wait for their end, or stop it.")
                )
            }
            return
        try:
            self._stopping.clear()
            step = Step(0, 0)
            yield {self._news: _QUIZ.step(what, step)}
            with closing(make()) as steps:
                for step in steps:
                    yield {self._news: _QUIZ.step(what, step)}
                    if self._stopping.is_set():
                        break
            said = _QUIZ.news(self._came_to(what, step))
            yield self._next() | {self._news: said}
        except CribError as error:
            yield {self._news: _QUIZ.news(failure(error), "failed")}
        finally:
            self._busy.release()

    def _came_to(self, what: str, step: Step) -> str:
        if self._stopping.is_set():
            return _("Stopped; what was drafted is kept.")
        if what == _("Looking for quizzes"):
            return _found(step.new, step.total)
        return _written(step.new, step.turned_down)

    def _next(self) -> Updates:
        on, draft = self._on, self._quiz.next_draft()
        if draft is None:
            return {
                on.draft: None,
                on.state: _QUIZ.drafts_state("none"),
                on.sheet: _QUIZ.ready(
                    _("No draft is waiting"),
                    _(
                        "Find the quiz that is in your notes, or let the model draft cards. What"
                        " you keep here also measures answers in an eval."
                    ),
                ),
            }
        case = draft.case
        near = [(" ".join(one.quote.split()), place) for place, one in enumerate(draft.near)]
        return {
            on.draft: draft,
            on.state: _QUIZ.drafts_state("judge", near=bool(draft.problem and near)),
            on.sheet: _QUIZ.draft(draft),
            on.near: gr.update(choices=near, value=None),
            on.keep: gr.update(interactive=not draft.problem),
            on.question: case.question,
            on.references: "\n".join(case.references),
            on.quotes: "\n".join(one.quote for one in case.targets),
        }


def _lines(label: str, elem_id: str) -> gr.Textbox:
    return gr.Textbox(label=label, lines=2, max_lines=8, elem_id=elem_id)


def _found(new: int, notes: int) -> str:
    """What a search for quizzes came to."""
    drafts = ngettext("{count} new draft", "{count} new drafts", new)
    return _(
        "{drafts} in {notes}",
        drafts=drafts,
        notes=ngettext("{count} note", "{count} notes", notes),
    )


def _written(new: int, turned_down: int) -> str:
    """What a drafting came to."""
    written = ngettext("{count} draft written", "{count} drafts written", new)
    refused = ngettext(
        "{count} turned down by the checks", "{count} turned down by the checks", turned_down
    )
    return f"{written}, {refused}"
