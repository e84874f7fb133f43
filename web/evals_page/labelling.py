"""The tab on which a person says of answers whether they are right, blind."""

from collections.abc import Sequence
from functools import partial

import gradio as gr
from gradio.blocks import Block
from markupsafe import Markup

from eval.labels import to_label
from eval.types import Outcome
from rag.errors import CribError
from web import words
from web.evals_page import marks
from web.evals_page.kept import Kept, Opened
from web.evals_page.parts import QUICK
from web.evals_page.protocols import EvalDesk
from web.parts import Updates, html

_SKIP = ""
Skipped = tuple[tuple[str, str], ...]
"""Answers, by case and text, that a person passes over on this page."""


class LabelPanel:
    """An answer after the other. Implements `web.evals_page.parts.Panel`."""

    def __init__(self, desk: EvalDesk, kept: Kept) -> None:
        self._desk = desk
        self._kept = kept

    @property
    def label(self) -> str:
        """Its name on the tab."""
        return words.EVALS_LABEL

    @property
    def outputs(self) -> list[Block]:
        """The answer that is judged, and those that are passed over."""
        return [self._answer, self._skipped, self._judged]

    def lay_out(self, chosen: gr.State) -> None:
        """Build the parts and connect the listeners."""
        self._skipped, self._judged = gr.State(()), gr.State(None)
        html(marks.hint_html(words.EVALS_LABEL_MORE), "evals-label-about")
        self._answer = html("", "evals-label")
        with gr.Row(elem_id="evals-labels"):
            named = [*words.EVALS_LABELS.items(), (_SKIP, words.EVALS_SKIP)]
            for name, said in named:
                gr.Button(said, size="sm").click(
                    partial(self._say, name),
                    [chosen, self._judged, self._skipped],
                    self.outputs,
                    **QUICK,
                )

    def fill(self, opened: Opened) -> Updates:
        """The first answer of another run that has no label."""
        return self._next(opened, ())

    def _say(
        self, label: str, chosen: int, judged: tuple[str, str] | None, skipped: Skipped
    ) -> Updates:
        try:
            opened, labels = self._kept.opened(chosen), self._desk.labels()
            # By what was shown, not by its place: another page may have labelled it meanwhile.
            shown = next((o for o in to_label(opened.run, labels) if _key(o) == judged), None)
            if shown and shown.answer and label:
                labels.put(shown.case, shown.answer, label)
            elif judged and not label:
                skipped = (*skipped, judged)
        except (CribError, OSError) as error:
            return {self._answer: marks.error_html(words.failure(error))}
        return self._next(opened, skipped)

    def _next(self, opened: Opened, skipped: Skipped) -> Updates:
        try:
            left = [
                one for one in to_label(opened.run, self._desk.labels()) if _key(one) not in skipped
            ]
        except (CribError, OSError) as error:
            return {self._answer: marks.error_html(words.failure(error))}
        return {
            self._answer: answer_html(left),
            self._skipped: skipped,
            self._judged: _key(left[0]) if left else None,
        }


def answer_html(left: Sequence[Outcome]) -> str:
    """The first of the answers that wait; nothing that the scorers say of it."""
    if not left:
        return marks.hint_html(words.EVALS_ALL_LABELLED)
    case, answer = left[0].case, left[0].answer
    wanted = [marks.shown(one) for one in case.references]
    quotes = [marks.shown(target.quote) for target in case.targets]
    facts = [
        *((words.EVALS_OPTIONS, marks.shown(option)) for option in case.options),
        *((words.EVALS_WANTED, one) for one in wanted),
        *((words.EVALS_STANDS_IN, one) for one in quotes),
        (words.EVALS_ANSWER, marks.shown(answer.text if answer else "", 20_000)),
    ]
    rows = marks.joined(Markup('<dt>{}</dt><dd dir="auto">{}</dd>').format(*one) for one in facts)
    return marks.whole(
        Markup(
            '<article class="label"><small>{}</small><h3 dir="auto">{}</h3><dl>{}</dl></article>'
        ).format(words.evals_to_label(len(left)), marks.shown(case.question), rows)
    )


def _key(outcome: Outcome) -> tuple[str, str]:
    return outcome.case.id, outcome.answer.text if outcome.answer else ""
