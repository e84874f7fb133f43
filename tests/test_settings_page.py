"""The page of settings: what is said of a library, what is chosen, what is for whoever helps."""

from pathlib import Path

import pytest
from conftest import ROOT

from commands.doctor import Finding
from commands.ingestion import ingest
from commands.pages.library import NotesLibrary
from commands.pages.settings import SettingsController
from rag.config import CHOOSABLE, Settings, load_settings, read_preferences, write_preferences
from rag.errors import ModelError, SettingsError
from rag.types import Found
from web.templates import Macros

PAGE = Macros("settings")
KEY = "sk-canary-0123456789"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRIB_HOME", str(tmp_path))
    monkeypatch.delenv("CRIB_LLM", raising=False)
    write_preferences(tmp_path, {"llm": "none"})
    return tmp_path


@pytest.fixture
def library(home: Path) -> NotesLibrary:
    settings = load_settings()
    list(ingest(settings, str(ROOT / "notes")))
    return NotesLibrary(settings)


def test_what_is_chosen_holds_at_once_and_after_the_next_start(library, home) -> None:
    controls = SettingsController(library)
    controls.choose("passages", 2)
    assert controls.values()["passages"] == 2
    found = next(library.stream("What is Clarify?", ()))
    assert isinstance(found, Found)
    assert len(found.evidence.passages) <= 2
    assert load_settings().passages == 2


def test_what_the_environment_decides_cannot_be_chosen(library, monkeypatch) -> None:
    monkeypatch.setenv("CRIB_PASSAGES", "5")
    assert "passages" in SettingsController(library).fixed()
    with pytest.raises(SettingsError, match="CRIB_PASSAGES"):
        SettingsController(library).choose("passages", 3)


@pytest.mark.parametrize(("name", "value"), [("passages", 0), ("language", "de"), ("home", "/")])
def test_what_is_not_allowed_changes_nothing(library, home, name, value) -> None:
    before = dict(SettingsController(library).values())
    with pytest.raises(SettingsError):
        SettingsController(library).choose(name, value)
    assert dict(SettingsController(library).values()) == before
    assert read_preferences(home) == {"llm": "none"}


def test_a_model_that_is_none_is_not_kept(library, home) -> None:
    with pytest.raises((ModelError, SettingsError)):
        SettingsController(library).choose("llm", "nonsense:")
    assert read_preferences(home) == {"llm": "none"}
    assert SettingsController(library).values()["llm"] == "none"


def test_health_says_what_is_well_and_a_lost_index_is_repaired(library, home) -> None:
    controls = SettingsController(library)
    assert all(finding.ok for finding in controls.health(repair=False))
    (chroma,) = home.glob("index-*/chroma/chroma.sqlite3")
    chroma.unlink()
    assert all(finding.ok for finding in controls.health(repair=True))


def test_a_diagnosis_has_no_keys_no_addresses_and_no_home(home, monkeypatch) -> None:
    monkeypatch.setenv("CRIB_LLM_API_KEY", KEY)
    monkeypatch.setenv("CRIB_LLM_BASE_URL", "http://10.9.8.7:1234/v1")
    monkeypatch.setattr(Path, "home", lambda: home)
    library = NotesLibrary(load_settings())
    bad = Finding("index", False, f"{home}/index is damaged")
    text = SettingsController(library).diagnosis([bad])
    assert KEY not in text
    assert "10.9.8.7" not in text
    assert str(home) not in text
    assert "BAD index: ~/index is damaged" in text
    assert "chromadb: 1." in text


def test_what_was_found_is_text(home) -> None:
    evil = "<img src=x onerror=alert(1)>${alert(1)}"
    for html in (
        PAGE.health([Finding(evil, False, evil)]),
        PAGE.running([("model", evil)]),
    ):
        assert "<img" not in html
        assert "&lt;img" in html


def test_health_counts_what_is_not_well() -> None:
    one = [Finding("a", True, ""), Finding("b", False, "")]
    assert "One thing is not well." in PAGE.health(one)
    assert "All is well." in PAGE.health(one[:1])
    assert "Nothing was looked at" in PAGE.health(None)


def test_settings_that_can_be_chosen_are_settings() -> None:
    assert set(CHOOSABLE) <= set(Settings.model_fields)
