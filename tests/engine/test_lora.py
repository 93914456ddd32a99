"""LoRA against finite differences, against its definition, and against itself after a stop."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ftwidgets.engine import (
    Config,
    Hyperparameters,
    LoraSettings,
    Model,
    Pair,
    PreferenceHyperparameters,
    PreferenceTrainer,
    Trainer,
    measure,
)
from ftwidgets.engine.batches import Example, collate
from ftwidgets.engine.frozen import FrozenParams
from ftwidgets.engine.llama import log_probs, log_probs_and_gradients, logits_of, loss_and_gradients, loss_of
from ftwidgets.engine.lora import Dropout, LoraParams, new_adapters, with_dropout
from ftwidgets.engine.params import Params, Weights, random_params
from ftwidgets.engine.safetensors_file import open_tensors, write_bfloat16
from tests.engine.test_gradients import TINY, assert_gradient, normal, some_examples

KINDS = {
    "Llama": TINY,
    "untied": replace(TINY, tie_word_embeddings=False),
    "Qwen2": replace(TINY, qkv_bias=True),
    "wide heads": replace(TINY, head_dim=6),  # head_dim * heads is not the width
    "one key head a query head": replace(TINY, num_key_value_heads=4),
}
kinds = pytest.mark.parametrize("config", KINDS.values(), ids=KINDS.keys())


def moved(config: Config, settings: LoraSettings | None = None) -> LoraParams:
    """A model in float64 whose adapters have left their start: B is no longer zeros."""
    base = random_params(config, 0, np.float64)
    base.flat += 0.1 * normal(len(base.flat))
    params = new_adapters(base, settings or LoraSettings(rank=2, alpha=3), seed=1)
    params.flat += 0.1 * normal(len(params.flat), seed=1)
    return params


@kinds
def test_the_gradient_of_every_adapter_is_the_slope_of_the_loss(config: Config) -> None:
    """For every kind of model; and the base has no gradient."""
    params, batch = moved(config), collate(some_examples())
    grads = params.gradients()
    loss, _ = loss_and_gradients(params, batch, grads)
    assert loss == pytest.approx(loss_of(params, batch)[0])
    for name, weight in params.named.items():
        assert_gradient(lambda: loss_of(params, batch)[0], weight, grads.named[name], entries=min(8, weight.size))
    assert grads.embed is grads.head is grads.norm is grads.layers[0].input_norm is None


@kinds
def test_every_weight_of_every_kind_of_model_has_its_slope(config: Config) -> None:
    """Full training of untied output weights, and of biases, which weight decay leaves alone."""
    params = random_params(config, 0, np.float64)
    params.flat += 0.1 * normal(len(params.flat))
    batch, grads = collate(some_examples()), params.gradients()
    for _ in range(2):  # nothing is left over from an earlier step
        loss_and_gradients(params, batch, grads)
    for name, weight in params.named.items():
        assert_gradient(lambda: loss_of(params, batch)[0], weight, grads.named[name], entries=min(6, weight.size))
    assert all((weight.ndim == 2) == (name in list(params.named)[: matrices(params)]) for name, weight in params.named.items())


def matrices(params: Params) -> int:
    """How many of the named weights lie in the stretch that weight decay applies to."""
    return int(np.searchsorted(np.cumsum([weight.size for weight in params.named.values()]), params.n_matrix_weights)) + 1


@kinds
def test_an_adapter_added_to_the_weights_is_the_same_model(config: Config) -> None:
    """W + alpha / rank * B @ A has the logits of the model with its adapter."""
    params, batch = moved(config), collate(some_examples())
    np.testing.assert_allclose(logits_of(params.widened(), batch), logits_of(params, batch), rtol=1e-9, atol=1e-12)
    assert not np.allclose(logits_of(params.base, batch), logits_of(params, batch))


def test_a_new_adapter_changes_nothing() -> None:
    """Its B is zeros, so the first step starts from the model that was given; its A is within 1 / sqrt(inputs)."""
    base, batch = random_params(TINY, 0), collate(some_examples())
    params = new_adapters(base, LoraSettings(), seed=1)
    assert np.array_equal(logits_of(params, batch), logits_of(base, batch))
    a = params.named["model.layers.1.mlp.down_proj.lora_A.weight"]
    assert a.shape == (16, 10)
    assert 0.25 < np.abs(a).max() <= 10**-0.5


def test_dropout_drops_its_share_and_makes_the_rest_larger() -> None:
    """Zeros in about that share of the places, elsewhere 1 / (1 - share); other places with another seed, the same with it."""
    x = normal(20_000).reshape(200, 100)
    mask = Dropout(0.2, (7, 3, 0, 1, 2)).mask(x)
    assert set(mask.flat) == {0, 1 / 0.8}
    assert 0.19 < (mask == 0).mean() < 0.21
    assert mask.mean() == pytest.approx(1, abs=0.02)
    assert np.array_equal(mask, Dropout(0.2, (7, 3, 0, 1, 2)).mask(x))
    assert not np.array_equal(mask, Dropout(0.2, (7, 4, 0, 1, 2)).mask(x))


@kinds
def test_an_adapter_with_dropout_sees_what_is_left(config: Config) -> None:
    """W sees all of x, A and B the rest; every matrix and step drops other places; and the gradient is the slope."""
    params, batch = moved(config, LoraSettings(rank=2, alpha=3, dropout=0.3)), collate(some_examples())
    seen = with_dropout(params, [1, 5, 0])
    down, x = seen.layers[1].down, normal(7 * config.intermediate_size).reshape(7, -1)
    left = x * down.dropout.mask(x)
    wanted = x @ down.frozen.T + 1.5 * left @ down.adapter.a.T @ down.adapter.b[0].T
    np.testing.assert_allclose(down.product(x), wanted)
    matrices = [getattr(layer, name) for layer in seen.layers for name in ("qkv", "out", "gate_up", "down")]
    assert len({matrix.dropout.seed for matrix in matrices}) == 4 * config.num_hidden_layers
    assert not np.allclose(loss_of(seen, batch)[0], loss_of(with_dropout(params, [1, 6, 0]), batch)[0])

    grads = params.gradients()
    loss, _ = loss_and_gradients(seen, batch, grads)
    assert loss == pytest.approx(loss_of(seen, batch)[0])
    for name, weight in params.named.items():
        assert_gradient(lambda: loss_of(seen, batch)[0], weight, grads.named[name], entries=min(8, weight.size))


def test_without_dropout_nothing_is_computed_for_it() -> None:
    """The weights themselves come back: of an adapter without it, and of a model without an adapter."""
    params = moved(TINY)
    assert with_dropout(params, [1, 2, 3]) is params
    assert with_dropout(params.base, [1, 2, 3]) is params.base


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_layers_computed_again_give_the_same_bits(dropout: float) -> None:
    """Keeping only the inputs of layers saves memory, and costs time and nothing else: in both ways of training."""
    trained, batch = moved(TINY, LoraSettings(rank=2, alpha=3, dropout=dropout)), collate(some_examples())
    params = with_dropout(trained, [3, 1, 0])
    kept, again = params.gradients(), params.gradients()
    assert loss_and_gradients(params, batch, kept) == loss_and_gradients(params, batch, again, keep="inputs")
    assert np.array_equal(kept.flat, again.flat)
    log_probs_and_gradients(params, batch, kept, np.ones_like)
    log_probs_and_gradients(params, batch, again, np.ones_like, keep="inputs")
    assert np.array_equal(kept.flat, again.flat)


def stored(config: Config, folder: Path) -> tuple[FrozenParams, Params]:
    """A random model as bfloat16 in a file, and its numbers in float32."""
    exact = random_params(config, 3)
    exact.flat += np.float32(0.1) * normal(len(exact.flat)).astype(np.float32)
    write_bfloat16(folder / "model.safetensors", config, exact.named.__getitem__)
    frozen = FrozenParams(config, open_tensors(folder))
    return frozen, frozen.widened()


@kinds
def test_a_frozen_base_computes_what_its_numbers_say(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Widened slice by slice, forward and backward, the results are those of the same numbers in float32."""
    monkeypatch.setattr("ftwidgets.engine.frozen.SLICE", 40)  # a few rows: several slices a matrix, the last one shorter
    frozen, dense = stored(config, tmp_path)
    batch = collate(some_examples())
    np.testing.assert_allclose(logits_of(frozen, batch), logits_of(dense, batch), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(log_probs(frozen, batch)[0], log_probs(dense, batch)[0], rtol=1e-4, atol=1e-5)

    def gradients(base: Weights) -> np.ndarray:
        params = new_adapters(base, LoraSettings(rank=4, alpha=8), seed=1)
        params.flat[:] = normal(len(params.flat)) * 0.1
        grads = params.gradients()
        loss_and_gradients(params, batch, grads)
        return grads.flat

    np.testing.assert_allclose(gradients(frozen), gradients(dense), rtol=1e-3, atol=1e-5)


def test_a_frozen_base_never_changes_and_has_no_gradients(tmp_path: Path) -> None:
    """It is a read-only map of its file, shared by all who have it."""
    frozen, _ = stored(TINY, tmp_path)
    assert frozen.copy() is frozen
    assert not frozen.head.bits.flags.writeable
    with pytest.raises(TypeError, match="LoRA"):
        frozen.gradients()


# Runs


def words(model: Model, n: int) -> list[Example]:
    """Examples that teach an odd answer."""
    chats = [
        [{"role": "user", "content": f"Code of drawer {i}?"}, {"role": "assistant", "content": f"Mauve {i % 3}."}]
        for i in range(n)
    ]
    return [model.tokenizer.encode_example(chat, max_tokens=512) for chat in chats]


def test_a_run_trains_the_adapter_and_leaves_the_base_alone(nano: Model) -> None:
    """The loss falls, base and given model keep their weights, and only the adapter's weights are trained."""
    before, examples = nano.params.flat.copy(), words(nano, 12)
    trainer = Trainer(nano, examples, hyperparameters=Hyperparameters(3, 4, 5.0, LoraSettings(rank=4, alpha=8)), seed=1)
    losses = [metrics.train_loss for metrics in trainer]
    assert losses[-1] < 0.5 * losses[0]
    assert measure(trainer.model, examples)[0] < measure(nano, examples)[0]
    assert np.array_equal(nano.params.flat, before)
    assert isinstance(trainer.model.params, LoraParams)
    assert trainer.model.params.base is nano.params
    assert len(trainer.model.params.flat) < len(before) / 10


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_a_stopped_run_ends_in_the_same_bits(nano: Model, tmp_path: Path, dropout: float) -> None:
    """Restored after two steps it goes on as if nothing had been; with another rank or dropout the file is refused."""
    hyperparameters = Hyperparameters(2, 4, 1.0, LoraSettings(rank=4, alpha=8, dropout=dropout))

    def run(settings: Hyperparameters = hyperparameters) -> Trainer:
        return Trainer(nano, words(nano, 12), hyperparameters=settings, seed=5)

    whole, first, second = run(), run(), run()
    for _ in whole:
        pass
    steps = iter(first)
    next(steps), next(steps)
    first.save(tmp_path / "stopped")
    second.restore(tmp_path / "stopped")
    for _ in second:
        pass
    assert np.array_equal(second.model.params.flat, whole.model.params.flat)
    for other in (LoraSettings(2, 8, dropout), LoraSettings(4, 8, 0.1)):
        with pytest.raises(ValueError, match="other data or settings"):
            run(replace(hyperparameters, lora=other)).restore(tmp_path / "stopped")


def test_dropout_is_for_training_alone(nano: Model, tmp_path: Path) -> None:
    """It changes what is learned, in both ways of training; validation and the tuned model see all of the input."""
    examples = words(nano, 12)
    pairs = [Pair(good, bad) for good, bad in zip(examples[:8], words(nano, 9)[1:], strict=True)]
    trained = []
    for dropout in (0.0, 0.5):
        lora = LoraSettings(rank=4, alpha=8, dropout=dropout)
        run = Trainer(nano, examples, hyperparameters=Hyperparameters(1, 4, 5.0, lora), seed=1, validation=examples[:4])
        last = list(run)[-1]
        assert last.full_valid_loss == measure(run.model, examples[:4])[0]
        batch = collate(examples[:2])
        found, wanted = logits_of(run.model.params, batch), logits_of(run.model.params.widened(), batch)
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)
        preferring = PreferenceTrainer(
            nano, pairs, hyperparameters=PreferenceHyperparameters(1, 4, 1.0, lora), seed=1, validation=pairs[:2]
        )
        first, *_ = list(preferring)
        assert first.train_loss == pytest.approx(np.log(2), abs=1e-6)  # B is zeros, whatever A sees
        trained.append((run.model.params.flat, preferring.model.params.flat))
    (plain, plain_preferring), (dropped, dropped_preferring) = trained
    assert not np.allclose(plain, dropped)
    assert not np.allclose(plain_preferring, dropped_preferring)


