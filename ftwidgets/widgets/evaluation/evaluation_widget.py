"""The Evaluation widget: ask models held-out questions, and show scores with intervals, a verdict and the worst answers."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

import ipywidgets

from ftwidgets.data.text import pluralize
from ftwidgets.errors import FtwidgetsError
from ftwidgets.evaluation import result as results
from ftwidgets.evaluation.evaluate import FIRST_REPORT_AFTER, REPORT_EVERY, EvaluationLine, EvaluationRun
from ftwidgets.progress_line import ProgressLine
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.failures import failure_text
from ftwidgets.widgets.base.fields import button, field, row
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.evaluation import results_html
from ftwidgets.widgets.evaluation.evaluation_form import EvaluationForm

if TYPE_CHECKING:
    import openai

    from ftwidgets.evaluation.examples import Examples

_INTERVAL = 0.25  # seconds between two updates of the progress


class Evaluation(Panel):
    """A form over `ftwidgets.evaluate`: scores with intervals, a verdict, a confusion table, the worst answers.

    Parameters
    ----------
    client
        Any `openai` client.
    models
        Ids of models, or a mapping from the names to show to the ids, as for `ftwidgets.evaluate`.
    examples
        Held-out examples: the path of a JSONL or CSV file, the name of a bundled dataset (its held-out rows), a DataFrame
        or chat examples.
    train
        Training examples, of the same kinds. They add a baseline to the table that always gives their commonest answer.
    limit
        Use only so many of the first examples.
    metric
        `"exact_match"` or `"token_f1"`.
    system, max_tokens
        As for `ftwidgets.evaluate`.
    smallest
        The smallest difference that matters, for the verdict.

    Attributes
    ----------
    result
        The `ftwidgets.Evaluation`; None before the first. After a failure or `cancel` it holds the examples that every
        model had answered.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        models: str | Sequence[str] | Mapping[str, str] = (),
        examples: Examples | None = None,
        *,
        train: Examples | None = None,
        limit: int | None = None,
        metric: str = "exact_match",
        system: str = "",
        max_tokens: int = 64,
        smallest: float | None = None,
    ) -> None:
        self._client = client
        self.result: results.Evaluation | None = None
        self._task: BackgroundTask[results.Evaluation] = BackgroundTask("evaluation", on_error=self._show_failure)
        self._stop, self._start_lock = threading.Event(), threading.Lock()
        self._asking: EvaluationRun | None = None
        self._page, self._verdicts = 0, list[str]()
        options: dict[str, Any] = {"limit": limit, "metric": metric, "system": system, "max_tokens": max_tokens}
        self._form = form = EvaluationForm(models, examples, train, **options)
        self.models, self.examples, self.limit, self.train = form.models, form.examples, form.limit, form.train
        self.metric, self.system, self.max_tokens = form.metric, form.system, form.max_tokens
        self.smallest = ipywidgets.FloatText(description="Smallest difference", value=smallest or 0.0)
        self.run_button, self.cancel_button = button("Evaluate", primary=True), button("Cancel")
        self.cancel_button.disabled = True
        self.detail = ipywidgets.Dropdown(description="Look closer at")
        self.progress, self.summary, self.closer = Live(), Live(), Live()
        self._pager = Live()
        self._details = ipywidgets.VBox([field(self.detail), self.closer, self._pager])
        self._details.layout.display = "none"
        parts = [form.box(self.smallest), row(self.run_button, self.cancel_button), self.progress]
        super().__init__("Evaluation", parts, below_code=[self.summary, self._details])
        self.run_button.on_click(self.catch_errors(self.run))
        self.cancel_button.on_click(self.catch_errors(self.cancel))
        self.detail.observe(self.catch_errors(lambda: self.turn_to(0)), names="value")
        self.smallest.observe(self.catch_errors(self._show_summary), names="value")
        self._pager.on_press(lambda where: self.catch_errors(lambda: self.turn_to(self._page + int(where)))())
        self._form.on_change(self.refresh_code)

    def run(self) -> Evaluation:
        """Start asking, in the background; a form that cannot be used is an error before anything is asked.

        Returns
        -------
        Evaluation
            This widget, so that `evaluation.run().wait()` reads well.

        Raises
        ------
        RuntimeError
            If it is still asking.
        FtwidgetsError, ValueError
            If the form cannot be used as it is.
        """
        with self._start_lock:
            if self.run_button.disabled:
                raise RuntimeError("the evaluation is still running; cancel it or wait for its end.")
            if self.smallest.value < 0:
                raise ValueError(f'"Smallest difference" must be above 0, or 0 to leave it open: {self.smallest.value:g}')
            run = self._form.create_run(self._client)
            n_in_training = self._form.n_in_training(run)
            with suppress(Exception):
                self._task.wait()  # the thread of the last one may take a moment longer to end
            self._stop.clear()
            self.result = None  # so that it is not mistaken for the next one
            self.summary.html = self.closer.html = self._pager.html = ""
            self._details.layout.display = "none"
            self.run_button.disabled, self.cancel_button.disabled = True, False
            asked = f"{pluralize(len(run.models), 'model')} {pluralize(len(run.questions), 'question')} each"
            self.show_status(f"Asking {asked}: {pluralize(run.total, 'answer')} to come.")
            self._asking = run
            self._task.start(lambda: self._ask(run, n_in_training))
        return self

    def cancel(self) -> None:
        """Stop asking; the examples that every model has answered are scored."""
        if not self.run_button.disabled:
            raise FtwidgetsError("nothing is running, so there is nothing to cancel.")
        self._stop.set()

    def wait(self, timeout: float | None = None) -> results.Evaluation:
        """Wait for the end and return the result; a wait of more than a second says how far it is, in one line.

        Parameters
        ----------
        timeout
            Seconds; None waits without a limit.

        Raises
        ------
        TimeoutError
            If it is still asking; it goes on.
        openai.OpenAIError
            What ended it early. `result` holds what was answered before.
        """
        run, until = self._asking, math.inf if timeout is None else monotonic() + timeout
        if run is not None:
            with ProgressLine(after=FIRST_REPORT_AFTER) as line:
                described = EvaluationLine(line, run)
                while self._task.busy and run.done < run.total and monotonic() < until:
                    described.update(run.done, run.total)
                    self._task.join(min(REPORT_EVERY, max(0.0, until - monotonic())))
                if run.done == run.total:
                    described.update(run.done, run.total)
        return self._task.wait(None if timeout is None else max(0.0, until - monotonic()))

    def turn_to(self, page: int) -> None:
        """Show another page of the answers of the model to look closer at, from 0."""
        if self.result is None or self.detail.value is None:
            return
        last = results_html.n_pages(self.result) - 1
        self._page = max(0, min(page, last))
        name = self.detail.value
        self.closer.html = results_html.confusion_table(self.result, name) + results_html.worst_answers(
            self.result, name, self._page
        )
        self._pager.html = (
            f'<p><button data-press="-1" aria-disabled="{str(self._page == 0).lower()}">Previous answers</button> '
            f'<button data-press="1" aria-disabled="{str(self._page == last).lower()}">Next answers</button> '
            f"page {self._page + 1} of {last + 1}</p>"
        )

    @property
    def code(self) -> str:
        """The call of `ftwidgets.evaluate`; an object from the code is called `examples` or `train` in it."""
        return self._form.code()

    def static_text(self) -> str:
        """Return the scores and the verdicts, or that there are none yet."""
        if self.result is None:
            return "Nothing evaluated yet."
        return "\n".join([self.result.shown.to_string(index=False), *self._verdicts])

    def static_html(self) -> str:
        """Return the result without the buttons."""
        shown = self.summary.html + self.closer.html if self.result is not None else super().static_html()
        return self.status.html + shown

    def _ask(self, run: EvaluationRun, n_in_training: int) -> results.Evaluation:
        """Ask all models, in the thread; whatever ends it, what every model has answered is scored."""
        started, updated = monotonic(), 0.0

        def update(done: int, total: int) -> None:
            nonlocal updated
            now = monotonic()
            if now - updated >= _INTERVAL:
                updated = now
                text = f"{done} of {total} answers, about {(now - started) * (total - done) / done:.0f} s left"
                self.progress.html = f'<progress aria-label="{text}" max="{total}" value="{done}"></progress> {text}'

        try:
            run.ask(on_answer=update, stop=self._stop)
        except Exception as error:
            error.add_note(f"By then {run.done} of {run.total} answers were there. {self._show_result(run)}")
            raise
        else:
            self._show_end(run, n_in_training, monotonic() - started)
            return run.result()
        finally:
            self.progress.html = ""
            self.run_button.disabled, self.cancel_button.disabled = False, True
            self.update_static_view()

    def _show_failure(self, error: Exception) -> None:
        texts = [failure_text(error), *getattr(error, "__notes__", ())]
        self.show_status(" ".join(text if text.endswith(".") else f"{text}." for text in texts), "wrong")
        self.update_static_view()

    def _show_end(self, run: EvaluationRun, n_in_training: int, seconds: float) -> None:
        scored = self._show_result(run)
        text = f"Done: {pluralize(run.total, 'answer')} in {seconds:.0f} s."
        if run.done < run.total:
            text = f"Cancelled after {run.done} of {run.total} answers. {scored}"
        if n_in_training:
            text += (
                f" {n_in_training} of the {len(run.questions)} examples are training examples too: take others for the score."
            )
        self.show_status(text, "wrong" if n_in_training else "ok")

    def _show_result(self, run: EvaluationRun) -> str:
        """Score and show the examples that every model has answered; return a sentence about them."""
        try:
            result = run.result()
        except FtwidgetsError:
            return "No example was answered by every model, so nothing is scored."
        self.result = result
        self._show_summary()
        self.detail.options = result.models
        self.detail.value = result.models[-1]
        self._details.layout.display = "flex"
        self.turn_to(0)
        return f"Scored: the {pluralize(len(result.answers), 'example')} that every model had answered."

    def _show_summary(self) -> None:
        if self.result is not None:
            self._verdicts = results_html.verdicts(self.result, self.smallest.value or None)
            self.summary.html = results_html.summary(self.result, self._verdicts)
