"""Preference tuning by DPO: of two answers to the same question, the model learns to give the better one more often.

No reward model: what an answer is worth is how much likelier the model finds it than the model it started from did
(Rafailov et al. 2023, Direct Preference Optimization).
Left out: label smoothing, other losses (IPO, KTO), a supervised term on the chosen answers, what every run has (`run`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ftwidgets.engine.batches import Batch, Example, collate, epoch_order, halves
from ftwidgets.engine.hyperparameters import DPO_RATE, LARGEST_BETA, LORA_DPO_RATE, PreferenceHyperparameters
from ftwidgets.engine.llama import log_probs, log_probs_and_gradients
from ftwidgets.engine.lora import with_dropout
from ftwidgets.engine.model import Model
from ftwidgets.engine.parallel import run_two
from ftwidgets.engine.params import Weights
from ftwidgets.engine.run import Array, Measured, Run, add_in_place
from ftwidgets.engine.tokenizer import Messages, Tokenizer

PAIRS_AT_ONCE = 8  # when only measuring

# The idea, with numbers. The base model gives the chosen answer a log-probability of -20 and the rejected one -18. After some
# steps the model gives -17 and -23. With beta 0.1 the rewards are 0.1 * (-17 + 20) = 0.3 and 0.1 * (-23 + 18) = -0.5, the
# margin is 0.8 and the loss -log sigmoid(0.8) = 0.37. Before the first step both rewards are 0 and the loss is log 2 = 0.69.


@dataclass(frozen=True)
class Pair:
    """Two answers to the same question, each as an example of the whole chat with weights on its answer alone."""

    chosen: Example
    rejected: Example

    @property
    def size(self) -> int:
        """How many tokens both have."""
        return len(self.chosen.ids) + len(self.rejected.ids)


@dataclass(frozen=True)
class Scores:
    """What a model makes of some pairs."""

    logp: Array  # (pairs, 2) log-probability of the chosen and of the rejected answer, in nats
    right: int  # tokens of the chosen answers that were the likeliest
    tokens: int  # tokens of the chosen answers


class PreferenceTrainer(Run):
    """A preference-tuning run. Iterate it: each turn is one optimizer step.

    Beside loss and accuracy (of the chosen answers' tokens) each step's `extra` has the reward accuracy, the share of pairs
    whose chosen answer has the larger reward, and the reward margin, how much larger on average.

    Parameters
    ----------
    model
        Where to start, and what the model is compared with; it is copied for training, and must not change meanwhile.
    pairs
        What to learn from; at least one that `usable_pairs` keeps.
    hyperparameters
        Epochs, batch size, learning-rate multiplier, beta.
    seed
        Decides the order of the pairs.
    validation
        Pairs that are only measured.
    keep
        What a step keeps of each layer on the way forward: "all", or "inputs" where memory is short (`llama.forward`).

    Raises
    ------
    ValueError
        When there is nothing to train on, or a hyperparameter is out of range.
    """

    def __init__(
        self,
        model: Model,
        pairs: Sequence[Pair],
        *,
        hyperparameters: PreferenceHyperparameters,
        seed: int,
        validation: Sequence[Pair] = (),
        keep: str = "all",
    ) -> None:
        if not hyperparameters.beta <= LARGEST_BETA:
            raise ValueError(f"beta must be at most {LARGEST_BETA:g}: {hyperparameters.beta}.")
        self.pairs = usable_pairs(pairs)
        self.examples = [pair.chosen for pair in self.pairs]
        self.validation = usable_pairs(validation)
        super().__init__(
            model,
            sizes=[pair.size for pair in self.pairs],
            n_validation=len(self.validation),
            hyperparameters=hyperparameters,
            seed=seed,
            keep=keep,
            base_rate=LORA_DPO_RATE if hyperparameters.lora else DPO_RATE,
        )
        if not self.pairs:
            raise ValueError("No pair has two different answers within the model's context; there is nothing to prefer.")
        self.beta = hyperparameters.beta
        # With an adapter the reference takes no memory: it is the same frozen weights without it.
        self._base = model
        self._reference = np.full((len(self.pairs), 2), np.nan)  # log-probabilities under the base, once known
        self._first_order = epoch_order(len(self.pairs), seed, 0)
        self._known_batches: set[int] = set()  # of the first epoch
        self._valid_reference: Array | None = None

    def compute_gradients(self, order: Array) -> Measured:
        """Put the gradient into `_grads`; return loss, accuracy and margin of the step."""
        # Loss -> margins -> log-probabilities of answers -> of tokens -> weights: `slope` is the first half of that chain,
        # `log_probs_and_gradients` the second.
        self._score_reference(order)
        parts = halves(order.tolist(), lambda i: self.pairs[i].size)

        def gradients_of(number: int, grads: Weights) -> Scores:
            part = parts[number]
            params = with_dropout(self.model.params, [self.seed, self.step, number])  # the reference is measured without

            def slope(logp: Array) -> Array:
                return preference_slopes(logp, self._reference[part], self.beta) / len(order)

            return learn(params, [self.pairs[i] for i in part], grads, slope, keep=self.keep)

        if len(parts) == 1:
            found = [gradients_of(0, self._grads)]
        else:
            found = list(run_two(lambda: gradients_of(0, self._grads), lambda: gradients_of(1, self._more_grads)))
            add_in_place(self._grads.flat, self._more_grads.flat)
        return summary(found, self._reference[np.concatenate(parts)], self.beta)

    def _score_reference(self, order: Array) -> None:
        """Compute the base model's log-probabilities of these pairs, unless they are known.

        Each is computed once, together with the pairs that it meets in the first epoch: in that epoch a batch at a time, and
        later, in a run that was restored, in the same company, which makes the same bits.
        """
        # Rounding depends on which examples share a batch. So a pair is always scored in the company of its first epoch.
        size = self.hyperparameters.batch_size
        batches = np.flatnonzero(np.isin(self._first_order, order)) // size
        for at in sorted({*batches.tolist()} - self._known_batches):
            company = self._first_order[at * size : (at + 1) * size].tolist()
            parts = halves(company, lambda i: self.pairs[i].size)
            found = scores(self._base, [[self.pairs[i] for i in part] for part in parts])
            self._reference[np.concatenate(parts)] = np.concatenate([part.logp for part in found])
            self._known_batches.add(at)

    def measure_validation(self, chosen: Array) -> Measured:
        """Measure how far the model prefers the better answers of these validation pairs."""
        if self._valid_reference is None:
            self._valid_reference = log_likelihoods(self._base, self.validation)
        order = sorted(chosen.tolist(), key=lambda i: self.validation[i].size)  # less padding in attention
        parts = [order[at : at + PAIRS_AT_ONCE] for at in range(0, len(order), PAIRS_AT_ONCE)]
        found = scores(self.model, [[self.validation[i] for i in part] for part in parts])
        return summary(found, self._valid_reference[order], self.beta)

    def training_data(self) -> Iterator[Array]:
        """Give the base's weights, and ids and weights of every answer."""
        # The base belongs to the data: against another reference the same pairs would teach something else.
        yield np.frombuffer(self._base.params.digest(), np.uint8)
        for pair in (*self.pairs, *self.validation):
            for example in (pair.chosen, pair.rejected):
                yield example.ids
                yield example.weights


def encode_pair(tokenizer: Tokenizer, asked: Messages, chosen: str, rejected: str, *, max_tokens: int) -> Pair:
    """Two answers to what was asked; earlier answers in it are context, nothing to learn."""
    # Both examples hold the whole chat; only the last answer has weight.
    before = [{**message, "weight": 0} for message in asked]

    def example(answer: str) -> Example:
        return tokenizer.encode_example([*before, {"role": "assistant", "content": answer}], max_tokens=max_tokens)

    return Pair(example(chosen), example(rejected))


def usable_pairs(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs to learn from: both answers have a trained token, and they differ.

    Answers that lie behind the model's context, wholly or where they differ, look the same to it.
    """
    # Two answers that begin alike and differ only after token 512 teach nothing: their log-probabilities always move together.
    return [
        pair
        for pair in pairs
        if pair.chosen.weights[1:].any()
        and pair.rejected.weights[1:].any()
        and not np.array_equal(pair.chosen.ids, pair.rejected.ids)
    ]


def preference_losses(logp: Array, reference: Array, beta: float) -> tuple[Array, Array]:
    """DPO's loss (Rafailov et al. 2023, equation 7): -log sigmoid(reward of the chosen answer - reward of the rejected one).

    An answer's reward is beta * (its log-probability - its log-probability under the reference).

    Parameters
    ----------
    logp, reference : (pairs, 2) log-probabilities of chosen and rejected answers under the model and under the reference
    beta : how much each nat of difference counts; small lets the model go far from the reference

    Returns
    -------
    losses : (pairs,)
    margins : (pairs,) reward of the chosen answer minus reward of the rejected one
    """
    rewards = beta * (logp - reference)  # how much more the model likes an answer than the reference does
    margins: Array = rewards[:, 0] - rewards[:, 1]
    return np.logaddexp(0, -margins), margins  # log(1 + exp(-margin)) = -log sigmoid(margin), without overflow


def preference_slopes(logp: Array, reference: Array, beta: float) -> Array:
    """Gradient of `preference_losses` by `logp`, (pairs, 2): -beta * sigmoid(-margin) for the chosen, + for the rejected."""
    # Near 0 while the model already prefers the chosen answer clearly, near beta while it prefers the wrong one.
    _, margins = preference_losses(logp, reference, beta)
    push = beta * np.exp(-np.logaddexp(0, margins))
    return np.stack([-push, push], axis=1)


def side_by_side(pairs: Sequence[Pair]) -> Batch:
    """A batch of all answers: pair i is the rows 2i (chosen) and 2i + 1 (rejected)."""
    return collate([example for pair in pairs for example in (pair.chosen, pair.rejected)])


def scored(batch: Batch, tokens: Array, right: Array) -> Scores:
    """Put the log-probabilities of tokens together to those of answers."""
    # An answer's log-probability is the sum over its tokens: bincount adds up the tokens of each row.
    row = batch.row[batch.predicts]
    logp = np.bincount(row, weights=tokens * batch.weights, minlength=batch.shape[0]).reshape(-1, 2)
    is_chosen = row % 2 == 0
    return Scores(logp, int(np.count_nonzero(right[is_chosen])), int(np.count_nonzero(is_chosen)))


def learn(
    params: Weights, pairs: Sequence[Pair], grads: Weights, slope: Callable[[Array], Array], *, keep: str = "all"
) -> Scores:
    """Score pairs and write into `grads` the gradient of a loss with this `slope`: from `logp` (pairs, 2) to (pairs, 2)."""
    batch = side_by_side(pairs)
    row = batch.row[batch.predicts]

    # An answer's log-probability is a sum, so each of its tokens gets the answer's own slope.
    def by_token(tokens: Array) -> Array:
        answers = np.bincount(row, weights=tokens * batch.weights, minlength=batch.shape[0]).reshape(-1, 2)
        slopes: Array = slope(answers).reshape(-1)[row] * batch.weights
        return slopes

    return scored(batch, *log_probs_and_gradients(params, batch, grads, by_token, keep=keep))


def scores(model: Model, parts: Sequence[Sequence[Pair]]) -> list[Scores]:
    """Score pairs, a part of them at a time, on two threads."""

    def score(some: Sequence[Sequence[Pair]]) -> list[Scores]:
        batches = [side_by_side(pairs) for pairs in some]
        return [scored(batch, *log_probs(model.params, batch)) for batch in batches]

    first, second = run_two(lambda: score(parts[::2]), lambda: score(parts[1::2]))
    return [(second if at % 2 else first)[at // 2] for at in range(len(parts))]


def log_likelihoods(model: Model, pairs: Sequence[Pair]) -> Array:
    """Log-probabilities (pairs, 2) in nats of the chosen and the rejected answers, each the sum over its tokens."""
    # By length, so that a part has little padding; `out[part]` puts each result back into its place.
    order = sorted(range(len(pairs)), key=lambda i: pairs[i].size)
    parts = [order[at : at + PAIRS_AT_ONCE] for at in range(0, len(order), PAIRS_AT_ONCE)]
    out = np.empty((len(pairs), 2))
    for part, found in zip(parts, scores(model, [[pairs[i] for i in part] for part in parts]), strict=True):
        out[part] = found.logp
    return out


def summary(found: Sequence[Scores], reference: Array, beta: float) -> Measured:
    """Means over pairs that were scored in parts; `reference` in the same order."""
    losses, margins = preference_losses(np.concatenate([part.logp for part in found]), reference, beta)
    return Measured(
        float(losses.mean()),
        sum(part.right for part in found) / sum(part.tokens for part in found),
        {"reward_accuracy": float((margins > 0).mean()), "reward_margin": float(margins.mean())},
    )
