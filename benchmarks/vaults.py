"""One bench over many vaults: is it found, is it taken, is what the notes do not say refused?

    python -m benchmarks.vaults --books ../shared/bench/books [--vault ../shared/bench/aif] [--llm]

Each vault is indexed by itself, in a home of its own under CRIB_HOME/vaults, which stays for the
next run; of each textbook the odd chapters once more, of which the questions of the even ones are
asked: the same field, and not in the notes. What is fitted is fitted on all vaults but the one that
it is reported of. `--llm` has the model of CRIB_LLM read and answer; its scores are kept. `--fit`
writes rag/search/calibration.json, fitted on all vaults, with the curve of models that had not seen
the vault; there a model only reads. `--small` is a smoke test: of two books two chapters each, and
the natural notes.
"""

import argparse
import math
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import NormalDist, fmean, median, variance
from typing import NamedTuple

from benchmarks.exam import require_vault
from benchmarks.vault_asking import FOUND, MEASURES, OURS, Features, Model, Opened, Said, Seen
from benchmarks.vault_files import Vault, drawn, foreign, load, texts
from eval.calibration import curve, fit
from eval.stats import auroc, difference_interval, mean_interval
from eval.types import Interval, Method
from rag.config import Settings, load_settings
from rag.search import baseline, confidence
from rag.search.confidence import Calibration, Judge, Logistic, Point

HELD, NOT_HELD = "answerable", {"out": "out of notes", "field": "same field", "near": "near misses"}
WRONG_ANSWERS = (2, 5, 10, 20)
KEPT_WITHIN = 0.02
EACH = 400
"""Questions of each kind of a vault that a fit counts, however many there are."""
SMALL = 20
CHOSEN_ON = """\
What each choice saw. Calibrations below: all vaults but the one in the row; the model's answers are
gated by the shipped one, fitted on all. Weights of the search, of sentences and of options, by
hand on all but biology and the natural notes. That a quarter of what notes do not answer is of the
same field, and the default of 6 wrong answers, were settled with results in view."""

Kinds = Mapping[str, Sequence[Features]]
Shares = Mapping[str, float]
Case = tuple[int, Features, int]
"""The number of a vault, what is known of a question, and 1 if the notes answer it."""


class Reads(NamedTuple):
    """The model that reads, if any, for how many questions of each kind, and if it answers them."""

    model: Model | None
    most: int
    answers: bool


@dataclass(slots=True)
class Measured:
    """All that was measured of a vault: by way to search, kind of question, and way to answer."""

    name: str
    embedding: str
    found: Mapping[str, Sequence[Sequence[float]]]
    seen: dict[str, list[Seen]]
    said: dict[str, list[Said]] = field(default_factory=dict)

    @property
    def read(self) -> dict[str, list[Seen]]:
        """What a model has read for."""
        return {k: [one for one in own if one.doubt is not None] for k, own in self.seen.items()}


def measured(
    settings: Settings, vault: Vault, others: Sequence[Vault], count: int, reads: "Reads"
) -> Measured:
    """Ask a vault all that there is to ask it."""
    print(vault.name, file=sys.stderr, flush=True)
    model, some = reads.model, min(count, reads.most)
    known = drawn([one for one in vault.questions if one.wanted], count)
    options = drawn([one for one in vault.questions if one.options], count)
    short = drawn([one for one in vault.questions if one.references], count)
    asked = {
        HELD: [one.text for one in known],
        "out": foreign(vault, others, count),
        "near": texts(vault.near, count),
    }
    opened = Opened(settings, vault)
    seen = {kind: opened.seen(own, model, some) for kind, own in asked.items()}
    fingerprint = opened.store.embedder.fingerprint
    found = Measured(vault.name, fingerprint, opened.scores(known), seen)
    found.said["by notes"] = [opened.option(one) for one in options]
    found.said["lines"] = [opened.lines(one) for one in short]
    if model and reads.answers:
        found.said["by model"] = model.answers(opened, options, options=True)
        found.said["without notes"] = [model.without_notes(one) for one in options]
        found.said["free"] = model.answers(opened, short[:some], options=False)
    opened.store.close()
    if halved := vault.halved():
        half = Opened(settings, halved[0])
        found.seen["field"] = half.seen(texts(halved[1], count), model, some)
        half.store.close()
    return found


