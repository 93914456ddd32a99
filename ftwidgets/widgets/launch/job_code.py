"""The plain `openai` calls that a filled-in form stands for. Left out: the handle `ftwidgets.Job`, which is one more line."""

from __future__ import annotations

import json

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.launch.job_form import File, JobForm


def job_code(form: JobForm) -> str:
    """Write the code; `client` is the client in it, and `job` what comes of it."""
    lines = _upload("training_file", form.training_file)
    if form.validation_file is not None:
        lines += _upload("validation_file", form.validation_file)
    lines += ["job = client.fine_tuning.jobs.create(", f"    model={markup.literal(form.model)},"]
    lines.append(f"    training_file={_argument('training_file', form.training_file)},")
    if form.validation_file is not None:
        lines.append(f"    validation_file={_argument('validation_file', form.validation_file)},")
    if form.hyperparameters:
        lines += ["    method={", '        "type": "supervised",']
        lines += [f'        "supervised": {{"hyperparameters": {json.dumps(form.hyperparameters)}}},', "    },"]
    if form.seed is not None:
        lines.append(f"    seed={form.seed},")
    if form.suffix is not None:
        lines.append(f"    suffix={markup.literal(form.suffix)},")
    return "\n".join([*lines, ")", "print(job.id, job.status)"])


def _upload(variable: str, file: File) -> list[str]:
    if file.path is None:
        return []
    opening = f'with open({markup.literal(file.path.as_posix())}, "rb") as file:'
    return [opening, f'    {variable} = client.files.create(file=file, purpose="fine-tune")', ""]


def _argument(variable: str, file: File) -> str:
    return markup.literal(file.name) if file.path is None else f"{variable}.id"
