"""Studying: what stands where, and what happens on which click.

All parts are always there, and the style sheet shows those of the stage (the macro `state` in
web/templates/quiz.html): what is sent to a part that is just becoming visible can be lost.
"""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.blocks import Block

from eval.study.schedule import score_of
from eval.study.store import Card, Rating
from eval.types import Case
from rag.errors import CribError
from web.parts import Updates, html
from web.quiz_page.protocols import Quiz
from web.quiz_page.session import Session, begun, line_places, picked, within
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


class StudyParts:
    """The parts of studying that change, in the current tab. `ratings` are in its order."""

    def __init__(self) -> None:
        self.session = gr.State(Session())
        with gr.Row(elem_id="quiz"):
            with gr.Column(elem_id="quiz-sheet"):
                self.state = html("", "quiz-state")
                with gr.Column(elem_classes="quiz-setup"):
                    self._lay_out_setup()
                with gr.Column(elem_classes="quiz-asking"):
                    self._lay_out_asking()
                with gr.Column(elem_classes="quiz-ended"):
                    self.end = html("", "quiz-end")
                    self.more = _main(_("Go on"), "quiz-more")
                with gr.Row(elem_classes="quiz-session"):
                    html(_QUIZ.hint(_("Keys: Enter goes on, 1 to 4 rate, U undoes.")), "quiz-keys")
                    self.undo = gr.Button(
                        _("Undo"), size="sm", elem_id="quiz-undo", interactive=False
                    )
                    self.leave = gr.Button(_("End"), size="sm", elem_id="quiz-leave")
            with gr.Column(elem_id="quiz-side"):
                self.standing = html("", "quiz-standing")

    def _lay_out_setup(self) -> None:
        self.ready = html("", "quiz-ready")
        self.look = _main(_("Find the quiz in my notes"), "quiz-look-first")
        self.where = gr.Dropdown(
            [],
            label=_("Notes"),
            info=_("Choose notes or folders; none is all of them."),
            multiselect=True,
            elem_id="quiz-where",
        )
        self.many = gr.Slider(
            5, _MOST, _USUAL, step=5, label=_("Cards at most"), elem_id="quiz-many"
        )
        self.drafts = gr.Checkbox(
            True, label=_("With drafts that nobody has looked at yet"), elem_id="quiz-with-drafts"
        )
        self.start = _main(_("Start"), "quiz-start")

    def _lay_out_asking(self) -> None:
        self.question = html("", "quiz-question")
        with gr.Column(elem_classes="quiz-ask"):
            self.text = gr.Textbox(
                label=_("Your answer"),
                placeholder=_("Type what you know; Enter shows the answer"),
                max_lines=6,
                elem_id="quiz-text",
            )
            self.one = gr.Radio([], label=_("Choose one"), elem_id="quiz-one")
            self.several = gr.CheckboxGroup(
                [], label=_("Choose all that are right"), elem_id="quiz-several"
            )
            self.sure = gr.Radio([], label=_("How sure are you?"), elem_id="quiz-sure")
            self.show = _main(_("Show the answer"), "quiz-show")
        with gr.Column(elem_classes="quiz-reveal"):
            self.verdict = html("", "quiz-verdict")
            with gr.Row(elem_classes="quiz-overrule"):
                self.was_right = gr.Button(_("I was right"), size="sm", elem_id="quiz-was-right")
                self.was_wrong = gr.Button(_("I was wrong"), size="sm", elem_id="quiz-was-wrong")
            html(_QUIZ.rate_title(), "quiz-rate")
            with gr.Row(elem_id="quiz-ratings"):
                self.ratings = tuple(
                    gr.Button(_(_RATINGS[one_]), elem_id=f"quiz-rating-{one_.value}")
                    for one_ in Rating
                )
            self.passages = html("", "quiz-passages")

    @property
    def changed(self) -> list[Block]:
        """What a listener of studying may change."""
        shown: list[Block] = [self.session, self.state, self.standing, self.ready, self.where]
        shown += [self.start, self.question, self.text, self.one, self.several, self.sure]
        shown += [self.verdict, self.passages, self.was_right, self.was_wrong, *self.ratings]
        return [*shown, self.end, self.undo]


