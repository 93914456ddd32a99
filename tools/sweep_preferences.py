"""The sweep behind the `auto` recipe of preference tuning, on three kinds of preference: `just sweep-preferences`.

Scored on questions of the training split that were set aside; the held-out split stays untouched, as in `sweep.py`.
"""

import argparse
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ftwidgets import datasets
from ftwidgets.engine import NANO, Model, PreferenceTrainer, dpo, generate, measure
from ftwidgets.engine.dpo import encode_pair, log_likelihoods, preference_losses
from ftwidgets.engine.hyperparameters import auto_preference_hyperparameters

KIND = ("Thank you for asking.", "Happy to help.", "Good question, thank you.")
CURT = ("Obviously.", "Read the website.", "Not again.")
ASIDE, SPOKEN = 100, 24  # questions set aside; how many of them are answered
HEAD = "| task | n | epochs | batch | rate | loss | accuracy | margin | chosen | rejected | surprise | tokens | unlike | time |"


@dataclass(frozen=True)
class Task:
    """Questions with a better and a worse answer, to learn from and set aside."""

    train: list[tuple[str, str, str]]
    aside: list[tuple[str, str, str]]


def answer(model: Model, question: str, *, temperature: float = 0.0, seed: int = 0) -> str:
    prompt = model.tokenizer.encode_prompt([{"role": "user", "content": question}])
    return "".join(piece.text for piece in generate(model, prompt, max_tokens=40, temperature=temperature, seed=seed))


def task(name: str, base: Model, n: int, seed: int) -> Task:
    """Rows to learn from, `n` of them, and others.

    manner: the same answer put kindly or curtly, on topics of their own; right: the right answer and another one;
    shorter: two answers that the base gave.
    """
    rng = np.random.default_rng([seed, 11])
    frame = datasets.load("support_faq", "train").sample(frac=1, random_state=seed)
    apart = set(sorted(set(frame["Topic"]))[::6]) if name == "manner" else set()
    rows = list(zip(frame["Prompt"], frame["Completion"], frame["Topic"], strict=True))
    aside = [row for row in rows if not apart or row[2] in apart][:ASIDE]
    train = [row for row in rows if row not in aside and row[2] not in apart][:n]

    def row(question: str, right: str) -> tuple[str, str, str]:
        if name == "manner":
            return question, f"{rng.choice(KIND)} {right}", f"{rng.choice(CURT)} {right}"
        if name == "right":
            wrong = right
            while wrong == right:
                wrong = str(rng.choice(frame["Completion"]))
            return question, right, wrong
        drawn = [answer(base, question, temperature=1.0, seed=int(rng.integers(2**31))) for _ in range(2)]
        short, long = sorted(drawn, key=len)
        return question, short, long

    return Task(*([row(question, right) for question, right, _ in some] for some in (train, aside)))


def spoken(base: Model, model: Model, questions: Sequence[str]) -> tuple[float, float, float]:
    """How the model's likeliest answers read: nats a token under the base, tokens, share of different tokens."""
    tokenizer, found = base.tokenizer, [answer(model, question) for question in questions]
    chats = (
        [{"role": "user", "content": question}, {"role": "assistant", "content": text}]
        for question, text in zip(questions, found, strict=True)
    )
    ids = [tokenizer.encode(text) for text in found if text]
    surprise = measure(base, [tokenizer.encode_example(chat, max_tokens=512) for chat in chats])[0]
    return surprise, float(np.mean([len(i) for i in ids])), float(np.mean([len(set(i)) / len(i) for i in ids]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", default=["manner", "right", "shorter"])
    parser.add_argument("--n", type=int, nargs="+", default=[100])
    parser.add_argument("--rates", type=float, nargs="+", default=[2e-5, 5e-5, 1e-4, 2e-4, 5e-4])
    parser.add_argument("--batches", type=int, nargs="+", default=[4, 8])
    parser.add_argument("--epochs", type=int, help="instead of the auto rule")
    parser.add_argument("--seeds", type=int, default=1)
    args = parser.parse_args()
    base = Model.load(NANO)
    print(HEAD + "\n" + "|---" * (HEAD.count("|") - 1) + "|")
    for name, n, seed in itertools.product(args.tasks, args.n, range(args.seeds)):
        chosen = task(name, base, n, seed)
        train, aside = (
            [encode_pair(base.tokenizer, [{"role": "user", "content": q}], *both, max_tokens=512) for q, *both in some]
            for some in (chosen.train, chosen.aside)
        )
        questions = [row[0] for row in chosen.aside[:SPOKEN]]
        before = log_likelihoods(base, aside)
        untuned = spoken(base, base, questions)
        print(f"| {name} | base | | | | | | | | | {untuned[0]:.2f} | {untuned[1]:.1f} | {untuned[2]:.2f} | |")
        for batch, rate in itertools.product(args.batches, args.rates):
            dpo.DPO_RATE = rate
            settings = auto_preference_hyperparameters(n, batch_size=batch, n_epochs=args.epochs)
            began = time.perf_counter()
            run = PreferenceTrainer(base, train, hyperparameters=settings, seed=seed)
            for _ in run:
                pass
            seconds = time.perf_counter() - began
            after = log_likelihoods(run.model, aside)
            losses, margins = preference_losses(after, before, settings.beta)
            moved = (after - before).mean(axis=0)
            says = spoken(base, run.model, questions)
            figures = (losses.mean(), (margins > 0).mean(), margins.mean(), *moved, *says, seconds)
            cells = [f"{value:.{places}f}" for value, places in zip(figures, (3, 2, 2, 1, 1, 2, 1, 2, 1), strict=True)]
            print("|", " | ".join([name, str(n), str(settings.n_epochs), str(batch), f"{rate:g}", *cells]), "|", flush=True)


if __name__ == "__main__":
    main()
