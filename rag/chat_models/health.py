"""Which models there are, and whether they can be asked. Nobody hosted is asked unless told to."""

import importlib.util
import time
from dataclasses import dataclass

from rag.chat_models.background import run_async
from rag.chat_models.connections import lists_models, model_names, require_model
from rag.chat_models.providers import PROVIDERS, Named, Provider, all_named, named
from rag.config import Settings, is_set
from rag.errors import CribError, ExtraMissingError, ModelServerError
from rag.models import CATALOGUE, find_model, is_present, require


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that may be used. `llm` is its name for `CRIB_LLM`, `detail` what was found.

    `host` is who gets the passages; it is empty where they do not leave this machine.
    """

    llm: str
    ok: bool
    detail: str
    host: str = ""

    @property
    def is_local(self) -> bool:
        """True if passages do not leave this machine."""
        return not self.host


def configured(settings: Settings, *, ask: bool = False) -> list[Offer]:
    """The models of `CRIB_LLM`, in order, with what is found within some seconds.

    Servers of one's own are asked which models they have. With `ask` every model, of whoever, is
    loaded if it has to be, and writes a word. Raises ModelError if one is no name of a model.
    """
    return [_examined(settings, one, ask=ask) for one in all_named(settings)]


def available(settings: Settings) -> list[Offer]:
    """The models that can be switched to just now.

    Those of `CRIB_LLM` that can be asked come first, with their packages and keys; then the
    notes' own sentences, local files, and what one's own servers list. Nobody hosted is asked.
    """
    configured_ones = [offer for offer in configured(settings) if offer.ok]
    others = ["none", *_files(settings), *_served(settings)]
    offers = [_offer(named(settings, name), ok=True, detail="") for name in others]
    return list({offer.llm: offer for offer in [*offers, *configured_ones]}.values())


def _examined(settings: Settings, one: Named, *, ask: bool) -> Offer:
    try:
        return _offer(one, ok=True, detail=_detail(settings, one, ask=ask))
    except CribError as error:
        return _offer(one, ok=False, detail=str(error))


def _offer(one: Named, *, ok: bool, detail: str) -> Offer:
    return Offer(one.entry, ok, detail, "" if one.stays_here else one.host)


def _detail(settings: Settings, one: Named, *, ask: bool) -> str:
    """What is found of a model. Raises CribError if it cannot be asked."""
    if one.provider == "none":
        return "the notes' own sentences"
    looked = _local(settings, one) if one.provider == "local" else _remote(settings, one)
    if not ask:
        return looked
    started = time.perf_counter()
    _ask(settings, one)
    return f"{looked}; answered in {time.perf_counter() - started:.1f} s"


def _local(settings: Settings, one: Named) -> str:
    if not one.name.endswith(".gguf"):
        model = find_model(one.name)
        known = is_present(settings.cache, model)
        require(settings.cache, model)  # hashed again only if a file has changed
        return "present, with the right bytes" + ("" if known else " (checked anew)")
    from rag.chat_models.factory import local_chat
    from rag.chat_models.llama import check_gguf

    chat, _ = local_chat(settings, one.name)
    check_gguf(chat.path)
    return f"present, {chat.path.stat().st_size / 1e6:,.0f} MB"


def _remote(settings: Settings, one: Named) -> str:
    known = PROVIDERS.get(one.provider)
    if known and not _is_installed(known):
        run_this = f"run: .venv/bin/pip install 'cribsheet[{known.extra}]'"
        raise ExtraMissingError(f"its package is not installed; {run_this}")
    if lists_models(one):
        return require_model(settings, one)
    if known and known.keys and not one.key and not is_set(known.keys):
        raise ModelServerError(f"package installed, no key; set {known.keys[0]}")
    return "package installed, key set; not asked (crib models --check does)"


def _is_installed(known: Provider) -> bool:
    return importlib.util.find_spec(known.module) is not None


def _ask(settings: Settings, one: Named) -> None:
    """Have a model write a word. Raises ModelError."""
    from langchain_core.messages import HumanMessage

    from rag.chat_models.chatting import stream_answer
    from rag.chat_models.factory import local_chat, named_chat, terms_of

    is_local = one.provider == "local"
    chat = local_chat(settings, one.name)[0] if is_local else named_chat(settings, one)
    writing = stream_answer(chat, [HumanMessage("Say yes.")], one.entry, terms_of(settings, one))
    next(writing, "")
    writing.close()


def _files(settings: Settings) -> list[str]:
    """Local models that are here: of the catalogue, and files that a person put beside them."""
    known = [
        f"local:{model.name}"
        for model in CATALOGUE
        if model.use == "answers" and is_present(settings.cache, model)
    ]
    files = sorted((settings.cache / "models").glob("*.gguf"))
    return [*known, *(f"local:{path}" for path in files)]


def _served(settings: Settings) -> list[str]:
    """What one's own servers list: Ollama, and the one that CRIB_LLM_BASE_URL names."""
    found = []
    for provider in ("ollama", "openai"):
        one = named(settings, f"{provider}:?")
        if lists_models(one) and _is_installed(PROVIDERS[provider]):
            try:
                found += [f"{provider}:{name}" for name in run_async(model_names(settings, one))[0]]
            except ModelServerError:
                continue  # it is not there just now
    return found
