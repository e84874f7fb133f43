"""One case: what was asked, wanted, found, sent and said, and why it was missed -> HTML. Pure."""

from collections.abc import Iterator

from markupsafe import Markup

from eval.causes import bears, given, missed
from eval.reports import marking
from eval.types import Outcome
from rag.types import Answer
from web import words
from web.evals_page import cases, marks
from web.render import answerer

_PROMPT = 20_000
_ANSWER = 20_000
_PASSAGES = 40


def case_html(outcome: Outcome) -> str:
    """The whole case."""
    back = marks.button("select", "", f"← {words.EVALS_BACK}", "link")
    return marks.whole(
        Markup('<article class="case">{}<h3 dir="auto">{}</h3>{}{}{}</article>').format(
            back,
            marks.shown(outcome.case.question),
            _list(outcome),
            _passages(outcome),
            _more(outcome),
        )
    )


def side_by_side_html(before: Outcome, after: Outcome) -> str:
    """What became of the same case twice."""
    sides = ((words.EVALS_BEFORE, before), (words.EVALS_NOW, after))
    columns = marks.joined(
        Markup("<section><h4>{}</h4>{}</section>").format(name, _facts(_became(one)))
        for name, one in sides
    )
    changed = [
        (marks.metric(name), marks.figure(before.scores.get(name)), marks.figure(score))
        for name, score in after.scores.items()
        if score != before.scores.get(name) and not name.startswith("seconds")
    ]
    headings = [words.EVALS_METRIC, words.EVALS_BEFORE, words.EVALS_NOW]
    table = marks.table(words.EVALS_CASE_SCORES, headings, changed) if changed else Markup()
    return marks.whole(Markup('<div class="sides" role="status">{}</div>{}').format(columns, table))


Fact = tuple[str, Markup | str]


def _facts(facts: Iterator[Fact]) -> Markup:
    rows = marks.joined(
        Markup('<dt>{}</dt><dd dir="auto">{}</dd>').format(name, value) for name, value in facts
    )
    return Markup("<dl>{}</dl>").format(rows)


def _list(outcome: Outcome) -> Markup:
    return _facts(iter([*_asked(outcome), *_became(outcome)]))


def _asked(outcome: Outcome) -> Iterator[Fact]:
    case = outcome.case
    for question in case.before:
        yield words.EVALS_ASKED_BEFORE, marks.shown(question)
    wanted = "\n".join(map(marks.shown, case.references)) or words.EVALS_A_REFUSAL
    yield words.EVALS_WANTED, wanted
    for number, option in enumerate(case.options):
        right = f" ({words.EVALS_OPTION_RIGHT})" if number in case.correct else ""
        yield words.EVALS_OPTIONS, marks.shown(option) + right
    for target in case.targets:
        where, quote = marks.shown(target.note_path, 200), marks.shown(target.quote)
        yield words.EVALS_STANDS_IN, Markup("<code>{}</code> <q>{}</q>").format(where, quote)


def _became(outcome: Outcome) -> Iterator[Fact]:
    answer = outcome.answer
    if answer:
        if answer.standalone != outcome.case.question:
            yield words.EVALS_SEARCHED, marks.shown(answer.standalone)
        yield words.EVALS_SAID, _said(answer)
        for one in answer.citations[:_PASSAGES]:
            where = marks.shown(one.chunk.place_at(one.start, one.chunk.name), 200)
            yield (
                f"[{one.number}]",
                Markup("<code>{}</code> <q>{}</q>").format(where, marks.shown(one.quote)),
            )
        if answer.notice:
            yield words.EVALS_NOTICE, marks.shown(answer.notice)
    if outcome.error:
        yield words.EVALS_FAILED, marks.shown(outcome.error)
    yield words.EVALS_RESULT, _result(outcome)


def _result(outcome: Outcome) -> Markup:
    is_missed, answer = missed(outcome), outcome.answer
    about = []
    if answer:
        about = [words.EVALS_STATUS[answer.status], marks.shown(answerer(answer.model), 80)]
    if answer and answer.confidence is not None:
        about.append(words.evals_confidence(answer.confidence))
    detail = marks.shown(outcome.miss.detail, 600) if outcome.miss else ""
    return Markup('<b class="{}">{}</b> <small>{}</small> {}').format(
        "missed" if is_missed else "right",
        cases.result(outcome, missed=is_missed),
        ", ".join(about),
        detail,
    )


def _said(answer: Answer) -> Markup:
    """The answer with what is not carried marked."""
    return marking.marked(answer.text[:_ANSWER], marking.doubts(answer))


def _passages(outcome: Outcome) -> Markup:
    answer = outcome.answer
    if not answer or not answer.hits:
        return Markup()
    read = len(given(answer))
    items = []
    for number, hit in enumerate(answer.hits[:_PASSAGES], 1):
        holds = bears(outcome.case, hit.chunk)
        notes = [words.EVALS_HOLDS] if holds else []
        notes += [words.EVALS_NOT_GIVEN] if number > read else []
        items.append(
            Markup(
                "<details{}><summary><b>[{}]</b> <span>{}</span> <small>{}</small></summary>"
                '<div class="text" dir="auto">{}</div></details>'
            ).format(
                Markup(" open") if holds or (number <= read and number == 1) else "",
                number,
                marks.shown(hit.chunk.place_at(0, hit.chunk.name), 200),
                ", ".join([f"{hit.score:.2f}", *notes]),
                marking.passage(outcome.case, answer, hit),
            )
        )
    return Markup('<h4>{}</h4>{}<div class="found">{}</div>').format(
        words.EVALS_FOUND, _legend(), marks.joined(items)
    )


def _legend() -> Markup:
    kinds = (
        ("target", words.EVALS_LEGEND_TARGET),
        ("cited", words.EVALS_LEGEND_CITED),
        ("weak", words.EVALS_LEGEND_WEAK),
        ("unfounded", words.EVALS_LEGEND_UNFOUNDED),
    )
    return Markup('<p class="legend">{}</p>').format(
        marks.joined(Markup('<span class="{}">{}</span> ').format(*one) for one in kinds)
    )


def _more(outcome: Outcome) -> Markup:
    """What few want to see: the prompt, and the scores of this case."""
    parts = []
    prompt = outcome.miss.prompt if outcome.miss else ""
    if prompt:
        parts.append(
            Markup("<details><summary>{}</summary><pre>{}</pre></details>").format(
                words.EVALS_PROMPT, _cut(prompt)
            )
        )
    judged = [
        (marks.metric(n), marks.figure(s)) for n, s in outcome.scores.items() if s is not None
    ]
    if judged:
        table = marks.table("", [words.EVALS_METRIC, words.EVALS_MEAN], judged)
        parts.append(
            Markup("<details><summary>{}</summary>{}</details>").format(
                words.EVALS_CASE_SCORES, table
            )
        )
    return marks.joined(parts)


def _cut(text: str) -> str:
    if len(text) <= _PROMPT:
        return marking.clean(text)
    left = words.evals_characters_left(len(text) - _PROMPT)
    half = _PROMPT // 2
    return f"{marking.clean(text[:half])}\n{left}\n{marking.clean(text[-half:])}"
