"""Questions with the answer below them, marked, bold, as a heading, or folded away.

An answer is what stands on the same line, else the paragraph or the list below. A fold
(`<details>`) answers its summary, or the question above it where the summary only says "Answer";
one that nobody has closed ends with its first paragraph. Headings, other folds ("Full log") and
questions that are neither marked nor bold count in quizzes only: elsewhere they are what somebody
wonders about.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from eval.quiz.lines import FoundQuestion, Line, NoteLines
from eval.quiz.wording import is_marked, is_question, of_term, plain, references

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


class _Answer(NamedTuple):
    """What stands for an answer, by its parts, and its last line."""

    parts: list[str]
    last: int


def marked_options(note: NoteLines) -> Iterator[FoundQuestion]:
    """`Q:` and `A:`, in several languages, numbered or not."""
    for at, line in enumerate(note.lines):
        opening = _ASKS.match(line.item) if line.is_open else None
        begun = line.item[opening.end() :] if opening else line.item
        is_asked = line.is_text and is_marked(line.item) and _is_answered_below(note, at)
        if (opening or is_asked) and (found := _marked(note, at, begun)):
            yield found


def _is_answered_below(note: NoteLines, at: int) -> bool:
    """True if the next line says in words that it is the answer."""
    there = note.below(at)
    return note.is_text(there) and bool(_SAYS_ANSWER.match(note.lines[there].item))


def _marked(note: NoteLines, at: int, begun: str) -> FoundQuestion | None:
    if within := _ANSWERS_WITHIN.search(begun):
        return _found(begun[: within.start()], _Answer([begun[within.end() :]], at), at)
    asked = [begun]
    for place in note.run(at + 1) if not note.lines[at].is_heading else ():
        if _is_marked(note.lines[place]):
            break
        asked.append(note.lines[place].item)
    there = note.below(at + len(asked) - 1)
    opening = _ANSWERS.match(note.lines[there].item) if note.is_text(there) else None
    if not opening:
        return None
    rest = note.lines[there].item[opening.end() :]
    if any(_SECOND.match(note.lines[place].item) for place in note.run(there + 1)):
        return None  # options, of which nobody says which is right
    return _found(" ".join(asked), _answer_from(note, there, rest, _is_marked), at)


def bold(note: NoteLines) -> Iterator[FoundQuestion]:
    """`**Who?**` with the answer behind it or below."""
    for at, line in note.texts():
        inside = _IN_BOLD.fullmatch(line.item)
        if inside and is_marked(inside["asked"]):
            answer = _answer_from(note, at, inside["rest"], _is_bold)
            if found := _found(inside["asked"], answer, at):
                yield found


def headings(note: NoteLines) -> Iterator[FoundQuestion]:
    """A heading that asks, and the paragraph or list below it."""
    for at, line in enumerate(note.lines):
        if line.is_open and line.is_heading and is_marked(line.words):
            answer = _answer_from(note, at + note.is_rule(at + 1), "", lambda _: False)
            if found := _found(line.words, answer, at):
                yield found


def unmarked(note: NoteLines) -> Iterator[FoundQuestion]:
    """A line that ends with a question mark, and the answer behind it or below."""
    for at, line in note.texts():
        then = _THEN.fullmatch(line.item)
        asked, rest = (then["asked"], then["rest"]) if then else (line.item, "")
        if is_question(asked) and is_marked(asked):
            answer = _answer_from(note, at, rest, _is_asking)
            if found := _found(asked, answer, at):
                yield found


def _answer_from(note: NoteLines, at: int, rest: str, is_next: Callable[[Line], bool]) -> _Answer:
    """The answer that begins with `rest` on the line `at`, or below it where that is empty.

    It ends before a line that `is_next` says begins another question.
    """
    head = note.lines[at]
    rest = rest.strip().lstrip(_LEADING) if rest.strip(_LEADING) else ""
    first = at + 1 if rest else note.below(at)
    parts, last = ([rest] if rest else []), at
    for there in note.run(first):
        line = note.lines[there]
        if line.is_item:
            outside = line.indent < head.indent + head.is_item
        else:
            outside = head.is_item and there > at + 1 and line.indent == 0
        if outside or is_next(line) or there - first > 4 * _MOST_LINES:
            break
        if line.is_item or not parts:
            parts.append(line.item)
        else:
            parts[-1] += f" {line.item}"
        last = there
    if len(parts) > 1 and parts[0].rstrip().endswith(":"):
        parts = parts[1:]
    return _Answer(parts, last)


def _found(asked: str, answer: _Answer, at: int) -> FoundQuestion | None:
    """The question, unless there is nothing to it, or the answer is a question itself."""
    question = plain(_NUMBERED.sub("", plain(_closed(asked)), count=1))
    answers = references([_closed(part) for part in answer.parts])
    is_open = len(answer.parts) == 1 and is_marked(answer.parts[0])
    if not question or not answers or is_open or _OPTIONS.match(" ".join(answer.parts)):
        return None
    return FoundQuestion(of_term(question), answers, at, answer.last)


def _closed(text: str) -> str:
    """Without the end of what is bold from before the text on, as in `**A: this**`."""
    return text.rstrip("* ") if text.count("**") % 2 else text


def _is_marked(line: Line) -> bool:
    return bool(_ASKS.match(line.item) or _ANSWERS.match(line.item))


def _is_bold(line: Line) -> bool:
    inside = _IN_BOLD.match(line.item)
    return bool(inside and is_marked(inside["asked"]))


def _is_asking(line: Line) -> bool:
    return is_marked(line.item) or bool(_THEN.fullmatch(line.item) and is_question(line.item))


_OPEN = re.compile(r"<details\b[^>]*>", re.I)
_CLOSE = re.compile(r"</details\s*>", re.I)
_SUMMARY = re.compile(r"<summary\b[^>]*>(?P<inside>.*?)(?:</summary\s*>|\Z)", re.I | re.S)
_BARE = re.compile(r"<summary\b[^>]*>|</summary\s*>|</?details\b[^>]*>", re.I)
_REVEAL = re.compile(
    r"\W*(?:(?:click|show|see|view|reveal|voir|afficher|zeige?|mostrar|ver|the|la|le|to|me)\W+)*"
    r"(?:answers?|solutions?|réponses?|reponses?|antwort(?:en)?|lösung(?:en)?|respuestas?)\W*",
    re.I,
)
_QUESTION_NUMBER = re.compile(r"(?:\*\*)?(?:q(?:uestion)?[ \t]*)?\d{0,4}[.):][ \t]+", re.I)
_CALLOUT = re.compile(
    r"\[!(?P<kind>question|faq|help|quiz|flash-?cards?)\][-+]?[ \t]*(?P<title>.*)", re.I
)
_MOST_FOLDED = 200
_DETAILS = re.compile(r"</?details\b[^>]*>", re.I)


class Fold(NamedTuple):
    """A `<details>` on the lines up to `last`: its summary, and the lines folded away."""

    summary: str
    lines: tuple[str, ...]
    last: int


def details(note: NoteLines) -> Iterator[FoundQuestion]:
    """Folds whose summary asks, or below a question."""
    for at, _ in note.texts():
        fold = folded(note, at)
        answers = references(" ".join(fold.lines)) if fold else ()
        if fold and answers and (asked := _asked_of(note, at, fold)):
            first, question = asked
            yield FoundQuestion(of_term(question), answers, first, fold.last)


def callouts(note: NoteLines) -> Iterator[FoundQuestion]:
    """`> [!question] Who?` with the answer below."""
    for at, line in note.texts():
        title = _CALLOUT.fullmatch(line.words)
        if not title or not line.is_quoted or at + 1 >= len(note.lines):
            continue
        if not is_question(title["title"]) or not note.lines[at + 1].is_quoted:
            continue
        answer = _answer_from(note, at, "", lambda line: not line.is_quoted)
        if answers := references(answer.parts):
            yield FoundQuestion(of_term(title["title"]), answers, at, answer.last)


def folded(note: NoteLines, at: int) -> Fold | None:
    """The fold that opens on the line `at`."""
    opened = _OPEN.search(note.lines[at].text)
    if not opened:
        return None
    last, is_closed = _last(note, at)
    texts = [line.text if line.is_open else "" for line in note.lines[at : last + 1]]
    texts[0] = texts[0][opened.end() :]
    if is_closed:
        texts[-1] = _CLOSE.split(texts[-1])[0]
    whole = "\n".join(texts)
    summary = _SUMMARY.search(whole)
    inside = plain(summary["inside"]) if summary else ""
    body = whole[summary.end() :] if summary else whole
    lines = [shown for text in _BARE.sub("", body).split("\n") if (shown := plain(text))]
    return Fold(inside, tuple(lines), last)


def _last(note: NoteLines, at: int) -> tuple[int, bool]:
    """The last line of the fold that opens at `at`, and whether it is closed there."""
    end, has_words = at, False
    for there in range(at, min(at + _MOST_FOLDED, len(note.lines))):
        line = note.lines[there]
        if line.is_open and _CLOSE.search(line.text):
            return there, True
        if there > at and line.is_open and (line.is_heading or _OPEN.search(line.text)):
            break
    for there in range(at, min(at + _MOST_FOLDED, len(note.lines))):
        line = note.lines[there]
        is_next = there > at and bool(_OPEN.search(line.text))
        if is_next or (not line.is_text and (has_words or line.is_heading or not line.is_open)):
            break
        has_words |= bool(plain(_SUMMARY.sub("", _DETAILS.sub("", line.text))))
        end = there if line.is_text else end
    return end, False


def _asked_of(note: NoteLines, at: int, fold: Fold) -> tuple[int, str] | None:
    """The question that a fold answers, and the line on which it begins."""
    in_quiz = note.lines[at].in_quiz
    if not _REVEAL.fullmatch(fold.summary or "answer"):
        is_asked = is_marked(fold.summary) or in_quiz
        return (at, _QUESTION_NUMBER.sub("", fold.summary, count=1)) if is_asked else None
    above = note.above(at)
    if not above:
        return None
    question = note.joined(above)
    is_asked = is_marked(question) or (in_quiz and is_question(question))
    return (above.start, _QUESTION_NUMBER.sub("", plain(question), count=1)) if is_asked else None
