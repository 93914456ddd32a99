"""What a check found, as HTML: grouped by what to do about it, each finding once, with fixes to tick and what they change."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from ftwidgets.data import Finding, Fix, Report
from ftwidgets.data.findings import LEVELS, finding_type
from ftwidgets.data.render import summary
from ftwidgets.data.repaired import Change, FixPreview
from ftwidgets.data.text import pluralize
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.prep.form_words import in_form_words

SETTLED = {"duplicate-row": "drop-repeats", "blank-row": "drop-blank-rows"}
"""Findings that are settled by writing the files, each with its fix: an exact duplicate is written once, an empty row never."""

_MAX_OF_A_KIND = 5  # findings shown one by one
_MAX_PLACES = 12  # named of the others
_AROUND = 24  # characters shown before and after a change
_LEFT_OUT = "The other rows can be used without these. To use these too, fix them in your data, and choose it again."
_CHIPS = {"error": "wrong", "warning": "warning", "note": ""}


@dataclass(frozen=True)
class Grouped:
    """The findings of a check by what to do; each of the three lists has the findings of each kind, the worst first.

    `must_fix` stops the file or spoils the training, `left_out` only keeps its rows out, `to_look_at` does neither.
    """

    must_fix: list[list[Finding]]
    left_out: list[list[Finding]]
    to_look_at: list[list[Finding]]
    n_fixable: int  # findings that an automatic fix settles

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """How many findings must be fixed, leave rows out, are worth a look, can be fixed; each is counted once."""
        must, left_out, look = (sum(map(len, kinds)) for kinds in (self.must_fix, self.left_out, self.to_look_at))
        return must, left_out, look, self.n_fixable


def group(report: Report, unused: Collection[str]) -> Grouped:
    """Return the findings of a report by what to do about them; of a kind that is there very often the first thousand.

    `unused` are the places of the rows that are left out. Where no row is left, what is wrong with them stops the file.
    """
    groups: dict[str, dict[str, list[Finding]]] = {"must": {}, "left out": {}, "look": {}}
    n_fixable = 0
    for finding in report.findings:
        if finding.repair is not None and finding.id not in SETTLED:
            n_fixable += 1
            continue
        only_left_out = report.n_examples > 0 and finding.where in unused
        name = "look" if finding.level != "error" else "left out" if only_left_out else "must"
        groups[name].setdefault(finding.id, []).append(finding)

    def rank(found: list[Finding]) -> tuple[int, int]:
        return min(LEVELS.index(finding.level) for finding in found), -len(found)

    must, left_out, look = (sorted(kinds.values(), key=rank) for kinds in groups.values())
    return Grouped(must, left_out, look, n_fixable)


def chips(grouped: Grouped) -> str:
    """Return a chip for each group that has findings."""
    must, left_out, look, fixable = grouped.counts
    groups = [
        (must, "must be fixed", "wrong"),
        (left_out, "left out unless fixed", "warning"),
        (fixable, "can be fixed for you", "warning"),
        (look, "worth a look", ""),
    ]
    return " ".join(markup.chip(f"{n:,} {words}", kind) for n, words, kind in groups if n)


def findings_page(
    grouped: Grouped, fixes: Sequence[Fix], previews: Mapping[str, FixPreview], ticked: Collection[str], unused: Collection[str]
) -> str:
    """Return all of it: fixes to tick first, then what must be fixed by hand, what leaves rows out, what is worth a look.

    `unused` are the places of the rows that are left out of the training files.
    """
    parts = []
    if fixes:
        boxes = "".join(_fix_html(fix, previews[fix.name], fix.name in ticked) for fix in fixes)
        note_html = '<p class="ftw-soft">A ticked fix is done in the training files. Your data stays as it is.</p>'
        parts.append(f"<h4>Can be fixed for you</h4>{note_html}{boxes}")
    for title, note, kinds in (
        ("Must be fixed", "Fix these in your data, and choose it again.", grouped.must_fix),
        ("Left out unless you fix them", _LEFT_OUT, grouped.left_out),
        ("Worth a look", "", grouped.to_look_at),
    ):
        if kinds:
            note_html = f'<p class="ftw-soft">{note}</p>' if note else ""
            parts.append(f"<h4>{title}</h4>{note_html}{''.join(_kind_html(found, unused) for found in kinds)}")
    return "".join(parts) or markup.empty("Nothing found: the data is ready to train on.")


def _fix_html(fix: Fix, preview: FixPreview, is_ticked: bool) -> str:
    tick = f'<input type="checkbox" data-press="{escape(fix.name)}"{" checked" if is_ticked else ""}>'
    title = fix.title[0].upper() + fix.title[1:]
    n_rows = pluralize(preview.n_rows, "row")
    does = "leaves out" if preview.first and all(change.left_out for change in preview.first) else "changes"
    state = markup.chip(f"done in {n_rows}", "ok") if is_ticked else markup.chip(f"{does} {n_rows}", "warning")
    care = "<p>Look first: what it changes may be right as it is.</p>" if fix.requires_opt_in else ""
    changes = "".join(map(_change_html, preview.first))
    more = preview.n_rows - len({change.where for change in preview.first})
    rest = f'<p class="ftw-soft">and {pluralize(more, "more row")}</p>' if more > 0 else ""
    return f'<div class="ftw-fix"><p><label>{tick}{escape(title)}</label> {state}</p>{care}{changes}{rest}</div>'


def _change_html(change: Change) -> str:
    where = f'<span class="ftw-soft">{escape(change.where)}</span> '
    if change.left_out:
        return f"<p>{where}<span aria-hidden='true'>→</span> left out: it {escape(change.left_out)}</p>"
    if not change.before and not change.after:
        return f"<p>{where}the form of the row is repaired</p>"
    if change.before.startswith("(not shown"):
        return f"<p>{where}becomes: <ins>{escape(change.after[:120])}</ins></p>"
    before, after = differences(change.before, change.after)
    return f"<p>{where}{before} <span aria-hidden='true'>→</span><span class='ftw-soft'> becomes </span>{after}</p>"


def differences(before: str, after: str) -> tuple[str, str]:
    """Return two texts as escaped HTML, cut to what is around their difference, with the difference marked."""
    start = _n_alike(before, after)
    end = _n_alike(before[start:][::-1], after[start:][::-1])

    def shown(text: str, tag: str) -> str:
        stop = len(text) - end
        left, middle, right = text[max(0, start - _AROUND) : start], text[start:stop], text[stop : stop + _AROUND]
        dots = ("… " if start > _AROUND else "", " …" if end > _AROUND else "")
        marked = f"<{tag}>{escape(_visible(middle[:80]))}</{tag}>" if middle else ""
        return f"“{dots[0]}{escape(left)}{marked}{escape(right)}{dots[1]}”"

    return shown(before, "del"), shown(after, "ins")


def _n_alike(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (left, right) in pairs if left != right), min(len(one), len(other)))


def _visible(text: str) -> str:
    """Return a text with marks for what nobody sees: blanks at its ends, and characters without a shape."""
    if text.isspace() and text.isprintable():
        return "␣" * len(text)
    return "".join(char if char.isprintable() else f"[{unicodedata.name(char, f'U+{ord(char):04X}').lower()}]" for char in text)


def _kind_html(found: Sequence[Finding], unused: Collection[str]) -> str:
    kind = finding_type(found[0].id)
    level = min((finding.level for finding in found), key=LEVELS.index)
    places = list(dict.fromkeys(finding.where for finding in found if finding.where))
    left_out = sum(place in unused for place in places)
    count = pluralize(len(places), "row") if places else "the whole data"
    is_left_out = bool(places) and left_out == len(places)
    state = f"{count} left out" if is_left_out else count
    colour = "warning" if is_left_out and level == "error" else _CHIPS[level]
    title = escape(kind.title if kind is not None else found[0].id)
    shared = in_form_words(found[0].fix) if len({finding.fix for finding in found}) == 1 and len(found) > 1 else ""
    first, rest = found[:_MAX_OF_A_KIND], found[_MAX_OF_A_KIND:]
    lines = "".join(f"<li>{_line_html(finding, '' if shared else in_form_words(finding.fix))}</li>" for finding in first)
    if rest:
        others = ", ".join(summary.where(finding) for finding in rest[:_MAX_PLACES])
        dots = ", …" if len(rest) > _MAX_PLACES else ""
        lines += f"<li>and {len(rest):,} more of this kind: {escape(others)}{dots}</li>"
    todo = f"<p>{escape(shared)}</p>" if shared else ""
    why = markup.fold("Why it matters", f"<p>{escape(in_form_words(kind.why))}</p>") if kind is not None and kind.why else ""
    return f"<div><p><strong>{title}</strong> {markup.chip(state, colour)}</p><ul>{lines}</ul>{todo}{why}</div>"


def _line_html(finding: Finding, todo: str) -> str:
    place = f"<strong>{escape(summary.where(finding))}</strong>: " if finding.where else ""
    return place + escape(f"{in_form_words(finding.message)} {todo}".strip())
