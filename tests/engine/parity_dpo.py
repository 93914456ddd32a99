"""DPO's loss and gradient written down in torch on `transformers.LlamaForCausalLM`, and what it answered, stored.

`python -m tests.engine.parity_dpo` (needs torch and transformers) rewrites golden_dpo.npz.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ftwidgets.engine.batches import Example
from ftwidgets.engine.config import Config
from ftwidgets.engine.dpo import Pair
from ftwidgets.engine.params import Params, random_params

GOLDEN = Path(__file__).with_name("golden_dpo.npz")
BETA = 0.3
TINY = Config(
    vocab_size=17,
    hidden_size=12,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=4,
    intermediate_size=10,
    max_position_embeddings=16,
)


def weights(seed: int) -> Params:
    """A tiny model in float64, far enough from its neighbours that rewards are not all alike."""
    params = random_params(TINY, seed, np.float64)
    params.flat += 0.3 * np.random.default_rng([seed, 1]).normal(size=params.flat.shape)
    return params


def pairs(count: int = 4) -> list[Pair]:
    """Prompts of 2 to 5 tokens with two answers of unequal lengths each."""
    rng = np.random.default_rng(3)
    found = []
    for i in range(count):
        prompt = rng.integers(0, TINY.vocab_size, 2 + i % 4)
        answers = (rng.integers(0, TINY.vocab_size, n) for n in (3 + i % 3, 6 - i % 3))
        both = [np.concatenate([prompt, answer]).astype(np.int32) for answer in answers]
        found.append(Pair(*(Example(ids, (np.arange(len(ids)) >= len(prompt)).astype(np.float32)) for ids in both)))
    return found


def as_torch(params: Params) -> Any:
    """The same model in transformers, in float64 (it computes norms and rotations in float32 all the same)."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = {**asdict(TINY), "pad_token_id": None}  # torch gives the padding's own vector no gradient
    shape.pop("qkv_bias")  # ours alone: what makes it a Qwen2
    rest = {"attention_bias": False, "mlp_bias": False, "attn_implementation": "eager"}
    model = LlamaForCausalLM(LlamaConfig(**shape, **rest)).double()
    named = {name: torch.from_numpy(weight.copy()) for name, weight in params.named.items()}
    model.load_state_dict({**named, "lm_head.weight": named["model.embed_tokens.weight"]})
    return model


def answer_logp(model: Any, example: Example) -> Any:
    """Log-probability of an answer: the sum over its tokens."""
    import torch

    ids = torch.from_numpy(example.ids.astype(np.int64))
    logp = torch.log_softmax(model(ids[None, :-1]).logits[0], dim=-1)
    each = logp.gather(1, ids[1:, None])[:, 0]
    return (each * torch.from_numpy(example.weights[1:].astype(np.float64))).sum()


def ask_torch() -> dict[str, np.ndarray]:
    """Loss, margins and gradients of DPO, one example at a time, as equation 7 of the paper reads."""
    import torch

    policy, reference = as_torch(weights(0)), as_torch(weights(1))
    losses, margins = [], []
    for pair in pairs():
        with torch.no_grad():
            base = [answer_logp(reference, example) for example in (pair.chosen, pair.rejected)]
        chosen, rejected = (answer_logp(policy, example) for example in (pair.chosen, pair.rejected))
        margin = BETA * ((chosen - base[0]) - (rejected - base[1]))
        losses.append(-torch.nn.functional.logsigmoid(margin))
        margins.append(margin)
    loss = torch.stack(losses).mean()
    loss.backward()
    out = {"loss": np.array(loss.item()), "margins": torch.stack(margins).detach().numpy()}
    return out | {f"gradient_{name}": weight.grad.numpy() for name, weight in policy.named_parameters()}


if __name__ == "__main__":
    np.savez_compressed(GOLDEN, **ask_torch())
