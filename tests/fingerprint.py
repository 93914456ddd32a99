"""A fingerprint of what a recorded result was made from: it changes when the result may.

Python counts by what it does, so comments, docstrings and layout change nothing; of a notebook only the code cells count; any
other file counts byte by byte.
"""

import ast
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]

ENGINE = sorted((ROOT / "ftwidgets" / "engine").rglob("*.py"))
WEIGHTS = [ROOT / "ftwidgets" / "engine" / "nano" / name for name in ("config.json", "model.safetensors", "tokenizer.json")]
DATA = sorted([*(ROOT / "datasets").glob("*.csv"), *(ROOT / "notebooks" / "data").glob("*.csv")])


def fingerprint(paths: Iterable[Path]) -> str:
    """Return 16 hexadecimal digits for files, in the order of their paths."""
    found = hashlib.sha256()
    for path in sorted(set(paths)):
        found.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + meaning(path) + b"\0")
    return found.hexdigest()[:16]


def meaning(path: Path) -> bytes:
    """Return what counts of one file."""
    content = path.read_bytes()
    if path.suffix == ".py":
        return ast.dump(without_docstrings(ast.parse(content))).encode()
    if path.suffix == ".ipynb":
        cells = json.loads(content)["cells"]
        return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code").encode()
    return content


def without_docstrings(tree: ast.Module) -> ast.Module:
    """Take the docstrings out of a syntax tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [part for part in node.body if not is_text(part)]
    return tree


def is_text(node: ast.stmt) -> bool:
    """Tell whether a statement is a string and nothing else."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
