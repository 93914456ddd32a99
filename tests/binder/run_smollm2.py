"""Tune SmolLM2 on some rows of a bundled dataset and ask the result; prints the seconds and the answer as JSON."""

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import ftwidgets

ROWS = 24

with TemporaryDirectory() as folder, ftwidgets.connect(home=Path(folder) / "home") as client:
    rows = ftwidgets.datasets.load("sentiment", "train").head(ROWS)
    files = ftwidgets.prepare(rows, Path(folder) / "files", validation=0)
    began = time.monotonic()
    job = ftwidgets.launch(client, files.train_file, model="smollm2-135m", n_epochs=1)
    job.wait(timeout=500)
    seconds = time.monotonic() - began
    messages = [{"role": "user", "content": rows["Prompt"].iloc[0]}]
    answer = client.chat.completions.create(model=job.model or "", messages=messages, max_tokens=8, temperature=0)  # type: ignore[arg-type]
    json.dump({"rows": ROWS, "seconds": seconds, "answer": answer.choices[0].message.content}, sys.stdout)
