"""Intervals and sample sizes, against published figures and by simulation."""

import math
import random
from statistics import fmean

import pytest
from IPython.lib.pretty import pretty

from ftwidgets.statistics import Difference, bootstrap, examples_needed, format_rounded_up, paired_bootstrap, wilson


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
    assert [format_rounded_up(n) for n in (7, 42, 160, 161, 327, 12_345)] == ["7", "42", "160", "170", "330", "13,000"]


def test_the_simulated_models_are_what_they_are_said_to_be() -> None:
    """The two differ by a tenth; else the simulation above would prove nothing."""
    assert fmean(differences(random.Random(1), 50_000)) == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(successes: int, n: int, low: float, high: float) -> None:
    """Newcombe 1998 (Statistics in Medicine 17:857-872), table I, the score method without continuity correction."""
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_is_symmetric_and_stays_inside() -> None:
    """Counting the failures mirrors the interval; no end leaves 0 to 1; without examples all is possible."""
    for successes in range(31):
        low, high = wilson(successes, 30)
        assert (1 - high, 1 - low) == pytest.approx(wilson(30 - successes, 30))
        assert 0 <= low <= successes / 30 <= high <= 1
    assert wilson(0, 0) == (0, 1)
    with pytest.raises(ValueError, match="successes"):
        wilson(3, 2)


def test_wilson_covers_the_true_share_about_as_often_as_it_says() -> None:
    """The exact coverage at 40 examples, averaged over true shares, is within a point of 95 %."""
    n, shares = 40, [k / 100 for k in range(2, 99)]
    intervals = [wilson(k, n) for k in range(n + 1)]

    def coverage(share: float) -> float:
        chance = (math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1))
        return sum(p for p, (low, high) in zip(chance, intervals, strict=True) if low <= share <= high)

    covered = [coverage(share) for share in shares]
    assert sum(covered) / len(covered) == pytest.approx(0.95, abs=0.01)
    assert min(covered) > 0.89


def test_the_bootstrap_agrees_with_the_normal_interval_of_a_mean() -> None:
    """For the mean of many normal numbers the textbook interval is known: mean +- 1.96 s / sqrt(n)."""
    source = random.Random(5)
    values = [source.gauss(3, 2) for _ in range(400)]
    mean = sum(values) / 400
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / 399)
    low, high = bootstrap(values)
    half = 1.96 * deviation / 20
    assert low == pytest.approx(mean - half, abs=0.04 * half)
    assert high == pytest.approx(mean + half, abs=0.04 * half)


def test_the_bootstrap_is_seeded() -> None:
    """The same seed gives the same interval, another seed hardly another one."""
    values = [float(i % 7) for i in range(100)]
    assert bootstrap(values) == bootstrap(values)
    other = bootstrap(values, seed=1)
    assert other != bootstrap(values)
    assert other == pytest.approx(bootstrap(values), abs=0.05)
    assert all(map(math.isnan, bootstrap([])))


def test_the_paired_bootstrap_covers_the_true_difference() -> None:
    """Over 300 simulated evaluations of 60 examples, the interval holds the true difference in about 95 %."""
    source, held = random.Random(11), 0
    for _ in range(300):
        hard = [source.random() for _ in range(60)]
        a = [float(source.random() > 0.8 * x) for x in hard]  # right in 60 % of all cases
        b = [float(source.random() > x) for x in hard]  # right in 50 %
        found = paired_bootstrap(a, b, resamples=500, seed=source.randrange(10**6))
        held += found.low <= 0.1 <= found.high
    assert 0.91 <= held / 300 <= 0.98


def test_pairing_makes_the_difference_surer() -> None:
    """Where both models fail on the same hard examples, the paired interval is far narrower than the two scores'."""
    b = [float(i % 2) for i in range(100)]
    a = [1.0 if i < 10 else value for i, value in enumerate(b)]
    found = paired_bootstrap(a, b)
    assert found.estimate == pytest.approx(0.05)
    assert found.n == 100
    assert 0 < found.low < found.estimate < found.high < 0.12
    with pytest.raises(ValueError, match="same examples"):
        paired_bootstrap([1.0], [1.0, 0.0])


def test_a_difference_reads_as_a_sentence() -> None:
    """Printed, and as the last line of a notebook's cell: rounded, with its interval."""
    found = Difference(0.1352941, -0.0235, 0.294, 96)
    assert str(found) == "+0.14 (95 % interval -0.02 to +0.29, n = 96)"
    assert pretty(found) == str(found)
