"""A small Llama in plain NumPy: train it, talk to it, save it. Left out: everything that needs a GPU."""

# To read the engine in order:
#   tokenizer        text <-> numbers
#   config, params   which weights there are
#   layers           the parts, each with its gradient
#   llama            the parts put together: loss and gradients
#   batches          several examples at once
#   adamw            gradients -> new weights
#   run, trainer     step after step
#   generate         the model writes
#   dpo              learning from preferences
#   frozen, lora     a larger model that stays as it is, with small trained additions
# The rest is support: hyperparameters, sampling, json_prefix, parallel, model and its files (safetensors_file, adapter_file),
# memory.

from ftwidgets.engine.adapter_file import adapter_base as adapter_base
from ftwidgets.engine.batches import Example as Example
from ftwidgets.engine.config import Config as Config
from ftwidgets.engine.dpo import Pair as Pair
from ftwidgets.engine.dpo import PreferenceTrainer as PreferenceTrainer
from ftwidgets.engine.dpo import encode_pair as encode_pair
from ftwidgets.engine.generate import Generation as Generation
from ftwidgets.engine.generate import Piece as Piece
from ftwidgets.engine.generate import TokenLogprob as TokenLogprob
from ftwidgets.engine.generate import advance as advance
from ftwidgets.engine.generate import generate as generate
from ftwidgets.engine.hyperparameters import Hyperparameters as Hyperparameters
from ftwidgets.engine.hyperparameters import PreferenceHyperparameters as PreferenceHyperparameters
from ftwidgets.engine.hyperparameters import auto_hyperparameters as auto_hyperparameters
from ftwidgets.engine.hyperparameters import auto_preference_hyperparameters as auto_preference_hyperparameters
from ftwidgets.engine.json_prefix import JsonPrefix as JsonPrefix
from ftwidgets.engine.lora import LoraParams as LoraParams
from ftwidgets.engine.lora import LoraSettings as LoraSettings
from ftwidgets.engine.memory import available_memory as available_memory
from ftwidgets.engine.memory import training_memory as training_memory
from ftwidgets.engine.model import NANO as NANO
from ftwidgets.engine.model import Model as Model
from ftwidgets.engine.params import n_weights as n_weights
from ftwidgets.engine.run import Run as Run
from ftwidgets.engine.run import StepMetrics as StepMetrics
from ftwidgets.engine.tokenizer import Tokenizer as Tokenizer
from ftwidgets.engine.trainer import Trainer as Trainer
from ftwidgets.engine.trainer import measure as measure

__all__ = [
    "NANO",
    "Config",
    "Example",
    "Generation",
    "Hyperparameters",
    "JsonPrefix",
    "LoraParams",
    "LoraSettings",
    "Model",
    "Pair",
    "Piece",
    "PreferenceHyperparameters",
    "PreferenceTrainer",
    "Run",
    "StepMetrics",
    "TokenLogprob",
    "Tokenizer",
    "Trainer",
    "adapter_base",
    "advance",
    "auto_hyperparameters",
    "auto_preference_hyperparameters",
    "available_memory",
    "encode_pair",
    "generate",
    "measure",
    "n_weights",
    "training_memory",
]
