"""Sentences that hold their own answer: statements, `True or false:`, words left out of them.

A statement is asked about by its verb: a subject of few words and a verb of a short list; what
follows the verb is the answer. What has no such verb, speaks of "I", "it" or "this", or ends with a
colon is passed over: a question that nobody meant is worse than one that is missing. English only.

Words are left out as in Anki (`{{c1::x}}`) or as in spaced-repetition plugins (`==x==`). The latter
is an ordinary highlight in most vaults, so it counts only where the person says that it is meant as
a card: in quizzes, and in notes tagged #flashcards, which is what the plugin looks for.
"""

import re
from collections.abc import Iterator, Sequence

from eval.quiz.lines import FoundQuestion, NoteLines, masked
from eval.quiz.wording import as_question, plain, references

_LOWER = re.compile(r"[a-z(]")
_ENDS = (".", "!", "?", ":", ";")


def statements(note: NoteLines) -> Iterator[FoundQuestion]:
    """A statement a line; a line that begins with a small letter goes on with the one before."""
    last = -1
    for at, _ in note.texts():
        if at > last:
            last = at
            while _goes_on(note, last):
                last += 1
            if asked := as_question(note.joined(range(at, last + 1))):
                yield FoundQuestion(*asked, at, last)


def _goes_on(note: NoteLines, at: int) -> bool:
    """True if the statement on the line `at` goes on below."""
    if not note.is_text(at + 1) or note.lines[at].words.endswith(_ENDS):
        return False
    return not note.lines[at + 1].is_item and bool(_LOWER.match(note.lines[at + 1].words))


_TRUTH = re.compile(
    r"(?P<asks>true or false|true/false|t/f|vrai ou faux|richtig oder falsch)\W{1,4}(?P<said>.+?)"
    r"\W{1,9}(?P<verdict>true|false|vrai|faux|richtig|falsch|wahr)\W{0,4}",
    re.I,
)


def truths(note: NoteLines) -> Iterator[FoundQuestion]:
    """Lines that say what is to be judged, and how it is."""
    for at, line in note.texts():
        if found := _TRUTH.fullmatch(plain(line.item)):
            question = f"{found['asks'].capitalize()}: {found['said'].rstrip('.')}?"
            yield FoundQuestion(question, (found["verdict"].capitalize(),), at, at, "yes/no")


_ANKI = re.compile(
    r"\{\{c(?P<group>\d{1,3})::(?P<word>(?:(?!\{\{|\}\}|::).)+)(?:::(?P<hint>(?:(?!\{\{|\}\}).)*))?\}\}",
    re.I,
)
_HIGHLIGHT = re.compile(
    r"(?<![A-Za-z0-9_=])==(?=[^\s=])(?P<word>[^=]+?)(?<=[^\s=])==(?![A-Za-z0-9_=])"
)
_GAP = "\ue000"
_CELLS = re.compile(r"\s*(?<!\\)\|\s*")


def anki(note: NoteLines) -> Iterator[FoundQuestion]:
    """`{{c1::x}}`, with hints; words of one number are left out together."""
    return _clozes(note, _ANKI)


def highlights(note: NoteLines) -> Iterator[FoundQuestion]:
    """`==x==`, each for itself."""
    return _clozes(note, _HIGHLIGHT)


def _clozes(note: NoteLines, gap: re.Pattern[str]) -> Iterator[FoundQuestion]:
    """Paragraphs, items and rows, with the gaps of each group left out in turn."""
    for unit in _units(note):
        text = note.joined(unit)
        if text.startswith("|"):
            text = ": ".join(cell for cell in _CELLS.split(text) if cell)
        gaps = list(gap.finditer(masked(text)))
        groups: dict[object, list[re.Match[str]]] = {}
        for one in gaps:
            groups.setdefault(one.groupdict().get("group", one.start()), []).append(one)
        for left_out in groups.values():
            answers = references([text[slice(*one.span("word"))] for one in left_out])
            sentence = _with_gaps(text, gaps, left_out)
            if answers and sentence.strip("_ "):
                blanks = "blanks" if len(left_out) > 1 else "blank"
                yield FoundQuestion(f"Fill in the {blanks}: {sentence}", answers, unit[0], unit[-1])


def _units(note: NoteLines) -> list[list[int]]:
    """The lines of each paragraph, item and row, in order."""
    units: list[list[int]] = []
    for at, line in note.texts():
        if line.is_item or line.words.startswith("|") or not units or units[-1][-1] != at - 1:
            units.append([])
        units[-1].append(at)
    return units


def _with_gaps(text: str, gaps: Sequence[re.Match[str]], left_out: Sequence[re.Match[str]]) -> str:
    pieces, end = [], 0
    for gap in gaps:
        hint = text[slice(*gap.span("hint"))] if gap.groupdict().get("hint") else ""
        shown = f"{_GAP} ({hint})" if hint else _GAP
        word = text[slice(*gap.span("word"))]
        pieces += [text[end : gap.start()], shown if gap in left_out else word]
        end = gap.end()
    return plain("".join([*pieces, text[end:]])).replace(_GAP, "____")
