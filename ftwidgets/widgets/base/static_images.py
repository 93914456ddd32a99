"""Pictures for the static view of a widget: `<img>` for `<svg>`, which JupyterLab drops from an untrusted notebook.

An image cannot follow the page's theme, so it gets a white background.
"""

from __future__ import annotations

import base64
import re

INK, PAPER = "#212121", "#ffffff"

_SVG = re.compile(r"<svg\b(?P<attributes>[^>]*)>(?P<body>.*?)</svg>", re.DOTALL)
_LABEL = re.compile(r"""\saria-label=(?:"([^"]*)"|'([^']*)')""")
_BOX = re.compile(r"""\sviewBox=["']0 0 ([\d.]+) ([\d.]+)["']""")
_SIZE = re.compile(r"""\s(?:width|height|style)=(?:"[^"]*"|'[^']*')""")
_THEMED = re.compile(r"var\(--[\w-]+,\s*([^()]+)\)")


def svg_to_img(html: str) -> str:
    """Replace every labelled `<svg>` with a `viewBox` from 0 0 by an `<img>` with the same picture and label."""
    return _SVG.sub(_image, html)


def _image(match: re.Match[str]) -> str:
    attributes = match["attributes"]
    label, box = _LABEL.search(attributes), _BOX.search(attributes)
    if label is None or box is None:
        return match[0]
    width, height = box.groups()
    background = f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
    attributes = _SIZE.sub("", attributes) + f' width="{width}" height="{height}"'
    svg = _THEMED.sub(r"\1", f"<svg{attributes}>{background}{match['body']}</svg>").replace("currentColor", INK)
    if "xmlns=" not in attributes:  # inside HTML it needs no namespace; a file of its own does
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    data = base64.b64encode(svg.encode()).decode()
    alt = label[1] if label[1] is not None else label[2].replace('"', "&quot;")
    return f'<img alt="{alt}" width="{width}" height="{height}" src="data:image/svg+xml;base64,{data}">'
