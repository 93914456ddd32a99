"""What `ftwidgets doctor` says of the models to start from."""

from pathlib import Path

import pytest

from ftwidgets.health.doctor import doctor
from ftwidgets.health.installation import check_models
from ftwidgets.models import add, list_models
from tests.models.checkpoints import hugging_face_weights, write_folder


def test_installed_models_are_named_and_others_can_be_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor's report has a line for them, with the command; the folder is shown in a terminal only."""
    monkeypatch.setenv("FTWIDGETS_MODELS", str(tmp_path / "models"))
    add(write_folder(tmp_path / "published", hugging_face_weights()), name="tiny")
    report = doctor()
    (line,) = (check for check in report.checks if check.topic == "models")
    expected = "installed: nano-2026-11, tiny; smollm2-135m can be added: ftwidgets models add smollm2-135m"
    assert (line.verdict, line.message) == ("ok", expected)
    assert str(tmp_path / "models") not in report.text()
    assert str(tmp_path / "models") in report.text(places=True).replace("\n", "").replace(" ", "")


def test_a_damaged_model_is_to_be_fixed(tmp_path: Path) -> None:
    """What is wrong with it, and the two commands."""
    add(write_folder(tmp_path / "published", hugging_face_weights()), name="tiny", folder=tmp_path / "models")
    (tmp_path / "models" / "tiny" / "model.safetensors").write_bytes(b"")
    found = check_models(list_models(tmp_path / "models"))
    assert found.verdict == "wrong"
    assert "tiny is damaged: " in found.message
    assert "has 0 bytes and should have" in found.message
    assert found.fix.startswith("ftwidgets models remove tiny, then add it again")
