"""The algorithm of OpenAI's notebook Chat_finetuning_data_prep (openai-cookbook), written anew: a reference for speed only.

It does what the notebook does, in the notebook's order: read a JSONL file, check the format of each row, count the tokens of
each conversation and of its answers with tiktoken, warn, print distributions, estimate the cost. Its mistakes are kept where
they cost time (answers are tokenized twice; text that looks like a special token is an error), but nothing here is held up as
right. Left out: its prose. One change: the encoding is o200k_base, as for the models that can still be tuned.
"""

import json
import sys
from collections import defaultdict
from typing import Any

import numpy as np
import tiktoken

LIMIT = 16_385  # tokens an example may have
KEYS = ("role", "content", "name", "function_call", "weight")
ROLES = ("system", "user", "assistant", "function")

Row = dict[str, Any]


def load(path: str) -> list[Row]:
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def format_errors(rows: list[Row]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        if not isinstance(row, dict):
            found["data_type"] += 1
            continue
        messages = row.get("messages", None)
        if not messages:
            found["missing_messages_list"] += 1
            continue
        for message in messages:
            if "role" not in message or "content" not in message:
                found["message_missing_key"] += 1
            if any(key not in KEYS for key in message):
                found["message_unrecognized_key"] += 1
            if message.get("role", None) not in ROLES:
                found["unrecognized_role"] += 1
            content = message.get("content", None)
            if (not content and not message.get("function_call", None)) or not isinstance(content, str):
                found["missing_content"] += 1
        if not any(message.get("role", None) == "assistant" for message in messages):
            found["example_missing_assistant_message"] += 1
    return found


def tokens_of_messages(encoding: tiktoken.Encoding, messages: list[Row], per_message: int = 3, per_name: int = 1) -> int:
    count = 0
    for message in messages:
        count += per_message
        for key, value in message.items():
            count += len(encoding.encode(value))
            if key == "name":
                count += per_name
    return count + 3


def tokens_of_answers(encoding: tiktoken.Encoding, messages: list[Row]) -> int:
    return sum(len(encoding.encode(message["content"])) for message in messages if message["role"] == "assistant")


def print_distribution(values: list[int], name: str) -> None:
    print(f"\n#### Distribution of {name}:")
    print(f"min / max: {min(values)}, {max(values)}")
    print(f"mean / median: {np.mean(values)}, {np.median(values)}")
    print(f"p5 / p95: {np.quantile(values, 0.1)}, {np.quantile(values, 0.9)}")


def epochs_for(n_rows: int, target: int = 3) -> int:
    if n_rows * target < 100:
        return min(25, 100 // n_rows)
    if n_rows * target > 25_000:
        return max(1, 25_000 // n_rows)
    return target


def main(path: str) -> None:
    rows = load(path)
    print("Num examples:", len(rows))
    print("First example:")
    for message in rows[0]["messages"]:
        print(message)

    errors = format_errors(rows)
    for name, count in errors.items():
        print(f"{name}: {count}")
    if not errors:
        print("No errors found")

    encoding = tiktoken.get_encoding("o200k_base")
    without_system = without_user = 0
    n_messages: list[int] = []
    lengths: list[int] = []
    answer_lengths: list[int] = []
    for row in rows:
        messages = row["messages"]
        without_system += not any(message["role"] == "system" for message in messages)
        without_user += not any(message["role"] == "user" for message in messages)
        n_messages.append(len(messages))
        lengths.append(tokens_of_messages(encoding, messages))
        answer_lengths.append(tokens_of_answers(encoding, messages))
    print("Num examples missing system message:", without_system)
    print("Num examples missing user message:", without_user)
    print_distribution(n_messages, "num_messages_per_example")
    print_distribution(lengths, "num_total_tokens_per_example")
    print_distribution(answer_lengths, "num_assistant_tokens_per_example")
    print(f"{sum(length > LIMIT for length in lengths)} examples may be over the {LIMIT} token limit")

    n_epochs = epochs_for(len(rows))
    billed = sum(min(LIMIT, length) for length in lengths)
    print(f"Dataset has ~{billed} tokens that will be charged for during training")
    print(f"By default, you'll train for {n_epochs} epochs on this dataset, ~{n_epochs * billed} tokens")


if __name__ == "__main__":
    main(sys.argv[1])
