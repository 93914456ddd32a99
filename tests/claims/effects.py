"""How a lesson's claim is held: the effect of every seed, and an interval that keeps clear of zero.

The effects of five seeds are recorded in `recorded.json`, with a fingerprint of what they were made from: engine, weights,
data, the lesson's code and the test. While that is unchanged, one seed is trained again and has to agree with the record; once
it has changed, all five are. `--changed-claims` leaves out the lessons that are unchanged, but for the first. `just claims`
trains five whatever the record says, `just record-claims` writes it.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from tests.fingerprint import DATA, ENGINE, ROOT, WEIGHTS, fingerprint, meaning

SEEDS = range(1, 6)
RECORD = Path(__file__).with_name("recorded.json")

# Student's t, two-sided, by degrees of freedom: 95 %; and 99.9 % for four, as some fifty claims are looked at in each run.
T = {4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
T_999 = 8.610

held: list[str] = []
"""A line a claim, for the end of the run."""

trained: dict[str, dict[str, Any]] = {}
"""What this run found, by lesson, in the form of the record."""


def recorded() -> dict[str, dict[str, Any]]:
    """Read the record."""
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}


def made_from(test: Path) -> str:
    """Return the fingerprint of what the claims of a test file are made from; of the data, what it or its lesson names."""
    lesson = ROOT / "notebooks" / f"{test.stem.removeprefix('test_')}.ipynb"
    text = test.read_text(encoding="utf-8") + meaning(lesson).decode()
    return fingerprint([*ENGINE, *WEIGHTS, *(file for file in DATA if file.stem in text), lesson, test])


def seeds_to_train(test: Path) -> range:
    """Return the first seed where the record is of what lies here now, else all five."""
    known = recorded().get(test.stem, {})
    return SEEDS[:1] if known.get("made_from") == made_from(test) else SEEDS


def hold(claim: str, effects: Sequence[float], *, above: float = 0.0) -> None:
    """Assert that an effect is real: over five seeds or more, the 95 % interval of its mean is above `above`.

    With fewer, the recorded five are judged, and those trained now have to lie where the recorded ones let a further one be
    expected (their 99.9 % prediction interval).
    """
    if len(effects) < len(SEEDS):
        known = [found["claims"][claim] for found in recorded().values() if claim in found["claims"]]
        assert len(known) == 1, f"not recorded: {claim}"
        mean, reach = fmean(known[0]), T_999 * stdev(known[0]) * (1 + 1 / len(known[0])) ** 0.5 + 1e-6
        assert all(abs(effect - mean) <= reach for effect in effects), f"{claim}: {effects} against recorded {known[0]}"
        effects = known[0]
    mean, half = fmean(effects), T[len(effects) - 1] * stdev(effects) / len(effects) ** 0.5
    line = f"{claim}: {mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f}, {len(effects)} seeds)"
    held.append(line)
    assert mean - half > above, line
