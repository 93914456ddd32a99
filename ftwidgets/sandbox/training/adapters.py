"""What a job trains, an adapter or all weights, and whether that fits into memory.

The bundled model is small: all of it is trained unless a job asks for an adapter. A larger one is frozen, and gets an adapter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ftwidgets.sandbox.api_errors import JobFaultError

if TYPE_CHECKING:
    from ftwidgets.engine import Hyperparameters, LoraSettings, Model

RANK = 16
ALPHA_OF_RANK = 2  # alpha, where only the rank is given: the adapter counts twice, whatever its rank
SETTINGS = "lora_r, lora_alpha and lora_dropout"
SHARE_OF_MEMORY = 0.8  # of what is free: the rest is for the answers that are asked for meanwhile


def adapter_settings(
    model: Model,
    lora: bool | None = None,
    lora_r: int | None = None,
    lora_alpha: float | None = None,
    lora_dropout: float | None = None,
) -> LoraSettings | None:
    """Choose rank, alpha and dropout of the adapter that a job trains; None where it trains all weights.

    Parameters
    ----------
    model
        The model to start from.
    lora, lora_r, lora_alpha, lora_dropout
        What the job asks for; None where it leaves the choice.

    Raises
    ------
    JobFaultError
        Where the settings do not go together with each other, or with the adapter that the model already has.
    """
    from ftwidgets.engine import LoraParams, LoraSettings

    given = any(value is not None for value in (lora_r, lora_alpha, lora_dropout))
    dropout = lora_dropout or 0.0
    if isinstance(model.params, LoraParams):
        there = model.params.settings
        if lora is False or (lora_r or there.rank, lora_alpha or there.alpha) != (there.rank, there.alpha):
            raise _invalid(
                f"This model has an adapter with lora_r {there.rank} and lora_alpha {there.alpha:g}, and training goes on with "
                "it. Leave out lora, lora_r and lora_alpha, or start from the base model."
            )
        return replace(there, dropout=dropout)
    if lora is None:
        lora = not len(model.params.flat)  # frozen weights
        if given and not lora:
            raise _invalid(f'{SETTINGS} are settings of an adapter, and this job trains all weights. Set "lora" to true.')
    if not lora:
        if given:
            raise _invalid(f'{SETTINGS} are settings of an adapter, and "lora" is false. Leave them out, or set it to true.')
        return None
    rank = lora_r or RANK
    if rank > model.config.hidden_size:
        raise _invalid(
            f"lora_r is {rank}, and the model's matrices have {model.config.hidden_size} rows; use a smaller one, such as 16."
        )
    return LoraSettings(rank, float(lora_alpha or ALPHA_OF_RANK * rank), dropout)


def fit_into_memory(model: Model, chosen: Hyperparameters, lengths: Sequence[int]) -> tuple[str, str | None]:
    """Choose what a step keeps of each layer: "all", or "inputs" where memory is short; and say so in a sentence.

    Parameters
    ----------
    model
        The model to start from.
    chosen
        The job's hyperparameters.
    lengths
        Tokens of every example.

    Raises
    ------
    JobFaultError
        Where the job does not fit in either way, with what it needs and what is free.
    """
    from ftwidgets.engine import available_memory, training_memory

    free = available_memory()
    most = model.config.max_position_embeddings
    capped = [min(length, most) for length in lengths]
    needs = {keep: training_memory(model, chosen.lora, capped, chosen.batch_size, keep) for keep in ("all", "inputs")}
    if free is None or needs["all"] <= SHARE_OF_MEMORY * free:
        return "all", None
    if needs["inputs"] <= SHARE_OF_MEMORY * free:
        return "inputs", (
            f"Memory is short ({_gigabytes(free)} are free, and {_gigabytes(needs['all'])} would be used): each layer is "
            "computed twice, which takes about a third longer and gives the same result"
        )
    raise JobFaultError(
        "insufficient_memory",
        f"This job needs about {_gigabytes(needs['inputs'])} of memory; {_gigabytes(free)} are free. Use a smaller batch_size "
        f"(now {chosen.batch_size}), shorter examples{'' if chosen.lora else ', an adapter (lora)'}, or a smaller base model.",
        "hyperparameters",
    )


def _gigabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB"


def _invalid(message: str) -> JobFaultError:
    return JobFaultError("invalid_hyperparameters", message, "hyperparameters")
