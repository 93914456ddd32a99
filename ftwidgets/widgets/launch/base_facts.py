"""What the sandbox says about a base model that was added: its size and speed there, and the memory that a job on it takes.

It stands in the model's body, in a field of the sandbox's own (`ftwidgets`). Other services have no such field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ftwidgets.models.known import nano_card

if TYPE_CHECKING:
    from openai.types import Model

RANK = 16  # of the adapter, where a job leaves it to the sandbox
PYTHON = 150_000_000  # bytes of the interpreter and its packages
SHARE_OF_FREE = 0.8  # of the free memory; a job that needs more takes the slower way, or is rejected


@dataclass(frozen=True)
class Memory:
    """What a job takes, in a word or two and in a sentence, and whether that is more than the machine has."""

    figure: str
    text: str
    too_large: bool = False


BUNDLED_MEMORY = Memory("0.2 GB", "About 0.2 GB in all, as it was measured.")


@dataclass(frozen=True)
class BaseFacts:
    """The facts of a base model; sizes in bytes."""

    parameters: int
    size: int
    context: int
    tokens_per_second: float
    memory: Mapping[str, Any]

    def __str__(self) -> str:
        size = _size_text(self.parameters, self.size, self.context)
        return f"{size} The model itself stays as it is and an adapter learns, unless you choose all weights."

    def speed(self, *, whole: bool) -> float:
        """Return the tokens a second that are expected; all weights take half as much again as an adapter."""
        return self.tokens_per_second / (1.5 if whole else 1)

    def need(self, lengths: Sequence[int], *, batch_size: int, rank: int | None, whole: bool) -> Memory:
        """Return what a job takes, Python included, and whether the machine has it free.

        Parameters
        ----------
        lengths
            Tokens of its examples; the longest ones make the largest batch.
        batch_size
            Examples in a step.
        rank
            Of the adapter; None for the usual one.
        whole
            Whether all weights are trained.
        """
        usual, sparing = (self.job_memory(way, lengths, batch_size, rank, whole=whole) for way in ("kept", "recomputed"))
        total, less = (_gigabytes(PYTHON + self.memory["weights"] + way) for way in (usual, sparing))
        free = self.memory.get("free")
        if free is None:
            return Memory(total, f"About {total} in all.")
        if usual <= SHARE_OF_FREE * free:
            return Memory(total, f"About {total} in all; {_gigabytes(free)} are free.")
        if sparing <= SHARE_OF_FREE * free:
            why = f"each layer is computed twice, since only {_gigabytes(free)} are free"
            return Memory(less, f"About {less} in all, the slower way: {why}.")
        text = (
            f"The job needs about {_gigabytes(sparing)}, and {_gigabytes(free)} are free: it will be rejected. Use a smaller "
            "batch size, shorter examples, or a smaller model."
        )
        return Memory(f"{less}: too much", text, too_large=True)

    def job_memory(self, way: str, lengths: Sequence[int], batch_size: int, rank: int | None, *, whole: bool) -> int:
        """Return the bytes that a job takes beside the model: what learns, and what a step keeps of each token."""
        largest = sorted(lengths, reverse=True)[:batch_size]
        sizes = self.memory[way]
        per_token = sizes["per_token"] + sizes["per_token_of_longest"] * max(largest, default=0)
        learns = self.memory["all_weights"] if whole else self.memory["per_rank"] * (rank or RANK)
        return int(learns + sum(largest) * per_token)


def bundled_text() -> str:
    """Return the same in a sentence about the bundled model, whose body has OpenAI's fields alone."""
    card = nano_card()
    size = _size_text(card.parameters, card.size, card.context)
    return f"{size} All of them learn, unless you choose an adapter."


def usual_batch(n_examples: int) -> int:
    """Return how many examples a step has where that is left to the sandbox."""
    return 4 if n_examples < 100 else 8


def read_facts(model: Model) -> BaseFacts | None:
    """Return the facts in a model's body; None where there are none, or in a form that this version does not know."""
    found: Any = (model.model_extra or {}).get("ftwidgets")
    try:
        facts = BaseFacts(**{name: found[name] for name in BaseFacts.__dataclass_fields__})
        str(facts), facts.need([1], batch_size=1, rank=None, whole=False)
    except (TypeError, ValueError, LookupError, AttributeError):
        return None
    return facts


def _size_text(parameters: int, size: int, context: int) -> str:
    return f"{parameters / 1e6:,.0f} million weights, {size / 1e6:,.0f} MB on the disk; reads {context:,} tokens."


def _gigabytes(n_bytes: float) -> str:
    return f"{n_bytes / 1e9:.1f} GB"
