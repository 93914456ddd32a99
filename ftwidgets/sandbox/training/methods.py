"""The training methods: how each reads its rows, sets its hyperparameters and trains.

Left out: reinforcement, which the API rejects; when each step happens (`runner`).
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.sandbox.api_errors import JobFaultError
from ftwidgets.sandbox.store.records import JobRecord
from ftwidgets.sandbox.training.adapters import adapter_settings, fit_into_memory
from ftwidgets.sandbox.training.training_file import Messages, Preference, read_pairs, read_rows

if TYPE_CHECKING:
    from ftwidgets.engine import Hyperparameters, Model, Run

N_LOOKED_AT = 100  # rows, to see how long the answers are
Rows = list[Any]  # of the kind that one method reads and it alone uses


class Method(ABC):
    """A training method. A subclass knows its kind of row, encoded row, hyperparameters and training run."""

    beyond_context: str  # what lies beyond the model's context where a row is left out

    def read(self, job: JobRecord, training: Path, validation: Path | None = None) -> tuple[Rows, Rows]:
        """Read a job's files; a JobFaultError says what is wrong with them."""
        rows = self._read(training, param="training_file", file=f"Input file {job.training_file}")
        if validation is None:
            return rows, []
        return rows, self._read(validation, param="validation_file", file=f"Input file {job.validation_file}")

    def hyperparameters(self, job: JobRecord, model: Model, rows: Rows) -> Hyperparameters:
        """Put numbers in the place of "auto"; a JobFaultError says what does not go together with the model."""
        given = {name: None if value == "auto" else value for name, value in job.hyperparameters.items()}
        of_adapter = {name: given.pop(name, None) for name in ("lora", "lora_r", "lora_alpha", "lora_dropout")}
        return self._settings(model, rows, {**given, "lora": adapter_settings(model, **of_adapter)})

    def length(self, model: Model, row: Any, most: int) -> int:
        """Count the tokens of a row, up to `most` + 1, which means that there are more."""
        return self._length(self._encode(model, row, most + 1))

    def too_long(self, model: Model, training: Rows, validation: Rows, lengths: Sequence[int]) -> str | None:
        """Say which examples are longer than the model's context, the first three with their tokens; None if none is."""
        context = model.config.max_position_embeddings
        cut = [i for i, length in enumerate(lengths) if length > context]
        if not cut:
            return None
        named = []
        for i in cut[:3]:
            file, at, rows = ("training", i, training) if i < len(training) else ("validation", i - len(training), validation)
            named.append(f"{file} example {at + 1} ({self.length(model, rows[at], sys.maxsize - 1):,} tokens)")
        if len(cut) > 3:
            named.append(f"{len(cut) - 3} more")
        are, ends = ("is", "its end is") if len(cut) == 1 else ("are", "their ends are")
        which = f"{len(cut)} of {len(lengths)} examples {are} longer than {context:,} tokens"
        return f"{which}, and {ends} cut off: {', '.join(named)}"

    def left_out(self, model: Model, training: Rows, validation: Rows, lengths: Sequence[int]) -> list[str]:
        """Say for each file which lines have nothing to learn within the model's context, the first three of them.

        Raises JobFaultError if that is all of a training file. `lengths` are those of the training rows, then of validation.
        """
        context = model.config.max_position_embeddings
        found = []
        for file, rows, n_before in (("training", training, 0), ("validation", validation, len(training))):
            lines = [
                i + 1
                for i, row in enumerate(rows)
                if lengths[n_before + i] > context and not self._learnable(self._encode(model, row, context))
            ]
            if not lines:
                continue
            named = [str(line) for line in lines[:3]] + ([f"{len(lines) - 3} more"] if len(lines) > 3 else [])
            which = f"{len(lines)} of {len(rows)} {file} examples {'is' if len(lines) == 1 else 'are'} left out"
            message = f"{which}: {self.beyond_context} beyond the {context:,} tokens that the model reads"
            message += f" (line{'s' if len(lines) > 1 else ''} {', '.join(named)})"
            if len(lines) == len(rows) and file == "training":
                raise JobFaultError(
                    "invalid_training_file",
                    f"The job failed due to an invalid training file. {message}. Shorten what comes before the answers, or use "
                    "a base model with a longer context.",
                    "training_file",
                )
            found.append(message)
        return found

    def run(
        self,
        model: Model,
        training: Iterable[Any],
        *,
        hyperparameters: Hyperparameters,
        seed: int,
        validation: Iterable[Any] = (),
    ) -> Run:
        """Set up the training on these rows; a ValueError says why there is nothing to learn."""
        most = model.config.max_position_embeddings
        examples, held_out = ([self._encode(model, row, most) for row in rows] for rows in (training, validation))
        keep, _ = fit_into_memory(model, hyperparameters, [self._length(example) for example in (*examples, *held_out)])
        return self._run(model, examples, hyperparameters=hyperparameters, seed=seed, validation=held_out, keep=keep)

    @abstractmethod
    def _read(self, path: Path, *, param: str, file: str) -> Rows: ...

    @abstractmethod
    def _encode(self, model: Model, row: Any, most: int) -> Any: ...

    @abstractmethod
    def _length(self, encoded: Any) -> int: ...

    @abstractmethod
    def _learnable(self, encoded: Any) -> bool: ...

    @abstractmethod
    def _settings(self, model: Model, rows: Rows, given: dict[str, Any]) -> Hyperparameters: ...

    @abstractmethod
    def _run(self, model: Model, examples: Rows, **settings: Any) -> Run: ...


