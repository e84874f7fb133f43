"""A follow-up -> a question that stands alone: by its own words, or by a large language model.

"What about its cost?" finds nothing by itself. What such a question leaves out is carried over: the
heading under which the last answer was cited, and the words of the question before. Whether
anything is left out, the question's own words tell (`TopicRewriter`): it points back ("it",
"there"), it says nothing by itself ("why?"), or a passage under the last heading holds all that any
passage holds of it. Where the notes hold it better elsewhere, the topic has changed: a whole
question is then left alone, and a bare one ("And Telnet?") takes only what was asked of the topic
before. Limitations: pronouns of other languages than English, and topics that neither a heading nor
a question names.

A model on a server (`ModelRewriter`) knows what "it" is. What it writes is searched for only if it
is one line of a question's length that still holds what was asked; else, or where it fails or takes
long, the other way is taken. The small model in this process is not asked: of 39 follow-ups it
repeated all but a few as they were. `benchmarks/dialogues.py [--llm]` measures both.
"""

import difflib
import math
import queue
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from threading import Thread

from rag.prompts import REPHRASE, REPHRASED, SMALL, conversation
from rag.protocols import Index, Rewriter, Writers
from rag.text.words import content_words, stem, stems, words
from rag.types import Answer, Message, Role, Turn

RECENT = 4
"""Turns back that a question can point to."""

LOOKED_AT = 20
"""Passages in which the words of a question are looked up together."""

_ENOUGH = 3
"""Words that a passage holds together name its topic; a pronoun beside them points to them."""

FEW_WORDS = 3
"""A question of no more is no sentence, so that what it asks was asked before."""

_COURTESY = re.compile(r"^(?:(?:thanks|thank you|ok|okay|great|ah|well|please)\b[\s,.!:-]*)+", re.I)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|theirs?|he|she|him|his|hers?|these|those|there|then|instead|both"
    r"|compared|(?:the|that|this|which|any|another) (?:\w+ )?ones?"
    r"|the (?:same|first|second|third|other|last|former|latter|two))\b"
    # "Why is that" and "of that" point back; "data that is labelled" does not.
    r"|(?:^|\b(?:is|are|was|were|do|does|did|can|could|will|would|of|about|for|with|from|to|in|on"
    r"|by|like|than|use|why|how|avoid|after|before)\s+)(?:this|that)\b",
    re.I,
)
_FAR_BACK = re.compile(r"\b(?:(?:the|my) first|former|at first|earlier|from before)\b", re.I)
_GOES_ON = re.compile(r"^(?:and|an|or|but|what about|how about|so)\b", re.I)
_CORRECTS = re.compile(r"^(?:no|nope|sorry|actually|wait|i mean|i meant)\b", re.I)
_CLAUSE = re.compile(r"[,:;]|\s-\s")

# Said to somebody, about nothing that could be looked up.
_TALK = frozenset(
    """
    actually again back come coming continue detail details elaborate else example examples further
    go meant more no ok please sorry thanks wait wanted
    """.split()
)

PATIENCE = 8.0
"""Seconds until the search goes on without the model."""

MOST_TOKENS = 100

_MOST_CHARS = 300
"""Of a rewritten question beyond those of the question as typed."""

_ALIKE = 0.75
"""Two words of this likeness (difflib's ratio) are one: models mend spelling."""


def turn_after(answer: Answer) -> Turn:
    """What a follow-up has to know of an answer."""
    headings = answer.citations[0].chunk.headings if answer.citations else ()
    return Turn(answer.question, answer.text, answer.standalone, headings)


