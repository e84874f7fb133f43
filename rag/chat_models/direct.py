"""A model that is asked directly, without passages and their rules: to write questions, say."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.chat_models.chatting import Terms, write
from rag.chat_models.health import require_server
from rag.chat_models.providers import Named, entries, named
from rag.config import Settings
from rag.errors import ModelError
from rag.llm import local_chat, named_chat, terms_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Prompt = Sequence[tuple[str, str]]
"""Messages in order: who speaks (system, human or ai), and what."""


@dataclass(frozen=True, slots=True)
class DirectModel:
    """A chat model and how it is waited for. `title` is what a person calls it."""

    chat: "BaseChatModel"
    title: str
    terms: Terms = field(default_factory=Terms)

    def ask(self, prompt: Prompt, tokens: int) -> str:
        """What the model writes, of at most about `tokens` tokens where it can be told so.

        Raises:
            ModelServerError: the model failed, or went away before it had ended.
        """
        from langchain_core.messages import convert_to_messages

        options = {self.terms.limit: tokens} if self.terms.limit else {}
        messages = convert_to_messages(list(prompt))
        return "".join(write(self.chat, messages, self.title, self.terms, options)).strip()


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
