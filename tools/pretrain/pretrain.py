"""Pretrain the base model: `python tools/pretrain/pretrain.py CORPUS --start FOLDER --out FOLDER --minutes 90`.

Two kinds of step: language modelling on everything, and chats with loss on the assistant's turns (two steps of three from
`--chat-from` of the time on). Windows of 128 tokens mostly, of 512 every fourth step, so that every position is trained.
The schedule follows the clock, so that a busy machine still ends with a decayed learning rate.
Needs torch and transformers. Left out: several devices, mixed precision, resuming (start again from --out instead).
"""

import argparse
import json
import math
import shutil
import time
from pathlib import Path

import corpus
import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM

# Share of each kind of chat in a chat batch. Questions asked in many wordings (persona, intent, faq) and reviews weigh more
# than their size: they are what a learner's own small data sets look like.
MIXTURE = {
    "definitions": 0.10,
    "dialogue": 0.14,
    "faq": 0.14,
    "formal": 0.05,
    "instruction": 0.04,
    "intent": 0.15,
    "persona": 0.14,
    "sentiment": 0.18,
    "spelling": 0.06,
}


def loss_of(model: LlamaForCausalLM, ids: np.ndarray, weights: np.ndarray | None) -> torch.Tensor:
    """Mean next-token loss over the weighted positions of ids (batch, time + 1)."""
    x = torch.from_numpy(ids)
    hidden = model.model(x[:, :-1]).last_hidden_state
    target = x[:, 1:]
    if weights is not None:  # logits only where the loss needs them
        keep = torch.from_numpy(weights[:, 1:]) > 0
        hidden, target = hidden[keep], target[keep]
    return functional.cross_entropy(model.lm_head(hidden).reshape(-1, model.config.vocab_size), target.reshape(-1))


@torch.no_grad()
def held_out_loss(model: LlamaForCausalLM, stream: np.ndarray, length: int) -> float:
    """Mean loss per token over consecutive windows of the held-out stream."""
    windows = stream[: (len(stream) - 1) // length * length + 1]
    rows = np.stack([windows[i : i + length + 1] for i in range(0, len(windows) - length, length)])
    return float(np.mean([loss_of(model, rows[i : i + 8], None).item() for i in range(0, len(rows), 8)]))


def save(model: LlamaForCausalLM, start: Path, out: Path) -> None:
    """Write the folder as Hugging Face lays out a Llama checkpoint, in float16."""
    out.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.to(torch.float16).contiguous() for k, v in model.state_dict().items() if k != "lm_head.weight"}
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(start / name, out / name)


def optimizer_of(model: LlamaForCausalLM) -> torch.optim.AdamW:
    """AdamW that decays matrices and leaves the norms' gains alone."""
    matrices = [p for p in model.parameters() if p.dim() > 1]
    gains = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": gains, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.95), fused=True)


def batch_of(
    rng: np.random.Generator, stream: np.ndarray, chats: dict[str, corpus.Chats], step: int, *, chat: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """4,096 tokens: windows of 512 every fourth step, of 128 otherwise."""
    length = 512 if step % 4 == 0 else 128
    count = 4096 // length
    if not chat:
        at = rng.integers(0, len(stream) - length - 1, count)
        return np.stack([stream[i : i + length + 1] for i in at]).astype(np.int64), None
    kinds = list(chats)
    share = np.array([MIXTURE[kind] for kind in kinds])
    windows = [chats[kinds[k]].window(rng, length) for k in rng.choice(len(kinds), count, p=share / share.sum())]
    return np.stack([ids for ids, _ in windows]), np.stack([weights for _, weights in windows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--start", type=Path, required=True, help="folder with config, tokenizer and, unless --fresh, weights")
    parser.add_argument("--fresh", action="store_true", help="start from random weights")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate")
    parser.add_argument("--chat-from", type=float, default=0.0, help="share of the time after which chat steps begin")
    args = parser.parse_args()

    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    tokenizer = Tokenizer.from_file(str(args.start / "tokenizer.json"))
    stream, held_out, chats = corpus.load(args.corpus, tokenizer)
    print(f"{len(stream) / 1e6:.1f} M tokens,", {kind: len(found.starts) for kind, found in chats.items()}, flush=True)
    config = LlamaConfig(**json.loads((args.start / "config.json").read_text()))
    model = LlamaForCausalLM(config) if args.fresh else LlamaForCausalLM.from_pretrained(args.start)
    model = model.float().train()
    optimizer = optimizer_of(model)

    began, step, seen, report = time.monotonic(), 0, {True: [], False: []}, 0.0
    while (done := (time.monotonic() - began) / (args.minutes * 60)) < 1:
        if time.monotonic() - began >= report:
            losses = " ".join(f"held-out@{n} {held_out_loss(model, held_out, n):.3f}" for n in (128, 512))
            means = " ".join(f"{'chat' if k else 'text'} {np.mean(v[-100:]):.3f}" for k, v in seen.items() if v)
            print(
                f"{done * args.minutes:.1f} min, step {step}, {step * 4096 / 1e6:.1f} M tokens, {means}, {losses}",
                flush=True,
            )
            save(model, args.start, args.out)
            report += 180
        chat = done >= args.chat_from and step % 3 != 0
        rate = args.rate * min(1, (step + 1) / 150) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        ids, weights = batch_of(rng, stream, chats, step // 3, chat=chat)
        loss = loss_of(model, ids, weights)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen[chat].append(loss.item())
        step += 1
    save(model, args.start, args.out)
    print(f"done: {step} steps, held-out@512 {held_out_loss(model, held_out, 512):.3f}", flush=True)


if __name__ == "__main__":
    main()