class Gate(NamedTuple):
    """A judge that a question has to pass, and what it looks at."""

    judge: Judge
    look: Callable[[Seen], Features]

    def chance(self, seen: Seen) -> float:
        """That the notes hold the answer, as it sees it."""
        return self.judge.model.probability(self.look(seen))

    def floor(self, wrong_answers: float) -> float:
        """The chance from which it lets a question pass."""
        point = self.judge.at_most(wrong_answers)
        return point.probability if point else 0.0


def judge_of(vaults: Sequence[Kinds]) -> Judge:
    """Fitted on all vaults; its curve is of models that had not seen the vault."""
    cases = balanced(vaults)
    others = [[one for one in cases if one[0] != left] for left in range(len(vaults))]
    models = [fitted(own or cases) for own in others]
    chances = [models[number].probability(features) for number, features, _ in cases]
    return Judge(fitted(cases), curve(chances, [label for *_, label in cases]))


def fitted(cases: Sequence[Case]) -> Logistic:
    """A model of these cases."""
    return fit([features for _, features, _ in cases], [label for *_, label in cases])


def balanced(vaults: Sequence[Kinds]) -> list[Case]:
    """Cases of which each vault has as many; a quarter of those not in the notes are of the field.

    That is an assumption on what people ask, as how many of their questions no note answers.
    """
    fields = sum(bool(kinds.get("field")) for kinds in vaults)
    counts = {HELD: EACH, "out": EACH * 3 // 4 if fields else EACH}
    counts |= {"field": EACH * len(vaults) // (4 * fields)} if fields else {}
    return [
        (number, own[at * len(own) // count], int(kind == HELD))
        for number, kinds in enumerate(vaults)
        for kind, count in counts.items()
        if (own := kinds.get(kind, ()))
        for at in range(count)
    ]


def gates_of(vaults: Sequence[Measured], *, reading: bool) -> list[Gate]:
    """What is fitted on these vaults: by the search, and by what the model read."""

    def judged(look: Callable[[Seen], Features], *, read: bool = False) -> Gate:
        seen = [one.read if read else one.seen for one in vaults]
        kinds = [{kind: list(map(look, own)) for kind, own in v.items()} for v in seen]
        return Gate(judge_of(kinds), look)

    search = judged(lambda one: one.features)
    odds = search.judge.model.log_odds

    def look(one: Seen) -> Features:
        return confidence.reading_features(odds(one.features), one.doubt or 0.0)

    return [search, judged(look, read=True)] if reading else [search]


def told_right(kinds: Mapping[str, Sequence[Seen]], gates: Sequence[Gate], wrong: float) -> Shares:
    """The share that is told right: of what is answerable, what passes; else, what does not."""
    floors = [(gate, gate.floor(wrong)) for gate in gates]

    def passes(one: Seen) -> bool:
        return all(gate.chance(one) >= floor for gate, floor in floors)

    return {k: fmean(passes(one) == (k == HELD) for one in own) for k, own in kinds.items() if own}


def wrong_share(shares: Mapping[str, float]) -> float:
    """Of the answers, those to questions that the notes do not answer, which are one in five.

    Of these a quarter are of the same field, as in the fit; all are foreign where none are known.
    """
    of_field = shares.get("field", shares["out"])
    missing = 1 - (3 * shares["out"] + of_field) / 4
    return Point(0.0, shares[HELD], missing).risk


def over_vaults(values: Sequence[float], least: float = 0.0) -> Interval:
    """The mean of vaults, as one would expect of other vaults: Student's interval."""
    found = difference_interval(values, amounts=True)
    return replace(found, low=max(least, found.low), high=min(1.0, found.high))


def over_questions(vaults: Sequence[Sequence[float]]) -> Interval:
    """The mean of the vaults' means, as one would expect of other questions over these vaults."""
    mean = fmean(map(fmean, vaults))
    spread = math.sqrt(sum(variance(one) / len(one) for one in vaults if len(one) > 1))
    half = NormalDist().inv_cdf(0.975) * spread / len(vaults)
    return Interval(mean, mean - half, mean + half, sum(map(len, vaults)), Method.STUDENT)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """In Markdown."""
    yield ""
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join([*row, *[''] * (len(head) - len(row))])} |"


def percent(value: float) -> str:
    """In 100."""
    return f"{100 * value:.1f}"


def bounded(interval: Interval | None) -> str:
    """In 100, with the bounds where there are any."""
    if interval is None or interval.low == interval.high:
        return percent(interval.mean) if interval else ""
    return f"{percent(interval.mean)} ({percent(interval.low)} to {percent(interval.high)})"


def minus(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """The differences of pairs."""
    return [own - other for own, other in zip(ours, theirs, strict=True)]


def retrieval(vaults: Sequence[Measured]) -> Iterator[str]:
    """Each measure by way and vault; then what packing loses."""
    behind = ["mean (over vaults)", "ours ahead by (over questions)", "ours ahead by (over vaults)"]
    for at, name in enumerate(MEASURES):
        rows = []
        for way in vaults[0].found:
            means = [fmean(one.found[way][at]) for one in vaults]
            ahead = [minus(one.found[OURS][at], one.found[way][at]) for one in vaults]
            differences = [over_questions(ahead), over_vaults(list(map(fmean, ahead)), -1.0)]
            cells = ["", ""] if way == OURS else map(bounded, differences)
            rows.append([way, *map(percent, means), bounded(over_vaults(means)), *cells])
        yield from table([name, *(one.name for one in vaults), *behind], rows)
    lost = {one.name: minus(one.found[FOUND][-1], one.found[OURS][-1]) for one in vaults}
    lost["all questions"] = [loss for own in lost.values() for loss in own]
    limits = {name: difference_interval(own) for name, own in lost.items()}
    rows = [[name, str(one.n), bounded(one), percent(one.high)] for name, one in limits.items()]
    yield from table([f"lost by packing {MEASURES[-1]}", "questions", "loss", "upper limit"], rows)


def refusal(vaults: Sequence[Measured], *, reading: bool) -> Iterator[str]:
    """What is answered of each vault by what was fitted on the others."""
    by = "search and model" if reading else "search"
    seen = {one.name: one.read if reading else one.seen for one in vaults}
    gates = {
        one.name: gates_of([v for v in vaults if v is not one], reading=reading) for one in vaults
    }
    rows = []
    for name, own in seen.items():
        chances = {kind: list(map(gates[name][-1].chance, asked)) for kind, asked in own.items()}
        rows.append([name, *(_area(chances[HELD], chances.get(kind, ())) for kind in NOT_HELD)])
    yield from table([f"AUROC, {by} (questions)", *NOT_HELD.values()], rows)
    refused = [f"{kind} refused" for kind in NOT_HELD.values()]
    for wrong in WRONG_ANSWERS:
        shares = {name: told_right(own, gates[name], wrong) for name, own in seen.items()}
        risks = {name: wrong_share(own) for name, own in shares.items()}
        rows = []
        for name, share in shares.items():
            cells = [percent(share[kind]) if kind in share else "" for kind in (HELD, *NOT_HELD)]
            kept = "yes" if risks[name] <= wrong / 100 + KEPT_WITHIN else "no"
            rows.append([name, *cells, percent(risks[name]), kept])
        columns = [[one[k] for one in shares.values() if k in one] for k in (HELD, *NOT_HELD)]
        means = [bounded(over_vaults(one)) if one else "" for one in [*columns, [*risks.values()]]]
        head = [f"{by}, CRIB_WRONG_ANSWERS={wrong}", "answered", *refused, "wrong answers", "kept"]
        yield from table(head, [*rows, ["mean (over vaults)", *means, ""]])


def _area(held: Sequence[float], missing: Sequence[float]) -> str:
    area = auroc([*held, *missing], [1] * len(held) + [0] * len(missing))
    return f"{area.mean:.3f} ({area.low:.3f} to {area.high:.3f}; {len(missing)})" if area else ""


def answers(vaults: Sequence[Measured]) -> Iterator[str]:
    """The right option where options are shown; the right words where none are."""
    rows = []
    for one in (one for one in vaults if one.said["by notes"]):
        closed, noted = (_scores(one, way) for way in ("without notes", "by model"))
        ahead = [bounded(difference_interval(minus(noted, closed)))] if noted else []
        rows.append([*_right(one, "by notes"), *_right(one, "by model")[1:], _mean(closed), *ahead])
    model = ["model, notes: questions", "right", "none taken", "model, no notes: right", "ahead by"]
    yield from table(["options shown", "no model: questions", "right", "none taken", *model], rows)
    rows = []
    for one in (one for one in vaults if one.said["lines"]):
        took = [said for said in one.said.get("free", []) if said.tokens]
        cost = [f"{median(said.seconds for said in took):.1f}"] if took else []
        cost += [f"{fmean(said.tokens for said in took):.0f}"] if took else []
        held = [float(said.right) for said in one.said.get("free", []) if said.answered]
        rows.append([*_right(one, "lines"), *_right(one, "free")[1:], _mean(held), *cost])
    model = ["model: questions", "held", "refused", "held of answered", "first token, s", "tokens"]
    yield from table(["no options", "lines: questions", "held", "none", *model], rows)


def _right(vault: Measured, way: str) -> list[str]:
    """The vault, how many it was asked, how many of them it had right, how many it refused."""
    said = vault.said.get(way, [])
    none = percent(fmean(not one.answered for one in said)) if said else ""
    return [vault.name, str(len(said) or ""), _mean(_scores(vault, way)), none]


def _scores(vault: Measured, way: str) -> list[float]:
    return [float(one.right) for one in vault.said.get(way, [])]


def _mean(values: Sequence[float]) -> str:
    return bounded(mean_interval(values))


def machine() -> str:
    """Where, of what, and how this was run."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text("utf-8").splitlines() if known.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    git = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    where = f"{(models or [platform.machine()])[0]}, {len(models)} cores"
    return f"{where}; commit {commit}; {' '.join(sys.argv[1:])}"


def write(vaults: Sequence[Measured], *, reading: bool) -> None:
    """Ship what is fitted on all vaults; what a model's reading says, only where one was asked."""
    search, *more = gates_of(vaults, reading=reading)
    read = more[0].judge if more else confidence.load(confidence.SHIPPED).reading
    confidence.save(Calibration(vaults[0].embedding, search.judge, read), confidence.SHIPPED)
    print(f"\nwritten: {confidence.SHIPPED}")


def options() -> argparse.Namespace:
    """What was asked for; ends with a line where a folder is not there."""
    parser = argparse.ArgumentParser(description="One bench over many vaults.")
    parser.add_argument("--books", type=Path, required=True, help="a folder of textbooks")
    parser.add_argument("--vault", type=Path, help="a folder with notes/ and questions.jsonl")
    parser.add_argument("--questions", type=int, default=200, help="of a vault, at most")
    parser.add_argument("--llm", action="store_true", help="have CRIB_LLM's model read and answer")
    parser.add_argument(
        "--read", type=int, default=40, help="of each kind that the model reads for"
    )
    parser.add_argument("--fit", action="store_true", help=f"write {confidence.CALIBRATION_FILE}")
    parser.add_argument("--small", action="store_true", help="a smoke test")
    parser.add_argument("--only", nargs="+", metavar="NAME", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not list(given.books.glob("*/questions.jsonl")):
        sys.exit(f"no textbooks in {given.books}: name a folder that has them with --books")
    if given.vault:
        require_vault(given.vault, "--vault, or leave it out")
    return given


def main() -> None:
    """Measure and print."""
    given = options()
    settings = load_settings()
    settings = settings if given.llm else settings.model_copy(update={"llm": "none"})
    # For a fit it is enough how surely a model reads: answers take most of the time.
    reads = Reads(Model(settings) if given.llm else None, given.read, answers=not given.fit)
    vaults = load(given.books, given.vault, small=given.small)
    count = SMALL if given.small else given.questions
    if given.small:
        baseline.ASKED = SMALL // 2  # less exact, and sooner
    wanted = [one for one in vaults if one.name in (given.only or [one.name])]
    found = [measured(settings, vault, vaults, count, reads) for vault in wanted]
    print(machine(), CHOSEN_ON, *retrieval(found), *answers(found), sep="\n")
    for reading in (False, True)[: 1 + given.llm]:
        if len(found) > 1:
            print(*refusal(found, reading=reading), sep="\n")
    if given.fit:
        write(found, reading=given.llm)


if __name__ == "__main__":
    main()
