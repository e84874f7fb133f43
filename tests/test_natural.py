"""Questions as people type them: the files hold together, the rule judges, the model answers."""

from itertools import islice
from pathlib import Path

import pytest
from fakes import make_chunk

from benchmarks.natural import FOLDER, Natural, judged, load, verdict
from rag.answer_wiring import load_writers
from rag.config import Settings
from rag.types import Answer, Citation, Status

CASES = [*load("before"), *load("after")]
LEAST = 24
"""Of forty right and cited right; 29 were when this was written. Other machines round otherwise."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_quote_stands_in_one_line_of_its_note(case: Natural) -> None:
    path = FOLDER / "notes" / case.vault / Path(case.note).name
    lines = path.read_text("utf-8").splitlines()
    assert sum(case.quote in line for line in lines) == 1
    assert case.answers


def test_ids_are_told_apart() -> None:
    every = [*CASES, *load("absent")]
    assert len({case.id for case in every}) == len(every)


ASKED = Natural(
    "x", "law", "when is the moot", "date", ("14 May", "May & 14th"), "law.md", "14 May"
)
CHUNK = make_chunk("- moot: 14 May\n- fee: 40", "Dates", path="/notes/law.md")


@pytest.mark.parametrize(
    ("text", "status", "cited", "found"),
    [
        ("On 14 MAY [1].", Status.ANSWERED, (2, 14), "right"),
        ("May the 14th [1].", Status.ANSWERED, (2, 6), "right"),
        ("On 14 May [1].", Status.ANSWERED, (17, 20), "badly cited"),
        ("On 15 May [1].", Status.ANSWERED, (2, 14), "wrong"),
        ("Not in the notes.", Status.REFUSED, (2, 14), "refused"),
    ],
)
def test_the_rule_judges_words_and_lines(
    text: str, status: Status, cited: tuple[int, int], found: str
) -> None:
    citations = (Citation(1, CHUNK, *cited),) if status is Status.ANSWERED else ()
    answer = Answer(ASKED.question, ASKED.question, text, status, "m", citations)
    assert verdict(ASKED, answer) == found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_local_model_answers_and_cites_questions_as_people_type_them(
    settings: Settings,
) -> None:
    """Forty of them: five of each subject."""
    own = settings.model_copy(update={"llm": "local"})
    before = load("before")
    vaults = dict.fromkeys(case.vault for case in before)
    forty = [c for v in vaults for c in islice((c for c in before if c.vault == v), 5)]
    found = list(judged(own, load_writers(own), forty))
    wrong = [f"{one.verdict}: {one.asked.question} -> {one.answer.text}" for one in found]
    assert sum(one.verdict == "right" for one in found) >= LEAST, "\n".join(wrong)
