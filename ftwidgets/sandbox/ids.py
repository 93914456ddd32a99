"""Names for new things, in the shapes the service uses: `file-…`, `ftjob-…`, `ftevent-…`, `ftckpt_…`, `ft:…`.

They are drawn at random; where chance comes from is handed in, so that a test can repeat it.
Left out: what the names point at.
"""

from __future__ import annotations

import random
import string
import threading

_BASE62 = string.ascii_letters + string.digits
LARGEST_SEED = 2**31 - 1


class Ids:
    """Draws names and seeds; any thread may ask.

    Parameters
    ----------
    chance
        Where randomness comes from: the operating system by default, a seeded `random.Random` where a run is to be repeated.
    """

    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance or random.SystemRandom()
        self._lock = threading.Lock()

    def new(self, prefix: str, length: int = 24) -> str:
        """Make a fresh name: the prefix and so many random letters and digits."""
        with self._lock:  # one number for all letters: the operating system is asked once; 64 bits more leave no bias
            number = self._chance.getrandbits(6 * length + 64)
        letters = []
        for _ in range(length):
            number, letter = divmod(number, len(_BASE62))
            letters.append(_BASE62[letter])
        return prefix + "".join(letters)

    def tuned_name(self, base: str, suffix: str | None) -> str:
        """Name a tuned model as the service does: `ft:<base>:personal:<suffix or empty>:<8 characters>`."""
        return f"ft:{base}:personal:{suffix or ''}:{self.new('', 8)}"

    def seed(self) -> int:
        """Draw the seed of a job that was given none."""
        with self._lock:
            return self._chance.randrange(LARGEST_SEED + 1)


def base_of(model: str) -> str:
    """Tell which base model a name goes back to (a base model's own name is itself)."""
    return model.split(":")[1] if model.startswith("ft:") else model
