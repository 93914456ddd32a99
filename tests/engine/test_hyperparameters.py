import pytest

from ftwidgets.engine import LoraSettings
from ftwidgets.engine.hyperparameters import auto_hyperparameters, auto_preference_hyperparameters, rate_at
from ftwidgets.providers import auto_epochs


@pytest.mark.parametrize(
    ("n", "epochs"), [(10, 10), (33, 3), (80, 3), (100, 3), (4, 25), (1, 25), (8333, 3), (10_000, 2), (50_000, 1)]
)
def test_epochs_follow_the_published_rule(n: int, epochs: int) -> None:
    """10 examples get 10 epochs, 80 and 100 get 3 (as real jobs did), very few at most 25, very many at least 1."""
    assert auto_epochs(n) == epochs


def test_what_is_given_is_kept() -> None:
    """Only what was left to auto is filled in."""
    found = auto_hyperparameters(100, n_epochs=7, learning_rate_multiplier=0.3)
    assert (found.n_epochs, found.learning_rate_multiplier) == (7, 0.3)
    assert found.batch_size == auto_hyperparameters(100).batch_size


@pytest.mark.parametrize(
    ("n", "answer_tokens", "epochs", "multiplier"),
    [(100, 20, 8, 4.0), (100, 4, 3, 1.0), (499, 20, 8, 4.0), (500, 20, 3, 4.0), (10, 20, 10, 4.0), (30_000, 20, 1, 4.0)],
)
def test_the_small_model_is_shown_few_sentences_more_often(n: int, answer_tokens: int, epochs: int, multiplier: float) -> None:
    """Labels keep the published epochs and multiplier 1; sentences take four times the rate, few of them 8 epochs."""
    found = auto_hyperparameters(n, answer_tokens=answer_tokens)
    assert (found.n_epochs, found.learning_rate_multiplier) == (epochs, multiplier)


def test_an_adapter_and_a_large_model_keep_the_published_epochs() -> None:
    """The rule is of the small model, whose weights are all trained: a larger one would be spoiled by that rate."""
    adapter = auto_hyperparameters(100, answer_tokens=20, lora=LoraSettings())
    assert (adapter.n_epochs, adapter.learning_rate_multiplier) == (3, 2.0)
    large = auto_hyperparameters(100, answer_tokens=20, small=False)
    assert (large.n_epochs, large.learning_rate_multiplier) == (3, 1.0)


def test_preferences_have_a_beta() -> None:
    """Preference tuning fills in the same epochs and batch size, and a beta of 0.1 unless one is given."""
    found, plain = auto_preference_hyperparameters(100), auto_hyperparameters(100)
    assert (found.n_epochs, found.batch_size, found.beta) == (plain.n_epochs, plain.batch_size, 0.1)
    assert auto_preference_hyperparameters(100, beta=2.0, batch_size=3).beta == 2.0


def test_rate_warms_up_and_decays() -> None:
    """The rate climbs to its peak over the first tenth, then falls to a tenth of it and never below."""
    rates = [rate_at(step, 100, 1.0) for step in range(1, 101)]
    assert rates.index(max(rates)) == 9
    assert max(rates) == 1.0
    assert rates[-1] == pytest.approx(0.1)
    assert min(rates[9:]) >= 0.1
    assert rate_at(1, 1, 1.0) == 1.0
