"""What is done with an answer: what the page shows of it -> HTML and plain text. Pure.

Gradio's sanitiser leaves an answer its classes and no other attribute that web/talk.js could know
it by, so they say what there is to be done.
"""

from collections.abc import Sequence

from eval.drafts.feedback import case_of
from rag.chats.kept import FEEDBACK_CHARS, Feedback, Kept
from rag.types import Answer, Chunk, Hit
from web import words
from web.conversation import Exchange
from web.markup import near_anchor, plain_html

_QUESTION_CHARS = 20_000  # of one that is asked in other words; the settings bound it further


def said() -> dict[str, str]:
    """What web/talk.js says."""
    return {
        "searching": words.SEARCHING,
        "tools": words.TALK_TOOLS,
        "copy": words.TALK_COPY,
        "copied": words.TALK_COPIED,
        "notCopied": words.TALK_NOT_COPIED,
        "good": words.TALK_GOOD,
        "bad": words.TALK_BAD,
        "why": words.TALK_WHY,
        "quiz": words.TALK_QUIZ,
        "edit": words.TALK_EDIT,
        "copyCode": words.TALK_COPY_CODE,
    }


def nth(at: int) -> str:
    """The class of a question and its answer by which the page's scripts know them in a talk."""
    return f"nth-{at}"


def before_html(count: int) -> str:
    """What shows so many questions, and their answers, that were before those on the screen."""
    return f'<button type="button" class="before">{words.questions_before(count)}</button>'


def marks(exchange: Exchange) -> str:
    """Classes of an answer: that it is over, where it is kept, what is thought of it."""
    if exchange.is_running:
        return ""
    found = ["over"]
    if exchange.place:
        found.append(f"at-{exchange.place.chat}-{exchange.place.exchange}")
    if exchange.feedback:
        found.append("good" if exchange.feedback.good else "bad")
    if makes_case(exchange) and not exchange.is_drafted:
        found.append("quizzable")
    return " " + " ".join(found)


def makes_case(exchange: Exchange) -> bool:
    """True if a question of a quiz can be made of the answer."""
    if not exchange.answer or not exchange.place:
        return False
    kept = Kept(exchange.place.exchange, 0.0, exchange.answer, feedback=exchange.feedback)
    return case_of(kept) is not None


def thought_html(exchange: Exchange) -> str:
    """What the person thinks of the answer; empty as long as they have not said."""
    thought = exchange.feedback
    if exchange.is_running or thought is None:
        return ""
    parts = [words.TALK_THOUGHT_GOOD if thought.good else words.TALK_THOUGHT_BAD]
    if thought.reason:
        parts.append(f'<q class="reason">{plain_html(thought.reason)}</q>')
    if thought.correction:
        right = plain_html(thought.correction)
        parts.append(f'{words.TALK_RIGHT} <q class="correction">{right}</q>')
    if exchange.is_drafted:
        parts.append(f'<span class="drafted">{words.TALK_DRAFTED}</span>')
    return f'<div class="line thought">{" ".join(parts)}</div>'


def near_html(hits: Sequence[Hit], most: int = 3) -> str:
    """Links to the cards of the closest notes, each once, best first; empty where none is near."""
    first: dict[str, tuple[int, Chunk]] = {}
    for rank, hit in enumerate(hits, 1):
        first.setdefault(hit.chunk.note_path, (rank, hit.chunk))
    links = [_near(rank, chunk) for rank, chunk in list(first.values())[:most]]
    if not links:
        return ""
    items = "".join(f"<li>{link}</li>" for link in links)
    return f'<div class="near"><p>{words.TALK_NEAR}</p><ul>{items}</ul></div>'


def _near(rank: int, chunk: Chunk) -> str:
    crumbs = f"<small>{plain_html(chunk.breadcrumb)}</small>" if chunk.headings else ""
    place = plain_html(chunk.place_at(0, chunk.name))
    return f'<a href="#{near_anchor(rank)}">{place}</a> {crumbs}'


def follow_ups_html(questions: Sequence[str]) -> str:
    """Questions that go on from an answer."""
    if not questions:
        return ""
    return f'<div class="follow"><p>{words.TALK_FOLLOW}</p>{buttons_html(questions)}</div>'


def buttons_html(questions: Sequence[str]) -> str:
    """A button for each question; web/talk.js asks the one that is clicked."""
    return "".join(
        f'<button type="button" class="ask">{plain_html(question)}</button>'
        for question in questions
    )


def feedback_of(good: object, reason: str, correction: str) -> Feedback | None:
    """What a browser sent; None takes back what was thought."""
    if not isinstance(good, bool):
        return None
    return Feedback(good, reason[:FEEDBACK_CHARS].strip(), correction[:FEEDBACK_CHARS].strip())


def dialogs_html() -> str:
    """The two dialogs: what is thought of an answer, and a question in other words."""
    return (
        f'<dialog id="thought-dialog" aria-labelledby="thought-title"><form method="dialog">'
        f'<p id="thought-title">{words.TALK_WHY_TITLE}</p>'
        f"{_field('thought-reason', words.TALK_REASON, 2, FEEDBACK_CHARS)}"
        f"{_field('thought-correction', words.TALK_CORRECTION, 4, FEEDBACK_CHARS)}"
        f"{_buttons(words.TALK_KEEP)}</form></dialog>"
        f'<dialog id="ask-dialog" aria-labelledby="ask-title"><form method="dialog">'
        f'<p id="ask-title">{words.TALK_EDIT_TITLE}</p>'
        f"{_field('ask-question', words.TALK_EDIT_MORE, 4, _QUESTION_CHARS)}"
        f"{_buttons(words.TALK_ASK)}</form></dialog>"
    )


def _field(identity: str, label: str, rows: int, most: int) -> str:
    return (
        f'<label for="{identity}">{label}</label>'
        f'<textarea id="{identity}" rows="{rows}" maxlength="{most}"></textarea>'
    )


def _buttons(yes: str) -> str:
    return (
        f'<div><button value="" formnovalidate type="button" data-cancel>{words.CANCEL}</button>'
        f'<button value="yes" class="main">{yes}</button></div>'
    )


def answer_text(answer: Answer) -> str:
    """An answer to be pasted elsewhere: its text with `[1]` as it is, then what that cites."""
    if not answer.citations:
        return answer.text.strip()
    lines = [answer.text.strip(), "", words.TALK_SOURCES]
    for one in dict.fromkeys(answer.citations):
        quote = " ".join(one.quote.split())
        lines.append(f"[{one.number}] {one.location}" + (f": “{quote}”" if quote else ""))
    return "\n".join(lines)


def answer_quotes(answer: Answer) -> dict[str, dict[str, str]]:
    """What each number of an answer cites: its `text`, and `where` that stands."""
    quotes: dict[str, dict[str, str]] = {}
    for one in dict.fromkeys(answer.citations):
        said = quotes.get(str(one.number))
        text = f"{said['text']} … {one.quote}" if said else one.quote
        quotes[str(one.number)] = {"text": text, "where": said["where"] if said else one.location}
    return quotes


def question_of(text: object) -> str:
    """A question that a browser sent, without blanks around it."""
    return str(text).strip()[:_QUESTION_CHARS] if isinstance(text, str) else ""
