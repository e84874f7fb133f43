"""Which notes say the same, and of which sentences can not both be right?

Notes say the same where most lines of the shorter one stand in the other (the containment of
Broder, "On the resemblance and containment of documents", 1997, over whole lines in place of
shingles); lines that stand in many notes are a form that these share, and tell nothing.

Two sentences cannot both be right where nearly all they say is the same, by the weight of their
words, and each has a word or two of its own: another number, date or name; or where one of them
says no. Where each has numbers that the other has not, it is enough that one of them says little
else: "Open day Sat 21 June" and "Open day moved to Sat 28 June because of the fete". All notes can
be compared in one pass only where the words are the same to the last stem (`conflicts`).

Limitation: notes that disagree in other words, and whether two sentences are about different things
that go by the same name.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from rag.text.sentences import sentence_spans
from rag.text.words import asserted, content, numbers, says_no, stems
from rag.types import Chunk, Evidence, Sentence

_SAME_LINES = 0.6
"""Two notes are near duplicates if this share of the shorter one's lines is in both."""

_LINE_CHARS = 24  # of a line that says something
_FEWEST_LINES = 3  # in common; fewer may be chance
_LINE_IS_FORM = 20  # notes that share a line which is but a form

_FEWEST_WORDS = 4  # numbers aside, of a sentence that says something by itself
_LONGEST = 400  # characters; what is longer is hardly one sentence
_SENTENCE_IS_FORM = 6  # notes that hold a sentence which is but a form

_NEAR = 0.75
"""A sentence answers the question if its score is at least this share of the best one's."""

_ALIKE = 0.6
"""Share of the weight of the longer sentence that both hold, where they say the same."""

_HELD = 0.8
"""Share of the weight of the shorter sentence, numbers aside, that the longer one holds, too."""

_OWN = 2
"""Words at most in which each of them differs."""

_LOOKED_AT = 12  # sentences of what was found for a question
_FEWEST_SHARED = 2  # words of two sentences on the same thing


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Notes that say the same. `share` of the shorter one's lines is in the other; 1 if all is."""

    paths: tuple[str, ...]
    share: float
    is_exact: bool


def duplicates(chunks: Iterable[Chunk], digests: Mapping[str, str]) -> list[Duplicate]:
    """Exact ones first, then near ones, those with most in common first.

    `digests` are those of the notes' files by path. Of notes with the same bytes only the first is
    compared with others.
    """
    same: defaultdict[str, list[str]] = defaultdict(list)
    for path, digest in sorted(digests.items()):
        same[digest].append(path)
    exact = [Duplicate(tuple(paths), 1.0, True) for paths in same.values() if len(paths) > 1]
    firsts = {paths[0] for paths in same.values()}
    lines: defaultdict[str, set[str]] = defaultdict(set)
    for chunk in chunks:
        if chunk.note_path in firsts:
            flat = (" ".join(line.split()).casefold() for line in chunk.text.splitlines())
            lines[chunk.note_path].update(line for line in flat if len(line) >= _LINE_CHARS)
    return [*exact, *sorted(_near_duplicates(lines), key=lambda one: (-one.share, one.paths))]


