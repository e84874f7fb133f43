"""An embedding model from a hub: one that answers on loopback, and none at all."""

import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from rag.downloads import fetch_repository
from rag.errors import DownloadError, ModelError
from rag.models import find_weights

NAME = "org/model"
COMMIT = "c" * 40
FILES = {
    "modules.json": json.dumps([{"type": "sentence_transformers.models.Transformer"}]).encode(),
    "config.json": b"{}",
    "model.safetensors": b"weights",
    "modeling.py": b"print('code')",
    "pytorch_model.bin": b"pickle",
    "onnx/config.json": b"{}",
}


class FakeHub(BaseHTTPRequestHandler):
    """As much of a hub as huggingface-hub asks for."""

    files = FILES
    asked: list[str] = []  # noqa: RUF012 (one server, one list)

    def do_GET(self):
        path = self.path.partition("?")[0]
        self.asked.append(path)
        if path == f"/api/models/{NAME}/tree/{COMMIT}":
            tree = [{"type": "file", "path": n, "size": len(d), "oid": n} for n, d in FILES.items()]
            self._answer(json.dumps(tree).encode(), "application/json")
        elif path.startswith(f"/api/models/{NAME}"):
            siblings = [{"rfilename": name, "size": len(data)} for name, data in self.files.items()]
            info = {"id": NAME, "sha": COMMIT, "siblings": siblings}
            self._answer(json.dumps(info).encode(), "application/json")
        elif (name := path.removeprefix(f"/{NAME}/resolve/{COMMIT}/")) in self.files:
            self._answer(self.files[name], "application/octet-stream")
        else:
            self.send_error(404)

    do_HEAD = do_GET

    def _answer(self, body, kind):
        self.send_response(200)
        headers = {"Content-Type": kind, "Content-Length": len(body), "X-Repo-Commit": COMMIT}
        for name, value in (headers | {"ETag": f'"{hash(body)}"'}).items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    FakeHub.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), FakeHub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_hubs_model_is_fetched_once_without_code_or_pickles(tmp_path, hub):
    folder = fetch_repository(tmp_path, NAME, hub)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    shown = {name for name in names if not name.startswith(".")}
    assert shown == {"modules.json", "config.json", "model.safetensors"}
    assert find_weights(tmp_path, NAME).folder == folder.resolve()
    asked = len(FakeHub.asked)
    assert fetch_repository(tmp_path, NAME, hub) == folder
    assert len(FakeHub.asked) == asked


def test_a_hubs_model_of_pickles_is_refused_before_it_is_fetched(tmp_path, hub, monkeypatch):
    monkeypatch.setattr(FakeHub, "files", {"config.json": b"{}", "pytorch_model.bin": b"pickle"})
    with pytest.raises(ModelError, match=r"org/model has no \*\.safetensors: .*can run code"):
        fetch_repository(tmp_path, NAME, hub)
    assert not any("resolve" in path for path in FakeHub.asked)


def test_a_hub_that_cannot_be_reached_is_told_in_a_line_with_what_to_do(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DownloadError) as raised:
            fetch_repository(tmp_path, NAME, endpoint)
    assert "\n" not in str(raised.value)
    assert "run again: crib models pull org/model; or set CRIB_EMBEDDING_MODEL" in str(raised.value)


def test_a_model_that_the_hub_does_not_hold_is_told(tmp_path, hub):
    with pytest.raises(DownloadError, match=r"org/other could not be fetched: .*404"):
        fetch_repository(tmp_path, "org/other", hub)
