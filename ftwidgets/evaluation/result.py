"""The result of an evaluation: scores with intervals, every answer, and a verdict whether one model is better.

Left out: p-values, and verdicts on more than two models at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal

from ftwidgets.evaluation.metrics import confusion_table
from ftwidgets.statistics import POWER, Difference, bootstrap, examples_needed, format_rounded_up, paired_bootstrap, wilson

if TYPE_CHECKING:
    import pandas as pd

# With fewer examples there is no verdict, as the bootstrap's intervals are too narrow: in simulations with two equal models
# it calls one of them better in up to 10-15 % of the cases at 5 to 10 examples, and in about 5 %, as it should, from 20 on.
MIN_EXAMPLES = 20
MAX_EXAMPLES = 100_000  # larger numbers of examples are not written out: no evaluation asks that many


@dataclass(frozen=True)
class Comparison:
    """What can be said about two models: the `outcome` for the first one, and what the verdict rests on."""

    outcome: Literal["better", "worse", "no difference", "identical", "too few", "unclear"]
    difference: Difference
    negligible: bool = False  # better or worse, but by less than matters
    advice: str = ""  # how many examples it would take


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """The models' answers to the same examples, and their scores.

    Attributes
    ----------
    answers
        One row per example: `row` (from 1), `prompt`, `reference`, and a column with each model's answers.
    by_row
        For each metric a table with the same rows, and a column of scores for each model.
    metric
        The metric that `difference` and `verdict` use.
    """

    answers: pd.DataFrame
    by_row: Mapping[str, pd.DataFrame]
    metric: str

    @property
    def models(self) -> list[str]:
        """The names of the models, in the order of the call."""
        return [str(name) for name in self.by_row[self.metric].columns]

    @property
    def scores(self) -> pd.DataFrame:
        """One row per model: `model`, `n`, and for each metric its mean with the ends of the 95 % interval.

        The interval is Wilson's if every value is 0 or 1, else the percentile bootstrap's.
        """
        import pandas as pd

        rows = []
        for model in self.models:
            row: dict[str, object] = {"model": model, "n": len(self.answers)}
            for metric, table in self.by_row.items():
                values = [float(value) for value in table[model]]
                shares = all(value in (0.0, 1.0) for value in values)
                low, high = wilson(int(sum(values)), len(values)) if shares else bootstrap(values)
                row |= {metric: sum(values) / len(values), f"{metric}_low": low, f"{metric}_high": high}
            rows.append(row)
        return pd.DataFrame(rows)

    def difference(self, a: str | None = None, b: str | None = None) -> Difference:
        """Return how much better `a` is than `b`, with the paired bootstrap's 95 % interval.

        Parameters
        ----------
        a, b
            Names of models. By default the last one is compared with the first: the tuned model with its base.
        """
        return paired_bootstrap(self._scores(a, -1), self._scores(b, 0))

    def verdict(self, a: str | None = None, b: str | None = None, *, smallest: float | None = None) -> str:
        """Describe in a sentence whether `a` is better than `b` (by default the last model than the first).

        Parameters
        ----------
        a, b
            Names of models.
        smallest
            The smallest difference that matters. With it, the sentence says if two models differ by less, and the
            number of examples that a verdict takes is for this difference, not for the observed one.
        """
        if smallest is not None and smallest <= 0:
            raise ValueError(f'"smallest" must be above 0, the smallest difference that matters: {smallest}')
        a, b = self._model(a, -1), self._model(b, 0)
        found = self.compare(a, b, smallest=smallest)
        figures = str(found.difference)
        match found.outcome:
            case "identical":
                return f"cannot tell yet: {a} and {b} score the same on every example (n = {found.difference.n})"
            case "better" | "worse":
                return f"{a} is {found.outcome}{f', but by less than {smallest:g}' if found.negligible else ''}: {figures}"
            case "no difference":
                return f"no difference of {smallest:g} or more: {a} - {b} = {figures}"
        return f"cannot tell yet: {a} - {b} = {figures}; {found.advice}"

    def compare(self, a: str | None = None, b: str | None = None, *, smallest: float | None = None) -> Comparison:
        """Compare `a` with `b` as `verdict` does, in parts instead of a sentence. The parameters are the same."""
        found = self.difference(a, b)
        if self._scores(a, -1) == self._scores(b, 0):
            return Comparison("identical", found)
        if found.n < MIN_EXAMPLES:
            return Comparison("too few", found, advice=f"a verdict needs {MIN_EXAMPLES} examples or more")
        if found.low > 0 or found.high < 0:
            negligible = smallest is not None and max(abs(found.low), abs(found.high)) < smallest
            return Comparison("better" if found.low > 0 else "worse", found, negligible=negligible)
        if smallest is not None and -smallest < found.low and found.high < smallest:
            return Comparison("no difference", found)

        needed = None if smallest is None else self.needed(a, b, smallest=smallest)
        if needed is not None and needed > found.n:
            advice = f"to find a difference of {smallest:g} you would need about {format_rounded_up(needed)} examples"
            return Comparison("unclear", found, advice=advice)
        needed = self.needed(a, b)
        if needed is None or needed > MAX_EXAMPLES:
            advice = f"if there is a difference that small, it takes more than {MAX_EXAMPLES:,} examples to find it"
        else:
            about = format_rounded_up(max(needed, found.n + 1))
            advice = f"if the difference is as large as it looks, you would need about {about} examples"
        return Comparison("unclear", found, advice=advice)

    def needed(
        self, a: str | None = None, b: str | None = None, *, smallest: float | None = None, power: float = POWER
    ) -> int | None:
        """Return how many examples it takes to find the difference of `a` and `b` (by default the last and the first).

        Parameters
        ----------
        a, b
            Names of models.
        smallest
            The difference to find; by default the observed one, which with few examples says little.
        power
            How often an evaluation of that size finds the difference, if it exists.

        Returns
        -------
        int or None
            `((1.96 + z) * s / difference) ** 2`, see `ftwidgets.statistics.examples_needed`; None if the models score
            the same on every example, or on average.
        """
        differences = [x - y for x, y in zip(self._scores(a, -1), self._scores(b, 0), strict=True)]
        return examples_needed(differences, effect=smallest, power=power)

    def sample(self, n: int, *, seed: int = 0) -> Evaluation:
        """Draw `n` of the examples at random: a result that a smaller evaluation might have had.

        Parameters
        ----------
        n
            How many, each at most once.
        seed
            The same seed draws the same examples.
        """
        rows = self.answers.sample(n, random_state=seed).index
        by_row = {metric: table.loc[rows].reset_index(drop=True) for metric, table in self.by_row.items()}
        return Evaluation(self.answers.loc[rows].reset_index(drop=True), by_row, self.metric)

    def worst(self, model: str | None = None) -> pd.DataFrame:
        """List the answers of one model (by default the last), the worst first.

        Returns
        -------
        DataFrame
            The columns `row`, `score` (by `metric`), `prompt`, `reference` and `answer`. Equal scores are ordered by the
            other metrics; then those rows come first that the other models score higher on, as they show that a right
            answer was possible; then the shorter prompts, then the order of the examples.
        """
        model = self._model(model, -1)
        table = self.answers[["row", "prompt", "reference"]].copy()
        table["answer"] = self.answers[model]
        table.insert(1, "score", self.by_row[self.metric][model])
        keys = {f"by {name}": scores[model] for name, scores in self.by_row.items() if name != self.metric}
        keys["not by others"] = -self.by_row[self.metric].drop(columns=model).mean(axis=1).fillna(0.0)
        keys["length"] = self.answers["prompt"].str.len()
        ordered = table.assign(**keys).sort_values(["score", *keys, "row"])
        return table.loc[ordered.index].reset_index(drop=True)

    def confusion(self, model: str | None = None) -> pd.DataFrame:
        """Count which label one model (by default the last) confused with which.

        Returns
        -------
        DataFrame
            One row per right label, one column per answered label, and `other` for answers that are no label. Empty if
            the references are not labels.
        """
        model = self._model(model, -1)
        return confusion_table(self.answers["reference"].tolist(), self.answers[model].tolist())

    def __str__(self) -> str:
        table = self.shown.to_string(index=False)
        return f"{table}\n{self._summary()}".rstrip()

    __repr__ = __str__  # a console shows the scores, not every answer

    def _repr_html_(self) -> str:
        table = self.shown.to_html(index=False, border=0, escape=True)
        return f"{table}<p>{escape(self._summary())}</p>"

    @property
    def shown(self) -> pd.DataFrame:
        """The scores as text: "0.42 (0.31 to 0.53)"."""
        import pandas as pd

        scores = self.scores
        shown = pd.DataFrame({"model": scores["model"], "n": scores["n"]})
        for metric in self.by_row:
            ends = zip(scores[metric], scores[f"{metric}_low"], scores[f"{metric}_high"], strict=True)
            shown[metric] = [f"{mean:.2f} ({low:.2f} to {high:.2f})" for mean, low, high in ends]
        return shown

    def _summary(self) -> str:
        return f"By {self.metric}, {self.verdict()}." if len(self.models) > 1 else ""

    def _scores(self, model: str | None, default: int) -> list[float]:
        return [float(score) for score in self.by_row[self.metric][self._model(model, default)]]

    def _model(self, model: str | None, default: int) -> str:
        """Check the name of a model; without one, return the name at the position `default`."""
        if model is None:
            return self.models[default]
        if model not in self.models:
            raise ValueError(f'no model "{model}" in this evaluation; it compared: {", ".join(self.models)}')
        return model
