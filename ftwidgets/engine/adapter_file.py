"""An adapter on disk, as the package PEFT writes and reads it: `adapter_config.json` and `adapter_model.safetensors`.

Beside a folder of 270 MB with the model that it belongs to, it takes 10 MB: float16, the adapter's weights alone.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from ftwidgets.engine.lora import PARTS, LoraParams, LoraSettings
from ftwidgets.engine.params import Weights
from ftwidgets.engine.safetensors_file import write_tensors

# The names in the file, of one of 420 tensors:
#     base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight    (16, 576)
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."  # PEFT wraps a model twice


def write_adapter(folder: Path, params: LoraParams, base: str) -> None:
    """Write the adapter of a model into a folder; `base` is the name or folder of the model that it belongs to."""
    modules = sorted(part.split(".")[1] for parts in PARTS.values() for part in parts)
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": params.settings.rank,
        "lora_alpha": params.settings.alpha,
        "lora_dropout": params.settings.dropout,
        "bias": "none",
        "target_modules": modules,
        "fan_in_fan_out": False,
        "inference_mode": True,
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    tensors = {PREFIX + name: weight.astype(np.float16) for name, weight in params.named.items()}
    write_tensors(folder / WEIGHTS, tensors, {"format": "pt"})


def read_adapter(folder: Path, base: Weights) -> LoraParams:
    """Read an adapter that `write_adapter` wrote, for the model that it belongs to.

    Raises
    ------
    ValueError
        When a file is missing or damaged, or the adapter belongs to a model of another shape.
    """
    config = read_config(folder)
    try:
        tensors = load_file(folder / WEIGHTS)
        # Dropout is part of how an adapter was trained, not of what it computes: each run chooses its own.
        params = LoraParams(base, LoraSettings(int(config["r"]), float(config["lora_alpha"])))
    except (SafetensorError, OSError, KeyError, TypeError) as error:
        raise ValueError(f"{folder} cannot be read as an adapter: {error!r}.") from error
    for name, weight in params.named.items():
        found = tensors.get(PREFIX + name)
        if found is None or found.shape != weight.shape:
            raise ValueError(
                f"{folder / WEIGHTS}: {PREFIX + name} is {'missing' if found is None else found.shape}; "
                f"for this model it should be {weight.shape}."
            )
        weight[...] = found
    return params


def adapter_base(folder: Path) -> str | None:
    """Return the name of the model that the adapter in a folder belongs to; None where the folder holds no adapter."""
    return str(read_config(folder).get("base_model_name_or_path", "")) if (folder / CONFIG).is_file() else None


def read_config(folder: Path) -> dict[str, Any]:
    """Read an adapter's settings, the name of its base model among them. Raises ValueError where they cannot be read."""
    try:
        config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder / CONFIG} cannot be read: {error}.") from error
    return config
