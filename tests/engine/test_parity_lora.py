"""Models of every kind that the engine reads, and adapters to them, against transformers and PEFT, freshly computed.

SmolLM2 itself is compared where `FTWIDGETS_SMOLLM2` names a folder with it, as `ftwidgets models add smollm2-135m` makes one.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ftwidgets.engine import NANO, Config, Example, Generation, LoraSettings, Model
from ftwidgets.engine.adamw import AdamW
from ftwidgets.engine.batches import collate
from ftwidgets.engine.generate import feed
from ftwidgets.engine.llama import logits_of, loss_and_gradients
from ftwidgets.engine.lora import PARTS, LoraParams, new_adapters, with_dropout
from ftwidgets.engine.params import random_params, shapes
from ftwidgets.engine.safetensors_file import write_bfloat16
from ftwidgets.engine.tokenizer import Tokenizer

pytestmark = [
    pytest.mark.parity,
    # PEFT asks transformers for an attribute by its older name.
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"),
]

SMOLLM2 = os.environ.get("FTWIDGETS_SMOLLM2")
PLAIN = Config(
    vocab_size=4096,
    hidden_size=48,
    num_hidden_layers=3,
    num_attention_heads=6,
    num_key_value_heads=2,
    head_dim=8,
    intermediate_size=80,
    max_position_embeddings=128,
    rope_theta=50000.0,
)
KINDS = {
    "tied": PLAIN,
    "untied": replace(PLAIN, tie_word_embeddings=False),
    "Qwen2": replace(PLAIN, qkv_bias=True),
    "untied Qwen2": replace(PLAIN, qkv_bias=True, tie_word_embeddings=False),
    "wide heads": replace(PLAIN, head_dim=16),
    "one key head": replace(PLAIN, num_key_value_heads=1),
    "as many key heads": replace(PLAIN, num_key_value_heads=6),
}
LORA = LoraSettings(rank=4, alpha=6)


@pytest.fixture(params=[*KINDS, "SmolLM2"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A model of one kind, in bfloat16 as Hugging Face publishes them."""
    if request.param == "SmolLM2":
        if not SMOLLM2:
            pytest.skip("FTWIDGETS_SMOLLM2 names no folder")
        return Path(SMOLLM2)
    config = KINDS[request.param]
    params = random_params(config, 7)
    params.flat += np.float32(0.05) * np.random.default_rng(1).normal(size=len(params.flat)).astype(np.float32)
    config.write(tmp_path / "config.json", dtype="bfloat16")
    write_bfloat16(tmp_path / "model.safetensors", config, params.named.__getitem__)
    Tokenizer.load(NANO).save(tmp_path)
    return tmp_path


def theirs(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def some_examples(vocabulary: int) -> list[Example]:
    rng = np.random.default_rng(3)
    weights = [np.r_[np.zeros(9), np.ones(4)], np.r_[np.zeros(4), np.ones(3), np.zeros(2), np.ones(9)]]
    return [Example(rng.integers(10, vocabulary, len(w)).astype(np.int32), w.astype(np.float32)) for w in weights]


def their_loss(model: Any, examples: list[Example]) -> Any:
    import torch

    losses = []
    for example in examples:
        ids = torch.from_numpy(example.ids.astype(np.int64))[None]
        each = torch.nn.functional.cross_entropy(model(ids[:, :-1]).logits[0], ids[0, 1:], reduction="none")
        losses.append((each * torch.from_numpy(example.weights[1:])).sum())
    return sum(losses) / sum(float(example.weights[1:].sum()) for example in examples)


def with_peft(model: Any, params: LoraParams) -> Any:
    """Their model with an adapter of PEFT's that holds our numbers."""
    import torch
    from peft import LoraConfig, get_peft_model

    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    settings = params.settings
    made = get_peft_model(model, LoraConfig(r=settings.rank, lora_alpha=settings.alpha, target_modules=targets))
    named = {name: weight for name, weight in made.named_parameters() if weight.requires_grad}
    assert len(named) == len(params.named)
    with torch.no_grad():
        for name, weight in named.items():
            weight.copy_(torch.from_numpy(params.named[name.removeprefix("base_model.model.").replace(".default", "")]))
    return made


def moved(model: Model, settings: LoraSettings = LORA) -> LoraParams:
    params = new_adapters(model.params, settings, seed=2)
    params.flat += np.float32(0.02) * np.random.default_rng(5).normal(size=len(params.flat)).astype(np.float32)
    return params


def close(found: np.ndarray, wanted: np.ndarray, tolerance: float = 2e-4) -> None:
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * float(np.abs(wanted).max()))


def test_logits_are_those_of_transformers(folder: Path) -> None:
    """Of the same folder, at every token."""
    import torch

    ours, model = Model.load(folder), theirs(folder)
    for example in some_examples(ours.config.vocab_size):
        with torch.no_grad():
            wanted = model(torch.from_numpy(example.ids[:-1].astype(np.int64))[None]).logits[0].numpy()
        close(logits_of(ours.params, collate([example])), wanted)


