"""Which model `CRIB_EMBEDDING_MODEL` names, what is refused, and what is not read twice."""

import json

import pytest

from rag.embedders import weights
from rag.embedders.weights import find_weights
from rag.errors import ModelError, ModelMissingError

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

    monkeypatch.setattr(weights, "digest_of", digest)
    assert find_weights(tmp_path, str(model)) == first
    assert hashed == []
    (model / "model.safetensors").write_bytes(b"other weights")
    assert find_weights(tmp_path, str(model)) != first
    assert hashed


def test_a_digest_that_was_kept_badly_is_taken_again(tmp_path, model):
    first = find_weights(tmp_path, str(model))
    (kept,) = (tmp_path / "digests").iterdir()
    kept.write_text("[]")
    assert find_weights(tmp_path, str(model)) == first


@pytest.mark.parametrize("where", ["", "1_Pooling"])
def test_weights_that_are_pickles_are_refused_and_it_is_said_why(tmp_path, model, where):
    (model / "model.safetensors").unlink()
    (model / where / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelError, match=r"pytorch_model.bin is a pickle, which can run code"):
        find_weights(tmp_path, str(model))


def test_a_pickle_beside_the_same_weights_is_not_read_and_does_not_matter(tmp_path, model):
    first = find_weights(tmp_path, str(model))
    (model / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    assert find_weights(tmp_path, str(model)) == first


def test_a_model_with_code_of_its_own_is_refused(tmp_path, model):
    (model / "modules.json").write_text(json.dumps([*MODULES, {"type": "custom_st.Thinker"}]))
    with pytest.raises(ModelError, match=r"code of its own \(custom_st.Thinker\)"):
        find_weights(tmp_path, str(model))


@pytest.mark.parametrize("text", ["{", "3", "[3]"])
def test_a_list_of_modules_that_is_damaged_is_told(tmp_path, model, text):
    (model / "modules.json").write_text(text)
    with pytest.raises(ModelError, match=r"modules\.json cannot be read"):
        find_weights(tmp_path, str(model))


def test_a_folder_that_is_no_model_is_told(tmp_path, model):
    (tmp_path / "notes").mkdir()
    with pytest.raises(ModelError, match=r"neither a modules\.json nor a config\.json"):
        find_weights(tmp_path, str(tmp_path / "notes"))
    (model / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"there is no \*\.safetensors"):
        find_weights(tmp_path, str(model))


@pytest.mark.parametrize("name", ["all-minilm", "/no/such/folder", "../up", "a/b/c", "~/gone", ""])
def test_what_is_no_model_at_all_is_told_with_what_there_could_be(tmp_path, name):
    with pytest.raises(ModelMissingError, match=r"CRIB_EMBEDDING_MODEL to all-MiniLM-L6-v2"):
        find_weights(tmp_path, name if name else "no model")


def test_a_hubs_model_that_was_not_fetched_is_told_with_the_command(tmp_path):
    """And no hub is asked: a question must not wait for one."""
    with pytest.raises(ModelMissingError, match=r"run: crib models pull BAAI/bge-small-en-v1\.5"):
        find_weights(tmp_path, "BAAI/bge-small-en-v1.5")
