"""What is typed reaches the cell that runs right after it, though JupyterLab sends the two by different queues."""

from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

ASK = "from ftwidgets import exercises\nlesson = exercises.lesson('05')\nlesson.guess('kept', 'How many?')"
PATIENCE = 60  # seconds for a kernel on a busy machine


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernelClient]:
    """A kernel in which the question was asked."""
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=PATIENCE)
    try:
        run(client, ASK)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client: BlockingKernelClient, code: str, value: str = "None") -> str:
    """Run a cell; return the value of an expression after it."""
    reply = client.execute_interactive(code, user_expressions={"value": value}, output_hook=lambda _: None, timeout=PATIENCE)
    assert reply["content"]["status"] == "ok", reply["content"]
    return str(reply["content"]["user_expressions"]["value"]["data"]["text/plain"])


def subshell(client: BlockingKernelClient) -> str:
    """Open the second queue, which JupyterLab has for messages of widgets."""
    client.control_channel.send(client.session.msg("create_subshell_request", {}))
    return str(client.get_control_msg(timeout=PATIENCE)["content"]["subshell_id"])


def test_the_next_cell_has_every_letter(kernel: BlockingKernelClient) -> None:
    """By one queue and by two; older kernels work on both at once, newer ones bring a widget's messages back into one."""
    field = run(kernel, "", "lesson._fields['kept']._input.model_id").strip("'")

    def send(queue: str | None, **content: str) -> None:
        message: dict[str, Any] = kernel.session.msg(
            "comm_msg", {"comm_id": field, "data": {"method": "custom", "content": content}}
        )
        if queue is not None:
            message["header"]["subshell_id"] = queue
        kernel.shell_channel.send(message)

    send(None, type="shown")
    second = subshell(kernel)
    for queue, guess in ((None, "12"), (second, "345")):
        for end in range(1, len(guess) + 1):
            send(queue, type="type", value=guess[:end])
        found = run(kernel, "lesson.reveal('kept', 17)", "lesson._fields['kept'].value")
        assert found == repr(guess)
    assert run(kernel, "", "exercises.lesson('05')._kept_guess('kept')") == "'345'"