def test_gradients_and_a_step_are_those_of_peft(folder: Path) -> None:
    """The loss, the gradient of every adapter, and every adapter after one step of AdamW."""
    import torch

    ours = Model.load(folder)
    params, examples = moved(ours), some_examples(ours.config.vocab_size)
    grads = params.gradients()
    model = with_peft(theirs(folder), params)
    loss, _ = loss_and_gradients(params, collate(examples), grads)
    wanted = their_loss(model, examples)
    wanted.backward()
    assert loss == pytest.approx(wanted.item(), rel=1e-5)
    trained = {
        name.removeprefix("base_model.model.").replace(".default", ""): weight
        for name, weight in model.named_parameters()
        if weight.requires_grad
    }
    for name, weight in trained.items():
        close(grads.named[name], weight.grad.numpy(), 1e-3)
    optimizer = torch.optim.AdamW(trained.values(), lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.01)
    optimizer.step()
    AdamW(len(params.flat)).step(params.flat, grads.flat, step=1, rate=1e-3, decay=0.01, n_decayed=params.n_matrix_weights)
    for name, weight in trained.items():
        # Adam's first step is a sign: where a gradient is next to nothing, rounding decides which.
        clear = np.abs(grads.named[name]) > 1e-3 * np.abs(grads.named[name]).max()
        np.testing.assert_allclose(params.named[name][clear], weight.detach().numpy()[clear], rtol=1e-3, atol=2e-6)


def test_dropout_is_that_of_peft(folder: Path) -> None:
    """With our zeros in place of its own, PEFT has the same loss and gradients; its own have the same two values."""
    import torch

    ours = Model.load(folder)
    params, examples = moved(ours, replace(LORA, dropout=0.3)), some_examples(ours.config.vocab_size)
    batch, grads = collate(examples), params.gradients()
    step = with_dropout(params, [7, 3, 0])
    model = with_peft(theirs(folder), params)

    class Masked(torch.nn.Module):
        """Multiplies the first example with the first rows of a mask, and the second with the rest."""

        def __init__(self, mask: np.ndarray) -> None:
            super().__init__()
            self.masks = [torch.from_numpy(mask[batch.row == row]) for row in (0, 1)]

        def forward(self, x: Any) -> Any:
            return x * self.masks.pop(0)

    for i, layer in enumerate(step.layers):
        for fused, parts in PARTS.items():
            dropout = getattr(layer, fused).dropout
            for part in parts:
                module = model.get_submodule(f"base_model.model.model.layers.{i}.{part}")
                mask = dropout.mask(np.empty((len(batch.ids), module.in_features), np.float32))
                module.lora_dropout["default"] = Masked(mask)
    loss, _ = loss_and_gradients(step, batch, grads)
    wanted = their_loss(model, examples)
    wanted.backward()
    assert loss == pytest.approx(wanted.item(), rel=1e-5)
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            close(grads.named[name.removeprefix("base_model.model.").replace(".default", "")], weight.grad.numpy(), 1e-3)
    np.testing.assert_allclose(np.unique(mask), torch.nn.functional.dropout(torch.ones(1000), 0.3).unique(), rtol=1e-6)


def test_a_saved_adapter_gives_the_same_text_in_peft(folder: Path, tmp_path: Path) -> None:
    """Read by PEFT's own loader, it answers greedily token for token as ours does; so do the weights with it added."""
    import torch
    from peft import PeftModel

    base = Model.load(folder, base=str(folder))
    Model(base.config, moved(base), base.tokenizer, str(folder)).save(tmp_path / "adapter")
    ours = base.with_adapter(tmp_path / "adapter")
    peft = PeftModel.from_pretrained(theirs(folder), tmp_path / "adapter").eval()
    prompt = base.tokenizer.encode_prompt([{"role": "user", "content": "Where is my parcel?"}])
    with torch.no_grad():
        found = peft.generate(
            input_ids=torch.tensor([prompt]),
            max_new_tokens=20,
            do_sample=False,
            eos_token_id=base.tokenizer.eos_id,
            pad_token_id=0,
        )
    wanted = found[0, len(prompt) :].tolist()
    for params in (ours.params, ours.params.widened()):
        model = Model(base.config, params, base.tokenizer)
        answer, tokens = Generation(model, prompt, max_tokens=20, temperature=0), []
        while not answer.ended:
            (logits,) = feed(model, [answer.cache], [answer.new])
            tokens.append(int(logits.argmax()))
            answer.take(logits)
        assert tokens == wanted


def test_the_shapes_are_those_that_transformers_writes(folder: Path, tmp_path: Path) -> None:
    """A folder that transformers has written, in any order and in three types, loads as the same model."""
    import torch

    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        model, target = theirs(folder), tmp_path / str(dtype)
        example = some_examples(model.config.vocab_size)[0]
        model.to(dtype).save_pretrained(target, max_shard_size="200KB" if model.config.vocab_size == 4096 else "5GB")
        Tokenizer.load(folder).save(target)
        ours = Model.load(target)
        assert set(shapes(ours.config)) == set(shapes(Model.load(folder).config))
        with torch.no_grad():
            wanted = theirs(target)(torch.from_numpy(example.ids[:-1].astype(np.int64))[None]).logits[0].numpy()
        close(logits_of(ours.params, collate([example])), wanted)
