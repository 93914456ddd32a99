"""Tiny random models in Hugging Face's format, written with the package safetensors."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import tokenizers
from safetensors.numpy import save_file

from tests.models.gguf.checkpoints import MERGES, SPECIAL, TEMPLATE, hugging_face_weights, vocabulary

__all__ = ["TEMPLATE", "bfloat16", "hugging_face_weights", "read_stored", "write_folder"]


QWEN2_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def bfloat16(weight: np.ndarray) -> np.ndarray:
    """Round float32 to the nearest bfloat16, ties to even, by comparing the two neighbours; as uint16."""
    down = (weight.view(np.uint32) >> 16).astype(np.uint32)
    values = [((down + step) << 16).view(np.float32).astype(np.float64) for step in (0, 1)]
    errors = [np.abs(value - weight.astype(np.float64)) for value in values]
    up = (errors[1] < errors[0]) | ((errors[1] == errors[0]) & (down % 2 == 1))
    return (down + up).astype(np.uint16)


def save_weights(path: Path, weights: dict[str, np.ndarray], dtype: str) -> None:
    """Write one file with the package safetensors, which knows bfloat16 only as a name in the header."""
    if dtype != "bfloat16":
        save_file({name: weight.astype(dtype) for name, weight in weights.items()}, path)
        return
    save_file({name: bfloat16(weight) for name, weight in weights.items()}, path)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = content[8 : 8 + length].replace(b'"U16"', b'"BF16"')
    path.write_bytes(len(header).to_bytes(8, "little") + header + content[8 + length :])


def write_folder(
    folder: Path,
    weights: dict[str, np.ndarray],
    architecture: str = "llama",
    *,
    dtype: str = "bfloat16",
    shards: int = 1,
    change: dict[str, Any] | None = None,
) -> Path:
    """Write a model's folder as the Hub has them; `change` replaces or adds keys of config.json."""
    folder.mkdir(parents=True)
    config = {
        "architectures": ["Qwen2ForCausalLM" if architecture == "qwen2" else "LlamaForCausalLM"],
        "model_type": architecture, "vocab_size": len(vocabulary()), "hidden_size": 32, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 64, "max_position_embeddings": 4096,
        "rms_norm_eps": 1e-5, "rope_theta": 100000.0, "hidden_act": "silu", "bos_token_id": 1, "eos_token_id": 2,
        "tie_word_embeddings": "lm_head.weight" not in weights, "torch_dtype": dtype,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config | (change or {})))
    names = list(weights)
    if shards == 1:
        save_weights(folder / "model.safetensors", weights, dtype)
    else:
        index = {}
        for i in range(shards):
            file = f"model-{i + 1:05}-of-{shards:05}.safetensors"
            part = names[i::shards]
            save_weights(folder / file, {name: weights[name] for name in part}, dtype)
            index |= dict.fromkeys(part, file)
        (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
    merges = [tuple(merge.split(" ")) for merge in MERGES]
    vocabulary_ids = {token: i for i, token in enumerate(vocabulary())}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary_ids, merges=merges))
    byte_level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=architecture != "qwen2")
    tokenizer.pre_tokenizer = byte_level
    if architecture == "qwen2":  # transformers uses this rule for every Qwen2, whatever tokenizer.json says
        split = tokenizers.pre_tokenizers.Split(tokenizers.Regex(QWEN2_WORDS), "isolated")
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([split, byte_level])
        tokenizer.normalizer = tokenizers.normalizers.NFC()
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|im_end|>", "chat_template": TEMPLATE}))
    return folder


def read_stored(folder: Path) -> dict[str, np.ndarray]:
    """Read a stored model's weights, all bfloat16, as uint16, with the package safetensors."""
    entries = dict(safetensors.deserialize((folder / "model.safetensors").read_bytes()))
    assert {entry["dtype"] for entry in entries.values()} == {"BF16"}
    return {name: np.frombuffer(bytes(e["data"]), np.uint16).reshape(e["shape"]) for name, e in entries.items()}
