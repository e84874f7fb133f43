"""What Gradio remembers of each open page, without what it remembers for nothing."""

from types import SimpleNamespace
from typing import Any

from gradio import Blocks
from gradio.state_holder import SessionState, StateHolder


class LightSession(SessionState):
    """What is kept of one page, or of one call of a program, but no description of its parts.

    Gradio describes every part when a page is first heard of, and again at each of its updates, for
    links to a page as it is. This page has none; they took half of the time that the server needed
    for a question of a program, and 0.4 MB of memory for each.
    """

    def __init__(self, blocks: Blocks) -> None:
        undescribed: Any = SimpleNamespace(default_config=blocks.default_config, blocks={})
        super().__init__(undescribed)
        vars(self.blocks_config)["config_for_block"] = _no_description


class Sessions(StateHolder):
    """The pages that are open; beyond what is to be kept, the one that rested longest goes."""

    def __getitem__(self, session_id: str) -> SessionState:
        """What is known of a page, if it is the first time nothing yet."""
        if session_id not in self.session_data:
            self.session_data[session_id] = LightSession(self.blocks)
        return super().__getitem__(session_id)


def use_light_sessions(blocks: Blocks) -> None:
    """Have a page that was launched keep its sessions like this."""
    sessions = Sessions()  # type: ignore[no-untyped-call]
    sessions.session_data = blocks.app.state_holder.session_data
    sessions.set_blocks(blocks)
    blocks.app.state_holder = sessions


def _no_description(*_: object) -> dict[str, Any]:
    return {}
