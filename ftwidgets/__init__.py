"""Fine-tune a real language model with the openai client: in this process, without a key, a GPU or a bill."""

from typing import TYPE_CHECKING

from ftwidgets import datasets as datasets
from ftwidgets.clients import connect as connect
from ftwidgets.clients import connect_async as connect_async
from ftwidgets.clients import export as export
from ftwidgets.clients import faults as faults
from ftwidgets.data import check as check
from ftwidgets.data import prepare as prepare
from ftwidgets.data import write_jsonl as write_jsonl
from ftwidgets.errors import FtwidgetsError as FtwidgetsError
from ftwidgets.evaluation import baselines as baselines
from ftwidgets.evaluation.evaluate import evaluate as evaluate
from ftwidgets.evaluation.result import Evaluation as Evaluation
from ftwidgets.health.doctor import doctor as doctor
from ftwidgets.jobs import Job as Job
from ftwidgets.jobs import launch as launch
from ftwidgets.jobs import upload as upload

if TYPE_CHECKING:
    from ftwidgets import models as models
    from ftwidgets.lessons import exercises as exercises
    from ftwidgets.sandbox import Sandbox as Sandbox
    from ftwidgets.studio import Studio as Studio

__version__ = "0.1.0"

__all__ = [
    "Evaluation",
    "FtwidgetsError",
    "Job",
    "Sandbox",
    "Studio",
    "baselines",
    "check",
    "connect",
    "connect_async",
    "datasets",
    "doctor",
    "evaluate",
    "exercises",
    "export",
    "faults",
    "launch",
    "models",
    "prepare",
    "upload",
    "write_jsonl",
]


def __getattr__(name: str) -> object:
    """Import what brings much with it when it is first used, so that `import ftwidgets` stays quick."""
    if name == "Sandbox":
        from ftwidgets.sandbox import Sandbox

        return Sandbox
    if name == "Studio":
        from ftwidgets.studio import Studio

        return Studio
    if name == "exercises":
        from ftwidgets.lessons import exercises

        return exercises
    if name == "models":
        import importlib

        return importlib.import_module("ftwidgets.models")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), "Sandbox", "Studio", "exercises", "models"]
