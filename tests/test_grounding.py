"""Where it is said what an answer says, and how far: citations come from this and nothing else."""

import pytest
from fakes import MemoryIndex, make_chunk, make_note, make_state

from rag.grounding import Attribution, Unit, attribute, features, probability, units_of
from rag.search.evidence import EvidenceReader
from rag.text.words import content, numbers, says_no
from rag.types import Chunk, Evidence, Grounding, Hit, Span

VESSELS = make_chunk(
    "- Arteries carry blood away from the heart\n"
    "- Veins carry blood back to it, at a pressure of 10 mmHg\n"
    "- Capillaries exchange gases",
    "Biology",
    "Vessels",
)
AUGUSTUS = make_chunk(
    "Augustus was the first emperor of Rome, who ruled for 41 years. The Senate did not choose "
    "him. He died in 14 AD.",
    "History",
    "Augustus",
)
CONTRACTS = make_chunk(
    "## Consideration (price of a promise)\n\n"
    "- Need not be adequate: Chappell v Nestle\n- Past acts are none: Re McArdle",
    "Law",
    "Consideration (price of a promise)",
)
TIMETABLE = make_chunk(
    "| Day | Course | Room |\n|---|---|---|\n| Mon | Databases | B204 |\n| Tue | Algebra | C117 |",
    "Timetable",
)
BUNS = make_chunk(
    "- Dough:\n  - 500 g of flour\n  - 20 g of yeast\n- Filling:\n  - 80 g of sugar\n  - cinnamon",
    "Recipes",
    "Buns",
)
TEIG = make_chunk("Der Teig ruht 40 Minuten. Der Ofen hat 180 Grad.", "Rezepte", "Brot")
NOTES = (VESSELS, AUGUSTUS, CONTRACTS, TIMETABLE, BUNS, TEIG)


class Carried:
    """Attributes claims to the notes, as they are read by the real embedding model."""

    def __init__(self, embedder, *chunks: Chunk) -> None:
        index = MemoryIndex()
        for place, chunk in enumerate(chunks):
            vectors = embedder.embed_documents([chunk.text])
            index.replace(make_note(f"/notes/{place}.md"), make_state(), [chunk], vectors)
        self._reader = EvidenceReader(index, embedder)
        self._hits = [Hit(chunk, 1.0, 1.0) for chunk in chunks]

    def units(self, question: str) -> list[Unit]:
        return units_of(self._reader.read(question, self._hits), self._hits)

    def __call__(self, claim: str, question: str, named: tuple[int, ...] = ()) -> Attribution:
        units = self.units(question)
        texts = [unit.text for unit in units]
        (cosines,) = self._reader.likeness([claim], texts)
        rarity = self._reader.rarity(" ".join([claim, *texts]))
        return attribute(claim, question, units, cosines, rarity, named)

    def quotes(self, *asked: object) -> list[str]:
        """The characters that carry a claim, the best first."""
        return [
            self._hits[unit.passage].chunk.text[slice(*unit.span)] for unit in self(*asked).units
        ]


@pytest.fixture(scope="module")
def carried(embedder) -> Carried:
    return Carried(embedder, *NOTES)


# Which line


@pytest.mark.parametrize(
    ("question", "claim", "line"),
    [
        (
            "What do arteries do?",
            "Arteries carry blood away from the heart.",
            "Arteries carry blood away from the heart",
        ),
        ("How high is it?", "The pressure in veins is 10 mmHg.", "Veins carry blood back to it"),
        ("When did Augustus die?", "He died in 14 AD.", "He died in 14 AD."),
        ("Who ruled for 41 years?", "Augustus.", "Augustus was the first emperor"),
        ("How long did Augustus rule?", "41 years.", "Augustus was the first emperor"),
        ("Did the Senate choose Augustus?", "No, it did not choose him.", "The Senate did not"),
        ("What is past consideration?", "Past acts are none.", "Past acts are none: Re McArdle"),
        ("What room is Databases in?", "Databases is in room B204.", "| Mon | Databases | B204 |"),
        ("What room is Algebra in?", "C117.", "| Tue | Algebra | C117 |"),
        ("How much yeast is in the dough?", "The dough takes 20 g of yeast.", "20 g of yeast"),
        ("How much sugar is in the filling?", "80 g.", "80 g of sugar"),
        ("Wie lange ruht der Teig?", "Der Teig ruht 40 Minuten.", "Der Teig ruht 40 Minuten."),
    ],
)
def test_a_claim_is_carried_by_the_line_that_says_it(carried, question, claim, line):
    """A sentence, an item with its lead, a row; an answer of one word with what was asked."""
    found = carried(claim, question)
    assert found.grounding is Grounding.GROUNDED
    assert carried.quotes(claim, question)[0].startswith(line)


