"""How far passages carry a claim: numbers, names and negations to the letter."""

import pytest

from rag.grounding import Carrier, grade
from rag.text.facts import names, numbers
from rag.types import Grounding

LAMBDA = (
    "A function may run for at most 42 minutes",
    "Billed per heartbeat, a heartbeat is 7 seconds",
    "Does not support Python, only Lua and Ada",
    "Costs $0.05 or 1,200 crowns, in two regions",
)


def graded(claim: str, question: str = "What about Lambda?", near: float = 0.3) -> Grounding:
    carriers = [Carrier(text, "Kelvora Lambda", near) for text in LAMBDA]
    return grade(claim, question, carriers)


@pytest.mark.parametrize(
    ("claim", "question"),
    [
        ("A Lambda function may run for 42 minutes.", "How long may it run?"),
        ("42 minutes.", "How long may a function run at most?"),
        ("Lambda does not support Python.", "Does Lambda support Python?"),
        ("No, Lambda doesn't support Python.", "Does Lambda support Python?"),
        ("No.", "Does Lambda support Python?"),
        ("It supports only Lua and Ada.", "What does Lambda support?"),
        ("It costs $0.050.", "What does it cost?"),
        ("It costs 1200 crowns.", "What does it cost?"),
        ("In 2 regions.", "In how many regions is it?"),
    ],
)
def test_what_a_sentence_says_is_grounded(claim, question):
    """Whatever the form of the number, and of the no."""
    assert graded(claim, question) is Grounding.GROUNDED


@pytest.mark.parametrize(
    ("claim", "question"),
    [
        ("A Lambda function may run for 15 minutes.", "How long may it run?"),
        ("A Lambda function may run for 7 minutes.", "How long may it run?"),
        ("It costs $0.50.", "What does it cost?"),
        ("Lambda supports Python.", "Does Lambda support Python?"),
        ("Yes.", "Does Lambda support Python?"),
        ("It supports only Lua and Haskell.", "What does Lambda support?"),
        ("It is billed per SparkUnit.", "How is it billed?"),
        ("Gradient descent minimises a loss.", "What is Lambda?"),
    ],
)
def test_another_number_name_or_answer_is_not_found(claim, question):
    assert graded(claim, question, near=0.3) is Grounding.NOT_FOUND


def test_a_claim_of_which_half_is_there_is_weak():
    claim = "It is billed per heartbeat and invoiced to the finance department."
    assert graded(claim) is Grounding.WEAK


def test_a_claim_in_other_words_is_grounded_if_it_is_near_in_meaning():
    claim = "Functions stop running after an upper limit."
    assert graded(claim, near=0.8) is not graded(claim, near=0.1)


def test_a_word_from_a_sentence_that_the_question_is_not_about_is_weak():
    """A small model likes to pick the wrong one of several items."""
    carriers = [
        Carrier("Asynchronous: suits a long processing time", "Inference", 0.3),
        Carrier("Batch transformation: works on events", "Inference", 0.3),
    ]
    question = "Which kind suits a long processing time?"
    assert grade("Batch transformation.", question, carriers) is Grounding.WEAK
    assert grade("Asynchronous.", question, carriers) is Grounding.GROUNDED


def test_nearness_does_not_excuse_a_wrong_number():
    assert graded("It may run for 43 minutes.", near=0.99) is Grounding.NOT_FOUND


def test_of_a_claim_in_another_language_only_numbers_are_judged():
    """It shares few words with what it rests on."""
    carriers = [Carrier(text, "Lambda", 0.2) for text in LAMBDA]
    question = "Combien de temps ?"
    assert grade("Au plus 42 minutes.", question, carriers, foreign=True) is Grounding.WEAK
    assert grade("Au plus 15 minutes.", question, carriers, foreign=True) is Grounding.NOT_FOUND


def test_without_passages_nothing_is_found():
    assert grade("Paris.", "What is the capital of France?", []) is Grounding.NOT_FOUND


def test_numbers_compare_by_value():
    assert numbers("1,200 and 0.50, nine") == {"1200", "0.5", "9"}
    assert numbers("0.05") != numbers("0.5")
    assert numbers("version 1.2.3, at 18:30") == {"1.2.3", "18:30"}


def test_a_capital_makes_a_name_but_for_the_first_word():
    assert names("Unfairness shows in Clarify and MLFlow") == {"clarifi", "mlflow"}
    assert names("SageMaker trains") == {"sagemak"}


@pytest.mark.parametrize("turned", ["It is not true that", "It's false that", "It is untrue that"])
def test_what_is_said_not_to_be_true_is_denied_to_its_end(turned):
    """Each clause, not only the first."""
    claim = f"{turned} it costs $0.05 or 1,200 crowns, in two regions."
    assert graded(claim, "What does Lambda cost?") is Grounding.NOT_FOUND
    denied = f"{turned} Lambda supports Python."
    assert graded(denied, "Does Lambda support Python?") is Grounding.GROUNDED


def test_a_sentence_to_the_letter_but_for_a_first_word_that_is_nowhere_is_weak():
    """It may be another name; the capital that it begins with does not say."""
    assert graded("Heartbeat is 7 seconds", "How long is it?") is Grounding.GROUNDED
    assert graded("Zanthor is 7 seconds", "How long is a heartbeat?", near=0.7) is Grounding.WEAK
    adverb = "Typically, a heartbeat is 7 seconds"
    assert graded(adverb, "How long is it?", near=0.7) is Grounding.GROUNDED


def test_a_list_of_what_several_sentences_say_keeps_their_numbers():
    """Each number stands where the sentence that holds that part has it."""
    carriers = [
        Carrier("bad harvests in 1788, price of bread doubled", "Causes", 0.5),
        Carrier("the crown was bankrupt after helping the colonies", "Causes", 0.5),
        Carrier("in 1614 nobles paid almost none of the taxes", "Causes", 0.5),
    ]
    said = "Bad harvests in {}, the crown was bankrupt, nobles paid almost none of the taxes."
    question = "What were the causes?"
    assert grade(said.format(1788), question, carriers) is Grounding.GROUNDED
    assert grade(said.format(1789), question, carriers) is Grounding.NOT_FOUND
    assert grade(said.format(1614), question, carriers) is not Grounding.GROUNDED


def test_an_item_is_what_its_list_is_under():
    """And not the opposite of it."""
    carriers = [
        Carrier("KNN algorithms (for classifications)", "Algorithms Supervised algorithms", 0.5),
        Carrier("K-means (for grouping)", "Algorithms Unsupervised algorithms", 0.5),
    ]
    for name, kind, found in (
        ("KNN", "supervised", Grounding.GROUNDED),
        ("KNN", "unsupervised", Grounding.NOT_FOUND),
        ("K-means", "unsupervised", Grounding.GROUNDED),
        ("K-means", "supervised", Grounding.NOT_FOUND),
    ):
        said = f"{name} is {kind}."
        assert grade(said, f"What about {name}?", carriers) is found, said


def test_a_heading_before_an_item_that_turns_a_word_of_it_is_no_contradiction():
    """That algorithms are unsupervised does not say that there are none."""
    carriers = [Carrier("Unsupervised algorithms", "Algorithms", 0.9)]
    question = "Name an unsupervised algorithm."
    assert grade("Algorithms: Unsupervised algorithms", question, carriers) is Grounding.GROUNDED
    said = "Algorithms: Supervised algorithms"
    assert grade(said, question, carriers) is Grounding.NOT_FOUND
