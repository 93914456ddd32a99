"""`Sandbox.export` and `ftwidgets.export`: models of a sandbox by name, for other programs."""

import json
from pathlib import Path

import openai
import pytest

import ftwidgets
from ftwidgets.engine import NANO, Model
from ftwidgets.errors import FtwidgetsError
from ftwidgets.models import add
from ftwidgets.sandbox import Sandbox
from tests.models.checkpoints import hugging_face_weights, write_folder
from tests.sandbox.conftest import make_rows

LORA = {"n_epochs": 1, "batch_size": 4, "lora": True, "lora_r": 2}


def test_a_tuned_adapter_is_exported_in_every_format(tmp_path: Path) -> None:
    """A job of LoRA on an added model: adapter, merged folder and GGUF come out of `ftwidgets.export`; the folder loads."""
    add(write_folder(tmp_path / "published", hugging_face_weights()), name="tiny", folder=tmp_path / "models")
    with Sandbox(tmp_path / "home", models=tmp_path / "models") as sandbox, sandbox.client() as client:
        rows = tmp_path / "rows.jsonl"
        rows.write_text("".join(json.dumps(row) + "\n" for row in make_rows(10)))
        file = ftwidgets.upload(client, rows)
        method = {"type": "supervised", "supervised": {"hyperparameters": LORA}}
        job = client.fine_tuning.jobs.create(model="tiny", training_file=file.id, method=method)  # type: ignore[arg-type]
        ftwidgets.Job(client, job.id).wait(timeout=60)
        tuned = client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
        assert tuned is not None
        for form, source in (("adapter", client), ("huggingface", sandbox), ("gguf", client)):
            ftwidgets.export(source, tuned, tmp_path / form, format=form)
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert (config["r"], config["base_model_name_or_path"]) == (2, str(tmp_path / "models" / "tiny"))
    assert Model.load(tmp_path / "huggingface").config.max_position_embeddings == 4096
    assert len(list((tmp_path / "gguf").glob("ft-tiny-*.gguf"))) == 1


def test_a_base_model_is_exported_too(tmp_path: Path) -> None:
    """`nano` as a folder: the weights that came with the package, in float16 as they are there."""
    with Sandbox(tmp_path / "home") as sandbox:
        folder = sandbox.export("nano-2026-11", tmp_path / "nano")
    assert (Model.load(folder).params.flat == Model.load(NANO).params.flat).all()


def test_what_cannot_be_exported(tmp_path: Path) -> None:
    """An unknown model, and a client of another service: a sentence with what to give."""
    with Sandbox(tmp_path / "home") as sandbox, pytest.raises(FtwidgetsError, match="`nono` does not exist"):
        ftwidgets.export(sandbox, "nono", tmp_path / "out")
    other = openai.OpenAI(base_url="http://localhost:9/v1", api_key="x")
    with pytest.raises(FtwidgetsError, match=r"a model can be exported where it is: give a client made by ftwidgets.connect"):
        ftwidgets.export(other, "nano-2026-11", tmp_path / "out")
    other.close()
    assert not (tmp_path / "out").exists()
