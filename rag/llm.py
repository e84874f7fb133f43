"""Settings -> a LangChain chat model: in this process, on a server, or hosted."""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from langchain_core.language_models import BaseChatModel

from rag.config import Settings
from rag.errors import ExtraMissingError, ModelError, ModelMissingError
from rag.llama import MAX_ANSWER_TOKENS, LlamaChat
from rag.models import DEFAULT_LLM, find_model, require

CONTEXT_MARGIN = 512
"""Tokens of context beyond prompt and answer, since the prompt is counted by another tokenizer."""

OLLAMA = "http://localhost:11434"
"""Where Ollama listens unless a person says otherwise."""

_EXTRAS = frozenset({"anthropic", "ollama", "openai"})
"""Providers whose package is an extra of this one."""

END_MARKS: Mapping[str, str] = {
    "local": "finish_reason",
    "openai": "finish_reason",
    "ollama": "done_reason",
    "anthropic": "stop_reason",
}
"""The metadata in which the last message of a provider that always sends it says why it ended."""


def local_chat(settings: Settings) -> tuple[LlamaChat, str]:
    """The model in the process and its name; not loaded yet.

    Raises:
        ModelMissingError: it is not on this machine.
        DigestError: it is, with other bytes than it should have.
    """
    name = settings.llm.partition(":")[2] or DEFAULT_LLM
    if name.endswith(".gguf"):
        path, title = Path(name).expanduser(), Path(name).stem
        if not path.is_file():
            raise ModelMissingError(f"no file {path}; CRIB_LLM=local:PATH names a GGUF file")
    else:
        model = find_model(name)
        path, title = require(settings.cache, model) / model.files[0].name, model.title
    context = settings.prompt_tokens + MAX_ANSWER_TOKENS + CONTEXT_MARGIN
    states = settings.cache / "prompts"
    return LlamaChat(path=path, states=states, context=context, threads=settings.threads), title


def named_chat(settings: Settings) -> BaseChatModel:
    """A chat model on a server, by `PROVIDER:NAME`, through LangChain's `init_chat_model`.

    Raises:
        ExtraMissingError: the provider's package is not installed.
        ModelError: it is, but the provider does not take these settings (no key, no such provider).
    """
    provider, _, name = settings.llm.partition(":")
    if not name:
        raise ModelError(
            f"CRIB_LLM={settings.llm!r} is not a model; use none, local, ollama:NAME, "
            "openai:NAME, anthropic:NAME or another PROVIDER:NAME"
        )
    try:
        init_chat_model: Callable[..., BaseChatModel] = importlib.import_module(
            "langchain.chat_models"
        ).init_chat_model
        return init_chat_model(name, model_provider=provider, **_options(settings, provider))
    except ImportError as error:
        known = provider in _EXTRAS
        extra = f"'cribsheet[{provider}]'" if known else f"langchain langchain-{provider}"
        raise ExtraMissingError(
            f"CRIB_LLM={settings.llm} needs a package that is not installed; "
            f"run: .venv/bin/pip install {extra}"
        ) from error
    except Exception as error:  # every provider raises its own kind for a missing key
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(f"CRIB_LLM={settings.llm} cannot be used: {reason}") from error


def _options(settings: Settings, provider: str) -> dict[str, object]:
    options: dict[str, object] = {"temperature": 0.0}
    if base_url := _base_url(settings, provider):
        options["base_url"] = base_url
    if provider == "ollama":
        limit = {"timeout": settings.llm_timeout}
        return options | {"num_predict": MAX_ANSWER_TOKENS, "client_kwargs": limit}
    options |= {"timeout": settings.llm_timeout, "max_retries": 0}
    options |= {"max_tokens": MAX_ANSWER_TOKENS}
    if settings.llm_api_key:
        options["api_key"] = settings.llm_api_key.get_secret_value()
    elif settings.llm_base_url and provider == "openai":
        options["api_key"] = "none"  # a server of one's own wants none, but the package insists
    return options


def _base_url(settings: Settings, provider: str) -> str:
    """The server to ask; empty for the provider's own.

    Ollama's is always named, so that OLLAMA_HOST cannot send notes away unseen.
    """
    return settings.llm_base_url or (OLLAMA if provider == "ollama" else "")


def stays_here(settings: Settings) -> bool:
    """True if the passages of a question do not leave this machine."""
    provider = settings.llm.partition(":")[0]
    if provider in {"none", "local"}:
        return True
    host = urlsplit(_base_url(settings, provider)).hostname
    return host in {"localhost", "127.0.0.1", "::1"}
