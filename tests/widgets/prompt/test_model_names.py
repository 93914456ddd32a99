"""What a form offers when no models are given."""

from types import SimpleNamespace
from typing import Any

from ftwidgets.widgets.prompt.model_names import list_models


def test_models_are_listed_whatever_a_service_gives_as_their_time() -> None:
    """The latest tuned model and its base come first; a text, nothing or a huge number is no time and no error."""
    made = {"old": "yesterday", "ft:base:me::a": 1_700_000_000, "ft:base:me::b": 1_800_000_000, "base": None, "far": 1e18}
    models = [SimpleNamespace(id=name, created=time) for name, time in made.items()]
    client: Any = SimpleNamespace(models=SimpleNamespace(list=lambda: models))
    assert list_models(client) == ["base", "ft:base:me::b", "ft:base:me::a", "old", "far"]
