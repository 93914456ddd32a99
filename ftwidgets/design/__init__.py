"""The look of everything that people see: colours, sizes and parts, in style sheets.

`TOKENS` names the colours, text sizes and steps of the grid as CSS variables, taken from JupyterLab's theme where there is
one. `PARTS` draws the parts with them: cards, chips, bubbles, tables, folded sections, empty and loading states. Widgets,
reports and the server's pages use both; docs/design.md shows each part.
"""

from pathlib import Path

_HERE = Path(__file__).parent

_DARK = (_HERE / "dark.css").read_text(encoding="utf-8")
_IN_LAB = _DARK.replace(".ftw-dark", '[data-jp-theme-light="false"] :is(.ftw-panel, .ftw-live, .ftw-static)')
_IN_PAGE = f"@media (prefers-color-scheme: dark) {{\n{_DARK.replace('.ftw-dark', '.ftw-page')}}}\n"

TOKENS = (_HERE / "tokens.css").read_text(encoding="utf-8") + _IN_LAB + _IN_PAGE
PARTS = (_HERE / "parts.css").read_text(encoding="utf-8")
