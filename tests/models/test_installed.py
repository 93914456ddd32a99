"""The folder of installed models: what is listed, what is said of damaged ones, and removing."""

import json
from pathlib import Path

import pytest

from ftwidgets.errors import ModelError
from ftwidgets.models import add, default_folder, list_models, model_folder, remove, show
from ftwidgets.models.known import KNOWN, NANO, NANO_FOLDER
from tests.models.checkpoints import hugging_face_weights, write_folder


@pytest.fixture
def models(tmp_path: Path) -> Path:
    add(write_folder(tmp_path / "published", hugging_face_weights()), name="tiny", folder=tmp_path / "models")
    return tmp_path / "models"


def test_the_bundled_model_is_always_there(tmp_path: Path) -> None:
    """First in the list, under both of its names, with or without a folder; its files and figures are those of the package."""
    from ftwidgets.engine import Config
    from ftwidgets.engine.params import shapes

    entries = list_models(tmp_path / "none")
    assert [(entry.name, entry.installed) for entry in entries] == [(NANO, True), *((name, False) for name in KNOWN)]
    assert show("nano", tmp_path / "none") == show(NANO, tmp_path / "none") == entries[0]
    assert model_folder("nano", tmp_path / "none") == NANO_FOLDER
    config = Config.read(NANO_FOLDER / "config.json")
    n_weights = sum(n if len(shape) == 1 else n * shape[1] for shape in shapes(config).values() for n in shape[:1])
    assert (entries[0].card.parameters, entries[0].card.context) == (n_weights, config.max_position_embeddings)
    assert entries[0].card.size == sum(path.stat().st_size for path in NANO_FOLDER.iterdir() if path.name != "README.md")


def test_an_installed_model_is_listed_with_its_card(models: Path) -> None:
    """Its name, folder and facts; known ones that are not installed come last, with the command that adds them."""
    entries = list_models(models)
    assert [entry.name for entry in entries] == [NANO, "tiny", *KNOWN]
    assert entries[1].folder == model_folder("tiny", models) == models / "tiny"
    with pytest.raises(ModelError, match="is not installed; type: ftwidgets models add smollm2-135m"):
        model_folder("smollm2-135m", models)


def test_an_unknown_name_is_answered_with_those_there_are(models: Path) -> None:
    """And with the one that was probably meant."""
    with pytest.raises(ModelError, match=r'no model is called "tiyn"\. Did you mean "tiny"\? There are: nano-2026-11, tiny, '):
        show("tiyn", models)


@pytest.mark.parametrize("damage", ["cut", "missing", "card", "no card", "wrong card"])
def test_a_damaged_model_is_listed_as_damaged(models: Path, damage: str) -> None:
    """It says what is wrong and what to do, is not used, and can be removed."""
    weights, card = models / "tiny" / "model.safetensors", models / "tiny" / "model_card.json"
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-1])
    elif damage == "missing":
        weights.unlink()
    elif damage == "no card":
        card.unlink()
    else:
        card.write_text("{" if damage == "card" else json.dumps({"files": {"a": 1}}))
    entry = show("tiny", models)
    assert not entry.installed
    assert "emove" in entry.problem
    with pytest.raises(ModelError, match='the model "tiny" cannot be used: '):
        model_folder("tiny", models)
    remove("tiny", models)
    assert [entry.name for entry in list_models(models)] == [NANO, *KNOWN]


def test_removing(models: Path) -> None:
    """Frees what the files had; what is bundled or not there is refused; half a download is removed too."""
    size = sum(path.stat().st_size for path in (models / "tiny").iterdir())
    assert remove("tiny", models) == size
    assert not (models / "tiny").exists()
    with pytest.raises(ModelError, match="came with the package and cannot be removed"):
        remove("nano", models)
    with pytest.raises(ModelError, match='no model is called "tiny"'):
        remove("tiny", models)
    with pytest.raises(ModelError, match='"smollm2-135m" is not installed, so there is nothing to remove'):
        remove("smollm2-135m", models)
    part = models / ".downloads" / "smollm2-135m" / "model.safetensors.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"123")
    assert remove("smollm2-135m", models) == 3
    assert not part.exists()


def test_the_folder_is_the_environments_or_the_platforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`FTWIDGETS_MODELS` names it; without, it is below the platform's folder for application data."""
    monkeypatch.setenv("FTWIDGETS_MODELS", str(tmp_path / "here"))
    assert default_folder() == tmp_path / "here"
    assert list_models()[0].name == NANO
    monkeypatch.setenv("FTWIDGETS_MODELS", "~nobody-of-this-name/models")
    with pytest.raises(ModelError, match="FTWIDGETS_MODELS is '~nobody"):
        default_folder()
    monkeypatch.delenv("FTWIDGETS_MODELS")
    assert default_folder().name == "models"
    assert default_folder().parent.name == "ftwidgets"
