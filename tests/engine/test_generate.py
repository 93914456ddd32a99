from typing import Any

import numpy as np
import pytest

from ftwidgets.engine import Model, Piece, generate
from ftwidgets.engine.batches import Example, collate
from ftwidgets.engine.generate import Cache, Generation, advance, feed
from ftwidgets.engine.llama import logits_of
from ftwidgets.engine.sampling import log_softmax, sample


def prompt(model: Model, text: str = "Hello, how are you?") -> list[int]:
    return model.tokenizer.encode_prompt([{"role": "user", "content": text}])


def joined(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def test_cache_changes_nothing(nano: Model) -> None:
    """Feeding tokens one by one, in lumps or all at once gives the logits that the training code computes."""
    ids = prompt(nano)
    whole = logits_of(nano.params, collate([Example(np.array([*ids, 0]), np.ones(len(ids) + 1))]))[-1]
    for cuts in ([len(ids)], [1] * len(ids), [3, len(ids) - 3]):
        cache, at = Cache(nano, len(ids)), 0
        for n in cuts:
            logits = feed(nano, [cache], [ids[at : at + n]])[0]
            at += n
        np.testing.assert_allclose(logits, whole, rtol=1e-3, atol=1e-4)


def test_greedy_is_repeatable_and_ends_the_turn(nano: Model) -> None:
    """Temperature 0 gives one text, whatever the seed; the turn's end is the reason to stop and is not text."""
    first, again = (list(generate(nano, prompt(nano), max_tokens=60, temperature=0, seed=s)) for s in (1, 2))
    assert joined(first) == joined(again) != ""
    assert first[-1].finish_reason == "stop"
    assert "<|" not in joined(first)


def test_seed_decides_the_draw(nano: Model) -> None:
    """The same seed draws the same text; many seeds draw several."""
    texts = [joined(list(generate(nano, prompt(nano), max_tokens=12, seed=seed))) for seed in (1, 1, 2, 3, 4)]
    assert texts[0] == texts[1]
    assert len(set(texts)) > 2


def test_length_limits(nano: Model) -> None:
    """max_tokens and the end of the context both end a text with reason "length"."""
    pieces = list(generate(nano, prompt(nano), max_tokens=3, temperature=0))
    assert sum(piece.n_tokens for piece in pieces) == 3
    assert pieces[-1].finish_reason == "length"
    long = (prompt(nano) * 60)[:510]
    pieces = list(generate(nano, long, max_tokens=50, temperature=0))
    assert sum(piece.n_tokens for piece in pieces) <= 2
    for bad in ([], [*long, 5, 5]):
        with pytest.raises(ValueError, match="A prompt must have 1 to 511 tokens"):
            next(generate(nano, bad, max_tokens=1))


def test_stop_text_is_not_given_out(nano: Model) -> None:
    """Generation stops before a stop text."""
    whole = joined(list(generate(nano, prompt(nano), max_tokens=60, temperature=0)))
    stop = whole[5:8]
    pieces = list(generate(nano, prompt(nano), max_tokens=60, temperature=0, stop=[stop]))
    assert joined(pieces) == whole[: whole.index(stop)]
    assert pieces[-1].finish_reason == "stop"


def test_logprobs_are_the_models(nano: Model) -> None:
    """Each token's log-probability is the one its logits give; alternatives come best first; greedy takes the first."""
    ids = prompt(nano)
    pieces = list(generate(nano, ids, max_tokens=4, temperature=0, top_logprobs=3))
    tokens = [token for piece in pieces for token in piece.tokens]
    assert len(tokens) == 4
    assert "".join(token.token for token in tokens) == joined(pieces)
    logprobs = log_softmax(feed(nano, [Cache(nano, len(ids))], [ids])[0])
    assert tokens[0].logprob == pytest.approx(float(logprobs.max()))
    for token in tokens:
        assert len(token.top) == 3
        assert [value for _, _, value in token.top] == sorted((value for _, _, value in token.top), reverse=True)
        assert token.top[0] == (token.token, token.raw, token.logprob)


def test_sampling_follows_the_probabilities() -> None:
    """Over many draws each token comes as often as its share; top_p keeps the fewest that reach it; heat flattens."""
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    rng = np.random.default_rng(0)

    def shares(**options: float) -> np.ndarray:
        settings: dict[str, Any] = {"temperature": 1.0, "top_p": 1.0, **options}
        draws = [sample(logits, temperature=settings["temperature"], top_p=settings["top_p"], rng=rng) for _ in range(4000)]
        return np.bincount(draws, minlength=4) / 4000

    np.testing.assert_allclose(shares(), [0.5, 0.3, 0.15, 0.05], atol=0.03)
    np.testing.assert_allclose(shares(top_p=0.6), [0.625, 0.375, 0, 0], atol=0.03)
    np.testing.assert_allclose(shares(top_p=0.01), [1, 0, 0, 0], atol=0)
    heated = np.exp(log_softmax(logits / 2))
    np.testing.assert_allclose(shares(temperature=2.0), heated, atol=0.03)


def test_answers_made_together_are_those_made_alone(nano: Model) -> None:
    """Prompts of different lengths, one that joins later, one that ends early: the same tokens."""
    prompts = [
        nano.tokenizer.encode_prompt([{"role": "user", "content": text}]) for text in ("Hi", "Where is my parcel now?", "No")
    ]
    settings: dict[str, Any] = {"temperature": 0, "top_logprobs": 1}
    lengths = (12, 5, 9)
    alone = [list(generate(nano, prompt, max_tokens=n, **settings)) for prompt, n in zip(prompts, lengths, strict=True)]
    made = [Generation(nano, prompt, max_tokens=n, **settings) for prompt, n in zip(prompts, lengths, strict=True)]
    advance(made[:2])
    while running := [one for one in made if not one.ended]:
        advance(running)
    for one, expected in zip(made, alone, strict=True):
        assert [(piece.text, piece.n_tokens, piece.finish_reason) for piece in one.ready] == [
            (piece.text, piece.n_tokens, piece.finish_reason) for piece in expected
        ]
        found, wanted = ([token.logprob for piece in pieces for token in piece.tokens] for pieces in (one.ready, expected))
        np.testing.assert_allclose(found, wanted, rtol=1e-4)
