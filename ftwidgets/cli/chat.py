"""`ftwidgets chat`: talk to a model in the terminal, answers streamed; or to two models, to compare their answers.

In a pipe each line of the input is a question of its own, and each line of the output an answer. Exit codes: 0; 1 a question
of a pipe could not be answered; 2 there is no such model, or the command was mistyped; 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.cli.arguments import positive_int, temperature
from ftwidgets.cli.client import find_model, open_sandbox, refusal
from ftwidgets.cli.layout import INDENT, column_width, format_columns, line_width, single_line, without_controls
from ftwidgets.clients import state_folder
from ftwidgets.data.text import pluralize
from ftwidgets.paths import expand_home

if TYPE_CHECKING:
    import openai
    from openai.types import Model

MAX_TOKENS = 256
TOO_LONG = "context_length_exceeded"
COMMANDS = "/reset forgets the conversation, /system TEXT sets the system prompt, /quit ends. Ctrl-C stops an answer."


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    parser = commands.add_parser("chat", help="talk to a tuned model, or to two models at once", epilog=COMMANDS)
    parser.add_argument("model", nargs="?", metavar="MODEL", help="its name (default: the newest tuned model, else the demo's)")
    parser.add_argument("--with", dest="other", metavar="OTHER", help="a second model, which is asked the same")
    parser.add_argument("--system", metavar="TEXT", help="the system prompt (default: the one that MODEL was trained with)")
    parser.add_argument("--home", type=expand_home, metavar="DIR", help="the folder with the sandbox's state")
    parser.add_argument(
        "--temperature", type=temperature, metavar="X", default=0.0, help="0 to 2; 0 gives the most likely answer (default)"
    )
    parser.add_argument(
        "--max-tokens", type=positive_int, metavar="N", default=MAX_TOKENS, help=f"in an answer (default: {MAX_TOKENS})"
    )


def run(options: argparse.Namespace) -> int:
    """Answer questions from the terminal or from a pipe until there are no more, and return the exit code."""
    home = options.home if options.model else home_with_tuned_model(options.home)
    with open_sandbox(home, train=False) as sandbox, sandbox.client() as client:
        model = find_model(client, options.model) if options.model else newest_model(client)
        names = [model] if options.other is None else [model, find_model(client, options.other)]
        system = trained_system_prompt(client, model) if options.system is None else options.system
        sampling = {"temperature": options.temperature, "max_tokens": options.max_tokens}
        conversations = [Conversation(client, name, system=system, **sampling) for name in dict.fromkeys(names)]
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            return _answer_lines(conversations, system)
        print("\n".join(["Model: " + " and ".join(names), *([f"System prompt: {system}"] if system else []), _commands()]))
        with suppress(ImportError):
            import readline  # noqa: F401 - input() then edits lines and remembers them
        return _talk(conversations, system)


def home_with_tuned_model(home: Path | None) -> Path | None:
    """Return the state folder that was named, or that of the newest demo if nothing has been tuned outside the demos."""
    demos = sorted(state_folder(home).glob("demo-*"), reverse=True)  # their names are their times
    for folder in (home, *demos) if demos else ():
        with open_sandbox(folder, train=False) as sandbox, sandbox.client() as client:
            if tuned_models(client):
                if folder is not home:
                    print(f"Nothing has been tuned here but by `ftwidgets demo`, in {folder}", file=sys.stderr)
                return folder
    return home


def tuned_models(client: openai.OpenAI) -> list[Model]:
    """Return the tuned models, checkpoints aside."""
    return [model for model in client.models.list() if model.id.startswith("ft:") and ":ckpt-step-" not in model.id]


def newest_model(client: openai.OpenAI) -> str:
    """Return the newest tuned model; the first base model if nothing has been tuned yet."""
    tuned = tuned_models(client)
    if not tuned:
        print("Nothing has been tuned here yet, so this is a base model. To tune it: ftwidgets tune FILE", file=sys.stderr)
        return next(iter(client.models.list())).id
    newest = max(tuned, key=lambda model: model.created).id
    print(f"The newest tuned model: {newest}", file=sys.stderr)
    return newest


def trained_system_prompt(client: openai.OpenAI, model: str) -> str | None:
    """Return the system prompt that all rows had which a model was tuned on; None if there was none, or more than one."""
    import openai

    for job in client.fine_tuning.jobs.list(limit=100):
        checkpoints = client.fine_tuning.jobs.checkpoints.list(job.id) if ":ckpt-step-" in model else ()
        if model in (job.fine_tuned_model, *(point.fine_tuned_model_checkpoint for point in checkpoints)):
            break
    else:
        return None
    try:
        lines = client.files.content(job.training_file).text.splitlines()
        first = [json.loads(line)["messages"][0] for line in lines if line.strip()]
    except (openai.NotFoundError, ValueError, LookupError, TypeError):  # deleted, or no chats
        return None
    prompts = {message["content"] if message["role"] == "system" else None for message in first}
    return prompts.pop() if len(prompts) == 1 else None


def _answer_lines(conversations: Sequence[Conversation], system: str | None) -> int:
    """Answer each line of the input by itself, on one line; a tab separates the answers of two models.

    A question that cannot be answered leaves an empty line, so questions and answers keep their numbers.
    """
    import openai

    exit_code = 0
    for number, line in enumerate(sys.stdin, 1):
        answers = []
        for conversation in conversations:
            conversation.reset(system)
            try:
                answers.append(single_line("".join(conversation.ask(line.strip()))) if line.strip() else "")
            except openai.APIError as error:
                print(f"ftwidgets chat: line {number}: {refusal(error)}", file=sys.stderr)
                answers.append("")
                exit_code = 1
        print("\t".join(answers), flush=True)
    return exit_code


def _talk(conversations: Sequence[Conversation], system: str | None) -> int:
    """Read questions and commands until the user ends it."""
    import openai

    while True:
        try:
            line = input("\n> ").strip()
        except (EOFError, KeyboardInterrupt) as end:
            print()
            return 130 if isinstance(end, KeyboardInterrupt) else 0
        command, _, text = line.partition(" ")
        if command in ("/quit", "/exit", "/bye"):
            return 0
        if command in ("/reset", "/system"):
            system = system if command == "/reset" else text.strip() or None
            for conversation in conversations:
                conversation.reset(system)
            print("A new conversation, " + (f"with the system prompt: {system}" if system else "without a system prompt."))
        elif command.startswith("/"):
            print(f"There is no command {command}.\n{_commands()}")
        elif line:
            try:
                _show_answers(conversations, line)
            except KeyboardInterrupt:
                print(" (stopped)")
            except openai.APIError as error:
                print(f"\n{refusal(error)}", file=sys.stderr)


def _commands() -> str:
    return textwrap.fill(COMMANDS, line_width())


def _show_answers(conversations: Sequence[Conversation], question: str) -> None:
    """Print the answers: in columns where the names fit above them, else streamed, one below the other."""
    width = column_width(len(conversations))
    if len(conversations) > 1 and all(len(conversation.model) <= width for conversation in conversations):
        answers = {talk.model: "" for talk in conversations}
        for talk in conversations:
            for piece in talk.ask(question):
                answers[talk.model] += piece
                n_words = pluralize(len(answers[talk.model].split()), "word")
                print(f"\r{INDENT}{talk.model}: {n_words} so far", end="", flush=True)
            print(f"\r{' ' * line_width()}\r", end="", flush=True)
        print(format_columns({model: single_line(answer) for model, answer in answers.items()}))
        return
    for conversation in conversations:
        if len(conversations) > 1:
            print(f"[{conversation.model}]")
        for piece in conversation.ask(question):
            print(piece, end="", flush=True)
        print()


class Conversation:
    """What was said to one model and by it; `sampling` holds options of each completion, such as `max_tokens`."""

    def __init__(self, client: openai.OpenAI, model: str, *, system: str | None = None, **sampling: Any) -> None:
        self.model = model
        self._client = client
        self._sampling = sampling
        self.reset(system)

    def reset(self, system: str | None) -> None:
        """Forget everything, and begin with this system prompt, if there is one."""
        self._start: list[Any] = [{"role": "system", "content": system}] if system else []
        self._turns: list[Any] = []

    def ask(self, question: str) -> Iterator[str]:
        """Yield the answer in pieces, without control characters; both are remembered, also if the answer is broken off.

        Where the conversation no longer fits into the model's context, its oldest questions and answers are dropped. Raises
        the service's error, and remembers nothing, if the question cannot be answered.
        """
        import openai

        asked = {"role": "user", "content": question}
        options = {"model": self.model, "stream": True, **self._sampling}
        while True:
            messages = [*self._start, *self._turns, asked]
            try:
                stream = self._client.chat.completions.create(messages=messages, **options)
                break
            except openai.BadRequestError as error:
                if error.code != TOO_LONG or not self._turns:
                    raise
                del self._turns[:2]
        pieces: list[str] = []
        with closing(stream):
            try:
                for chunk in stream:
                    piece = without_controls((chunk.choices[0].delta.content if chunk.choices else None) or "")
                    if piece:
                        pieces.append(piece)
                        yield piece
            finally:
                if pieces:
                    self._turns += [asked, {"role": "assistant", "content": "".join(pieces)}]
