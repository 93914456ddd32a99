"""All weights of a Llama in one flat array, seen through named windows.

One array makes the optimizer a handful of long vector operations, and lets matrices that read the same input (query, key and
value; gate and up) stand side by side and be multiplied as one. The names are Hugging Face's.
What else a model's weights can be: frozen ones (`frozen`), and frozen ones with trained adapters (`lora`).
"""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from ftwidgets.engine.config import Config

Array = np.ndarray
# What `linear` multiplies with: an array, a `FrozenMatrix` or an `AdaptedMatrix`. Among gradients, an array or an `Adapter`;
# None for what is frozen and has no gradient.
Matrix = Any
Vector = Any  # an array; None among gradients if it is frozen

# nano has 3,150,000 weights or so: an embedding of 4,096 x 192 (a quarter of them), and six layers of about 393,000 each.
# Names such as `model.layers.0.self_attn.q_proj.weight` are those that every tool for Llama checkpoints knows.


@dataclass(frozen=True)
class Layer:
    """Windows on one layer's weights, with the matrices that share an input fused."""

    input_norm: Vector  # (width,)
    qkv: Matrix  # ((heads + 2 kv_heads) * head_dim, width)
    qkv_bias: Vector  # ((heads + 2 kv_heads) * head_dim,) of a Qwen2, else None
    out: Matrix  # (width, heads * head_dim)
    mlp_norm: Vector  # (width,)
    gate_up: Matrix  # (2 * inner, width)
    down: Matrix  # (width, inner)


class Weights(ABC):
    """What the model computes with, and what a run trains of it."""

    config: Config
    flat: Array  # (trained weights,): what the optimizer moves
    n_matrix_weights: int  # weight decay applies to so many of them, the first ones
    embed: Matrix  # (vocabulary, width)
    head: Matrix  # (vocabulary, width): the output matrix; the embedding itself where both are tied
    norm: Vector  # (width,)
    layers: list[Layer]

    @abstractmethod
    def copy(self) -> "Weights":
        """The same weights, with trained ones of its own."""

    @abstractmethod
    def gradients(self) -> "Weights":
        """Zeros in the shape of what is trained."""

    @abstractmethod
    def widened(self) -> "Params":
        """The same weights as a `Params` of its own, which can be trained."""

    @abstractmethod
    def digest(self) -> bytes:
        """SHA-256 of all weights."""


def shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Every weight's Hugging Face name and shape, in the order of the flat array: matrices first, then gains."""
    c = config
    width, inner = c.hidden_size, c.intermediate_size
    q, kv = c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim
    # A matrix is (outputs, inputs), so a layer computes x @ weight.T.
    out: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (c.vocab_size, width)}
    for i in range(c.num_hidden_layers):
        at = f"model.layers.{i}."
        out[at + "self_attn.q_proj.weight"] = (q, width)
        out[at + "self_attn.k_proj.weight"] = (kv, width)
        out[at + "self_attn.v_proj.weight"] = (kv, width)
        out[at + "self_attn.o_proj.weight"] = (width, q)
        out[at + "mlp.gate_proj.weight"] = (inner, width)
        out[at + "mlp.up_proj.weight"] = (inner, width)
        out[at + "mlp.down_proj.weight"] = (width, inner)
    if not c.tie_word_embeddings:
        out["lm_head.weight"] = (c.vocab_size, width)
    # Gains and biases come last, so that "all matrices" is one stretch of the flat array: weight decay applies to those alone.
    for i in range(c.num_hidden_layers):
        out[f"model.layers.{i}.input_layernorm.weight"] = (width,)
        out[f"model.layers.{i}.post_attention_layernorm.weight"] = (width,)
        if c.qkv_bias:
            for name, size in (("q", q), ("k", kv), ("v", kv)):
                out[f"model.layers.{i}.self_attn.{name}_proj.bias"] = (size,)
    out["model.norm.weight"] = (width,)
    return out


