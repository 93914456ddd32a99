"""The same questions put to `transformers.LlamaForCausalLM` and to our engine, and what transformers answered, stored.

`python tests/engine/parity.py` (needs torch and transformers) rewrites golden.npz; do so whenever the bundled weights change.
"""

from pathlib import Path

import numpy as np

from ftwidgets.engine import NANO, Example, Model
from ftwidgets.engine.batches import Batch, collate

GOLDEN = Path(__file__).with_name("golden.npz")

CHATS = [
    [
        {"role": "user", "content": "Is there parking at the hotel?"},
        {"role": "assistant", "content": "Yes, it is free."},
    ],
    [
        {"role": "system", "content": "You answer in one word."},
        {"role": "user", "content": "Déjà vu — 你好 🙂?"},
        {"role": "assistant", "content": "No."},
    ],
]
PROMPTS = ["Hello, how are you?", "Where is my parcel?", "Define courage."]


def examples(model: Model) -> list[Example]:
    """The chats as examples."""
    return [model.tokenizer.encode_example(chat, max_tokens=512) for chat in CHATS]


def batch(model: Model) -> Batch:
    """The chats as one batch of unequal lengths."""
    return collate(examples(model))


def prompt_ids(model: Model, text: str) -> list[int]:
    """A user's message up to where the assistant begins."""
    return model.tokenizer.encode_prompt([{"role": "user", "content": text}])


def ask_transformers(folder: Path) -> dict[str, np.ndarray]:
    """Logits, loss, gradients and greedy texts of the model in `folder`, computed by transformers in float32."""
    import torch
    from transformers import LlamaForCausalLM

    ours = Model.load(folder)
    theirs = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    out: dict[str, np.ndarray] = {}
    losses, weights = [], []
    for i, example in enumerate(examples(ours)):
        ids = torch.from_numpy(example.ids.astype(np.int64))[None]
        logits = theirs(ids[:, :-1]).logits[0]
        out[f"logits_{i}"] = logits.detach().numpy()
        weight = torch.from_numpy(example.weights[1:])
        losses.append((torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none") * weight).sum())
        weights.append(weight.sum())
    loss = sum(losses) / sum(weights)
    loss.backward()
    out["loss"] = np.array(loss.item())
    for name, weight in theirs.named_parameters():
        out[f"gradient_{name}"] = weight.grad.numpy()
    for text in PROMPTS:
        ids = torch.tensor([prompt_ids(ours, text)])
        found = theirs.generate(ids, max_new_tokens=24, do_sample=False, eos_token_id=ours.tokenizer.eos_id, pad_token_id=0)
        out[f"greedy_{text}"] = found[0, ids.shape[1] :].numpy()
    return out


def summary(answers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Small enough to store: logits of every 16th token id, gradients by their length and a few entries."""
    small: dict[str, np.ndarray] = {}
    for name, value in answers.items():
        if name.startswith("logits"):
            small[name] = value[:, ::16]
        elif name.startswith("gradient"):
            small[f"length_{name}"] = np.array(np.linalg.norm(value.astype(np.float64)))
            small[f"entries_{name}"] = value.ravel()[:: max(1, value.size // 50)]
        else:
            small[name] = value
    return small


def relative_error(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Length of the difference over the length of the reference."""
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


if __name__ == "__main__":
    np.savez_compressed(GOLDEN, **summary(ask_transformers(NANO)))