@pytest.mark.parametrize(
    ("question", "claim", "lines"),
    [
        (
            "How do arteries and veins differ?",
            "Arteries carry blood away from the heart, veins carry it back at a pressure of 10.",
            ("Arteries carry", "Veins carry"),
        ),
        (
            "Who was Augustus?",
            "Augustus was the first emperor of Rome and died in 14 AD.",
            ("Augustus was the first emperor", "He died in 14 AD."),
        ),
        (
            "What goes into the dough?",
            "500 g of flour and 20 g of yeast.",
            ("500 g of flour", "20 g of yeast"),
        ),
        (
            "Which courses are there?",
            "Databases on Mon and Algebra on Tue.",
            ("| Mon | Databases", "| Tue | Algebra"),
        ),
    ],
)
def test_a_claim_of_two_parts_is_carried_by_the_lines_of_both(carried, question, claim, lines):
    """Each of which says a number or name that the other does not hold."""
    found = carried.quotes(claim, question)
    assert len(found) <= len(lines) + 1  # the line that their list is under may be cited, too
    assert all(any(quote.startswith(line) for quote in found) for line in lines)
    assert carried(claim, question).grounding is not Grounding.NOT_FOUND


EEC = make_chunk(
    "## European Economic Community (EEC)\n\n- six states at first\n- a common market",
    "Europe",
    "European Economic Community (EEC)",
)


@pytest.mark.parametrize(
    ("question", "claim", "heading"),
    [
        ("What is consideration?", "Consideration is the price of a promise.", CONTRACTS),
        ("What does EEC stand for?", "European Economic Community.", EEC),
        ("What does EEC stand for?", "EEC stands for European Economic Community.", EEC),
    ],
)
def test_a_heading_is_cited_where_it_is_what_says_it(embedder, question, claim, heading):
    """Not the first line below it, which fits the question as well."""
    quotes = Carried(embedder, *NOTES, EEC).quotes(claim, question)
    assert quotes == [heading.text.splitlines()[0]]


def test_a_heading_is_not_cited_for_a_line_below_it_that_says_it(carried):
    claim = "Consideration need not be adequate."
    quotes = carried.quotes(claim, "Must consideration be adequate?")
    assert quotes == ["Need not be adequate: Chappell v Nestle"]


TWICE = (
    make_chunk("Cells divide by mitosis.", "Plants"),
    make_chunk("Cells divide by mitosis.", "Animals"),
)


@pytest.mark.parametrize("named", [0, 1])
def test_which_of_two_lines_alike_is_meant_whoever_wrote_it_says(embedder, named):
    found = Carried(embedder, *TWICE)("Cells divide by mitosis.", "How do cells divide?", (named,))
    assert [unit.passage for unit in found.units] == [named]


def test_a_number_that_was_named_does_not_outweigh_what_the_lines_say(carried):
    """A passage that was never given least of all."""
    claim, question = "The dough takes 20 g of yeast.", "How much yeast is in the dough?"
    right = carried(claim, question).units
    for named in ((0,), (1,), (99,)):
        assert carried(claim, question, named).units == right


def test_the_question_decides_between_lines_that_both_hold_an_answer_of_one_word(embedder):
    ports = (
        make_chunk("- Genoa sells salt\n- Venice sells glass", "Trade"),
        make_chunk("- Venice fights Genoa at sea", "Wars"),
    )
    carried = Carried(embedder, *ports)
    assert carried.quotes("Venice.", "Who sells glass?") == ["Venice sells glass"]
    assert carried.quotes("Venice.", "Who fights Genoa?") == ["Venice fights Genoa at sea"]


def test_of_lines_that_say_the_same_the_one_that_fits_the_question_is_meant():
    """It may fit by what it means, which words do not tell."""
    span = Span(0, 0)
    units = [Unit(n, span, "Venice sells glass", "", fits) for n, fits in enumerate((0.3, 0.9))]
    assert attribute("Venice.", "Who?", units, [0.5, 0.5], {}).units[0].passage == 1


