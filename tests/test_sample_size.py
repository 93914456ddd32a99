"""How many examples a comparison needs: the formula against a published figure and against simulated evaluations."""

import random
from statistics import fmean

import pandas as pd
import pytest

from ftwidgets.evaluation.result import Evaluation
from ftwidgets.sample_size import about, examples_needed
from ftwidgets.statistics import paired_bootstrap


def graded(source: random.Random, n: int) -> tuple[list[float], list[float]]:
    """Two models on n questions of different hardness: right in 60 % and 50 % of all cases."""
    hard = [source.random() for _ in range(n)]
    a = [float(source.random() > 0.8 * x) for x in hard]
    return a, [float(source.random() > x) for x in hard]


def differences(source: random.Random, n: int) -> list[float]:
    return [x - y for x, y in zip(*graded(source, n), strict=True)]


def test_the_formula_gives_the_textbooks_number() -> None:
    """A standardized effect of one half, 80 % power: 32 pairs by the normal formula (31.4), 34 by Student's t (Cohen 1988)."""
    spread_one = [-(0.5**0.5), 0.5**0.5]  # standard deviation 1
    assert examples_needed(spread_one, effect=0.5) == 32
    assert examples_needed(spread_one, effect=-0.5) == 32
    assert examples_needed(spread_one, effect=0.5, power=0.5) == 16  # (1.96 / 0.5) ** 2 = 15.4
    assert examples_needed(spread_one, effect=0.25) == 126  # half the effect, four times the examples


@pytest.mark.parametrize("power", [0.5, 0.8])
def test_that_many_examples_give_a_verdict_that_often(power: float) -> None:
    """400 simulated evaluations of the size the formula names find the difference about as often as the power says."""
    source = random.Random(7)
    first = differences(source, 50_000)
    n = examples_needed(first, effect=0.1, power=power)
    assert n is not None
    found = 0
    for _ in range(400):
        a, b = graded(source, n)
        found += paired_bootstrap(a, b, resamples=300, seed=source.randrange(10**6)).low > 0
    assert found / 400 == pytest.approx(power, abs=0.07)  # three standard errors of 400 trials


def test_it_does_not_tell_what_cannot_be_told() -> None:
    """Nothing, one difference, no difference and no spread have no answer; a senseless power or effect is refused."""
    assert examples_needed([]) is None
    assert examples_needed([1.0]) is None
    assert examples_needed([1.0, -1.0]) is None
    assert examples_needed([1.0, 1.0]) is None
    with pytest.raises(ValueError, match="power"):
        examples_needed([0.0, 1.0], power=1.0)
    with pytest.raises(ValueError, match="effect"):
        examples_needed([0.0, 1.0], effect=0.0)
    with pytest.raises(ValueError, match="effect"):
        examples_needed([0.0, 1.0], effect=float("nan"))


def test_numbers_are_said_as_a_person_would() -> None:
    """Rounded up to two digits."""
    assert [about(n) for n in (7, 42, 160, 161, 327, 12_345)] == ["7", "42", "160", "170", "330", "13,000"]


def judged(a: list[float], b: list[float]) -> Evaluation:
    by_row = {"exact_match": pd.DataFrame({"b": b, "a": a})}
    return Evaluation(answers=pd.DataFrame({"row": range(len(a))}), by_row=by_row, metric="exact_match")


def test_cannot_tell_yet_says_how_many_it_would_take() -> None:
    """The number is the formula's, for the observed difference or for the smallest that matters, and more than there were."""
    a, b = graded(random.Random(0), 40)
    found = judged(a, b)
    said, needed = found.verdict(), found.needed()
    assert needed is not None
    assert needed > 40
    assert said.endswith(f"if the difference is as large as it looks, you would need about {about(needed)} examples")
    half = found.needed(smallest=0.05)
    assert half is not None
    assert found.verdict(smallest=0.05).endswith(f"to find a difference of 0.05 you would need about {about(half)} examples")
    assert found.needed(power=0.5) < needed  # type: ignore[operator]
    with pytest.raises(ValueError, match='"smallest" must be above 0'):
        found.verdict(smallest=-0.1)


def test_a_difference_too_small_to_matter_is_called_so() -> None:
    """With a smallest difference, nearly equal models are, and a sure little lead is called little."""
    even = [float(i % 2) for i in range(1000)]
    a, b = [*even, 1.0, 0.0], [*even, 0.0, 1.0]
    assert judged(a, b).verdict(smallest=0.05).startswith("no difference of 0.05 or more: a - b = +0.00")
    ahead = [1.0] * 10 + [0.0] * 490
    assert judged(ahead, [0.0] * 500).verdict(smallest=0.05).startswith("a is better, but by less than 0.05: +0.02")
    assert judged(ahead, [0.0] * 500).verdict().startswith("a is better: +0.02")


def test_a_verdict_with_a_smallest_difference_never_asks_for_fewer_than_there_are() -> None:
    """Where the interval ends on both sides of the smallest difference, the number is that of the observed one."""
    lead = judged([1.0] * 26 + [0.0] * 18 + [0.0] * 356, [0.0] * 26 + [1.0] * 18 + [0.0] * 356)
    found = lead.difference()
    assert found.low < 0 < found.estimate < 0.05 < found.high
    asked = int(lead.verdict(smallest=0.05).split("about ")[1].split(" ")[0].replace(",", ""))
    assert asked > 400


def test_the_simulated_models_are_what_they_are_said_to_be() -> None:
    """The two differ by a tenth; else the simulation above would prove nothing."""
    assert fmean(differences(random.Random(1), 50_000)) == pytest.approx(0.1, abs=0.01)
