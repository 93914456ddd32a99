import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ftwidgets.engine import (
    Example,
    LoraSettings,
    Model,
    Pair,
    PreferenceHyperparameters,
    PreferenceTrainer,
    auto_preference_hyperparameters,
    encode_pair,
    measure,
)
from ftwidgets.engine.dpo import learn, log_likelihoods, preference_losses, preference_slopes, side_by_side, usable_pairs
from ftwidgets.engine.llama import log_probs
from ftwidgets.engine.params import Params

from . import parity, parity_dpo
from .test_gradients import assert_gradient

SHORT = PreferenceHyperparameters(n_epochs=3, batch_size=2, learning_rate_multiplier=1.0)
ASKED = ("Who runs the lab?", "What colour is the door?", "When does the bus leave?", "Where is the key?", "Is it far?")


def make_pairs(model: Model, better: str = "Gladly: {}", worse: str = "Find out: {}") -> list[Pair]:
    """Questions whose better and worse answers differ in tone."""
    return [
        encode_pair(
            model.tokenizer, [{"role": "user", "content": text}], better.format(text), worse.format(text), max_tokens=512
        )
        for text in ASKED
    ]


def our_answers(pairs: list[Pair]) -> dict[str, np.ndarray]:
    """What `parity_dpo.ask_torch` asks, asked of our engine, in two parts as two lanes would."""
    policy, base = parity_dpo.weights(0), parity_dpo.weights(1)
    whole, part = Params(parity_dpo.TINY, dtype=np.float64), Params(parity_dpo.TINY, dtype=np.float64)
    logp, reference = [], []
    for some in (pairs[:1], pairs[1:]):
        known = answers_of(base, some)

        def slope(found: np.ndarray, known: np.ndarray = known) -> np.ndarray:
            return preference_slopes(found, known, parity_dpo.BETA) / len(pairs)

        logp.append(learn(policy, some, part, slope).logp)
        reference.append(known)
        whole.flat += part.flat
    losses, margins = preference_losses(np.concatenate(logp), np.concatenate(reference), parity_dpo.BETA)
    return {"loss": losses.mean(), "margins": margins} | {f"gradient_{name}": grad for name, grad in whole.named.items()}


def answers_of(params: Params, pairs: list[Pair]) -> np.ndarray:
    """Log-probabilities of the answers, added up by hand, one sequence at a time."""
    out = np.empty((len(pairs), 2))
    for i, pair in enumerate(pairs):
        found, _ = log_probs(params, side_by_side([pair]))
        n_chosen = int(pair.chosen.weights[1:].sum())
        out[i] = found[:n_chosen].sum(), found[n_chosen:].sum()
    return out


