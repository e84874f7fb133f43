"""A model's name -> a LangChain chat model: in this process, on a server, or hosted.

Each is held to the same limits: no retries of its own package's (rag/chat_models/chatting.py does
that), no redirects, no proxy to this machine.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import convert_to_messages
from pydantic import ValidationError

from rag.chat_models.adapting import SERVERS_FILE as LEARNED
from rag.chat_models.adapting import Learned
from rag.chat_models.chatting import Terms, stream_answer
from rag.chat_models.connections import client_options, library_of, redacted, require_server
from rag.chat_models.llama import MAX_ANSWER_TOKENS, LlamaChat
from rag.chat_models.providers import PROVIDERS, Named, entries, named
from rag.config import Settings, key_in
from rag.errors import ExtraMissingError, ModelError, ModelMissingError
from rag.models import find_model, require

_Prompt = Sequence[tuple[str, str]]
"""Messages in order: who speaks (system, human or ai), and what."""

CONTEXT_MARGIN = 512
"""Tokens of context beyond prompt and answer, since the prompt is counted by another tokenizer."""

_LIMITED = frozenset({"local", "openai", "anthropic", "mistral", "mistralai"})
"""Those whose package takes the most tokens of one answer with the question."""

_OLLAMA_CONTEXT = 4096
"""Tokens that Ollama gives a model unless it is asked for more; it then loads the model anew."""


def context_of(settings: Settings) -> int:
    """Tokens of context that prompt and answer need."""
    needed = settings.prompt_tokens + MAX_ANSWER_TOKENS + CONTEXT_MARGIN
    return max(needed, settings.llm_context or 0)


def local_chat(settings: Settings, name: str | None = None) -> tuple[LlamaChat, str]:
    """The model in the process and its title; not loaded yet.

    `name` is one of the catalogue, or a path.

    Raises:
        ModelMissingError: it is not on this machine.
        DigestError: it is, with other bytes than it should have.
    """
    name = name or named(settings, settings.llm).name
    if name.endswith(".gguf"):
        path, title = Path(name).expanduser(), Path(name).stem
        if not path.is_file():
            raise ModelMissingError(f"no file {path}; CRIB_LLM=local:PATH names a GGUF file")
    else:
        model = find_model(name)
        path, title = require(settings.cache, model) / model.files[0].name, model.title
    states = settings.cache / "prompts"
    context = context_of(settings)
    return LlamaChat(path=path, states=states, context=context, threads=settings.threads), title


def terms_of(settings: Settings, one: Named) -> Terms:
    """What has to be known of the model to ask it."""
    known = PROVIDERS.get(one.provider)
    local = "finish_reason" if one.provider == "local" else ""
    return Terms(
        end_mark=known.end_mark if known else local,
        first=settings.llm_timeout,
        between=settings.llm_token_timeout,
        name=one.entry,
        key=one.key_setting,
        secret=one.key,
        limit="max_tokens" if one.provider in _LIMITED else "",
        url=one.url,
        learned=_learned(settings, one),
    )


def _learned(settings: Settings, one: Named) -> Learned:
    """What is known of the model; of one in this process there is nothing to know."""
    if one.is_in_process:
        return Learned()
    known = PROVIDERS.get(one.provider)
    return Learned(
        settings.home / LEARNED,
        f"{one.entry} {one.url}",
        may_hide=not known or one.url != known.url,
    )


def named_chat(settings: Settings, one: Named) -> BaseChatModel:
    """A chat model on a server, through LangChain's `init_chat_model`.

    Raises:
        ExtraMissingError: the provider's package is not installed.
        ModelError: it is, but the provider does not take these settings (no key, no such provider).
    """
    known = PROVIDERS.get(one.provider)
    from langchain.chat_models import init_chat_model

    try:
        provider = known.langchain if known else one.provider
        options = {"temperature": 0.0} | _MAKERS.get(one.provider, _common)(settings, one)
        chat: BaseChatModel = init_chat_model(one.name, model_provider=provider, **options)
    except ImportError as error:
        extra = f"'cribsheet[{known.extra}]'" if known else f"langchain-{one.provider}"
        raise ExtraMissingError(
            f"CRIB_LLM={one.entry} needs a package that is not installed; "
            f"run: .venv/bin/pip install {extra}"
        ) from error
    except Exception as error:  # every provider raises its own kind for a missing key
        lines = str(error).strip().splitlines() or [type(error).__name__]
        # The first line of a ValidationError only counts what is wrong.
        reason = str(error.errors()[0]["msg"]) if isinstance(error, ValidationError) else lines[0]
        secrets = [one.key.get_secret_value()] if one.key else []
        shown = error if redacted(str(error), secrets) == str(error) else None
        raise ModelError(
            f"CRIB_LLM={one.entry} cannot be used: {redacted(reason, secrets)}"
        ) from shown
    return _guarded(chat, settings, one)


def _common(settings: Settings, one: Named) -> dict[str, Any]:
    """What most packages take. They try once: waiting between attempts is `chatting`'s."""
    options: dict[str, Any] = {
        "timeout": settings.llm_timeout + 5,
        "max_retries": 0,
        "max_tokens": MAX_ANSWER_TOKENS,
    }
    if one.url:
        options["base_url"] = one.url
    known = PROVIDERS.get(one.provider)
    if one.key:
        options["api_key"] = one.key.get_secret_value()
    elif known and one.url == known.url and (key := key_in(known.keys)):
        options["api_key"] = key
    return options