class AsTyped:
    """Takes every question as it was typed."""

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The question."""
        return question


AS_TYPED = AsTyped()


class TopicRewriter:
    """Carries the topic, by what `index` holds under these roles."""

    def __init__(self, index: Index, roles: Collection[Role] = (Role.NOTE, Role.QUIZ)) -> None:
        self._index = index
        self._roles = tuple(roles)

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """`question`, and in brackets behind it what it leaves out of the turns before."""
        if not history:
            return question
        recent, bare = history[-RECENT:], _COURTESY.sub("", question)
        if not any(map(str.isalnum, bare)):  # thanks are about nothing
            return question
        return _with(question, self._left_out(bare, self._weights(bare), recent))

    def _left_out(
        self, question: str, own: Mapping[str, float], recent: Sequence[Turn]
    ) -> Iterable[str]:
        *earlier, last = recent
        far = bool(earlier and _FAR_BACK.search(question))
        if not own:
            said = own_words(question)
            # "What is the capital of France?" is no follow-up in notes that know neither word.
            # What is only misspelt was corrected before, where the notes have it.
            is_foreign = len(said) > 1 and not _points_back(question, said)
            return () if is_foreign and not far else _all_of(recent[0] if far else last)
        for turn in reversed(earlier):
            topic = _stems(_topic(turn))
            if topic & own.keys() and not topic & _stems(_topic(last)):
                return _topic(turn)
        here, anywhere = self._held(own, _topic(last)), self._held(own)
        fits = here >= anywhere
        if far and not fits:
            return _all_of(recent[0])
        if _CORRECTS.search(question) and not fits:
            return _asked_of(last) if len(own) == 1 else ()
        is_whole = len(own) >= _ENOUGH and anywhere >= sum(own.values())
        if fits or (_points_back(question, own) and not is_whole):
            return _all_of(last)
        is_bare = _GOES_ON.search(question) or len(words(question)) <= FEW_WORDS
        return _asked_of(last) if is_bare else ()

    def _weights(self, question: str) -> dict[str, float]:
        """Inverse document frequency, in nats, of each stem of the question that notes hold."""
        found = self._index.document_frequencies(own_words(question))
        total = self._index.counts()[1]
        return {stem(w): math.log((total + 1) / (n + 0.5)) for w, n in found.items() if n}

    def _held(self, own: Mapping[str, float], topic: Sequence[str] = ()) -> float:
        """The most that one passage holds of the question's words, by weight.

        Of the passages that hold all words of `topic`, if there are any.
        """
        asked = list(dict.fromkeys([*own, *topic]))
        found = self._index.search_lexical(asked, LOOKED_AT, self._roles)
        passages = (stems(f"{chunk.breadcrumb} {chunk.text}") for chunk, _ in found)
        on_topic = [held for held in passages if _stems(topic) <= held]
        return max((sum(own[s] for s in own if s in held) for held in on_topic), default=0.0)


def _points_back(question: str, own: Collection[str]) -> bool:
    """True if a pronoun refers to what is not in the question itself.

    In "the diuretics, what do they do" it refers to what the clause before has named.
    """
    found = _POINTS_BACK.search(question)
    if not found:
        return False
    *before, _ = _CLAUSE.split(question[: found.start()])
    return not any(_stems(content_words(clause)) & set(own) for clause in before)


def _topic(turn: Turn) -> list[str]:
    """Words of the innermost heading cited; where nothing was cited, of what was searched for."""
    return content_words(" ".join(turn.headings[-1:])) or content_words(
        turn.standalone or turn.question
    )


def _all_of(turn: Turn) -> list[str]:
    return [*_topic(turn), *own_words(turn.question)]


def _asked_of(turn: Turn) -> list[str]:
    """What was asked of the topic, without the topic."""
    named = _stems(content_words(" ".join(turn.headings)))
    return [word for word in own_words(turn.question) if stem(word) not in named]


def own_words(question: str) -> list[str]:
    """Distinct words of a question that say what it is about, in order."""
    return [word for word in content_words(question) if word not in _TALK]


def _stems(said: Iterable[str]) -> frozenset[str]:
    return frozenset(map(stem, said))


def _with(question: str, carried: Iterable[str]) -> str:
    known = _stems(content_words(question))
    new = [word for word in dict.fromkeys(carried) if stem(word) not in known]
    return f"{question} ({' '.join(new)})" if new else question


class ModelRewriter:
    """Asks the model of the moment, and `otherwise` where that is of no use."""

    def __init__(
        self,
        writers: Writers,
        otherwise: Rewriter,
        patience: float = PATIENCE,
    ) -> None:
        """Take who writes just now; `patience` is in seconds."""
        self._writers = writers
        self._otherwise = otherwise
        self._patience = patience

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The model's question, or that of the other rewriter."""
        if not history:
            return question
        written = _within(self._patience, lambda: self._rephrased(question, history[-RECENT:]))
        if line := usable(written, question):
            return line
        return self._otherwise.standalone(question, history)

    def _rephrased(self, question: str, history: Sequence[Turn]) -> str:
        writer = self._writers()[0]
        if writer.prompts is None or writer.prompts is SMALL:  # its own would lead astray
            return ""
        return "".join(writer.generate(rewriting_messages(question, history), MOST_TOKENS))


def rewriting_messages(question: str, history: Sequence[Turn]) -> list[Message]:
    """The prompt that asks a chat model for a question that stands alone."""
    examples = [
        Message(role, text)
        for example in REPHRASED
        for role, text in zip(("user", "assistant"), example, strict=True)
    ]
    asked = Message("user", conversation(question, history))
    return [Message("system", REPHRASE), *examples, asked]


def usable(written: str, question: str) -> str:
    """The question that a model wrote for `question`; empty if it cannot be one."""
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    line = lines[0].removeprefix("Last question:").strip(" \"'*`") if len(lines) == 1 else ""
    if not line.isprintable() or len(line) > len(question) + _MOST_CHARS:
        return ""
    there = words(line)
    stemmed = {stem(word) for word in there}
    held = (
        stem(word) in stemmed or difflib.get_close_matches(word, there, 1, _ALIKE)
        for word in own_words(question)
    )
    return line if line and all(held) else ""


def _within(seconds: float, work: Callable[[], str]) -> str:
    """What `work` returns in time; empty if it fails, or is left to end by itself."""
    done: queue.SimpleQueue[str] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put(work())
        except Exception:  # whatever it is, the question is searched for without it
            done.put("")

    Thread(target=run, name="rephrase", daemon=True).start()
    try:
        return done.get(timeout=seconds)
    except queue.Empty:
        return ""
