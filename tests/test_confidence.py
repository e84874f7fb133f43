"""A threshold has a meaning, and a calibration that cannot be used never stops an answer."""

import math
from dataclasses import replace

import pytest

from rag.answers.writers import ChatWriter
from rag.prompts import REFUSAL
from rag.search.baseline import USUAL
from rag.search.confidence import (
    CALIBRATION_FILE,
    HOPELESS,
    SHIPPED,
    Calibration,
    Confidence,
    Judge,
    Logistic,
    Point,
    load,
    of_home,
    save,
    search_features,
)
from rag.types import Support

CURVE = (Point(0.9, 0.5, 0.0), Point(0.6, 0.9, 0.01), Point(0.3, 0.95, 0.1), Point(0.1, 1.0, 0.9))
SEARCH = Judge(Logistic(-4.0, {"best": 8.0}), CURVE)
READING = Judge(Logistic(0.0, {"search": 0.5, "doubt": -1.0}), CURVE)
OWN = Calibration("mine", SEARCH, READING)
TOUCHED, BESIDE = Support(0.9, 0.9), Support(0.1, 0.1)


@pytest.mark.parametrize(("wrong", "floor"), [(20, 0.1), (5, 0.3), (2, 0.6), (0.1, 0.9)])
def test_the_threshold_answers_as_much_as_the_bound_on_wrong_answers_allows(wrong, floor):
    """By hand: with one question in five unanswerable, 0, 0.28, 2.6 and 18 in 100 are wrong."""
    assert SEARCH.at_most(wrong).probability == floor


def test_of_thresholds_that_answer_as_much_the_one_with_fewer_wrong_answers_is_taken():
    points = (Point(0.6, 0.9, 0.01), Point(0.5, 0.9, 0.05))
    assert Judge(SEARCH.model, points).at_most(5) == points[0]


def test_where_no_threshold_keeps_the_bound_the_one_that_comes_nearest_is_taken():
    assert Judge(SEARCH.model, (Point(0.9, 0.01, 0.01), *CURVE[2:])).at_most(1) == CURVE[2]


def test_without_a_curve_nothing_is_refused():
    never = Confidence(replace(OWN, search=Judge(SEARCH.model, ())), 1)
    assert never.of_search(BESIDE).enough


def test_a_question_that_the_notes_touch_is_likelier_answered_than_one_beside_them():
    confidence = Confidence(OWN, 5)
    touched, beside = confidence.of_search(TOUCHED), confidence.of_search(BESIDE)
    assert touched.enough
    assert not beside.enough
    assert touched.chance == pytest.approx(1 / (1 + math.exp(-3.2)))


def test_what_was_found_is_judged_by_how_much_better_it_is_than_usual():
    """By hand: 0.9 where 0.3 is usual is as 0.6 where nothing is."""
    usual = Support(0.3, 0.2)
    assert search_features(TOUCHED, usual) == {
        "best": pytest.approx(0.6),
        "sentence": pytest.approx(0.7),
    }
    there = Confidence(OWN, 5, lambda: usual).of_search(TOUCHED).chance
    assert there == pytest.approx(Confidence(OWN, 5).of_search(Support(0.6, 0.7)).chance)


def test_the_same_is_enough_in_one_library_and_not_in_another():
    found = Support(0.6, 0.5)
    verdicts = [
        Confidence(OWN, 5, lambda usual=usual: usual).of_search(found)
        for usual in (Support(), found)
    ]
    assert [one.enough for one in verdicts] == [True, False]
    assert verdicts[0].chance > verdicts[1].chance


def test_what_is_usual_counts_once_a_model_has_read_too():
    few, many = Confidence(OWN, 5), Confidence(OWN, 5, lambda: Support(0.5, 0.4))
    assert few.of_reading(TOUCHED, 0.5).chance > many.of_reading(TOUCHED, 0.5).chance


def test_no_model_need_read_what_next_to_nothing_was_found_for():
    confidence = Confidence(OWN, 5)
    assert confidence.of_search(Support(-0.1)).chance < HOPELESS
    assert confidence.is_hopeless(Support(-0.1))
    assert not confidence.is_hopeless(Support(0.1))
    assert not confidence.of_search(Support(0.1)).enough  # a model is asked all the same


def test_where_nothing_was_measured_a_model_reads_everything():
    judge = Judge(SEARCH.model, ())
    assert not Confidence(replace(OWN, search=judge), 5).is_hopeless(Support())


@pytest.mark.parametrize("doubt", [0.0, 1e-30, 0.5, 1.0])
def test_the_more_a_model_doubts_the_less_sure_the_answer_is(doubt):
    confidence = Confidence(OWN, 5)
    chance = confidence.of_reading(TOUCHED, doubt).chance
    assert 0 < chance < 1
    assert chance <= confidence.of_reading(TOUCHED, 0.0).chance
    assert chance >= confidence.of_reading(TOUCHED, 1.0).chance


def test_what_the_search_found_still_counts_once_a_model_has_read():
    confidence = Confidence(OWN, 5)
    assert confidence.of_reading(TOUCHED, 0.5).chance > confidence.of_reading(BESIDE, 0.5).chance


