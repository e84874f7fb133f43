"""What the commands print."""

from dataclasses import replace

import pytest
from fakes import make_hit

from commands.ask import show_answer
from commands.models import pull_with_bar
from rag.downloads import PullProgress
from rag.models import CATALOGUE
from rag.types import (
    Answer,
    Citation,
    Claim,
    Event,
    Evidence,
    Finished,
    Found,
    Grounding,
    Status,
    Token,
)

HIT = make_hit("Explains biases.", "Clarify")
ANSWER = Answer("Why?", "Why?", "It explains biases [1].", Status.ANSWERED, "a script", hits=(HIT,))


def printed(capsys, answer: Answer) -> list[str]:
    events: list[Event] = [
        Found(Evidence("Why?", (HIT,))),
        Token("It explains "),
        Token("them [9]."),
    ]
    show_answer([*events, Finished(answer)])
    return [line for line in capsys.readouterr().out.splitlines() if line]


def test_the_answer_is_printed_once_as_it_ended_with_the_lines_it_rests_on(capsys):
    """What the model wrote may have named a passage that there is not."""
    lines = printed(capsys, replace(ANSWER, citations=(Citation(1, HIT.chunk, 0, 16),)))
    assert lines == [
        *("Found", "  [1] /notes/n.md:1  Clarify", "It explains biases [1]."),
        *("Sources", "  [1] /notes/n.md:1  Explains biases.", "Answered by: a script"),
    ]


def test_what_was_withheld_is_not_left_on_the_screen(capsys):
    refused = replace(ANSWER, text="Not in the notes.", status=Status.REFUSED, notice="Withheld.")
    assert printed(capsys, refused)[2:] == [
        *("Not in the notes.", "Withheld.", "Answered by: a script"),
    ]


def test_behind_a_sentence_that_is_not_grounded_it_says_so(capsys):
    text = "It explains biases [1]. It is old [1]. It is red."
    claims = (
        Claim(0, 23, Grounding.GROUNDED),
        Claim(24, 38, Grounding.WEAK),
        Claim(39, 49, Grounding.NOT_FOUND),
    )
    assert printed(capsys, replace(ANSWER, text=text, claims=claims))[2] == (
        "It explains biases [1]. It is old [1]. (weakly supported) "
        "It is red. (not found in the notes)"
    )


def test_ctrl_c_leaves_what_was_written_so_far(capsys):
    """As a person who has read enough would expect; the line that is being drawn goes away."""

    def interrupted():
        yield Found(Evidence("Why?", (HIT,)))
        yield Token("It explains ")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        show_answer(interrupted())
    assert capsys.readouterr().out.splitlines()[-1] == "It explains "


def test_a_log_says_how_far_a_model_is_in_tenths(capsys, monkeypatch, tmp_path):
    """Where nobody sees a bar, a gigabyte must not come in silence."""
    model = CATALOGUE[0]

    def pull(_model, _cache, advance):
        for part in range(0, 101, 5):
            advance(PullProgress(model.name, "hub", model.size * part // 100, model.size))
        return tmp_path

    monkeypatch.setattr("rag.downloads.pull", pull)
    assert pull_with_bar(model, tmp_path) == tmp_path
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[4] == f"{model.name}: 50% of 91 MB"
