"""What is known of pages does not grow with all that were ever opened."""

from web import parts
from web.parts import remember


def test_of_too_many_pages_what_was_learnt_longest_ago_is_forgotten(monkeypatch) -> None:
    monkeypatch.setattr(parts, "MOST_PAGES", 2)
    known: dict[str, int] = {}
    for session in ("first", "second", "first", "third"):
        remember(known, session, len(known))
    assert list(known) == ["first", "third"]
