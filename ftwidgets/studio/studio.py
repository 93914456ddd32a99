"""Studio: one widget from a table of one's own to a measured model, in five steps, without code.

The steps are the widgets of `ftwidgets.widgets`. Each hands over what it made to the next, and where somebody is stands in a
file of the sandbox's folder: a cell that runs again, a restarted kernel or another notebook goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets

from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.labels import model_label
from ftwidgets.paths import require_path
from ftwidgets.studio.export_form import ExportForm
from ftwidgets.studio.handover import hand_over, take_up_job
from ftwidgets.studio.job_list import jobs_html, read_jobs
from ftwidgets.studio.path_notebook import path_cells, write_notebook
from ftwidgets.studio.state import STEPS, load_state, save_state, state_path
from ftwidgets.studio.step_forms import StepForms, notebook_folder
from ftwidgets.widgets import Evaluation
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.arguments import require_client
from ftwidgets.widgets.base.failures import explain_wrong_service
from ftwidgets.widgets.base.fields import Fold, button, field, row
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.base.press import PressButton

if TYPE_CHECKING:
    import openai

    from ftwidgets.data.readers import Source


class Studio(Panel):
    """Go from data to a measured model: Data, Train, Watch, Try, Measure.

    Parameters
    ----------
    client
        Any `openai` client; `ftwidgets.connect()` makes one of the sandbox.
    source
        The data to begin with, as for `DatasetPrep`; by default what was chosen last, or nothing.
    folder
        Where the training files go.

    Attributes
    ----------
    state
        Where you are, and what the steps handed over; kept in `path`.
    """

    def __init__(self, client: openai.OpenAI, source: Source | None = None, *, folder: str | Path = "my_data") -> None:
        require_client(client)
        require_path(folder, '"folder"')
        notebook_folder()
        self._client = client
        self.path = state_path(client)
        self.state, note = load_state(self.path)
        self._makers = StepForms(client, self.state, source, folder)
        self.forms: dict[str, Panel] = {}
        """The forms of the steps that were opened, by step."""
        self._tabs = {name: PressButton(f"{i}  {label}") for i, (name, label) in enumerate(STEPS.items(), start=1)}
        for name, tab in self._tabs.items():
            tab.on_click(self.catch_errors(partial(self.go, name)))
        self._stage, self._exports = ipywidgets.VBox(), ipywidgets.VBox()
        self.jobs, self._refresh = Live(), button("Refresh", tooltip="Look again at the jobs and models")
        self.jobs.on_press(self._take)
        self._refresh.on_click(self.catch_errors(self.refresh))
        self.notebook_name = ipywidgets.Text(value="my_path.ipynb", description="Notebook", continuous_update=False)
        self._save = button("Save the path as a notebook", tooltip="Write the code of all steps so far as one notebook")
        self._save.on_click(self.catch_errors(self.save_notebook))
        self._heading, tabs = Live("<h3>Studio</h3>"), row(*self._tabs.values())
        tabs.add_class("ftw-steps")
        listed = Fold("Jobs and models", [self.jobs, row(self._refresh), self._exports])
        listed.toggle.on_click(self.catch_errors(self.refresh))
        self._path_code, self._saved = Live(), Live(role="status")
        parts = [field(self.notebook_name), row(self._save), self._saved, self._path_code]
        whole = Fold("The whole path as a notebook", parts)
        super().__init__("Studio", [self._heading, tabs], below_status=[self._stage, listed, whole], bare=True)
        self.status.add_class("ftw-status")
        step = "data" if source is not None else self.state.step
        self.catch_errors(lambda: self.go(step))()
        if note:
            self.show_status(note, "warning")

    def go(self, step: str) -> Panel:
        """Show a step, as its button does, and return its form.

        Raises
        ------
        ValueError
            If there is no such step.
        FtwidgetsError
            If something that the step needs is not there yet; the message says which step makes it.
        """
        if step not in STEPS:
            raise ValueError(f'there is no step "{step}"; the steps are {", ".join(STEPS)}.')
        form = self.forms.get(step) or self._make(step)
        self.forms[step] = form
        if self._stage.children:  # another step than the first that is shown: the page goes to the top of it
            self._heading.html = f'<h3 tabindex="-1" data-focus="{step}">Studio</h3>'
        self._stage.children = (form,)
        self.state.step = step
        self.show_status(self._last_score() if step == "measure" else "", "ok")
        self._keep()
        return form

    def open_job(self, job_id: str, step: str = "watch") -> Panel:
        """Take up a job that exists: watch it, try its model or measure it.

        Parameters
        ----------
        job_id
            The id of the job.
        step
            `"watch"`, `"try"` or `"measure"`.
        """
        # the code of the training is that of another job
        self._forget(*take_up_job(job_id, self.state, ["train", "watch", "try", "measure"]))
        return self.go(step)

    def refresh(self) -> None:
        """Read the jobs and models again."""
        with explain_wrong_service():
            entries = read_jobs(self._client, self.state.rows, self.state.scores)
        self.jobs.html = jobs_html(entries)

    def export(self, job_id: str) -> ExportForm:
        """Open the form that exports the model of a job."""
        form = self._makers.export(job_id)
        self._exports.children = (form,)
        return form

    @property
    def code(self) -> str:
        """The whole path so far, as the cells of one notebook."""
        return "\n\n".join(f"# {title}\n{code.strip()}" for title, code in self._cells())

    def save_notebook(self) -> Path:
        """Write the whole path as a notebook of its own, under the name in the field; return where it is."""
        name = self.notebook_name.value.strip()
        if not name.isprintable() or not Path(name).name.removesuffix(".ipynb").strip("."):
            raise FtwidgetsError("the notebook has no name yet. Write one, such as my_path.ipynb.")
        path = require_path(name if name.endswith(".ipynb") else f"{name}.ipynb", '"Notebook"')
        write_notebook(path, self._cells())
        text = f"Written: {path}. Open it and run all its cells: it makes the same path again."
        self._saved.html = f'<p class="ftw-ok">{escape(text)}</p>'
        return path

    def static_text(self) -> str:
        """Return where somebody is: the step, the files, the job and its score, a line each."""
        state = self.state
        lines = [f"Step: {STEPS[state.step]}"]
        if state.train_file:
            lines.append(f"Files: {state.n_train:,} rows to train on, {state.n_validation:,} held out, in {state.train_file}")
        if state.job:
            lines.append(f"Job: {state.job}")
        lines += [
            f"{model_label(model)}: {score['score']:.2f} ({score['low']:.2f} to {score['high']:.2f}) of {score['n']}"
            for model, score in state.scores.items()
        ]
        return "\n".join(lines)

    def static_html(self) -> str:
        """Return the same, with what the step shows."""
        facts = "".join(f"<li>{escape(line)}</li>" for line in self.static_text().splitlines())
        form = self.forms.get(self.state.step)
        return f"<ul>{facts}</ul>" + (form.static_html() if form is not None else "")

    def _make(self, step: str) -> Panel:
        form = self._makers.make(step)
        following = list(STEPS)[list(STEPS).index(step) + 1 :]
        form.next_step.open_elsewhere = partial(self.go, following[0]) if following else None
        form.next_step.on_offer(self.catch_errors(lambda: self._done(step, form)))
        return form

    def _last_score(self) -> str:
        """Return the score of the model that was measured last, as a sentence; empty if it was not measured, or is shown."""
        form, score = self.forms.get("measure"), self.state.scores.get(self.state.model)
        if score is None or (isinstance(form, Evaluation) and form.result is not None):
            return ""
        text = "Measured before: {score:.2f} ({low:.2f} to {high:.2f}) on {n} held-out examples, by {metric}.".format(**score)
        return f"{text} Press Evaluate to see it all again."

    def _done(self, step: str, form: Panel) -> None:
        """Keep what a form made, and let the later steps begin anew with it."""
        self.show_status("")
        if (outdated := hand_over(form, self.state)) is None:
            return
        self._forget(*outdated)
        if isinstance(form, Evaluation) and form.result is not None:
            self._offer_export(form)
        self.state.code[step] = form.code
        self._keep()

    def _offer_export(self, form: Evaluation) -> None:
        """Offer as the step after the last one to write the model as files."""
        job_id, code = self.state.job, f'ftwidgets.export(client, {markup.literal(self.state.model)}, "exports/my_model")'
        sentence = "keep the tuned model as files that other programs read."
        form.next_step.offer(sentence, "Export the model", lambda: self._makers.export(job_id), code, notify=False)

    def _forget(self, *steps: str) -> None:
        """Drop forms, so that they are made anew from what is known now."""
        for step in steps:
            if (form := self.forms.pop(step, None)) is not None and form not in self._stage.children:
                form.close()
            self.state.code.pop(step, None)

    def _keep(self) -> None:
        state = self.state
        done = {
            "data": bool(state.train_file),
            "train": bool(state.job),
            "watch": "watch" in state.code,
            "try": "try" in state.code,
            "measure": "measure" in state.code,
        }
        for i, (name, tab) in enumerate(self._tabs.items(), start=1):
            tab.description = f"{'✓' if done[name] else i}  {STEPS[name]}"
            tab.button_style = "primary" if name == state.step else ""
            tab.tooltip = f"Step {i}: {STEPS[name]}{', done' if done[name] else ''}"
        self._path_code.html = markup.code_block(self.code)
        save_state(self.path, state)

    def _cells(self) -> list[tuple[str, str]]:
        address = str(self._client.base_url)
        connect = "client = ftwidgets.connect()"
        if not self._is_sandbox():
            connect = f"client = ftwidgets.connect({markup.literal(address)})"
        return path_cells(connect, self.state.code, self.state.model)

    def _is_sandbox(self) -> bool:
        from ftwidgets.sandbox.sandbox import find_sandbox

        return find_sandbox(self._client) is not None

    def _take(self, value: str) -> None:
        """Do what a button of the list says."""
        what, _, job_id = value.partition(":")
        acts: dict[str, Callable[[], object]] = {
            "job": lambda: self.open_job(job_id),
            "model": lambda: self.open_job(job_id, "try"),
            "export": lambda: self.export(job_id),
        }
        self.catch_errors(acts[what])()
