"""What an evaluation found: scores with intervals, every answer, and whether one model is better.

Left out: asking the models (`ftwidgets.evaluate` does) and drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ftwidgets.evaluation import confusion, verdict
from ftwidgets.sample_size import POWER, examples_needed
from ftwidgets.statistics import Difference, Interval, bootstrap, paired_bootstrap, wilson

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The models' answers to the same examples, and what they are worth.

    Attributes
    ----------
    answers
        One row an example: `row` (from 1), `prompt`, `reference`, and a column with each model's answer.
    by_row
        For each metric a table of the same rows, with a column of scores for each model.
    metric
        The metric that `difference` and `verdict` are about.
    """

    answers: pd.DataFrame
    by_row: Mapping[str, pd.DataFrame]
    metric: str

    @property
    def models(self) -> list[str]:
        """The names of the models, in the order they were given."""
        return [str(name) for name in self.by_row[self.metric].columns]

    @property
    def scores(self) -> pd.DataFrame:
        """One row a model: `model`, `n`, and for each metric its mean with the ends of the 95 % interval.

        The interval is Wilson's where every value is 0 or 1, else the percentile bootstrap's.
        """
        import pandas as pd

        rows = []
        for model in self.models:
            row: dict[str, object] = {"model": model, "n": len(self.answers)}
            for metric, table in self.by_row.items():
                values = [float(value) for value in table[model]]
                low, high = _interval(values)
                row |= {metric: sum(values) / len(values), f"{metric}_low": low, f"{metric}_high": high}
            rows.append(row)
        return pd.DataFrame(rows)

    def difference(self, a: str | None = None, b: str | None = None) -> Difference:
        """Give how much better `a` is than `b`, with the paired bootstrap's 95 % interval.

        Parameters
        ----------
        a, b
            Names of models. By default the last one is compared with the first: tuned with base.
        """
        a, b = self._named(a, -1), self._named(b, 0)
        table = self.by_row[self.metric]
        return paired_bootstrap(table[a].tolist(), table[b].tolist())

    def verdict(self, a: str | None = None, b: str | None = None, *, smallest: float | None = None) -> str:
        """Say in words whether `a` is better than `b` (by default the last model than the first).

        Parameters
        ----------
        a, b
            Names of models.
        smallest
            The smallest difference that matters. With it, two models that differ by less are called so, and what a
            verdict would take is about that difference, not about the one observed.
        """
        a, b = self._named(a, -1), self._named(b, 0)
        table = self.by_row[self.metric]
        return verdict.verdict((a, b), table[a].tolist(), table[b].tolist(), smallest=smallest)

    def needed(
        self, a: str | None = None, b: str | None = None, *, smallest: float | None = None, power: float = POWER
    ) -> int | None:
        """Tell how many examples it takes to find the difference of `a` and `b` (by default the last and the first).

        Parameters
        ----------
        a, b
            Names of models.
        smallest
            The difference to be found; by default the one observed, which with few examples says little.
        power
            How often an evaluation of that size finds it, if it is there.

        Returns
        -------
        int or None
            `((1.96 + z) * s / difference) ** 2`, see `ftwidgets.sample_size.examples_needed`; None where the models score
            the same on every example, or on average.
        """
        a, b = self._named(a, -1), self._named(b, 0)
        table = self.by_row[self.metric]
        return examples_needed((table[a] - table[b]).tolist(), effect=smallest, power=power)

    def sample(self, n: int, *, seed: int = 0) -> Evaluation:
        """Draw `n` of the examples: what a smaller evaluation might have found.

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
            other metrics, then as the examples were.
        """
        model = self._named(model, -1)
        table = self.answers[["row", "prompt", "reference"]].copy()
        table["answer"] = self.answers[model]
        table.insert(1, "score", self.by_row[self.metric][model])
        others = {f"by {name}": scores[model] for name, scores in self.by_row.items() if name != self.metric}
        ordered = table.assign(**others).sort_values(["score", *others, "row"])
        return table.loc[ordered.index].reset_index(drop=True)

    def confusion(self, model: str | None = None) -> pd.DataFrame:
        """Count which label one model (by default the last) took for which.

        Returns
        -------
        DataFrame
            One row a right label, one column an answered one, and `other` for answers that are none. Empty where the
            references are no labels.
        """
        model = self._named(model, -1)
        return confusion.confusion(self.answers["reference"].tolist(), self.answers[model].tolist())

    def __str__(self) -> str:
        table = self.shown.to_string(index=False)
        return f"{table}\n{self._summary()}".rstrip()

    def _repr_html_(self) -> str:
        table = self.shown.to_html(index=False, border=0, escape=True)
        return f"{table}<p>{escape(self._summary())}</p>"

    @property
    def shown(self) -> pd.DataFrame:
        """The scores as a person reads them: "0.42 (0.31 to 0.53)"."""
        import pandas as pd

        scores = self.scores
        shown = pd.DataFrame({"model": scores["model"], "n": scores["n"]})
        for metric in self.by_row:
            ends = zip(scores[metric], scores[f"{metric}_low"], scores[f"{metric}_high"], strict=True)
            shown[metric] = [f"{mean:.2f} ({low:.2f} to {high:.2f})" for mean, low, high in ends]
        return shown

    def _summary(self) -> str:
        return f"By {self.metric}, {self.verdict()}." if len(self.models) > 1 else ""

    def _named(self, model: str | None, default: int) -> str:
        if model is None:
            return self.models[default]
        if model not in self.models:
            raise ValueError(f'no model "{model}" in this evaluation; it compared: {", ".join(self.models)}')
        return model


def _interval(values: list[float]) -> Interval:
    if all(value in (0.0, 1.0) for value in values):
        return wilson(int(sum(values)), len(values))
    return bootstrap(values)
