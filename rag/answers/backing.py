"""What in the notes speaks for each option of a question?

The notes are searched for the stem, and for each option alone and beside it. For an option speaks
the best sentence that names it, under its heading, and the nearness of the question to the passage
that does. A word that other options hold too tells little ("the harmonic mean of precision and
recall", "the geometric mean of precision and recall"), a number must be there to the letter, and a
sentence that says the opposite speaks for nothing. What this does not know: synonyms.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.answers.options import Choices
from rag.protocols import Retriever
from rag.search.evidence import EvidenceReader
from rag.text.contradiction import contradicts
from rag.text.facts import numbers
from rag.text.sentences import lead
from rag.text.words import stems
from rag.types import Chunk, Evidence, Hit, Scope, Sentence

NAMED = 0.5
"""Share of an option's words, by weight, from which a sentence or a passage names it."""

BEST = 4
"""Passages that are looked at for each search by an option."""

MOST_READ = 400
"""Sentences that are read for a question with options: all, of about thirty passages."""

FEWEST = 0.35
"""What speaks for an option at least, or the notes say little of it."""

LEAST = 0.25
"""The same where a model is sure of an option, too; less is nothing."""


@dataclass(frozen=True, slots=True)
class Backing:
    """What speaks for an option: how much, in about [0, 1.2], and the sentence that does it most.

    `says_no`: that sentence denies the option. `above`: the line that its list is under, where that
    names the option and the sentence does not. `of`: the places of the options that this one stands
    for (rag/answers/pointing.py), which have sentences in its place.
    """

    support: float = 0.0
    sentence: Sentence | None = None
    says_no: bool = False
    above: Sentence | None = None
    of: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Backed:
    """What was found for a question with options; a backing for each, in order."""

    choices: Choices
    evidence: Evidence
    backings: tuple[Backing, ...]


class OptionReader:
    """Finds what the notes say of each option."""

    def __init__(self, retriever: Retriever, reader: EvidenceReader) -> None:
        self._retriever = retriever
        self._reader = reader

    def read(self, choices: Choices, found: Sequence[Hit], scope: Scope = Scope()) -> Backed:
        """Passages `found` for the stem, then those that speak for an option; and what does.

        Raises:
            QuestionError: no note fulfils `scope`.
        """
        evidence = self._reader.read(choices.stem, found)
        namings = self._namings(choices)
        pool = self._pool(namings, found, scope)
        read: dict[int, list[Sentence]] = defaultdict(list)
        for one in self._reader.read(choices.stem, pool, MOST_READ).sentences:
            read[one.passage].append(one)
        best = [
            max(_backings(naming, pool, read), key=_strength, default=Backing())
            for naming in namings
        ]
        backing = {one.sentence.passage for one in best if one.sentence}
        kept = [*range(len(found)), *sorted(place for place in backing if place >= len(found))]
        at = {place: new for new, place in enumerate(kept)}
        sentences = (replace(one, passage=at[one.passage]) for place in kept for one in read[place])
        whole = replace(
            evidence,
            passages=tuple(pool[place] for place in kept),
            sentences=tuple(sorted(sentences, key=lambda one: -one.score)),
        )
        return Backed(choices, whole, tuple(_moved(one, at) for one in best))

    def _namings(self, choices: Choices) -> Sequence["_Naming"]:
        rarity = self._reader.rarity(_parted(" ".join(choices.options)))
        return [_Naming(choices, place, rarity) for place in range(len(choices.options))]

    def _pool(
        self, namings: Sequence["_Naming"], found: Sequence[Hit], scope: Scope
    ) -> Sequence[Hit]:
        """Passages found by the stem, then those that searches by an option find and it names."""
        pool = {hit.chunk.id: hit for hit in found}
        for naming in namings:
            for searched in (naming.option, f"{naming.option} {naming.stem}"):
                for hit in self._retriever.retrieve(searched, scope)[:BEST]:
                    if naming.share(_whole(hit.chunk)) >= NAMED:
                        pool.setdefault(hit.chunk.id, hit)
        return list(pool.values())