def _client(settings: Settings, one: Named, library: ModuleType = httpx) -> dict[str, Any]:
    return client_options(one.url, settings.llm_timeout, settings.llm_connect_timeout, library)


def _openai(settings: Settings, one: Named) -> dict[str, Any]:
    client = _client(settings, one)
    options = _common(settings, one) | {
        "timeout": client["timeout"],
        "http_async_client": httpx.AsyncClient(**client),
        "stream_usage": True,
        "use_responses_api": False,  # what other servers speak, and what ends with a reason
    }
    if one.url != PROVIDERS["openai"].url:
        # A server of one's own wants no key, but the package insists; OpenAI's is not for it.
        options.setdefault("api_key", "none")
        # vLLM, SGLang and llama.cpp: who answers from a few lines need not think it over.
        options["extra_body"] = {"chat_template_kwargs": {"enable_thinking": False}}
    return options


def _ollama(settings: Settings, one: Named) -> dict[str, Any]:
    options: dict[str, Any] = {
        "base_url": one.url,
        "num_predict": MAX_ANSWER_TOKENS,
        "reasoning": False,
        "async_client_kwargs": _client(settings, one),
    }
    if one.key:
        options["client_kwargs"] = {
            "headers": {"Authorization": f"Bearer {one.key.get_secret_value()}"}
        }
    if context_of(settings) > _OLLAMA_CONTEXT:
        options["num_ctx"] = context_of(settings)
    return options


def _mistral(settings: Settings, one: Named) -> dict[str, Any]:
    timeout = int(settings.llm_timeout) + 5
    return _common(settings, one) | {"max_retries": 1, "timeout": timeout}


def _google(settings: Settings, one: Named) -> dict[str, Any]:
    options = _common(settings, one) | {"max_retries": 1}
    if one.url == PROVIDERS["google"].url:
        del options["base_url"]  # its package speaks gRPC to it, and takes no path
    return options


def _bedrock(settings: Settings, one: Named) -> dict[str, Any]:
    from botocore.config import Config

    config = Config(
        connect_timeout=settings.llm_connect_timeout,
        read_timeout=settings.llm_timeout + 5,
        retries={"total_max_attempts": 1},
    )
    options: dict[str, Any] = {"config": config, "max_tokens": MAX_ANSWER_TOKENS}
    return options | ({"base_url": one.url} if one.url else {})


_MAKERS: Mapping[str, Callable[[Settings, Named], dict[str, Any]]] = {
    "openai": _openai,
    "ollama": _ollama,
    "mistral": _mistral,
    "mistralai": _mistral,
    "google": _google,
    "google_genai": _google,
    "bedrock": _bedrock,
    "bedrock_converse": _bedrock,
}


def _guarded(chat: BaseChatModel, settings: Settings, one: Named) -> BaseChatModel:
    """`chat` with a client of ours where its package takes none when it is made."""
    if one.provider == "anthropic":
        kind: Any = importlib.import_module("anthropic").DefaultAsyncHttpxClient
        client = kind(**_client(settings, one, library_of(kind)))
        inner: Any = chat
        # The class makes its own, which follows redirects with the key; `copy` is theirs.
        copied = inner._async_client.copy(http_client=client, timeout=client.timeout)
        vars(chat)["_async_client"] = copied
    return chat


@dataclass(frozen=True, slots=True)
class DirectModel:
    """A chat model and how it is waited for. `title` is what a person calls it."""

    chat: BaseChatModel
    title: str
    terms: Terms = field(default_factory=Terms)

    def ask(self, prompt: _Prompt, tokens: int) -> str:
        """What the model writes, of at most about `tokens` tokens where it can be told so.

        Raises:
            ModelServerError: the model failed, or went away before it had ended.
        """
        options = {self.terms.limit: tokens} if self.terms.limit else {}
        messages = convert_to_messages(list(prompt))
        return "".join(stream_answer(self.chat, messages, self.title, self.terms, options)).strip()


def load_direct(settings: Settings) -> DirectModel:
    """The first of the models that `CRIB_LLM` names that can be asked now.

    Raises:
        ModelError: none can; or none is named, and the notes' own sentences write nothing.
    """
    models = [named(settings, entry) for entry in entries(settings.llm)]
    failed: list[ModelError] = []
    for one in (one for one in models if one.provider != "none"):
        try:
            return _loaded(settings, one)
        except ModelError as error:
            failed.append(error)
    if failed:
        raise failed[0]
    raise ModelError("this takes a language model; set CRIB_LLM to local, or to PROVIDER:NAME")


def _loaded(settings: Settings, one: Named) -> DirectModel:
    terms = terms_of(settings, one)
    if one.provider == "local":
        chat, title = local_chat(settings, one.name)
        chat.load()
        return DirectModel(chat, title, terms)
    require_server(settings, one)
    return DirectModel(named_chat(settings, one), one.title, terms)
