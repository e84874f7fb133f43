"""Questions with the answer below them: `Q:` and `A:`, a bold question, a heading that asks.

An answer is what stands on the same line, else the paragraph or the list below. Questions that are
neither marked nor bold count in quizzes only: elsewhere they are what somebody wonders about.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from eval.quiz.answers import plain, references
from eval.quiz.sheet import Line, Sheet
from eval.quiz.types import Found
from eval.quiz.wording import is_marked, is_question, of_term

_BOLD = r"(?:\*\*|__|\*|_)?"
_NUMBER = r"[ \t]*(?:n°|#)?[ \t]*\d{0,4}"
_Q = (
    r"q|question|frage|pregunta|domanda|pergunta|vraag|fråga|spørgsmål|pytanie|вопрос|"
    r"質問|问题|問|问"
)
_A = (
    r"a|r|ans|answer|réponse|reponse|rép|antwort|respuesta|risposta|resposta|antwoord|svar|"
    r"odpowiedź|ответ|答え|答案|答"
)
_ENDS = rf"{_NUMBER}[ \t]*{_BOLD}\s*[:\uff1a.)]\s*{_BOLD}\s*"
_ASKS = re.compile(rf"{_BOLD}(?:{_Q}){_ENDS}", re.I)
_ANSWERS = re.compile(rf"{_BOLD}(?:{_A}){_ENDS}", re.I)
_SAYS_ANSWER = re.compile(rf"{_BOLD}(?!(?:a|r)\b)(?:{_A}){_ENDS}", re.I)
_ANSWERS_WITHIN = re.compile(
    rf"[ \t]+{_BOLD}(?:{_A}){_NUMBER}\s*[:\uff1a]\s+",
    re.I,
)
_NUMBERED = re.compile(rf"(?:(?:{_Q})?[ \t]*\d{{1,4}}[ \t]*[.):]|(?:{_Q})[ \t]*:)\s+", re.I)
_IN_BOLD = re.compile(r"(?P<mark>\*{2,3}|__)(?P<asked>.+?)(?P=mark)[ \t]*(?P<rest>.*)")
_THEN = re.compile(r"(?P<asked>[^?\uff1f]+[?\uff1f])[ \t]+(?P<rest>\S.*)")
_OPTIONS = re.compile(r"\(?A[.):]\s.*\s\(?B[.):]\s", re.I)
_SECOND = re.compile(r"\(?B[.):][ \t]", re.I)
_LEADING = " \t-–—:*_"  # noqa: RUF001 (dashes of any length)
_MOST_LINES = 12


class Answer(NamedTuple):
    """What stands for an answer, by its parts, and its last line."""

    parts: list[str]
    last: int


def marked(sheet: Sheet) -> Iterator[Found]:
    """`Q:` and `A:`, in several languages, numbered or not."""
    for at, line in enumerate(sheet.lines):
        opening = _ASKS.match(line.item) if line.is_open else None
        begun = line.item[opening.end() :] if opening else line.item
        is_asked = bool(opening) or (line.is_text and is_marked(line.item) and _is_told(sheet, at))
        if is_asked and (found := _marked(sheet, at, begun)):
            yield found


def _is_told(sheet: Sheet, at: int) -> bool:
    """True if the next line says in words that it is the answer."""
    there = sheet.below(at)
    after = sheet.lines[there] if there < len(sheet.lines) else None
    return bool(after and after.is_text and _SAYS_ANSWER.match(after.item))


def _marked(sheet: Sheet, at: int, begun: str) -> Found | None:
    if within := _ANSWERS_WITHIN.search(begun):
        return _found(begun[: within.start()], Answer([begun[within.end() :]], at), at)
    asked = [begun]
    for place in sheet.run(at + 1) if not sheet.lines[at].level else ():
        if _is_marked(sheet.lines[place]):
            break
        asked.append(sheet.lines[place].item)
    there = sheet.below(at + len(asked) - 1)
    opening = _ANSWERS.match(sheet.lines[there].item) if there in _places(sheet) else None
    if not opening or not sheet.lines[there].is_text:
        return None
    rest = sheet.lines[there].item[opening.end() :]
    if any(_SECOND.match(sheet.lines[place].item) for place in sheet.run(there + 1)):
        return None  # options, of which nobody says which is right
    return _found(" ".join(asked), answer_from(sheet, there, rest, _is_marked), at)


def bold(sheet: Sheet) -> Iterator[Found]:
    """`**Who?**` with the answer behind it or below."""
    for at, line in sheet.texts():
        inside = _IN_BOLD.fullmatch(line.item)
        if inside and is_marked(inside["asked"]):
            answer = answer_from(sheet, at, inside["rest"], _is_bold)
            if found := _found(inside["asked"], answer, at):
                yield found


def headings(sheet: Sheet) -> Iterator[Found]:
    """A heading that asks, and the paragraph or list below it."""
    for at, line in enumerate(sheet.lines):
        if line.is_open and line.level and is_marked(line.words):
            after = at + 1 if line.text.lstrip().startswith("#") else at + 2
            answer = answer_from(sheet, after - 1, "", _never)
            if found := _found(line.words, answer, at):
                yield found


def unmarked(sheet: Sheet) -> Iterator[Found]:
    """A line that ends with a question mark, and the answer behind it or below."""
    for at, line in sheet.texts():
        then = _THEN.fullmatch(line.item)
        asked, rest = (then["asked"], then["rest"]) if then else (line.item, "")
        if is_question(asked) and is_marked(asked):
            answer = answer_from(sheet, at, rest, _is_asking)
            if found := _found(asked, answer, at):
                yield found


def answer_from(sheet: Sheet, at: int, rest: str, is_next: Callable[[Line], bool]) -> Answer:
    """The answer that begins with `rest` on the line `at`, or below it where that is empty.

    It ends before a line that `is_next` says begins another question.
    """
    head = sheet.lines[at]
    rest = rest.strip().lstrip(_LEADING) if rest.strip(_LEADING) else ""
    first = at + 1 if rest else sheet.below(at)
    parts, last = ([rest] if rest else []), at
    for there in sheet.run(first):
        line = sheet.lines[there]
        beside = line.is_item and (head.is_item or head.level > 0) and line.indent <= head.indent
        outside = (head.is_item and beside) or (line.is_item and line.indent < head.indent)
        outside |= head.is_item and not line.is_item and there > at + 1 and line.indent == 0
        if outside or is_next(line) or there - first > 4 * _MOST_LINES:
            break
        if line.is_item or not parts:
            parts.append(line.item)
        else:
            parts[-1] += f" {line.item}"
        last = there
    if len(parts) > 1 and parts[0].rstrip().endswith(":"):
        parts = parts[1:]
    return Answer(parts, last)


def _found(asked: str, answer: Answer, at: int) -> Found | None:
    """The question, unless there is nothing to it, or the answer is a question itself."""
    question = plain(_NUMBERED.sub("", plain(_closed(asked)), count=1))
    answers = references([_closed(part) for part in answer.parts])
    is_open = len(answer.parts) == 1 and is_marked(answer.parts[0])
    if not question or not answers or is_open or _OPTIONS.match(" ".join(answer.parts)):
        return None
    return Found(of_term(question), answers, at, answer.last)


def _closed(text: str) -> str:
    """Without the end of what is bold from before the text on, as in `**A: this**`."""
    return text.rstrip("* ") if text.count("**") % 2 else text


def _places(sheet: Sheet) -> range:
    return range(len(sheet.lines))


def _is_marked(line: Line) -> bool:
    return bool(_ASKS.match(line.item) or _ANSWERS.match(line.item))


def _is_bold(line: Line) -> bool:
    inside = _IN_BOLD.match(line.item)
    return bool(inside and is_marked(inside["asked"]))


def _is_asking(line: Line) -> bool:
    return is_marked(line.item) or bool(_THEN.fullmatch(line.item) and is_question(line.item))


def _never(_: Line) -> bool:
    return False
