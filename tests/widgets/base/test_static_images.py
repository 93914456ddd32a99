import base64
import re
from xml.etree import ElementTree

from ftwidgets.data.tokens.lengths import measure
from ftwidgets.widgets.base.static_images import svg_to_img
from ftwidgets.widgets.evaluation.dotplot import Dot, dotplot
from ftwidgets.widgets.monitor.chart import loss_chart
from ftwidgets.widgets.prep.tokens_and_cost import histogram

EXAMPLES = [
    {"messages": [{"role": "user", "content": "hi " * n}, {"role": "assistant", "content": "hello"}]} for n in range(1, 9)
]


def drawings() -> dict[str, str]:
    """Every picture that a widget of the kit draws."""
    return {
        "dots": dotplot('a "score" <here>', [Dot("base & co", 0.1, 0.0, 0.2)], low=0, high=1),
        "histogram": histogram(measure(EXAMPLES)),
        "chart": loss_chart({"training": [(1, 2.0), (2, 1.0)]}),
    }


def test_every_drawing_of_the_kit_becomes_an_image() -> None:
    """No `<svg>` is left; each image is well-formed XML in colours of its own, and says in words what it shows."""
    for name, html in drawings().items():
        assert "<svg" in html, name
        plain = svg_to_img(html)
        assert "<svg" not in plain, name
        alt, data = re.search(r'<img alt="([^"]+)".*?base64,([^"]+)"', plain).groups()
        assert len(alt) > 20
        svg = base64.b64decode(data).decode()
        root = ElementTree.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
        assert "currentColor" not in svg
        assert "var(" not in svg


def test_what_stands_around_a_picture_stays() -> None:
    """Text and tables are left as they are, and so is an `<svg>` without a label: it would be an image without words."""
    html = dotplot("scores", [Dot("a", 0.5, 0.4, 0.6)], low=0, high=1)
    assert svg_to_img(f"<p>before</p>{html}<p>after</p>").startswith("<p>before</p><img ")
    assert svg_to_img(f"<p>before</p>{html}<p>after</p>").endswith("><p>after</p>")
    assert svg_to_img('<svg viewBox="0 0 1 1"><rect/></svg>') == '<svg viewBox="0 0 1 1"><rect/></svg>'
