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
    ("name", "value", "says"),
    [
        # Silently ignored, it would be looked for in the wrong place.
        ("LMM", "x", " is not a setting; did you mean CRIB_LLM?"),
        ("XYZZY", "x", " is not a setting; known: CRIB_ANSWER_CACHE, CRIB_CACHE, "),
        ("REFUSE_BELOW", "0.6", " is not a setting; CRIB_WRONG_ANSWERS=5 says it in answers"),
        ("PASSAGES", "0", "='0': Input should be greater than or equal to 1"),
        ("PASSAGES", "many", "='many': Input should be a valid integer"),
        ("PROMPT_TOKENS", "10", "="),
        ("LLM", "", "="),
        ("LLM_TIMEOUT", "0", "="),
        ("WRONG_ANSWERS", "nan", "="),
        ("WRONG_ANSWERS", "0", "="),
        ("LLM_CONNECT_TIMEOUT", "-1", "="),
        ("LLM_TOKEN_TIMEOUT", "soon", "="),
        ("LLM_CONTEXT", "100", "="),
        ("THREADS", "-1", "="),
        ("TRACING", "perhaps", "="),
    ],
)
def test_what_is_no_setting_or_out_of_bounds_is_one_line_that_names_it(
    monkeypatch, name, value, says
):
    monkeypatch.setenv(f"CRIB_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"CRIB_{name}{says}")
    assert "\n" not in str(caught.value)


def test_a_key_is_not_shown(monkeypatch):
    monkeypatch.setenv("CRIB_LLM_API_KEY", "canary-key")
    settings = load_settings()
    with pytest.raises(ValidationError):
        settings.passages = 3  # type: ignore[misc] # they do not change while they are in use
    assert "canary-key" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.llm_api_key
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
    get_env_var.cache_clear()  # type: ignore[attr-defined]
    try:
        assert tracing_is_enabled() is (tracing == "true")
    finally:
        get_env_var.cache_clear()  # type: ignore[attr-defined]


def test_every_setting_says_what_it_is_for():
    for name, field in Settings.model_fields.items():
        assert field.description, f"{PREFIX}{name.upper()}"
