"""Which model `CRIB_EMBEDDING_MODEL` names, what is refused, and what is not read twice."""

import json

import pytest

from rag import models
from rag.errors import ModelError, ModelMissingError
from rag.models import find_weights

MODULES = [{"type": "sentence_transformers.models.Transformer", "path": ""}]


@pytest.fixture
def model(tmp_path):
    """Files named as a model's are; what is in them is not looked at here."""
    folder = tmp_path / "model"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "modules.json").write_text(json.dumps(MODULES))
    (folder / "config.json").write_text("{}")
    (folder / "1_Pooling" / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_the_digest_is_of_what_the_model_is_made_of(tmp_path, model):
    """Not of its name, nor of what merely lies beside it."""
    first = find_weights(tmp_path, str(model))
    (model / "README.md").write_text("words")
    (model / "onnx").mkdir()
    (model / "onnx" / "config.json").write_text("{}")
    moved = model.rename(tmp_path / "moved")
    assert find_weights(tmp_path, str(moved)).digest == first.digest
    (moved / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}')
    assert find_weights(tmp_path, str(moved)).digest != first.digest


def test_a_model_is_hashed_once(tmp_path, model, monkeypatch):
    """Two gigabytes take seconds, which no question should wait for."""
    first = find_weights(tmp_path, str(model))
    hashed = []

    def digest(path):
        hashed.append(path)
        return "0"

    monkeypatch.setattr(models, "digest_of", digest)
    assert find_weights(tmp_path, str(model)) == first
    assert hashed == []
    (kept,) = (tmp_path / "digests").iterdir()
    whole = kept.read_text()
    kept.write_text("[]")  # as good as none
    assert find_weights(tmp_path, str(model)) != first
    kept.write_text(whole)
    (model / "model.safetensors").write_bytes(b"other weights")
    assert find_weights(tmp_path, str(model)) != first
    assert hashed


def test_a_pickle_beside_the_same_weights_is_not_read_and_does_not_matter(tmp_path, model):
    first = find_weights(tmp_path, str(model))
    (model / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    assert find_weights(tmp_path, str(model)) == first


UNREADABLE = r"modules\.json cannot be read"


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("modules.json", "{", UNREADABLE),
        ("modules.json", "3", UNREADABLE),
        ("modules.json", "[3]", UNREADABLE),
        (
            "modules.json",
            json.dumps([*MODULES, {"type": "custom_st.Thinker"}]),
            r"code of its own \(custom_st.Thinker\)",
        ),
        ("pytorch_model.bin", "", r"pytorch_model.bin is a pickle, which can run code"),
        ("1_Pooling/pytorch_model.bin", "", r"pytorch_model.bin is a pickle"),
        ("README.md", "", r"there is no \*\.safetensors"),
    ],
)
def test_what_cannot_be_used_is_refused_and_it_is_said_why(tmp_path, model, name, data, says):
    (model / "model.safetensors").unlink()
    (model / name).write_text(data)
    with pytest.raises(ModelError, match=says):
        find_weights(tmp_path, str(model))


NONE = "CRIB_EMBEDDING_MODEL to all-MiniLM-L6-v2"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        *((name, NONE) for name in ("all-minilm", "/no/such/folder", "../up", "a/b/c", "~/gone")),
        ("no model", NONE),
        # And no hub is asked: a question must not wait for one.
        ("BAAI/bge-small-en-v1.5", r"run: crib models pull BAAI/bge-small-en-v1\.5"),
    ],
)
def test_what_is_no_model_at_all_is_answered_with_what_there_could_be(tmp_path, name, says):
    with pytest.raises(ModelMissingError, match=says):
        find_weights(tmp_path, name)


def test_a_folder_without_a_model_is_said_to_be_none(tmp_path):
    (tmp_path / "notes").mkdir()
    with pytest.raises(ModelError, match=r"neither a modules\.json nor a config\.json"):
        find_weights(tmp_path, str(tmp_path / "notes"))
