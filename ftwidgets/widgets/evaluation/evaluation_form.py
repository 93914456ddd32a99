"""The form of an evaluation: which models, which examples, how to score; it makes an `EvaluationRun`, and its code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets

from ftwidgets.data.text import normalize
from ftwidgets.errors import FtwidgetsError
from ftwidgets.evaluation.baselines import majority
from ftwidgets.evaluation.evaluate import METRICS, EvaluationRun
from ftwidgets.evaluation.examples import read_examples
from ftwidgets.widgets.base.arguments import require_number, require_text, require_whole
from ftwidgets.widgets.base.fields import Fold, field, row
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.markup import fold, literal
from ftwidgets.widgets.evaluation.examples_field import ExamplesField
from ftwidgets.widgets.evaluation.model_defaults import ModelDefaults

if TYPE_CHECKING:
    import openai

    from ftwidgets.evaluation.examples import Examples

MAJORITY = "majority"
_COLUMN, _WIDE = "400px", "800px"

HELP = {
    "Models": "One model per line: name = id, or only the id.",
    "Held-out examples": "Questions with right answers that no model was trained on: a JSONL or CSV file or a bundled dataset.",
    "Use the first": "How many of the examples to use; 0 for all.",
    "Training examples": "Optional. Adds a baseline that always gives the most common answer of these rows.",
    "Metric": "How an answer is scored. exact_match: 1 if it is the very same text as the right answer, else 0. "
    "token_f1: how many words the two share, from 0 to 1.",
    "Smallest difference": "The smallest difference in the score that matters to you; 0 leaves it open.",
    "System prompt": "An instruction sent before each question, for rows without one; use the one of the training.",
    "Longest answer": "In tokens (pieces of words). A label needs only a few, and fewer is faster.",
}
_SHOWN = {"Held-out examples", "Metric", "Longest answer"}
"""Fields with a word that a newcomer may not know: their help stands below them, that of the others in the folded list."""


class EvaluationForm:
    """The fields of the form; the arguments are those of the `Evaluation` widget."""

    def __init__(
        self,
        models: str | Sequence[str] | Mapping[str, str],
        examples: Examples | None,
        train: Examples | None,
        *,
        limit: int | None,
        metric: str,
        system: str,
        max_tokens: int,
        smallest: float | None,
    ) -> None:
        if callable(metric):
            raise ValueError(
                '"metric" is a function. The form knows exact_match and token_f1; ftwidgets.evaluate takes functions.'
            )
        if not isinstance(metric, str) or metric not in METRICS:
            raise ValueError(f'"metric" must be {" or ".join(METRICS)}: {metric!r}')
        limit = 0 if limit is None else require_whole("limit", limit, least=0, meaning="0 or None: all examples")
        max_tokens = require_whole("max_tokens", max_tokens, least=1)
        if smallest is not None:
            smallest = require_number("smallest", smallest, least=0, most=1, meaning="0 or None: leave it open")
        self._examples = ExamplesField("Held-out examples", examples, variable="examples", split="held-out")
        self._train = ExamplesField("Training examples", train, variable="train", split="train")
        self.models = ipywidgets.Textarea(description="Models", value=_to_lines(models), rows=4)
        self.examples = self._examples.control
        self.limit = ipywidgets.IntText(description="Use the first", value=limit)
        self.train = self._train.control
        self.metric = ipywidgets.Dropdown(description="Metric", options=list(METRICS), value=metric)
        self.smallest = ipywidgets.FloatText(description="Smallest difference", value=smallest or 0.0)
        self.system = ipywidgets.Text(description="System prompt", value=require_text("system", system))
        self.max_tokens = ipywidgets.IntText(description="Longest answer", value=max_tokens)
        self._asked = (self.models, self.examples, self.limit, self.train, self.metric, self.system, self.max_tokens)
        for control in (*self._asked, self.smallest):
            control.tooltip = HELP[control.description]

    def fill(self, client: openai.OpenAI) -> None:
        """Fill in what is empty and can be known: the latest tuned model with its base, its job's validation file."""
        defaults = ModelDefaults(client)
        with suppress(Exception):  # nothing is known then, and the form asks for it
            if not self.models.value:
                self.models.value = _to_lines(defaults.latest_models())
            file = defaults.validation_file(list(self.named_models().values())) if self._examples.is_empty else None
            if file is not None and file.rows:
                self._examples.fill(file)

    def fold(self) -> Fold:
        """Return the fields, open if something has to be filled in."""
        left, right = (self.examples, self.limit, self.train, self.metric), (self.smallest, self.system, self.max_tokens)
        columns = [ipywidgets.VBox([_with_help(part) for part in column]) for column in (left, right)]
        for column in columns:
            column.layout.width, column.layout.max_width = "410px", "100%"
        box = row(*columns)
        box.layout.align_items = "flex-start"
        help_text = "".join(f"<li><strong>{escape(name)}</strong>: {escape(text)}</li>" for name, text in HELP.items())
        parts = [field(self.models, escape(HELP["Models"]), width=_WIDE), box]
        parts.append(Live(fold("What do these fields mean?", f"<ul>{help_text}</ul>")))
        return Fold("Models, examples and settings", parts, is_open=not self.models.value or self._examples.is_empty)

    def on_change(self, act: Callable[[], object]) -> None:
        """Register a function to call when a field has changed that the answers depend on."""
        for control in self._asked:
            control.observe(lambda _change: act(), names="value")

    def values(self) -> tuple[object, ...]:
        """Return what the fields hold that the answers depend on."""
        return tuple(control.value for control in self._asked)

    @property
    def rows_in_words(self) -> str:
        """What the held-out examples are rows of."""
        return self._examples.rows_in_words

    def describe(self) -> str:
        """Return in a few words what is going to be asked."""
        try:
            names = list(self.named_models())
        except ValueError:
            names = []
        if not names or self._examples.is_empty:
            return "Name the models and the examples to measure them on."
        first = f"the first {self.limit.value} of " if self.limit.value > 0 else ""
        which = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        return f"Measures {which} on {first}{self.examples.value.strip().strip('()')}."

    def named_models(self) -> dict[str, str]:
        """Return the ids of the models by the names to show; a ValueError names a bad line or a name that is used twice."""
        named: dict[str, str] = {}
        for line in filter(None, map(str.strip, self.models.value.splitlines())):
            name, equals, model = (part.strip() for part in line.partition("="))
            name, model = (name, model) if equals else (line, line)
            if not name or not model:
                raise ValueError(f'"Models": a line needs a name and an id, as in "tuned = ft:nano-...": {line!r}')
            if name in named or (name == MAJORITY and not self._train.is_empty):
                raise ValueError(f'"Models": the name "{name}" is already used; give each model its own name')
            named[name] = model
        return named

    def create_run(self, client: openai.OpenAI) -> EvaluationRun:
        """Create the evaluation that the form describes; an error says why it cannot, before any question is asked."""
        named = self.named_models()
        if not named:
            raise ValueError('"Models" is empty. Name at least one, on a line of its own.')
        self._check_numbers()
        options = self._options()
        reading = {name: options.pop(name) for name in ("limit", "system") if name in options}
        questions = read_examples(self._examples.load(self.system.value), **reading)
        first = {MAJORITY: majority(self._train.load())} if not self._train.is_empty else {}
        sampling = {"max_tokens": options["max_tokens"], "temperature": 0.0}
        return EvaluationRun(client, {**first, **named}, questions, metric=options["metric"], sampling=sampling)

    def n_in_training(self, run: EvaluationRun) -> int:
        """Return the number of questions that are among the training examples of the form."""
        if self._train.is_empty:
            return 0
        trained = {normalize(question.prompt) for question in read_examples(self._train.load())}
        return sum(normalize(question.prompt) in trained for question in run.questions)

    def code(self) -> str:
        """Return the call of `ftwidgets.evaluate`; rows from the code are called `examples` or `train` in it."""
        entries = [f"        {literal(name)}: {literal(model)}," for name, model in self.named_models().items()]
        examples, train = self._examples.code(self.system.value), self._train.code()
        head = ["import ftwidgets"]
        if not self._train.is_empty:
            head.append("from ftwidgets.evaluation.baselines import majority")
            entries.insert(0, f'        "{MAJORITY}": majority({train}),')
        if before := self._examples.code_before():
            head = ["import json", "", *head, "", *before]
        options = [f"    {name}={literal(value)}," for name, value in self._options().items()]
        call = ["result = ftwidgets.evaluate(", "    client,", "    {", *entries, "    },", f"    {examples},", *options, ")"]
        return "\n".join([*head, "", *call, "print(result)"])

    def _check_numbers(self) -> None:
        if self.smallest.value < 0:
            raise ValueError(f'"Smallest difference" must be above 0, or 0 to leave it open: {self.smallest.value:g}')
        if self.limit.value < 0:
            raise ValueError(f'"Use the first" is {self.limit.value}. Give a number of examples, or 0 for all of them.')
        if self.max_tokens.value < 1:
            raise ValueError(f'"Longest answer" is {self.max_tokens.value}. Give a number of tokens, 1 or more.')

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"metric": self.metric.value, "max_tokens": self.max_tokens.value}
        if self.limit.value:
            options["limit"] = self.limit.value
        if self.system.value:
            options["system"] = self.system.value
        return options


