"""The shape of a Llama, read from and written to Hugging Face's `config.json`.

Left out, and refused by name when a checkpoint asks for it: biases, untied output weights, scaled rotary positions.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


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

    @classmethod
    def read(cls, path: Path) -> "Config":
        """Read a `config.json`.

        Raises
        ------
        ValueError
            When it is not a Llama, or a Llama with a part this engine does not have.
        """
        # Better to stop here than to compute something else than the checkpoint's authors meant.
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for key, supported in (
            ("model_type", "llama"),
            ("hidden_act", "silu"),
            ("tie_word_embeddings", True),
            ("attention_bias", False),
            ("mlp_bias", False),
        ):
            if raw.get(key, supported) != supported:
                raise ValueError(f"{path}: {key} is {raw[key]!r}; this engine runs only checkpoints where it is {supported!r}.")
        rope = raw.get("rope_parameters") or raw.get("rope_scaling") or {}  # transformers 5, transformers 4
        if rope.get("rope_type", "default") != "default":
            raise ValueError(f"{path}: rope_type is {rope['rope_type']!r}; this engine knows only 'default'.")
        raw.setdefault("rope_theta", rope.get("rope_theta", 10000.0))
        raw.setdefault("num_key_value_heads", raw["num_attention_heads"])
        raw.setdefault("head_dim", raw["hidden_size"] // raw["num_attention_heads"])
        return cls(**{name: raw[name] for name in cls.__dataclass_fields__ if raw.get(name) is not None})

    def write(self, path: Path) -> None:
        """Write a `config.json` that `transformers` reads."""
        rest = {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "hidden_act": "silu",
            "tie_word_embeddings": True,
            "attention_bias": False,
            "mlp_bias": False,
            "torch_dtype": "float16",
        }
        path.write_text(json.dumps({**asdict(self), **rest}, indent=1) + "\n", encoding="utf-8")
