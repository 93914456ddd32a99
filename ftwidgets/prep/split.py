"""A seeded split into training and validation that keeps equal prompts together, so that none is on both sides.

Left out: stratified splits, and prompts that are merely similar.
"""

import hashlib
import numbers
from collections.abc import Sequence


def validation_size(validation: float, n_examples: int) -> int:
    """Return how many examples go to validation: `validation` is a fraction below 1, or a whole number of examples."""
    if isinstance(validation, bool) or not isinstance(validation, numbers.Real):
        raise ValueError(f"validation is a fraction from 0 to below 1, or a number of examples: {validation!r}")
    if isinstance(validation, numbers.Integral):
        if not 0 <= validation < max(n_examples, 1):
            raise ValueError(
                f"validation={validation} must be at least 0 and leave something to train on: "
                f"there are {n_examples} usable examples"
            )
        return int(validation)
    if not 0 <= validation < 1:
        raise ValueError(f"validation as a fraction must be from 0 to below 1: {validation!r} (a number of examples is an int)")
    if validation == 0 or n_examples < 2:
        return 0
    return min(max(1, round(validation * n_examples)), n_examples - 1)


def split(keys: Sequence[str], n_validation: int, *, seed: int = 0) -> tuple[list[int], list[int]]:
    """Return the positions of the training and of the validation examples, each in the order of `keys`.

    Examples with equal keys stay together, so validation may get slightly fewer than asked for. The order in which
    groups are taken depends on the seed and the key alone: a row added elsewhere hardly moves the others.
    """
    groups: dict[str, list[int]] = {}
    for position, key in enumerate(keys):
        groups.setdefault(key, []).append(position)
    held: list[int] = []
    for key in sorted(groups, key=lambda key: _draw(key, seed)):
        if len(held) + len(groups[key]) <= n_validation:
            held += groups[key]
    out = set(held)
    return [position for position in range(len(keys)) if position not in out], sorted(held)


def _draw(key: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}\0{key}".encode(), digest_size=16).digest()
