"""The look of everything that people see: colours, sizes and parts, in two style sheets.

`TOKENS` names the colours, text sizes and steps of the grid as CSS variables, taken from JupyterLab's theme where there is
one. `PARTS` draws the parts with them: cards, chips, bubbles, tables, folded sections, empty and loading states. Widgets,
reports and the server's pages use both; docs/design.md shows each part.
"""

from pathlib import Path

_HERE = Path(__file__).parent

TOKENS = (_HERE / "tokens.css").read_text(encoding="utf-8")
PARTS = (_HERE / "parts.css").read_text(encoding="utf-8")
