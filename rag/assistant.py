"""The one way from a question to an answer. The page, the command line and the eval all call it.

Question -> Query -> Hits -> Evidence -> Draft -> Answer, never back: what is refused is refused
before the first word; what was written is cited and graded, and stays.
"""

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from rag.answers.composing import (
    Composed,
    Read,
    best_lines,
    extractive_answer,
    finalize_answer,
    refusal,
)
from rag.answers.options import (
    Choices,
    choices_in,
    named_in,
    stem_of,
    taken,
    weighed_by_model,
    weighed_by_notes,
)
from rag.answers.writers import SENTENCES
from rag.errors import ModelError, ModelServerError, QuestionError
from rag.grounding import attribute, units_of
from rag.prompts import (
    CHOOSE,
    CHOOSE_IN_WORDS,
    REFUSAL,
    STYLE_PROMPTS,
    Prompter,
    is_refusal,
    may_refuse,
)
from rag.protocols import Retriever, Rewriter, Writer, Writers
from rag.query import merged, parse_scope, without_filters
from rag.rewriting import AS_TYPED
from rag.search.agreement import with_disagreement
from rag.search.confidence import Confidence
from rag.search.evidence import EvidenceReader
from rag.text.language import YES_NO
from rag.types import (
    Answer,
    AskOptions,
    Citation,
    Event,
    Evidence,
    Finished,
    Found,
    Grounding,
    Hit,
    Message,
    Prompts,
    Reading,
    Scope,
    StandIn,
    Status,
    Timings,
    Token,
    Turn,
)

NO_MODEL = "no model was asked"

NOT_SEEN = "The model does not find the answer in these lines of the notes; judge for yourself."
"""What is said where the search is surer than the model that the notes hold the answer."""

INSTEAD = "{why} Instead: the notes' own sentences."
"""What is said where no model wrote a word."""

UNSURE = "The model is not sure whether yes or no: this is what the notes say."

LEAD = 4.0
"""Nats by which "Yes" has to lead "No" to be believed: small models say yes to much that is not so.
Chosen on 69 statements over invented notes."""

HALF = 0.5
"""Probability from which a model is taken to begin so."""

_UNLIKELY = 0.001
"""Probability that a line carries an option, below which it is not taken: its number is nowhere."""

ALIKE = (0.3, 1.5)
"""Below the best option by so much, others of "all that apply" are taken too: by the notes' weight,
and in nats by a model's."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is searched for, the options that it gives if any, and where to look."""

    asked: str
    choices: Choices | None
    scope: Scope


