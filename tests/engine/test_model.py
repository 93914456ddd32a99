import json
from pathlib import Path

import numpy as np
import pytest

from ftwidgets.engine import NANO, Model


def test_saved_and_loaded_again(nano: Model, tmp_path: Path) -> None:
    """A saved folder has what Hugging Face expects, loads again with the same weights to float16, and is never overwritten."""
    nano.save(tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "config.json",
        "copy",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    again = Model.load(tmp_path / "copy")
    assert again.config == nano.config
    assert np.array_equal(again.params.flat, nano.params.flat.astype(np.float16).astype(np.float32))
    with pytest.raises(FileExistsError, match="never written over"):
        nano.save(tmp_path / "copy")


def test_the_bundled_model_is_small_enough() -> None:
    """3 to 5 million weights, a context of at least 512, 4,096 tokens, and at most 12 MB on disk."""
    model = Model.load(NANO)
    assert 3e6 <= len(model.params.flat) <= 5e6
    assert model.config.max_position_embeddings >= 512
    assert model.config.vocab_size == model.tokenizer.vocab_size == 4096
    assert sum(path.stat().st_size for path in NANO.iterdir()) < 12e6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gpt2"}, "model_type is 'gpt2'"),
        ({"tie_word_embeddings": False}, "lm_head.weight is missing"),
        ({"model_type": "qwen2"}, "self_attn.q_proj.bias is missing"),
        ({"attention_bias": True}, "attention_bias is True"),
        ({"mlp_bias": True}, "mlp_bias is True"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu'"),
        ({"rope_scaling": {"rope_type": "llama3"}}, "rope_type is 'llama3'"),
        ({"rope_scaling": {"type": "linear", "factor": 2}}, "rope_type is 'linear'"),
        ({"use_sliding_window": True}, "use_sliding_window is True"),
        ({"quantization_config": {"bits": 4}}, "quantization_config is {'bits': 4}"),
        ({"hidden_size": None}, "hidden_size missing"),
        ({"hidden_size": 96, "head_dim": 16}, r"model.embed_tokens.weight is \(4096, 192\)"),
    ],
)
def test_other_models_are_refused_by_name(tmp_path: Path, change: dict[str, object], message: str) -> None:
    """A checkpoint this engine cannot run says which part of it is the reason."""
    for path in NANO.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(ValueError, match=message):
        Model.load(tmp_path)


def test_missing_and_damaged_files(tmp_path: Path) -> None:
    """A folder without weights, or with broken ones, says which file."""
    with pytest.raises(ValueError, match=r"config.json does not exist"):
        Model.load(tmp_path)
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((NANO / name).read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ValueError, match=r"model.safetensors is damaged"):
        Model.load(tmp_path)
