"""What one update of the live chart costs: kernel time, and bytes to the browser (`just bench-chart`).

Draws a growing curve of 500 steps, an update a step, on a widget whose comm is as in a notebook; every message is put
into the form in which it goes over the web socket, header and all. Left out: the browser's own work.
"""

import math
import statistics
import time
from typing import Any
from unittest import mock

import comm
from jupyter_client.session import Session

from ftwidgets.widgets.monitor.live_chart import LiveChart

STEPS, EPOCHS = 500, 5
MOST_MS, MOST_BYTES = 1.0, 2000


class Wire(comm.base_comm.BaseComm):
    """A comm that measures what it would send."""

    session = Session(key=b"a key as long as a kernel's own, 36 by", username="username")
    sent: list[int] = []  # noqa: RUF012 - one wire, one list

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any) -> None:
        """Weigh a message: identity, delimiter, signature and the four parts, as ipykernel sends them."""
        content = {"data": data or {}, "comm_id": self.comm_id, **keys}
        parent = self.session.msg("execute_request")
        message = self.session.msg(msg_type, content=content, parent=parent, metadata=metadata or {})
        self.sent.append(sum(map(len, self.session.serialize(message, ident=f"comm-{self.comm_id}".encode()))))


def losses(steps: int) -> dict[str, list[tuple[float, float]]]:
    """Make a curve as a job of that many steps so far shows it."""
    train = [(step, 5 * math.exp(-step / 80) + 0.2 * (1 + math.sin(7.0 * step))) for step in range(1, steps + 1)]
    return {"training": train, "validation": [(s, 5 * math.exp(-s / 90) + 0.5) for s, _ in train if s % (STEPS // EPOCHS) == 0]}


def measure() -> tuple[list[float], list[list[int]]]:
    """Give the milliseconds of each update, and the bytes of the messages it sent."""
    with mock.patch.object(comm, "create_comm", Wire):
        chart = LiveChart()
        took, sent = [], []
        for steps in range(1, STEPS + 1):
            series = losses(steps)
            Wire.sent.clear()
            began = time.process_time()
            chart.show(series, last=STEPS, dots=["validation"])
            took.append(1000 * (time.process_time() - began))
            sent.append(list(Wire.sent))
    return took, sent


def main() -> None:
    """Print the figures; fail when an update is too dear."""
    took, sent = measure()
    last = slice(-100, None)
    full, size = statistics.median(took[last]), [sum(messages) for messages in sent]
    print(f"{STEPS} steps, an update a step. Kernel time: median {statistics.median(took):.2f} ms, at the end {full:.2f} ms.")
    print(f"Bytes: median {statistics.median(size):.0f}, at the end {statistics.median(size[last]):.0f}, most {max(size)}.")
    dear = [step for step, bytes_ in enumerate(size, 1) if bytes_ > MOST_BYTES]
    print(f"Updates above {MOST_BYTES} bytes (the axes are sent anew): {len(dear)} of {STEPS}, at steps {dear}.")
    raise SystemExit(full > MOST_MS or statistics.median(size[last]) > MOST_BYTES)


if __name__ == "__main__":
    main()
