"""What every test gets: a library of its own, the real embedding model, and no network."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from tenacity import wait_none

from ingest.chunking import StructureChunker
from rag.chat_models.providers import PROVIDERS
from rag.config import PREFIX, Settings
from rag.embedding import SentenceEmbedder, load_embedder
from rag.index_wiring import Store, open_store
from rag.types import Note

ROOT = Path(__file__).resolve().parent.parent
_CACHE = Settings().cache

# How fast an example runs says nothing on a machine that does something else as well.
hypothesis_settings.register_profile(
    "crib", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("crib")

_connect = socket.socket.connect


def _connect_to_loopback_only(self: socket.socket, address: object) -> None:
    if self.family in {socket.AF_INET, socket.AF_INET6}:
        host = str(address[0]) if isinstance(address, tuple) else ""
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise RuntimeError(f"a test reached for the network: {address!r}")
    _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Nothing but loopback can be reached."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _connect_to_loopback_only)
        yield


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's state lies in its own folder; the models' cache is the user's, and only read."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CRIB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CRIB_CACHE", str(_CACHE))
    monkeypatch.setenv("CRIB_LLM", "none")


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own keys or proxies, and no pauses between attempts at a model."""
    variables = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_BASE_URL"]
    for name in [*variables, *(key for known in PROVIDERS.values() for key in known.keys)]:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr("rag.chat_models.chatting.BACKOFF", wait_none())


@pytest.fixture
def settings() -> Settings:
    """Settings of the test's own library, without a language model."""
    return Settings()


@pytest.fixture(scope="session")
def embedder() -> SentenceEmbedder:
    """The real embedding model."""
    return load_embedder(_CACHE)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """A real index, empty, with the real embedding model."""
    opened = open_store(settings)
    yield opened
    opened.index.catalog.close()


@pytest.fixture(scope="session")
def chunker(embedder: SentenceEmbedder) -> StructureChunker:
    """The chunker, counting tokens as the embedding model does."""
    return StructureChunker(embedder.count_tokens)


@pytest.fixture(scope="session")
def sagemaker() -> Note:
    """The note that ships."""
    path = ROOT / "notes" / "sagemaker.md"
    text = path.read_bytes().decode()
    return Note(path.as_posix(), "Amazon SageMaker", text, "0" * 64, "markdown", 0.0)
