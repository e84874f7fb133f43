"""What Gradio keeps of a page: little, and of no more pages than there may be."""

import asyncio

import gradio as gr
import pytest
from gradio.state_holder import SessionState
from page_fakes import (
    GRADIO_WARNINGS,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
)

from web.sessions import LightSession, use_light_sessions

pytestmark = [pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS]


@pytest.fixture(scope="module")
def blocks():
    with gr.Blocks(analytics_enabled=False) as page:
        box, past = gr.Textbox("first"), gr.State(())
        box.submit(lambda text, old: ((*old, text), gr.update(lines=3)), [box, past], [past, box])
    return page


def _ask(blocks, session, *texts):
    """Call the listener as Gradio's server does."""

    async def ask():
        function = next(iter(blocks.fns.values()))
        return [await blocks.process_api(function, [text, None], session) for text in texts]

    return asyncio.run(ask())[-1]["data"]


def _part(blocks, kind):
    return next(block for block in blocks.blocks.values() if isinstance(block, kind))


def test_a_session_remembers_what_a_listener_gave_it(blocks):
    session = LightSession(blocks)
    assert _ask(blocks, session, "one", "two")[1]["lines"] == 3
    assert session[_part(blocks, gr.State)._id] == ("one", "two")


def test_a_session_describes_no_part_of_the_page(blocks):
    """Gradio's own does, for links to a page as it is: 0.4 MB of each page, and half the time."""
    session = LightSession(blocks)
    _ask(blocks, session, "one")
    assert not list(session.components)
    assert list(SessionState(blocks).components)


def test_what_one_session_changes_no_other_sees(blocks):
    first, second = LightSession(blocks), LightSession(blocks)
    _ask(blocks, first, "one")
    box = _part(blocks, gr.Textbox)
    assert (first[box._id].lines, second[box._id].lines, box.lines) == (3, 1, 1)


def test_a_page_that_was_launched_keeps_those_that_are_open(blocks):
    holder = blocks.app.state_holder
    before = holder["before"]
    blocks.state_session_capacity = 2
    use_light_sessions(blocks)
    holder = blocks.app.state_holder
    assert holder is blocks.state_holder
    assert holder["before"] is before
    assert isinstance(holder["after"], LightSession)
    assert isinstance(holder["third"], LightSession)
    assert "before" not in holder  # what rested longest
