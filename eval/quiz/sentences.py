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
from typing import NamedTuple

from eval.quiz.lines import FoundQuestion, NoteLines, masked
from eval.quiz.wording import plain, references

_DOES = (
    "accelerate access add adjust allow analyse analyze answer apply assess automate avoid belong "
    "build calculate change collect combine compare compute connect consist contain control "
    "convert cost cover create debug define deliver depend deploy describe detect determine "
    "discover enable encrypt ensure evaluate examine execute expand explain extract find focus "
    "forecast generate give group guarantee handle help hold host identify improve include "
    "increase integrate label learn let limit list make manage match mean measure minimise "
    "minimize monitor move need offer optimise optimize orchestrate organise organize perform "
    "predict prepare prevent process produce protect provide put rank read recognise recognize "
    "record reduce refer remove replace represent require restrict return run scale score search "
    "secure send separate serve show simplify sit solve speed split standardise standardize start "
    "stop store support take tell test track train transcribe transform translate turn understand "
    "use validate verify visualise visualize work write"
).split()
_VERBS = {form: verb for verb in _DOES for form in (f"{verb}s", f"{verb}es")} | {
    "applies": "apply",
    "classifies": "classify",
    "identifies": "identify",
    "simplifies": "simplify",
    "specifies": "specify",
    "modifies": "modify",
    "verifies": "verify",
    "has": "have",
    "does": "do",
    "consists": "consist",
}
_GENERAL = frozenset({"help", "allow", "let", "enable", "make"})
"""Verbs that say little: what comes with them is asked for as a whole."""

_BE = {"is": "is", "are": "are", "was": "was", "were": "were"}
_MODALS = frozenset({"can", "could", "will", "should", "must", "may", "might"})
_NO_SUBJECT = re.compile(
    r"(?:i|you|we|he|she|it|they|this|that|these|those|there|here|if|when|while|as|so|but|and|or|"
    r"because|true|false|use|remember|note|see|my|not|what|which|who|how|why|where|let|do|don't)\b",
    re.I,
)
_FOR = re.compile(r"(?:only |mainly |mostly |often |also )?(?:used )?for (?P<rest>.+)", re.I | re.S)
_CLAUSE = re.compile(
    r",?\s+(?:and|but)\s+(?:is|are|can|cannot|has|have|does|it|they|you)\b|"
    r"[,;.]\s+(?:it|they|which|this|you|we)\b",
    re.I,
)
"""Where a statement goes on to say something else."""

_HELP = re.compile(
    r"(?:(?P<modal>can|could|will) help|helps?) (?P<whom>(?:you|us|me|people) )?with (?P<rest>.+)",
    re.S,
)
_WORD = re.compile(r"\S+")
_MAX_SUBJECT = 8
_LOWER = re.compile(r"[a-z(]")
_ENDS = (".", "!", "?", ":", ";")


def statements(note: NoteLines) -> Iterator[FoundQuestion]:
    """A statement a line; a line that begins with a small letter goes on with the one before."""
    at = 0
    while at < len(note.lines):
        last = _last(note, at)
        if note.lines[at].is_text:
            if asked := as_question(note.joined(range(at, last + 1))):
                yield FoundQuestion(*asked, at, last)
        at = last + 1


def as_question(said: str) -> tuple[str, tuple[str, ...]] | None:
    """The question that `said` answers, and the answer; None where it is no such statement."""
    text = plain(said)
    if text.endswith(("?", ":")) or _NO_SUBJECT.match(text) or not text[:1].isalnum():
        return None
    for place, match in enumerate(_WORD.finditer(text)):
        if place > _MAX_SUBJECT:
            return None
        subject, verb = text[: match.start()].strip(), match[0]
        rest = text[match.end() :].strip()
        if subject and rest and (question := _question(subject, verb, rest)):
            answers = references(_CLAUSE.split(question[1])[0])
            return (question[0], answers) if answers else None
    return None


