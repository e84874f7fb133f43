"""How cases are put: after the questions before them, with their options, together, repeated."""

import threading
from dataclasses import replace

from eval_fakes import ScriptedAssistant, make_answer, make_case

from eval.runner import (
    CLOSED_BOOK_SYSTEM,
    EXAM,
    GIVE_UP,
    SCORES,
    ClosedBook,
    RunOptions,
    askable,
    exams,
    posed,
    run_cases,
    scored,
)
from eval.scorers import SCORERS
from rag.errors import ModelServerError, QuestionError
from rag.types import Status

MANY = [make_case(case_id=str(number)) for number in range(8)]
ANSWERS = {case.question: make_answer(case.id) for case in MANY}


class Meeting(ScriptedAssistant):
    """Answers only once `together` questions wait for it, and the earlier ones last."""

    def __init__(self, script, together):
        super().__init__(script)
        self._all_here = threading.Barrier(together)
        self._turns = [threading.Event() for _ in MANY]

    def ask(self, question, history=()):
        """Wait for the others, then for those asked after it."""
        self._all_here.wait(10)
        place = int(question.rstrip("?").split()[-1])
        if place % 2 == 0:
            self._turns[place + 1].wait(10)
        answer = super().ask(question, history)
        self._turns[place].set()
        return answer


def test_a_follow_up_is_asked_after_the_questions_before_it_with_their_answers():
    case = replace(make_case(), before=("What is Clarify?", "And Canvas?"))
    script = {"What is Clarify?": make_answer("Bias."), "And Canvas?": make_answer("No code.")}
    assistant = ScriptedAssistant(script | {case.question: make_answer("Clarify")})
    result = run_cases(assistant, [case])
    assert assistant.asked == ["What is Clarify?", "And Canvas?", case.question]
    assert [len(history) for history in assistant.histories] == [0, 1, 2]
    assert len(result.outcomes) == 1 and result.outcomes[0].answer.text == "Clarify"


def test_a_follow_up_whose_beginning_cannot_be_asked_fails_itself():
    case = replace(make_case(), before=("",))
    result = run_cases(ScriptedAssistant({"": QuestionError("empty")}), [case])
    assert result.outcomes[0].error == "empty"


def test_options_are_put_with_the_question_each_under_its_letter():
    case = replace(make_case(), options=("Canvas", "Clarify"), correct=(1,))
    assert posed(case) == f"{case.question}\nA. Canvas\nB. Clarify"
    assert posed(make_case()) == make_case().question


def test_together_is_as_by_turns_whoever_ends_first():
    told = []
    assistant = Meeting(ANSWERS, together=2)
    result = run_cases(
        assistant, MANY, lambda *one: told.append(one), options=RunOptions(parallel=2)
    )
    assert [outcome.case.id for outcome in result.outcomes] == [case.id for case in MANY]
    assert [outcome.answer.text for outcome in result.outcomes] == [case.id for case in MANY]
    assert [told_of[1:] for told_of in told] == [(n, 8) for n in range(1, 9)]
    assert [told_of[0].case.id for told_of in told] != [case.id for case in MANY]


def test_a_model_that_is_gone_is_not_asked_all_the_rest():
    script = {case.question: ModelServerError("gone") for case in MANY[2:]}
    result = run_cases(ScriptedAssistant(ANSWERS | script), MANY)
    assert result.partial
    assert [outcome.error for outcome in result.outcomes] == ["", "", *["gone"] * GIVE_UP]


def test_a_model_that_is_gone_ends_questions_put_together_too():
    script = {case.question: ModelServerError("gone") for case in MANY}
    result = run_cases(ScriptedAssistant(script), MANY, options=RunOptions(parallel=4))
    assert (result.partial, len(result.failed)) == (True, GIVE_UP)


def test_questions_that_cannot_be_asked_do_not_speak_against_the_model():
    script = {case.question: QuestionError("too long") for case in MANY[:5]}
    result = run_cases(ScriptedAssistant(ANSWERS | script), MANY)
    assert (result.partial, len(result.failed)) == (False, 5)


def test_each_is_asked_once_before_any_is_asked_again():
    assistant = ScriptedAssistant(ANSWERS)
    result = run_cases(assistant, MANY[:2], options=RunOptions(repeats=2))
    assert assistant.asked == [case.question for case in [*MANY[:2], *MANY[:2]]]
    assert (result.planned, [one.repeat for one in result.outcomes]) == (4, [0, 0, 1, 1])


def test_closed_book_is_the_model_alone():
    asked = []

    def say(messages, tokens):
        asked.append((messages, tokens))
        yield from ("Clar", "ify ")

    answer = ClosedBook(say, "tiny").ask("What explains bias?")
    assert (answer.text, answer.status, answer.model) == ("Clarify", Status.ANSWERED, "tiny")
    assert (answer.hits, answer.citations) == ((), ())
    assert answer.timings.first_token <= answer.timings.total
    (messages, _) = asked[0]
    assert [role for role, _ in messages] == ["system", "user"]
    assert messages[-1][1] == "What explains bias?"


def test_closed_book_asks_for_a_letter_where_the_case_has_options():
    """That a question looks as if it had some makes none."""
    asked = []

    def say(messages, tokens):
        asked.append(messages[0][1])
        yield "A"

    exam = replace(make_case(case_id="exam"), options=("Clarify", "Canvas"), correct=(0,))
    listed = replace(make_case(case_id="listed"), question="What is in this list?\nA. x\nB. y")
    cases = [exam, listed]
    run_cases(ClosedBook(say, "tiny", exams(cases)), cases)
    assert asked == [EXAM, CLOSED_BOOK_SYSTEM]


def test_closed_book_asks_what_can_be_scored_and_scores_what_is_said():
    cases = [make_case(), make_case(answerable=False, case_id="other")]
    assert askable(cases) == (cases[0],)
    result = scored(
        run_cases(ClosedBook(lambda messages, tokens: iter(["Clarify"]), "m"), cases[:1])
    )
    assert set(result.outcomes[0].scores) == SCORES & set(SCORERS)
    assert result.outcomes[0].scores["reference_match"] == 1.0
