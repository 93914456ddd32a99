"""Make a shard of sentiment chats for pretraining: sentences of the corpus, labelled by VADER's word list (MIT).

`python tools/pretrain/sentiment.py CORPUS` writes CORPUS/synth_sentiment_opinions.jsonl. The labels are silver: right for plain
sentences, blind to irony.
Needs vaderSentiment. Left out: neutral sentences, and anything from this kit's own datasets.
"""

import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

SHARDS = ("topical_chat", "hotel_restaurant_reviews", "standard_ebooks", "chitchat_personas")
CLEAR = 0.55  # VADER's compound score from which a sentence counts as positive or negative
# Ways to ask; the words of the answer follow the words of the question.
QUESTIONS = (
    ("Classify the sentiment as positive or negative: {}", "positive", "negative"),
    ("{}\nPositive or negative?", "positive", "negative"),
    ("Is this a happy or an unhappy comment? {}", "happy", "unhappy"),
    ("Review: {}\nSentiment:", "positive", "negative"),
    ("Would the writer recommend it? {}", "yes", "no"),
    ("Text: {}\nLabel it good or bad.", "good", "bad"),
    ("How does the customer feel? {}", "positive", "negative"),
)


def sentences(folder: Path) -> Iterator[str]:
    """Sentences of 4 to 30 words from the shards."""
    for shard in SHARDS:
        for line in (folder / f"{shard}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts = [message["content"] for message in row["messages"]] if "messages" in row else [row["text"]]
            for text in texts:
                for sentence in re.split(r"(?<=[.!?])\s+", text.replace("\n", " ")):
                    if 4 <= len(sentence.split()) <= 30:
                        yield sentence.strip()


def main() -> None:
    folder = Path(sys.argv[1])
    rng = random.Random(0)
    score = SentimentIntensityAnalyzer().polarity_scores
    found: dict[bool, list[str]] = {True: [], False: []}
    for sentence in sorted(set(sentences(folder))):
        compound = score(sentence)["compound"]
        if abs(compound) >= CLEAR:
            found[compound > 0].append(sentence)
    rows = []
    fewer = min(map(len, found.values()))
    for positive, chosen in found.items():
        rng.shuffle(chosen)
        for sentence in chosen[:fewer]:
            question, good, bad = rng.choice(QUESTIONS)
            answer = good if positive else bad
            chat = [{"role": "user", "content": question.format(sentence)}, {"role": "assistant", "content": answer}]
            rows.append({"messages": chat})
    rng.shuffle(rows)
    out = folder / "synth_sentiment_opinions.jsonl"
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    print({("positive" if key else "negative"): len(value) for key, value in found.items()}, "->", len(rows), "rows")


if __name__ == "__main__":
    main()
