"""The server's pages as HTML: no resources from other sites, all text escaped.

They fit a phone and a projector, in light and dark mode, and work without a script: the script only reloads the status page.
`page_routes` decides who may see them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from ftwidgets import design
from ftwidgets.server.status import JobStatus, ServerStatus

_HERE = Path(__file__).parent
STYLE = design.TOKENS + (_HERE / "page.css").read_text(encoding="utf-8")
SCRIPT = (_HERE / "page.js").read_text(encoding="utf-8")

_STATUS_TEXTS = {
    "validating_files": "checking files",
    "queued": "waiting",
    "running": "training",
    "paused": "paused by its owner",
    "succeeded": "✓ succeeded",
    "failed": "✗ failed",
    "cancelled": "✗ cancelled",
}


def status_page(status: ServerStatus, name_of: Callable[[str], str], *, title: str, paused: bool, nonce: str) -> str:
    """Return the status page. `nonce` is that of its script, as in the page's Content-Security-Policy."""
    parts = [f"<h1>{escape(title)}</h1>", f"<p>{escape(_summary(status))}</p>"]
    if paused:
        parts.append('<p class="note">The class is paused: nothing new can be made until it goes on.</p>')
    running = [_running_row(job, name_of) for job in status.running]
    waiting = [_waiting_row(place, job, name_of) for place, job in enumerate(status.waiting, start=1)]
    ended = [
        f'<th scope="row">{escape(name_of(job.owner))}</th><td>{_STATUS_TEXTS.get(job.status, job.status)}</td>'
        f"<td>{'' if job.seconds is None else format_time(job.seconds)}</td>"
        for job in status.ended
    ]
    parts += [
        _figures(status),
        _table("Training", ("Who", "Progress"), running, "Nothing is training now."),
        _table("Waiting", ("Place", "Who", "Begins"), waiting, "Nobody is waiting."),
    ]
    if status.paused:
        paused_rows = [f'<th scope="row">{escape(name_of(job.owner))}</th>' for job in status.paused]
        parts.append(_table("Paused", ("Who",), paused_rows, ""))
    parts.append(_table("Ended", ("Who", "Result", "Took"), ended, "No job has ended yet.", note=f"the last {len(ended)}"))
    foot = '<button id="pause" type="button" hidden>Stop updating</button> <span id="updated" class="soft">'
    foot += f'Updates every 5 seconds.</span><script nonce="{nonce}">{SCRIPT}</script>'
    return document(title, "\n".join(parts), foot)


def document(title: str, main: str, foot: str = "") -> str:
    """Return a whole page with this main part and this footer, both HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style></head>\n"
        f'<body class="ftw-page"><main>\n{main}\n</main>' + (f"\n<footer>{foot}</footer>" if foot else "") + "</body></html>\n"
    )


def join_page(title: str, *, error: str = "", name: str = "") -> str:
    """Return the form to join a class."""
    return document(
        f"Join {title}",
        f"<h1>Join {escape(title)}</h1>{_error(error)}"
        "<p>You get a key of your own for the class. It is shown once: copy it.</p>"
        '<form method="post" action="/join">'
        '<label>Join code <input name="code" required autocomplete="off" autocapitalize="characters" maxlength="60"></label>'
        f'<label>Your name <input name="name" required autocomplete="nickname" maxlength="40" value="{escape(name)}"></label>'
        "<button>Give me a key</button></form>"
        '<p class="soft">The name is shown to the class beside your jobs. A nickname will do.</p>',
    )


def joined_page(title: str, name: str, lines: str) -> str:
    """Return the page that shows a new key, once."""
    return document(
        f"You have joined {title}",
        f"<h1>You have joined {escape(title)}</h1><p>Hello, {escape(name)}. This is your key; it is not shown again. "
        "Keep it to yourself: anyone who has it can see and delete your work.</p>"
        f'<pre>{escape(lines)}</pre><p><a href="/">See whose jobs are training and waiting</a></p>',
    )


def sign_in_page(title: str, *, error: str = "", joinable: bool = False) -> str:
    """Return the form to sign in to the status page of a class."""
    join_link = '<p>No key yet? <a href="/join">Join the class</a>.</p>' if joinable else ""
    return document(
        title,
        f"<h1>{escape(title)}</h1>{_error(error)}<p>Only the class can see whose jobs are training and waiting.</p>"
        '<form method="post" action="/"><label>Your key <input name="key" type="password" required autocomplete="off"></label>'
        f"<button>Show me</button></form>{join_link}",
    )


def format_time(seconds: float) -> str:
    """Format a time for people: `under 1 s`, `42 s`, `2 min`, `2.5 h`."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _summary(status: ServerStatus) -> str:
    def jobs(count: int, verb: str) -> str:
        return f"{count} job is {verb}" if count == 1 else f"{count} jobs are {verb}"

    if not status.running and not status.waiting:
        return "Nothing is training and nobody is waiting."
    return f"{jobs(len(status.running), 'training')}, {jobs(len(status.waiting), 'waiting')}."


def _figures(status: ServerStatus) -> str:
    state = "all are running" if status.workers == status.configured_workers else "some are being started"
    count = f"{status.workers} of {status.configured_workers}"
    workers = (count, state) if status.configured_workers else ("1", "within the server")
    items = [("Workers", *workers), ("Memory", _megabytes(status.memory), "of the server")]
    if status.workers_memory is not None:
        items.append(("Memory", _megabytes(status.workers_memory), "of the workers"))
    divs = (f"<div><dt>{name}</dt><dd>{value} <small>{note}</small></dd></div>" for name, value, note in items)
    return f"<dl>{''.join(divs)}</dl>"


def _megabytes(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 1e6:.0f} MB"


def _table(caption: str, heads: Sequence[str], rows: Sequence[str], empty: str, *, note: str = "") -> str:
    """Return a table; `rows` are the HTML of their cells, `empty` is shown if there are none."""
    title = escape(caption) + (f" <small>{escape(note)}</small>" if note and rows else "")
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = (
        "".join(f"<tr>{row}</tr>" for row in rows) or f'<tr><td colspan="{len(heads)}" class="soft">{escape(empty)}</td></tr>'
    )
    top = f"<thead><tr>{head}</tr></thead>" if rows else ""
    return f"<table><caption>{title}</caption>{top}<tbody>{body}</tbody></table>"


def _running_row(job: JobStatus, name_of: Callable[[str], str]) -> str:
    name = escape(name_of(job.owner))
    if not job.steps:
        return f'<th scope="row">{name}</th><td class="far">starting</td>'
    left = "" if job.seconds is None else f", about {format_time(job.seconds)} left"
    bar = f'<progress max="{job.steps}" value="{job.step}" aria-label="Progress of {name}"></progress>'
    return f'<th scope="row">{name}</th><td class="far">{bar}step {job.step} of {job.steps}{left}</td>'


def _waiting_row(place: int, job: JobStatus, name_of: Callable[[str], str]) -> str:
    begins = "not known yet" if job.seconds is None else "now" if job.seconds < 1 else f"in about {format_time(job.seconds)}"
    if job.status != "queued":
        begins = _STATUS_TEXTS[job.status]
    return f'<td class="place">{place}</td><th scope="row">{escape(name_of(job.owner))}</th><td>{begins}</td>'


def _error(text: str) -> str:
    return f'<p class="note" role="alert">{escape(text)}</p>' if text else ""
