"""Drafts to be judged, and how far the search for them is -> HTML. Pure."""

from eval.drafts.reviewing import Draft
from web import words
from web.quiz_page.html import quoted_html, ready_html, reference_html, row_html, text_html
from web.quiz_page.protocols import Step


def draft_html(draft: Draft) -> str:
    """A draft to be judged, with its quotes in their notes."""
    case = draft.case
    origin = case.origin
    place = f"{origin.note_path}:{origin.start_line} ({origin.form})" if origin else ""
    rows = [row_html(words.QUIZ_FROM, text_html(place))] if place else []
    rows += [row_html(words.QUIZ_AFTER, text_html(one)) for one in case.before]
    rows += [row_html(words.QUIZ_QUESTION, f"<strong>{text_html(case.question)}</strong>")]
    rows += [row_html(words.QUIZ_REFERENCE, reference_html(case, None))]
    quotes = "".join(map(quoted_html, draft.quoted))
    if not quotes and case.answerable:
        quotes = f'<p class="quiz-problem">{words.QUIZ_UNQUOTED}</p>'
    left = words.quiz_left(draft.left)
    return f'<div class="quiz-at" role="status">{left}</div><dl>{"".join(rows)}</dl>{quotes}'


def no_draft_html() -> str:
    """That there is nothing to be judged."""
    return ready_html(words.QUIZ_NO_DRAFTS, words.QUIZ_NO_DRAFTS_MORE)


def news_html(text: str, kind: str = "done") -> str:
    """A line on what was done, or what went wrong (kind `failed`)."""
    return f'<div class="ingest {kind}" role="status">{text_html(text)}</div>' if text else ""


def step_html(what: str, step: Step) -> str:
    """How far something is that takes a while."""
    if step.waits:
        what = words.QUIZ_LOADING
    at = f' value="{step.done}" max="{step.total}"' if step.total and not step.waits else ""
    known = words.progress(step.done, step.total) if at else ""
    return (
        f'<div class="ingest running" role="status"><div><strong>{what}</strong>'
        f'<span>{known}</span></div><progress aria-label="{what}"{at}></progress></div>'
    )
