"""The step after trying models: measure them on held-out examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ftwidgets.widgets.base.markup import literal
from ftwidgets.widgets.base.next_step import NextStep

if TYPE_CHECKING:
    import openai

    from ftwidgets.widgets.evaluation import Evaluation


def offer_evaluation(step: NextStep, client: openai.OpenAI, models: Mapping[str, str], system: str) -> None:
    """Offer an `Evaluation` of these models, by what they are called, with that system prompt."""

    def make() -> Evaluation:
        from ftwidgets.widgets.evaluation import Evaluation

        return Evaluation(client, models, system=system)

    named = ", ".join(f"{literal(name)}: {literal(model)}" for name, model in models.items())
    options = f", system={literal(system)}" if system else ""
    code = f"from ftwidgets.widgets import Evaluation\n\nevaluation = Evaluation(client, {{{named}}}{options})\nevaluation"
    step.offer("measure the models on held-out examples.", "Evaluate", make, code)
