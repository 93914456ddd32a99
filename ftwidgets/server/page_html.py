"""The server's pages as text: plain HTML with a little style, nothing from elsewhere, every word escaped.

They are read on a phone as well as on a wall, by day and by night, and without a script: that one only fetches the page anew.
Left out: what is on them (`overview`) and who may see them (`pages`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from ftwidgets.server.status import Line, Overview

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --field: #f3f5f7; --line: #d0d7de;
  --mark: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #a3adb8; --paper: #14171b; --field: #1e2329;
  --line: #39424d; --mark: #79b8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: .2rem 0; }
p { margin: .5rem 0; }
a { color: var(--mark); }
.soft, caption small { color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem; margin: 1rem 0; }
dl div { background: var(--field); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; }
dt { color: var(--soft); font-size: .875rem; }
dd { margin: 0; font-size: 1.25rem; font-weight: 600; }
dd small { display: block; color: var(--soft); font-size: .875rem; font-weight: 400; }
table { border-collapse: collapse; width: 100%; margin: 1.5rem 0; }
caption { text-align: left; font-weight: 600; font-size: 1.125rem; padding-bottom: .25rem; }
caption small { font-weight: 400; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .5rem .45rem 0; border-top: 1px solid var(--line);
  font-variant-numeric: tabular-nums; }
thead th { color: var(--soft); font-weight: 400; font-size: .875rem; border-top: 0; padding-bottom: .1rem; }
tbody th { font-weight: 600; overflow-wrap: anywhere; }
thead th, td { white-space: nowrap; }
td.far { width: 55%; white-space: normal; }
th:last-child, td:last-child { padding-right: 0; }
td.place { width: 3rem; color: var(--soft); }
td.soft { white-space: normal; }
progress { display: block; width: 100%; height: .6rem; accent-color: var(--mark); }
.note { border-left: .25rem solid var(--mark); background: var(--field); padding: .5rem .75rem; }
form { display: grid; gap: .75rem; max-width: 22rem; }
label { display: grid; gap: .2rem; font-weight: 600; }
input { font: inherit; color: inherit; background: var(--field); border: 1px solid var(--soft); border-radius: .4rem;
  padding: .5rem; width: 100%; }
button { font: inherit; color: var(--ink); background: var(--field); border: 1px solid var(--soft); border-radius: .4rem;
  padding: .4rem .9rem; min-height: 2.75rem; justify-self: start; cursor: pointer; }
pre { background: var(--field); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
footer { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: .5rem; display: flex; flex-wrap: wrap;
  gap: .5rem 1rem; align-items: center; }
"""

SCRIPT = """
const button = document.querySelector('#pause'), said = document.querySelector('#said');
let going = true;
button.hidden = false;
button.addEventListener('click', () => {
  going = !going;
  button.textContent = going ? 'Stop updating' : 'Go on updating';
  said.textContent = going ? 'Updates every 5 seconds.' : 'Stopped.';
});
setInterval(async () => {
  if (!going || document.hidden) return;
  try {
    const answer = await fetch(location.pathname, { cache: 'no-store' });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    document.querySelector('main').replaceWith(page.querySelector('main'));
    said.textContent = 'Updated at ' + new Date().toLocaleTimeString() + '.';
  } catch { said.textContent = 'The server does not answer; what you see is old.'; }
}, 5000);
"""

_STATES = {
    "validating_files": "checking files",
    "queued": "waiting",
    "running": "training",
    "paused": "paused by its owner",
    "succeeded": "✓ succeeded",
    "failed": "✗ failed",
    "cancelled": "✗ cancelled",
}


def status_page(found: Overview, who: Callable[[str], str], *, title: str, paused: bool, nonce: str) -> str:
    """Write the status page; `who` gives the name that an owner is shown with."""
    parts = [f"<h1>{escape(title)}</h1>", f"<p>{escape(_summary(found))}</p>"]
    if paused:
        parts.append('<p class="note">The class is paused: nothing new can be made until it goes on.</p>')
    parts += [_figures(found)]
    parts.append(_table("Training", ("Who", "How far"), [_running(line, who) for line in found.running], "Nothing trains now."))
    waiting = [_waiting(place, line, who) for place, line in enumerate(found.waiting, start=1)]
    parts.append(_table("Waiting", ("Place", "Who", "Begins"), waiting, "Nobody waits."))
    if found.resting:
        parts.append(
            _table("Paused", ("Who",), [f'<th scope="row">{escape(who(line.owner))}</th>' for line in found.resting], "")
        )
    ended = [_ended(line, who) for line in found.ended]
    parts.append(_table("Ended", ("Who", "How", "Took"), ended, "No job has ended yet.", note=f"the last {len(ended)}"))
    foot = '<button id="pause" type="button" hidden>Stop updating</button> <span id="said" class="soft">'
    foot += f'Updates every 5 seconds.</span><script nonce="{nonce}">{SCRIPT}</script>'
    return document(title, "\n".join(parts), foot)


