"""The form of an evaluation: which models, which examples, how to score; it makes an `EvaluationRun`, and its code.

`ExamplesField` takes a path, the name of a bundled dataset, or an object from the code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets
import pandas as pd

from ftwidgets import datasets
from ftwidgets.data.text import normalize
from ftwidgets.errors import DataError, FtwidgetsError
from ftwidgets.evaluation.baselines import majority
from ftwidgets.evaluation.evaluate import METRICS, EvaluationRun
from ftwidgets.evaluation.examples import read_examples
from ftwidgets.widgets.base.fields import field, row
from ftwidgets.widgets.base.markup import literal

if TYPE_CHECKING:
    import openai

    from ftwidgets.evaluation.examples import Examples

MAJORITY = "majority"
_COLUMN, _WIDE = "400px", "800px"


class ExamplesField:
    """A text field (`control`) and the examples that it names; None leaves it empty.

    An object is called `variable` in code; `split` chooses the rows of a bundled dataset.
    """

    def __init__(self, label: str, examples: Examples | None, *, variable: str, split: str) -> None:
        self._variable, self._split = variable, split
        self._object: pd.DataFrame | list[Mapping[str, Any]] | None = None
        self._object_text = ""  # what the field holds while it means the object
        text = ""
        if isinstance(examples, str | Path):
            text = str(examples)
        elif examples is not None:
            self._object = examples if isinstance(examples, pd.DataFrame) else list(examples)
            text = self._object_text = f"({len(self._object)} examples from the code)"
        self.control = ipywidgets.Text(description=label, value=text)

    @property
    def is_empty(self) -> bool:
        """Whether the field names no examples."""
        return not self.control.value.strip()

    def load(self) -> Examples:
        """Return the examples that the field names; an error says why there are none, such as a missing CSV file."""
        text = str(self.control.value).strip()
        if not text:
            raise ValueError("there are no examples. Name a JSONL or CSV file, or a bundled dataset.")
        if self._object is not None and text == self._object_text:
            return self._object
        if text in datasets.names():
            return datasets.load(text, self._split)
        if text.lower().endswith(".csv"):
            if not Path(text).expanduser().is_file():
                raise DataError(f'there is no file "{text}". Check its name and folder.')
            return pd.read_csv(Path(text).expanduser(), dtype=str, keep_default_na=False)
        return text

    def code(self) -> str:
        """Return the Python expression for the same examples."""
        text = str(self.control.value).strip()
        if self._object is not None and text == self._object_text:
            return self._variable
        if text in datasets.names():
            return f"ftwidgets.datasets.load({literal(text)}, {literal(self._split)})"
        if text.lower().endswith(".csv"):
            return f"pandas.read_csv({literal(str(Path(text).expanduser()))}, dtype=str, keep_default_na=False)"
        return literal(text)


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
    ) -> None:
        if metric not in METRICS:
            raise ValueError(f'"metric" must be {" or ".join(METRICS)}; a function goes to ftwidgets.evaluate: {metric!r}')
        self._examples = ExamplesField("Held-out examples", examples, variable="examples", split="held-out")
        self._train = ExamplesField("Training examples", train, variable="train", split="train")
        self.models = ipywidgets.Textarea(description="Models", value=_to_lines(models), rows=4)
        self.examples = self._examples.control
        self.limit = ipywidgets.IntText(description="Use the first", value=limit or 0)
        self.train = self._train.control
        self.metric = ipywidgets.Dropdown(description="Metric", options=list(METRICS), value=metric)
        self.system = ipywidgets.Text(description="System prompt", value=system)
        self.max_tokens = ipywidgets.IntText(description="Longest answer", value=max_tokens)

    def box(self, smallest: ipywidgets.FloatText) -> ipywidgets.VBox:
        """Return the fields in two columns; `smallest` belongs to the verdict and is placed among them."""
        left = [
            (self.examples, "A JSONL or CSV file, or a bundled dataset. No model may have been trained on them."),
            (self.limit, "How many of the examples to use; 0 for all."),
            (self.train, "Optional. Adds a baseline that always gives the most common answer of these rows."),
            (self.metric, "exact_match: the very same text. token_f1: how many words they share."),
        ]
        right = [
            (smallest, "The smallest difference that matters to you; 0 leaves it open."),
            (self.system, "For rows without a system prompt of their own; the one used in training."),
            (self.max_tokens, "In tokens. A label needs only a few, and fewer is faster."),
        ]
        models = field(self.models, "One model per line: name=id, or only the id.", width=_WIDE)
        columns = [ipywidgets.VBox([field(*part, width=_COLUMN) for part in column]) for column in (left, right)]
        for column in columns:
            column.layout.width, column.layout.max_width = "410px", "100%"
        box = row(*columns)
        box.layout.align_items = "flex-start"
        return ipywidgets.VBox([models, box])

    def on_change(self, act: Callable[[], object]) -> None:
        """Register a function to call when a field has changed."""
        for control in (self.models, self.examples, self.limit, self.train, self.metric, self.system, self.max_tokens):
            control.observe(lambda _change: act(), names="value")

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
        options = self._options()
        reading = {name: options.pop(name) for name in ("limit", "system") if name in options}
        questions = read_examples(self._examples.load(), **reading)
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
        """Return the call of `ftwidgets.evaluate`; an object from the code is called `examples` or `train` in it."""
        entries = [f"        {literal(name)}: {literal(model)}," for name, model in self.named_models().items()]
        examples, train = self._examples.code(), self._train.code()
        head = ["import ftwidgets"]
        if not self._train.is_empty:
            head.append("from ftwidgets.evaluation.baselines import majority")
            entries.insert(0, f'        "{MAJORITY}": majority({train}),')
        if "pandas." in examples + train:
            head.insert(0, "import pandas")
        options = [f"    {name}={literal(value)}," for name, value in self._options().items()]
        call = ["result = ftwidgets.evaluate(", "    client,", "    {", *entries, "    },", f"    {examples},", *options, ")"]
        return "\n".join([*head, "", *call, "print(result)"])

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"metric": self.metric.value, "max_tokens": self.max_tokens.value}
        if self.limit.value:
            options["limit"] = self.limit.value
        if self.system.value:
            options["system"] = self.system.value
        return options


def _to_lines(models: str | Sequence[str] | Mapping[str, str]) -> str:
    if isinstance(models, str):
        return models
    if isinstance(models, Mapping):
        return "\n".join(f"{_checked(name, str(name))} = {_checked(name, model)}" for name, model in models.items())
    return "\n".join(_checked(model, model) for model in models)


def _checked(name: object, text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise FtwidgetsError(f'the model "{name}" is {text!r}, not an id. Has its job succeeded? job.wait() will tell.')
    if "=" in text or len(text.splitlines()) > 1:
        raise ValueError(f'"Models": a name or an id has no equals sign and is one line: {text!r}')
    return text
