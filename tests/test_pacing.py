"""A page is updated no faster than its browser takes it, and is left alone at the end."""

import inspect
import time
from itertools import pairwise

from web.parts import FRAME_SECONDS, paced


class FakePage:
    """Shows the numbers below `count`, and remembers when it was closed."""

    def __init__(self):
        self.closed = False

    def unchanged(self):
        return {"status": "as it was"}

    @paced
    def show(self, count: int):
        try:
            yield from ({"status": number} for number in range(count))
        finally:
            self.closed = True


def test_updates_are_a_frame_apart_and_the_last_changes_nothing():
    seen, times = [], []
    for update in FakePage().show(4):
        seen.append(update["status"])
        times.append(time.monotonic())
    assert seen == [0, 1, 2, 3, "as it was"]
    assert min(after - before for before, after in pairwise(times[:4])) >= FRAME_SECONDS


def test_a_listener_that_has_nothing_to_show_still_says_so():
    """Where no update comes at all, Gradio empties what it could have changed."""
    assert list(FakePage().show(0)) == [{"status": "as it was"}]


def test_a_closed_tab_closes_the_source():
    page = FakePage()
    feed = page.show(2)
    next(feed)
    assert not page.closed
    feed.close()
    assert page.closed


def test_gradio_sees_the_parameters_of_the_listener():
    assert list(inspect.signature(FakePage().show).parameters) == ["count"]
    assert inspect.isgeneratorfunction(FakePage().show)
