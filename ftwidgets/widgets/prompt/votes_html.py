"""The pages of a blind vote: the answers on their way, a pair to vote on, the result with its interval."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ftwidgets.widgets.base import markup

if TYPE_CHECKING:
    from ftwidgets.widgets.prompt.ballot import Ballot
    from ftwidgets.widgets.prompt.votes import Votes

_BUTTONS = (
    ("left", "Left is better", "1 ArrowLeft", "1"),
    ("tie", "Neither", "0 ArrowDown", "0"),
    ("right", "Right is better", "2 ArrowRight", "2"),
)


def asking_html(done: int, of: int) -> str:
    """Return what is shown while the models answer; the names stay hidden from here on."""
    return (
        f'<div class="ftw-vote"><p class="ftw-verdict">Both models are asked prompt {done + 1} of {of}.</p>'
        f"{_progress(done, of, 'Prompts answered')}"
        '<div class="ftw-vote-buttons"><button data-press="stop" data-focus>Stop</button></div>'
        '<p class="ftw-help">Their names are hidden until the last vote.</p></div>'
    )


def pair_html(ballot: Ballot) -> str:
    """Return the pair to vote on. The buttons stand above it, so that they keep their places whatever the models said."""
    pair = ballot.pair
    if pair is None:
        return ""
    at = ballot.n_voted
    buttons = "".join(
        f'<button data-press="{choice} {at}" data-keys="{keys}"{" data-focus" if choice == "left" else ""}>'
        f"{text} <kbd>(press {key})</kbd></button>"
        for choice, text, keys, key in _BUTTONS
    )
    disabled = "" if at else " disabled"
    others = f'<button data-press="back {at}"{disabled}>Take back</button><button data-press="end">End and reveal</button>'
    whose = f"{escape(ballot.voter)}, which answer is better?" if ballot.voter else "Which answer is better?"
    answers = [
        markup.bubble("user", pair.prompt, who="Prompt"),
        *(_answer(where, text) for where, text in (("Left", pair.left), ("Right", pair.right))),
    ]
    return (
        f'<div class="ftw-vote" tabindex="-1"><p class="ftw-verdict">{pair.number} of {ballot.n_pairs}. {whose}</p>'
        f"{_progress(at, ballot.n_pairs * ballot.n_voters, 'Votes given')}"
        f'<div class="ftw-vote-buttons">{buttons}<span></span>{others}</div>'
        f'<div class="ftw-compare">{"".join(answers)}</div>'
        '<p class="ftw-help">Arrow keys do the same: left, right, and down for neither.</p></div>'
    )


def result_html(votes: Votes, *, focus: bool = False) -> str:
    """Return the verdict, the interval as a picture and in words, and the votes, folded; `focus` brings the keyboard there."""
    here = ' tabindex="-1" data-focus' if focus else ""
    parts = [f'<p class="ftw-verdict"{here}>{escape(votes.headline)}</p>']
    if votes.decided:
        parts += [_interval(votes), f"<p>{escape(votes.details)}</p>"]
    counts = f"{votes.n_votes}: {votes.count}."
    if len(votes.voters) > 1:
        counts += " A pair counts once, for the model that both prefer together; opposite votes make a tie."
    failed = f"Left out, since a model gave an error: {len(votes.failed)}." if votes.failed else ""
    parts += [f"<p>{escape(text)}</p>" for text in (counts, votes.agreement_text, failed) if text]
    names = ["prompt", *(["voter"] if votes.voters else []), "left", "right", "vote", "preferred"]
    heads = {"prompt": "Prompt", "voter": "Voter", "left": "On the left", "right": "On the right", "vote": "Voted"}
    rows = [[i, *row[:-1], row[-1] or "neither"] for i, row in enumerate(votes.table[names].itertuples(index=False), 1)]
    header = ["Vote", *(heads.get(name, "Preferred") for name in names)]
    table = markup.table("The votes, revealed", header, rows, numbers=[0])
    return "".join(parts) + (markup.fold("All votes", table) if rows else "")


def _answer(where: str, text: str) -> str:
    body = "" if text else '<p class="ftw-help">An empty answer.</p>'
    return markup.bubble("assistant", text, who=where, body=body)


def _progress(done: int, of: int, label: str) -> str:
    return f'<progress value="{done}" max="{max(of, 1)}" aria-label="{label}"></progress>'


def _interval(votes: Votes) -> str:
    """Return the share with its interval on a line from all votes for the first model to all for the second."""
    first, second = votes.models
    low, high = votes.interval
    left, right, at = (20 + 360 * value for value in (low, high, votes.share))
    label = f"Share of {second}: {votes.share:.2f}, interval {low:.2f} to {high:.2f}; at 0.5 both are even."
    ends = (f"all for {escape(first)}", "even", f"all for {escape(second)}")
    below = f'<p class="ftw-vote-ends">{" ".join(f"<span>{end}</span>" for end in ends)}</p>'
    return (
        f'<div class="ftw-vote-interval"><svg viewBox="0 0 400 40" role="img" aria-label="{escape(label)}">'
        '<line x1="20" x2="380" y1="20" y2="20" stroke="var(--ftw-edge, #8a929b)"/>'
        '<line x1="200" x2="200" y1="6" y2="34" stroke="var(--ftw-edge, #8a929b)" stroke-dasharray="3 3"/>'
        f'<line x1="{left:.1f}" x2="{right:.1f}" y1="20" y2="20" stroke="var(--ftw-line-1, #1e78d0)" stroke-width="8"'
        ' stroke-linecap="round" stroke-opacity="0.45"/>'
        f'<circle cx="{at:.1f}" cy="20" r="7" fill="var(--ftw-line-1, #1e78d0)"/></svg>{below}</div>'
    )
