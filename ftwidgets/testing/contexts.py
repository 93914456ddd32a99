"""Open a sandbox for a test or a script, and make plain clients on it.

    with ftwidgets.testing.sandbox() as box:
        box.faults.fail(500, times=2)
        client = ftwidgets.testing.client(box)

For a sandbox that keeps its state: `ftwidgets.connect`, `ftwidgets.Sandbox`.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import openai

    from ftwidgets.sandbox import Sandbox
    from ftwidgets.sandbox.clock import Clock


@contextmanager
def sandbox(*, home: str | Path | None = None, clock: Clock | None = None, seed: int | None = None) -> Iterator[Sandbox]:
    """Open a sandbox; at the end it is closed and, unless `home` was given, its folder is deleted.

    Parameters
    ----------
    home
        Its state folder (None: a temporary one).
    clock
        Its clock, such as a `ManualClock` (None: the computer's clock).
    seed
        Makes its names, and what `faults` leaves to chance, the same each time (None: different names each time).

    Yields
    ------
    Sandbox
        With `faults` to set what goes wrong, and `faults.journal` with the requests.
    """
    from ftwidgets.sandbox import Sandbox
    from ftwidgets.sandbox.faults import Faults
    from ftwidgets.sandbox.ids import Ids

    ids = None if seed is None else Ids(random.Random(seed))
    with (
        tempfile.TemporaryDirectory(prefix="ftwidgets-") as folder,
        Sandbox(Path(home or folder), clock=clock, ids=ids, faults=Faults(seed=seed or 0)) as opened,
    ):
        yield opened


def client(sandbox: Sandbox, **options: Any) -> openai.OpenAI:
    """Make a plain `openai.OpenAI` client of a sandbox; it reads no key from the environment.

    Parameters
    ----------
    sandbox
        The sandbox it talks to.
    **options
        What `openai.OpenAI` takes, such as `max_retries=0` or `api_key="somebody-else"`.

    Returns
    -------
    openai.OpenAI
        Close it, or use it in a `with`.
    """
    return sandbox.client(**options)