def _question(subject: str, verb: str, rest: str) -> tuple[str, str] | None:
    """The question about `subject`, and what answers it."""
    subject = re.sub(r"^(?:The|An?)\b", lambda article: article[0].lower(), subject)
    if verb in _BE:
        purpose = _FOR.fullmatch(rest)
        asked = f"What {verb} {subject} for?" if purpose else f"What {verb} {subject}?"
        return asked, purpose["rest"] if purpose else rest
    if helps := _HELP.fullmatch(f"{verb} {rest}"):
        asked = f"What {helps['modal']} {subject}" if helps["modal"] else f"What does {subject}"
        return f"{asked} help {helps['whom'] or ''}with?", helps["rest"]
    if verb in _MODALS:
        return f"What {verb} {subject} do?", rest
    if base := _VERBS.get(verb):
        general = base in _GENERAL
        return f"What does {subject} {'do' if general else base}?", (
            f"{verb} {rest}" if general else rest
        )
    return None


def _last(note: NoteLines, at: int) -> int:
    """The last line of the statement that begins at `at`."""
    last = at
    while last + 1 < len(note.lines) and note.lines[last].is_text:
        line, after = note.lines[last], note.lines[last + 1]
        goes_on = after.is_text and not after.is_item and bool(_LOWER.match(after.words))
        if not goes_on or line.words.endswith(_ENDS):
            break
        last += 1
    return last


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


class _Unit(NamedTuple):
    """A paragraph, an item or a row of a table: its lines and its words."""

    first: int
    last: int
    text: str


def anki(note: NoteLines) -> Iterator[FoundQuestion]:
    """`{{c1::x}}`, with hints; words of one number are left out together."""
    for unit in _units(note):
        gaps = list(_ANKI.finditer(masked(unit.text)))
        for group in dict.fromkeys(gap["group"] for gap in gaps):
            yield from _asked(unit, gaps, [gap for gap in gaps if gap["group"] == group])


def highlights(note: NoteLines) -> Iterator[FoundQuestion]:
    """`==x==`, each for itself."""
    for unit in _units(note):
        gaps = list(_HIGHLIGHT.finditer(masked(unit.text)))
        for gap in gaps:
            yield from _asked(unit, gaps, [gap])


def _asked(
    unit: _Unit, gaps: Sequence[re.Match[str]], left_out: Sequence[re.Match[str]]
) -> Iterator[FoundQuestion]:
    pieces, end = [], 0
    for gap in gaps:
        hint = unit.text[slice(*gap.span("hint"))] if gap.groupdict().get("hint") else ""
        shown = f"{_GAP} ({hint})" if hint else _GAP
        word = unit.text[slice(*gap.span("word"))]
        pieces += [unit.text[end : gap.start()], shown if gap in left_out else word]
        end = gap.end()
    sentence = plain("".join([*pieces, unit.text[end:]])).replace(_GAP, "____")
    blanks = "blanks" if len(left_out) > 1 else "blank"
    words = [unit.text[slice(*gap.span("word"))] for gap in left_out]
    if (answers := references(words)) and sentence.strip("_ "):
        yield FoundQuestion(f"Fill in the {blanks}: {sentence}", answers, unit.first, unit.last)


def _units(note: NoteLines) -> Iterator[_Unit]:
    """Paragraphs, items and rows, in order."""
    first: int | None = None
    for at, line in enumerate(note.lines):
        is_row = line.words.startswith("|")
        if first is not None and (not line.is_text or line.is_item or is_row):
            yield _unit(note, first, at - 1)
            first = None
        if line.is_text and first is None:
            first = at
    if first is not None:
        yield _unit(note, first, len(note.lines) - 1)


def _unit(note: NoteLines, first: int, last: int) -> _Unit:
    text = note.joined(range(first, last + 1))
    if text.startswith("|"):
        text = ": ".join(cell for cell in _CELLS.split(text) if cell)
    return _Unit(first, last, text)
