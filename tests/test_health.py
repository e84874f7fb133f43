"""Which models there are, and whether they can be asked."""

import json
import logging
from typing import Any

import pytest
from loopback import serving
from model_server import model_server, raw, refuses, says

from commands.models import model_lines
from rag.chat_models.connections import LIST_SECONDS as LIMIT
from rag.chat_models.health import available, configured
from rag.config import Settings

pytestmark = pytest.mark.usefixtures("no_keys")

CANARY = "canary-key-0123456789"
MODELS = refuses(200, '{"object": "list", "data": [{"id": "big"}, {"id": "small"}]}')


@pytest.fixture(autouse=True)
def no_models(monkeypatch, tmp_path):
    """Nobody's own models, and no Ollama but the test's."""
    monkeypatch.setenv("CRIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("rag.chat_models.connections.LIST_SECONDS", 0.5)


def only(llm: str, *, ask: bool = False, **more: Any):
    (offer,) = configured(Settings(llm=llm, **more), ask=ask)
    assert "\n" not in offer.detail
    return offer


def test_a_server_that_has_the_model_is_found_in_milliseconds():
    with model_server(MODELS) as server:
        offer = only("openai:big", llm_base_url=server.url, llm_api_key=CANARY)
    assert offer.ok and offer.is_local
    assert offer.detail.startswith("reachable, has it, ") and offer.detail.endswith(" ms")
    assert server.keys == [f"Bearer {CANARY}"]
    assert server.asked == []  # nothing was generated


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (MODELS, "127.0.0.1 has no model 'huge', it has: big, small"),
        (refuses(401, "no"), "answered 401"),
        (refuses(200, "<html>", "text/html"), "cannot be asked"),
        (refuses(200, "[1]"), "does not list models"),
        (refuses(200, '{"data": [{}]}'), "does not list models"),
        (refuses(200, '{"data": 5}'), "does not list models"),
        (refuses(302, "", Location="http://evil.example/"), "answered 302"),
        (raw(*[b"x" * 1_000_000] * 20, kind="application/json"), "more than 16 MB"),
        (raw(*[b" "] * 400, pause=0.01), "did not answer within 0.5 s"),
    ],
)
def test_a_server_that_does_not_have_it_is_told_in_a_line(reply, said, monkeypatch):
    if "0.5 s" not in said:  # a busy machine may take longer to say it
        monkeypatch.setattr("rag.chat_models.connections.LIST_SECONDS", 60.0)
    with model_server(reply) as server:
        offer = only("openai:huge", llm_base_url=server.url, llm_api_key=CANARY)
    assert not offer.ok
    assert said in offer.detail
    assert CANARY not in offer.detail


def test_a_server_that_hangs_is_waited_for_only_so_long():
    with model_server() as server:
        server.replies = [server.hangs()]
        offer = only("openai:big", llm_base_url=server.url)
        assert "did not answer within 0.5 s" in offer.detail
        assert server.gone.wait(20)
    assert LIMIT <= 5


def test_an_ollama_is_asked_for_its_tags():
    def answer(request) -> None:
        assert request.path == "/api/tags"
        refuses(200, json.dumps({"models": [{"name": "llama3:latest"}]}))(request)

    with serving(answer) as url:
        assert only("ollama:llama3", llm_base_url=url).ok
        missing = only("ollama:qwen3", llm_base_url=url)
    assert missing.detail.endswith("it has: llama3:latest; run: ollama pull qwen3")


def test_a_hosted_model_is_not_asked_unless_one_says_so(monkeypatch):
    """Conftest fails whoever reaches for the network."""
    assert "no key; set OPENAI_API_KEY" in only("openai:gpt-5").detail
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    offer = only("openai:gpt-5")
    assert (offer.ok, offer.host) == (True, "api.openai.com")
    assert "key set; not asked" in offer.detail


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert only("mistral:small").detail.endswith("pip install 'cribsheet[mistral]'")


def test_with_check_a_model_has_to_write_a_word():
    with model_server(MODELS, says("Yes")) as server:
        offer = only("openai:big", ask=True, llm_base_url=server.url)
    assert offer.ok
    assert "answered in" in offer.detail
    assert len(server.asked) == 1
    with model_server(MODELS, refuses(401, f'{{"error": "{CANARY}"}}')) as server:
        offer = only("openai:big", ask=True, llm_base_url=server.url, llm_api_key=CANARY)
    assert not offer.ok
    assert "set CRIB_LLM_API_KEY" in offer.detail and CANARY not in offer.detail


def test_a_local_model_is_looked_at_before_it_is_loaded(tmp_path):
    assert "run: crib models pull qwen2.5-coder-1.5b" in only("local").detail
    path = tmp_path / "mine.gguf"
    assert "no file" in only(f"local:{path}").detail
    path.write_bytes(b"<html>")
    assert "it is no GGUF file" in only(f"local:{path}").detail
    path.write_bytes(b"GGUF" + b"\0" * 3_000_000)
    assert only(f"local:{path}").detail == "present, 3 MB"


def test_what_can_be_switched_to_is_local_files_own_servers_and_what_was_named(
    monkeypatch, tmp_path
):
    """A hosted model that nobody named is not among them, whatever keys there are."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    models = tmp_path / "cache" / "models"
    models.mkdir(parents=True)
    (models / "mine.gguf").write_bytes(b"GGUF")
    with model_server(MODELS) as server:
        offers = available(
            Settings(llm="openai:big,anthropic:claude,openai:gone", llm_base_url=server.url)
        )
    found = {offer.llm: offer.is_local for offer in offers}
    found = {llm: here for llm, here in found.items() if not llm.startswith("ollama:")}
    assert found == {
        "openai:big": True,
        "openai:small": True,
        "anthropic:claude": False,
        "none": True,
        f"local:{models / 'mine.gguf'}": True,
    }
    assert server.asked == []


def test_the_command_lists_all_and_never_a_key(caplog, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", CANARY)
    with caplog.at_level(logging.DEBUG), model_server(MODELS) as server:
        chosen = Settings(
            llm="openai:big,anthropic:claude", llm_base_url=server.url, llm_api_key=CANARY
        )
        text = "\n".join(model_lines(chosen, check=False))
    assert "  ok  openai:big: reachable" in text
    assert "anthropic:claude: package installed, key set; not asked" in text
    assert "passages leave this machine for api.anthropic.com" in text
    assert "openai:small" in text
    assert CANARY not in text
    assert CANARY not in caplog.text
