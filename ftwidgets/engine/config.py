"""The shape of a Llama, read from and written to Hugging Face's `config.json`.

Qwen2 is a Llama with biases on queries, keys and values, so it is read too. Left out, and refused by name when a checkpoint
asks for it: other biases, scaled rotary positions, attention windows, quantised weights.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

REQUIRED = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
)


# Beside nano, SmolLM2-135M: 49,152 tokens, width 576, 30 layers, 9 query and 3 key heads of 64, inner 1,536, 8,192 tokens of
# context. Deep and narrow: 30 layers of 3.5 million weights are 106 million, and 28 million more are the embedding.


@dataclass(frozen=True)
class Config:
    """The sizes of a Llama; the names are those of `transformers.LlamaConfig`."""

    vocab_size: int  # nano: 4,096 different tokens
    hidden_size: int  # nano: 192 numbers a token, called "width" in this engine
    num_hidden_layers: int  # nano: 6
    num_attention_heads: int  # nano: 6 query heads
    num_key_value_heads: int  # nano: 2, so three query heads share a key head
    head_dim: int  # nano: 32
    intermediate_size: int  # nano: 512, called "inner" in this engine
    max_position_embeddings: int  # nano: 512 tokens of context
    rope_theta: float = 10000.0  # how slowly the slowest rotary pair turns
    rms_norm_eps: float = 1e-5
    bos_token_id: int = 0
    eos_token_id: int = 2
    pad_token_id: int = 0
    tie_word_embeddings: bool = True  # whether the embedding is the output matrix as well
    qkv_bias: bool = False  # whether a number is added to each query, key and value: True makes it a Qwen2

    @classmethod
    def read(cls, path: Path) -> "Config":
        """Read a `config.json`.

        Raises
        ------
        ValueError
            When it cannot be read, is not a Llama, or is a Llama with a part this engine does not have.
        """
        # Better to stop here than to compute something else than the checkpoint's authors meant.
        try:
            raw: dict[str, Any] = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ValueError(f"{path} cannot be read: {error}.") from error
        kind = raw.get("model_type", "llama")
        if kind not in ("llama", "qwen2"):
            raise ValueError(f"{path}: model_type is {kind!r}; this engine runs only 'llama' and 'qwen2' checkpoints.")
        for key, supported in (
            ("hidden_act", "silu"),
            ("attention_bias", False),
            ("mlp_bias", False),
            ("use_sliding_window", False),
            ("partial_rotary_factor", 1.0),
            ("quantization_config", None),
        ):
            if raw.get(key, supported) != supported:
                raise ValueError(
                    f"{path}: {key} is {raw[key]!r:.80}; this engine runs only checkpoints where it is {supported!r}."
                )
        rope = raw.get("rope_parameters") or raw.get("rope_scaling") or {}  # transformers 5, transformers 4
        if rope.get("rope_type", rope.get("type", "default")) != "default":
            raise ValueError(
                f"{path}: rope_type is {rope.get('rope_type', rope.get('type'))!r}; this engine knows only 'default'."
            )
        missing = [key for key in REQUIRED if raw.get(key) is None]
        if missing:
            raise ValueError(f"{path}: {', '.join(missing)} missing; a Llama's config.json has {', '.join(REQUIRED)}.")
        if isinstance(raw.get("eos_token_id"), list):  # several ways to end; a chat ends with the tokenizer's own
            raw["eos_token_id"] = raw["eos_token_id"][0]
        # Where a key is absent, transformers has defaults of its own.
        raw = {name: value for name, value in raw.items() if value is not None}
        raw.setdefault("rope_theta", rope.get("rope_theta", 10000.0))
        raw.setdefault("rms_norm_eps", 1e-6)
        raw.setdefault("num_key_value_heads", raw["num_attention_heads"])
        raw.setdefault("head_dim", raw["hidden_size"] // raw["num_attention_heads"])
        raw.setdefault("tie_word_embeddings", False)
        raw["qkv_bias"] = kind == "qwen2"
        return cls(**{name: raw[name] for name in cls.__dataclass_fields__ if name in raw})

    def write(self, path: Path, dtype: str = "float16") -> None:
        """Write a `config.json` that `transformers` reads; `dtype` is that of the weights beside it."""
        sizes = asdict(self)
        kind, architecture = ("qwen2", "Qwen2ForCausalLM") if sizes.pop("qkv_bias") else ("llama", "LlamaForCausalLM")
        rest: dict[str, Any] = {"architectures": [architecture], "model_type": kind, "hidden_act": "silu", "torch_dtype": dtype}
        if kind == "llama":
            rest |= {"attention_bias": False, "mlp_bias": False}
        path.write_text(json.dumps({**sizes, **rest}, indent=1) + "\n", encoding="utf-8")
