"""What is shown in the browser, looked at: failures, accessibility, things that do not fit, the keyboard's way, pictures.

All of it is about the outputs of the notebook in front; JupyterLab around them is not ours (and does not pass axe itself).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
OUTPUTS = f"{PANEL} .jp-Cell-outputArea .jp-OutputArea-output"

ERROR = "application/vnd.jupyter.error"
STDERR = "application/vnd.jupyter.stderr"

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

RUN_AXE = """async ([selector, tags, without]) => {
    const parts = [...document.querySelectorAll(selector)].filter(part => part.offsetParent);
    // JupyterLab's body clips and has no height, so axe would take everything for hidden and judge no colour at all.
    document.body.style.overflow = 'visible';
    const result = await axe.run({ include: parts, exclude: without }, {
        resultTypes: ['violations'], runOnly: { type: 'tag', values: tags } });
    document.body.style.overflow = '';
    return result.violations.flatMap(fault => fault.nodes.map(node =>
        `${fault.id} (${fault.impact}): ${fault.help}: ${node.html.slice(0, 300)} | ` +
        [...node.any, ...node.all, ...node.none].map(check => check.message).join('; ')));
}"""

# Colours are judged only where they can be seen: the whole notebook has to be in the window.
TALL = f"() => document.querySelector('{PANEL} .jp-WindowedPanel-outer')?.scrollHeight ?? 0"

FITS = f"""() => {{
    const shell = document.querySelector('.jp-LabShell').getBoundingClientRect();
    const notebook = document.querySelector('{PANEL}').getBoundingClientRect();
    return Math.abs(notebook.bottom - shell.bottom) < 40 && Math.abs(notebook.right - shell.right) < 60
        && Math.abs(shell.bottom - window.innerHeight) < 2 && Math.abs(shell.right - window.innerWidth) < 2;
}}"""

WIDE = """outputs => {
    const found = [];
    const tell = (element, why) => found.push(`${why}: ${element.outerHTML.slice(0, 160)}`);
    const scrolls = element => ['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(element).overflowX);
    const mayScroll = element => element.tagName === 'PRE' || element.classList.contains('ftw-wide');
    for (const area of document.querySelectorAll(outputs)) {
        if (!area.offsetParent) continue;
        const right = area.getBoundingClientRect().right;
        const walk = (element, scroller) => {
            const style = getComputedStyle(element), box = element.getBoundingClientRect();
            if (style.display === 'none' || style.visibility === 'hidden') return;
            if (element.tagName === 'TABLE' && scroller) return;
            if (box.width > 1 && box.height > 1 && box.right > right + 1) return tell(element, 'sticks out to the right');
            if (mayScroll(element)) return;
            const tables = scrolls(element) && !!element.querySelector(':scope > table, :scope > * > table');
            if (!tables && element.clientWidth && element.scrollWidth > element.clientWidth + 1) {
                const scroller = ['auto', 'scroll'].includes(style.overflowX) && element.tagName !== 'TEXTAREA';
                if (scroller) tell(element, 'scrolls sideways');
                else if (element.matches('.widget-label, label, button')) tell(element, 'is cut off');
            }
            for (const child of element.children) walk(child, scroller || tables);
        };
        walk(area, false);
    }
    return found;
}"""

# What the browser's focus is on, named as a screen reader names it (axe knows the rules).
FOCUSED = """() => {
    const element = document.activeElement;
    if (!element || element === document.body) return ['', 'the page itself', false];
    axe.setup(document.body);
    let name;
    try { name = axe.commons.text.accessibleText(element).trim(); } finally { axe.teardown(); }
    const role = element.getAttribute('role') || element.tagName.toLowerCase();
    return [name, `${role} "${name.slice(0, 60)}"`, !!element.closest('.jp-Cell-outputArea')];
}"""


def output(shown: Any, number: int) -> Any:
    """Give the output area of a code cell, counted from 0 (markdown cells are not counted)."""
    return shown.locator(f"{PANEL} .jp-CodeCell").nth(number).locator(".jp-Cell-outputArea")


def errors(shown: Any) -> list[str]:
    """List what went wrong: outputs of errors, what was written to stderr, complaints of the console; then the server's log."""
    found = []
    for kind in (ERROR, STDERR):
        for text in shown.locator(f"{OUTPUTS}[data-mime-type='{kind}']").all_inner_texts():
            found.append(f"{kind.rpartition('.')[2]} output: {text}")
    found += shown.locator(f"{OUTPUTS}:has-text('Error displaying widget')").all_inner_texts()
    found += [f"console: {text}" for text in shown.complaints]
    return [*found, f"the server's log ends with:\n{shown.lab.log()}"] if found and shown.lab else found


def axe(shown: Any, selector: str = OUTPUTS, *, without: list[str] | None = None) -> list[str]:
    """List the violations of WCAG 2.0 to 2.2, levels A and AA, that axe-core finds.

    Parameters
    ----------
    selector
        What to look at: by default each output of the notebook in front.
    without
        CSS selectors to leave out; say why where you do.
    """
    if shown.locator(selector).count() == 0:
        raise AssertionError(f"there is nothing to look at: no element matches {selector}")
    load_axe(shown)
    width, height = shown.viewport_size["width"], shown.viewport_size["height"]
    resize(shown, width, height + shown.evaluate(TALL))
    try:
        return list(shown.evaluate(RUN_AXE, [selector, WCAG, [[part] for part in without or []]]))
    finally:
        resize(shown, width, height)


def resize(shown: Any, width: int, height: int = 900) -> None:
    """Make the window that large, and wait until JupyterLab has followed."""
    shown.set_viewport_size({"width": width, "height": height})
    shown.wait_for_function(FITS)


def load_axe(shown: Any) -> None:
    """Bring axe-core into the page, unless it is there."""
    if not shown.evaluate("() => !!window.axe"):
        import axe_playwright_python

        script = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
        shown.evaluate(f"{script}; 0")


def wide(shown: Any, selector: str = OUTPUTS) -> list[str]:
    """List what does not fit: elements that stick out of an output area, scroll sideways or have a label cut off.

    Tables in a part of their own that scrolls (class `ftw-wide`) and `<pre>` may be wider than the page.
    """
    return list(shown.evaluate(WIDE, selector))


def select(shown: Any, number: int) -> None:
    """Select a code cell as the arrow keys do; the next Tab leaves from there."""
    shown.evaluate(
        """number => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            const cells = notebook.widgets.map((cell, i) => [cell.model.type, i]).filter(([type]) => type === 'code');
            notebook.activeCellIndex = cells[number][1];
            notebook.mode = 'command';
            notebook.widgets[cells[number][1]].node.focus();
        }""",
        number,
    )


def press_tab_to(shown: Any, name: str, *, limit: int = 60, backwards: bool = False) -> list[str]:
    """Press Tab until the control of that name (as a screen reader says it) has the focus.

    Returns
    -------
    list[str]
        The stops on the way. Fails with them when the control was not reached.
    """
    load_axe(shown)
    passed: list[str] = []
    for _ in range(limit):
        shown.keyboard.press("Shift+Tab" if backwards else "Tab")
        now, told, ours = shown.evaluate(FOCUSED)
        passed.append(told)
        if now == name and ours:
            return passed
    raise AssertionError(f"Tab does not get to {name!r} in {limit} presses; it stopped at:\n" + "\n".join(passed))


def shoot(shown: Any, locator: Any, path: Path, *, margin: int = 4) -> None:
    """Take a picture of one part (of an output area: of what is in it), with nothing of JupyterLab over it."""
    style = shown.add_style_tag(
        content=".jp-cell-toolbar, .jp-OutputArea-promptOverlay, .jp-Collapser { visibility: hidden !important; }"
        " * { scrollbar-width: none !important; outline: none !important; }"
    )
    shown.mouse.move(0, 0)
    size = shown.viewport_size
    resize(shown, size["width"], size["height"] + shown.evaluate(TALL))
    locator.scroll_into_view_if_needed()
    inside = locator.locator(".jp-OutputArea-output:visible")
    boxes = [part.bounding_box() for part in inside.all()] or [locator.bounding_box()]
    left, top = (max(0, min(box[side] for box in boxes) - margin) for side in ("x", "y"))
    right, bottom = (
        max(box[side] + box[length] for box in boxes) + margin for side, length in (("x", "width"), ("y", "height"))
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    shown.screenshot(path=path, clip=clip, animations="disabled", caret="hide")
    resize(shown, size["width"], size["height"])
    style.evaluate("tag => tag.remove()")