class Params(Weights):
    """The weights (or their gradients): one flat array, (number of weights,), and windows on it.

    Without `flat` they are zeros of `dtype`: float32, or float64 where gradients are checked.
    """

    def __init__(self, config: Config, flat: Array | None = None, dtype: type = np.float32) -> None:
        self.config = config
        self.named: dict[str, Array] = {}
        # Gradients are kept in a Params too: `grads.layers[0].qkv` is the gradient of `params.layers[0].qkv`.
        self.flat = np.zeros(n_weights(config), dtype) if flat is None else flat
        start: dict[str, int] = {}
        at = 0
        for name, shape in shapes(config).items():
            start[name] = at
            at += int(np.prod(shape))
            # A slice of an array that lies in one piece, reshaped, is a view: writing into it writes into `flat`.
            self.named[name] = self.flat[start[name] : at].reshape(shape)
        self.n_matrix_weights = start["model.layers.0.input_layernorm.weight"]  # weight decay stops here
        self.embed: Array = self.named["model.embed_tokens.weight"]
        self.head: Array = self.named.get("lm_head.weight", self.embed)
        self.norm: Array = self.named["model.norm.weight"]

        # q, k and v stand one after another in `flat`, so one view covers all three; the same for gate and up.
        def fused(first: str, last: str) -> Array:
            return self.flat[start[first] : start[last] + self.named[last].size]

        self.layers: list[Layer] = []
        for i in range(config.num_hidden_layers):
            attention, mlp = f"model.layers.{i}.self_attn.", f"model.layers.{i}.mlp."
            self.layers.append(
                Layer(
                    input_norm=self.named[f"model.layers.{i}.input_layernorm.weight"],
                    qkv=fused(attention + "q_proj.weight", attention + "v_proj.weight").reshape(-1, config.hidden_size),
                    qkv_bias=fused(attention + "q_proj.bias", attention + "v_proj.bias") if config.qkv_bias else None,
                    out=self.named[attention + "o_proj.weight"],
                    mlp_norm=self.named[f"model.layers.{i}.post_attention_layernorm.weight"],
                    gate_up=fused(mlp + "gate_proj.weight", mlp + "up_proj.weight").reshape(-1, config.hidden_size),
                    down=self.named[mlp + "down_proj.weight"],
                )
            )

    def copy(self) -> "Params":
        """An independent copy."""
        return Params(self.config, self.flat.copy())

    def widened(self) -> "Params":
        """An independent copy."""
        return self.copy()

    def gradients(self) -> "Params":
        """Zeros in the same shape, for gradients."""
        return Params(self.config, dtype=self.flat.dtype.type)

    def digest(self) -> bytes:
        """SHA-256 of the weights."""
        return hashlib.sha256(self.flat.tobytes()).digest()


def n_weights(config: Config) -> int:
    """How many weights a model of this shape has."""
    return sum(int(np.prod(shape)) for shape in shapes(config).values())


def random_params(config: Config, seed: int, dtype: type = np.float32) -> Params:
    """Weights of an untrained Llama.

    Normal with deviation 0.02 for the embedding and 1/sqrt(width) for matrices, those that write to the residual stream
    smaller by sqrt(2 * layers) (the scheme of GPT-2, Radford et al. 2019, section 2.3); gains 1.
    """
    # Too large, and the sums of many random numbers explode from layer to layer; too small, and nothing comes through.
    # With deviation 1/sqrt(width), a sum of `width` terms has about the size of one of them.
    rng = np.random.default_rng(seed)
    params = Params(config, dtype=dtype)
    for name, weight in params.named.items():
        if weight.ndim == 1:
            weight[:] = not name.endswith("bias")  # gains of 1 and biases of 0: pass everything on as it is
        elif name.endswith(("o_proj.weight", "down_proj.weight")):
            weight[:] = rng.normal(0, 0.02 / np.sqrt(2 * config.num_hidden_layers), weight.shape)
        else:
            deviation = 0.02 if "embed" in name or "lm_head" in name else config.hidden_size**-0.5
            weight[:] = rng.normal(0, deviation, weight.shape)
    return params
