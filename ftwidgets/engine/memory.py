"""How much memory training takes, and how much there is: decides what a step can keep (`llama.forward`).

The figures are counts of the arrays that a step makes, not measurements. Left out: what Python and its packages take.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ftwidgets.engine.config import Config
from ftwidgets.engine.frozen import FrozenParams
from ftwidgets.engine.lora import LoraParams, LoraSettings, n_adapter_weights
from ftwidgets.engine.model import Model
from ftwidgets.engine.params import n_weights

# SmolLM2 with an adapter and 8 examples of 40 tokens, 320 tokens in all:
#     adapter: 4.9 million weights, twice their gradients, two sums of the optimizer: 5 * 4.9 M * 4 bytes   =  98 MB
#     kept of the layers: 320 tokens * 30 layers * 12,500 numbers * 4 bytes                                = 480 MB
#     the same with "inputs": 320 * (30 * 576 + 12,500) * 4 bytes                                          =  38 MB
#     logits: 320 * 2 * 49,152 * 4 bytes, if every token were trained on                                   = 126 MB
# The weights themselves, 270 MB, are pages of a file: the operating system drops them when it needs the space.
FLOAT = 4  # bytes of a float32
BYTES_PER_TRAINED_WEIGHT = 5 * FLOAT  # itself, its gradients on two threads, and the optimizer's two sums
CGROUP = Path("/sys/fs/cgroup")


def available_memory() -> int | None:
    """Bytes that this process may still take; None where the system does not say (only Linux does)."""
    free = []
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                free.append(int(line.split()[1]) * 1024)
    except (OSError, ValueError):
        pass
    limit, used = _number(CGROUP / "memory.max"), _number(CGROUP / "memory.current")  # a container's own limit, as on Binder
    if limit is not None and used is not None:
        free.append(limit - used + _file_pages())
    free += _left_of_process_limit()
    return max(0, min(free)) if free else None


def _left_of_process_limit() -> list[int]:
    """What `ulimit -v` leaves to this process, if it is limited so."""
    try:
        import resource  # not on Windows

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError, ValueError):
        return []
    return [] if limit == resource.RLIM_INFINITY else [limit - pages * resource.getpagesize()]


def _file_pages() -> int:
    """Bytes of files that the container holds in memory and can let go of."""
    try:
        lines = (CGROUP / "memory.stat").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
    except (OSError, ValueError, StopIteration):
        return 0


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such file, or "max": no limit
        return None


def training_memory(model: Model, lora: LoraSettings | None, lengths: Sequence[int], batch_size: int, keep: str) -> int:
    """Bytes that a run takes beside the model it starts from.

    Parameters
    ----------
    model
        The model to start from.
    lora
        Rank and alpha of the adapter; None where all weights are trained.
    lengths
        Tokens of every example; the longest ones decide.
    batch_size
        Examples a step.
    keep
        What a step keeps of each layer: "all" or "inputs".
    """
    c = model.config
    if isinstance(model.params, LoraParams):
        trained = len(model.params.flat)
    else:
        trained = n_weights(c) if lora is None else n_adapter_weights(model.params, lora)
    largest = sorted(lengths, reverse=True)[:batch_size]
    per_token = memory_per_token(c, max(largest, default=0), keep)
    return BYTES_PER_TRAINED_WEIGHT * trained + sum(largest) * per_token


def memory_per_token(config: Config, longest: int, keep: str) -> int:
    """Bytes that a step takes for each of its tokens, where the longest example has so many; `keep` as in `training_memory`."""
    c = config
    # What a layer's gradient needs of each token. nano, 192 wide, 512 inside, 6 heads of 32: 4,032 numbers, and 6 for each
    # token of the longest text, since every head keeps a weight for each token that it looks at.
    q, kv = c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim
    attention = 2 * c.hidden_size + 3 * q + 2 * kv + c.num_attention_heads * longest  # two norms, q, k, v, weights, result
    mlp = 2 * c.hidden_size + 5 * c.intermediate_size  # two norms, gate and up, sigmoid, silu, their product
    layer = attention + mlp
    kept = c.num_hidden_layers * layer if keep == "all" else c.num_hidden_layers * c.hidden_size + layer
    logits = 2 * c.vocab_size  # where a token is trained on: probabilities, and a product on its way
    return FLOAT * (kept + logits)


def memory_of_weights(model: Model) -> int:
    """Bytes of a model in memory: of its file where it is mapped, else of float32."""
    params = model.params.base if isinstance(model.params, LoraParams) else model.params
    return n_weights(model.config) * (2 if isinstance(params, FrozenParams) else FLOAT)
