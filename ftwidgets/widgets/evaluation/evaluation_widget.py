"""The Evaluation widget: ask models held-out questions, and show who is better, one picture, and the worst answers."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from html import escape
from time import monotonic
from typing import TYPE_CHECKING, Any

from ftwidgets.data.text import pluralize
from ftwidgets.errors import FtwidgetsError
from ftwidgets.evaluation import result as results
from ftwidgets.evaluation.evaluate import FIRST_REPORT_AFTER, REPORT_EVERY, EvaluationLine, EvaluationRun
from ftwidgets.progress_line import ProgressLine
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.arguments import require_client
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.failures import failure_text
from ftwidgets.widgets.base.fields import button, row
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.evaluation.evaluation_form import EvaluationForm
from ftwidgets.widgets.evaluation.result_view import ResultView

if TYPE_CHECKING:
    import openai

    from ftwidgets.evaluation.examples import Examples

_INTERVAL = 0.25  # seconds between two updates of the progress


class Evaluation(Panel):
    """A form over `ftwidgets.evaluate`: a verdict, scores with intervals, a confusion table, the worst answers.

    Parameters
    ----------
    client
        Any `openai` client.
    models
        Ids of models, or a mapping from the names to show to the ids, as for `ftwidgets.evaluate`. None: the latest tuned
        model that the service has, and its base.
    examples
        Held-out examples: the path of a JSONL or CSV file, the name of a bundled dataset (its held-out rows), a DataFrame
        or chat examples. None: the validation file of the job that made the last model, if the service gives it out.
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
        The `ftwidgets.Evaluation`; None before the first. A run that fails leaves the earlier result; without one, and after
        `cancel`, it holds the examples that every model had answered.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        models: str | Sequence[str] | Mapping[str, str] | None = None,
        examples: Examples | None = None,
        *,
        train: Examples | None = None,
        limit: int | None = None,
        metric: str = "exact_match",
        system: str = "",
        max_tokens: int = 64,
        smallest: float | None = None,
    ) -> None:
        self._client = require_client(client)
        self.result: results.Evaluation | None = None
        self._task: BackgroundTask[results.Evaluation] = BackgroundTask("evaluation", on_error=self._show_failure)
        self._stop, self._start_lock = threading.Event(), threading.Lock()
        self._asking: EvaluationRun | None = None
        self._rows_in_words = ""  # what its examples are rows of
        self._scored: tuple[object, ...] = ()  # what the fields held for the result
        self._scored_models: dict[str, str] = {}  # the ids of its models, by their names
        self._failed_at = ""  # when the last run failed, if it did
        options: dict[str, Any] = {"limit": limit, "metric": metric, "system": system, "max_tokens": max_tokens}
        self._form = form = EvaluationForm(() if models is None else models, examples, train, **options, smallest=smallest)
        if not form.models.value or examples is None:
            form.fill(client)
        self.models, self.examples, self.limit, self.train = form.models, form.examples, form.limit, form.train
        self.metric, self.system, self.max_tokens, self.smallest = form.metric, form.system, form.max_tokens, form.smallest
        self.run_button, self.cancel_button = button("Evaluate", primary=True), button("Cancel")
        self.cancel_button.disabled = True
        self.progress, self._plan = Live(), Live()
        self.progress.layout.flex, self.progress.layout.min_width = "1 1 240px", "0"
        self._results = ResultView(self.catch_errors)
        self.detail, self.summary, self.closer = self._results.detail, self._results.summary, self._results.closer
        self.form_fold = form.fold()
        parts = [self.form_fold, self._plan, row(self.run_button, self.cancel_button, self.progress)]
        super().__init__("Evaluation", parts, below_status=[self._results])
        self.run_button.on_click(self.catch_errors(self.run))
        self.cancel_button.on_click(self.catch_errors(self.cancel))
        self.smallest.observe(self.catch_errors(self._show_summary), names="value")
        form.on_change(self._on_change)
        self._show_plan()

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
            run = self._form.create_run(self._client)
            n_in_training, values = self._form.n_in_training(run), self._form.values()
            with suppress(Exception):
                self._task.wait()  # the thread of the last one may take a moment longer to end
            self._stop.clear()
            self.run_button.disabled, self.cancel_button.disabled = True, False
            asked = f"{pluralize(len(run.models), 'model')} {pluralize(len(run.questions), 'question')} each"
            self.show_status(f"Asking {asked}: {pluralize(run.total, 'answer')} to come.")
            self._asking, self._rows_in_words = run, self._form.rows_in_words
            self._show_summary()
            self._task.start(lambda: self._ask(run, n_in_training, values))
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
            What ended it early. `result` then holds the earlier result, or else what was answered before.
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
        self._results.turn_to(page)

    def named_models(self) -> dict[str, str]:
        """Return the ids of the models by the names to show: those of the result, or those that the form holds before it."""
        return dict(self._scored_models) if self.result is not None else self._form.named_models()

    @property
    def code(self) -> str:
        """The call of `ftwidgets.evaluate`; rows from the code are called `examples` or `train` in it."""
        return self._form.code()

    def static_text(self) -> str:
        """Return the verdicts and the scores, or that there are none yet."""
        if self.result is None:
            return "Nothing evaluated yet."
        note = self._note()
        return "\n".join([*([note] if note else []), *self._results.lines()])

    def static_html(self) -> str:
        """Return the result without the buttons."""
        return self.status.html + (self._results.still_page(self._note()) if self.result is not None else super().static_html())

    def _ask(self, run: EvaluationRun, n_in_training: int, values: tuple[object, ...]) -> results.Evaluation:
        """Ask all models, in the thread; whatever ends it, what every model has answered is scored."""
        started, updated = monotonic(), 0.0

        def update(done: int, total: int) -> None:
            nonlocal updated
            now = monotonic()
            if now - updated >= _INTERVAL:
                updated = now
                left = f", about {(now - started) * (total - done) / done:.0f} s left" if done else ""
                text = f"{done} of {total} answers{left}"
                self.progress.html = markup.progress(text, escape(text), done, total)

        try:
            run.ask(on_answer=update, stop=self._stop)
        except Exception as error:
            self._failed_at = time.strftime("%H:%M")
            kept = "The scores of the earlier run are kept." if self.result is not None else self._show_result(run, values)
            error.add_note(f"By then {run.done} of {run.total} answers were there. {kept}")
            raise
        else:
            self._show_end(run, n_in_training, values, monotonic() - started)
            return run.result()
        finally:
            self.progress.html = ""
            self.run_button.disabled, self.cancel_button.disabled = False, True
            self._show_summary()
            self.update_static_view()

    def _show_failure(self, error: Exception) -> None:
        texts = [failure_text(error), *getattr(error, "__notes__", ())]
        self.show_status(" ".join(text if text.endswith(".") else f"{text}." for text in texts), "wrong")
        self.update_static_view()

    def _show_end(self, run: EvaluationRun, n_in_training: int, values: tuple[object, ...], seconds: float) -> None:
        self._failed_at = ""
        scored = self._show_result(run, values)
        text = f"Done: {pluralize(run.total, 'answer')} in {seconds:.0f} s."
        if run.done < run.total:
            text = f"Cancelled after {run.done} of {run.total} answers. {scored}"
        if n_in_training:
            text += (
                f" {n_in_training} of the {len(run.questions)} examples are training examples too: take others for the score."
            )
        self.show_status(text, "wrong" if n_in_training else "ok")

    def _show_result(self, run: EvaluationRun, values: tuple[object, ...]) -> str:
        """Score and show the examples that every model has answered; return a sentence about them."""
        try:
            result = run.result()
        except FtwidgetsError:
            return "No example was answered by every model, so nothing is scored."
        self.result, self._scored = result, values
        self._scored_models = {name: model for name, model in run.models.items() if isinstance(model, str)}
        self._results.show(result, self._rows_in_words)
        self._show_summary()
        self._offer_next()
        return f"Scored: the {pluralize(len(result.answers), 'example')} that every model had answered."

    def _offer_next(self) -> None:
        """Offer to ask the models by hand, and the code that exports a tuned one."""
        from ftwidgets.widgets.prompt import PromptTester

        models = self._scored_models
        tuned = next((model for model in reversed(models.values()) if model.startswith("ft:")), None)
        code = f"from ftwidgets.widgets import PromptTester\n\nPromptTester(client, {models!r})\n"
        if tuned is not None:
            code += (
                f'\nimport ftwidgets\n\nftwidgets.export(client, {tuned!r}, "my_model")  # from a sandbox, into a new folder\n'
            )
        sentence = "ask the models questions of your own."
        if tuned is not None:
            sentence += ' To keep the tuned model as files, open "The code for that", copy the part from "import ftwidgets" on'
            sentence += " into a new cell and run it."
        columns = max(2, min(4, len(models)))
        self.next_step.offer(sentence, "Try it by hand", lambda: PromptTester(self._client, models, columns=columns), code)

    def _show_summary(self) -> None:
        self._results.show_summary(self.smallest.value or None, self._note())

    def _on_change(self) -> None:
        self._show_plan()
        self._show_summary()
        self.refresh_code()

    def _show_plan(self) -> None:
        text = escape(self._form.describe())
        self._plan.html = f'<p class="ftw-line"><span class="ftw-cut" title="{text}">{text}</span></p>'

    def _note(self) -> str:
        """Return why the result is not the one of what the form holds now; empty if it is."""
        if self.result is None:
            return ""
        if self.run_button.disabled:
            return "From the run before. The new answers are still coming."
        if self._failed_at:
            return f"From an earlier run. The last one failed, at {self._failed_at}."
        if self._scored != self._form.values():
            return "From before the form was changed. Press Evaluate for the scores of what it holds now."
        return ""
