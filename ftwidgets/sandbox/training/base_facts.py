"""What a base model needs on this machine: its size, and what training an adapter to it takes in time and memory.

A client shows it before a job is started (`ftwidgets` in the body of a model). Left out: the bundled models, whose bodies have
OpenAI's fields alone; and whatever else runs on this machine.
"""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path
from typing import Any

RATE_OF_JOB = 0.55
"""Share of the machine's rate of multiplying matrices that a job reaches, its checkpoints and validation included.

Measured on two idle cores: 100 examples of 40 tokens on SmolLM2-135M, 3 epochs, in 53 s.
"""
OPERATIONS = 4  # of a trained token for each frozen weight: a product and a sum on the way forth, and both on the way back
LANES = 2  # threads of a training step (`engine.parallel`)
_SHAPES = (160, 576, 1536)  # half a batch of 8 x 40 tokens through a layer of SmolLM2
_CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")


def base_facts(folder: Path, context: int) -> dict[str, Any]:
    """Return the facts of a base model by its folder; sizes in bytes.

    The memory of a job is `weights`, `per_rank` x rank (or `all_weights`, where no adapter is trained), and for each token of
    its largest batch `per_token` + `per_token_of_longest` x the tokens of the longest example. `kept` is the usual way,
    `recomputed` the one where memory is short.
    """
    from ftwidgets.engine.config import Config
    from ftwidgets.engine.memory import BYTES_PER_TRAINED_WEIGHT, available_memory, memory_per_token
    from ftwidgets.engine.params import n_weights, shapes

    config = Config.read(folder / "config.json")
    parameters, size = n_weights(config), (folder / "model.safetensors").stat().st_size
    adapted = [shape for name, shape in shapes(config).items() if name.endswith("proj.weight")]
    ways = {}
    for way, keep in (("kept", "all"), ("recomputed", "inputs")):
        per_token = memory_per_token(config, 0, keep)
        ways[way] = {"per_token": per_token, "per_token_of_longest": memory_per_token(config, 1, keep) - per_token}
    return {
        "parameters": parameters,
        "size": size,
        "context": min(context, config.max_position_embeddings),
        "tokens_per_second": round(RATE_OF_JOB * machine_rate() / (OPERATIONS * parameters), 1),
        "memory": {
            "free": available_memory(),
            "weights": size,
            "all_weights": BYTES_PER_TRAINED_WEIGHT * parameters,
            "per_rank": BYTES_PER_TRAINED_WEIGHT * sum(map(sum, adapted)),
            **ways,
        },
    }


@cache
def machine_rate() -> float:
    """Return how many additions and multiplications of matrices a second this machine does, on as many cores as a job uses.

    Measured once in a process, in some 30 ms: the best of several, since other programs may run.
    """
    import numpy as np

    from ftwidgets.engine.parallel import hold_blas_to_one_thread

    hold_blas_to_one_thread()
    rows, inner, columns = _SHAPES
    left, right = np.ones((rows, inner), np.float32), np.ones((inner, columns), np.float32)
    out, best = np.empty((rows, columns), np.float32), float("inf")
    for _ in range(8):
        began = time.perf_counter()
        np.matmul(left, right, out=out)
        best = min(best, time.perf_counter() - began)
    return 2 * rows * inner * columns / best * min(LANES, usable_cores())


def usable_cores() -> float:
    """Return how many cores this process may use: those of the machine, or a container's share of them."""
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    try:
        quota, period = _CPU_LIMIT.read_text(encoding="ascii").split()
        return min(cores, int(quota) / int(period))
    except (OSError, ValueError):  # no such file, or "max": no limit
        return cores
