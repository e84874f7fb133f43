"""What is known of pages does not grow with all that were ever opened."""

from web import remembering
from web.remembering import remember


def test_of_too_many_pages_what_was_learnt_longest_ago_is_forgotten(monkeypatch) -> None:
    monkeypatch.setattr(remembering, "MOST", 2)
    known: dict[str, int] = {}
    for session in ("first", "second", "first", "third"):
        remember(known, session, len(known))
    assert list(known) == ["first", "third"]
