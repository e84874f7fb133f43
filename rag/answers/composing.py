"""Options that were taken -> an answer: each under its label, then the lines that carry them.

The words are those of the question and of the notes, cited and graded as those of any answer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rag.answers.backing import FEWEST, Backed, Backing, lead_of
from rag.answers.ending import Read, ended
from rag.answers.tidying import tidy
from rag.text.orders import without_orders
from rag.types import Answer, Citation, Claim, Grounding, Sentence, Status, Style

OTHERS = "What the notes say of the others:"


def written(
    draft: Answer, places: Sequence[int], backed: Backed, style: Style, read: Read
) -> Answer:
    """The answer that takes the options at these places.

    One that its line does not carry is left out; where all are, the answer is refused. Styles that
    are not short are also told what the notes say of the others.
    """
    text = _Text(draft, read)
    if not any([_option(text, place, backed) for place in places]):
        return ended(draft, "", "", read)
    places = [one for place in places for one in backed.backings[place].of or [place]]
    text.quote(_lines(backed, places, 0.0, says_no=backed.choices.exception))
    if backed.choices.exception or style is not Style.SHORT:
        others = (place for place in range(len(backed.backings)) if place not in places)
        text.quote(_lines(backed, others, FEWEST, says_no=False), f"{OTHERS}\n\n")
    return text.answer()


def own_lines(
    draft: Answer, lines: Iterable[Sentence], read: Read, opening: str = ""
) -> Answer | None:
    """The answer that is lines of the notes, items with the line that their list is under.

    None where there is none that talks to no model.
    """
    text = _Text(replace(draft, status=Status.EXTRACTIVE), read)
    text.quote((_with_lead(one, read) for one in lines), opening)
    answer = text.answer()
    return answer if answer.citations else None


def _with_lead(line: Sentence, read: Read) -> Backing:
    of_it = [one for one in read.evidence.sentences if one.passage == line.passage]
    chunk = read.evidence.passages[line.passage].chunk
    return Backing(sentence=line, above=lead_of(chunk, line, of_it))


def _option(text: "_Text", place: int, backed: Backed) -> bool:
    """Write an option if it is carried, or is what the others are not.

    One that stands for others is, if each of those is.
    """
    label, option = f"{backed.choices.labels[place]}. ", backed.choices.options[place]
    backing = backed.backings[place]
    stands = backing.of and all(_is_carried(text, one, backed) for one in backing.of)
    if backed.choices.exception or stands:
        text.infer(label, option, Grounding.GROUNDED if stands else Grounding.WEAK)
        return True
    return backing.sentence is not None and text.claim(option, backing.sentence, label)


def _is_carried(text: "_Text", place: int, backed: Backed) -> bool:
    sentence = backed.backings[place].sentence
    return bool(sentence and text.carried(backed.choices.options[place], sentence))


def _lines(
    backed: Backed, places: Iterable[int], least: float, *, says_no: bool
) -> Iterator[Backing]:
    """What speaks for options, by at least so much; with `says_no`, what denies them."""
    for backing in (backed.backings[place] for place in places):
        if backing.sentence and backing.support >= least and backing.says_no is says_no:
            yield backing


class _Text:
    """An answer that grows by what is cited and graded part by part."""

    def __init__(self, draft: Answer, read: Read) -> None:
        self._draft = draft
        # Of what is left out by strictness here, the label would be left.
        self._read = replace(read, strict=False)
        self._text = ""
        self._claims: list[Claim] = []
        self._citations: dict[Citation, None] = {}
        self._quoted: set[str] = set()

    def claim(self, words: str, sentence: Sentence, label: str) -> bool:
        """Add words that cite the passage of `sentence`; False where they are not found there."""
        one = self.carried(words, sentence)
        if one is None:
            return False
        start = self._begin(label)
        self._text += one.text
        moved = (replace(c, start=c.start + start, end=c.end + start) for c in one.claims)
        self._claims += moved
        self._citations |= dict.fromkeys(one.citations)
        return True

    def carried(self, words: str, sentence: Sentence) -> Answer | None:
        """The words as an answer by themselves, which is not added; None if not found there."""
        one = ended(self._draft, f"{words} [{sentence.passage + 1}]", "", self._read)
        return None if one.status is Status.REFUSED else one

    def infer(self, label: str, option: str, grounding: Grounding) -> None:
        """Add an option that is taken by what the notes say of the others."""
        start = self._begin(label)
        self._text += option
        self._claims.append(Claim(start, len(self._text), grounding))

    def quote(self, backings: Iterable[Backing], title: str = "") -> None:
        """Add the notes' own lines, under their headings, each once; no title before none."""
        for backing in backings:
            lines = [one for one in (backing.above, backing.sentence) if one]
            number = lines[-1].passage + 1
            hit = self._read.evidence.passages[number - 1]
            words = [" ".join(one.text.split()) for one in lines]
            leads = [one.rstrip(" :") for one in (*hit.chunk.headings[-1:], *words[:-1])]
            said = tidy(": ".join([*leads, words[-1]]), [hit])
            if not said or said in self._quoted or without_orders(words) != words:
                continue
            self._quoted.add(said)
            start = self._begin(title)
            title = ""
            self._text += f"{said} [{number}]"
            self._claims.append(Claim(start, len(self._text), Grounding.GROUNDED))
            spans = (one.span for one in lines)
            cited = (Citation(number, hit.chunk, span.start, span.end) for span in spans)
            self._citations |= dict.fromkeys(cited)

    def answer(self) -> Answer:
        """What has grown."""
        citations, claims = tuple(self._citations), tuple(self._claims)
        return replace(self._draft, text=self._text, citations=citations, claims=claims)

    def _begin(self, label: str) -> int:
        """Begin a paragraph, and return where its words begin."""
        self._text += f"\n\n{label}" if self._text else label
        return len(self._text)