class _Naming:
    """How far a text names one option of several."""

    def __init__(self, choices: Choices, place: int, rarity: Mapping[str, float]) -> None:
        self.option, self.stem = choices.options[place], choices.stem
        self.exception = choices.exception
        self._weights = _weights(choices, rarity)[place]
        self._numbers = numbers(self.option) - numbers(self.stem)

    def share(self, text: str) -> float:
        """Of the option's words, by weight; 0 where one of its numbers is not there."""
        if not self._numbers <= numbers(text):
            return 0.0
        held, total = stems(text), sum(self._weights.values())
        return sum(w for word, w in self._weights.items() if word in held) / total if total else 0.0


def _weights(choices: Choices, rarity: Mapping[str, float]) -> list[Mapping[str, float]]:
    """The weight of each word of each option: less if other options or many passages hold it."""
    words = [stems(_parted(option)) for option in choices.options]
    counts = Counter(word for one in words for word in one)
    return [{word: rarity.get(word, 1.0) / counts[word] ** 2 for word in one} for one in words]


def _backings(
    naming: _Naming, pool: Sequence[Hit], read: Mapping[int, Sequence[Sentence]]
) -> Iterator[Backing]:
    """The best of each passage that names the option."""
    for passage, of_it in read.items():
        hit = pool[passage]
        if naming.share(_whole(hit.chunk)) < NAMED:
            continue
        heading = _heading(hit.chunk)
        above = {one: lead_of(hit.chunk, one, of_it) for one in of_it}
        said = {one: _said(naming, one, heading, above[one]) for one in of_it}
        best = max(of_it, key=lambda one: (said[one], one.score))
        near = max(one.cosine for one in of_it)
        support = (near * naming.share(_whole(hit.chunk)) + said[best]) / 2
        says_no = contradicts(naming.option, best.text, heading)
        own, led = naming.share(f"{heading} {best.text}"), naming.share(_text(above[best]))
        yield Backing(support, best, says_no, above[best] if own < NAMED <= led else None)


def lead_of(chunk: Chunk, item: Sentence, of_it: Sequence[Sentence]) -> Sentence | None:
    """The last sentence of the line that the list is under in which `item` is."""
    line = lead(chunk.text, item.span.start)
    within = [one for one in of_it if line and line.start <= one.span.start < line.end]
    return max(within, key=lambda one: one.span, default=None)


def _said(naming: _Naming, sentence: Sentence, heading: str, above: Sentence | None) -> float:
    """The score of a sentence that names the option; 0 of one that does not, or denies it.

    An item says as much as the line that its list is under does, by half, and what it says, it says
    of what that line names ("Underfitting:", and below it "the model is too simple").
    """
    own, led = naming.share(f"{heading} {sentence.text}"), naming.share(_text(above))
    share, naming_it = max((own, sentence), (led, above or sentence), key=lambda one: one[0])
    denies = not naming.exception and contradicts(naming.option, naming_it.text, heading)
    score = max(sentence.score, (sentence.score + above.score) / 2 if above else 0.0)
    return 0.0 if share < NAMED or denies else score * share


def _moved(backing: Backing, at: Mapping[int, int]) -> Backing:
    """The same, with the passages at other places."""
    sentence, above = (
        one and replace(one, passage=at[one.passage]) for one in (backing.sentence, backing.above)
    )
    return replace(backing, sentence=sentence, above=above)


def _strength(backing: Backing) -> float:
    return backing.support


def _parted(text: str) -> str:
    """Hyphenated words as their parts, which is how notes may write them."""
    return text.replace("-", " ")


def _whole(chunk: Chunk) -> str:
    return f"{chunk.breadcrumb} {chunk.text}"


def _text(sentence: Sentence | None) -> str:
    return sentence.text if sentence else ""


def _heading(chunk: Chunk) -> str:
    return "".join(chunk.headings[-1:])