def _main(label: str, elem_id: str) -> gr.Button:
    return gr.Button(label, variant="primary", elem_id=elem_id)


class StudyController:
    """Listeners over the parts of studying. `news` says what went wrong."""

    def __init__(self, quiz: Quiz, on: StudyParts, news: gr.HTML) -> None:
        self._quiz = quiz
        self._on = on
        self._news = news

    def listen(self) -> None:
        """Connect them, within `gr.Blocks`."""
        on, chosen = self._on, [self._on.where, self._on.many, self._on.drafts]
        given = [on.session, on.text, on.one, on.several, on.sure]
        private: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "queue": False,
            "outputs": [*on.changed, self._news],
        }
        for change in (on.where.input, on.drafts.input):
            change(self.chosen, chosen, **private)
        for button in (on.start, on.more):
            button.click(self.begin, chosen, **private)
        on.text.submit(self.show, given, **private)
        on.show.click(self.show, given, **private)
        on.was_right.click(lambda session: self.judge(session, right=True), on.session, **private)
        on.was_wrong.click(lambda session: self.judge(session, right=False), on.session, **private)
        for rating, button in zip(Rating, on.ratings, strict=True):
            button.click(self._rater(rating), on.session, **private)
        on.undo.click(self.undo, on.session, **private)
        on.leave.click(self.leave, on.session, **private)

    # Each returns updates by component.

    def opened(self, session: Session) -> Updates:
        """The page is looked at: what there is, or, within a session, how it stands."""
        if session.card or session.before:
            return self._guarded(self._standing)
        return self._guarded(lambda: self._setup([], drafts=True))

    def chosen(self, where: list[str] | None, many: int, drafts: bool) -> Updates:
        """Other notes are chosen."""
        return self._guarded(lambda: self._setup(where or [], drafts=drafts))

    def begin(self, where: list[str] | None, many: int, drafts: bool) -> Updates:
        """A session over what is chosen."""

        def work() -> Updates:
            cases = within(self._quiz.cases(), where or [], drafts=drafts)
            cards = picked(self._quiz.study, cases, int(many))
            if not cards:
                return self._setup(where or [], drafts=drafts)
            return self._asked(begun(cards))

        return self._guarded(work)

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

        def work() -> Updates:
            score = score_of(case, said) if said else 0.0
            return self._revealed(session.shown(said, None if sure is None else _SURE[sure], score))

        return self._guarded(work)

    def judge(self, session: Session, *, right: bool) -> Updates:
        """The person knows better."""
        if session.given is None:
            return {}
        return self._guarded(lambda: self._revealed(session.judged(right=right)))

    def rate(self, session: Session, rating: Rating) -> Updates:
        """Keep the answer, and go on."""
        card = session.card
        if card is None or session.given is None:
            return {}

        def work() -> Updates:
            self._quiz.study.attempt(card.case, session.attempt(rating))
            return self._asked(session.rated(rating)) | self._standing()

        return self._guarded(work)

    def undo(self, session: Session) -> Updates:
        """Take the last rating back, and ask its card again."""
        before = session.before
        if before is None or before.card is None:
            return {}
        case = before.card.case

        def work() -> Updates:
            self._quiz.study.take_back(case)
            return self._asked(before) | self._standing()

        return self._guarded(work)

    def leave(self, session: Session) -> Updates:
        """End the session; cards that were not asked are as they were."""
        if session.before is None:
            return self._guarded(lambda: self._setup([], drafts=True))
        return self._guarded(lambda: self._ended(session))

    # What is shown.

    def _setup(self, chosen: Sequence[str], *, drafts: bool) -> Updates:
        on, every = self._on, self._quiz.cases()
        there = [(f"{path} ({number(n)})", path) for path, n in line_places(every)]
        cases = within(every, chosen, drafts=drafts)
        due = self._quiz.study.due(cases)
        cards = due or self._quiz.study.cards(cases)
        updates: Updates = {
            on.session: Session(),
            on.state: _QUIZ.state("setup" if self._quiz.study.cards(every) else "empty"),
            on.ready: self._ready(due, cards),
            on.where: gr.update(choices=there, value=list(chosen)),
            on.start: gr.update(
                value=_("Start") if due else _("Study ahead"), interactive=bool(cards)
            ),
        }
        return updates | self._standing()

    def _asked(self, session: Session) -> Updates:
        on, card = self._on, session.card
        if card is None:
            return self._ended(session)
        options = _options(card.case)
        number = hash((card.case.id, session.left, len(session.missed)))
        asks = ("many" if len(card.case.correct) > 1 else "one") if options else "text"
        sures = [(_(name), place) for place, name in enumerate(_SURES)]
        return {
            on.session: session,
            on.state: _QUIZ.state("ask", asks, card=number),
            on.question: _QUIZ.question(session),
            on.text: "",
            on.one: gr.update(choices=options, value=None),
            on.several: gr.update(choices=options, value=[]),
            on.sure: gr.update(choices=sures, value=None),
            on.undo: gr.update(interactive=session.before is not None),
        }

    def _revealed(self, session: Session) -> Updates:
        on, card, given = self._on, session.card, session.given
        if card is None or given is None:
            return {}
        suggested = given.suggested
        coming = self._quiz.study.coming(card.case)
        now = self._quiz.study.now()
        ratings: Updates = {
            button: gr.update(
                value=_rating(one, (coming[one] - now).total_seconds()),
                variant="primary" if one is suggested else "secondary",
            )
            for one, button in zip(Rating, on.ratings, strict=True)
        }
        return ratings | {
            on.session: session,
            on.state: _QUIZ.state("reveal", suggested=suggested.value),
            on.verdict: _QUIZ.verdict(card.case, given),
            on.passages: _QUIZ.passages_of(card.case, self._quiz.passages(card.case)),
            on.was_right: gr.update(interactive=given.is_right is not True),
            on.was_wrong: gr.update(interactive=given.is_right is not False),
        }

    def _ended(self, session: Session) -> Updates:
        on = self._on
        missed = [(case, self._quiz.passages(case)) for case in session.missed]
        return {
            on.session: session,
            on.state: _QUIZ.state("end"),
            on.end: _QUIZ.end(session, missed),
            on.undo: gr.update(interactive=session.before is not None),
        }

    def _ready(self, due: Sequence[Card], cards: Sequence[Card]) -> str:
        if not self._quiz.cases():
            return _QUIZ.empty()
        if due:
            new = sum(card.due is None for card in due)
            return _QUIZ.ready(_("Ready when you are"), _chosen(len(due) - new, new))
        if not cards or cards[0].due is None:
            return _QUIZ.ready(
                _("Nothing is due"), _("None of the chosen notes has a card. Choose others.")
            )
        seconds = (cards[0].due - self._quiz.study.now()).total_seconds()
        return _QUIZ.ready(_("Nothing is due"), _next(seconds))

    def _standing(self) -> Updates:
        standing = self._quiz.study.standing(self._quiz.cases())
        return {self._on.standing: _QUIZ.standing(standing), self._news: ""}

    def _rater(self, rating: Rating) -> Callable[[Session], Updates]:
        return lambda session: self.rate(session, rating)

    def _guarded(self, work: Callable[[], Updates]) -> Updates:
        """What `work` gives, or what went wrong."""
        try:
            return work()
        except CribError as error:
            return {self._news: _QUIZ.news(failure(error), "failed")}


def _options(case: Case) -> list[tuple[str, str]]:
    """The options by their letters, which is what scores; none where all is free text."""
    if not case.correct:
        return []
    lettered = zip(_LETTERS, case.options, strict=False)
    return [(f"{letter}. {option}", letter) for letter, option in lettered]


def _chosen(due: int, new: int) -> str:
    """What there is to study now."""
    first = ngettext("{count} card due", "{count} cards due", due)
    second = ngettext("{count} new", "{count} new", new)
    return f"{first}, {second}"


def _next(seconds: float) -> str:
    """When the next card is due."""
    return _(
        "The next card comes back {when}. You can study ahead.",
        when=_("in {time}", time=_span(seconds)),
    )


def _rating(rating: Rating, seconds: float) -> str:
    """What stands on the button of a rating."""
    name = _(_RATINGS[rating])
    return f"{rating.value} · {name} · {_span(seconds)}"


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