class Assistant:
    """Retrieves, refuses what the notes do not touch, else has an answer written, and cites.

    `correct` gives a question as the notes spell its words; filters in it say where to look.
    `writers` are asked for at every question, so that a model that was still loading can take over
    from what stood in for it. With `lines_on_failure` the notes' own lines are the answer where
    every model fails before its first word; else that raises.
    """

    def __init__(
        self,
        retriever: Retriever,
        reader: EvidenceReader,
        writers: Writers,
        *,
        confidence: Confidence,
        prompter: Prompter,
        question_chars: int,
        correct: Callable[[str], str] = lambda question: question,
        rewriter: Rewriter = AS_TYPED,
        strict: bool = False,
        lines_on_failure: bool = False,
    ) -> None:
        self._retriever = retriever
        self._reader = reader
        self._writers = writers
        self._confidence = confidence
        self._prompter = prompter
        self._question_chars = question_chars
        self._correct = correct
        self._rewriter = rewriter
        self._strict = strict
        self._lines_on_failure = lines_on_failure

    def ask(
        self, question: str, history: Sequence[Turn] = (), options: AskOptions = AskOptions()
    ) -> Answer:
        """Answer, all at once. Raises as `stream` does, and ModelError if the model failed."""
        for event in self.stream(question, history, options):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")

    def stream(
        self, question: str, history: Sequence[Turn] = (), options: AskOptions = AskOptions()
    ) -> Generator[Event, None, None]:
        """Answer as it comes: Found, StandIn, Reading, Tokens, Finished. Closing stops the model.

        A model that fails before its first word raises, unless another is to be asked then; one
        that fails later ends the answer as interrupted, with what it wrote.

        Raises:
            QuestionError: the question is empty or too long, or no note fulfils its filters.
            ModelError: the model failed before its first word.
        """
        started = time.perf_counter()
        query, hits = self._found(question, history, options.scope)
        timings = Timings(sources=time.perf_counter() - started)
        yield Found(Evidence(query.asked, tuple(hits)))
        evidence = self._reader.read(query.asked, hits)
        verdict = self._confidence.of_search(evidence.support, evidence.language)
        draft = Answer(
            question,
            query.asked,
            "",
            Status.REFUSED,
            NO_MODEL,
            hits=evidence.passages,
            timings=timings,
            confidence=verdict.chance if evidence.passages else 0.0,
        )
        if not evidence.sentences or self._confidence.is_hopeless(
            evidence.support, evidence.language
        ):
            yield from _at_once(replace(draft, text=refusal(draft)), started)
            return
        rarity = self._reader.rarity(" ".join(one.text for one in evidence.sentences))
        evidence = with_disagreement(evidence, rarity)
        if query.choices is None and verdict.enough and (own := extractive_answer(evidence).text):
            yield StandIn(own)
        task = _Task(draft, evidence, query.choices, options, started, verdict.enough)
        yield from self._by_first_able(task)

    def _found(
        self, question: str, history: Sequence[Turn], wanted: Scope
    ) -> tuple[Query, list[Hit]]:
        """The question as it is searched for, and what is found.

        Where a follow-up that took its topic along finds less than it would as it was typed, it
        stands for itself.
        """
        worded, given = parse_scope(self._checked(question))
        choices = choices_in(question)
        earlier = [replace(turn, question=stem_of(turn.question)) for turn in history]
        typed = without_filters(choices.typed or choices.stem) if choices else worded
        spelt = self._correct(without_filters(choices.stem) if choices else worded)
        scope = merged(given, wanted)
        asked = self._rewriter.standalone(spelt, earlier)
        hits = self._retriever.retrieve(asked, scope)
        if asked != spelt:
            alone = self._retriever.retrieve(spelt, scope)
            if self._chance(spelt, alone) > self._chance(asked, hits):
                asked, hits = spelt, alone
        if choices:
            # A model reads misspelt words, but not what a follow-up leaves out.
            choices = replace(choices, stem=asked, typed=typed if asked == spelt else asked)
        return Query(asked, choices, scope), hits

    def _chance(self, question: str, hits: Sequence[Hit]) -> float:
        read = self._reader.read(question, hits)
        return self._confidence.of_search(read.support, read.language).chance

    def _by_first_able(self, task: "_Task") -> Iterator[Event]:
        """Have it written by the first who does not fail before the first word."""
        failures: list[ModelError] = []
        try:
            for writer in self._writers():
                try:
                    yield from self._by(writer, task)
                    return
                except ModelError as error:
                    failures.append(error)
        except ModelError as error:  # it cannot even be loaded
            failures.append(error)
        several = ModelServerError("; ".join(map(str, failures)))
        why = failures[0] if len(failures) == 1 else several
        if not self._lines_on_failure:
            raise why
        yield from task.failed(str(why))

    def _by(self, writer: Writer, task: "_Task") -> Iterator[Event]:
        """Have one writer do it. Raises ModelError where it fails before its first word."""
        prompts = writer.prompts
        given = self._prompter.given(task.evidence, prompts) if prompts else task.evidence.passages
        yield Reading(len(given))
        draft = replace(task.draft, model=writer.name, notice=writer.notice, read=len(given))
        task = replace(task, draft=draft)
        if prompts is None and not task.is_near:
            yield from task.refused()
        elif task.choices:
            yield from self._choose(writer, prompts, task, task.choices, given)
        elif prompts is None:
            yield from task.with_lines()
        else:
            messages = self._prompter.messages(task.evidence, given, prompts, task.options.style)
            yield from self._write(writer, messages, task, given)

    def _write(
        self, writer: Writer, messages: Sequence[Message], task: "_Task", given: Sequence[Hit]
    ) -> Iterator[Event]:
        """Have an answer written, unless who writes doubts that the passages say it."""
        verdicts = YES_NO.get(task.evidence.language, YES_NO["English"])
        scores = writer.score(messages, (REFUSAL, *verdicts), fresh=task.options.fresh)
        if scores is not None:
            doubt, yes, _ = map(math.exp, scores)
            read = task.evidence
            verdict = self._confidence.of_reading(read.support, doubt, read.language)
            task = replace(task, draft=replace(task.draft, confidence=verdict.chance))
            if not verdict.enough:
                yield from task.refused()
                return
            is_unsure = yes > HALF and scores[1] - scores[2] < LEAD
            if doubt > HALF or is_unsure:
                yield from task.with_lines(UNSURE if is_unsure else NOT_SEEN)
                return
        # Where it told that it is sure enough, and refuses all the same, people see the lines.
        task = replace(task, is_near=scores is not None)
        yield from self._written(writer, messages, task, given)

    def _written(
        self, writer: Writer, messages: Sequence[Message], task: "_Task", given: Sequence[Hit]
    ) -> Iterator[Event]:
        """What is written, as it comes; then the answer that it is."""
        written, first, failure = "", None, ""
        with closing(writer.generate(messages, task.tokens, fresh=task.options.fresh)) as pieces:
            try:
                for piece in _without_refusal(pieces):
                    first = first or time.perf_counter() - task.started
                    written += piece
                    yield Token(piece)
            except ModelError as error:
                if not written:
                    raise
                failure = str(error)
        draft = replace(
            task.draft,
            model=writer.name,
            notice=writer.notice,
            status=Status.ANSWERED,
            usage=pieces.usage,
            cached=pieces.cached,
            timings=replace(task.draft.timings, first_token=first),
        )
        task = replace(task, draft=draft)
        if not written.strip():
            yield from task.with_lines(NOT_SEEN) if task.is_near else task.refused()
            return
        read = Read(task.evidence, given, self._reader, writer)
        strict = self._strict or task.options.strict
        yield from task.finished(finalize_answer(draft, written, failure, read, strict=strict))

    def _choose(
        self,
        writer: Writer,
        prompts: Prompts | None,
        task: "_Task",
        choices: Choices,
        given: Sequence[Hit],
    ) -> Iterator[Event]:
        """Take options: by the model's letters, what it writes, or what the notes say of each."""
        by_notes = weighed_by_notes(choices, task.evidence, self._reader)
        places = taken(choices, by_notes, ALIKE[0])
        if prompts is not None:
            by_model = self._by_letters(writer, prompts, choices, given, task.options)
            if by_model is not None:
                places = taken(choices, by_model, ALIKE[1])
            else:
                messages = self._prompter.choosing(choices.posed, given, prompts, CHOOSE_IN_WORDS)
                with closing(
                    writer.generate(messages, task.tokens, fresh=task.options.fresh)
                ) as pieces:
                    said = "".join(pieces)
                draft = replace(task.draft, usage=pieces.usage, cached=pieces.cached)
                task = replace(task, draft=draft)
                places = [] if is_refusal(said) else named_in(said, choices) or places
        composed = self._options_taken(choices, places, task.evidence)
        if not composed.text:
            yield from task.refused()
            return
        status = Status.EXTRACTIVE if prompts is None else Status.ANSWERED
        yield Token(composed.text)
        yield from task.finished(replace(composed.answering(task.draft), status=status))

    def _by_letters(
        self,
        writer: Writer,
        prompts: Prompts,
        choices: Choices,
        given: Sequence[Hit],
        options: AskOptions,
    ) -> Sequence[float] | None:
        """How likely a model holds each option; None from one that does not tell."""

        def letters(turned: Choices) -> Sequence[float] | None:
            messages = self._prompter.choosing(turned.posed, given, prompts, CHOOSE)
            return writer.score(messages, turned.labels, fresh=options.fresh)

        return weighed_by_model(letters, choices)

    def _options_taken(
        self, choices: Choices, places: Sequence[int], evidence: Evidence
    ) -> Composed:
        """Each option under its label, then the lines that carry them.

        Empty where none of them can be what the lines say, as with a number that is not there.
        """
        units = units_of(evidence, evidence.passages)
        said = [choices.options[place] for place in places]
        cosines = self._reader.likeness(said, [unit.text for unit in units])
        rarity = self._reader.rarity(" ".join([*said, *(unit.text for unit in units)]))
        composed, lines, likely = Composed(), [], 0.0
        for place, option, near in zip(places, said, cosines, strict=True):
            found = attribute(option, choices.stem, units, near, rarity)
            likely = max(likely, found.probability)
            # Of an exception the notes hold the others: nothing has to carry it.
            carries = found.grounding is not Grounding.NOT_FOUND and not choices.exception
            cited = [
                Citation(unit.passage + 1, evidence.passages[unit.passage].chunk, *unit.span)
                for unit in (found.units if carries else ())
            ]
            marks = "".join(f" [{n}]" for n in dict.fromkeys(one.number for one in cited))
            grade = Grounding.WEAK if choices.exception else found.grounding
            composed = composed.plus(f"{choices.labels[place]}. {option}{marks}", cited, grade)
            lines += [(one.number - 1, one.start) for one in cited]
        if likely < _UNLIKELY and not choices.exception:
            return Composed()
        own = [one for one in evidence.sentences if (one.passage, one.span.start) in lines]
        return composed.quoting(own or best_lines(evidence)[:1], evidence)

    def _checked(self, question: str) -> str:
        # Half a surrogate pair, from a broken terminal or client, is no text to any model.
        stripped = " ".join(question.encode(errors="replace").decode().split())
        if not stripped:
            raise QuestionError("the question is empty; ask something about your notes")
        if len(stripped) > self._question_chars:
            raise QuestionError(
                f"the question has {len(stripped):,} characters, the most is "
                f"{self._question_chars:,}; shorten it (or raise CRIB_QUESTION_CHARS)"
            )
        return stripped


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be answered, and what is known by now of how it ends.

    `is_near`: it is sure enough, before a model has written a word, that the notes hold the answer.
    """

    draft: Answer
    evidence: Evidence
    choices: Choices | None
    options: AskOptions
    started: float
    is_near: bool

    @property
    def tokens(self) -> int:
        return STYLE_PROMPTS[self.options.style].tokens

    def with_lines(self, notice: str = "") -> Iterator[Event]:
        """The notes' own lines are the answer; `notice` says why, where a model was to write."""
        composed = extractive_answer(self.evidence, self.options.style)
        if not composed.text:  # all of them talk to a model
            yield from self.refused()
            return
        draft = replace(self.draft, status=Status.EXTRACTIVE, notice=notice or self.draft.notice)
        yield from _at_once(composed.answering(draft), self.started)

    def failed(self, why: str) -> Iterator[Event]:
        """No model wrote a word: the notes' own lines, and why."""
        draft = replace(self.draft, model=SENTENCES, notice=INSTEAD.format(why=why))
        task = replace(self, draft=draft)
        yield from task.with_lines() if self.is_near else task.refused()

    def refused(self) -> Iterator[Event]:
        """The notes do not say."""
        draft = replace(self.draft, status=Status.REFUSED, text=refusal(self.draft))
        yield from _at_once(draft, self.started)

    def finished(self, answer: Answer) -> Iterator[Event]:
        """What was shown is the answer."""
        total = time.perf_counter() - self.started
        first = answer.timings.first_token or total
        timings = replace(answer.timings, first_token=first, total=total)
        yield Finished(replace(answer, timings=timings))


def _without_refusal(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces; held back as long as they may become a refusal, which is not yielded."""
    begun: str | None = ""
    for piece in pieces:
        if begun is None:
            yield piece
        elif not may_refuse(begun := begun + piece):
            yield begun
            begun = None
    if begun and begun.strip() and not is_refusal(begun):
        yield begun


def _at_once(answer: Answer, started: float) -> Iterator[Event]:
    """An answer that is whole before its first word can be shown."""
    yield Token(answer.text)
    total = time.perf_counter() - started
    first = None if answer.status is Status.REFUSED else total
    yield Finished(replace(answer, timings=replace(answer.timings, first_token=first, total=total)))
