"""Whether one model is better than another, in words, and how many more examples it would take to tell.

Left out: p-values, and verdicts on more than two models at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from ftwidgets.sample_size import about, examples_needed
from ftwidgets.statistics import Difference, paired_bootstrap

ENOUGH = 20
"""Fewer examples than these give no verdict: the bootstrap's intervals are too narrow there.

Simulated with two equal models, it calls one of them better in up to 10-15 % of the cases at 5 to 10 examples, and in
about 5 %, as it should, from 20 on.
"""

FAR = 100_000  # examples; nobody asks so many


def verdict(names: tuple[str, str], a: Sequence[float], b: Sequence[float], *, smallest: float | None = None) -> str:
    """Say whether the first model is better than the second.

    Parameters
    ----------
    names
        What to call them.
    a, b
        Their scores on the same examples.
    smallest
        The smallest difference that matters.
    """
    if smallest is not None and smallest <= 0:
        raise ValueError(f'"smallest" must be above 0, the smallest difference that matters: {smallest}')
    first, second = names
    found = paired_bootstrap(a, b)
    if list(a) == list(b):
        return f"cannot tell yet: {first} and {second} score the same on every example (n = {found.n})"
    figures = f"{found.estimate:+.2f} (95 % interval {found.low:+.2f} to {found.high:+.2f}, n = {found.n})"
    if found.n < ENOUGH:
        return f"cannot tell yet: {first} - {second} = {figures}; a verdict needs {ENOUGH} examples or more"
    if found.low > 0 or found.high < 0:
        little = smallest is not None and max(abs(found.low), abs(found.high)) < smallest
        word = "better" if found.low > 0 else "worse"
        return f"{first} is {word}{f', but by less than {smallest:g}' if little else ''}: {figures}"
    if smallest is not None and -smallest < found.low and found.high < smallest:
        return f"no difference of {smallest:g} or more: {first} - {second} = {figures}"
    needed = _needed([x - y for x, y in zip(a, b, strict=True)], found, smallest)
    return f"cannot tell yet: {first} - {second} = {figures}; {needed}"


def _needed(differences: Sequence[float], found: Difference, smallest: float | None) -> str:
    needed = None if smallest is None else examples_needed(differences, effect=smallest)
    if needed is not None and needed > found.n:
        return f"to find a difference of {smallest:g} you would need about {about(needed)} examples"
    needed = examples_needed(differences)
    if needed is None or needed > FAR:
        return f"if there is a difference that small, it takes more than {FAR:,} examples to find it"
    return f"if the difference is as large as it looks, you would need about {about(max(needed, found.n + 1))} examples"
