"""Check tools: what a row offers (`tools`, `functions`) and what the assistant calls (`tool_calls`, `function_call`).

Source: OpenAI's published openapi.yaml, branch 2025-03-21 (ChatCompletionTool, FunctionObject, ChatCompletionMessageToolCall);
the pattern of names is in its descriptions. Stricter than it: names, empty lists, repeated ids, and arguments that are no JSON
object, from which a model would learn broken calls.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.schema.display import display, to_json
from ftwidgets.data.schema.shared_findings import ARGUMENTS_AS_TEXT, DROP_EMPTY_KEYS
from ftwidgets.data.text import pluralize, quote

BAD_TOOL_CALL = FindingType(
    "bad-tool-call", "error", title="A tool call has the wrong form",
    why="A call has an `id`, the type `function`, and a function with a `name` and `arguments`; the arguments are a text that "
        "holds JSON.",
    fix="Write it as the API's answers have it.", optional_repairs=(ARGUMENTS_AS_TEXT, DROP_EMPTY_KEYS),
)  # fmt: skip
BAD_TOOLS = FindingType(
    "bad-tools", "error", title="The list of tools has the wrong form",
    why="Each tool has the type `function` and a function with a `name`; no two have the same.",
    fix="Write the list as in a request to the API.", optional_repairs=(DROP_EMPTY_KEYS,),
)  # fmt: skip

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
NAME_RULE = "a name is 1 to 64 letters (a to z), digits, _ or -"
TOOL_KEYS = ("tools", "functions", "parallel_tool_calls")  # what a row may have beside its messages
_MAX_TOOLS = 128


def call_findings(message: dict[str, Any], place: str) -> Iterator[Finding]:
    """Yield what is wrong with the calls of an assistant message."""
    if "tool_calls" in message:
        yield from _tool_call_findings(message["tool_calls"], place)
    call = message.get("function_call")
    if call is not None:
        yield from _function_findings(call, f'{place}, "function_call",', "function_call")


def _tool_call_findings(calls: object, place: str) -> Iterator[Finding]:
    if calls is None or calls == []:
        text = f'{place} has {display(calls)} as its "tool_calls"; a service wants a call in it, or no such key.'
        yield BAD_TOOL_CALL(text, "Delete the key.", field="tool_calls", repair=DROP_EMPTY_KEYS)
        return
    if not isinstance(calls, list):
        yield _bad_call(f'{place} has {display(calls)} as its "tool_calls"; it must be a list.', "Put the call into a list.")
        return
    seen: set[str] = set()
    for number, call in enumerate(calls, start=1):
        where = f"{place}, call {number},"
        if not isinstance(call, dict):
            yield _bad_call(f"{where} is {display(call)}; it must be an object.", 'Write {"id", "type", "function"}.')
            continue
        name = call.get("id")
        if not isinstance(name, str) or not name:
            yield _bad_call(f'{where} has {display(name)} as its "id"; it must be text.', "Give each call an id of its own.")
        elif name in seen:
            yield _bad_call(f"{where} has the id {quote(name)} of an earlier call.", "Give each call an id of its own.")
        else:
            seen.add(name)
        if call.get("type") != "function":
            yield _bad_call(f'{where} has {display(call.get("type"))} as its "type".', 'Write "function".')
        yield from _function_findings(call.get("function"), where, "tool_calls")


def _function_findings(function: object, where: str, field: str) -> Iterator[Finding]:
    if not isinstance(function, dict):
        yield _bad_call(f"{where} has {display(function)} for its function.", 'Write {"name": "…", "arguments": "{…}"}.', field)
        return
    name, arguments = function.get("name"), function.get("arguments")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield _bad_call(f"{where} calls {display(name)}; {NAME_RULE}.", "Correct the name.", field)
    if isinstance(arguments, str):
        if not is_object_or_blank(arguments):
            text = f"{where} has arguments that are no JSON object: {quote(arguments)}."
            yield _bad_call(text, "Correct them; the model would learn to write such calls.", field)
    else:
        text = f"{where} has {display(arguments)} as its arguments; they must be JSON in a string."
        repair = ARGUMENTS_AS_TEXT if arguments_text(arguments) is not None else None
        yield _bad_call(text, 'Write them as text: "{\\"city\\": \\"Oslo\\"}".', field, repair)


def is_object_or_blank(arguments: str) -> bool:
    """Tell whether the arguments of a call are a JSON object, or blank (a call without any)."""
    return not arguments.strip() or isinstance(parse_json(arguments), dict)


def parse_json(text: str) -> Any:
    """Return the value of JSON text; None where it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def arguments_text(arguments: object) -> str | None:
    """Return arguments given as an object as the JSON text that they should be; None where there is none."""
    return to_json(arguments) if isinstance(arguments, dict) else None


def tool_findings(row: dict[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with the `tools`, `functions` and `parallel_tool_calls` of a row (or of a preference row's input)."""
    for key in ("tools", "functions"):
        if key in row:
            yield from _tool_list_findings(row[key], key)
    if "parallel_tool_calls" in row and not isinstance(row["parallel_tool_calls"], bool):
        flag = row["parallel_tool_calls"]
        text = f'"parallel_tool_calls" is {display(flag)}; it must be true or false.'
        repair = DROP_EMPTY_KEYS if flag is None else None
        yield BAD_TOOLS(text, "Write true or false, or delete the key.", field="parallel_tool_calls", repair=repair)


def _tool_list_findings(tools: object, key: str) -> Iterator[Finding]:
    if tools is None or tools == []:
        text = f"{quote(key)} is {display(tools)}; a service wants at least one, or no such key."
        yield BAD_TOOLS(text, "Delete the key.", key, repair=DROP_EMPTY_KEYS)
    elif not isinstance(tools, list):
        yield BAD_TOOLS(f"{quote(key)} is {display(tools)}; it must be a list.", "Write it as a list.", key)
    else:
        if len(tools) > _MAX_TOOLS:
            text = f"{quote(key)} has {pluralize(len(tools), 'function')}; {_MAX_TOOLS} is the most."
            yield BAD_TOOLS(text, "Offer fewer.", key)
        for number, tool in enumerate(tools, start=1):
            problem: str | None
            if key == "functions":
                problem = _describe_function_problem(tool)
            elif not isinstance(tool, dict):
                problem = f"is {display(tool)}; it must be an object"
            elif tool.get("type") != "function":
                problem = f'has {display(tool.get("type"))} as its "type"; it must be "function"'
            else:
                problem = _describe_function_problem(tool.get("function"))
            if problem is not None:
                yield BAD_TOOLS(f"{quote(key)}, number {number}, {problem}.", "Correct it.", key)


def _describe_function_problem(function: object) -> str | None:
    if not isinstance(function, dict):
        return f'has {display(function)} as its "function"; it must be an object'
    name, parameters = function.get("name"), function.get("parameters", {})
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return f"has the name {display(name)}; {NAME_RULE}"
    if not isinstance(function.get("description", ""), str):
        return f'has {display(function["description"])} as its "description"; it must be text'
    if not isinstance(parameters, dict):
        return f'has {display(parameters)} as its "parameters"; it must be a JSON schema, an object'
    if to_json(parameters) is None:
        return 'has "parameters" that cannot be written as JSON: a NaN or infinity, or nested too deep'
    strict = function.get("strict")
    if strict is None or isinstance(strict, bool):
        return None
    return f'has {display(strict)} as its "strict"; it must be true or false'


def _bad_call(message: str, fix: str, field: str = "tool_calls", repair: FixType | None = None) -> Finding:
    return BAD_TOOL_CALL(message, fix, field=field, repair=repair)
