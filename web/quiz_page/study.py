"""Studying: what stands where, and what happens on which click.

All parts are always there, and the style sheet shows those of the stage (the macro `state` in
web/templates/quiz.html): what is sent to a part that is just becoming visible can be lost.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.blocks import Block

from eval.study import (
    Card,
    GivenAnswer,
    Rating,
    Session,
    new_session,
    places_of,
    score_of,
    within,
)
from eval.types import Case
from rag.errors import CribError
from web.parts import Updates, html
from web.quiz_page.protocols import Quiz
from web.templates import Macros
from web.translation import N_, failure, ngettext, number
from web.translation import gettext as _

_QUIZ = Macros("quiz")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_SURES = (N_("unsure"), N_("rather sure"), N_("sure"))
_SURE = (0.25, 0.6, 0.9)
"""What each of `_SURES` counts for."""

_RATINGS = {
    Rating.AGAIN: N_("Again"),
    Rating.HARD: N_("Hard"),
    Rating.GOOD: N_("Good"),
    Rating.EASY: N_("Easy"),
}

_MOST = 50
_USUAL = 20


def _guarded(listener: Callable[..., Updates]) -> Callable[..., Updates]:
    """What the listener of a StudyTab gives, or what went wrong."""

    @functools.wraps(listener)  # Gradio looks at the parameters
    def listen(tab: "StudyTab", *given: Any, **named: Any) -> Updates:
        try:
            return listener(tab, *given, **named)
        except CribError as error:
            return {tab.news: _QUIZ.news(failure(error), "failed")}

    return listen


class StudyTab:
    """Studying. `news`, which stands above all of the page, says what went wrong."""

    def __init__(self, quiz: Quiz, news: gr.HTML) -> None:
        """Lay it out in the current tab."""
        self._quiz, self.news = quiz, news
        self.session = gr.State(Session())
        with gr.Row(elem_id="quiz"):
            with gr.Column(elem_id="quiz-sheet"):
                self._state = html("", "quiz-state")
                with gr.Column(elem_classes="quiz-setup"):
                    self._lay_out_setup()
                with gr.Column(elem_classes="quiz-asking"):
                    self._lay_out_asking()
                with gr.Column(elem_classes="quiz-ended"):
                    self._end = html("", "quiz-end")
                    self._more = _main_button(_("Go on"), "quiz-more")
                with gr.Row(elem_classes="quiz-session"):
                    html(_QUIZ.hint(_("Keys: Enter goes on, 1 to 4 rate, U undoes.")), "quiz-keys")
                    self._undo = gr.Button(
                        _("Undo"), size="sm", elem_id="quiz-undo", interactive=False
                    )
                    self._leave = gr.Button(_("End"), size="sm", elem_id="quiz-leave")
            with gr.Column(elem_id="quiz-side"):
                self._counts = html("", "quiz-standing")
        shown: list[Block] = [self.session, self._state, self._counts, self._ready, self._where]
        shown += [self._start, self._question, self._text, self._one, self._several, self._sure]
        shown += [
            self._verdict,
            self._passages,
            self._was_right,
            self._was_wrong,
            *self._ratings.values(),
        ]
        self.changed = [*shown, self._end, self._undo]

    def _lay_out_setup(self) -> None:
        self._ready = html("", "quiz-ready")
        self.look = _main_button(_("Find the quiz in my notes"), "quiz-look-first")
        self._where = gr.Dropdown(
            [],
            label=_("Notes"),
            info=_("Choose notes or folders; none is all of them."),
            multiselect=True,
            elem_id="quiz-where",
        )
        self._most = gr.Slider(
            5, _MOST, _USUAL, step=5, label=_("Cards at most"), elem_id="quiz-many"
        )
        self._drafts = gr.Checkbox(
            True, label=_("With drafts that nobody has looked at yet"), elem_id="quiz-with-drafts"
        )
        self._start = _main_button(_("Start"), "quiz-start")

    def _lay_out_asking(self) -> None:
        self._question = html("", "quiz-question")
        with gr.Column(elem_classes="quiz-ask"):
            self._text = gr.Textbox(
                label=_("Your answer"),
                placeholder=_("Type what you know; Enter shows the answer"),
                max_lines=6,
                elem_id="quiz-text",
            )
            self._one = gr.Radio([], label=_("Choose one"), elem_id="quiz-one")
            self._several = gr.CheckboxGroup(
                [], label=_("Choose all that are right"), elem_id="quiz-several"
            )
            self._sure = gr.Radio([], label=_("How sure are you?"), elem_id="quiz-sure")
            self._show = _main_button(_("Show the answer"), "quiz-show")
        with gr.Column(elem_classes="quiz-reveal"):
            self._verdict = html("", "quiz-verdict")
            with gr.Row(elem_classes="quiz-overrule"):
                self._was_right = gr.Button(_("I was right"), size="sm", elem_id="quiz-was-right")
                self._was_wrong = gr.Button(_("I was wrong"), size="sm", elem_id="quiz-was-wrong")
            html(_QUIZ.rate_title(), "quiz-rate")
            with gr.Row(elem_id="quiz-ratings"):
                self._ratings = {
                    rating: gr.Button(_(name), elem_id=f"quiz-rating-{rating.value}")
                    for rating, name in _RATINGS.items()
                }
            self._passages = html("", "quiz-passages")

    def listen(self) -> None:
        """Connect them, within `gr.Blocks`."""
        chosen = [self._where, self._most, self._drafts]
        given = [self.session, self._text, self._one, self._several, self._sure]
        private: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "queue": False,
            "outputs": [*self.changed, self.news],
        }
        for change in (self._where.input, self._drafts.input):
            change(self.chosen, chosen, **private)
        for button in (self._start, self._more):
            button.click(self.begin, chosen, **private)
        for asked in (self._text.submit, self._show.click):
            asked(self.show, given, **private)
        for button, right in ((self._was_right, True), (self._was_wrong, False)):
            button.click(self._with(self.judge, right), self.session, **private)
        for rating, button in self._ratings.items():
            button.click(self._with(self.rate, rating), self.session, **private)
        self._undo.click(self.undo, self.session, **private)
        self._leave.click(self.leave, self.session, **private)

    # Each returns updates by component.

    @_guarded
    def opened(self, session: Session) -> Updates:
        """The page is looked at: what there is, or, within a session, how it stands."""
        if session.card or session.before:
            return self._counted()
        return self._setup([], drafts=True)

    @_guarded
    def chosen(self, where: list[str] | None, most: int, drafts: bool) -> Updates:
        """Other notes are chosen."""
        return self._setup(where or [], drafts=drafts)

    @_guarded
    def begin(self, where: list[str] | None, most: int, drafts: bool) -> Updates:
        """A session over what is chosen."""
        cases = within(self._quiz.cases(), where or [], drafts=drafts)
        session = new_session(self._quiz.study, cases, int(most))
        return self._asked(session) if session.card else self._setup(where or [], drafts=drafts)

    @_guarded
    def show(
        self,
        session: Session,
        text: str | None,
        one: str | None,
        several: list[str] | None,
        sure: int | None,
    ) -> Updates:
        """The answer is given: score it, and show what is right."""
        if session.card is None or session.given:
            return {}
        case = session.card.case
        if case.options and case.correct:
            text = ", ".join(sorted(several or [])) if len(case.correct) > 1 else one
        said = (text or "").strip()
        score = score_of(case, said) if said else 0.0
        given = GivenAnswer(said, None if sure is None else _SURE[sure], score)
        return self._revealed(session.shown(given))

    @_guarded
    def judge(self, session: Session, right: bool) -> Updates:
        """The person knows better."""
        return self._revealed(session.judged(right=right)) if session.given else {}

    @_guarded
    def rate(self, session: Session, rating: Rating) -> Updates:
        """Keep the answer, and go on."""
        if session.card is None or session.given is None:
            return {}
        self._quiz.study.keep(session.card.case, rating, session.given)
        return self._asked(session.rated(rating)) | self._counted()

    @_guarded
    def undo(self, session: Session) -> Updates:
        """Take the last rating back, and ask its card again."""
        before = session.before
        if before is None or before.card is None:
            return {}
        self._quiz.study.take_back(before.card.case)
        return self._asked(before) | self._counted()

    @_guarded
    def leave(self, session: Session) -> Updates:
        """End the session; cards that were not asked are as they were."""
        return self._ended(session) if session.before else self._setup([], drafts=True)

    # What is shown.

    def _setup(self, chosen: Sequence[str], *, drafts: bool) -> Updates:
        every, study = self._quiz.cases(), self._quiz.study
        there = [(f"{path} ({number(n)})", path) for path, n in places_of(every)]
        cases = within(every, chosen, drafts=drafts)
        due = study.due(cases)
        cards = due or study.cards(cases)
        return self._counted() | {
            self.session: Session(),
            self._state: _QUIZ.state("setup" if study.cards(every) else "empty"),
            self._ready: self._what_is_due(due, cards) if every else _QUIZ.empty(),
            self._where: gr.update(choices=there, value=list(chosen)),
            self._start: gr.update(
                value=_("Start") if due else _("Study ahead"), interactive=bool(cards)
            ),
        }

    def _what_is_due(self, due: Sequence[Card], cards: Sequence[Card]) -> str:
        """What there is to study now, or when there will be."""
        if due:
            new = sum(card.due is None for card in due)
            first = ngettext("{count} card due", "{count} cards due", len(due) - new)
            second = ngettext("{count} new", "{count} new", new)
            return _QUIZ.ready(_("Ready when you are"), f"{first}, {second}")
        more = _("None of the chosen notes has a card. Choose others.")
        if cards and cards[0].due:
            seconds = (cards[0].due - self._quiz.study.now()).total_seconds()
            more = _(
                "The next card comes back {when}. You can study ahead.",
                when=_("in {time}", time=_span(seconds)),
            )
        return _QUIZ.ready(_("Nothing is due"), more)

    def _asked(self, session: Session) -> Updates:
        card = session.card
        if card is None:
            return self._ended(session)
        options = _options(card.case)
        asks = ("many" if len(card.case.correct) > 1 else "one") if options else "text"
        shown = hash((card.case.id, session.left, len(session.missed)))
        sures = [(_(name), place) for place, name in enumerate(_SURES)]
        return {
            self.session: session,
            self._state: _QUIZ.state("ask", asks, card=shown),
            self._question: _QUIZ.question(session),
            self._text: "",
            self._one: gr.update(choices=options, value=None),
            self._several: gr.update(choices=options, value=[]),
            self._sure: gr.update(choices=sures, value=None),
            self._undo: gr.update(interactive=session.before is not None),
        }

    def _revealed(self, session: Session) -> Updates:
        card, given = session.card, session.given
        if card is None or given is None:
            return {}
        coming, now = self._quiz.study.coming(card.case), self._quiz.study.now()
        ratings: Updates = {}
        for rating, button in self._ratings.items():
            named = _(_RATINGS[rating])
            when = _span((coming[rating] - now).total_seconds())
            ratings[button] = gr.update(
                value=f"{rating.value} · {named} · {when}",
                variant="primary" if rating is given.suggested else "secondary",
            )
        return ratings | {
            self.session: session,
            self._state: _QUIZ.state("reveal", suggested=given.suggested.value),
            self._verdict: _QUIZ.verdict(card.case, given),
            self._passages: _QUIZ.passages_of(card.case, self._quiz.passages(card.case)),
            self._was_right: gr.update(interactive=given.is_right is not True),
            self._was_wrong: gr.update(interactive=given.is_right is not False),
        }

    def _ended(self, session: Session) -> Updates:
        missed = [(case, self._quiz.passages(case)) for case in session.missed]
        return {
            self.session: session,
            self._state: _QUIZ.state("end"),
            self._end: _QUIZ.end(session, missed),
            self._undo: gr.update(interactive=session.before is not None),
        }

    def _counted(self) -> Updates:
        counts = self._quiz.study.counts(self._quiz.cases())
        return {self._counts: _QUIZ.counts(counts), self.news: ""}

    @staticmethod
    def _with(listener: Callable[..., Updates], chosen: object) -> Callable[[Session], Updates]:
        return lambda session: listener(session, chosen)


def _main_button(label: str, elem_id: str) -> gr.Button:
    return gr.Button(label, variant="primary", elem_id=elem_id)


def _options(case: Case) -> list[tuple[str, str]]:
    """The options by their letters, which is what scores; none where all is free text."""
    if not case.correct:
        return []
    lettered = zip(_LETTERS, case.options, strict=False)
    return [(f"{letter}. {option}", letter) for letter, option in lettered]


def _span(seconds: float) -> str:
    if seconds >= 86_400 * 365 * 0.95:
        return ngettext("{count} year", "{count} years", round(seconds / (86_400 * 365)))
    if seconds >= 86_400 * 30 * 0.95:
        return ngettext("{count} month", "{count} months", round(seconds / (86_400 * 30)))
    if seconds >= 86_400 * 0.95:
        return ngettext("{count} day", "{count} days", round(seconds / 86_400))
    if seconds >= 3_600 * 0.95:
        return _("{count} h", count=round(seconds / 3_600))
    return _("{count} min", count=max(1, round(seconds / 60)))
