"""The Llama inside a GGUF file, in Hugging Face's words: config, names of weights, order of rows; and the way back.

llama.cpp turns neighbouring rows of the query and key matrices, (0, 1), (2, 3) ..., where Hugging Face turns row i with row
i + head_dim / 2. So for the architecture `llama` its converter moves the rows, and here they move back. `qwen2` is not moved.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ftwidgets.engine.config import Config
from ftwidgets.models.gguf.reader import GgufFile

Array = np.ndarray

_OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
_IN_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_BIASES = {"llama": (), "qwen2": ("attn_q", "attn_k", "attn_v")}  # architecture: which matrices have one

_LAYER = re.compile(r"model\.layers\.(\d+)\.(.+)\.(weight|bias)")

# Keys below the architecture's name that change what the network computes, and the only value that is computed here.
_UNSUPPORTED = {
    "rope.scaling.type": "none",
    "expert_count": 0,
    "attention.sliding_window": 0,
    "attention.scale": 0,
    "logit_scale": 0,
    "final_logit_softcapping": 0,
}


class GgufLlama:
    """A Llama (or Qwen2) in a GGUF file.

    Attributes
    ----------
    config
        Its shape, with the keys of Hugging Face's `config.json`.
    names
        Its weights by Hugging Face's names, with their names in the file.

    Raises
    ------
    ValueError
        If the file has another architecture, or a part that the engine cannot compute; the message names it.
    """

    def __init__(self, path: Path) -> None:
        self.file = GgufFile(path)
        metadata = self.file.metadata
        self.architecture = str(metadata.get("general.architecture"))
        if self.architecture not in _BIASES:
            raise ValueError(
                f"{path}: general.architecture is {self.architecture!r}; only 'llama' and 'qwen2' can be used here."
            )
        for key, supported in _UNSUPPORTED.items():
            found = metadata.get(f"{self.architecture}.{key}", supported)
            if found != supported:
                raise ValueError(f"{path}: {self.architecture}.{key} is {found!r}; such models cannot be used here.")
        self.names = {self._hugging_face_name(name): name for name in self.file.tensors}
        self.config = self._config()

    def tensors(self) -> Iterator[tuple[str, Array]]:
        """Yield each weight's Hugging Face name and its numbers in float32, one at a time."""
        for name in self.names:
            yield name, self.read(name)

    def read(self, name: str) -> Array:
        """Return one weight in float32, by its Hugging Face name."""
        weight = self.file.read(self.names[name])
        if self.architecture == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
            heads = self.config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"]
            return restore_rotary_rows(weight, heads)
        return weight

    def _hugging_face_name(self, name: str) -> str:
        found = re.fullmatch(r"(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)", name)
        if found:
            layer, part, kind = found.groups()
            renamed = (_OUTSIDE if layer is None else _IN_LAYER).get(part)
            if renamed and (kind == "weight" or (layer and part in _BIASES[self.architecture])):
                return f"{renamed}.{kind}" if layer is None else f"model.layers.{layer}.{renamed}.{kind}"
        meaning = " (scaled rotary positions)" if name.startswith("rope_freqs") else ""
        raise ValueError(f"{self.file.path}: it has the weights {name}{meaning}, which the models used here do not have.")

    def _config(self) -> dict[str, Any]:
        metadata, prefix = self.file.metadata, self.architecture
        embedding = self.file.tensors.get("token_embd.weight")
        if embedding is None or len(embedding.shape) != 2:
            raise ValueError(
                f"{self.file.path}: token_embd.weight, the embedding matrix, is missing; the file has no whole model."
            )

        def whole(key: str, default: int | None = None) -> int:
            value = metadata.get(f"{prefix}.{key}", default)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{self.file.path}: {prefix}.{key} is {value!r}; a whole number above 0 belongs there.")
            return value

        heads, width = whole("attention.head_count"), whole("embedding_length")
        head_dim = whole("attention.key_length", width // heads)
        for key in ("attention.value_length", "rope.dimension_count"):
            if whole(key, head_dim) != head_dim:
                raise ValueError(
                    f"{self.file.path}: {prefix}.{key} is {metadata[f'{prefix}.{key}']} and a head has {head_dim} numbers; "
                    "only models where the two are equal can be used here."
                )
        special = {
            f"{key}_token_id": metadata.get(f"tokenizer.ggml.{name}_token_id")
            for key, name in (("bos", "bos"), ("eos", "eos"), ("pad", "padding"))
        }
        return {
            "architectures": ["Qwen2ForCausalLM" if prefix == "qwen2" else "LlamaForCausalLM"],
            "model_type": prefix,
            "vocab_size": embedding.shape[0],
            "hidden_size": width,
            "num_hidden_layers": whole("block_count"),
            "num_attention_heads": heads,
            "num_key_value_heads": whole("attention.head_count_kv", heads),
            "head_dim": head_dim,
            "intermediate_size": whole("feed_forward_length"),
            "max_position_embeddings": whole("context_length"),
            "rope_theta": _shortest(metadata.get(f"{prefix}.rope.freq_base", 10000.0)),
            "rms_norm_eps": _shortest(metadata.get(f"{prefix}.attention.layer_norm_rms_epsilon", 1e-5)),
            "hidden_act": "silu",
            "tie_word_embeddings": "lm_head.weight" not in self.names,
        } | {key: value for key, value in special.items() if value is not None}


def llama_metadata(config: Config) -> dict[str, Any]:
    """Return what a GGUF file says of a model's shape."""
    prefix = "qwen2" if config.qkv_bias else "llama"
    values = {
        "block_count": config.num_hidden_layers,
        "context_length": config.max_position_embeddings,
        "embedding_length": config.hidden_size,
        "feed_forward_length": config.intermediate_size,
        "attention.head_count": config.num_attention_heads,
        "attention.head_count_kv": config.num_key_value_heads,
        "attention.key_length": config.head_dim,
        "attention.value_length": config.head_dim,
        "rope.dimension_count": config.head_dim,
        "rope.freq_base": float(config.rope_theta),
        "attention.layer_norm_rms_epsilon": float(config.rms_norm_eps),
        "vocab_size": config.vocab_size,
    }
    return {"general.architecture": prefix} | {f"{prefix}.{key}": value for key, value in values.items()}


def gguf_name(name: str) -> str:
    """Return the name that a weight with this Hugging Face name has in a GGUF file."""
    found = _LAYER.fullmatch(name)
    if found:
        layer, part, kind = found.groups()
        return f"blk.{layer}.{_inverse(_IN_LAYER)[part]}.{kind}"
    part, kind = name.rsplit(".", 1)
    return f"{_inverse(_OUTSIDE)[part]}.{kind}"


def gguf_weight(name: str, weight: Array, config: Config) -> Array:
    """Return a weight with its rows in llama.cpp's order."""
    if not config.qkv_bias and name.endswith(("q_proj.weight", "k_proj.weight")):
        return move_rotary_rows(weight, config.num_attention_heads if "q_proj" in name else config.num_key_value_heads)
    return weight


def _inverse(names: dict[str, str]) -> dict[str, str]:
    return {value: key for key, value in names.items()}


def move_rotary_rows(weight: Array, heads: int) -> Array:
    """Bring Hugging Face's rows that are turned together beside each other: row j head_dim / 2 + i of each head to 2 i + j."""
    halves = weight.reshape(heads, 2, -1, *weight.shape[1:])  # (heads, 2, head_dim / 2, width)
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(weight.shape)


def restore_rotary_rows(weight: Array, heads: int) -> Array:
    """Put the rows of a query or key matrix back into Hugging Face's order: row 2 i + j of each head to j head_dim / 2 + i."""
    pairs = weight.reshape(heads, -1, 2, *weight.shape[1:])  # (heads, head_dim / 2, 2, width)
    return np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(weight.shape)


def _shortest(value: float) -> float:
    """Return the number with the fewest digits that is this float32: 1e-05 and not 9.999999747378752e-06."""
    return float(str(np.float32(value)))
