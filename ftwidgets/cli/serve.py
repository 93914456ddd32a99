"""`ftwidgets serve`: serve the sandbox over HTTP, for one person or for a class.

By default it listens on this computer only and makes a random key. To be reached from other computers it needs a keys file or a
join code. Exit codes: 0 stopped, 1 an error, 2 wrong options. TLS is left to a proxy.
"""

from __future__ import annotations

import argparse
import importlib.util
import ipaddress
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

from ftwidgets.cli.arguments import port_number, positive_int
from ftwidgets.errors import FtwidgetsError
from ftwidgets.models import default_folder
from ftwidgets.paths import expand_home

if TYPE_CHECKING:
    from ftwidgets.server.keys import KeyLine
    from ftwidgets.server.service import SandboxService, ServerConfig

STOPPED, WRONG_OPTIONS = 0, 2
PORT = 8000

NOT_INSTALLED = '{} is not installed, and the server needs it. Run: pip install "ftwidgets[serve]"'
NO_KEYS = (
    "--host {} can be reached from other computers, and then everybody needs a key of their own: give --keys FILE (lines of "
    "name,key), or --class NAME for a class that joins with a code."
)

# Option, field of `Limits` with the default, help.
_LIMITS = (
    ("max-body", "body", "MiB of one upload"),
    ("max-files", "files", "files of one key"),
    ("max-stored", "stored", "MiB of all files of one key"),
    ("max-jobs", "jobs", "unfinished jobs of one key"),
    ("max-models", "models", "jobs of one key whose tuned models are kept"),
    ("max-tokens", "tokens", "tokens of one key, trained and written"),
    ("max-job-tokens", "job_tokens", "tokens that one job trains, in all its epochs; for a teacher too"),
    ("max-at-once", "at_once", "requests of one key being answered at the same time"),
    ("max-per-minute", "requests", "requests of one key a minute (default: any number)"),
)
_IN_MEBI = ("body", "stored")


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    parser = commands.add_parser("serve", help="serve the sandbox over HTTP, for yourself or a class (extra: serve)")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (default: this computer only)")
    parser.add_argument("--port", type=port_number, default=PORT, metavar="N", help=f"default {PORT}; 0 takes any that is free")
    parser.add_argument("--home", type=expand_home, metavar="DIR", help="keep everything under DIR")
    parser.add_argument("--workers", type=positive_int, metavar="N", help="processes that train (default: cores - 1)")
    parser.add_argument("--url", metavar="URL", help="how others reach this server, such as https://class.example.org")
    group = parser.add_argument_group("keys")
    group.add_argument(
        "--keys", type=expand_home, metavar="FILE", help="who can connect: lines name,key (a teacher: name,key,admin)"
    )
    group.add_argument("--class", dest="class_name", metavar="NAME", help="a class whose students get keys with a join code")
    group.add_argument("--join-code", metavar="CODE", help="choose the join code (default: a random one)")
    group.add_argument("--students", type=positive_int, default=300, metavar="N", help="how many may join (default: 300)")
    limits = parser.add_argument_group("limits, for every key but a teacher's")
    for option, name, unit in _LIMITS:
        limits.add_argument(f"--{option}", dest=name, type=positive_int, metavar="N", help=unit)


def run(options: argparse.Namespace) -> int:
    """Serve as the options say until somebody stops it, and return the exit code."""
    for package in ("uvicorn", "itsdangerous"):
        if importlib.util.find_spec(package) is None:
            print(f"ftwidgets serve: {NOT_INSTALLED.format(package)}", file=sys.stderr)
            return WRONG_OPTIONS
    from ftwidgets.server.access_log import set_up_logging
    from ftwidgets.server.connections import limit_memory_arenas, listen, make_server
    from ftwidgets.server.service import SandboxService

    try:
        config, key_lines = _configure(options)
        listening = listen(options.host, options.port)
    except FtwidgetsError as error:
        print(f"ftwidgets serve: {error}", file=sys.stderr)
        return WRONG_OPTIONS
    set_up_logging()
    limit_memory_arenas()
    with listening, SandboxService(config) as service:
        if key_lines:
            service.users.load_keys_file(key_lines)
        text = _startup_text(options, config, service, config.branding.address or _address(options.host, listening))
        make_server(service.app, started=lambda: print(text, flush=True)).run(sockets=[listening])
        print("Stopping: jobs that are training save their progress.", flush=True)
    return STOPPED


