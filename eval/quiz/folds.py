"""What is folded away: `<details>` with a summary, and callouts of Obsidian.

A summary that asks is the question. One that only says "Answer" belongs to the question above.
Other folds ("Full log") are asked about only in quizzes. A fold that nobody has closed ends with
its first paragraph.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from eval.quiz.answers import plain, references
from eval.quiz.asked import answer_from
from eval.quiz.sheet import Line, Sheet
from eval.quiz.types import Found
from eval.quiz.wording import is_marked, is_question, of_term

_OPEN = re.compile(r"<details\b[^>]*>", re.I)
_CLOSE = re.compile(r"</details\s*>", re.I)
_SUMMARY = re.compile(r"<summary\b[^>]*>(?P<inside>.*?)(?:</summary\s*>|\Z)", re.I | re.S)
_BARE = re.compile(r"<summary\b[^>]*>|</summary\s*>|</?details\b[^>]*>", re.I)
_REVEAL = re.compile(
    r"\W*(?:(?:click|show|see|view|reveal|voir|afficher|zeige?|mostrar|ver|the|la|le|to|me)\W+)*"
    r"(?:answers?|solutions?|réponses?|reponses?|antwort(?:en)?|lösung(?:en)?|respuestas?)\W*",
    re.I,
)
_NUMBER = re.compile(r"(?:\*\*)?(?:q(?:uestion)?[ \t]*)?\d{0,4}[.):][ \t]+", re.I)
_CALLOUT = re.compile(
    r"\[!(?P<kind>question|faq|help|quiz|flash-?cards?)\][-+]?[ \t]*(?P<title>.*)", re.I
)
_MOST_LINES = 200


class Fold(NamedTuple):
    """A `<details>` on the lines up to `last`: its summary, and the lines folded away."""

    summary: str
    lines: tuple[str, ...]
    last: int


def details(sheet: Sheet) -> Iterator[Found]:
    """Folds whose summary asks, or below a question."""
    for at, _ in sheet.texts():
        fold = folded(sheet, at)
        answers = references(" ".join(fold.lines)) if fold else ()
        if fold and answers and (asked := _asked(sheet, at, fold)):
            first, question = asked
            yield Found(of_term(question), answers, first, fold.last)


def callouts(sheet: Sheet) -> Iterator[Found]:
    """`> [!question] Who?` with the answer below."""
    for at, line in sheet.texts():
        title = _CALLOUT.fullmatch(line.words)
        if not title or not line.is_quoted or at + 1 >= len(sheet.lines):
            continue
        if not is_question(title["title"]) or not sheet.lines[at + 1].is_quoted:
            continue
        answer = answer_from(sheet, at, "", _is_outside)
        if answers := references(answer.parts):
            yield Found(of_term(title["title"]), answers, at, answer.last)


def folded(sheet: Sheet, at: int) -> Fold | None:
    """The fold that opens on the line `at`."""
    opened = _OPEN.search(sheet.lines[at].text)
    if not opened:
        return None
    last, is_closed = _last(sheet, at)
    texts = [line.text if line.is_open else "" for line in sheet.lines[at : last + 1]]
    texts[0] = texts[0][opened.end() :]
    if is_closed:
        texts[-1] = _CLOSE.split(texts[-1])[0]
    whole = "\n".join(texts)
    summary = _SUMMARY.search(whole)
    inside = plain(summary["inside"]) if summary else ""
    body = whole[summary.end() :] if summary else whole
    lines = [shown for text in _BARE.sub("", body).split("\n") if (shown := plain(text))]
    return Fold(inside, tuple(lines), last)


def _last(sheet: Sheet, at: int) -> tuple[int, bool]:
    """The last line of the fold that opens at `at`, and whether it is closed there."""
    end, has_words = at, False
    for there in range(at, min(at + _MOST_LINES, len(sheet.lines))):
        line = sheet.lines[there]
        if line.is_open and _CLOSE.search(line.text):
            return there, True
        if there > at and line.is_open and (line.level or _OPEN.search(line.text)):
            break
    for there in range(at, min(at + _MOST_LINES, len(sheet.lines))):
        line = sheet.lines[there]
        is_next = there > at and bool(_OPEN.search(line.text))
        if is_next or (not line.is_text and (has_words or line.level or not line.is_open)):
            break
        has_words |= bool(plain(_SUMMARY.sub("", _BARE_DETAILS.sub("", line.text))))
        end = there if line.is_text else end
    return end, False


_BARE_DETAILS = re.compile(r"</?details\b[^>]*>", re.I)


def _asked(sheet: Sheet, at: int, fold: Fold) -> tuple[int, str] | None:
    """The question that a fold answers, and the line on which it begins."""
    in_quiz = sheet.lines[at].in_quiz
    if not _REVEAL.fullmatch(fold.summary or "answer"):
        is_asked = is_marked(fold.summary) or in_quiz
        return (at, _NUMBER.sub("", fold.summary, count=1)) if is_asked else None
    above = sheet.above(at)
    if not above:
        return None
    question = " ".join(sheet.lines[there].item for there in above)
    is_asked = is_marked(question) or (in_quiz and is_question(question))
    return (above.start, _NUMBER.sub("", plain(question), count=1)) if is_asked else None


def _is_outside(line: Line) -> bool:
    return not line.is_quoted
