"""The catalogue, and what counts as a model that is on this machine."""

import dataclasses
import hashlib
import os
from pathlib import Path

import pytest

from commands.models import varied_by
from rag.config import Settings
from rag.errors import DigestError, ModelError, ModelMissingError
from rag.models import (
    CATALOGUE,
    DEFAULT_LLM,
    EMBEDDING,
    HubSource,
    IndexSource,
    Model,
    ModelFile,
    find_model,
    is_present,
    model_dir,
    require,
    write_stamp,
)

WEIGHTS = b"weights " * 100
CONFIG = b"{}"


@pytest.fixture
def model() -> Model:
    files = (("weights.bin", WEIGHTS), ("config.json", CONFIG))
    return Model(
        name="tiny",
        title="Tiny",
        use="answers",
        licence="Apache-2.0",
        files=tuple(ModelFile(n, len(b), hashlib.sha256(b).hexdigest()) for n, b in files),
        hub=HubSource("owner/tiny", "0" * 40),
        index=IndexSource(("tiny==1.0",), "tiny/{name}"),
    )


@pytest.fixture
def folder(tmp_path, model) -> Path:
    """The model's files, put there by hand."""
    folder = model_dir(tmp_path, model)
    folder.mkdir(parents=True)
    (folder / "weights.bin").write_bytes(WEIGHTS)
    (folder / "config.json").write_bytes(CONFIG)
    return folder


def touch(path: Path) -> None:
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))


def test_every_model_is_pinned_to_bytes_and_to_a_revision():
    """A source can be replaced by a hostile one; what is downloaded cannot."""
    for model in CATALOGUE:
        assert len(model.hub.revision) == 40, model.name
        assert all("==" in requirement for requirement in model.index.requirements)
        assert all(len(bytes.fromhex(file.sha256)) == 32 for file in model.files)
        assert model.size == sum(file.size for file in model.files) > 0
    assert find_model(EMBEDDING).use == "embeddings"
    assert find_model(DEFAULT_LLM).use == "answers"


def test_an_unknown_model_is_answered_with_the_known_ones_and_the_closest():
    with pytest.raises(ModelMissingError, match=r"did you mean qwen2\.5-coder-1\.5b\?") as caught:
        find_model("qwen2.5-coder-1.5")
    assert all(model.name in str(caught.value) for model in CATALOGUE)
    with pytest.raises(ModelMissingError, match="no model is called 'zzz'; known: "):
        find_model("zzz")


def test_files_put_there_by_hand_are_verified_once_and_again_when_they_change(
    tmp_path, model, folder, monkeypatch
):
    """A start must not hash a gigabyte that nobody touched."""
    assert not is_present(tmp_path, model)
    assert require(tmp_path, model) == folder
    assert is_present(tmp_path, model)
    with monkeypatch.context() as patch:
        patch.setattr("rag.models.digest_of", lambda _: pytest.fail("hashed again"))
        assert require(tmp_path, model) == folder
    touch(folder / "weights.bin")
    assert not is_present(tmp_path, model)
    require(tmp_path, model)
    assert is_present(tmp_path, model)


@pytest.mark.parametrize("left", [[], ["weights.bin"]])
def test_a_model_without_one_of_its_files_is_answered_with_the_command(
    tmp_path, model, folder, left
):
    write_stamp(tmp_path, model)
    for file in model.files:
        if file.name not in left:
            (folder / file.name).unlink()
    assert not is_present(tmp_path, model)
    with pytest.raises(ModelMissingError, match="run: crib models pull tiny"):
        require(tmp_path, model)


@pytest.mark.parametrize("forged", [WEIGHTS[:-1] + b"X", WEIGHTS + b"X", b""])
def test_a_tampered_file_is_refused_by_both_digests_and_the_fix(tmp_path, model, folder, forged):
    require(tmp_path, model)
    (folder / "weights.bin").write_bytes(forged)
    touch(folder / "weights.bin")  # whatever the clock's resolution
    assert not is_present(tmp_path, model)
    with pytest.raises(DigestError) as caught:
        require(tmp_path, model)
    message = str(caught.value)
    assert str(folder / "weights.bin") in message
    assert hashlib.sha256(WEIGHTS).hexdigest() in message
    assert hashlib.sha256(forged).hexdigest() in message
    assert "run: crib models pull tiny" in message
    assert not is_present(tmp_path, model)


def test_a_stamp_does_not_vouch_for_another_version_of_the_model(tmp_path, model, folder):
    """When the catalogue moves to other bytes, the old ones are no longer the model."""
    require(tmp_path, model)
    newer = dataclasses.replace(model.files[0], sha256="0" * 64)
    moved = dataclasses.replace(model, files=(newer, model.files[1]))
    assert not is_present(tmp_path, moved)
    with pytest.raises(DigestError):
        require(tmp_path, moved)


@pytest.mark.parametrize("damage", [b"", b"[1", b"\xff\xfe", b"[]"])
def test_a_damaged_stamp_costs_a_verification_and_no_more(tmp_path, model, folder, damage):
    require(tmp_path, model)
    (stamp,) = set(folder.iterdir()) - {folder / file.name for file in model.files}
    stamp.write_bytes(damage)
    assert not is_present(tmp_path, model)
    require(tmp_path, model)
    assert is_present(tmp_path, model)


@pytest.mark.parametrize(
    ("name", "varied"),
    [
        ("qwen2.5-coder-0.5b", "llm=local,local:qwen2.5-coder-0.5b"),
        ("none", "llm=local,none"),
        ("ollama:qwen3", "llm=local,ollama:qwen3"),
        ("intfloat/e5-small", "embedding_model=all-MiniLM-L6-v2,intfloat/e5-small"),
        ("/models/mine", "embedding_model=all-MiniLM-L6-v2,/models/mine"),
    ],
)
def test_a_model_is_tried_against_the_one_that_is_set(name, varied):
    assert varied_by(Settings(llm="local,none"), name) == varied


@pytest.mark.parametrize("name", ["local", "all-MiniLM-L6-v2"])
def test_the_model_that_is_set_cannot_be_tried_against_itself(name):
    with pytest.raises(ModelError, match="is the model that is set; name another one"):
        varied_by(Settings(llm="local"), name)
