"""Read a listing page by page, whatever the service's habits, and put it in order, oldest first.

OpenAI and the sandbox list the newest item first, Nebius the oldest; several items share one second; a listing that
grows while it is read shows an item twice; some services give their last page for ever.
Left out: asking for the pages (`ftwidgets.jobs` does).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from openai.pagination import SyncCursorPage
    from openai.types.fine_tuning import FineTuningJobEvent
    from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

    Item = TypeVar("Item", FineTuningJobEvent, FineTuningJobCheckpoint)


def unseen(first: SyncCursorPage[Item], *, known: Collection[str] = ()) -> list[Item]:
    """Collect the items of all pages, oldest first, each once.

    Parameters
    ----------
    first
        The first page, as the client's `list` methods return it.
    known
        The ids to leave out, from an earlier reading. Once a newest-first listing arrives at one, the rest is not read.
    """
    listed: dict[str, Item] = {}
    newest_first = _newest_first(first.data or ())
    for page in first.iter_pages():
        items: Sequence[Item] = page.data or ()
        if all(item.id in listed for item in items):
            break
        listed |= {item.id: item for item in items if item.id not in listed}
        if newest_first and any(item.id in known for item in items):
            break
    found = [item for item in listed.values() if item.id not in known]
    if newest_first:
        found.reverse()
    return in_order(found)


def in_order(items: Iterable[Item]) -> list[Item]:
    """Sort by time, keeping the order of items that share a second."""
    return sorted(items, key=lambda item: item.created_at or 0)


def _newest_first(items: Sequence[Item]) -> bool:
    """Tell which way a listing runs: by time; within one second by the steps; else as OpenAI's, newest first."""
    if len(items) < 2:
        return True
    first, last = items[0].created_at or 0, items[-1].created_at or 0
    if first != last:
        return first > last
    steps = [step for step in map(_step, items) if step is not None]
    return not steps or steps[0] >= steps[-1]


def _step(item: FineTuningJobEvent | FineTuningJobCheckpoint) -> float | None:
    data = getattr(item, "data", None)
    step = data.get("step") if isinstance(data, Mapping) else getattr(item, "step_number", None)
    return step if isinstance(step, int | float) else None
