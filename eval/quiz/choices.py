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
_MAX_GAP = 2
"""Letters from one option to the next: one may have been lost."""

_MIN, _MAX = 2, 10
_MOST_STEM = 20


class _Option(NamedTuple):
    """An option, the letter that it has if it has one, and whether it is marked as right."""

    letter: str
    text: str
    is_marked: bool


class _Key(NamedTuple):
    """A key at the line `at`: the letters of the right options by the number of the question."""

    at: int
    by_number: Mapping[str, str]


def choices(note: NoteLines) -> Iterator[FoundQuestion]:
    """Every question with options of which some are known to be right."""
    keys = _keys(note)
    at, floor = 0, 0
    while at < len(note.lines):
        options, last = _options(note, at)
        found = _question(note, floor, options, at, last, keys) if options else None
        if found:
            yield found
            last = found.last
            floor = last + 1
        at = last + 1


def _question(
    note: NoteLines,
    floor: int,
    options: Sequence[_Option],
    first: int,
    last: int,
    keys: Sequence[_Key],
) -> FoundQuestion | None:
    """The question whose options are on the lines from `first` to `last`."""
    begin, asked, number = _stem(note, first, floor)
    offered = {one.letter or chr(ord("A") + at): one.text for at, one in enumerate(options)}
    is_asked = is_question(asked) or bool(number and note.lines[begin].in_quiz)
    correct, end = _named_below(note, last, offered)
    if not correct and is_asked:
        end = last
        marked = tuple(at for at, one in enumerate(options) if one.is_marked)
        named = (key.by_number.get(number) for key in keys if key.at > last)
        letters = _letters(next(filter(None, named), ""))
        # Where all are marked, that marks nothing.
        correct = marked if 0 < len(marked) < len(options) else _places(letters, offered)
    right = [options[at].text.rstrip(" .;") for at in correct]
    if not asked or not right or not all(map(grader_words, right)):
        return None
    if not (is_asked or options[0].letter):
        return None
    texts = tuple(one.text for one in options)
    return FoundQuestion(asked, (" & ".join(right),), begin, end, "choice", texts, correct)


def _options(note: NoteLines, at: int) -> tuple[list[_Option], int]:
    """The options that begin on the line `at`, one blank line between them at most; the last line.

    None, and `at`, where they are too few or too many.
    """
    found: list[_Option] = []
    there, last = at, at
    while note.is_text(there) and len(found) <= _MAX:
        line = note.lines[there]
        option = _option(line)
        if option and _is_next(found, option) and line.indent <= note.lines[at].indent + 3:
            found.append(option)
        elif found and there == last + 1 and _is_continued(line, note.lines[last]):
            found[-1] = found[-1]._replace(text=f"{found[-1].text} {plain(line.words)}")
        else:
            break
        last, there = there, note.below(there)
    return (found, last) if _MIN <= len(found) <= _MAX else ([], last if found else at)


def _option(line: Line) -> _Option | None:
    """What a line offers: behind a letter, a box, or as an item that may be marked."""
    bullet, text = line.words[: len(line.words) - len(line.item)], line.item
    lettered = _LETTER.match(text)
    if not lettered and (not bullet or bullet[0].isdigit()):
        return None
    rest = lettered["rest"] if lettered else text
    is_bold = _BOLD.fullmatch(text) or _BOLD.fullmatch(rest.strip())
    is_marked = bool(is_bold or _TICK.search(text)) or "[x]" in bullet.lower()
    shown = plain(_TICK.sub("", rest)).rstrip("* \t")
    return (
        _Option(lettered["letter"].upper() if lettered else "", shown, is_marked) if shown else None
    )


def _is_next(before: Sequence[_Option], option: _Option) -> bool:
    """True if the option is the next after those before: the next letter, or none as they."""
    if not before:
        return option.letter in {"", "A"}
    last = before[-1].letter
    if not option.letter or not last:
        return option.letter == last
    return 0 < ord(option.letter) - ord(last) <= _MAX_GAP


def _is_continued(line: Line, option: Line) -> bool:
    return not line.is_item and line.indent > option.indent and not _is_answer(line.words)


def _stem(note: NoteLines, before: int, floor: int) -> tuple[int, str, str]:
    """Where the question above the options begins, its words, and its number if it has one."""
    above = [at for at in note.above(before) if at >= floor][-_MOST_STEM:]
    if numbered := [at for at in above if _NUMBER.match(note.lines[at].words)]:
        above = above[above.index(numbered[-1]) :]
    if not above:
        return before, "", ""
    shown = plain(
        " ".join([note.lines[above[0]].words, *(note.lines[at].item for at in above[1:])])
    )
    if number := _NUMBER.match(shown):
        return above[0], shown[number.end() :].strip(), number["named"] or number["bare"] or ""
    return above[0], plain(note.joined(above)), ""


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


def _is_answer(text: str) -> bool:
    """True for a line that names what is right, such as "Correct answer: B"."""
    found = _ANSWER.fullmatch(text)
    return bool(found and _letters(found["rest"]))


def _letters(text: str) -> str:
    """The letters of options that `text` begins by naming: "B, E", "B and E", "BE", "B. Paris"."""
    shown = plain(text).strip(" *_")
    if _JOINED.fullmatch(shown):
        return "".join(sorted(set(shown)))
    found = _LETTERS.match(shown)
    named = [found["first"], *_ONE_LETTER.findall(found["more"])] if found else []
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
        said = (_named(line, offered, bare=True) for line in fold.lines)
        return _named(fold.summary, offered) or next(filter(None, said), ()), fold.last
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
        listed = [note.lines[there].words for there in note.run(at + 1 if rest else note.below(at))]
        if pairs := [pair for text in [rest, *listed] for pair in _KEYED.finditer(text)]:
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
