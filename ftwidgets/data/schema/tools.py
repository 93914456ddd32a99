"""Tools: what a row offers (`tools`, `functions`) and what the assistant calls (`tool_calls`, `function_call`).

Source: OpenAI's published openapi.yaml, branch 2025-03-21 (ChatCompletionTool, FunctionObject, ChatCompletionMessageToolCall);
the pattern of names is in its descriptions. Stricter than it: names, empty lists, repeated ids, and arguments that are no JSON
object, from which a model would learn broken calls.

Left out: whether the arguments fit the parameters of the tool.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from ftwidgets.data.rows import Fault
from ftwidgets.data.schema.display import compact, shown
from ftwidgets.data.text import pluralize, quote

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
NAME_RULE = "a name is 1 to 64 letters (a to z), digits, _ or -"
MOST = 128


def call_faults(message: dict[str, Any], place: str) -> Iterator[Fault]:
    """Yield what is wrong with the calls of an assistant message."""
    if "tool_calls" in message:
        yield from _calls(message["tool_calls"], place)
    call = message.get("function_call")
    if call is not None:
        yield from _function(call, f'{place}, "function_call",', "function_call")


def _calls(calls: object, place: str) -> Iterator[Fault]:
    if calls is None or calls == []:
        text = f'{place} has {shown(calls)} as its "tool_calls"; a service wants a call in it, or no such key.'
        yield Fault("bad-tool-call", "error", text, "Delete the key.", "tool_calls", repair="drop-empty-keys")
        return
    if not isinstance(calls, list):
        yield _bad_call(f'{place} has {shown(calls)} as its "tool_calls"; it must be a list.', "Put the call into a list.")
        return
    seen: set[str] = set()
    for number, call in enumerate(calls, start=1):
        where = f"{place}, call {number},"
        if not isinstance(call, dict):
            yield _bad_call(f"{where} is {shown(call)}; it must be an object.", 'Write {"id", "type", "function"}.')
            continue
        name = call.get("id")
        if not isinstance(name, str) or not name:
            yield _bad_call(f'{where} has {shown(name)} as its "id"; it must be text.', "Give each call an id of its own.")
        elif name in seen:
            yield _bad_call(f"{where} has the id {quote(name)} of an earlier call.", "Give each call an id of its own.")
        else:
            seen.add(name)
        if call.get("type") != "function":
            yield _bad_call(f'{where} has {shown(call.get("type"))} as its "type".', 'Write "function".')
        yield from _function(call.get("function"), where, "tool_calls")


def _function(function: object, where: str, field: str) -> Iterator[Fault]:
    """Yield what is wrong with the name and the arguments of a call."""
    if not isinstance(function, dict):
        yield _bad_call(f"{where} has {shown(function)} for its function.", 'Write {"name": "…", "arguments": "{…}"}.', field)
        return
    name, arguments = function.get("name"), function.get("arguments")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield _bad_call(f"{where} calls {shown(name)}; {NAME_RULE}.", "Correct the name.", field)
    if isinstance(arguments, str):
        if not arguments_fit(arguments):
            text = f"{where} has arguments that are no JSON object: {quote(arguments)}."
            yield _bad_call(text, "Correct them; the model would learn to write such calls.", field)
    else:
        text = f"{where} has {shown(arguments)} as its arguments; they must be JSON in a string."
        repair = "arguments-as-text" if arguments_text(arguments) is not None else None
        yield _bad_call(text, 'Write them as text: "{\\"city\\": \\"Oslo\\"}".', field, repair)


def arguments_fit(arguments: str) -> bool:
    """Tell whether the arguments of a call are a JSON object, or blank (a call without any)."""
    return not arguments.strip() or isinstance(parsed(arguments), dict)


def parsed(text: str) -> Any:
    """Return what a JSON text says; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def arguments_text(arguments: object) -> str | None:
    """Return arguments given as an object in the text that they should be; None where there is no such text."""
    return compact(arguments) if isinstance(arguments, dict) else None


def offer_faults(row: dict[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with the `tools`, `functions` and `parallel_tool_calls` of a row (or of a preference row's input)."""
    for key in ("tools", "functions"):
        if key in row:
            yield from _offers(row[key], key)
    if "parallel_tool_calls" in row and not isinstance(row["parallel_tool_calls"], bool):
        flag = row["parallel_tool_calls"]
        text = f'"parallel_tool_calls" is {shown(flag)}; it must be true or false.'
        repair = "drop-empty-keys" if flag is None else None
        yield Fault("bad-tools", "error", text, "Write true or false, or delete the key.", "parallel_tool_calls", repair=repair)


def _offers(offers: object, key: str) -> Iterator[Fault]:
    if offers is None or offers == []:
        text = f"{quote(key)} is {shown(offers)}; a service wants at least one, or no such key."
        yield _bad_tools(text, "Delete the key.", key, "drop-empty-keys")
    elif not isinstance(offers, list):
        yield _bad_tools(f"{quote(key)} is {shown(offers)}; it must be a list.", "Write it as a list.", key)
    else:
        if len(offers) > MOST:
            yield _bad_tools(f"{quote(key)} has {pluralize(len(offers), 'function')}; {MOST} is the most.", "Offer fewer.", key)
        for number, offer in enumerate(offers, start=1):
            wrong = _wrong_tool(offer) if key == "tools" else _wrong_function(offer)
            if wrong is not None:
                yield _bad_tools(f"{quote(key)}, number {number}, {wrong}.", "Correct it.", key)


def _wrong_tool(tool: object) -> str | None:
    if not isinstance(tool, dict):
        return f"is {shown(tool)}; it must be an object"
    if tool.get("type") != "function":
        return f'has {shown(tool.get("type"))} as its "type"; it must be "function"'
    return _wrong_function(tool.get("function"))


def _wrong_function(function: object) -> str | None:
    """Say what is wrong with a function's description; None if it is right."""
    if not isinstance(function, dict):
        return f'has {shown(function)} as its "function"; it must be an object'
    name, parameters = function.get("name"), function.get("parameters", {})
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return f"has the name {shown(name)}; {NAME_RULE}"
    if not isinstance(function.get("description", ""), str):
        return f'has {shown(function["description"])} as its "description"; it must be text'
    if not isinstance(parameters, dict):
        return f'has {shown(parameters)} as its "parameters"; it must be a JSON schema, an object'
    if compact(parameters) is None:
        return 'has "parameters" that cannot be written as JSON: a NaN or infinity, or nested too deep'
    strict = function.get("strict")
    return (
        None if strict is None or isinstance(strict, bool) else f'has {shown(strict)} as its "strict"; it must be true or false'
    )


def _bad_call(message: str, fix: str, field: str = "tool_calls", repair: str | None = None) -> Fault:
    return Fault("bad-tool-call", "error", message, fix, field, repair=repair)


def _bad_tools(message: str, fix: str, field: str, repair: str | None = None) -> Fault:
    return Fault("bad-tools", "error", message, fix, field, repair=repair)