# How far


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        ("How long did Augustus rule?", "Augustus ruled for 44 years."),
        ("How long did Augustus rule?", "44 years."),
        ("What is the pressure?", "The pressure in veins is 12 mmHg."),
        ("How much yeast is in the dough?", "The dough takes 25 g of yeast."),
        ("Wie lange ruht der Teig?", "Der Teig ruht 45 Minuten."),
        ("Where is the kidney?", "The kidneys lie behind the belly."),
        ("Who sold glass?", "Venice sold glass to all of Europe."),
    ],
)
def test_another_number_and_what_is_not_there_at_all_are_not_grounded(carried, question, claim):
    """It is marked, and a number that a model cites with it does not help."""
    assert carried(claim, question).grounding is not Grounding.GROUNDED
    assert carried(claim, question, (0, 1)).grounding is not Grounding.GROUNDED


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (
            "Did the Senate choose him?",
            "The Senate did not choose him.",
            "The Senate did choose him.",
        ),
        ("How long?", "Augustus ruled for 41 years.", "Augustus ruled for 44 years."),
        ("Who was it?", "Augustus was the first emperor.", "Nero was the first emperor, not he."),
        (
            "What room is Algebra in?",
            "Algebra is in room C117.",
            "Algebra is in room D908.",
        ),
        ("What is it?", "Veins carry blood back.", "Veins do not carry blood back."),
    ],
)
def test_what_is_so_is_likelier_carried_than_what_is_not(carried, question, right, wrong):
    chances = [carried(claim, question).probability for claim in (right, wrong)]
    odds = [chance / (1 - chance) for chance in chances]
    assert odds[0] > 1.5 * odds[1]


@pytest.mark.parametrize("claim", ["", "...", "It is."])
def test_what_says_nothing_is_not_found(carried, claim):
    found = carried(claim, "What is it?")
    assert (found.units, found.grounding, found.probability) == ((), Grounding.NOT_FOUND, 0.0)


def test_without_passages_nothing_is_found():
    found = attribute("Cells divide.", "What do cells do?", [], [], {})
    assert found == Attribution((), Grounding.NOT_FOUND, 0.0)


# The units


def test_every_line_of_the_passages_is_a_unit_with_its_exact_characters(carried):
    units = carried.units("What is it?")
    quotes = [NOTES[unit.passage].text[slice(*unit.span)] for unit in units]
    assert "Arteries carry blood away from the heart" in quotes
    assert "The Senate did not choose him." in quotes
    assert "## Consideration (price of a promise)" in quotes
    assert "| Tue | Algebra | C117 |" in quotes
    assert all(quote == quote.strip() for quote in quotes)


def test_a_unit_reads_as_it_is_understood_alone(carried):
    said = {unit.text for unit in carried.units("What is it?")}
    assert "Buns: Dough: 20 g of yeast" in said
    assert "Timetable: Day: Tue; Course: Algebra; Room: C117" in said


def test_units_are_only_those_of_what_was_given_and_know_how_they_fit_the_question(embedder):
    carried = Carried(embedder, *NOTES)
    units = carried.units("How much yeast is in the dough?")
    best = max(units, key=lambda unit: unit.score)
    assert "yeast" in best.text
    hits = [Hit(chunk, 1.0, 1.0) for chunk in NOTES]
    given = units_of(Evidence("Yeast?", tuple(hits)), hits[:2])
    assert {unit.passage for unit in given} == {0, 1}
    assert {unit.score for unit in given} == {0.0}


# What is compared


def compared(claim: str, line: str, question: str = "", context: str = "", cosine: float = 0.5):
    return features(claim, question, Unit(0, Span(0, len(line)), line, context), cosine, {})


def test_the_same_words_hold_all_of_a_claim():
    found = compared("Veins carry blood.", "Veins carry blood")
    assert (found.held, found.added, found.half, found.back, found.order) == (1, 1, 1, 1, 1)
    assert (found.numbers, found.names, found.negated) == (0, 0, 0)


def test_what_stands_above_a_line_holds_of_a_claim_too():
    assert compared("Veins carry blood.", "carry blood").held == pytest.approx(2 / 3)
    assert compared("Veins carry blood.", "carry blood", context="Veins").held == 1


def test_what_the_question_says_is_not_added_by_the_answer():
    found = compared("The dough takes yeast.", "yeast", "What does the dough take?")
    assert (found.held, found.added) == (pytest.approx(1 / 3), 1)


def test_of_a_claim_whose_second_half_is_nowhere_the_half_tells():
    found = compared("Veins carry blood, moons pull tides.", "Veins carry blood")
    assert (found.held, found.half) == (0.5, 0)


def test_words_count_by_how_rare_they_are():
    unit = Unit(0, Span(0, 0), "Nero ruled", "")
    rare = features("Nero ruled Rome", "", unit, 0.5, {"nero": 6.0, "rule": 1.0, "rome": 1.0})
    usual = features("Nero ruled Rome", "", unit, 0.5, {"nero": 1.0, "rule": 1.0, "rome": 6.0})
    assert rare.held == pytest.approx(7 / 8)
    assert usual.held == pytest.approx(2 / 8)


