"""Plain statements in a quiz: "Clarify helps you ..." is asked as "What does Clarify do?".

A statement is a subject of few words and a verb of a short list; what follows the verb is the
answer. What has no such verb, speaks of "I", "it" or "this", or ends with a colon is passed over:
a question that nobody meant is worse than one that is missing. English only.
"""

import re
from collections.abc import Iterator

from eval.quiz.answers import plain, references
from eval.quiz.sheet import Sheet
from eval.quiz.types import Found

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


def statements(sheet: Sheet) -> Iterator[Found]:
    """A statement a line; a line that begins with a small letter goes on with the one before."""
    at = 0
    while at < len(sheet.lines):
        last = _last(sheet, at)
        if sheet.lines[at].is_text:
            said = " ".join(sheet.lines[place].item for place in range(at, last + 1))
            if asked := as_question(said):
                yield Found(*asked, at, last)
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


def _last(sheet: Sheet, at: int) -> int:
    """The last line of the statement that begins at `at`."""
    last = at
    while last + 1 < len(sheet.lines) and sheet.lines[last].is_text:
        line, after = sheet.lines[last], sheet.lines[last + 1]
        goes_on = after.is_text and not after.is_item and bool(_LOWER.match(after.words))
        if not goes_on or line.words.endswith(_ENDS):
            break
        last += 1
    return last
