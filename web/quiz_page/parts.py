"""What stands where while one studies.

All parts are always there, and the style sheet shows those of the stage (see `html.state_html`):
what is sent to a part that is just becoming visible can be lost on its way.
"""

from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from eval.study.store import Rating
from web import words
from web.parts import html
from web.quiz_page.session import Session

MOST = 50
USUAL = 20


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of studying that change. `ratings` are in the order of `Rating`."""

    session: gr.State
    state: gr.HTML
    standing: gr.HTML
    ready: gr.HTML
    where: gr.Dropdown
    many: gr.Slider
    drafts: gr.Checkbox
    start: gr.Button
    look: gr.Button
    question: gr.HTML
    text: gr.Textbox
    one: gr.Radio
    several: gr.CheckboxGroup
    sure: gr.Radio
    show: gr.Button
    verdict: gr.HTML
    passages: gr.HTML
    was_right: gr.Button
    was_wrong: gr.Button
    ratings: tuple[gr.Button, ...]
    end: gr.HTML
    more: gr.Button
    undo: gr.Button
    leave: gr.Button

    @property
    def changed(self) -> list[Block]:
        """What a listener of studying may change."""
        shown: list[Block] = [self.session, self.state, self.standing, self.ready, self.where]
        shown += [self.start, self.question, self.text, self.one, self.several, self.sure]
        shown += [
            self.verdict,
            self.passages,
            self.was_right,
            self.was_wrong,
            *self.ratings,
            self.end,
        ]
        return [*shown, self.undo]


def lay_out() -> Parts:
    """Build them within the current tab."""
    session = gr.State(Session())
    with gr.Row(elem_id="quiz"):
        with gr.Column(elem_id="quiz-sheet"):
            state = html("", "quiz-state")
            with gr.Column(elem_classes="quiz-setup"):
                found = _setup()
            with gr.Column(elem_classes="quiz-asking"):
                found |= _asking()
            with gr.Column(elem_classes="quiz-ended"):
                found |= {"end": html("", "quiz-end"), "more": _main(words.QUIZ_MORE, "quiz-more")}
            with gr.Row(elem_classes="quiz-session"):
                html(f'<p class="hint">{words.QUIZ_KEYS}</p>', "quiz-keys")
                undo = gr.Button(words.QUIZ_UNDO, size="sm", elem_id="quiz-undo", interactive=False)
                leave = gr.Button(words.QUIZ_LEAVE, size="sm", elem_id="quiz-leave")
        with gr.Column(elem_id="quiz-side"):
            standing = html("", "quiz-standing")
    return Parts(session=session, state=state, standing=standing, undo=undo, leave=leave, **found)


def _setup() -> dict[str, Any]:
    ready = html("", "quiz-ready")
    look = _main(words.QUIZ_LOOK, "quiz-look-first")
    where = gr.Dropdown(
        [],
        label=words.QUIZ_WHERE,
        info=words.QUIZ_WHERE_MORE,
        multiselect=True,
        elem_id="quiz-where",
    )
    many = gr.Slider(5, MOST, USUAL, step=5, label=words.QUIZ_MANY, elem_id="quiz-many")
    drafts = gr.Checkbox(True, label=words.QUIZ_WITH_DRAFTS, elem_id="quiz-with-drafts")
    start = _main(words.QUIZ_START, "quiz-start")
    return {
        "ready": ready,
        "look": look,
        "where": where,
        "many": many,
        "drafts": drafts,
        "start": start,
    }


def _asking() -> dict[str, Any]:
    question = html("", "quiz-question")
    with gr.Column(elem_classes="quiz-ask"):
        text = gr.Textbox(
            label=words.QUIZ_ANSWER,
            placeholder=words.QUIZ_ANSWER_MORE,
            max_lines=6,
            elem_id="quiz-text",
        )
        one = gr.Radio([], label=words.QUIZ_CHOOSE_ONE, elem_id="quiz-one")
        several = gr.CheckboxGroup([], label=words.QUIZ_CHOOSE_MANY, elem_id="quiz-several")
        sure = gr.Radio([], label=words.QUIZ_SURE, elem_id="quiz-sure")
        show = _main(words.QUIZ_SHOW, "quiz-show")
    with gr.Column(elem_classes="quiz-reveal"):
        verdict = html("", "quiz-verdict")
        with gr.Row(elem_classes="quiz-overrule"):
            was_right = gr.Button(words.QUIZ_WAS_RIGHT, size="sm", elem_id="quiz-was-right")
            was_wrong = gr.Button(words.QUIZ_WAS_WRONG, size="sm", elem_id="quiz-was-wrong")
        html(f'<h4 class="quiz-rate">{words.QUIZ_RATE}</h4>', "quiz-rate")
        with gr.Row(elem_id="quiz-ratings"):
            ratings = tuple(
                gr.Button(words.QUIZ_RATINGS[one_], elem_id=f"quiz-rating-{one_.value}")
                for one_ in Rating
            )
        passages = html("", "quiz-passages")
    return {
        "question": question,
        "text": text,
        "one": one,
        "several": several,
        "sure": sure,
        "show": show,
        "verdict": verdict,
        "passages": passages,
        "was_right": was_right,
        "was_wrong": was_wrong,
        "ratings": ratings,
    }


def _main(label: str, elem_id: str) -> gr.Button:
    return gr.Button(label, variant="primary", elem_id=elem_id)
