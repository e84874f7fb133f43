"""An eval run from its first question to its last: who is asked, judged, explained and kept.

What was answered before is not asked again, and a run that was stopped goes on. What was missed is
looked at again, deeper: why, and what the model had been sent.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, TextColumn, TimeRemainingColumn

from commands.eval_index import OnStep, Quizzes, index_of, notes_of
from commands.evals.provenance import model_digest, provenance, setup
from commands.quiz.extract import warn
from commands.terminal import bar
from eval import judging, labels
from eval import runner as posing
from eval.case_files import distinct_cases, load_cases
from eval.causes import Known, find_cause, missed, standings
from eval.judging import Weigh
from eval.protocols import Answerer, OnProgress
from eval.report import terminal
from eval.runner import GIVE_UP, ClosedBook, RunOptions, plan_of, run_cases
from eval.runs import LATEST, RunPlan, RunRecording, Runs, answer_key
from eval.scorers import scorers_with
from eval.types import Case, Outcome, Run
from rag.answer_wiring import build_assistant, build_prompter, load_writers
from rag.chat_models.providers import all_named
from rag.config import Settings
from rag.errors import ModelError, SettingsError
from rag.index_wiring import Store, build_reader, build_reranker
from rag.protocols import Writer, Writers, Writing
from rag.retrieval import DEPTH, HybridRetriever
from rag.types import Answer, Chunk, Message, Role, Turn

NO_MODEL_RUN = "none"
PARALLEL_HOSTED = 4
"""Questions put to a hosted model at once: what most providers let anybody ask."""

_YES_NO = ("yes", "no")
_CHARS_A_TOKEN = 8
"""Of a judge's reply, at which it is cut off: not every server keeps to a number of tokens."""

_SHOWN = ("llm", "passages", "prompt_tokens", "wrong_answers", "threads")
"""Settings that a run keeps, as what it was made with."""


@dataclass(frozen=True, slots=True)
class EvalRequest:
    """What is to be run.

    Args:
        cases: the cases, JSONL.
        notes: the notes that they ask about.
        llm: let the model of the settings answer; else the notes' own sentences do.
        closed_book: ask the model without the notes, too.
        name: what the run is called.
        fresh: ask again what was answered before.
        parallel: questions at once; 0 is what suits whoever answers.
        repeats: how often each case is asked.
        judge: the model that judges the answers, named as in CRIB_LLM; empty for none.
        votes: of the judge on each answer.
        on_progress: called after each case.
        on_ingest: called with each step of the ingest that may come before.
    """

    cases: Path
    notes: Path
    llm: bool = False
    closed_book: bool = False
    name: str = ""
    fresh: bool = False
    parallel: int = 0
    repeats: int = 1
    judge: str = ""
    votes: int = 3
    on_progress: OnProgress | None = None
    on_ingest: OnStep | None = None

    def __post_init__(self) -> None:
        """Raise SettingsError for a name by which the run could not be found again."""
        if self.name.isdigit() or self.name == LATEST or self.name.endswith(".json"):
            raise SettingsError(
                f"--name {self.name}: a number, {LATEST} and a file mean other runs; choose another"
            )


def evaluate(settings: Settings, request: EvalRequest) -> Run:
    """Run the cases, and keep the run in the home.

    Raises:
        CaseError: a case is malformed, or its quote is not in its note.
        SettingsError: what is asked for needs a model, or another one.
        ModelError: the model cannot be loaded.
    """
    cases, again = distinct_cases(load_cases(request.cases))
    if again:
        typer.echo(f"asked once, as another case has the same question: {', '.join(again)}")
    store = index_of(settings, cases, request.notes, request.on_ingest)
    warn(cases, store, request.notes)
    used = settings if request.llm else settings.model_copy(update={"llm": NO_MODEL_RUN})
    request = replace(request, parallel=questions_at_once(used, request.parallel))
    if request.closed_book:
        require_one_model(used)

    @cache
    def loaded() -> Writers:
        """Loaded only if something is asked: seconds, which known answers need not wait for."""
        return load_writers(used)

    def writers() -> Sequence[Writer]:
        return loaded()()

    assistant = StartsOver(build_assistant(used, store, writers, roles=(Role.NOTE,)), writers)
    explainer = Explainer(used, store, writers)
    judge = judge_for(settings, request, writers) if request.judge else None

    def finish(found: Run) -> Run:
        explained = explainer.explained(found)
        return judge(explained) if judge else explained

    job = _Job(used, store, request, writers)
    done, number = job.ask("asking", assistant, cases, finish)
    if request.closed_book and not done.partial:
        alone = ClosedBook(ask_alone(writers), used.llm, posing.exams(cases))
        answerable = posing.askable(cases)
        without, _ = job.ask("closed book", alone, answerable, posing.scored, number)
        done = replace(done, closed_book=without)
    return done