def test_the_shipped_calibration_refuses_what_notes_do_not_touch_and_answers_what_they_do():
    confidence = Confidence(load(SHIPPED), 5, lambda: USUAL)
    assert confidence.of_search(Support(1.2, 0.75)).enough
    assert not confidence.of_search(USUAL).enough
    assert confidence.is_hopeless(Support(0.05, 0.05))


def test_a_lower_bound_on_wrong_answers_answers_no_more():
    shipped = load(SHIPPED)
    floors = [shipped.search.at_most(wrong).probability for wrong in (0.1, 1, 5, 20, 50)]
    assert floors == sorted(floors, reverse=True)
    assert floors[0] > floors[-1]


def test_what_is_kept_is_read_back_to_the_last_digit(tmp_path):
    own = replace(OWN, search=Judge(Logistic(-0.1, {"best": 1 / 3}), CURVE))
    save(own, tmp_path / "new" / CALIBRATION_FILE)
    assert load(tmp_path / "new" / CALIBRATION_FILE) == own
    assert [path.name for path in (tmp_path / "new").iterdir()] == [CALIBRATION_FILE]


def test_the_calibration_of_the_home_is_taken_where_it_fits(tmp_path):
    save(OWN, tmp_path / CALIBRATION_FILE)
    assert of_home(tmp_path, "mine") == (OWN, "")


def test_without_one_of_its_own_a_home_has_the_shipped_one(tmp_path):
    assert of_home(tmp_path, "mine") == (load(SHIPPED), "")


def test_a_calibration_for_another_embedding_model_is_left_alone_and_it_is_said(tmp_path):
    save(OWN, tmp_path / CALIBRATION_FILE)
    found, notice = of_home(tmp_path, "another")
    assert found == load(SHIPPED)
    assert "another embedding model" in notice
    assert notice.endswith("run: crib eval --calibrate")


def damaged() -> dict[str, bytes]:
    whole = SHIPPED.read_bytes()
    return {
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "no JSON": b"\x00\xff",
        "another shape": b'{"embedding": "mine"}',
        "not a number": whole.replace(b'"bias":', b'"bias":NaN,"was":', 1),
        "a strange feature": whole.replace(b'"sentence":', b'"__class__":', 1),
        "a word": whole.replace(b'"best":', b'"best":"x","was":', 1),
        "features of before": whole.replace(b'"best":', b'"passage":', 1),
    }


@pytest.mark.parametrize("how", sorted(damaged()))
def test_a_damaged_calibration_stops_no_answer_and_is_told_in_one_line(tmp_path, how):
    (tmp_path / CALIBRATION_FILE).write_bytes(damaged()[how])
    found, notice = of_home(tmp_path, load(SHIPPED).embedding)
    assert found == load(SHIPPED)
    assert str(tmp_path / CALIBRATION_FILE) in notice
    assert "\n" not in notice
    assert notice.endswith("run: crib eval --calibrate")


def test_a_folder_in_its_place_stops_no_answer_either(tmp_path):
    (tmp_path / CALIBRATION_FILE).mkdir()
    assert of_home(tmp_path, "mine")[0] == load(SHIPPED)


@pytest.mark.parametrize(
    ("tokens", "chance"),
    [
        ({"Not": math.log(0.7), "It": math.log(0.3)}, 0.7),
        ({" not": math.log(0.25), "Not": math.log(0.5)}, 0.75),
        ({"No": math.log(0.5), "N": math.log(0.25), "Not": math.log(0.2)}, 0.2),
        ({"Nothing": -0.1, "Notes": -3.0, "in": -4.0}, 0.0),
        ({}, 0.0),
    ],
)
def test_a_refusal_is_seen_in_the_first_token(tokens, chance):
    """Its beginning counts in any spelling; "No", or a word that only looks like it, not."""
    writer = ChatWriter(None, "a model", first_tokens=lambda _: tokens)
    (score,) = writer.score([], (REFUSAL,))
    assert math.exp(score) == pytest.approx(chance, abs=1e-9)


# Questions in languages of which it is not known how well an answer fits


@pytest.mark.parametrize("above", [-0.2, -0.01, 0.01, 0.2])
def test_in_another_language_what_fits_better_than_most_general_questions_is_answered(above):
    confidence = Confidence(load(SHIPPED), 5, lambda: Support(0.5, 0.5), lambda: 0.6)
    found = Support(0.6 + above, 0.55)
    assert confidence.of_search(found, "German").enough == (above > 0)
    assert not confidence.of_search(found).enough  # in English better fits are usual


def test_in_another_language_a_better_fit_is_surer_by_search_and_by_reading():
    confidence = Confidence(load(SHIPPED), 5, lambda: Support(0.5, 0.5), lambda: 0.6)
    few, many = Support(0.5, 0.5), Support(0.7, 0.5)
    assert confidence.of_search(few, "").chance < confidence.of_search(many, "").chance
    chances = [confidence.of_reading(one, 0.3, "French").chance for one in (few, many)]
    assert chances == sorted(chances)
    assert confidence.is_hopeless(Support(0.0, 0.0), "French")


def test_a_calibration_on_notes_in_that_language_is_used_for_it():
    own = Confidence(replace(OWN, languages=("German",)), 5)
    known = Confidence(OWN, 5)
    assert own.of_search(TOUCHED, "German") == known.of_search(TOUCHED)
    assert own.of_search(TOUCHED) != known.of_search(TOUCHED)
