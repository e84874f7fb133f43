"""Settings: what a person may change. The only reader of the environment.

A value is taken from `CRIB_<NAME>`; a `CRIB_` variable that is not a setting is refused, so that a
misspelt one is not silently ignored. Keys of hosted models (`OPENAI_API_KEY` and the like) are read
by the providers' own packages and never pass through here.

What a person chose on the page is kept in the home; the environment goes before it.
"""

import difflib
import json
import locale
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.errors import SettingsError
from rag.files import write_json
from rag.models import EMBEDDING

PREFIX = "CRIB_"
_GONE = {
    "refuse_below": "CRIB_WRONG_ANSWERS=5 says it in answers: at most 5 in 100 may be wrong",
}
"""Settings of earlier versions, and what to do instead."""

_APP = "cribsheet"
_TRACING = (
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING_V2",
    "LANGSMITH_TRACING",
    "LANGCHAIN_TRACING",
)
"""All that switch it on; the first that is set counts."""

PREFERENCES = "preferences.json"

CHOOSABLE = (
    "llm",
    "passages",
    "prompt_tokens",
    "wrong_answers",
    "strict",
    "answer_cache",
    "language",
)
"""The settings that can be chosen so. Where things lie, and keys, are for the environment."""


class Settings(BaseSettings):
    """What a person may change. Frozen; every field is an environment variable `CRIB_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    home: Path = Field(
        default_factory=lambda: platformdirs.user_data_path(_APP, appauthor=False),
        description="where the library's state lives: catalog and index",
    )
    cache: Path = Field(
        default_factory=lambda: platformdirs.user_cache_path(_APP, appauthor=False),
        description="where models, and what is converted from them, live",
    )
    notes: Path = Field(Path("notes"), description="the folder that is ingested when none is named")
    embedding_model: str = Field(
        EMBEDDING,
        min_length=1,
        description="all-MiniLM-L6-v2 | FOLDER of a sentence-transformers model | ORG/MODEL",
    )
    llm: str = Field(
        "local",
        min_length=1,
        description="none | local | local:NAME_OR_PATH.gguf | ollama:NAME | PROVIDER:NAME; "
        "or several, with commas: who fails before the first word is followed by the next",
    )
    llm_base_url: str | None = Field(
        None,
        description="where the first model of CRIB_LLM that is on a server is asked; with "
        "openai:NAME any OpenAI-compatible server",
    )
    llm_api_key: SecretStr | None = Field(
        None, description="the key of that server, if it wants one"
    )
    llm_timeout: Annotated[float, Field(gt=0, le=3600)] = Field(
        120.0, description="seconds to wait for a model's first word"
    )
    llm_connect_timeout: Annotated[float, Field(gt=0, le=600)] = Field(
        10.0, description="seconds to wait for a connection to a model server"
    )
    llm_token_timeout: Annotated[float, Field(gt=0, le=3600)] = Field(
        60.0, description="seconds that a model may be silent in the middle of an answer"
    )
    llm_context: Annotated[int, Field(ge=512, le=1_000_000)] | None = Field(
        None, description="tokens of context of a local model; default: what prompt and answer need"
    )
    threads: Annotated[int, Field(ge=1, le=256)] = Field(
        default_factory=lambda: min(os.cpu_count() or 2, 8),
        description="threads of the local model",
    )
    engine: Literal["auto", "bf16", "f32", "torch"] = Field(
        "auto",
        description="what runs the embedding model: auto (the one that was fastest when it was "
        "first run on this machine) | bf16 | f32 (OpenVINO's) | torch",
    )
    passages: Annotated[int, Field(ge=1, le=20)] = Field(
        5, description="passages retrieved for a question"
    )
    reranker: str | None = Field(
        None, description="FOLDER or ORG/MODEL of a CrossEncoder that orders passages anew; off"
    )
    rerank_ms: Annotated[int, Field(ge=1, le=60_000)] = Field(
        300, description="milliseconds that it may take for a question; later passages are not read"
    )
    prompt_tokens: Annotated[int, Field(ge=400, le=100_000)] = Field(
        600, description="tokens of a prompt at most; more cost time before the first token"
    )
    wrong_answers: Annotated[float, Field(ge=0.1, le=50)] = Field(
        6.0,
        description="of 100 answers, at most so many to questions that the notes do not answer",
    )
    strict: bool = Field(False, description="leave out of answers what the passages do not say")
    question_chars: Annotated[int, Field(ge=10, le=100_000)] = Field(
        2000, description="characters of a question at most"
    )
    language: Literal["en", "fr"] = Field(
        default_factory=lambda: "fr" if (locale.getlocale()[0] or "").startswith("fr") else "en",
        description="en | fr: what the page speaks; default: the system's, if it is one of these",
    )
    answer_cache: bool = Field(
        True, description="give an answer again where the same was asked of the same passages"
    )
    password: SecretStr | None = Field(
        None, min_length=8, description="what the page asks for before it shows anything"
    )
    user: str = Field(
        "crib", min_length=1, max_length=100, description="whose password that is, at the login"
    )
    tracing: bool = Field(False, description="let LangChain send traces to LangSmith")

    @field_validator("llm_base_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        url = (url or "").strip()
        if url and urlsplit(url).scheme not in {"http", "https"}:
            raise ValueError(f"an address begins with http:// or https://; was http://{url} meant?")
        return url or None

    @field_validator("llm_api_key")
    @classmethod
    def _key(cls, key: SecretStr | None) -> SecretStr | None:
        """Without the line end that a key read from a file has."""
        return SecretStr(key.get_secret_value().strip()) if key else None

    @field_validator("home", "cache", "notes")
    @classmethod
    def _expand(cls, path: Path) -> Path:
        return path.expanduser()


def load_settings() -> Settings:
    """Read the environment, and what was chosen on the page where the environment says nothing.

    Raises:
        SettingsError: a value is not allowed, or a `CRIB_` variable is not a setting.
    """
    _refuse_unknown()
    named = _checked({}, PREFIX, str.upper)
    chosen = read_preferences(named.home)
    free = {name: value for name, value in chosen.items() if name not in fixed_names()}
    settings = _checked(free, f"{named.home / PREFERENCES}: ", str) if free else named
    if not settings.tracing:
        # LangChain sends every prompt to a server of its makers where these are set.
        os.environ.update(dict.fromkeys(_TRACING, "false"))
    return settings


def _is_secret(field: str) -> bool:
    return SecretStr in get_args(Settings.model_fields[field].annotation)


def changed(settings: Settings, changes: Mapping[str, object]) -> Settings:
    """The settings with some of them changed.

    Raises:
        SettingsError: a value is not allowed.
    """
    return _checked(dict(settings) | dict(changes), "", str)


def fixed_names() -> frozenset[str]:
    """The settings that the environment decides, so that nothing else can."""
    known = Settings.model_fields
    names = (name.upper().removeprefix(PREFIX).lower() for name in os.environ)
    return frozenset(name for name in names if name in known)


def _checked(values: Mapping[str, object], prefix: str, spelt: Callable[[str], str]) -> Settings:
    try:
        return Settings(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        value = "***" if _is_secret(field) else repr(first["input"])
        raise SettingsError(f"{prefix}{spelt(field)}={value}: {first['msg']}") from None


def is_set(names: Collection[str]) -> bool:
    """True if one of these variables of other programs (keys, mostly) has a value."""
    return any(os.environ.get(name) for name in names)


def key_in(names: Collection[str]) -> str:
    """The first of these variables that has a value, without the line end of a file."""
    return next((key for name in names if (key := os.environ.get(name, "").strip())), "")


def certificates() -> tuple[str | None, str | None]:
    """A file and a folder of certificates that servers may prove themselves by, where they are set.

    Those of OpenSSL, which httpx follows only where it also takes the environment's proxies.
    """
    return os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")


def _refuse_unknown() -> None:
    known = sorted(Settings.model_fields)
    for name in sorted(os.environ):
        own = name.upper().removeprefix(PREFIX).lower()
        if name.upper().startswith(PREFIX) and own not in known:
            raise SettingsError(
                f"{name} is not a setting; {_GONE.get(own) or _nearest(own, known)}"
            )


def _nearest(own: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(own, known, 1)
    names = [PREFIX + one.upper() for one in close or known]
    return f"did you mean {names[0]}?" if close else f"known: {', '.join(names)}"


def read_preferences(home: Path) -> dict[str, object]:
    """What was chosen, by the setting's name; nothing where there is no file.

    Raises:
        SettingsError: the file is not what `write` writes; the message says what to do.
    """
    path = home / PREFERENCES
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read ({error}); mend it, or delete it") from None
    unknown = sorted(set(found) - set(CHOOSABLE)) if isinstance(found, dict) else ["what it holds"]
    if unknown:
        raise SettingsError(f"{path}: {unknown[0]} cannot be chosen; mend it, or delete it")
    return dict(found)


def write_preferences(home: Path, chosen: Mapping[str, object]) -> None:
    """Keep this and nothing else: all of it, or what was there before.

    Raises:
        SettingsError: the home cannot be written to.
    """
    try:
        write_json(home / PREFERENCES, dict(chosen))
    except OSError as error:
        why = f"{home} cannot be written to ({error.strerror})"
        raise SettingsError(f"{why}; set CRIB_HOME to a folder that can be") from None