@dataclass(frozen=True, slots=True)
class _Job:
    """What the run and its closed-book half have in common."""

    settings: Settings
    store: Store
    request: EvalRequest
    writers: Writers

    def ask(
        self,
        title: str,
        assistant: Answerer,
        cases: Sequence[Case],
        finish: Callable[[Run], Run],
        open_book: int | None = None,
    ) -> tuple[Run, int]:
        """The run, and the number that it is kept under.

        `finish` judges and explains it; `open_book` is the number of the run whose closed-book half
        this one is.
        """
        runs, plan = Runs(self.settings.home), self._plan(cases, open_book)
        recording = runs.begin(plan)
        if runs.notice:
            typer.echo(runs.notice, err=True)
        with closing(recording):
            if not recording.is_known:
                self.writers()
            scorers = scorers_with(build_reader(self.store).likeness)
            request = self.request
            options = RunOptions(request.parallel, request.repeats, recording, scorers)
            on_progress = request.on_progress
            found = _run_with_bar(title, assistant, cases, plan.settings, options, on_progress)
            done = finish(found)
            if not done.partial:
                recording.end(done.outcomes)
        _report_reuse(done, recording)
        origin = {**plan.provenance, **done.provenance}
        name = request.name or str(recording.number)
        return replace(done, provenance=origin, id=name), recording.number

    def _plan(self, cases: Sequence[Case], open_book: int | None) -> RunPlan:
        request = self.request
        origin = provenance(self.settings, self.store, cases)
        who = setup(self.settings, self.store, origin, [str(posing.__file__)])
        keys = [answer_key(who, one.case, one.repeat) for one in plan_of(cases, request.repeats)]
        used = {name: str(getattr(self.settings, name)) for name in _SHOWN}
        if open_book is not None:
            used["closed_book"] = "yes"
        elif request.judge:
            used |= {"judge": request.judge, "votes": str(request.votes)}
        return RunPlan(keys, used, origin, request.name, request.fresh, open_book)


def _run_with_bar(
    title: str,
    assistant: Answerer,
    cases: Sequence[Case],
    used: Mapping[str, str],
    options: RunOptions,
    on_progress: OnProgress | None,
) -> Run:
    with bar(MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("left,")) as drawn:
        task = drawn.add_task(title, total=len(cases) * options.repeats)

        def advance(outcome: Outcome, done: int, total: int) -> None:
            drawn.update(task, completed=done)
            if on_progress:
                on_progress(outcome, done, total)

        return run_cases(assistant, cases, advance, used, options)


def _report_reuse(done: Run, recording: RunRecording) -> None:
    """Say how many answers were known before, and of a run that was stopped how to go on."""
    of = f"{recording.reused} of {done.planned}"
    if recording.reused and recording.resumed:
        typer.echo(f"went on with run {recording.number}, which had {of} answers", err=True)
    elif recording.reused:
        typer.echo(f"{of} answers were given before; --fresh asks anew", err=True)
    if not done.partial:
        return
    last = [one.error for one in done.outcomes[-GIVE_UP:]]
    is_gone = len(last) == GIVE_UP and all(last)
    why = f"the model failed {GIVE_UP} times in a row ({last[-1]})" if is_gone else "stopped"
    typer.echo(
        f"{why}; {len(done.outcomes)} of {done.planned} cases are done and kept, the same command "
        "goes on from there",
        err=True,
    )


class StartsOver:
    """An assistant whose answers do not depend on what was asked before, nor so on the order."""

    def __init__(self, assistant: Answerer, writers: Writers) -> None:
        self._assistant = assistant
        self._writers = writers

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """What the assistant answers."""
        self._writers()[0].start_over()
        return self._assistant.ask(question, history)


def ask_alone(writers: Writers) -> Callable[[Sequence[Message], int], Writing]:
    """The model without any passages."""

    def say(messages: Sequence[Message], tokens: int) -> Writing:
        asked = writers()[0]
        if asked.prompts is None:
            raise ModelError(f"{asked.name} cannot be asked without passages")
        asked.start_over(messages[:1])
        return asked.generate(messages, tokens)

    return say


def questions_at_once(settings: Settings, parallel: int = 0) -> int:
    """How many questions are asked at once: `parallel`, or with 0 what suits whoever answers.

    Raises:
        SettingsError: more are wanted than whoever answers takes.
    """
    models = [one for one in all_named(settings) if one.provider != NO_MODEL_RUN]
    if parallel > 1 and any(one.is_in_process for one in models):
        raise SettingsError(
            f"--parallel {parallel}: the model in this process answers one question after "
            "another; leave it out"
        )
    is_hosted = bool(models) and not any(one.stays_here for one in models)
    return parallel or (PARALLEL_HOSTED if is_hosted else 1)


def require_one_model(settings: Settings) -> None:
    """Raise SettingsError unless one model answers: a closed book is of one model's knowledge."""
    models = all_named(settings)
    if not any(one.provider != NO_MODEL_RUN for one in models):
        raise SettingsError(
            "--closed-book asks a model without the notes, and no model is asked here; add --llm "
            "(and let CRIB_LLM name one, such as local)"
        )
    if len(models) > 1:
        raise SettingsError(f"--closed-book needs one model, CRIB_LLM={settings.llm} names several")


