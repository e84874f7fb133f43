"""Citations are resolved from the answer's text and the passages given, and nothing else."""

import re

import pytest
from fakes import make_hit
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.citations import resolve_citations

CLARIFY = make_hit("## Clarify\n\n- Explains biases in a dataset\n- Debugs predictions", "Clarify")
STUDIO = make_hit("A web IDE for machine learning. Teams share notebooks in it.", "Studio")
PASSAGES = [CLARIFY, STUDIO]


def resolved(text: str) -> tuple[str, list[tuple[int, str]]]:
    answer, citations = resolve_citations(text, PASSAGES)
    return answer, [(citation.number, citation.quote) for citation in citations]


BIAS = (1, "Explains biases in a dataset")
DEBUG = (1, "Debugs predictions")
NOTEBOOKS = (2, "Teams share notebooks in it.")


@pytest.mark.parametrize(
    ("text", "answer", "quotes"),
    [
        # A number opens on the sentence of its passage that carries the claim.
        ("It explains biases [1].", "It explains biases [1].", [BIAS]),
        ("Teams share notebooks [2].", "Teams share notebooks [2].", [NOTEBOOKS]),
        # Marks behind the full stop belong to the sentence before them.
        ("It explains biases. [1]", "It explains biases [1].", [BIAS]),
        ("It explains biases.[1] Fine.", "It explains biases [1]. Fine.", [BIAS]),
        ("It explains biases [1]", "It explains biases [1]", [BIAS]),
        # Several numbers, however they are written.
        ("Biases and notebooks [1, 2].", "Biases and notebooks [1] [2].", [BIAS, NOTEBOOKS]),
        ("Biases and notebooks [1][2].", "Biases and notebooks [1] [2].", [BIAS, NOTEBOOKS]),
        ("Biases and notebooks [1; 2].", "Biases and notebooks [1] [2].", [BIAS, NOTEBOOKS]),
        # A number in the middle of a sentence is put at its end.
        ("Biases [1] are explained.", "Biases are explained [1].", [BIAS]),
        # Each sentence has its own.
        (
            "It explains biases [1]. Teams share notebooks [2].",
            "It explains biases [1]. Teams share notebooks [2].",
            [BIAS, NOTEBOOKS],
        ),
        (
            "- explains biases [1]\n- debugs predictions [1]",
            "- explains biases [1]\n- debugs predictions [1]",
            [BIAS, DEBUG],
        ),
        # The same place twice is one citation.
        ("Biases [1]. Biases [1].", "Biases [1]. Biases [1].", [BIAS]),
    ],
)
def test_numbers_open_on_the_sentence_that_carries_the_claim(text, answer, quotes):
    assert resolved(text) == (answer, quotes)


@pytest.mark.parametrize("number", ["[3]", "[0]", "[999]", "[7, 9]"])
def test_an_invented_number_is_dropped(number):
    assert resolved(f"Paris is the capital {number}.") == ("Paris is the capital.", [])


def test_where_one_passage_was_given_any_number_means_it():
    text, (citation,) = resolve_citations("Clarify finds unfairness in data [2].", [CLARIFY])
    assert (text, citation.number) == ("Clarify finds unfairness in data [1].", 1)
    assert resolve_citations("Clarify finds unfairness in data.", [CLARIFY])[1] == ()


def test_an_invented_number_beside_a_right_one_leaves_that():
    assert resolved("It explains biases [1, 8].") == ("It explains biases [1].", [BIAS])


def test_a_forgotten_number_is_added_where_one_passage_clearly_carries_the_claim():
    assert resolved("Teams share notebooks.") == ("Teams share notebooks [2].", [NOTEBOOKS])


def test_a_claim_that_no_passage_carries_gets_no_number():
    assert resolved("Paris is the capital of France.") == ("Paris is the capital of France.", [])


def test_a_wrong_number_is_moved_to_the_passage_that_carries_the_claim():
    assert resolved("Teams share notebooks [1].") == ("Teams share notebooks [2].", [NOTEBOOKS])


def test_a_claim_of_two_parts_keeps_the_number_of_the_smaller_one():
    answer, quotes = resolved("It explains biases in a dataset and debugs, notebooks too [1, 2].")
    assert answer.endswith("[1] [2].")
    assert [number for number, _ in quotes] == [1, 2]


def test_a_claim_that_names_several_items_opens_on_each_of_them():
    kinds = make_hit(
        "- mechanical turk (people)\n- private (colleagues)\n- marketplace", "Reviewers"
    )
    _, found = resolve_citations("They are mechanical turk, private or marketplace [1].", [kinds])
    assert [citation.quote for citation in found] == [
        *("mechanical turk (people)", "private (colleagues)", "marketplace")
    ]


