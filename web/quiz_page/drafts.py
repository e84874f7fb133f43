"""Drafts: found, written by the model, and judged one at a time."""

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

import gradio as gr
from gradio.blocks import Block

from eval.drafts.reviewing import DraftCase, Review
from rag.errors import CribError
from web.parts import Feed, Updates, html, paced
from web.quiz_page.protocols import Quiz, Step
from web.templates import Macros
from web.translation import failure, ngettext
from web.translation import gettext as _

_QUIZ = Macros("quiz")
_MANY = (1, 30, 5)  # drafts at least, at most, and usually


class DraftsTab:
    """Drafts, and what makes them. `news` and `stop` stand above all of the page."""

    def __init__(self, quiz: Quiz, news: gr.HTML, stop: gr.Button) -> None:
        """Lay it out in the current tab."""
        self._quiz, self._news, self._stop = quiz, news, stop
        self._busy = threading.Lock()
        self._stopping = threading.Event()
        self._draft = gr.State(None)
        with gr.Row(elem_id="quiz-drafts"):
            with gr.Column(elem_id="quiz-draft"):
                self._lay_out_draft()
            with gr.Column(elem_id="quiz-making"):
                self._look = gr.Button(_("Find the quiz in my notes"), elem_id="quiz-look")
                least, most, usual = _MANY
                self._many = gr.Slider(least, most, usual, step=1, label=_("How many"))
                self._write = gr.Button(_("Draft cards"), elem_id="quiz-write")
                more = _(
                    "The model asks about your notes; each draft is checked against them first."
                )
                html(_QUIZ.hint(more), "quiz-write-more")
        shown: list[Block] = [self._draft, self._state, self._sheet, self._near, self._keep]
        self.changed = [*shown, self._only, self._question, self._references, self._quotes]

    def _lay_out_draft(self) -> None:
        self._state = html("", "quiz-draft-state")
        self._sheet = html("", "quiz-draft-sheet")
        self._near = gr.Radio(
            [], label=_("Lines that come near; choose one to quote it"), elem_id="quiz-near"
        )
        with gr.Row(elem_id="quiz-verdicts"):
            self._keep = gr.Button(_("Keep"), variant="primary", elem_id="quiz-keep")
            self._mend = gr.Button(_("Mend"), elem_id="quiz-mend")
            self._drop = gr.Button(_("Drop"), elem_id="quiz-drop")
            self._skip = gr.Button(_("Skip"), elem_id="quiz-skip")
            self._only = gr.Button(_("Only the quiz answers it"), elem_id="quiz-only")
        with gr.Column(elem_id="quiz-mending"):
            self._question = gr.Textbox(label=_("Question"), elem_id="quiz-mend-question")
            self._references = _text_lines(
                _("Answers, one a line; a & b asks for both"), "quiz-mend-answers"
            )
            self._quotes = _text_lines(
                _("Quotes from the notes, word for word, one a line"), "quiz-mend-quotes"
            )
            self._save = gr.Button(_("Save"), variant="primary", elem_id="quiz-save")

    def listen(self, looks: gr.Button, then: Callable[[Any], Any]) -> None:
        """Connect them; `looks` is another button that looks; `then` follows what makes drafts."""
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        quick = private | {"queue": False, "outputs": [*self.changed, self._news]}
        slow = quick | {"queue": True, "concurrency_id": "quiz", "concurrency_limit": 4}
        for button in (self._look, looks):
            then(button.click(self.look, None, **slow))
        then(self._write.click(self.write, self._many, **slow))
        self._stop.click(self._stopping.set, None, None, queue=False, **private)
        verdicts = {
            self._keep: Review.keep,
            self._only: Review.keep_as_quiz_only,
            self._skip: Review.skip,
            self._drop: Review.drop,
        }
        for button, verdict in verdicts.items():
            button.click(self._judge(verdict), self._draft, **quick)
        self._near.input(self.quote, [self._draft, self._near], **quick)
        self._mend.click(self.mending, self._draft, self._state, queue=False, **private)
        mended = [self._draft, self._question, self._references, self._quotes]
        self._save.click(self.mend, mended, **quick)

    def unchanged(self) -> Updates:
        """For `paced`."""
        return {self._state: gr.skip()}

    # What a click does.

    @paced
    def look(self) -> Feed:
        """Find the quiz in the notes."""
        yield from self._made(_("Looking for quizzes"), self._quiz.look, _found)

    @paced
    def write(self, many: int) -> Feed:
        """Have the model draft cards."""
        yield from self._made(_("Drafting cards"), lambda: self._quiz.draft(int(many)), _written)

    def shown(self) -> Updates:
        """The next draft to be judged."""
        return self._guarded(lambda: None)

    def quote(self, draft: DraftCase | None, place: int | None) -> Updates:
        """Quote the chosen line."""
        if draft is None or place is None or not 0 <= place < len(draft.near):
            return self.shown()
        case, target = draft.case, draft.near[place]
        return self._guarded(lambda: self._quiz.review_of(case).quote(case, target))

    def mending(self, draft: DraftCase | None) -> str:
        """Open the form, or close it."""
        return _QUIZ.drafts_state("mend" if draft else "none")

    def mend(self, draft: DraftCase | None, question: str, references: str, quotes: str) -> Updates:
        """Write the draft in other words."""
        if draft is None:
            return self.shown()
        case, given, quoted = draft.case, _filled_lines(references), _filled_lines(quotes)
        return self._guarded(lambda: self._quiz.review_of(case).mend(case, question, given, quoted))

    def _judge(self, verdict: Callable[..., None]) -> Callable[[DraftCase | None], Updates]:
        def judge(draft: DraftCase | None) -> Updates:
            if draft is None:
                return self.shown()
            return self._guarded(lambda: verdict(self._quiz.review_of(draft.case), draft.case))

        return judge

    def _guarded(self, work: Callable[[], None]) -> Updates:
        try:
            work()
            return self._next() | {self._news: ""}
        except CribError as error:
            return {self._news: _QUIZ.news(failure(error), "failed")}

    def _made(
        self,
        what: str,
        make: Callable[[], Generator[Step, None, None]],
        came_to: Callable[[Step], str],
    ) -> Feed:
        """How far it is; at its end, what it came to, and the first of the drafts."""
        if not self._busy.acquire(blocking=False):
            busy = _("Cards are being drafted already; wait for their end, or stop it.")
            yield {self._news: _QUIZ.news(busy)}
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
            stopped = _("Stopped; what was drafted is kept.")
            said = stopped if self._stopping.is_set() else came_to(step)
            yield self._next() | {self._news: _QUIZ.news(said)}
        except CribError as error:
            yield {self._news: _QUIZ.news(failure(error), "failed")}
        finally:
            self._busy.release()

    def _next(self) -> Updates:
        draft = self._quiz.next_draft()
        if draft is None:
            more = _(
                "Find the quiz that is in your notes, or let the model draft cards. What"
                " you keep here also measures answers in an eval."
            )
            return {
                self._draft: None,
                self._state: _QUIZ.drafts_state("none"),
                self._sheet: _QUIZ.ready(_("No draft is waiting"), more),
            }
        case = draft.case
        near = [(" ".join(one.quote.split()), place) for place, one in enumerate(draft.near)]
        return {
            self._draft: draft,
            self._state: _QUIZ.drafts_state("judge", near=bool(draft.problem and near)),
            self._sheet: _QUIZ.draft(draft),
            self._near: gr.update(choices=near, value=None),
            self._keep: gr.update(interactive=not draft.problem),
            self._question: case.question,
            self._references: "\n".join(case.references),
            self._quotes: "\n".join(one.quote for one in case.targets),
        }


def _text_lines(label: str, elem_id: str) -> gr.Textbox:
    return gr.Textbox(label=label, lines=2, max_lines=8, elem_id=elem_id)


def _filled_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _found(step: Step) -> str:
    """What a search for quizzes came to."""
    drafts = ngettext("{count} new draft", "{count} new drafts", step.new)
    notes = ngettext("{count} note", "{count} notes", step.total)
    return _("{drafts} in {notes}", drafts=drafts, notes=notes)


def _written(step: Step) -> str:
    """What a drafting came to."""
    written = ngettext("{count} draft written", "{count} drafts written", step.new)
    refused = ngettext(
        "{count} turned down by the checks", "{count} turned down by the checks", step.turned_down
    )
    return f"{written}, {refused}"