@pytest.mark.parametrize(
    ("claim", "line", "wrong"),
    [
        ("It is 10 mmHg.", "10 mmHg", 0),
        ("It is 12 mmHg.", "10 mmHg", 1),
        ("It costs 1200 crowns.", "1,200 crowns", 0),
        ("It costs 0.50 crowns.", "0.5 crowns", 0),
        ("It costs 0.5 crowns.", "0.05 crowns", 1),
        ("At 18:30.", "closes at 18:30", 0),
        ("At 18:30.", "closes at 18:00", 1),
        ("It has four chambers.", "chambers", 0),  # spelt numbers may be of other words
    ],
)
def test_a_number_is_there_by_its_value_or_not_at_all(claim, line, wrong):
    assert compared(claim, line).numbers == wrong


def test_a_number_of_the_question_or_of_the_heading_is_not_made_up():
    assert compared("In 1848 it failed.", "it failed", "What happened in 1848?").numbers == 0
    assert compared("In 1848 it failed.", "it failed", context="The year 1848").numbers == 0


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        ("The emperor was Nero.", 1),
        ("The emperor was Augustus.", 0),
        ("Emperors ruled.", 0),  # a sentence begins with a capital
        ("The emperor RULED.", 0),
    ],
)
def test_a_name_that_is_nowhere_is_told(claim, wrong):
    assert compared(claim, "Augustus ruled as emperor").names == wrong


@pytest.mark.parametrize(
    ("claim", "line", "negated"),
    [
        ("Silence is acceptance.", "Silence is no acceptance", 1),
        ("Silence is not acceptance.", "Silence is no acceptance", 0),
        ("It isn't acceptance.", "It is never acceptance", 0),
        ("Das Schweigen ist eine Annahme.", "Das Schweigen ist keine Annahme", 1),
        ("Le silence vaut acceptation.", "Le silence ne vaut pas acceptation", 1),
    ],
)
def test_a_no_more_on_either_side_is_told(claim, line, negated):
    assert bool(compared(claim, line).negated) == bool(negated)


def test_who_does_it_to_whom_is_told_by_the_order_of_the_words():
    line = "Venice defeated Genoa"
    assert compared("Venice defeated Genoa.", line).order == 1
    assert compared("Genoa defeated Venice.", line).order < 1


def test_a_cosine_below_nothing_is_nothing():
    assert compared("Veins.", "tax", cosine=-0.3).cosine == 0


@pytest.mark.parametrize(
    ("question", "answer", "same"),
    [
        ("Does silence count?", "Yes.", "Does silence count?"),
        ("Does silence count?", "Ja", "Does silence count?"),
        ("Does silence count?", "No.", "not Does silence count?"),
        ("Le silence vaut-il acceptation ?", "Non.", "not Le silence vaut-il acceptation ?"),
        ("Does silence count?", "No, silence is none.", "silence is none."),
        ("Does silence count?", "Yesterday it did.", "Yesterday it did."),
    ],
)
def test_a_bare_yes_or_no_says_what_was_asked(question, answer, same):
    """One before a sentence adds nothing to it."""
    units = [Unit(0, Span(0, 0), "Silence does not count, yesterday it did", "")]
    assert (
        attribute(answer, question, units, [0.5], {}).probability
        == attribute(f"{same} ", question, units, [0.5], {}).probability
    )


def test_a_probability_rises_with_what_is_held_and_falls_with_what_is_wrong():
    """Whatever the weights are fitted to."""
    right = compared("Veins carry blood at 10 mmHg.", "Veins carry blood at 10 mmHg")
    number = compared("Veins carry blood at 12 mmHg.", "Veins carry blood at 10 mmHg")
    negated = compared("Veins do not carry blood at 10 mmHg.", "Veins carry blood at 10 mmHg")
    elsewhere = compared("Moons pull tides.", "Veins carry blood at 10 mmHg", cosine=0.0)
    chances = [probability(one) for one in (right, number, negated, elsewhere)]
    assert chances[0] == max(chances)
    assert chances.count(chances[0]) == 1
    assert 0 < chances[3] < 0.2


# Facts


def test_numbers_compare_by_value():
    assert numbers("1,200 and 0.50, nine") == {"1200", "0.5", "9"}
    assert numbers("nine", spelt=False) == frozenset()
    assert numbers("0.05") != numbers("0.5")
    assert numbers("version 1.2.3, at 18:30") == {"1.2.3", "18:30"}


def test_what_a_text_is_about_are_its_stems_and_numbers():
    assert content("The veins carry 1,200 litres") == {"vein", "carri", "litr", "1200"}


@pytest.mark.parametrize(
    ("text", "no"),
    [
        ("It does not count", True),
        ("It doesn\N{RIGHT SINGLE QUOTATION MARK}t count", True),
        ("It is not without effect", False),
        ("Es zählt nicht", True),
        ("keiner", True),
        ("Il ne compte pas", True),
        ("No cuenta", True),
        ("A knot, a notary, Norway", False),
        ("", False),
    ],
)
def test_a_text_says_no_if_it_does_so_an_odd_number_of_times(text, no):
    assert says_no(text) is no