def test_a_claim_that_draws_on_several_items_opens_on_each_of_them():
    """Though the question names what both are called, and neither is listed by its label."""
    hit = make_hit("- Linear regressions\n- KNN algorithms (for classes)\n- Trees", "Algorithms")
    said = "Linear regressions, KNN algorithms (for classes) [1]."
    _, found = resolve_citations(said, [hit], "Which algorithms are there?")
    assert [one.quote for one in found] == ["Linear regressions", "KNN algorithms (for classes)"]


def test_a_part_of_a_claim_opens_on_the_item_that_says_most_of_it():
    """Not on the first that holds a word of it."""
    hit = make_hit(
        "- Linear regressions and classifications\n- KNN (for classifications)\n"
        "- K-means (for grouping)",
        "Algorithms",
    )
    said = "KNN is for classification, while K-means is for grouping [1]."
    _, found = resolve_citations(said, [hit], "How do KNN and K-means differ?")
    assert [one.quote for one in found] == ["KNN (for classifications)", "K-means (for grouping)"]


def quotes(text: str, question: str, *passages, **more) -> list[str]:
    _, citations = resolve_citations(text, passages, question, **more)
    return [citation.quote for citation in citations]


STEPS = make_hit(
    "- AutoML : trains a model\n- training : trains it\n- Model : registers it", "Pipe"
)


def test_a_claim_that_lists_items_by_their_labels_opens_on_each_of_them():
    """What one item says of another ("AutoML : trains a model") does not stand for that one."""
    assert len(quotes("AutoML, training and Model [1].", "Name the steps.", STEPS)) == 3


def test_an_item_is_not_opened_for_a_word_that_the_claim_uses_once():
    said = quotes(
        "It automates building, training, and deploying [1].", "What is it?", STEPS, STUDIO
    )
    assert "Model : registers it" not in said


def test_a_line_that_is_quoted_under_its_heading_opens_on_itself_alone():
    hit = make_hit(
        "- Engineering: adapts data\n- Store: finds the best way to adapt it", "Engineering"
    )
    said = "Engineering: Store: finds the best way to adapt it [1]"
    assert quotes(said, "What does the store find?", hit) == [
        "Store: finds the best way to adapt it"
    ]


def test_each_of_two_things_that_are_set_against_each_other_opens_on_its_own_item():
    hit = make_hit(
        "- Every flat has a meter card: basically its owner and dates\n"
        "- The meter board, a place that lists all flats with their meter cards",
        "Meters",
    )
    said = "A meter card holds a flat's owner, while the meter board lists all flats [1]."
    assert len(quotes(said, "How do a meter card and the meter board differ?", hit)) == 2


def test_a_number_is_moved_to_where_the_same_is_said_of_what_was_asked():
    canvas = make_hit("Its models can be used with Bedrock and Lex.", "Canvas")
    intro = make_hit("Makes a model (Bedrock only tunes one that there is)", "Lex")
    asked = "Which services can the models of Canvas be used with?"
    scores = {(0, 0): 0.9, (1, 0): 0.6}
    said = "Bedrock and Lex [2]."
    assert quotes(said, asked, canvas, intro, scores=scores) == [canvas.chunk.text]


def test_a_doubled_letter_in_the_notes_hides_no_sentence():
    hit = make_hit("- steps: finds the length and the width\n- tunning: finds the depth", "Pipe")
    assert quotes("Tuning finds it [1].", "", hit) == ["tunning: finds the depth"]


def test_how_many_there_are_opens_on_all_that_are_counted():
    hit = make_hit(
        "- They can be one of these\n  - private\n  - public\n  - hired\n- Other", "Crew"
    )
    asked = "How many kinds of crew are there?"
    assert quotes("Three kinds, which can be these [1].", asked, hit) == [
        "They can be one of these",
        "private",
        "public",
        "hired",
    ]
    # Of another number it does not say what was counted.
    assert quotes("Two kinds, which can be these [1].", asked, hit) == ["They can be one of these"]


def test_what_a_sentence_says_of_another_thing_carries_nothing():
    hit = make_hit(
        "- Makes nets (opposed to Bedrock, or unlike Lex that mends nets)\n- nets: mends"
    )
    asked = "Can it mend nets?"
    assert quotes("Yes, it mends nets [1].", asked, hit) == ["nets: mends"]
    assert quotes("Lex mends nets [1].", "What does Lex do?", hit) == [
        "Makes nets (opposed to Bedrock, or unlike Lex that mends nets)"
    ]


