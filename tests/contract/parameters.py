"""Every parameter of the five calls that create something: honoured, without effect, or refused; each with a plausible value.

Left out: the parameters of the calls that look (`filters`).
"""

from dataclasses import dataclass, field
from typing import Any

from tests.contract.journey.traveller import METADATA, jsonl, lessons

Values = dict[str, Any]


@dataclass(frozen=True)
class Parameters:
    """The parameters of a call: what it needs, and the three kinds of the others.

    Parameters
    ----------
    needed
        What the call cannot do without; a text in braces stands for an id or name that the test puts in.
    honoured, ignored, refused
        A value that is not the default, by name. What is `ignored` is taken and changes nothing.
    along
        What a parameter needs beside itself.
    in_part
        Those of the refused ones that are honoured with other values.
    """

    needed: Values
    honoured: Values = field(default_factory=dict)
    ignored: Values = field(default_factory=dict)
    refused: Values = field(default_factory=dict)
    along: dict[str, Values] = field(default_factory=dict)
    in_part: tuple[str, ...] = ()

    def names(self) -> list[str]:
        """List all of them."""
        return [*self.needed, *self.honoured, *self.ignored, *self.refused]


LASTING = {"anchor": "created_at", "seconds": 7200}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}

PARAMETERS = {
    "files.create": Parameters(
        needed={"file": ("rows.jsonl", jsonl(lessons())), "purpose": "fine-tune"}, honoured={"expires_after": LASTING}
    ),
    "uploads.create": Parameters(
        needed={"bytes": 9, "filename": "a.jsonl", "mime_type": "text/jsonl", "purpose": "fine-tune"},
        honoured={"expires_after": LASTING},
    ),
    "fine_tuning.jobs.create": Parameters(
        needed={"model": "{base}", "training_file": "{file}"},
        honoured={
            "validation_file": "{file}",
            "suffix": "surface",
            "seed": 11,
            "metadata": METADATA,
            "hyperparameters": {"n_epochs": 2},
            "method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.3}}},
        },
        refused={"integrations": [{"type": "wandb", "wandb": {"project": "lessons"}}]},
    ),
    "chat.completions.create": Parameters(
        needed={"model": "{base}", "messages": [{"role": "user", "content": "Who lives at number 1?"}]},
        honoured={
            "max_completion_tokens": 4,
            "max_tokens": 4,
            "temperature": 0.5,
            "top_p": 0.5,
            "n": 2,
            "seed": 3,
            "stop": ["."],
            "logprobs": True,
            "top_logprobs": 2,
            "stream": True,
            "stream_options": {"include_usage": True},
            "metadata": METADATA,
            "store": True,
        },
        along={"top_logprobs": {"logprobs": True}, "stream_options": {"stream": True}},
        in_part=("response_format",),
        ignored={
            "user": "someone",
            "safety_identifier": "someone",
            "prompt_cache_key": "key",
            "prompt_cache_retention": "24h",
        },
        refused={
            "audio": {"format": "wav", "voice": "alloy"},
            "frequency_penalty": 0.5,
            "function_call": "auto",
            "functions": [{"name": "look"}],
            "logit_bias": {"5": 10},
            "modalities": ["text", "audio"],
            "moderation": {"model": "omni-moderation-latest"},
            "parallel_tool_calls": True,
            "prediction": {"type": "content", "content": "Boris does."},
            "presence_penalty": 0.5,
            "prompt_cache_options": {"mode": "explicit"},
            "reasoning_effort": "low",
            "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}},
            "service_tier": "flex",
            "tool_choice": "auto",
            "tools": [TOOL],
            "verbosity": "low",
            "web_search_options": {"search_context_size": "low"},
        },
    ),
    "responses.create": Parameters(
        needed={"model": "{base}", "input": "Who lives at number 1?"},
        honoured={
            "instructions": "Be brief.",
            "max_output_tokens": 16,
            "temperature": 0.5,
            "top_p": 0.5,
            "include": ["message.output_text.logprobs"],
            "top_logprobs": 2,
            "metadata": METADATA,
            "previous_response_id": "{response}",
            "store": False,
            "stream": True,
        },
        along={"top_logprobs": {"include": ["message.output_text.logprobs"]}, "stream_options": {"stream": True}},
        in_part=("text",),
        ignored={
            "user": "someone",
            "safety_identifier": "someone",
            "prompt_cache_key": "key",
            "prompt_cache_retention": "24h",
            "parallel_tool_calls": False,
            "tool_choice": "none",
        },
        refused={
            "access_programs": {"cyber": "on"},
            "background": True,
            "background_options": {"webhook": "on"},
            "context_management": [{"type": "compaction", "compact_threshold": 1000}],
            "conversation": "conv_1",
            "image": {"model": "gpt-image-2"},
            "max_tool_calls": 3,
            "moderation": {"model": "omni-moderation-latest"},
            "prompt": {"id": "pmpt_1"},
            "prompt_cache_options": {"mode": "explicit"},
            "reasoning": {"effort": "high"},
            "service_tier": "flex",
            "stream_options": {"include_obfuscation": True},
            "text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}},
            "tools": [{"type": "web_search"}],
            "truncation": "auto",
        },
    ),
}
