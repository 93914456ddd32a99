"""`ftwidgets serve`: the sandbox behind a port, for one person or for a class.

On this computer only, and with a random key, unless told otherwise; to be reached from others it wants a keys file or a join
code. Exit codes: 0 it was stopped, 1 something went wrong, 2 the command was mistyped or cannot be carried out as it stands.
Left out: the server itself (`ftwidgets.server`), and TLS, which a proxy does.
"""

from __future__ import annotations

import argparse
import importlib.util
import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.cli.arguments import port_number, positive_int
from ftwidgets.errors import FtwidgetsError

if TYPE_CHECKING:
    from ftwidgets.server.service import Plan, Service

STOPPED, CANNOT = 0, 2
PORT = 8000

NO_UVICORN = 'uvicorn is not installed, and the server needs it. Run: pip install "ftwidgets[serve]"'
NO_KEYS = (
    "--host {} can be reached from other computers, and then everybody needs a key of their own: give --keys FILE (lines of "
    "name,key), or --class NAME for a class that joins with a code."
)

# Option, what it bounds, its unit; the defaults are those of `Limits`.
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
_MEBI = ("body", "stored")


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    parser = commands.add_parser("serve", help="serve the sandbox over HTTP, for yourself or a class (extra: serve)")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (default: this computer only)")
    parser.add_argument("--port", type=port_number, default=PORT, metavar="N", help=f"default {PORT}; 0 takes any that is free")
    parser.add_argument("--home", type=Path, metavar="DIR", help="keep everything under DIR")
    parser.add_argument("--workers", type=positive_int, metavar="N", help="processes that train (default: cores - 1)")
    parser.add_argument("--url", metavar="URL", help="how others reach this server, such as https://class.example.org")
    group = parser.add_argument_group("keys")
    group.add_argument("--keys", type=Path, metavar="FILE", help="who may come: lines of name,key (a teacher: name,key,admin)")
    group.add_argument("--class", dest="class_name", metavar="NAME", help="a class whose students get keys with a join code")
    group.add_argument("--join-code", metavar="CODE", help="choose the join code (default: a random one)")
    group.add_argument("--students", type=positive_int, default=300, metavar="N", help="how many may join (default: 300)")
    limits = parser.add_argument_group("limits, for every key but a teacher's")
    for option, name, unit in _LIMITS:
        limits.add_argument(f"--{option}", dest=name, type=positive_int, metavar="N", help=unit)


def run(options: argparse.Namespace) -> int:
    """Serve as the options say until somebody stops it, and return the exit code."""
    if importlib.util.find_spec("uvicorn") is None:
        print(f"ftwidgets serve: {NO_UVICORN}", file=sys.stderr)
        return CANNOT
    from ftwidgets.server.access_log import set_up_logging
    from ftwidgets.server.connections import keep_memory_together, listen, make_server
    from ftwidgets.server.service import Service

    try:
        _refuse(options)
        plan, lines = _plan(options)
        taken = listen(options.host, options.port)
    except FtwidgetsError as error:
        print(f"ftwidgets serve: {error}", file=sys.stderr)
        return CANNOT
    set_up_logging()
    keep_memory_together()
    with taken, Service(plan) as service:
        if lines:
            service.register.use_file(lines)
        said = _said(options, plan, service, _address(options, taken))
        make_server(service.app, started=lambda: print(said, flush=True)).run(sockets=[taken])
        print("Stopping: what trains saves its place.", flush=True)
    return STOPPED


def _refuse(options: argparse.Namespace) -> None:
    """Refuse options that do not go together."""
    if not is_loopback(options.host) and not (options.keys or options.class_name or options.join_code):
        raise FtwidgetsError(NO_KEYS.format(options.host))
    if options.join_code is not None and sum(sign.isalnum() for sign in options.join_code) < 6:
        raise FtwidgetsError("--join-code needs at least 6 letters or digits, or it is guessed too easily.")
    if options.url is not None and not options.url.startswith(("http://", "https://")):
        raise FtwidgetsError(f"--url must begin with http:// or https://: {options.url}")


def _plan(options: argparse.Namespace) -> tuple[Plan, list[Any]]:
    """Turn the options into a plan, and read the keys file."""
    from ftwidgets.clients import state_folder
    from ftwidgets.sandbox.ids import Ids
    from ftwidgets.server.keys import new_code, read_keys
    from ftwidgets.server.page_routes import Face
    from ftwidgets.server.quotas import MEBI, Limits
    from ftwidgets.server.service import Plan

    given = {name: getattr(options, name) for _, name, _ in _LIMITS}
    bounds = {name: value * (MEBI if name in _MEBI else 1) for name, value in given.items() if value is not None}
    code, ids = options.join_code, Ids()
    if options.class_name and not code:
        code = new_code(ids)
    many = bool(options.keys or code)
    title = options.class_name or ("The class" if many else "The sandbox")
    url = None if options.url is None else options.url.rstrip("/").removesuffix("/v1")
    plan = Plan(
        home=state_folder(options.home),
        workers=options.workers or max(1, (os.cpu_count() or 2) - 1),
        limits=Limits(**bounds),
        students=options.students,
        face=Face(title, code, open_to_all=not many, address=url),
        ids=ids,
    )
    return plan, read_keys(options.keys) if options.keys else []


def _said(options: argparse.Namespace, plan: Plan, service: Service, address: str) -> str:
    """Make the keys of this run and say what a user needs, once."""
    from ftwidgets.server.instructions import connection_lines
    from ftwidgets.server.keys import new_key

    if plan.face.open_to_all:
        key = new_key(plan.ids)
        service.register.hold(key, owner="", name="you", admin=True)
        return f"{connection_lines(address + '/v1', key)}\n\nStatus page: {address}/\nCtrl-C stops it."
    lines = [f"{plan.face.title} is served.", f"Base URL:    {address}/v1", f"Status page: {address}/"]
    if plan.face.code:
        lines += [f"Students get a key at {address}/join", f"Join code:   {plan.face.code}"]
    if options.keys:
        people = sum(holder.source == "file" and holder.digest is not None for holder in service.register.holders())
        lines.append(f"Keys file:   {people} people may come.")
    if not any(holder.admin and holder.digest for holder in service.register.holders()):
        key = new_key(plan.ids, admin=True)
        service.register.hold(key, owner="", name="the teacher", admin=True)
        lines.append(f"Your own key, for this run (a teacher's: keep it to yourself): {key}")
    if not is_loopback(options.host) and not address.startswith("https:"):
        lines.append("Keys travel unencrypted over http. Outside a room you trust, put a proxy with TLS in front.")
    return "\n".join([*lines, "Ctrl-C stops it."])


def is_loopback(host: str) -> bool:
    """Tell whether an address can be reached from this computer only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(options: argparse.Namespace, taken: socket.socket) -> str:
    """Tell how to reach the server, as far as it can know that itself."""
    if options.url is not None:
        return str(options.url).rstrip("/").removesuffix("/v1")
    host, port = options.host, taken.getsockname()[1]
    if host in ("0.0.0.0", "::"):
        host = _own_address()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _own_address() -> str:
    """Find the address that this computer has in its network; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # set aside for documentation (RFC 5737)
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()
