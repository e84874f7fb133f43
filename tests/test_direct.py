"""A model that is asked directly, and what stands in the way of it."""

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from rag.chat_models.factory import DirectModel, load_direct
from rag.config import Settings
from rag.errors import ModelError, ModelServerError

PROMPT = [("system", "Be brief."), ("human", "Hello?"), ("ai", "Yes?"), ("human", "Who is it?")]


class Recording(GenericFakeChatModel):
    """Remembers what it was asked."""

    def _stream(self, messages, *args, **kwargs):
        self.metadata = {"asked": [(one.type, one.text) for one in messages], **kwargs}
        return super()._stream(messages, *args, **kwargs)


def test_the_model_gets_the_messages_as_they_are_and_its_words_come_whole():
    chat = Recording(messages=iter([AIMessage(" It is the  postman.\n")]))
    assert DirectModel(chat, "a model").ask(PROMPT, 20) == "It is the  postman."
    assert chat.metadata["asked"] == PROMPT


def test_a_model_that_fails_is_an_error_that_names_it():
    with pytest.raises(ModelServerError, match="a model failed"):
        DirectModel(GenericFakeChatModel(messages=iter([])), "a model").ask(PROMPT, 20)


def test_where_no_model_is_named_it_is_said_how():
    with pytest.raises(ModelError, match="takes a language model; set CRIB_LLM to local"):
        load_direct(Settings(llm="none"))


def test_the_first_model_that_can_be_asked_is_taken():
    """Why the first of all cannot is said where none can."""
    with pytest.raises(ModelError, match=r"no file /none\.gguf"):
        load_direct(Settings(llm="local:/none.gguf"))
    settings = Settings(llm="local:/none.gguf,openai:gpt-none", llm_api_key="x")
    assert "gpt-none" in load_direct(settings).title
