"""Ask several models held-out questions and say which is better, how sure that is, and where they fail.

Left out: asking and scoring (`ftwidgets.evaluate`), and drawing (`findings`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from html import escape
from time import monotonic
from typing import TYPE_CHECKING, Any

import ipywidgets

from ftwidgets.data.text import pluralize
from ftwidgets.errors import FtwidgetsError
from ftwidgets.evaluation import result as evaluation
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.failures import failure_text
from ftwidgets.widgets.base.fields import button, field, row
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.evaluation import results_html
from ftwidgets.widgets.evaluation.evaluation_form import Questions

if TYPE_CHECKING:
    import openai

    from ftwidgets.evaluation.evaluate import EvaluationRun
    from ftwidgets.evaluation.examples import Examples

_EVERY = 0.25  # seconds between two looks at the progress


class Evaluation(Panel):
    """A form over `ftwidgets.evaluate`: scores with intervals, a verdict, a confusion table, the worst answers.

    Parameters
    ----------
    client
        Any `openai` client.
    models
        Ids of models, or a mapping from the names to show to the ids, as for `ftwidgets.evaluate`.
    examples
        Held-out examples: the path of a JSONL or CSV file, the name of a bundled dataset (its held-out rows), a
        DataFrame or chat examples.
    train
        Training examples, of the same kinds. With them, always giving their commonest answer is a baseline in the table.
    limit
        Use only so many examples, from the first on.
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
        self.result: evaluation.Evaluation | None = None
        self._work: BackgroundTask[evaluation.Evaluation] = BackgroundTask("evaluation", on_error=self._failed)
        self._stop, self._begin = threading.Event(), threading.Lock()
        self._page, self._said = 0, list[str]()
        options: dict[str, Any] = {"limit": limit, "metric": metric, "system": system, "max_tokens": max_tokens}
        self._questions = form = Questions(models, examples, train, **options)
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
        self._connect()

    def _connect(self) -> None:
        self.run_button.on_click(self.catch_errors(self.run))
        self.cancel_button.on_click(self.catch_errors(self.cancel))
        self.detail.observe(self.catch_errors(lambda: self.turn_to(0)), names="value")
        self.smallest.observe(self.catch_errors(self._summarize), names="value")
        self._pager.on_press(lambda where: self.catch_errors(lambda: self.turn_to(self._page + int(where)))())
        self._questions.on_change(self.refresh_code)

    def run(self) -> Evaluation:
        """Begin to ask; what is wrong with the form is said at once, before anything is asked.

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
        with self._begin:
            if self.run_button.disabled:
                raise RuntimeError("the evaluation is still running; cancel it or wait for its end.")
            if self.smallest.value < 0:
                raise ValueError(f'"Smallest difference" must be above 0, or 0 to leave it open: {self.smallest.value:g}')
            run = self._questions.create_run(self._client)
            seen = self._questions.seen(run)
            with suppress(Exception):
                self._work.wait()  # the last one has told its end, and its thread may take a moment longer
            self._stop.clear()
            self._clear()
            self.run_button.disabled, self.cancel_button.disabled = True, False
            asked = f"{pluralize(len(run.models), 'model')} {pluralize(len(run.questions), 'question')} each"
            self.show_status(f"Asking {asked}: {pluralize(run.total, 'answer')} to come.")
            self._work.start(lambda: self._ask(run, seen))
        return self

    def cancel(self) -> None:
        """Ask no more questions; the examples that every model has answered are scored."""
        if not self.run_button.disabled:
            raise FtwidgetsError("nothing is running, so there is nothing to cancel.")
        self._stop.set()

    def wait(self, timeout: float | None = None) -> evaluation.Evaluation:
        """Wait for the end and give the result.

        Parameters
        ----------
        timeout
            Seconds; None waits as long as it takes.

        Raises
        ------
        TimeoutError
            If it is still asking; it goes on.
        openai.OpenAIError
            What ended it early. `result` holds what was answered before.
        """
        return self._work.wait(timeout)

    def turn_to(self, page: int) -> None:
        """Show another page of the answers of the model to look closer at, from 0."""
        if self.result is None or self.detail.value is None:
            return
        last = results_html.n_pages(self.result) - 1
        self._page = max(0, min(page, last))
        name = self.detail.value
        self.closer.html = results_html.confused(self.result, name) + results_html.worst(self.result, name, self._page)
        self._pager.html = (
            f'<p><button data-press="-1" aria-disabled="{str(self._page == 0).lower()}">Previous answers</button> '
            f'<button data-press="1" aria-disabled="{str(self._page == last).lower()}">Next answers</button> '
            f"page {self._page + 1} of {last + 1}</p>"
        )

    @property
    def code(self) -> str:
        """The call that the form stands for; what was handed in as an object goes by its name: `examples`, `train`."""
        return self._questions.code()

    def static_text(self) -> str:
        """Tell the scores and the verdicts, or that there are none yet."""
        if self.result is None:
            return "Nothing evaluated yet."
        return "\n".join([self.result.shown.to_string(index=False), *self._said])

    def static_html(self) -> str:
        """Show the result as it was, without the buttons."""
        shown = self.summary.html + self.closer.html if self.result is not None else super().static_html()
        return self.status.html + shown

    @property
    def _smallest(self) -> float | None:
        return self.smallest.value or None

    def _clear(self) -> None:
        """Take the last result away, so that nobody takes it for the next one."""
        self.result = None
        self.summary.html = self.closer.html = self._pager.html = ""
        self._details.layout.display = "none"

    def _ask(self, run: EvaluationRun, seen: int) -> evaluation.Evaluation:
        """Ask, in the background; whatever ends it, what every model has answered is scored."""
        began, last = monotonic(), 0.0

        def answered(done: int, total: int) -> None:
            nonlocal last
            now = monotonic()
            if now - last >= _EVERY:
                last = now
                self._progressed(done, total, (now - began) * (total - done) / done)

        try:
            run.ask(on_answer=answered, stop=self._stop)
        except Exception as error:
            error.add_note(f"By then {run.done} of {run.total} answers were there. {self._kept(run)}")
            raise
        else:
            return self._finished(run, seen, monotonic() - began)
        finally:
            self.progress.html = ""
            self.run_button.disabled, self.cancel_button.disabled = False, True
            self.update_static_view()

    def _failed(self, error: Exception) -> None:
        said = [failure_text(error), *getattr(error, "__notes__", ())]
        self.show_status(" ".join(text if text.endswith(".") else f"{text}." for text in said), "wrong")
        self.update_static_view()

    def _progressed(self, done: int, total: int, left: float) -> None:
        text = f"{done} of {total} answers, about {left:.0f} s left"
        self.progress.html = f'<progress aria-label="{escape(text)}" max="{total}" value="{done}"></progress> {escape(text)}'

    def _finished(self, run: EvaluationRun, seen: int, seconds: float) -> evaluation.Evaluation:
        scored = self._kept(run)
        if run.done < run.total:
            told = f"Cancelled after {run.done} of {run.total} answers. {scored}"
        else:
            told = f"Done: {pluralize(run.total, 'answer')} in {seconds:.0f} s."
        known = f" {seen} of the {len(run.questions)} examples are training examples too: take others for the score."
        self.show_status(told + (known if seen else ""), "wrong" if seen else "ok")
        return run.result()

    def _kept(self, run: EvaluationRun) -> str:
        """Show what every model has answered, and say how much that is."""
        try:
            result = run.result()
        except FtwidgetsError:
            return "No example was answered by every model, so nothing is scored."
        self.result = result
        self._summarize()
        self.detail.options = result.models
        self.detail.value = result.models[-1]
        self._details.layout.display = "flex"
        self.turn_to(0)
        return f"Scored: the {pluralize(len(result.answers), 'example')} that every model had answered."

    def _summarize(self) -> None:
        if self.result is not None:
            self._said = results_html.verdicts(self.result, self._smallest)
            self.summary.html = results_html.summary(self.result, self._said)
