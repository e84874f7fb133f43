"""Where concretes meet: Settings -> an assistant and who writes for it, over an open index."""

from collections.abc import Collection
from functools import partial
from pathlib import Path

from rag.answers.answer_cache import AnswerCache, CachedWriter
from rag.answers.writers import ChatWriter, Choice, Fallback, NoModel
from rag.assistant import Assistant
from rag.chat_models.providers import Named, entries, named
from rag.config import Settings
from rag.embedding import RememberingEmbedder
from rag.errors import ModelError
from rag.index_wiring import Store, _log, build_retriever
from rag.prompts import LARGE, SMALL, Prompter
from rag.protocols import Rewriter, Writer, Writers
from rag.rewriting import ModelRewriter, TopicRewriter
from rag.search.baseline import baseline, high
from rag.search.confidence import Confidence, of_home
from rag.search.evidence import EvidenceReader
from rag.types import Role


def build_assistant(
    settings: Settings,
    store: Store,
    writers: Writers,
    roles: Collection[Role] = (Role.NOTE, Role.QUIZ),
    *,
    lines_on_failure: bool = False,
) -> Assistant:
    """An assistant over `store` that finds only chunks of these roles.

    With `lines_on_failure`, for people, the notes' own lines answer where no model can.
    """
    calibration, notice = of_home(settings.home, store.embedder.fingerprint)
    if notice:
        _log.warning("%s", notice)
    embedder = RememberingEmbedder(store.embedder)  # a question is searched with, and compared
    usual, top = partial(baseline, store.index.catalog), partial(high, store.index.catalog)
    return Assistant(
        build_retriever(settings, store, roles, embedder=embedder),
        EvidenceReader(store.index, embedder),
        writers,
        confidence=Confidence(calibration, settings.wrong_answers, usual, top),
        prompter=build_prompter(settings, store),
        question_chars=settings.question_chars,
        correct=store.index.corrected,
        rewriter=_rewriter(settings, writers, TopicRewriter(store.index, roles)),
        strict=settings.strict,
        lines_on_failure=lines_on_failure,
    )


def build_prompter(settings: Settings, store: Store) -> Prompter:
    """Puts questions to models, in as many tokens as the settings say."""
    return Prompter(store.embedder.count_tokens, settings.prompt_tokens)


def _rewriter(settings: Settings, writers: Writers, topic: Rewriter) -> Rewriter:
    """Models on servers are large enough to be asked; the one in the process is not."""
    try:
        is_small = all(named(settings, entry).is_in_process for entry in entries(settings.llm))
    except ModelError:  # whoever loads it says so
        return topic
    return topic if is_small else ModelRewriter(writers, topic)


_MATTERS_NOT = {
    *("home", "cache", "notes", "threads", "tracing", "answer_cache", "llm_api_key"),
    *("llm_timeout", "llm_token_timeout", "llm_connect_timeout", "password", "user"),
}
"""Settings that change no word of an answer; one that is new is taken to."""


def what_matters(settings: Settings) -> str:
    """What answers depend on beside what is asked: settings, and which files the models' are."""
    matters = settings.model_dump_json(exclude=_MATTERS_NOT)
    for entry in entries(settings.llm):
        path = Path(entry.partition(":")[2]).expanduser()
        if entry.endswith(".gguf") and path.is_file():
            found = path.stat()
            matters += f" {found.st_size} {found.st_mtime_ns}"
    return matters


def load_writers(settings: Settings, llm: str = "", *, cached: bool = False) -> Fallback:
    """Those that `llm` names, or else `CRIB_LLM`, the first ready to be asked. May take seconds.

    With `cached`, what a model was asked before, and would say again, it is not asked: for people;
    an eval measures the model.

    Raises:
        ModelError: none of those named can be used.
    """
    chosen = settings.model_copy(update={"llm": llm or settings.llm})
    models = [named(chosen, entry) for entry in entries(chosen.llm)]
    if not models:
        raise ModelError("CRIB_LLM names no model; use none, local, or PROVIDER:NAME")

    def load(one: Named) -> Writer:
        if len(models) > 1:
            from rag.chat_models.connections import require_server

            require_server(chosen, one)
        writer = _writer(chosen, one)
        if cached and chosen.answer_cache and isinstance(writer, ChatWriter) and writer.repeats:
            return CachedWriter(writer, AnswerCache(chosen.home), what_matters(chosen))
        return writer

    writers = Fallback([Choice(one.title, partial(load, one)) for one in models])
    writers.settle()
    return writers


def _writer(settings: Settings, one: Named) -> Writer:
    if one.provider == "none":
        return NoModel()
    from rag.chat_models.factory import local_chat, named_chat, terms_of

    build = partial(
        ChatWriter,
        terms=terms_of(settings, one),
        prompts=SMALL if one.provider == "local" else LARGE,
    )
    if one.provider == "local":
        chat, title = local_chat(settings, one.name)
        chat.load()
        writer = build(chat, f"{title}, on this machine", first_tokens=chat.first_tokens)
        writer.start_over()
        return writer
    return build(named_chat(settings, one), one.title)
