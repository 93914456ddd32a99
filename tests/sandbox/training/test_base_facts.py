"""What the sandbox says about a base model that was added, before a job on it is started."""

from pathlib import Path

import pytest

from ftwidgets.engine import LoraSettings, Model
from ftwidgets.engine.lora import n_adapter_weights
from ftwidgets.engine.memory import BYTES_PER_TRAINED_WEIGHT
from ftwidgets.engine.params import n_weights
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.training import base_facts as facts


def test_the_facts_are_the_models(added: Path) -> None:
    """Weights, context and what an adapter of some rank takes, as the engine has them; the file's size."""
    model, found = Model.load(added, context=1024), facts.base_facts(added, 1024)
    assert found["parameters"] == n_weights(model.config)
    assert found["size"] == (added / "model.safetensors").stat().st_size
    assert found["context"] == model.config.max_position_embeddings
    adapter = n_adapter_weights(model.params, LoraSettings(8, 16.0))
    assert found["memory"]["per_rank"] * 8 == BYTES_PER_TRAINED_WEIGHT * adapter
    assert found["tokens_per_second"] > 0


def test_only_the_bodies_of_added_models_have_them(added: Path, tmp_path: Path) -> None:
    """The same in the list and alone but for the memory that is free; a shape that cannot be read means none."""
    with Sandbox(tmp_path / "home", models=added.parent) as sandbox, sandbox.client() as client:
        nano, _untrained, tiny = client.models.list()
        assert (nano.model_extra or {}).keys() <= {"shutdown_date"}
        listed, alone = ((model.model_extra or {})["ftwidgets"] for model in (tiny, client.models.retrieve("tiny")))
        assert {**listed, "memory": 0} == {**alone, "memory": 0}
        (added / "config.json").write_text("{}".ljust((added / "config.json").stat().st_size))
        assert "ftwidgets" not in (client.models.retrieve("tiny").model_extra or {})


def test_a_container_with_half_a_core_is_not_two_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of its control group counts, where there is one."""
    limit = tmp_path / "cpu.max"
    monkeypatch.setattr(facts, "_CPU_LIMIT", limit)
    cores = facts.usable_cores()
    assert cores >= 1
    for text, expected in (("50000 100000", 0.5), ("max 100000", cores)):
        limit.write_text(text)
        assert facts.usable_cores() == expected
