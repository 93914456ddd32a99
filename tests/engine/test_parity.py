"""The engine against transformers: stored answers always, fresh ones where torch is installed."""

from pathlib import Path

import numpy as np
import pytest

from ftwidgets.engine import NANO, Hyperparameters, Model, Trainer, generate
from ftwidgets.engine.llama import logits_of, loss_and_gradients
from ftwidgets.engine.params import Params

from . import parity


def our_answers(folder: Path) -> dict[str, np.ndarray]:
    """What `parity.ask_transformers` asks, asked of our engine."""
    model = Model.load(folder)
    batch = parity.batch(model)
    logits = logits_of(model.params, batch)
    out = {f"logits_{i}": logits[batch.row == i] for i in range(batch.shape[0])}
    grads = Params(model.config)
    out["loss"] = np.array(loss_and_gradients(model.params, batch, grads)[0])
    out |= {f"gradient_{name}": grad for name, grad in grads.named.items()}
    for text in parity.PROMPTS:
        pieces = list(generate(model, parity.prompt_ids(model, text), max_tokens=24, temperature=0))
        out[f"greedy_{text}"] = np.array("".join(piece.text for piece in pieces))
    return out


def assert_same(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray], model: Model) -> None:
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        if name.startswith("greedy"):
            assert str(ours[name]) == model.tokenizer.decode(expected.tolist()), name
        else:
            assert parity.relative_error(ours[name], expected) < 1e-4, name


def test_stored_answers_of_transformers() -> None:
    """Logits, loss and gradients equal those that transformers computed from the bundled weights; greedy text is the same."""
    with np.load(parity.GOLDEN) as stored:
        assert_same(parity.summary(our_answers(NANO)), dict(stored), Model.load(NANO))


@pytest.mark.parity
def test_fresh_answers_of_transformers() -> None:
    """The stored answers are what transformers says today, entry by entry."""
    assert_same(our_answers(NANO), parity.ask_transformers(NANO), Model.load(NANO))


@pytest.mark.parity
def test_a_model_trained_here_loads_there(tmp_path: Path) -> None:
    """A folder we trained and saved opens in transformers, and both continue prompts with the same greedy text."""
    base = Model.load(NANO)
    trainer = Trainer(base, parity.examples(base), hyperparameters=Hyperparameters(2, 1, 0.6), seed=0)
    losses = [metrics.train_loss for metrics in trainer]
    assert sum(losses[2:]) < sum(losses[:2])  # the second epoch against the first
    trainer.model.save(tmp_path / "tuned")
    assert_same(our_answers(tmp_path / "tuned"), parity.ask_transformers(tmp_path / "tuned"), base)


@pytest.mark.parity
def test_chat_template_agrees() -> None:
    """The tokenizer's own chat template, rendered by transformers, gives the prompt ids that our engine builds."""
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(NANO)
    ours = Model.load(NANO).tokenizer
    for chat in parity.CHATS:
        ids = theirs.apply_chat_template(chat[:-1], add_generation_prompt=True)
        ids = ids["input_ids"] if not isinstance(ids, list) else ids
        assert ours.encode_prompt(chat[:-1]) == list(ids)