def _near_duplicates(lines: Mapping[str, set[str]]) -> Iterator[Duplicate]:
    where: defaultdict[str, list[str]] = defaultdict(list)
    for path, said in sorted(lines.items()):
        for line in said:
            where[line].append(path)
    common = Counter(
        pair
        for paths in where.values()
        if len(paths) <= _LINE_IS_FORM
        for pair in combinations(paths, 2)
    )
    for (one, other), count in common.items():
        share = count / min(len(lines[one]), len(lines[other]))
        if count >= _FEWEST_LINES and share >= _SAME_LINES:
            yield Duplicate((one, other), share, False)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, verbatim, and the line of its note that it begins in."""

    path: str
    line: int
    text: str
    numbers: frozenset[str]
    negated: bool


Conflict = tuple[Statement, Statement]


def conflicts(chunks: Iterable[Chunk]) -> list[Conflict]:
    """Sentences of two notes in the same words, but with other numbers or a no; by path and line.

    Limitation: whether they are about the same thing ("It costs 5 dollars a month").
    """
    alike: defaultdict[frozenset[str], dict[tuple[str, int], Statement]] = defaultdict(dict)
    for chunk in chunks:
        for words, said in _statements(chunk):
            alike[words].setdefault((said.path, said.line), said)
    pairs = (
        (one, other)
        for group in alike.values()
        if len({path for path, _ in group}) <= _SENTENCE_IS_FORM
        for (_, one), (_, other) in combinations(sorted(group.items()), 2)
    )
    found = [pair for pair in pairs if _contradict(*pair)]
    return sorted(found, key=lambda pair: [(one.path, one.line) for one in pair])


def _statements(chunk: Chunk) -> Iterator[tuple[frozenset[str], Statement]]:
    for span in sentence_spans(chunk.text):
        text = chunk.text[span.start : span.end]
        if len(text) > _LONGEST:
            continue
        words = _without_numbers(content(asserted(text)))
        if len(words) >= _FEWEST_WORDS:
            line = chunk.start_line + chunk.text.count("\n", 0, span.start)
            yield words, Statement(chunk.note_path, line, text, numbers(text), says_no(text))


def _contradict(one: Statement, other: Statement) -> bool:
    if one.path == other.path:
        return False
    counted = bool(one.numbers) and bool(other.numbers) and one.numbers != other.numbers
    return counted or one.negated != other.negated


def with_disagreement(evidence: Evidence, rarity: Mapping[str, float]) -> Evidence:
    """The evidence with what of it disagrees: of each note the sentence nearest the question."""
    best = evidence.sentences[0].score if evidence.sentences else 0.0
    near = [s for s in evidence.sentences[:_LOOKED_AT] if s.score >= _NEAR * best]
    for one, other in combinations(near, 2):
        if _answer_otherwise(one, other, evidence, rarity):
            more = (
                s
                for s in near
                if s not in (one, other)
                and all(_answer_otherwise(s, t, evidence, rarity) for t in (one, other))
            )
            return replace(evidence, disagreeing=(one, other, *[*more][:1]))
    return evidence


def _answer_otherwise(
    one: Sentence, other: Sentence, evidence: Evidence, rarity: Mapping[str, float]
) -> bool:
    chunks = [evidence.passages[sentence.passage].chunk for sentence in (one, other)]
    if chunks[0].note_path == chunks[1].note_path and chunks[0].headings == chunks[1].headings:
        return False
    asked = stems(evidence.question)
    # "What does Polly cost?" is not answered by what a sentence on Lex says of its cost. Titles
    # are left out: those of two editions of a handbook differ.
    about = [
        stems(" ".join([*chunk.headings[1:], sentence.text])) & asked
        for chunk, sentence in zip(chunks, (one, other), strict=True)
    ]
    return about[0] == about[1] and differ(one.text, other.text, rarity, asked)


def differ(
    one: str, other: str, rarity: Mapping[str, float], asked: frozenset[str] = frozenset()
) -> bool:
    """True if two sentences cannot both be right, for all that their words tell."""
    mine, theirs = content(asserted(one)), content(asserted(other))
    if _count_otherwise(mine, theirs, rarity):
        return True
    both, longer = mine & theirs, max(mine, theirs, key=len)
    if len(both) < _FEWEST_SHARED or _weight(both, rarity) < _ALIKE * _weight(longer, rarity):
        return False
    own = (mine - theirs, theirs - mine)
    if not any(own):
        return says_no(one) != says_no(other)
    return all(own) and all(len(words) <= _OWN and not words & asked for words in own)


def _count_otherwise(
    mine: frozenset[str], theirs: frozenset[str], rarity: Mapping[str, float]
) -> bool:
    """True if each has numbers of its own, and the shorter hardly says anything else of its own."""
    if not all(any(word[0].isdigit() for word in own) for own in (mine - theirs, theirs - mine)):
        return False
    mine, theirs = _without_numbers(mine), _without_numbers(theirs)
    shorter, both = min(mine, theirs, key=len), mine & theirs
    return len(both) >= _FEWEST_SHARED and _weight(both, rarity) >= _HELD * _weight(shorter, rarity)


def _without_numbers(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if not word[0].isdigit())


def _weight(words: frozenset[str], rarity: Mapping[str, float]) -> float:
    """Numbers are rare, and tell little; in few notes no word is rare, and tells as much."""
    return sum(1.0 if word[0].isdigit() else max(1.0, rarity.get(word, 1.0)) for word in words)