def assert_same(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> None:
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        assert parity.relative_error(ours[name], expected) < 1e-5, name


def test_stored_answers_of_torch() -> None:
    """Loss, margins and every weight's gradient equal those of the paper's formula in torch on the same tiny weights."""
    with np.load(parity_dpo.GOLDEN) as stored:
        assert_same(our_answers(parity_dpo.pairs()), dict(stored))


@pytest.mark.parity
def test_fresh_answers_of_torch() -> None:
    """The stored answers are what torch says today."""
    assert_same(our_answers(parity_dpo.pairs()), parity_dpo.ask_torch())


def test_gradients_are_slopes() -> None:
    """Every weight's gradient through the whole network is the slope of the loss by finite differences."""
    pairs, policy = parity_dpo.pairs(3), parity_dpo.weights(0)
    reference = answers_of(parity_dpo.weights(1), pairs)
    grads = Params(parity_dpo.TINY, dtype=np.float64)

    def loss() -> float:
        return float(preference_losses(answers_of(policy, pairs), reference, 0.7)[0].sum())

    learn(policy, pairs, grads, lambda logp: preference_slopes(logp, reference, 0.7))
    for name, weight in policy.named.items():
        assert_gradient(loss, weight, grads.named[name], entries=min(10, weight.size))


@pytest.mark.parametrize(
    ("margin", "loss", "push"),
    [(0.0, math.log(2), 0.5), (1.0, math.log1p(math.exp(-1)), 1 / (1 + math.e)), (800.0, 0.0, 0.0), (-800.0, 800.0, 1.0)],
)
def test_loss_of_one_pair(margin: float, loss: float, push: float) -> None:
    """-log sigmoid(margin) and its slope, also where a naive exponential would overflow."""
    logp, reference, beta = np.array([[margin / 2 - 3, -3 - margin / 2]]), np.array([[-3.0, -3.0]]), 1.0
    found, margins = preference_losses(logp, reference, beta)
    assert (found[0], margins[0]) == (pytest.approx(loss), pytest.approx(margin))
    assert preference_slopes(logp, reference, beta)[0] == pytest.approx([-push, push])


def test_starts_at_log_2(nano: Model) -> None:
    """Before its first step the model is its own reference: the loss is log 2, no reward differs from another."""
    first = next(iter(PreferenceTrainer(nano, make_pairs(nano), hyperparameters=SHORT, seed=1)))
    assert first.train_loss == math.log(2)
    assert first.extra == {"train_reward_accuracy": 0.0, "train_reward_margin": 0.0}


def test_learns_the_tone(nano: Model) -> None:
    """After a few epochs the tone is preferred for questions never seen, which the untuned model does not prefer so much."""
    pairs = make_pairs(nano)
    run = PreferenceTrainer(
        nano, pairs[:3] * 4, hyperparameters=PreferenceHyperparameters(3, 4, 1.0), seed=0, validation=pairs[3:]
    )
    last = list(run)[-1]
    assert last.extra["full_valid_reward_accuracy"] == 1.0
    assert last.extra["full_valid_reward_margin"] > 0.5
    assert last.full_valid_loss is not None
    assert last.full_valid_loss < math.log(2)
    before, after = log_likelihoods(nano, pairs[3:]), log_likelihoods(run.model, pairs[3:])
    np.testing.assert_allclose(
        (0.1 * ((after - before)[:, 0] - (after - before)[:, 1])).mean(), last.extra["full_valid_reward_margin"], rtol=1e-3
    )


def test_the_rate_of_an_adapter_teaches_the_pairs_and_leaves_other_text_alone(nano: Model) -> None:
    """`auto` makes every chosen answer clearly likelier, and likelier than its rejected one; other text keeps its loss.

    A tenth of the rate fails the first (a margin of 0.7), ten times the rate the last (the loss grows by 1.8).
    """
    pairs = make_pairs(nano)
    chat = [{"role": "user", "content": "Where is my parcel?"}, {"role": "assistant", "content": "It will arrive tomorrow."}]
    other = [nano.tokenizer.encode_example(chat, max_tokens=512)]
    settings = auto_preference_hyperparameters(len(pairs), lora=LoraSettings())
    run = PreferenceTrainer(nano, pairs, hyperparameters=settings, seed=0)
    last = list(run)[-1]
    before, after = log_likelihoods(nano, pairs), log_likelihoods(run.model, pairs)
    assert (after[:, 0] > after[:, 1]).all()
    assert (after[:, 0] > before[:, 0]).all()
    assert last.extra["train_reward_margin"] > 2
    assert measure(run.model, other)[0] < measure(nano, other)[0] + 0.5


def test_same_seed_same_weights(nano: Model) -> None:
    """The same seed gives the same weights and metrics bit for bit; another does not; the base is left as it was."""
    before = nano.params.flat.copy()
    runs = [PreferenceTrainer(nano, make_pairs(nano), hyperparameters=SHORT, seed=seed) for seed in (1, 1, 2)]
    first, again, _ = (list(run) for run in runs)
    assert first == again
    assert np.array_equal(runs[0].model.params.flat, runs[1].model.params.flat)
    assert not np.array_equal(runs[0].model.params.flat, runs[2].model.params.flat)
    assert np.array_equal(nano.params.flat, before)


@pytest.mark.parametrize("stop_at", [1, 2, 3, 5])
def test_resumes_bit_for_bit(nano: Model, tmp_path: Path, stop_at: int) -> None:
    """Stopped anywhere and restored, a run ends in the weights and metrics of an unbroken one."""
    pairs, options = make_pairs(nano), {"hyperparameters": SHORT, "seed": 1, "validation": make_pairs(nano)[:2]}
    whole, first, second = (PreferenceTrainer(nano, pairs, **options) for _ in range(3))  # type: ignore[arg-type]
    unbroken = list(whole)
    begun = list(itertools.islice(first, stop_at))
    first.save(tmp_path / "run.safetensors")
    second.restore(tmp_path / "run.safetensors")
    assert begun + list(second) == unbroken
    assert np.array_equal(second.model.params.flat, whole.model.params.flat)


def test_refuses_a_checkpoint_of_another_run(nano: Model, tmp_path: Path) -> None:
    """Another beta, other pairs or another base are another run."""
    pairs, path = make_pairs(nano), tmp_path / "run.safetensors"
    PreferenceTrainer(nano, pairs, hyperparameters=SHORT, seed=1).save(path)
    changed = nano.trainable(None, seed=1)
    changed.params.flat[0] += 1
    for trainer in (
        PreferenceTrainer(nano, pairs, hyperparameters=PreferenceHyperparameters(3, 2, 1.0, beta=0.2), seed=1),
        PreferenceTrainer(nano, pairs[1:], hyperparameters=SHORT, seed=1),
        PreferenceTrainer(nano, [Pair(p.rejected, p.chosen) for p in pairs], hyperparameters=SHORT, seed=1),
        PreferenceTrainer(changed, pairs, hyperparameters=SHORT, seed=1),
    ):
        with pytest.raises(ValueError, match="belongs to a run with other data or settings"):
            trainer.restore(path)


def test_metrics_say_what_was_seen(nano: Model) -> None:
    """Both answers count as seen, token accuracy is that of the chosen ones, validation is measured at each epoch's end."""
    pairs = make_pairs(nano)
    seen = list(PreferenceTrainer(nano, pairs, hyperparameters=SHORT, seed=0, validation=pairs[:2]))
    assert [m.end_of_epoch for m in seen] == [False, False, True] * 3
    assert seen[-1].trained_tokens == 3 * sum(len(p.chosen.ids) + len(p.rejected.ids) for p in pairs)
    assert ["full_valid_reward_margin" in m.extra for m in seen] == [m.end_of_epoch for m in seen]
    only = PreferenceTrainer(nano, pairs[:1], hyperparameters=PreferenceHyperparameters(1, 1, 1.0), seed=0)
    swapped = PreferenceTrainer(
        nano, [Pair(pairs[0].rejected, pairs[0].chosen)], hyperparameters=PreferenceHyperparameters(1, 1, 1.0), seed=0
    )
    for run in (only, swapped):
        chosen = run.pairs[0].chosen
        _, right = log_probs(nano.params, side_by_side([Pair(chosen, chosen)]))
        assert next(iter(run)).train_mean_token_accuracy == right[: len(right) // 2].mean()


def asked(*messages: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in messages]


def test_only_the_answers_are_learned(nano: Model) -> None:
    """Earlier answers in the conversation are context: the trained tokens are the two answers, each with its end of turn."""
    talk = asked(("user", "Hi"), ("assistant", "Hello."), ("user", "Bye"))
    pair = encode_pair(nano.tokenizer, talk, "See you!", "", max_tokens=512)
    for example, text in ((pair.chosen, "See you!"), (pair.rejected, "")):
        trained = example.ids[example.weights > 0]
        assert nano.tokenizer.decode(trained.tolist()) == text
        assert trained[-1] == nano.tokenizer.eos_id
        assert (example.weights > 0).sum() == len(nano.tokenizer.encode(text)) + 1


def test_pairs_that_teach_nothing_are_left_out(nano: Model) -> None:
    """Ties, answers behind the context, answers that differ only behind it; with nothing left the run says so."""
    long = "word " * 600
    question = asked(("user", "Hi"))
    nothing = [
        encode_pair(nano.tokenizer, question, "Same.", "Same.", max_tokens=512),
        encode_pair(nano.tokenizer, asked(("user", long)), "Yes.", "No.", max_tokens=512),
        encode_pair(nano.tokenizer, question, f"{long} yes", f"{long} no", max_tokens=512),
    ]
    good = encode_pair(nano.tokenizer, question, long, "", max_tokens=512)
    assert usable_pairs([*nothing, good]) == [good]
    assert len(good.chosen.ids) == 512
    metrics = list(PreferenceTrainer(nano, [good], hyperparameters=PreferenceHyperparameters(2, 4, 1.0), seed=0))
    assert metrics[-1].train_loss < math.log(2)
    with pytest.raises(ValueError, match="No pair has two different answers"):
        PreferenceTrainer(nano, nothing, hyperparameters=SHORT, seed=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (PreferenceHyperparameters(0, 1, 1.0), "n_epochs must be above 0: 0"),
        (PreferenceHyperparameters(1, 1, 0.0), "learning_rate_multiplier must be above 0: 0"),
        (PreferenceHyperparameters(1, 1, 1.0, beta=0.0), "beta must be above 0: 0"),
        (PreferenceHyperparameters(1, 1, 1.0, beta=-1.0), "beta must be above 0: -1"),
        (PreferenceHyperparameters(1, 1, 1.0, beta=2.5), "beta must be at most 2: 2.5"),
        (PreferenceHyperparameters(1, 1, 1.0, beta=math.nan), "beta must be at most 2: nan"),
    ],
)
def test_refuses_settings_out_of_range(nano: Model, settings: PreferenceHyperparameters, message: str) -> None:
    """The message gives the rule, then the value."""
    with pytest.raises(ValueError, match=message):
        PreferenceTrainer(nano, make_pairs(nano), hyperparameters=settings, seed=0)


def test_a_pair_is_scored_alike_alone_and_in_company(nano: Model) -> None:
    """Log-probabilities of answers do not depend on what else is scored with them, beyond rounding."""
    pairs = make_pairs(nano)
    alone = np.concatenate([log_likelihoods(nano, [pair]) for pair in pairs])
    np.testing.assert_allclose(log_likelihoods(nano, pairs), alone, rtol=1e-5)
    weights = Example(pairs[0].chosen.ids, pairs[0].chosen.weights * 0)
    assert usable_pairs([Pair(weights, pairs[0].rejected)]) == []
