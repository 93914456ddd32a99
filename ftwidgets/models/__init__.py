"""The models to start from: list them, add one, show its facts, remove it.

ftwidgets.models.add("smollm2-135m")
ftwidgets.models.list_models()
"""

from ftwidgets.models.add import add as add
from ftwidgets.models.card import ModelCard as ModelCard
from ftwidgets.models.installed import ModelEntry as ModelEntry
from ftwidgets.models.installed import default_folder as default_folder
from ftwidgets.models.installed import list_models as list_models
from ftwidgets.models.installed import model_folder as model_folder
from ftwidgets.models.installed import remove as remove
from ftwidgets.models.installed import show as show

__all__ = ["ModelCard", "ModelEntry", "add", "default_folder", "list_models", "model_folder", "remove", "show"]
