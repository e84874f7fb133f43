"""Exam questions with options, and which are right.

The right ones are named below ("Correct answer: B, E", bare or folded into `<details>`), in a key
at the end of the note by the question's number, or marked where they stand: [x], bold, a tick,
"(correct)". Options of which none is known to be right are no question.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from eval.quiz.lines import FoundQuestion, Line, NoteLines
from eval.quiz.questions import folded
from eval.quiz.wording import is_question, plain
from eval.texts.tokens import grader_words

_BULLET = re.compile(r"(?:[-+*\u2022\u2013]|\d{1,3}[.)])[ \t]+")
_BOX = re.compile(r"\[(?P<mark>[ xX])\][ \t]+")
_LETTER = re.compile(
    r"(?P<bold>\*\*|__)?\(?(?P<letter>[A-Ja-j])[ \t]*(?:[.):]|[ \t][-\u2013](?=[ \t]))\)?"
    r"(?:\*\*|__)?[ \t]+(?P<rest>\S.*)"
)
_TICK = re.compile(
    r"[\u2705\u2714\u2611\u2713]\ufe0f?|:white_check_mark:|\((?:correct|right|vrai|richtig|true|x)\)",
    re.I,
)
_BOLD = re.compile(r"(?:[A-Ja-j][.):][ \t]*)?(?:\*\*|__)(?=\S).+(?:\*\*|__)|==.+==")
_NUMBER = re.compile(
    r"(?:\*\*|__)?(?:(?:q|question|frage|pregunta)[ \t]*"
    r"(?:(?:n°|#)?[ \t]*(?P<named>\d{1,4})[ \t]*[.):-]?|:)"
    r"|(?P<bare>\d{1,4})[ \t]*[.)])(?:\*\*|__)?[ \t]*",
    re.I,
)
_FIRST = re.compile(r"[-+*\u2022\u2013\d(_=\[]|[Aa][ \t.):]")
_MAX_GAP = 2
"""Letters from one option to the next: one may have been lost."""

_MIN, _MAX = 2, 10
_MOST_STEM = 20


CUE = (
    r"answer|\bans\b|\bkey|solution|correct|r[ée]ponse|antwort|lösung|respuesta|rispost|respost|"
    r"\[x\]|[\u2705\u2714\u2611\u2713]|:white_check|\*\*|__|==|\((?:right|vrai|richtig|true|x)\)"
)
"""What no question can do without whose right options are known."""


class _Option(NamedTuple):
    """An option, the letter that it has if it has one, and whether it is marked as right."""

    letter: str
    text: str
    is_marked: bool


class _Options(NamedTuple):
    """Options in a row, on the lines from `first` to `last`."""

    options: list[_Option]
    first: int
    last: int


def choices(note: NoteLines) -> Iterator[FoundQuestion]:
    """Every question with options of which some are known to be right."""
    answers = _keys(note)
    at, floor = 0, 0
    while at < len(note.lines):
        group = _options(note, at) if _may_begin(note.lines[at]) else None
        if group and (found := _question(note, group, floor, answers)):
            yield found
            at = floor = found.last + 1
        else:
            at = group.last + 1 if group else at + 1


def _question(
    note: NoteLines, group: _Options, floor: int, answers: "Sequence[_Key]"
) -> FoundQuestion | None:
    stem = _stem(note, group.first, floor)
    if stem is None:
        return None
    first, text, number = stem
    offered = {one.letter or chr(ord("A") + at): one.text for at, one in enumerate(group.options)}
    correct, last = _named_below(note, group.last, offered)
    is_asked = is_question(text) or bool(number and note.lines[first].in_quiz)
    if not correct and is_asked:
        last = group.last
        correct = _marked(group.options) or _by_number(answers, number, last, offered)
    if not correct or not (is_asked or group.options[0].letter):
        return None
    options = tuple(one.text for one in group.options)
    right = [options[at].rstrip(" .;") for at in correct]
    if not text or not all(map(grader_words, right)):
        return None
    return FoundQuestion(text, (" & ".join(right),), first, last, "choice", options, tuple(correct))


def _marked(options: Sequence[_Option]) -> tuple[int, ...]:
    """Those that are marked as right; none where all are, which marks nothing."""
    marked = tuple(at for at, one in enumerate(options) if one.is_marked)
    return marked if len(marked) < len(options) else ()


def _by_number(
    answers: "Sequence[_Key]", number: str, after: int, offered: Mapping[str, str]
) -> tuple[int, ...]:
    """Those that the next key names for the question of this number."""
    named = (key.by_number.get(number) for key in answers if key.at > after)
    return _places(_letters(next(filter(None, named), "")), offered)


def _options(note: NoteLines, at: int) -> _Options | None:
    """The options that begin on the line `at`, one blank line between them at most."""
    found: list[_Option] = []
    there, last = at, at - 1
    indent = note.lines[at].indent
    while note.is_text(there) and len(found) <= _MAX:
        line = note.lines[there]
        option = _option(line)
        if option and _goes_on(found, option) and line.indent <= indent + 3:
            found.append(option)
        elif found and there == last + 1 and _is_continued(line, note.lines[last]):
            found[-1] = found[-1]._replace(text=f"{found[-1].text} {plain(line.words)}")
        else:
            break
        last, there = there, note.below(there)
    return _Options(found, at, last) if _MIN <= len(found) <= _MAX else None


def _may_begin(line: Line) -> bool:
    return line.is_text and bool(_FIRST.match(line.words))


def _option(line: Line) -> _Option | None:
    """What a line offers: behind a letter, a box, or as an item that may be marked."""
    bullet = _BULLET.match(line.words)
    text = line.words[bullet.end() :] if bullet else line.words
    box = _BOX.match(text)
    text = text[box.end() :] if box else text
    lettered = _LETTER.match(text)
    if not lettered and not (bullet and not bullet[0][0].isdigit()):
        return None
    rest = lettered["rest"] if lettered else text
    ticked = bool(_TICK.search(text))
    marked = ticked or bool(_BOLD.fullmatch(text)) or bool(box and box["mark"] != " ")
    marked = marked or bool(_BOLD.fullmatch(rest.strip()))
    shown = plain(_TICK.sub("", rest)).rstrip("* \t")
    letter = lettered["letter"].upper() if lettered else ""
    return _Option(letter, shown, marked) if shown else None


def _goes_on(before: Sequence[_Option], option: _Option) -> bool:
    """True if the option is the next after those before: the next letter, or none as they."""
    if not before:
        return option.letter in {"", "A"}
    if not option.letter or not before[-1].letter:
        return option.letter == before[-1].letter
    return 0 < ord(option.letter) - ord(before[-1].letter) <= _MAX_GAP


def _is_continued(line: Line, option: Line) -> bool:
    return not line.is_item and line.indent > option.indent and not _is_answer(line.words)


def _stem(note: NoteLines, before: int, floor: int) -> tuple[int, str, str] | None:
    """Where the question above the options begins, its words, and its number if it has one."""
    above = [at for at in note.above(before) if at >= floor][-_MOST_STEM:]
    numbered = [at for at in above if _NUMBER.match(note.lines[at].words)]
    if numbered:
        above = above[above.index(numbered[-1]) :]
    if not above:
        return None
    text = " ".join(note.lines[at].words if at == above[0] else note.lines[at].item for at in above)
    number = _NUMBER.match(shown := plain(text))
    if not number:
        is_item = note.lines[above[0]].is_item
        return above[0], plain(_BULLET.sub("", text, count=1) if is_item else text), ""
    return above[0], shown[number.end() :].strip(), number["named"] or number["bare"] or ""


_NAMES = (
    r"answers?|ans|key|solutions?|correct|bonnes? réponses?|réponses?|reponses?|antwort(?:en)?|"
    r"lösung(?:en)?|respuestas?|risposte?|risposta|respostas?"
)
_ANSWER = re.compile(
    rf"[^\w\n]*(?:(?:the|la|les|die|correct|right|best|bonnes?|richtige)[ \t]+)*(?:{_NAMES})"
    r"(?:[ \t]+(?:answers?|options?|choices?))?(?:[ \t]+(?:is|are|est|ist))?"
    r"(?:\(s\))?[ \t]*(?:\d{1,4})?[*_]*\s*[:\uff1a=-]?\s*[*_]*\s*(?P<rest>\S.*)",
    re.I,
)
_LETTERS = re.compile(
    r"\(?(?P<first>[A-J])\)?(?P<more>(?:\s*(?:,|;|/|\+|&|and|et|und|y|e)?\s*\(?[A-J]\b\)?)*)(?![\w'])",
    re.I,
)
_ONE_LETTER = re.compile(r"\b[A-J]\b", re.I)
_JOINED = re.compile(r"[A-J]{2,5}")
_KEY_TITLE = re.compile(
    rf"[^\w\n]*(?:the[ \t]+)?(?:{_NAMES})(?:[ \t]+(?:key|sheet))?[ \t*_:]*", re.I
)
_KEYED = re.compile(
    r"(?:q\.?[ \t]*)?(?P<number>\d{1,4})[ \t]*[.):=-]+[ \t]*"
    r"(?P<letters>[A-J](?:[ \t]*(?:,|and|&|/)?[ \t]*[A-J]\b)*)(?![\w'])",
    re.I,
)


class _Key(NamedTuple):
    """A key at the line `at`: the letters of the right options by the number of the question."""

    at: int
    by_number: Mapping[str, str]


def _is_answer(text: str) -> bool:
    """True for a line that names what is right, such as "Correct answer: B"."""
    found = _ANSWER.fullmatch(text)
    return bool(found and _letters(found["rest"]))


def _letters(text: str) -> str:
    """The letters of options that `text` begins by naming: "B, E", "B and E", "BE", "B. Paris"."""
    shown = plain(text).strip(" *_")
    if _JOINED.fullmatch(shown):
        named = list(shown)
    elif found := _LETTERS.match(shown):
        named = [found["first"], *_ONE_LETTER.findall(found["more"])]
    else:
        return ""
    return "".join(sorted({letter.upper() for letter in named}))


def _places(named: str, offered: Mapping[str, str]) -> tuple[int, ...]:
    """The places of the letters among those of the options; none where one of them is missing."""
    known = list(offered)
    return tuple(map(known.index, named)) if all(letter in offered for letter in named) else ()


def _named_below(
    note: NoteLines, last: int, offered: Mapping[str, str]
) -> tuple[tuple[int, ...], int]:
    """Which options are right, by what stands below them, and the line that says so.

    `offered` are the options by their letters; they end on the line `last`.
    """
    there = note.below(last, blanks=2)
    if not note.is_text(there):
        return (), last
    if fold := folded(note, there):
        named = _named(fold.summary, offered) or next(
            filter(None, (_named(line, offered, bare=True) for line in fold.lines)), ()
        )
        return named, fold.last
    after = note.below(there, blanks=0)
    if _KEY_TITLE.fullmatch(note.lines[there].words) and after in note.run(there):
        there = after  # "Answer", and below it which
    return _named(note.lines[there].item, offered), there


def _keys(note: NoteLines) -> list[_Key]:
    """Every key in the note: lines of numbers and letters below a title such as "Answers"."""
    found = []
    for at, line in enumerate(note.lines):
        if not line.is_open or not (title := _KEY_TITLE.match(line.words)):
            continue
        rest = line.words[title.end() :]
        first = note.below(at) if not rest else at + 1
        listed = [note.lines[there].words for there in note.run(first)]
        pairs = [pair for text in [rest, *listed] for pair in _KEYED.finditer(text)]
        if pairs:
            found.append(_Key(at, {pair["number"]: pair["letters"] for pair in pairs}))
    return found


def _named(text: str, offered: Mapping[str, str], *, bare: bool = False) -> tuple[int, ...]:
    """The options that a line names, by their letters or by their words."""
    found = _ANSWER.fullmatch(text.strip())
    rest = found["rest"] if found else text if bare else ""
    if named := _places(_letters(rest), offered):
        return named
    said = grader_words(plain(rest))
    return tuple(
        at for at, text in enumerate(offered.values()) if said and grader_words(text) == said
    )
