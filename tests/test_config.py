"""Settings come from the environment, and what is wrong there is one line."""

import os
from pathlib import Path

import platformdirs
import pytest
from langsmith.utils import get_env_var, tracing_is_enabled
from pydantic import ValidationError

from rag.config import PREFIX, Settings, load_settings
from rag.errors import SettingsError


def test_state_and_cache_lie_in_the_users_own_directories(monkeypatch):
    monkeypatch.delenv("CRIB_HOME")
    monkeypatch.delenv("CRIB_CACHE")
    monkeypatch.delenv("CRIB_LLM")
    settings = load_settings()
    assert settings.home == platformdirs.user_data_path("cribsheet", appauthor=False)
    assert settings.cache == platformdirs.user_cache_path("cribsheet", appauthor=False)
    assert settings.llm == "local"


def test_a_setting_is_taken_from_the_environment(monkeypatch):
    monkeypatch.setenv("CRIB_HOME", "~/crib")
    monkeypatch.setenv("CRIB_PASSAGES", "7")
    settings = load_settings()
    assert settings.home == Path.home() / "crib"
    assert settings.passages == 7


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CRIB_LMM", "CRIB_LMM is not a setting; did you mean CRIB_LLM?"),
        ("CRIB_XYZZY", "CRIB_XYZZY is not a setting; known: CRIB_ANSWER_CACHE, CRIB_CACHE, "),
        ("CRIB_MODEL", "CRIB_MODEL is not a setting; known: CRIB_ANSWER_CACHE, CRIB_CACHE, "),
    ],
)
def test_a_misspelt_setting_is_refused(monkeypatch, name, message):
    """Silently ignored, it would be looked for in the wrong place."""
    monkeypatch.setenv(name, "x")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CRIB_PASSAGES", "0"),
        ("CRIB_PASSAGES", "many"),
        ("CRIB_PROMPT_TOKENS", "10"),
        ("CRIB_LLM", ""),
        ("CRIB_LLM_TIMEOUT", "0"),
        ("CRIB_WRONG_ANSWERS", "nan"),
        ("CRIB_WRONG_ANSWERS", "0"),
        ("CRIB_LLM_CONNECT_TIMEOUT", "-1"),
        ("CRIB_LLM_TOKEN_TIMEOUT", "soon"),
        ("CRIB_LLM_CONTEXT", "100"),
        ("CRIB_THREADS", "-1"),
        ("CRIB_TRACING", "perhaps"),
    ],
)
def test_a_value_out_of_bounds_is_one_line_that_names_it(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{name}=")
    assert "\n" not in str(caught.value)


def test_settings_do_not_change_while_they_are_in_use(settings):
    with pytest.raises(ValidationError):
        settings.passages = 3


def test_a_key_is_not_shown(monkeypatch):
    monkeypatch.setenv("CRIB_LLM_API_KEY", "canary-key")
    settings = load_settings()
    assert "canary-key" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.llm_api_key.get_secret_value() == "canary-key"


@pytest.mark.parametrize("tracing", ["false", "true"])
def test_prompts_are_traced_only_where_a_person_says_so(monkeypatch, tracing):
    """LangChain's own variables may be set for another program; any one of them is enough."""
    names = [
        f"{maker}_{what}"
        for maker in ("LANGSMITH", "LANGCHAIN")
        for what in ("TRACING", "TRACING_V2")
    ]
    for name in names:
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("CRIB_TRACING", tracing)
    load_settings()
    assert {os.environ[name] for name in names} == {tracing}
    get_env_var.cache_clear()
    try:
        assert tracing_is_enabled() is (tracing == "true")
    finally:
        get_env_var.cache_clear()


def test_every_setting_says_what_it_is_for():
    for name, field in Settings.model_fields.items():
        assert field.description, f"{PREFIX}{name.upper()}"


def test_a_setting_of_an_earlier_version_is_refused_with_the_one_that_took_its_place(monkeypatch):
    monkeypatch.setenv("CRIB_REFUSE_BELOW", "0.6")
    with pytest.raises(SettingsError, match=r"not a setting; CRIB_WRONG_ANSWERS=5 says it in"):
        load_settings()