def _configure(options: argparse.Namespace) -> tuple[ServerConfig, list[KeyLine]]:
    """Check the options, make the configuration from them, and read the keys file."""
    from ftwidgets.clients import state_folder
    from ftwidgets.sandbox.ids import Ids
    from ftwidgets.server.keys import make_join_code, read_keys_file
    from ftwidgets.server.page_routes import Branding
    from ftwidgets.server.quotas import MEBI, Limits
    from ftwidgets.server.service import ServerConfig

    if not is_loopback(options.host) and not (options.keys or options.class_name or options.join_code):
        raise FtwidgetsError(NO_KEYS.format(options.host))
    if options.join_code is not None and sum(character.isalnum() for character in options.join_code) < 6:
        raise FtwidgetsError("--join-code needs at least 6 letters or digits, or it is too easy to guess.")
    if options.url is not None and not options.url.startswith(("http://", "https://")):
        raise FtwidgetsError(f"--url must begin with http:// or https://: {options.url}")
    values = {name: getattr(options, name) for _, name, _ in _LIMITS}
    limits = {name: value * (MEBI if name in _IN_MEBI else 1) for name, value in values.items() if value is not None}
    join_code, ids = options.join_code, Ids()
    if options.class_name and not join_code:
        join_code = make_join_code(ids)
    is_class = bool(options.keys or join_code)
    title = options.class_name or ("The class" if is_class else "The sandbox")
    url = None if options.url is None else options.url.rstrip("/").removesuffix("/v1")
    config = ServerConfig(
        home=state_folder(options.home),
        models=default_folder(),
        workers=options.workers or max(1, (os.cpu_count() or 2) - 1),
        limits=Limits(**limits),
        max_students=options.students,
        branding=Branding(title, join_code, open_to_all=not is_class, address=url),
        ids=ids,
    )
    return config, read_keys_file(options.keys) if options.keys else []


def _startup_text(options: argparse.Namespace, config: ServerConfig, service: SandboxService, address: str) -> str:
    """Make the keys of this run and return the text that tells a user how to connect."""
    from ftwidgets.server.keys import connection_instructions, make_key

    if config.branding.open_to_all:
        key = make_key(config.ids)
        service.users.add_temporary(key, owner="", name="you", admin=True)
        return f"{connection_instructions(address + '/v1', key)}\n\nStatus page: {address}/\nCtrl-C stops it."
    lines = [f"{config.branding.title} is served.", f"Base URL:    {address}/v1", f"Status page: {address}/"]
    if config.branding.join_code:
        lines += [f"Students get a key at {address}/join", f"Join code:   {config.branding.join_code}"]
    if options.keys:
        people = sum(user.source == "file" and user.digest is not None for user in service.users.all())
        lines.append(f"Keys file:   {people} {'person' if people == 1 else 'people'} can connect.")
    if not any(user.admin and user.digest for user in service.users.all()):
        key = make_key(config.ids, admin=True)
        service.users.add_temporary(key, owner="", name="the teacher", admin=True)
        lines.append(f"Your own key, for this run (a teacher's: keep it to yourself): {key}")
    if not is_loopback(options.host) and not address.startswith("https:"):
        lines.append("Keys travel unencrypted over http. Outside a room you trust, put a proxy with TLS in front.")
    return "\n".join([*lines, "Ctrl-C stops it."])


def is_loopback(host: str) -> bool:
    """Tell whether an address is reachable from this computer only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(host: str, listening: socket.socket) -> str:
    """Guess the URL by which clients reach the server."""
    port = listening.getsockname()[1]
    if host in ("0.0.0.0", "::"):  # find the address of this computer in its network; nothing is sent
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # an address reserved for documentation (RFC 5737)
                host = str(probe.getsockname()[0])
            except OSError:
                host = socket.gethostname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