def test_a_genitive_is_no_word_of_its_own():
    hit = make_hit("- varied: Mauchly's test\n- variances: check with Levene", "ANOVA")
    assert quotes("Levene's test [1].", "What checks the variances?", hit) == [
        "variances: check with Levene"
    ]


def test_words_of_a_sentence_count_more_than_those_of_its_heading():
    """Both hold what the claim says, the second only with its heading."""
    hit = make_hit("One clic deployment of models\n\n- it can deploy events", "Model deployment")
    question = "How many clicks does it take to deploy models?"
    scores = {(0, hit.chunk.text.index("it can")): 0.8, (0, 0): 0.6}
    _, found = resolve_citations("One click deployment of models [1].", [hit], question, scores)
    assert [one.quote for one in found] == ["One clic deployment of models"]


def test_a_name_that_the_heading_has_opens_on_what_was_asked_and_not_where_it_is_repeated():
    text = "- Canvas also has models that are ready\n- A way to build with a visual interface"
    hit = make_hit(text, "Canvas")
    scores = {(0, 2): 0.3, (0, text.index("A way")): 0.5}
    _, found = resolve_citations(
        "Canvas [1].", [hit], "With what do non-programmers build?", scores
    )
    assert [one.quote for one in found] == ["A way to build with a visual interface"]


PORTS = make_hit("- HTTP listens on port 80\n- SSH listens on port 22", "Ports")
OTHER_PORTS = make_hit("- HTTP listens on port 8080", "Old ports")


def test_a_number_of_the_claim_decides_between_sentences_that_share_all_else():
    answer, found = resolve_citations("HTTP listens on port 80 [2].", [PORTS, OTHER_PORTS])
    assert answer == "HTTP listens on port 80 [1]."
    assert [citation.quote for citation in found] == ["HTTP listens on port 80"]


def test_a_sentence_that_says_the_opposite_is_not_cited_where_another_says_it():
    yes, no = (
        make_hit("Dogs are allowed aboard", "Old"),
        make_hit("Dogs are not allowed aboard", "New"),
    )
    answer, _ = resolve_citations("Dogs are not allowed aboard [1].", [yes, no])
    assert answer == "Dogs are not allowed aboard [2]."


def test_for_an_answer_of_one_word_the_question_says_which_sentence_is_meant():
    passages = [make_hit("Bedrock tunes models"), make_hit("Models of Canvas run in Bedrock")]
    scores = {(0, 0): 0.3, (1, 0): 1.2}
    answer, _ = resolve_citations("Bedrock [1].", passages, "Where do they run?", scores)
    assert answer == "Bedrock [2]."


def test_a_number_is_kept_where_the_model_used_other_words():
    """Which passage a paraphrase rests on, the model knows better than shared words do."""
    answer, quotes = resolved("Unfairness is made visible [1].")
    assert answer == "Unfairness is made visible [1]."
    assert [number for number, _ in quotes] == [1]


def test_a_heading_alone_carries_no_claim():
    """The words of the heading count for its items, but it is never what is cited."""
    assert resolved("Clarify [1].")[1] != [(1, "## Clarify")]


def test_without_passages_nothing_is_cited():
    assert resolve_citations("Biases [1].", []) == ("Biases.", ())


def test_an_empty_answer_stays_empty():
    assert resolve_citations("", PASSAGES) == ("", ())


WORDS = [
    "biases",
    "dataset",
    "web IDE",
    "share notebooks",
    "Paris",
    "e.g.",
    "\n",
    "\n- ",
    ". ",
    "!",
]
MARKS = ["[1]", " [2]", "[1, 2]", "[3]", "[ 1 ]", "[", "]", " .", "```\n", "# ", "| "]
answers = st.one_of(st.text(), st.lists(st.sampled_from(WORDS + MARKS)).map("".join))
passages = st.lists(st.text().map(make_hit), max_size=3).map(lambda more: [*PASSAGES, *more])


@given(answers, passages)
def test_citations_always_lie_inside_a_passage_that_was_given(text, given_passages):
    """Whatever a model writes."""
    answer, citations = resolve_citations(text, given_passages)
    for citation in citations:
        chunk = given_passages[citation.number - 1].chunk
        assert citation.chunk == chunk
        assert 0 <= citation.start < citation.end <= len(chunk.text)
        assert citation.quote.strip() == citation.quote
    numbers = {int(number) for number in re.findall(r"\[(\d{1,3})\]", answer)}
    assert numbers == {citation.number for citation in citations}


@given(answers)
def test_but_for_its_marks_an_answer_is_shown_as_it_was_written(text):
    """No word is lost, doubled or moved."""

    def words(shown: str) -> str:
        return "".join(re.sub(r"\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]", "", shown).split())

    assert words(resolve_citations(text, PASSAGES)[0]) == words(text)
