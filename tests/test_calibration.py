"""Figures of how sure an answer is: worked out by hand, and kept to their promises by chance."""

import json
import math
import random
from contextlib import closing
from dataclasses import replace

import pytest
from fakes import MemoryIndex, ScriptedWriter, WordEmbedder, make_chunk, make_note, make_state

from commands.eval_index import index_of
from commands.evals import calibrating
from commands.evals.calibrating import run_calibration as command
from commands.evals.run import EvalRequest
from eval.calibration import (
    LEAST,
    Finder,
    by_reading,
    by_search,
    calibrate,
    calibration,
    curve,
    fit,
)
from eval.stats import auroc, risk_coverage
from eval.types import Case, Target
from rag.answer_wiring import build_assistant
from rag.answers.writers import NoModel
from rag.errors import CaseError
from rag.retrieval import HybridRetriever
from rag.search.baseline import USUAL, baseline
from rag.search.confidence import (
    CALIBRATION_FILE,
    SHIPPED,
    UNANSWERABLE,
    load,
    of_home,
    save,
    search_features,
)
from rag.search.evidence import EvidenceReader
from rag.types import Status, Support

DRAW = random.Random()  # noqa: S311 (a sample, not a secret)


@pytest.fixture(autouse=True)
def _same_draws():
    DRAW.seed(5)


def sample(count: int, apart: float) -> tuple[list[dict[str, float]], list[int]]:
    """Cases of one feature that tells them apart, and of one that is noise."""
    labels = [number % 2 for number in range(count)]
    features = [
        {"signal": DRAW.gauss(apart * label, 1), "noise": DRAW.gauss(0, 100)} for label in labels
    ]
    return features, labels


def test_a_fit_finds_what_tells_the_kinds_apart_whatever_its_scale():
    model = fit(*sample(400, 3))
    assert model.weights["signal"] > 1
    assert abs(model.weights["noise"]) < 0.02


def test_a_feature_that_never_changes_is_no_trouble():
    features, labels = sample(60, 3)
    model = fit([{**one, "same": 7.0} for one in features], labels)
    assert 0 < model.probability({"signal": 0, "noise": 0, "same": 7.0}) < 1


def test_both_kinds_count_the_same_however_many_there_are():
    """Between two means the chance is even, though one kind is nine times as frequent."""
    few = [{"x": DRAW.gauss(2, 1)} for _ in range(100)]
    many = [{"x": DRAW.gauss(-2, 1)} for _ in range(900)]
    model = fit(few + many, [1] * 100 + [0] * 900)
    assert model.probability({"x": 0.0}) == pytest.approx(0.5, abs=0.15)


def test_the_bound_on_wrong_answers_holds_for_questions_that_were_not_fitted_on():
    """The promise of the setting, on ten times as many fresh cases as it was made on."""
    judge = calibrate(*sample(600, 2.5))
    features, labels = sample(6000, 2.5)
    for wrong in (2, 5, 10, 20):
        floor = judge.at_most(wrong).probability
        answered = [judge.model.probability(one) >= floor for one in features]
        kept = [label for label, yes in zip(labels, answered, strict=True) if yes]
        wrongly, rightly = UNANSWERABLE * kept.count(0), (1 - UNANSWERABLE) * kept.count(1)
        assert wrongly / (wrongly + rightly) < 1.5 * wrong / 100
        assert kept.count(1) > 1500


def test_few_cases_promise_little():
    """Twenty of each told apart without a fault still leave a chance of one in twenty-one."""
    points = curve([0.9] * 20 + [0.1] * 20, [1] * 20 + [0] * 20)
    assert points[0] == (0.5, 1.0, pytest.approx(1 / 21))  # halfway, so that both have room
    assert points[0].risk == pytest.approx(0.2 / (0.2 + 0.8 * 21))


def test_the_points_of_a_curve_fall_and_answer_ever_more():
    features, labels = sample(500, 1)
    points = calibrate(features, labels).curve
    assert [p.probability for p in points] == sorted((p.probability for p in points), reverse=True)
    assert [p.answerable for p in points] == sorted(p.answerable for p in points)
    assert [p.unanswerable for p in points] == sorted(p.unanswerable for p in points)
    assert len(points) <= 200


