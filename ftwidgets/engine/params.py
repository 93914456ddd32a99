"""All weights of a Llama in one flat array, seen through named windows.

One array makes the optimizer a handful of long vector operations, and lets matrices that read the same input (query, key and
value; gate and up) stand side by side and be multiplied as one. The names are Hugging Face's.
Left out: sharding, tied weights other than the embedding that is also the output matrix.
"""

from dataclasses import dataclass

import numpy as np

from ftwidgets.engine.config import Config

Array = np.ndarray

# nano has 3,150,000 weights or so: an embedding of 4,096 x 192 (a quarter of them), and six layers of about 393,000 each.
# Names such as `model.layers.0.self_attn.q_proj.weight` are those that every tool for Llama checkpoints knows.


@dataclass(frozen=True)
class Layer:
    """Windows on one layer's weights, with the matrices that share an input fused."""

    input_norm: Array  # (width,)
    qkv: Array  # ((heads + 2 kv_heads) * head_dim, width)
    out: Array  # (width, heads * head_dim)
    mlp_norm: Array  # (width,)
    gate_up: Array  # (2 * inner, width)
    down: Array  # (width, inner)


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
    # Gains come last, so that "all matrices" is one stretch of the flat array: weight decay applies to those alone.
    for i in range(c.num_hidden_layers):
        out[f"model.layers.{i}.input_layernorm.weight"] = (width,)
        out[f"model.layers.{i}.post_attention_layernorm.weight"] = (width,)
    out["model.norm.weight"] = (width,)
    return out


class Params:
    """The weights (or their gradients): one flat array, (number of weights,), and windows on it.

    Without `flat` they are zeros of `dtype`: float32, or float64 where gradients are checked.
    """

    def __init__(self, config: Config, flat: Array | None = None, dtype: type = np.float32) -> None:
        self.config = config
        self.named: dict[str, Array] = {}
        # Gradients are kept in a Params too: `grads.layers[0].qkv` is the gradient of `params.layers[0].qkv`.
        size = sum(int(np.prod(shape)) for shape in shapes(config).values())
        self.flat = np.zeros(size, dtype) if flat is None else flat
        start: dict[str, int] = {}
        at = 0
        for name, shape in shapes(config).items():
            start[name] = at
            at += int(np.prod(shape))
            # A slice of an array that lies in one piece, reshaped, is a view: writing into it writes into `flat`.
            self.named[name] = self.flat[start[name] : at].reshape(shape)
        self.n_matrix_weights = start["model.layers.0.input_layernorm.weight"]  # weight decay stops here
        self.embed = self.named["model.embed_tokens.weight"]
        self.norm = self.named["model.norm.weight"]
        self.layers = [self._layer(f"model.layers.{i}.", start) for i in range(config.num_hidden_layers)]

    def _layer(self, at: str, start: dict[str, int]) -> Layer:
        # q, k and v stand one after another in `flat`, so one view covers all three; the same for gate and up.
        def fused(first: str, last: str) -> Array:
            end = start[at + last] + self.named[at + last].size
            return self.flat[start[at + first] : end].reshape(-1, self.config.hidden_size)

        return Layer(
            input_norm=self.named[at + "input_layernorm.weight"],
            qkv=fused("self_attn.q_proj.weight", "self_attn.v_proj.weight"),
            out=self.named[at + "self_attn.o_proj.weight"],
            mlp_norm=self.named[at + "post_attention_layernorm.weight"],
            gate_up=fused("mlp.gate_proj.weight", "mlp.up_proj.weight"),
            down=self.named[at + "mlp.down_proj.weight"],
        )

    def copy(self) -> "Params":
        """An independent copy."""
        return Params(self.config, self.flat.copy())


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
            weight[:] = 1  # gains: pass everything on as it is
        elif name.endswith(("o_proj.weight", "down_proj.weight")):
            weight[:] = rng.normal(0, 0.02 / np.sqrt(2 * config.num_hidden_layers), weight.shape)
        else:
            deviation = 0.02 if "embed" in name else config.hidden_size**-0.5
            weight[:] = rng.normal(0, deviation, weight.shape)
    return params