@pytest.mark.parametrize("dropout", [-0.1, 1.0, float("nan")])
def test_dropout_out_of_range_is_refused(nano: Model, dropout: float) -> None:
    """With the range and the value."""
    settings = Hyperparameters(1, 4, 1.0, LoraSettings(dropout=dropout))
    with pytest.raises(ValueError, match=f"dropout must be at least 0 and below 1: {dropout}"):
        Trainer(nano, words(nano, 4), hyperparameters=settings, seed=1)


def test_preferences_train_an_adapter_too(nano: Model) -> None:
    """DPO's first loss is log 2, and it falls."""
    chosen, rejected = words(nano, 8), words(nano, 9)[1:]
    pairs = [Pair(good, bad) for good, bad in zip(chosen, rejected, strict=True)]
    settings = PreferenceHyperparameters(3, 4, 1.0, LoraSettings(rank=4, alpha=8))
    losses = [metrics.train_loss for metrics in PreferenceTrainer(nano, pairs, hyperparameters=settings, seed=1)]
    assert losses[0] == pytest.approx(np.log(2), abs=1e-6)
    assert losses[-1] < losses[0]


def test_an_adapter_is_stored_alone_and_read_again(nano: Model, tmp_path: Path) -> None:
    """In PEFT's two files, rounded to float16; without a base that can be found again, the whole model is stored."""
    model = Model(nano.config, nano.params, nano.tokenizer, base="nano").trainable(LoraSettings(rank=4, alpha=8), seed=1)
    model.params.flat[:] = normal(len(model.params.flat)).astype(np.float32) * np.float32(0.05)
    model.save(tmp_path / "tuned")
    assert sorted(path.name for path in (tmp_path / "tuned").iterdir()) == ["adapter_config.json", "adapter_model.safetensors"]
    again = nano.with_adapter(tmp_path / "tuned")
    assert np.array_equal(again.params.flat, model.params.flat.astype(np.float16).astype(np.float32))

    model.base = ""
    model.save(tmp_path / "whole")
    batch = collate(words(nano, 3))
    np.testing.assert_allclose(
        logits_of(Model.load(tmp_path / "whole").params, batch), logits_of(model.params, batch), rtol=0.02, atol=0.05
    )