def document(title: str, main: str, foot: str = "") -> str:
    """Write a page around its main part."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style></head>\n"
        f"<body><main>\n{main}\n</main>" + (f"\n<footer>{foot}</footer>" if foot else "") + "</body></html>\n"
    )


def join_page(title: str, *, trouble: str = "", name: str = "") -> str:
    """Write the form by which somebody joins a class."""
    return document(
        f"Join {title}",
        f"<h1>Join {escape(title)}</h1>{_trouble(trouble)}"
        "<p>You get a key of your own for the class. It is shown once: copy it.</p>"
        '<form method="post" action="/join">'
        '<label>Join code <input name="code" required autocomplete="off" autocapitalize="characters" maxlength="60"></label>'
        f'<label>Your name <input name="name" required autocomplete="nickname" maxlength="40" value="{escape(name)}"></label>'
        "<button>Give me a key</button></form>"
        '<p class="soft">The name is shown to the class beside your jobs. A nickname will do.</p>',
    )


def joined_page(title: str, name: str, lines: str) -> str:
    """Write the page that shows a fresh key, once."""
    return document(
        f"You have joined {title}",
        f"<h1>You have joined {escape(title)}</h1><p>Hello, {escape(name)}. This is your key; it is not shown again. "
        "Keep it to yourself: whoever has it sees and deletes what is yours.</p>"
        f'<pre>{escape(lines)}</pre><p><a href="/">See who trains and who waits</a></p>',
    )


def sign_in_page(title: str, *, trouble: str = "", joinable: bool = False) -> str:
    """Write the form by which somebody sees the status page of a class."""
    joining = '<p>No key yet? <a href="/join">Join the class</a>.</p>' if joinable else ""
    return document(
        title,
        f"<h1>{escape(title)}</h1>{_trouble(trouble)}<p>Who trains and who waits is for the class only.</p>"
        '<form method="post" action="/"><label>Your key <input name="key" type="password" required autocomplete="off"></label>'
        f"<button>Show me</button></form>{joining}",
    )


def duration(seconds: float) -> str:
    """Say a time as people do."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _summary(found: Overview) -> str:
    def jobs(count: int) -> str:
        return f"{count} job" if count == 1 else f"{count} jobs"

    if not found.running and not found.waiting:
        return "Nothing trains and nobody waits."
    verbs = ("trains" if len(found.running) == 1 else "train", "waits" if len(found.waiting) == 1 else "wait")
    return f"{jobs(len(found.running))} {verbs[0]}, {jobs(len(found.waiting))} {verbs[1]}."


def _figures(found: Overview) -> str:
    state = "all run" if found.workers == found.wanted else "some are being started"
    workers = (f"{found.workers} of {found.wanted}", state) if found.wanted else ("1", "within the server")
    items = [("Workers", *workers), ("Memory", _mega(found.memory), "of the server")]
    if found.workers_memory is not None:
        items.append(("Memory", _mega(found.workers_memory), "of the workers"))
    shown = (f"<div><dt>{name}</dt><dd>{value} <small>{note}</small></dd></div>" for name, value, note in items)
    return f"<dl>{''.join(shown)}</dl>"


def _mega(size: int | None) -> str:
    return "not known" if size is None else f"{size / 1e6:.0f} MB"


def _table(caption: str, heads: Sequence[str], rows: Sequence[str], empty: str, *, note: str = "") -> str:
    title = escape(caption) + (f" <small>{escape(note)}</small>" if note and rows else "")
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = (
        "".join(f"<tr>{row}</tr>" for row in rows) or f'<tr><td colspan="{len(heads)}" class="soft">{escape(empty)}</td></tr>'
    )
    top = f"<thead><tr>{head}</tr></thead>" if rows else ""
    return f"<table><caption>{title}</caption>{top}<tbody>{body}</tbody></table>"


def _running(line: Line, who: Callable[[str], str]) -> str:
    name = escape(who(line.owner))
    if not line.steps:
        return f'<th scope="row">{name}</th><td class="far">begins</td>'
    left = "" if line.seconds is None else f", about {duration(line.seconds)} left"
    bar = f'<progress max="{line.steps}" value="{line.step}" aria-label="Progress of {name}"></progress>'
    return f'<th scope="row">{name}</th><td class="far">{bar}step {line.step} of {line.steps}{left}</td>'


def _waiting(place: int, line: Line, who: Callable[[str], str]) -> str:
    begins = "not known yet" if line.seconds is None else "now" if line.seconds < 1 else f"in about {duration(line.seconds)}"
    if line.status != "queued":
        begins = _STATES[line.status]
    return f'<td class="place">{place}</td><th scope="row">{escape(who(line.owner))}</th><td>{begins}</td>'


def _ended(line: Line, who: Callable[[str], str]) -> str:
    took = "" if line.seconds is None else duration(line.seconds)
    return f'<th scope="row">{escape(who(line.owner))}</th><td>{_STATES.get(line.status, line.status)}</td><td>{took}</td>'


def _trouble(text: str) -> str:
    return f'<p class="note" role="alert">{escape(text)}</p>' if text else ""
