"""What is chosen on the page is kept, and the environment goes before it."""

from pathlib import Path

import pytest

from rag.config import (
    PREFERENCES,
    changed,
    fixed_names,
    load_settings,
    read_preferences,
    write_preferences,
)
from rag.errors import SettingsError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRIB_HOME", str(tmp_path))
    monkeypatch.delenv("CRIB_LLM", raising=False)
    return tmp_path


def test_what_was_chosen_holds_from_then_on(home: Path) -> None:
    assert load_settings().passages == 5
    write_preferences(home, {"passages": 9, "llm": "none"})
    assert (load_settings().passages, load_settings().llm) == (9, "none")


def test_the_environment_goes_before_what_was_chosen(home: Path, monkeypatch) -> None:
    write_preferences(home, {"passages": 9, "strict": True})
    monkeypatch.setenv("CRIB_PASSAGES", "3")
    settings = load_settings()
    assert (settings.passages, settings.strict) == (3, True)
    assert "passages" in fixed_names()
    assert "strict" not in fixed_names()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"passages": 99}', "preferences.json: passages=99: "),
        ('{"home": "/"}', "home cannot be chosen; mend it, or delete it"),
        ('{"pass', "cannot be read (.*); mend it, or delete it"),
        ("[1]", "what it holds cannot be chosen"),
    ],
)
def test_a_file_that_was_damaged_is_told_with_what_to_do(home, text, told) -> None:
    (home / PREFERENCES).write_text(text)
    with pytest.raises(SettingsError, match=told):
        load_settings()


def test_a_home_that_cannot_be_written_to_is_told(home: Path) -> None:
    (home / "file").touch()
    with pytest.raises(SettingsError, match="set CRIB_HOME"):
        write_preferences(home / "file", {})


def test_what_cannot_be_written_leaves_what_was_there(home: Path) -> None:
    write_preferences(home, {"passages": 9})
    with pytest.raises(TypeError):
        write_preferences(home, {"passages": object()})
    assert read_preferences(home) == {"passages": 9}
    assert [path.name for path in home.iterdir()] == [PREFERENCES]


def test_a_change_is_checked_and_keeps_all_else(home: Path) -> None:
    settings = changed(load_settings(), {"strict": True})
    assert changed(settings, {"passages": 7}) == settings.model_copy(update={"passages": 7})
    with pytest.raises(SettingsError, match="passages=0: "):
        changed(settings, {"passages": 0})
