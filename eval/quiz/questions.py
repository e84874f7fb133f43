"""Questions with the answer below them, marked, bold, as a heading, or folded away.

An answer is what stands on the same line, else the paragraph or the list below. A fold
(`<details>`) answers its summary, or the question above it where the summary only says "Answer";
one that nobody has closed ends with its first paragraph. Headings, other folds ("Full log") and
questions that are neither marked nor bold count in quizzes only: elsewhere they are what somebody
wonders about.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import takewhile
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
_ANSWERS_WITHIN = re.compile(rf"[ \t]+{_BOLD}(?:{_A}){_NUMBER}\s*[:\uff1a]\s+", re.I)
_NUMBERED = re.compile(rf"(?:(?:{_Q})?[ \t]*\d{{1,4}}[ \t]*[.):]|(?:{_Q})[ \t]*:)\s+", re.I)
_IN_BOLD = re.compile(r"(?P<mark>\*{2,3}|__)(?P<asked>.+?)(?P=mark)[ \t]*(?P<rest>.*)")
_THEN = re.compile(r"(?P<asked>[^?\uff1f]+[?\uff1f])[ \t]+(?P<rest>\S.*)")
_OPTIONS = re.compile(r"\(?A[.):]\s.*\s\(?B[.):]\s", re.I)
_SECOND = re.compile(r"\(?B[.):][ \t]", re.I)
_LEADING = " \t-–—:*_"  # noqa: RUF001 (dashes of any length)
_MOST_LINES = 48


def prefixed(note: NoteLines) -> Iterator[FoundQuestion]:
    """`Q:` and `A:`, in several languages, numbered or not."""
    for at, line in enumerate(note.lines):
        opening = _ASKS.match(line.item) if line.is_open else None
        is_asked = line.is_text and is_marked(line.item) and _is_answered(note, note.below(at))
        if opening or is_asked:
            yield from _marked(note, at, line.item[opening.end() :] if opening else line.item)


def _is_answered(note: NoteLines, below: int) -> bool:
    """True if the line `below` says in words that it is the answer."""
    return note.is_text(below) and bool(_SAYS_ANSWER.match(note.lines[below].item))


def _marked(note: NoteLines, at: int, begun: str) -> Iterator[FoundQuestion]:
    if within := _ANSWERS_WITHIN.search(begun):
        yield from _found(at, begun[: within.start()], [begun[within.end() :]], at)
        return
    below = note.run(at + 1) if not note.lines[at].is_heading else ()
    more = list(takewhile(lambda place: not _is_marked(note.lines[place]), below))
    there = note.below(at + len(more))
    opening = _ANSWERS.match(note.lines[there].item) if note.is_text(there) else None
    # Options, of which nobody says which is right, are no answer.
    if opening and not any(_SECOND.match(note.lines[one].item) for one in note.run(there + 1)):
        rest = note.lines[there].item[opening.end() :]
        asked = " ".join([begun, *(note.lines[place].item for place in more)])
        yield from _found(at, asked, *_answer(note, there, rest, _is_marked))


def bold(note: NoteLines) -> Iterator[FoundQuestion]:
    """`**Who?**` with the answer behind it or below."""
    for at, line in note.texts():
        inside = _IN_BOLD.fullmatch(line.item)
        if inside and is_marked(inside["asked"]):
            yield from _found(at, inside["asked"], *_answer(note, at, inside["rest"], _is_bold))


def headings(note: NoteLines) -> Iterator[FoundQuestion]:
    """A heading that asks, and the paragraph or list below it."""
    for at, line in enumerate(note.lines):
        if line.is_open and line.is_heading and is_marked(line.words):
            yield from _found(at, line.words, *_answer(note, at, "", lambda _: False))


def unmarked(note: NoteLines) -> Iterator[FoundQuestion]:
    """A line that ends with a question mark, and the answer behind it or below."""
    for at, line in note.texts():
        then = _THEN.fullmatch(line.item)
        asked, rest = (then["asked"], then["rest"]) if then else (line.item, "")
        if is_question(asked) and is_marked(asked):
            yield from _found(at, asked, *_answer(note, at, rest, _is_asking))


def _answer(
    note: NoteLines, at: int, rest: str, is_next: Callable[[Line], bool]
) -> tuple[list[str], int]:
    """The parts of the answer that begins with `rest` on the line `at`, and its last line.

    Where `rest` is empty it stands below. It ends before a line that `is_next` says begins another
    question.
    """
    head = note.lines[at]
    rest = rest.strip().lstrip(_LEADING) if rest.strip(_LEADING) else ""
    first = at + 1 if rest else note.below(at)

    def is_inside(there: int) -> bool:
        line = note.lines[there]
        if is_next(line) or there - first > _MOST_LINES:
            return False
        if line.is_item:
            return line.indent >= head.indent + head.is_item
        return not head.is_item or there == at + 1 or line.indent > 0

    places = list(takewhile(is_inside, note.run(first)))
    parts = note.parts(places)
    if rest and places and not note.lines[places[0]].is_item:
        rest = f"{rest} {parts.pop(0)}"
    parts = [rest, *parts] if rest else parts
    if len(parts) > 1 and parts[0].rstrip().endswith(":"):
        parts = parts[1:]
    return parts, max([at, *places])


def _found(at: int, asked: str, parts: Sequence[str], last: int) -> Iterator[FoundQuestion]:
    """The question, unless there is nothing to it, or the answer is a question itself."""
    question = plain(_NUMBERED.sub("", plain(_closed(asked)), count=1))
    answers = references([_closed(part) for part in parts])
    is_open = len(parts) == 1 and is_marked(parts[0])
    if question and answers and not is_open and not _OPTIONS.match(" ".join(parts)):
        yield FoundQuestion(of_term(question), answers, at, last)


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


class Fold(NamedTuple):
    """A `<details>` on the lines up to `last`: its summary, and the lines folded away."""

    summary: str
    lines: tuple[str, ...]
    last: int


def details(note: NoteLines) -> Iterator[FoundQuestion]:
    """Folds whose summary asks, or below a question."""
    for at, line in note.texts():
        fold = folded(note, at)
        answers = references(" ".join(fold.lines)) if fold else ()
        if not fold or not answers:
            continue
        first, question = at, fold.summary
        if _REVEAL.fullmatch(fold.summary or "answer"):
            above = note.above(at)
            first, question = min(above, default=at), plain(note.joined(above))
            is_asked = is_marked(question) or (line.in_quiz and is_question(question))
        else:
            is_asked = is_marked(question) or line.in_quiz
        if question and is_asked:
            question = _QUESTION_NUMBER.sub("", question, count=1)
            yield FoundQuestion(of_term(question), answers, first, fold.last)


def callouts(note: NoteLines) -> Iterator[FoundQuestion]:
    """`> [!question] Who?` with the answer below."""
    for at, line in note.texts():
        title = _CALLOUT.fullmatch(line.words)
        is_quoted = all(one.is_quoted for one in note.lines[at : at + 2])
        if title and is_quoted and is_question(title["title"]):
            parts, last = _answer(note, at, "", lambda line: not line.is_quoted)
            if answers := references(parts):
                yield FoundQuestion(of_term(title["title"]), answers, at, last)


def folded(note: NoteLines, at: int) -> Fold | None:
    """The fold that opens on the line `at`."""
    opened = _OPEN.search(note.lines[at].words)
    if not opened:
        return None
    last, is_closed = _last(note, at)
    texts = [line.words if line.is_open else "" for line in note.lines[at : last + 1]]
    texts[0] = texts[0][opened.end() :]
    if is_closed:
        texts[-1] = _CLOSE.split(texts[-1])[0]
    whole = "\n".join(texts)
    summary = _SUMMARY.search(whole)
    body = whole[summary.end() :] if summary else whole
    lines = tuple(shown for text in body.split("\n") if (shown := plain(text)))
    return Fold(plain(summary["inside"]) if summary else "", lines, last)


def _last(note: NoteLines, at: int) -> tuple[int, bool]:
    """The last line of the fold that opens at `at`, and whether it is closed there."""
    inside = [at, *takewhile(partial(_goes_on, note), range(at + 1, at + _MOST_FOLDED))]
    opened = [there for there in inside if note.lines[there].is_open]
    for there in opened:
        if _CLOSE.search(note.lines[there].words):
            return there, True
    said = (one for one in opened if plain(_SUMMARY.sub("", note.lines[one].words)))
    paragraph = note.run(next(said, at))
    return max(set(paragraph) & set(inside), default=at), False


def _goes_on(note: NoteLines, at: int) -> bool:
    """True if the line `at` may stand within a fold that opened above it."""
    if at >= len(note.lines):
        return False
    line = note.lines[at]
    return not (line.is_open and (line.is_heading or _OPEN.search(line.words)))
