"""Those who run models: which package speaks to them, where they are, what they are given."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from pydantic import SecretStr

from rag.config import Settings
from rag.errors import ModelError
from rag.models import DEFAULT_LLM

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def is_here(url: str) -> bool:
    """True if the server is on this machine."""
    return urlsplit(url).hostname in _HERE


@dataclass(frozen=True, slots=True)
class Provider:
    """One of them. `langchain` is its name there, `extra` the extra of this package that brings it.

    `url` is where it answers unless a person says otherwise, `keys` the variables that its package
    reads its key from, `end_mark` the metadata in which its last message says why it ended.
    """

    langchain: str
    module: str
    extra: str
    url: str = ""
    keys: tuple[str, ...] = ()
    end_mark: str = ""


_GOOGLE = Provider(
    "google_genai",
    "langchain_google_genai",
    "google",
    "https://generativelanguage.googleapis.com",
    ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "finish_reason",
)
_MISTRAL = Provider(
    "mistralai",
    "langchain_mistralai",
    "mistral",
    "https://api.mistral.ai/v1",
    ("MISTRAL_API_KEY",),
    "finish_reason",
)
_BEDROCK = Provider(
    "bedrock_converse",
    "langchain_aws",
    "bedrock",
    "",  # one for each region
    ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"),
    "stopReason",
)

PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        # Always named, so that OLLAMA_HOST or OPENAI_BASE_URL cannot send notes away unseen.
        "ollama": Provider(
            "ollama", "langchain_ollama", "ollama", "http://localhost:11434", (), "done_reason"
        ),
        "openai": Provider(
            "openai",
            "langchain_openai",
            "openai",
            "https://api.openai.com/v1",
            ("OPENAI_API_KEY",),
            "finish_reason",
        ),
        "anthropic": Provider(
            "anthropic",
            "langchain_anthropic",
            "anthropic",
            "https://api.anthropic.com",
            ("ANTHROPIC_API_KEY",),
            "stop_reason",
        ),
        "google": _GOOGLE,
        "google_genai": _GOOGLE,
        "mistral": _MISTRAL,
        "mistralai": _MISTRAL,
        "bedrock": _BEDROCK,
        "bedrock_converse": _BEDROCK,
    }
)


@dataclass(frozen=True, slots=True)
class Named:
    """A model as `CRIB_LLM` names it. `url` and `key` are empty where its package knows better."""

    entry: str
    provider: str
    name: str
    url: str = ""
    key: SecretStr | None = None

    @property
    def is_in_process(self) -> bool:
        """True if no server is asked."""
        return self.provider in {"none", "local"}

    @property
    def stays_here(self) -> bool:
        """True if the passages of a question do not leave this machine."""
        return self.is_in_process or is_here(self.url)

    @property
    def host(self) -> str:
        """Who gets the passages; empty if they stay in this process."""
        return "" if self.is_in_process else urlsplit(self.url).hostname or self.provider

    @property
    def title(self) -> str:
        """The model as a person is shown it, and whether passages leave."""
        if self.provider == "none":
            return "the notes' own sentences"
        if self.stays_here:
            return self.entry
        return f"{self.entry} (passages leave this machine for {self.host})"

    @property
    def key_setting(self) -> str:
        """Where its key is set."""
        known = PROVIDERS.get(self.provider)
        if self.key or not known or not known.keys or self.url != known.url:
            return "CRIB_LLM_API_KEY"
        return known.keys[0]


def entries(llm: str) -> tuple[str, ...]:
    """The models that a value of `CRIB_LLM` names, in the order in which they are to be asked."""
    return tuple(entry.strip() for entry in llm.split(",") if entry.strip())


def named(settings: Settings, entry: str) -> Named:
    """What `entry` means under these settings.

    Raises:
        ModelError: it is no name of a model.
    """
    provider, _, name = entry.partition(":")
    if provider == "none" and not name:
        return Named(entry, "none", "")
    if provider == "local":
        return Named(entry, "local", name or DEFAULT_LLM)
    if not name:
        raise ModelError(
            f"CRIB_LLM={entry!r} is not a model; use none, local, ollama:NAME, "
            "openai:NAME, anthropic:NAME or another PROVIDER:NAME"
        )
    known = PROVIDERS.get(provider)
    url = known.url if known else ""
    if provider != _owner(settings):
        return Named(entry, provider, name, url)
    return Named(entry, provider, name, settings.llm_base_url or url, settings.llm_api_key)


def _owner(settings: Settings) -> str:
    """Whose CRIB_LLM_BASE_URL and CRIB_LLM_API_KEY are: the first named that is on a server."""
    providers = (entry.partition(":")[0] for entry in entries(settings.llm))
    return next((one for one in providers if one not in {"none", "local"}), "openai")


def all_named(settings: Settings) -> tuple[Named, ...]:
    """The models of `CRIB_LLM`, in order. Raises what `named` raises."""
    return tuple(named(settings, entry) for entry in entries(settings.llm))


def hosts(settings: Settings, llms: Iterable[str]) -> list[str]:
    """The machines that get passages if these values of `CRIB_LLM` are used, each once.

    None where they stay on this machine. What is no name of a model takes nothing anywhere.
    """
    found: dict[str, None] = {}
    for entry in sorted(entry for llm in llms for entry in entries(llm)):
        with contextlib.suppress(ModelError):
            one = named(settings, entry)
            if not one.stays_here:
                found[one.host] = None
    return list(found)
