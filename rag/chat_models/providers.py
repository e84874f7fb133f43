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


_OLLAMA = Provider(
    "ollama", "langchain_ollama", "ollama", url="http://localhost:11434", end_mark="done_reason"
)
_OPENAI = Provider(
    "openai",
    "langchain_openai",
    "openai",
    url="https://api.openai.com/v1",
    keys=("OPENAI_API_KEY",),
    end_mark="finish_reason",
)
_ANTHROPIC = Provider(
    "anthropic",
    "langchain_anthropic",
    "anthropic",
    url="https://api.anthropic.com",
    keys=("ANTHROPIC_API_KEY",),
    end_mark="stop_reason",
)
_GOOGLE = Provider(
    "google_genai",
    "langchain_google_genai",
    "google",
    url="https://generativelanguage.googleapis.com",
    keys=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    end_mark="finish_reason",
)
_MISTRAL = Provider(
    "mistralai",
    "langchain_mistralai",
    "mistral",
    url="https://api.mistral.ai/v1",
    keys=("MISTRAL_API_KEY",),
    end_mark="finish_reason",
)
_BEDROCK = Provider(
    "bedrock_converse",
    "langchain_aws",
    "bedrock",
    url="",  # one for each region
    keys=("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"),
    end_mark="stopReason",
)

# Each has its address, so that OLLAMA_HOST or OPENAI_BASE_URL cannot send notes away unseen.
PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        name: one
        for one in (_OLLAMA, _OPENAI, _ANTHROPIC, _GOOGLE, _MISTRAL, _BEDROCK)
        for name in (one.extra, one.langchain)
    }
)
"""By the names that a person may use: that of the extra, and LangChain's own."""


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