def judge_for(settings: Settings, request: EvalRequest, writers: Writers) -> Callable[[Run], Run]:
    """What adds the scores of `request.judge` to a run; the judge's model is loaded here.

    `writers` are who answers, and judge if they are the same model.

    Raises:
        SettingsError: it names no model.
        ModelError: the model cannot be loaded.
    """
    name = request.judge
    own = settings.model_copy(update={"llm": name})
    if any(one.provider == NO_MODEL_RUN for one in all_named(own)) or not name.strip():
        raise SettingsError(f"--judge {name!r} names no model; use local or PROVIDER:NAME")
    try:
        if not (request.llm and settings.llm == name):
            writers = load_writers(own)
        writers()
    except ModelError as error:
        raise ModelError(f"--judge {name}: {error}") from None
    kept = judging.KeptVerdicts(settings.home / "eval" / judging.VERDICTS_FILE, fresh=request.fresh)
    reply = partial(_reply, ask_alone(writers))
    full_name = f"{name} {model_digest(own)}"
    judge = judging.ModelJudge(reply, full_name, request.votes, kept, weigh=_weighing(writers))

    def judged(found: Run) -> Run:
        with bar(MofNCompleteColumn(), TimeRemainingColumn()) as drawn:
            task = drawn.add_task("judging", total=len(found.outcomes))
            return judging.judged(found, judge, lambda n, _: drawn.update(task, completed=n))

    return judged


def show_agreement(settings: Settings, finished: Run) -> None:
    """Print how many answers a judge gave no score, and how far it agrees with people's labels."""
    console = Console()
    for line in judging.no_scores(finished):
        console.print(line, highlight=False, markup=False)
    known = labels.Labels(settings.home / "eval" / labels.LABELS_FILE)
    console.print(terminal.agreement_table(labels.agreements(finished, known)))


def _reply(
    say: Callable[[Sequence[Message], int], Writing], messages: Sequence[Message], tokens: int
) -> str:
    reply = ""
    with closing(say(messages, tokens)) as pieces:  # else a model goes on, and the next one waits
        for piece in pieces:
            reply += piece
            if len(reply) > tokens * _CHARS_A_TOKEN:
                break
    return reply


def _weighing(writers: Writers) -> Weigh | None:
    """How likely the model finds yes and no; None where it does not say."""
    asked = writers()[0]
    if asked.score([Message("user", "Yes or no?")], _YES_NO) is None:
        return None

    def weigh(messages: Sequence[Message]) -> Sequence[float]:
        asked.start_over(messages[:-1])
        return asked.score(messages, _YES_NO) or ()

    return weigh


class Explainer:
    """Says of outcomes why they were missed. Asks the index, never the model."""

    def __init__(self, settings: Settings, store: Store, writers: Writers) -> None:
        """Take the index that was asked, and who answered from it, loaded if need be."""
        reranker = build_reranker(settings)
        self._search = HybridRetriever(
            store.index, store.embedder, DEPTH, (Role.NOTE,), reranker
        ).retrieve
        self._store = store
        self._writers = writers
        self._prompter = build_prompter(settings, store)

    def explained(self, run: Run) -> Run:
        """The run, each of its misses with its cause and the prompt that led to it."""
        return replace(run, outcomes=tuple(map(self.explain, run.outcomes)))

    def explain(self, outcome: Outcome) -> Outcome:
        """The outcome with its cause and prompt if it was missed, else as it is."""
        if not missed(outcome):
            return replace(outcome, miss=None)
        answer, known = outcome.answer, self._known(outcome)
        miss = find_cause(outcome, known)
        if not miss:
            return replace(outcome, miss=None)
        before = outcome.miss.prompt if outcome.miss else ""
        prompt = before or (self._prompt(answer) if answer else "")
        return replace(outcome, miss=replace(miss, section=self._section(known), prompt=prompt))

    @cached_property
    def _chunks(self) -> Sequence[Chunk]:
        return self._store.index.catalog.all_chunks()

    def _section(self, known: Known) -> str:
        """The headings above the first place where the answer stands."""
        first = known.standings[0] if known.standings else None
        return next((c.breadcrumb for c in self._chunks if first and first.is_in(c)), "")

    @cached_property
    def _notes(self) -> tuple[Mapping[str, str], Quizzes]:
        return notes_of(self._store)

    def _known(self, outcome: Outcome) -> Known:
        asked = outcome.answer.standalone if outcome.answer else outcome.case.question
        return Known(standings(outcome.case, *self._notes), tuple(self._search(asked)))

    def _prompt(self, answer: Answer) -> str:
        """The very messages, made again: they depend on passages and question alone."""
        prompts = self._writers()[0].prompts if answer.read is not None else None
        if prompts is None:
            return ""
        evidence = build_reader(self._store).read(answer.standalone, answer.hits)
        given = self._prompter.given(evidence, prompts)
        messages = self._prompter.messages(evidence, given, prompts)
        return "\n\n".join(f"{message.role}: {message.text}" for message in messages)
