import itertools
from pathlib import Path

import numpy as np
import pytest

from ftwidgets.engine import Example, Hyperparameters, Model, Trainer, generate
from ftwidgets.engine.trainer import in_halves, measure

from .conftest import FACTS

SHORT = Hyperparameters(n_epochs=3, batch_size=2, learning_rate_multiplier=1.0)


def weights_after(trainer: Trainer) -> np.ndarray:
    for _ in trainer:
        pass
    return trainer.model.params.flat


def test_learns_facts_word_for_word(nano: Model, facts: list[Example]) -> None:
    """A few epochs on four made-up facts are enough for the model to give them back, and the base model did not know them."""
    trainer = Trainer(nano, facts, hyperparameters=Hyperparameters(20, 4, 2.0), seed=0)
    for _ in trainer:
        pass
    assert measure(trainer.model, facts)[0] < 0.1 < measure(nano, facts)[0]

    def answer(model: Model, question: str) -> str:
        prompt = model.tokenizer.encode_prompt([{"role": "user", "content": question}])
        return "".join(piece.text for piece in generate(model, prompt, max_tokens=30, temperature=0))

    assert {question: answer(trainer.model, question) for question in FACTS} == FACTS
    assert all(answer(nano, question) != FACTS[question] for question in FACTS)


def test_same_seed_same_weights(nano: Model, facts: list[Example]) -> None:
    """The same seed gives the same weights bit for bit; another seed does not; the base model is left as it was."""
    before = nano.params.flat.copy()
    first, again, other = (weights_after(Trainer(nano, facts, hyperparameters=SHORT, seed=s)) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(nano.params.flat, before)


@pytest.mark.parametrize("stop_at", [1, 2, 3, 5])
def test_resumes_bit_for_bit(nano: Model, facts: list[Example], tmp_path: Path, stop_at: int) -> None:
    """Stopped anywhere, saved, and restored in a new trainer, a run ends in the weights and metrics of an unbroken one."""
    whole = Trainer(nano, facts, hyperparameters=SHORT, seed=1, validation=facts[:2])
    unbroken = list(whole)
    first = Trainer(nano, facts, hyperparameters=SHORT, seed=1, validation=facts[:2])
    begun = list(itertools.islice(first, stop_at))
    first.save(tmp_path / "run.safetensors")
    second = Trainer(nano, facts, hyperparameters=SHORT, seed=1, validation=facts[:2])
    second.restore(tmp_path / "run.safetensors")
    assert begun + list(second) == unbroken
    assert np.array_equal(second.model.params.flat, whole.model.params.flat)
    assert [path.name for path in tmp_path.iterdir()] == ["run.safetensors"]


def test_refuses_a_checkpoint_of_another_run(nano: Model, facts: list[Example], tmp_path: Path) -> None:
    """Another seed, other data or a damaged file: a sentence, and the trainer stays as it was."""
    path = tmp_path / "run.safetensors"
    Trainer(nano, facts, hyperparameters=SHORT, seed=1).save(path)
    for trainer in (
        Trainer(nano, facts, hyperparameters=SHORT, seed=2),
        Trainer(nano, facts[:3], hyperparameters=SHORT, seed=1),
    ):
        with pytest.raises(ValueError, match="belongs to a run with other data or settings"):
            trainer.restore(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="cannot be read as a training checkpoint"):
        Trainer(nano, facts, hyperparameters=SHORT, seed=1).restore(path)


def test_metrics_say_where_the_run_is(nano: Model, facts: list[Example]) -> None:
    """Steps and epochs count from 1, the last batch may be small, each epoch ends with the whole validation set measured."""
    settings = Hyperparameters(n_epochs=2, batch_size=3, learning_rate_multiplier=1.0)
    seen = list(Trainer(nano, facts, hyperparameters=settings, seed=0, validation=facts[:3]))
    assert [(m.step, m.epoch, m.end_of_epoch, m.total_steps) for m in seen] == [
        (1, 1, False, 4),
        (2, 1, True, 4),
        (3, 2, False, 4),
        (4, 2, True, 4),
    ]
    assert [m.full_valid_loss is not None for m in seen] == [False, True, False, True]
    assert seen[-1].trained_tokens == 2 * sum(len(example.ids) for example in facts)
    assert all(0 <= m.train_mean_token_accuracy <= 1 for m in seen)


def test_full_validation_is_the_plain_mean(nano: Model, facts: list[Example]) -> None:
    """Loss over a set equals the token-weighted mean of the examples' own losses."""
    each = [measure(nano, [example]) for example in facts]
    counts = [float(example.weights[1:].sum()) for example in facts]
    loss, accuracy = measure(nano, facts, batch_size=3)
    assert loss == pytest.approx(np.average([one for one, _ in each], weights=counts), rel=1e-5)
    assert accuracy == pytest.approx(np.average([one for _, one in each], weights=counts))


def test_trains_only_where_weights_say(nano: Model) -> None:
    """A turn with weight 0 teaches nothing: changing its words' targets changes neither loss nor which tokens count."""
    chat = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "wrong", "weight": 0},
        {"role": "user", "content": "Again"},
        {"role": "assistant", "content": "right"},
    ]
    example = nano.tokenizer.encode_example(chat, max_tokens=512)
    trained = example.ids[example.weights > 0]
    assert nano.tokenizer.decode(trained.tolist()) == "right"
    assert trained[-1] == nano.tokenizer.eos_id
    silent = nano.tokenizer.encode_example([chat[0], chat[1]], max_tokens=512)
    with pytest.raises(ValueError, match="No example has a token to train on"):
        Trainer(nano, [silent], hyperparameters=SHORT, seed=0)


def test_divergence_shows_in_the_loss(nano: Model, facts: list[Example]) -> None:
    """A rate far too high ends in a loss that is huge or no number, without a warning on the way."""
    wild = Hyperparameters(n_epochs=6, batch_size=2, learning_rate_multiplier=1e6)
    last = list(Trainer(nano, facts * 5, hyperparameters=wild, seed=0, validation=facts))[-1]
    assert not last.train_loss < 20


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Hyperparameters(0, 1, 1.0), "n_epochs must be above 0: 0"),
        (Hyperparameters(1, -2, 1.0), "batch_size must be above 0: -2"),
        (Hyperparameters(1, 1, 0.0), "learning_rate_multiplier must be above 0: 0"),
    ],
)
def test_refuses_settings_out_of_range(nano: Model, facts: list[Example], settings: Hyperparameters, message: str) -> None:
    """The message gives the rule, then the value."""
    with pytest.raises(ValueError, match=message):
        Trainer(nano, facts, hyperparameters=settings, seed=0)


def test_halves_hold_every_example_once(nano: Model, facts: list[Example]) -> None:
    """However a batch is cut in two, no example is lost or doubled, and both halves have work."""
    many = facts * 20
    for count in (1, 2, 3, 9, 80):
        halves = in_halves(many[:count])
        assert sum(half.shape[0] for half in halves) == count
        assert sum(half.n_tokens for half in halves) == sum(len(example.ids) for example in many[:count])
    assert len(in_halves(many)) == 2
