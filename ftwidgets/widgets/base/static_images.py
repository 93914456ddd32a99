"""Pictures for the plain form of a widget: `<img>` for `<svg>`, which JupyterLab drops from a notebook it does not trust.

Left out: following the page's theme. An image cannot see it, so it brings its own white ground.
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


def pictures(html: str) -> str:
    """Turn every labelled `<svg>` with a `viewBox` from 0 0 into an `<img>` that carries it, label and all."""
    return _SVG.sub(_image, html)


def _image(found: re.Match[str]) -> str:
    attributes = found["attributes"]
    label, box = _LABEL.search(attributes), _BOX.search(attributes)
    if label is None or box is None:
        return found[0]
    width, height = box.groups()
    ground = f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
    attributes = _SIZE.sub("", attributes) + f' width="{width}" height="{height}"'
    drawn = _THEMED.sub(r"\1", f"<svg{attributes}>{ground}{found['body']}</svg>").replace("currentColor", INK)
    if "xmlns=" not in attributes:  # inside HTML it needs no namespace; a file of its own does
        drawn = drawn.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    data = base64.b64encode(drawn.encode()).decode()
    alt = label[1] if label[1] is not None else label[2].replace('"', "&quot;")
    return f'<img alt="{alt}" width="{width}" height="{height}" src="data:image/svg+xml;base64,{data}">'