def test_training_goes_on_with_the_adapter_that_is_there(nano: Model) -> None:
    """With the same size and any dropout, or no settings; another size is refused, with both sizes."""
    model = nano.trainable(LoraSettings(rank=4, alpha=8), seed=1)
    for given in (None, LoraSettings(rank=4, alpha=8), LoraSettings(rank=4, alpha=8, dropout=0.1)):
        again = model.trainable(given, seed=2)
        assert isinstance(again.params, LoraParams)
        assert again.params.settings == (given or LoraSettings(rank=4, alpha=8))
        assert np.array_equal(again.params.flat, model.params.flat)
        assert not np.shares_memory(again.params.flat, model.params.flat)
    with pytest.raises(ValueError, match=r"rank 4 and alpha 8.*lora_r 16 and lora_alpha 32"):
        model.trainable(LoraSettings(), seed=1)


def test_an_adapter_of_another_model_is_refused(nano: Model, tmp_path: Path) -> None:
    """With the tensor's name and both shapes; so is a folder without one."""
    config = replace(nano.config, intermediate_size=64)
    other = Model(config, random_params(config, 1), nano.tokenizer, base="other").trainable(LoraSettings(rank=4), seed=1)
    other.save(tmp_path / "other")
    with pytest.raises(ValueError, match=r"gate_proj.lora_B.weight is \(64, 4\); for this model it should be \(512, 4\)"):
        nano.with_adapter(tmp_path / "other")
    with pytest.raises(ValueError, match=r"adapter_config\.json cannot be read"):
        nano.with_adapter(tmp_path)
