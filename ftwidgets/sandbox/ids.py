"""Names for new things, in the shapes the service uses: `file-…`, `ftjob-…`, `ftevent-…`, `ftckpt_…`, `ft:…`.

They are drawn at random; the source of randomness is handed in, so a test can repeat them.
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
    rng
        The source of randomness: the operating system by default, a seeded `random.Random` to repeat a run.
    """

    def __init__(self, rng: random.Random | None = None) -> None:
        self._rng = rng or random.SystemRandom()
        self._lock = threading.Lock()

    def new(self, prefix: str, length: int = 24) -> str:
        """Draw a new name: the prefix and so many random letters and digits."""
        with self._lock:  # one number for all letters: the operating system is asked once; 64 bits more leave no bias
            number = self._rng.getrandbits(6 * length + 64)
        letters = []
        for _ in range(length):
            number, letter = divmod(number, len(_BASE62))
            letters.append(_BASE62[letter])
        return prefix + "".join(letters)

    def tuned_name(self, base: str, suffix: str | None) -> str:
        """Draw the name of a tuned model, as the service forms it: `ft:<base>:personal:<suffix or empty>:<8 characters>`."""
        return f"ft:{base}:personal:{suffix or ''}:{self.new('', 8)}"

    def seed(self) -> int:
        """Draw the seed of a job that names none."""
        with self._lock:
            return self._rng.randrange(LARGEST_SEED + 1)


def base_of(model: str) -> str:
    """Return the base model in the name of a tuned model; a base model's name is returned as it is."""
    return model.split(":")[1] if model.startswith("ft:") else model