@pytest.mark.parametrize(
    ("chances", "labels", "area"),
    [
        ([0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0], 1.0),
        ([0.9, 0.2, 0.8, 0.1], [1, 1, 0, 0], 0.75),
        ([0.5, 0.5], [1, 0], 0.5),
        ([0.1, 0.9], [1, 0], 0.0),
    ],
)
def test_the_area_counts_pairs_in_the_right_order(chances, labels, area):
    found = auroc(chances, labels)
    assert found.mean == area
    assert found.low <= area <= found.high


def test_the_interval_of_an_area_has_a_width_at_its_ends_too_and_narrows_with_more_cases():
    few = auroc([1.0] * 10 + [0.0] * 10, [1] * 10 + [0] * 10)
    many = auroc([1.0] * 100 + [0.0] * 100, [1] * 100 + [0] * 100)
    assert 0.6 < few.low < many.low < 1
    assert few.high == many.high == 1


def test_the_interval_of_an_area_holds_the_true_one_about_as_often_as_it_says():
    """Two normal distributions one apart have an area of 0.760."""
    held = 0
    for _ in range(200):
        values = [DRAW.gauss(1, 1) for _ in range(30)] + [DRAW.gauss(0, 1) for _ in range(30)]
        found = auroc(values, [1] * 30 + [0] * 30)
        held += found.low <= 0.760 <= found.high
    assert held >= 180


def test_no_area_without_both_kinds():
    assert auroc([0.5, 0.6], [1, 1]) is None
    assert auroc([], []) is None


def test_risk_falls_as_the_least_sure_are_left_out():
    points = risk_coverage([0.9, 0.5, 0.7, 0.1], [1, 0, 1, 0])
    assert points == [(0.25, 0.0), (0.5, 0.0), (0.75, pytest.approx(1 / 3)), (1.0, 0.5)]


def test_equally_sure_answers_come_and_go_together():
    assert risk_coverage([0.5, 0.5, 0.9], [0, 1, 1]) == [
        (pytest.approx(1 / 3), 0.0),
        (1.0, pytest.approx(1 / 3)),
    ]
    assert risk_coverage([], []) == []


# A calibration on a person's own cases

WORDS = [f"topic{number} fact{number}" for number in range(LEAST + 5)]
CASES = [
    Case(
        id=text,
        question=f"What is {text}?",
        references=("x",),
        targets=(Target("n.md", f"{text} is so"),),
        answerable=True,
    )
    for text in WORDS
]
OUT = [Case(f"out{n}", f"Where does river{n} of land{n} spring?", (), (), False) for n in range(40)]


def finder(usual: Support = USUAL) -> Finder:
    embedder, index = WordEmbedder(), MemoryIndex()
    chunks = [make_chunk(f"{text} is so. More follows.", path="/notes/n.md") for text in WORDS]
    vectors = embedder.embed_documents([chunk.text for chunk in chunks])
    index.replace(make_note(), make_state(), chunks, vectors)
    retriever, reader = HybridRetriever(index, embedder, 10), EvidenceReader(index, embedder)
    return Finder(retriever, reader, 5, usual)


def test_a_calibration_on_own_cases_tells_them_apart_and_is_kept(tmp_path):
    own = finder()
    search = by_search(own, CASES, OUT)
    judge = calibrate(search.features, search.labels)
    read = by_reading(own, CASES, judge, lambda one: 0.1 if holds(one) else 0.9)
    made = calibration("words-64", search, read, judge)
    assert search.area(made.search).mean > 0.95
    assert read.area(made.reading).mean > 0.95
    held, missing = search.answered(made.search, 10)
    assert held > 20
    assert missing < 6
    save(made, tmp_path / "own.json")
    assert load(tmp_path / "own.json") == made


def holds(evidence) -> bool:
    """A reader without fault: the asked words stand in a passage."""
    asked = evidence.question.removeprefix("What is ").rstrip("?")
    return any(asked in hit.chunk.text for hit in evidence.passages)


def test_with_no_near_misses_of_their_own_the_answers_are_taken_out_of_what_is_found():
    own = finder()
    seen = []
    found = by_search(own, CASES, OUT)
    judge = calibrate(found.features, found.labels)
    by_reading(own, CASES, judge, lambda one: seen.append(holds(one)) or 0.5)
    assert seen == [True] * len(CASES) + [False] * len(CASES)


def test_too_few_cases_are_refused_with_how_many_it_takes():
    with pytest.raises(CaseError, match=rf"answer 19 of .* too few .* the least is {LEAST}"):
        by_search(finder(), CASES[:19], OUT)


def test_without_a_reader_what_was_known_of_reading_is_kept():
    own = finder()
    search = by_search(own, CASES, OUT)
    old = calibrate(*sample(50, 1))
    assert calibration("words-64", search, None, old).reading == old


