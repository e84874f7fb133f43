"""Studying: what happens on which click."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from eval.study.schedule import score_of
from eval.study.store import Card, Rating
from eval.types import Case
from rag.errors import CribError
from web import words
from web.pacing import Updates
from web.quiz_page import figures, html, parts, sheets
from web.quiz_page.choosing import picked, places, within
from web.quiz_page.protocols import Desk
from web.quiz_page.session import Session, begun

SURE = (0.25, 0.6, 0.9)
"""What each of `words.QUIZ_SURES` counts for."""


class Studying:
    """Listeners over the parts of studying. `news` says what went wrong."""

    def __init__(self, desk: Desk, on: parts.Parts, news: gr.HTML) -> None:
        self._desk = desk
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
            cases = within(self._desk.cases(), where or [], drafts=drafts)
            cards = picked(self._desk.study, cases, int(many))
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
            return self._revealed(session.shown(said, None if sure is None else SURE[sure], score))

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
            self._desk.study.attempt(card.case, session.attempt(rating))
            return self._asked(session.rated(rating)) | self._standing()

        return self._guarded(work)

    def undo(self, session: Session) -> Updates:
        """Take the last rating back, and ask its card again."""
        before = session.before
        if before is None or before.card is None:
            return {}
        case = before.card.case

        def work() -> Updates:
            self._desk.study.take_back(case)
            return self._asked(before) | self._standing()

        return self._guarded(work)

    def leave(self, session: Session) -> Updates:
        """End the session; cards that were not asked are as they were."""
        if session.before is None:
            return self._guarded(lambda: self._setup([], drafts=True))
        return self._guarded(lambda: self._ended(session))

    # What is shown.

    def _setup(self, chosen: Sequence[str], *, drafts: bool) -> Updates:
        on, every = self._on, self._desk.cases()
        there = [(f"{path} ({words.number(n)})", path) for path, n in places(every)]
        cases = within(every, chosen, drafts=drafts)
        due = self._desk.study.due(cases)
        cards = due or self._desk.study.cards(cases)
        updates: Updates = {
            on.session: Session(),
            on.state: html.state_html("setup" if self._desk.study.cards(every) else "empty"),
            on.ready: self._ready(due, cards),
            on.where: gr.update(choices=there, value=list(chosen)),
            on.start: gr.update(
                value=words.QUIZ_START if due else words.QUIZ_AHEAD, interactive=bool(cards)
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
        sures = [(name, place) for place, name in enumerate(words.QUIZ_SURES)]
        return {
            on.session: session,
            on.state: html.state_html("ask", asks, card=number),
            on.question: html.question_html(session),
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
        coming = self._desk.study.coming(card.case)
        now = self._desk.study.now()
        ratings: Updates = {
            button: gr.update(
                value=words.quiz_rating(one, (coming[one] - now).total_seconds()),
                variant="primary" if one is suggested else "secondary",
            )
            for one, button in zip(Rating, on.ratings, strict=True)
        }
        return ratings | {
            on.session: session,
            on.state: html.state_html("reveal", suggested=suggested.value),
            on.verdict: html.verdict_html(card.case, given),
            on.passages: html.passages_html(card.case, self._desk.passages(card.case)),
            on.was_right: gr.update(interactive=given.is_right is not True),
            on.was_wrong: gr.update(interactive=given.is_right is not False),
        }

    def _ended(self, session: Session) -> Updates:
        on = self._on
        passages = {case.id: self._desk.passages(case) for case in session.missed}
        return {
            on.session: session,
            on.state: html.state_html("end"),
            on.end: html.end_html(session, passages),
            on.undo: gr.update(interactive=session.before is not None),
        }

    def _ready(self, due: Sequence[Card], cards: Sequence[Card]) -> str:
        if not self._desk.cases():
            return html.empty_html()
        if due:
            new = sum(card.due is None for card in due)
            return html.ready_html(words.QUIZ_READY, words.quiz_chosen(len(due) - new, new))
        if not cards or cards[0].due is None:
            return html.ready_html(words.QUIZ_ALL_DONE, words.QUIZ_NO_CHOICE)
        seconds = (cards[0].due - self._desk.study.now()).total_seconds()
        return html.ready_html(words.QUIZ_ALL_DONE, words.quiz_next(seconds))

    def _standing(self) -> Updates:
        standing = self._desk.study.standing(self._desk.cases())
        return {self._on.standing: figures.standing_html(standing), self._news: ""}

    def _rater(self, rating: Rating) -> Callable[[Session], Updates]:
        return lambda session: self.rate(session, rating)

    def _guarded(self, work: Callable[[], Updates]) -> Updates:
        """What `work` gives, or what went wrong."""
        try:
            return work()
        except CribError as error:
            return {self._news: sheets.news_html(words.failure(error), "failed")}


def _options(case: Case) -> list[tuple[str, str]]:
    """The options by their letters, which is what scores; none where all is free text."""
    if not case.correct:
        return []
    lettered = zip(html.LETTERS, case.options, strict=False)
    return [(f"{letter}. {option}", letter) for letter, option in lettered]
