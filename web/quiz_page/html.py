"""A session of studying -> HTML. Pure; all that comes from notes and persons is escaped here.

See web/render.py for why.
"""

import html
from collections.abc import Mapping, Sequence

from eval.drafts.reviewing import Quoted
from eval.reports.marking import clean
from eval.texts.text import parts
from eval.types import Case, Standing
from web import words
from web.quiz_page.session import Given, Session

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def text_html(text: str) -> str:
    """Text of a note, a model or a person."""
    return html.escape(clean(text))


def state_html(stage: str, asks: str = "", suggested: int = 0, card: int = 0) -> str:
    """What the style sheet and the script go by; nobody sees it.

    `asks` is how is answered: text, one or many.
    """
    return (
        f'<i class="quiz-state" hidden data-stage="{stage}" data-asks="{asks}"'
        f' data-suggested="{suggested or ""}" data-card="{card}"></i>'
    )


def question_html(session: Session) -> str:
    """The card that is asked, and how far the session is."""
    if session.card is None:
        return ""
    case = session.card.case
    done = max(0, session.total - session.left)
    at = words.quiz_place(min(done + 1, session.total), session.total)
    return (
        f'<div class="quiz-at"><span>{at}</span>{_draft(case)}</div>'
        f'<progress value="{done}" max="{session.total}" aria-label="{at}"></progress>'
        f'<h2 class="quiz-question" tabindex="-1">{text_html(case.question)}</h2>'
    )


def verdict_html(case: Case, given: Given) -> str:
    """Whether the answer is right, and what would be."""
    kind, said = _verdict(given)
    reference = row_html(words.QUIZ_REFERENCE, reference_html(case, given))
    note = f" <small>{words.QUIZ_OVERRULED}</small>" if given.overruled else ""
    return (
        f'<section class="quiz-verdict {kind}"><h3 role="status" tabindex="-1">{said}{note}</h3>'
        f"<dl>{_yours(case, given)}{reference}</dl>"
        "</section>"
    )


def passages_html(case: Case, passages: Sequence[Quoted]) -> str:
    """The passages that hold the answer, with the quote marked."""
    cards = "".join(map(quoted_html, passages))
    if not cards and case.origin:
        place = f"{case.origin.note_path}:{case.origin.start_line}"
        cards = f'<p class="hint">{words.QUIZ_NO_PASSAGE}</p>{_copy(place)}'
    return f'<h4 class="quiz-where">{words.QUIZ_PASSAGE}</h4>{cards}' if cards else ""


def quoted_html(quoted: Quoted) -> str:
    """A quote in its note."""
    place = f"{quoted.target.note_path}:{quoted.line}" if quoted.line else quoted.target.note_path
    if quoted.problem:
        return f'<p class="quiz-problem">{text_html(quoted.problem)}</p>'
    before, quote, after = map(text_html, (quoted.before, quoted.target.quote, quoted.after))
    passage = f"{before}<mark>{quote}</mark>{after}".strip()
    ways = _opener(quoted) + _copy(place)
    return f'<article class="card"><div class="passage">{passage}</div>{ways}</article>'


def end_html(session: Session, passages: Mapping[str, Sequence[Quoted]]) -> str:
    """How a session went; every card that was missed, with its passage. By the cases' ids."""
    known = words.quiz_known(len(session.right), len(session.right) + len(session.missed))
    missed = "".join(
        f"<li><details><summary>{text_html(case.question)}</summary>"
        f"<p>{reference_html(case, None)}</p>{passages_html(case, passages.get(case.id, ()))}"
        "</details></li>"
        for case in session.missed
    )
    rest = f"<h3>{words.QUIZ_MISSED}</h3><ul>{missed}</ul>" if missed else ""
    none = "" if missed else f"<p>{words.QUIZ_MISSED_NONE}</p>"
    return (
        f'<section class="quiz-end"><h2 role="status" tabindex="-1">{words.QUIZ_END}</h2>'
        f"<p>{known}</p>{none}{rest}</section>"
    )


def ready_html(title: str, more: str = "") -> str:
    """What is there to be studied."""
    return f'<div class="quiz-ready"><h2>{title}</h2><p>{text_html(more)}</p></div>'


def empty_html() -> str:
    """That no quiz is known, and how one would have to be written."""
    forms = "".join(f"<li><code>{text_html(form)}</code></li>" for form in words.QUIZ_FORMS)
    return (
        f'<div class="quiz-ready"><h2>{words.QUIZ_NONE}</h2><p>{words.QUIZ_NONE_MORE}</p>'
        f"<ul>{forms}</ul></div>"
    )


def _draft(case: Case) -> str:
    if case.standing is not Standing.DRAFT:
        return ""
    more = words.QUIZ_DRAFT_MORE
    return (
        f'<span class="quiz-draft" title="{more}">{words.QUIZ_DRAFT}'
        f'<span class="unseen">: {more}</span></span>'
    )


def _verdict(given: Given) -> tuple[str, str]:
    if given.score is None:
        return "open", words.QUIZ_UNJUDGED
    if given.is_right:
        whole = given.score >= 1.0
        return ("right", f"✓ {words.QUIZ_RIGHT}") if whole else ("right", words.QUIZ_PARTLY)
    return ("wrong", words.QUIZ_PARTLY) if given.score else ("wrong", f"✗ {words.QUIZ_WRONG}")


def _yours(case: Case, given: Given) -> str:
    if case.options and case.correct:
        return ""  # they are marked among the options
    said = text_html(given.text) if given.text.strip() else f"<em>{words.QUIZ_NOTHING}</em>"
    return row_html(words.QUIZ_YOURS, said)


def reference_html(case: Case, given: Given | None) -> str:
    """What would be right, and what else; of options, which were chosen too."""
    if case.options and case.correct:
        return _options(case, given)
    first, *others = [", ".join(parts(one)) for one in case.references] or [""]
    also = f"<small>{words.QUIZ_ALSO}: {text_html(' · '.join(others))}</small>" if others else ""
    return f"<strong>{text_html(first)}</strong>{also}"


def _options(case: Case, given: Given | None) -> str:
    chosen = set(given.text.split(", ")) if given else set()
    rows = []
    for place, option in enumerate(case.options[: len(LETTERS)]):
        is_right, is_chosen = place in case.correct, LETTERS[place] in chosen
        said = [words.QUIZ_IS_RIGHT] * is_right + [words.QUIZ_CHOSEN] * is_chosen
        kind = "right" if is_right else "wrong" if is_chosen else "other"
        note = f" <small>{', '.join(said)}</small>" if said else ""
        mark = "✓ " if is_right else "✗ " if is_chosen else ""
        rows.append(f'<li class="{kind}">{mark}{LETTERS[place]}. {text_html(option)}{note}</li>')
    return f'<ul class="quiz-options">{"".join(rows)}</ul>'


def row_html(name: str, value: str) -> str:
    """A name and what there is to say, within a `dl`; both are HTML."""
    return f"<div><dt>{name}</dt><dd>{value}</dd></div>"


def _opener(quoted: Quoted) -> str:
    """Opens the note on the page of notes; web/quiz.js has the sources of the chat do it."""
    quote = quoted.target.quote
    return (
        f'<button type="button" class="open-note" data-do="open"'
        f' data-value="{html.escape(quoted.path)}" data-digest="" data-start="{quoted.start}"'
        f' data-end="{quoted.start + len(quote)}" data-quote="{html.escape(quote)}">'
        f"{words.NOTES_OPEN}</button>"
    )


def _copy(place: str) -> str:
    shown = text_html(place)
    return f'<button type="button" class="copy" data-copy="{shown}">{shown}</button>'