def test_the_features_of_a_case_are_what_it_finds_beyond_what_is_usual():
    case = CASES[0]
    plain, shifted = (
        by_search(finder(usual), CASES, OUT).features[0] for usual in (Support(), Support(0.3, 0.2))
    )
    found = finder().evidence(case.question).support
    assert plain == {"best": found.best, "sentence": found.sentence}
    assert shifted == {
        "best": pytest.approx(found.best - 0.3),
        "sentence": pytest.approx(found.sentence - 0.2),
    }


def test_a_model_that_does_not_tell_its_doubts_is_refused_and_said_to_be():
    own = finder()
    search = by_search(own, CASES, OUT)
    judge = calibrate(search.features, search.labels)
    with pytest.raises(CaseError, match="does not tell its doubts; use CRIB_LLM=local"):
        by_reading(own, CASES, judge, lambda _: None)


# The command


HOURS = dict(
    zip(
        "Aldebaran Bellatrix Capella Deneb Electra Fomalhaut Gienah Hamal Izar Kochab Larawag "
        "Mizar Nashira Okab Polaris Rigel Sirius Tarazed Unukalhai Vega Wezen Yildun Zaurak "
        "Antares".split(),
        range(11, 60),
        strict=False,
    )
)


@pytest.fixture
def wanted(tmp_path):
    """A note for each of two dozen pumps, a case for each, and the cases' options."""
    folder = tmp_path / "pumps"
    folder.mkdir()
    lines = []
    for name, hours in HOURS.items():
        said = f"The {name} pump is greased after {hours} hours."
        (folder / f"{name}.md").write_text(f"# The {name} pump\n\n{said}\n")
        case = {"id": name, "question": f"After how many hours is the {name} pump greased?"}
        case |= {"references": [f"{hours} hours"], "answerable": True}
        lines.append(json.dumps(case | {"targets": [{"note": f"{name}.md", "quote": said}]}))
    (tmp_path / "cases.jsonl").write_text("\n".join(lines) + "\n")
    return EvalRequest(tmp_path / "cases.jsonl", folder)


def test_the_command_writes_a_calibration_that_is_then_answered_by(wanted, settings, capsys):
    command(settings, wanted)
    own, notice = of_home(settings.home, load(SHIPPED).embedding)
    assert notice == ""
    assert f"written: {settings.home / CALIBRATION_FILE}" in capsys.readouterr().out
    assert own != load(SHIPPED)
    assert set(own.search.model.weights) <= {"best", "sentence"}
    assert own.reading == load(SHIPPED).reading
    with closing(index_of(settings, [], wanted.notes)) as store:
        assistant = build_assistant(settings, store, lambda: [NoModel()])
        for question, status in (
            ("After how many hours is the Vega pump greased?", Status.EXTRACTIVE),
            ("Who wrote the opera about the magic flute?", Status.REFUSED),
        ):
            answer = assistant.ask(question)
            found = EvidenceReader(store.index, store.embedder).read(answer.standalone, answer.hits)
            features = search_features(found.support, baseline(store.index.catalog))
            assert answer.confidence == pytest.approx(own.search.model.probability(features))
            assert answer.status is status


class Doubtful(ScriptedWriter):
    """Says how likely it refuses by whether the asked pump stands in what it is shown."""

    def score(self, messages, continuations, *, fresh=False):
        text = messages[-1].text
        shown, asked = text.rsplit("Question:", 1)
        name = next((name for name in HOURS if name in asked), "?")
        return [math.log(0.1 if f"{name} pump is greased" in shown else 0.9)] * len(continuations)


def test_with_a_model_the_command_fits_what_it_reads_too(wanted, settings, monkeypatch):
    """It is asked for the first token of a refusal alone; nothing has to be written."""
    writer = Doubtful()
    monkeypatch.setattr(calibrating, "load_writers", lambda _: writer)
    command(settings, replace(wanted, llm=True))
    own, _ = of_home(settings.home, load(SHIPPED).embedding)
    assert own.reading != load(SHIPPED).reading
    assert own.reading.model.weights["doubt"] < 0
    assert writer.asked == []


def test_with_no_model_to_read_the_command_says_so_and_writes_nothing(wanted, settings):
    with pytest.raises(CaseError, match="does not tell its doubts"):
        command(settings, replace(wanted, llm=True))
    assert not (settings.home / CALIBRATION_FILE).exists()
