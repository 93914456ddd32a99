"""What an evaluation found: scores with intervals, every answer, and whether one model is better.

Left out: asking the models (`ftwidgets.evaluate` does) and drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ftwidgets.intervals import Difference, Interval, bootstrap, paired_bootstrap, wilson

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 20
"""Fewer examples than these give no verdict: the bootstrap's intervals are too narrow there.

Simulated with two equal models, it calls one of them better in up to 10-15 % of the cases at 5 to 10 examples, and in
about 5 %, as it should, from 20 on.
"""


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

    def verdict(self, a: str | None = None, b: str | None = None) -> str:
        """Say in words whether `a` is better than `b` (by default the last model than the first)."""
        a, b = self._named(a, -1), self._named(b, 0)
        found = self.difference(a, b)
        if self.by_row[self.metric][a].equals(self.by_row[self.metric][b]):
            return f"cannot tell yet: {a} and {b} score the same on every example (n = {found.n})"
        figures = f"{found.estimate:+.2f} (95 % interval {found.low:+.2f} to {found.high:+.2f}, n = {found.n})"
        if found.n < ENOUGH:
            return f"cannot tell yet: {a} - {b} = {figures}; a verdict needs {ENOUGH} examples or more"
        if found.low > 0:
            return f"{a} is better: {figures}"
        if found.high < 0:
            return f"{a} is worse: {figures}"
        return f"cannot tell yet: {a} - {b} = {figures}; more examples would narrow the interval"

    def __str__(self) -> str:
        table = self._shown().to_string(index=False)
        return f"{table}\n{self._summary()}".rstrip()

    def _repr_html_(self) -> str:
        table = self._shown().to_html(index=False, border=0, escape=True)
        return f"{table}<p>{escape(self._summary())}</p>"

    def _shown(self) -> pd.DataFrame:
        """Give the scores as a person reads them: "0.42 (0.31 to 0.53)"."""
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
