"""Baselines, the scores that a tuned model has to beat: functions from the messages to an answer, without fine-tuning.

`ftwidgets.evaluate` accepts them in place of a model's id. To compare with a classifier of another package, wrap it in a
function of your own.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftwidgets.evaluation.examples import read_examples

if TYPE_CHECKING:
    import openai

    from ftwidgets.evaluation.evaluate import Answerer
    from ftwidgets.evaluation.examples import Examples

_WORD = re.compile(r"\w\w+")  # scikit-learn's default: words of two characters or more


def majority(train: Examples) -> Answerer:
    """Always answer with the most common answer of the training examples (the first of them, if two are equally common).

    Parameters
    ----------
    train
        The training examples, as for `ftwidgets.evaluate`.

    Returns
    -------
    Answerer
        Pass it to `ftwidgets.evaluate` under a name: `{"majority": majority(train), "tuned": job.model}`.
    """
    answer = Counter(question.reference.strip() for question in read_examples(train)).most_common(1)[0][0]
    return lambda messages: answer


def prompt(client: openai.OpenAI, model: str, template: str, *, labels: Sequence[str] = (), max_tokens: int = 64) -> Answerer:
    r"""Ask a model without tuning it, with an instruction around the question.

    Parameters
    ----------
    client, model
        The client, and the id of the model.
    template
        The instruction, with `{}` where the question goes: `"{}\nPositive or negative?"`.
    labels
        If given, an answer counts as the label that it mentions first, in upper or lower case: "Positive." as "positive".
    max_tokens
        The length limit of an answer.

    Returns
    -------
    Answerer
        Pass it to `ftwidgets.evaluate` under a name.
    """
    if not isinstance(template, str) or "{}" not in template:
        raise ValueError(f'"template" must be a text that holds {{}}, where the question goes: {template!r}')
    _check_labels(labels)

    def answer(messages: Any) -> str:
        asked = {"role": "user", "content": template.replace("{}", _last(messages))}
        return _first_label(_ask(client, model, [*messages[:-1], asked], max_tokens), labels)

    return answer


def few_shot(
    client: openai.OpenAI,
    model: str,
    train: Examples,
    *,
    shots: int = 4,
    seed: int = 0,
    labels: Sequence[str] = (),
    max_tokens: int = 64,
) -> Answerer:
    """Ask a model without tuning it, with a few training examples as earlier turns of the chat.

    Parameters
    ----------
    client, model
        The client, and the id of the model.
    train
        The training examples, as for `ftwidgets.evaluate`.
    shots, seed
        How many of them, and the seed that decides which.
    labels
        If given, an answer counts as the label that it mentions first, in upper or lower case: "Positive." as "positive".
    max_tokens
        The length limit of an answer.

    Returns
    -------
    Answerer
        Pass it to `ftwidgets.evaluate` under a name.
    """
    pool = read_examples(train)
    _check_labels(labels)
    if not isinstance(shots, int) or not 1 <= shots <= len(pool):
        raise ValueError(f'"shots" must be 1 to {len(pool)}, as many as there are training examples: {shots!r}')
    earlier: list[Any] = []
    for example in random.Random(seed).sample(pool, shots):
        asked = [turn for turn in example.messages if turn.get("role") != "system"]
        earlier += [*asked, {"role": "assistant", "content": example.reference}]

    def answer(messages: Any) -> str:
        head = [turn for turn in messages[:1] if turn.get("role") == "system"]
        turns = [*head, *earlier, *messages[len(head) :]]
        return _first_label(_ask(client, model, turns, max_tokens), labels)

    return answer


def nearest(train: Examples, *, pooled: bool = False) -> Answerer:
    """Look up the training question whose words are closest to the question's, and give its answer.

    TF-IDF with cosine similarity, as scikit-learn's `TfidfVectorizer` computes it by default: a word counts as often as it
    occurs, times `ln((1 + n) / (1 + df)) + 1` for `n` questions of which `df` hold the word; each question is scaled to
    length 1. Of two equally near questions the first one answers.

    Parameters
    ----------
    train
        The training examples, as for `ftwidgets.evaluate`.
    pooled
        Compare with the mean of all questions that have the same answer (the nearest centroid, or Rocchio's classifier)
        instead of with each question. Better where many questions share a few answers.

    Returns
    -------
    Answerer
        Pass it to `ftwidgets.evaluate` under a name.
    """
    import numpy as np

    examples = read_examples(train)
    words = [_count_words(example.prompt) for example in examples]
    holding = Counter(word for counts in words for word in counts)
    idf = {word: math.log((1 + len(words)) / (1 + df)) + 1 for word, df in holding.items()}

    vectors = [_scale({word: count * idf[word] for word, count in counts.items()}) for counts in words]
    answers = [example.reference for example in examples]
    if pooled:
        sums: dict[str, Counter[str]] = {answer: Counter() for answer in answers}
        for answer, vector in zip(answers, vectors, strict=True):
            sums[answer].update(vector)  # a Counter adds up fractions, too
        vectors, answers = [_scale(total) for total in sums.values()], list(sums)
    # By word, as most words stand in few questions: a table of all words and questions would not fit into memory.
    holders: dict[str, tuple[list[int], list[float]]] = {word: ([], []) for word in idf}
    for at, vector in enumerate(vectors):
        for word, weight in vector.items():
            holders[word][0].append(at)
            holders[word][1].append(weight * idf[word])
    table = {word: (np.array(rows), np.array(weights)) for word, (rows, weights) in holders.items()}

    def look_up(messages: Sequence[Mapping[str, Any]]) -> str:
        likeness = np.zeros(len(answers))
        for word, count in _count_words(_last(messages)).items():
            if word in table:
                rows, weights = table[word]
                likeness[rows] += count * weights
        return answers[int(np.argmax(likeness))]

    return look_up


def naive_bayes(train: Examples) -> Answerer:
    """Answer with the likeliest answer, counting the words of the training questions: a classifier without any model.

    Multinomial naive Bayes with add-one smoothing, by Manning, Raghavan and Schuetze, Introduction to Information Retrieval
    (2008), figure 13.2: the logarithm of the share of the answer in the training examples, plus for each word that the
    training questions hold the logarithm of its share, `(its count + 1) / (all counts + number of different words)`.

    Parameters
    ----------
    train
        The training examples, as for `ftwidgets.evaluate`.

    Returns
    -------
    Answerer
        Pass it to `ftwidgets.evaluate` under a name.
    """
    examples = read_examples(train)
    answers = Counter(example.reference.strip() for example in examples)
    counts: dict[str, Counter[str]] = {answer: Counter() for answer in answers}
    for example in examples:
        counts[example.reference.strip()] += _count_words(example.prompt)
    known = set().union(*counts.values())
    total = {answer: words.total() + len(known) for answer, words in counts.items()}

    def score(answer: str, asked: Counter[str]) -> float:
        shares = (n * math.log((counts[answer][word] + 1) / total[answer]) for word, n in asked.items() if word in known)
        return math.log(answers[answer] / len(examples)) + sum(shares)

    def answer(messages: Sequence[Mapping[str, Any]]) -> str:
        asked = _count_words(_last(messages))
        return max(answers, key=lambda label: score(label, asked))

    return answer


def _count_words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.lower()))


def _scale(vector: Mapping[str, float]) -> dict[str, float]:
    """Scale a vector to length 1; one of a text without words stays empty."""
    length = math.sqrt(math.fsum(weight * weight for weight in vector.values()))
    return {word: weight / length for word, weight in vector.items()}


def _check_labels(labels: Sequence[str]) -> None:
    if isinstance(labels, str) or not all(isinstance(label, str) and label.strip() for label in labels or ()):
        raise ValueError(f'"labels" must be a list of texts, none of them empty, such as ["positive", "negative"]: {labels!r}')


def _last(messages: Sequence[Mapping[str, Any]]) -> str:
    return str(messages[-1].get("content") or "")


def _ask(client: openai.OpenAI, model: str, turns: Any, max_tokens: int) -> str:
    completion = client.chat.completions.create(model=model, messages=turns, max_tokens=max_tokens, temperature=0)
    return (completion.choices[0].message.content if completion.choices else None) or ""


def _first_label(answer: str, labels: Sequence[str]) -> str:
    """Return the label that an answer mentions first; the answer itself if it mentions none."""
    found = [(at, label) for label in labels or () if (at := answer.lower().find(label.lower())) >= 0]
    return min(found)[1] if found else answer
