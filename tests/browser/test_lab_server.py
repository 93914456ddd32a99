"""Jobs that outlive their notebook, in a real JupyterLab: its server has found the extension by itself."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from . import lab

pytestmark = pytest.mark.browser

LAUNCH = """import ftwidgets
client = ftwidgets.connect()
chat = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ahoy, sailor! What brings you here?"}]
file = ftwidgets.write_jsonl([{"messages": chat}] * 60, "chats.jsonl")
job = ftwidgets.launch(client, file, model="nano-2026-11", n_epochs=8, batch_size=2, seed=1)
while not job.curve.shape[0]:
    pass
print(job.status)"""
JOB = """async () => {
    const { token } = JSON.parse(document.getElementById('jupyter-config-data').textContent);
    const answer = await fetch('/ftwidgets/v1/fine_tuning/jobs?limit=1', { headers: { Authorization: `token ${token}` } });
    return (await answer.json()).data[0].status;
}"""


def test_a_restarted_kernels_job_goes_on(lab_page: Callable[..., Any]) -> None:
    """Restart the kernel while its job runs: the job goes on, and succeeds, without any cell."""
    shown = lab_page(LAUNCH)
    lab.output(shown, 0).get_by_text("running").wait_for()
    shown.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart().then(() => null)")
    end = time.monotonic() + 120
    while (status := shown.evaluate(JOB)) in ("queued", "running"):
        assert time.monotonic() < end, status
        shown.wait_for_timeout(500)
    assert status == "succeeded"
    assert lab.errors(shown) == []
