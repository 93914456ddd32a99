"""Tiny random models in GGUF, written with llama.cpp's own package `gguf` and by the rules of its converter."""

from pathlib import Path
from typing import Any

import gguf
import numpy as np

from ftwidgets.engine.tokenizer import byte_alphabet

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["h e", "l l", "he ll", "hell o", "Ġ w", "Ġw o", "1 2", "Ġ t"]
TEMPLATE = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"


def vocabulary() -> list[str]:
    """Special tokens, one for each byte, and those that the merges make."""
    return [*SPECIAL, *byte_alphabet(), *(merge.replace(" ", "") for merge in MERGES)]


def rotary_rows_of_llama_cpp(weight: np.ndarray, heads: int) -> np.ndarray:
    """Move rows as `LlamaModel.permute` of llama.cpp's convert_hf_to_gguf.py does."""
    return weight.reshape(heads, 2, len(weight) // heads // 2, -1).swapaxes(1, 2).reshape(weight.shape)


def hugging_face_weights(architecture: str = "llama", *, tied: bool = True, seed: int = 0) -> dict[str, np.ndarray]:
    """Weights of two layers, width 32, four heads of 8, two key/value heads, inner width 64, by Hugging Face's names."""
    rng = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (len(vocabulary()), 32), "model.norm.weight": (32,)}
    if not tied:
        shapes["lm_head.weight"] = (len(vocabulary()), 32)
    for layer in range(2):
        at = f"model.layers.{layer}."
        sizes = {"self_attn.q_proj": (32, 32), "self_attn.k_proj": (16, 32), "self_attn.v_proj": (16, 32)}
        if architecture == "qwen2":
            shapes |= {f"{at}{name}.bias": size[:1] for name, size in sizes.items()}
        sizes |= {"self_attn.o_proj": (32, 32), "mlp.gate_proj": (64, 32), "mlp.up_proj": (64, 32), "mlp.down_proj": (32, 64)}
        shapes |= {f"{at}{name}.weight": size for name, size in sizes.items()}
        shapes |= {f"{at}input_layernorm.weight": (32,), f"{at}post_attention_layernorm.weight": (32,)}
    return {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}


def write_gguf(
    path: Path,
    weights: dict[str, np.ndarray],
    architecture: str = "llama",
    *,
    pre: str = "smollm",
    kind: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.F32,
    change: dict[str, Any] | None = None,
    tokens: list[str] | None = None,
    token_types: list[int] | None = None,
) -> Path:
    """Write the weights as a converted model; `change` replaces or adds whole numbers and texts of the metadata."""
    writer = gguf.GGUFWriter(path, architecture)
    numbers = {
        "block_count": 2, "context_length": 128, "embedding_length": 32, "feed_forward_length": 64,
        "attention.head_count": 4, "attention.head_count_kv": 2, "rope.dimension_count": 8,
    }  # fmt: skip
    values: dict[str, Any] = {f"{architecture}.{key}": value for key, value in numbers.items()} | (change or {})
    for key, value in values.items():
        (writer.add_string if isinstance(value, str) else writer.add_uint32)(key, value)
    writer.add_rope_freq_base(100000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    tokens = tokens or vocabulary()
    writer.add_token_list(tokens)
    writer.add_token_types(token_types or [3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2 if architecture == "qwen2" else gguf.MODEL_ARCH.LLAMA, 2)
    for name, weight in weights.items():
        if architecture == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
            weight = rotary_rows_of_llama_cpp(weight, 4 if "q_proj" in name else 2)
        renamed = names.get_name(name, try_suffixes=(".weight", ".bias"))
        assert renamed is not None
        stored = kind if weight.ndim == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(renamed, gguf.quantize(weight, stored), raw_shape=None, raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