class Supervised(Method):
    """Supervised fine-tuning: the model learns to write what an assistant wrote."""

    beyond_context = "the whole answer lies"

    def _read(self, path: Path, *, param: str, file: str) -> Rows:
        return read_rows(path, param=param, file=file)

    def _encode(self, model: Model, row: Messages, most: int) -> Any:
        return model.tokenizer.encode_example(row, max_tokens=most)

    def _length(self, encoded: Any) -> int:
        return len(encoded.ids)

    def _learnable(self, encoded: Any) -> bool:
        from ftwidgets.engine.trainer import trainable

        return bool(trainable([encoded]))

    def _settings(self, model: Model, rows: Rows, given: dict[str, Any]) -> Hyperparameters:
        from ftwidgets.engine import auto_hyperparameters

        most = model.config.max_position_embeddings
        trained = [(self._encode(model, row, most).weights > 0).sum() for row in rows[:N_LOOKED_AT]]
        small = len(model.params.flat) > 0  # of a larger model, the weights are frozen
        return auto_hyperparameters(len(rows), answer_tokens=float(sum(trained) / len(trained)), small=small, **given)

    def _run(self, model: Model, examples: Rows, **settings: Any) -> Run:
        from ftwidgets.engine import Trainer

        return Trainer(model, examples, **settings)


class Preferences(Method):
    """Preference tuning (DPO): the model learns to prefer one of two answers."""

    beyond_context = "an answer, or all in which the two answers differ, lies"

    def _read(self, path: Path, *, param: str, file: str) -> Rows:
        return read_pairs(path, param=param, file=file)

    def _encode(self, model: Model, row: Preference, most: int) -> Any:
        from ftwidgets.engine import encode_pair

        return encode_pair(model.tokenizer, row.messages, row.preferred, row.rejected, max_tokens=most)

    def _length(self, encoded: Any) -> int:
        return max(len(encoded.chosen.ids), len(encoded.rejected.ids))

    def _learnable(self, encoded: Any) -> bool:
        from ftwidgets.engine.dpo import usable_pairs

        return bool(usable_pairs([encoded]))

    def _settings(self, model: Model, rows: Rows, given: dict[str, Any]) -> Hyperparameters:
        from ftwidgets.engine import auto_preference_hyperparameters

        return auto_preference_hyperparameters(len(rows), **given)

    def _run(self, model: Model, examples: Rows, **settings: Any) -> Run:
        from ftwidgets.engine import PreferenceTrainer

        return PreferenceTrainer(model, examples, **settings)


METHODS: dict[str, Method] = {"supervised": Supervised(), "dpo": Preferences()}