def _with_help(control: Any) -> ipywidgets.VBox:
    name = control.description
    return field(control, escape(HELP[name]) if name in _SHOWN else "", width=_COLUMN)


def _to_lines(models: str | Sequence[str] | Mapping[str, str]) -> str:
    if isinstance(models, str):
        return models
    if isinstance(models, Mapping):
        return "\n".join(f"{_checked(name, str(name))} = {_checked(name, model)}" for name, model in models.items())
    if not isinstance(models, Iterable):
        what = "a model's id, a list of ids, or a mapping from what to call them to their ids"
        raise ValueError(f'"models" must be {what}: {models!r:.60}')
    return "\n".join(_checked(model, model) for model in models)


def _checked(name: object, text: object) -> str:
    if callable(text):
        what = "a function. The form asks models by their ids; ftwidgets.evaluate takes functions too."
        raise FtwidgetsError(f'the model "{name}" is {what}')
    if not isinstance(text, str) or not text.strip():
        what = repr(text) if text is None or isinstance(text, str) else f"of the type {type(text).__name__}"
        raise FtwidgetsError(f'the model "{name}" is {what}, not an id. Has its job succeeded? job.wait() will tell.')
    if "=" in text or len(text.splitlines()) > 1:
        raise ValueError(f'"Models": a name or an id has no equals sign and is one line: {text!r}')
    return text
