"""Run a lesson in a kernel of a running JupyterLab, as a browser would: `python run_lesson.py ADDRESS TOKEN PATH`.

Prints a JSON object: seconds from asking for the kernel to the last cell's end, the kernel's peak memory, its Python, the
fault.
It needs what JupyterLab brings along, and nothing of ours, so that it can run in the environment under test.
"""

import json
import sys
import time
import urllib.request
import uuid
from typing import Any

import websocket

LAST = """import json, resource, sys
print(json.dumps({"megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6, "python": sys.executable}))"""


def ask(address: str, token: str, method: str, body: dict[str, Any] | None = None) -> Any:
    """Call the server."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Authorization": f"token {token}"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


def execute(channels: websocket.WebSocket, code: str) -> tuple[str, str | None]:
    """Run a cell to its end; gives what it printed, and the error if there was one."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": "lesson", "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
    message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
    channels.send(json.dumps(message))
    printed, error, ended = "", None, {"execute_reply": False, "idle": False}
    while not all(ended.values()):
        received = json.loads(channels.recv())
        if received["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        match received["msg_type"], received["content"]:
            case "stream", {"name": "stdout", "text": text}:
                printed += text
            case "status", {"execution_state": "idle"}:
                ended["idle"] = True
            case "execute_reply", reply:
                ended["execute_reply"] = True
                error = None if reply["status"] == "ok" else f"{reply.get('ename')}: {reply.get('evalue')}"
    return printed, error


def main() -> int:
    """Run the lesson named on the command line."""
    address, token, path = sys.argv[1:]
    lesson = ask(f"{address}/api/contents/{path}", token, "GET")["content"]
    began = time.monotonic()
    wanted = {"path": path, "name": "", "type": "notebook", "kernel": {"name": "python3"}}
    session = ask(f"{address}/api/sessions", token, "POST", wanted)
    where = f"{address.replace('http', 'ws', 1)}/api/kernels/{session['kernel']['id']}/channels?token={token}"
    channels = websocket.create_connection(where, timeout=600)
    fault, facts = None, {}
    cells = [cell for cell in lesson["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells):
        _, error = execute(channels, cell["source"])
        if error and "raises-exception" not in cell["metadata"].get("tags", ()):
            fault = f"code cell {number}: {error}"
            break
    seconds = time.monotonic() - began
    if fault is None:
        facts = json.loads(execute(channels, LAST)[0])
    channels.close()
    ask(f"{address}/api/sessions/{session['id']}", token, "DELETE")
    sys.stdout.write(json.dumps({"seconds": seconds, "cells": len(cells), "fault": fault, **facts}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
