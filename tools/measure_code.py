"""Measure the package's code: size, comments, private functions, readers of each module, import circles.

`python tools/measure_code.py [FOLDER ...]` prints one row for each folder (by default `ftwidgets`), so that another package,
or an older checkout of this one, can stand beside it. `--entered` also runs two small programs and counts the files of the
package in which functions run: a check of one small CSV, and a job launched and waited for. A private function has a name with
one underscore in front; those that IPython calls by their names (`_repr_html_`) are not counted. One that is used once stands
twice in its file: where it is defined, and where it is called or handed on.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import statistics
import subprocess
import sys
import tempfile
import tokenize
from collections import Counter
from pathlib import Path

PROGRAMS = {
    "check": """
from pathlib import Path
words = "parcel Monday refund thirty planter warm invoice paper shovel steel delivery two opening nine voucher half".split()
rows = zip(words[::2], words[1::2])
Path("small.csv").write_text("Prompt,Completion\\n" + "".join(f"What about my {a}?,It is {b} today.\\n" for a, b in rows))
work = lambda: ftwidgets.check("small.csv")
""",
    "launch and wait": """
from pathlib import Path
import json
turns = lambda i: [{"role": "user", "content": f"q {i}"}, {"role": "assistant", "content": f"a {i}"}]
Path("train.jsonl").write_text("".join(json.dumps({"messages": turns(i)}) + "\\n" for i in range(12)))
def work():
    ftwidgets.launch(ftwidgets.connect(home="state"), "train.jsonl", model="nano-2026-11", n_epochs=1).wait(timeout=300)
""",
}
# One underscore in front, but not a name that IPython calls, such as `_repr_html_`.
PRIVATE = re.compile(r"_(?!_)(?!(repr|ipython)_\w+_$)")
TRACE = """
import sys, threading, ftwidgets
root, entered = {root!r}, set()
{setup}
def imported(frame):  # whether a module is being imported further up
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename.startswith(root):
            return True
        frame = frame.f_back
    return False
def trace(frame, event, argument):
    name = frame.f_code.co_filename
    if event == "call" and name.startswith(root) and name not in entered and not imported(frame):
        entered.add(name)
threading.setprofile(trace); sys.setprofile(trace)
work()
sys.setprofile(None); threading.setprofile(None)
print("ENTERED", len(entered))
"""


def modules(folder: Path) -> dict[str, Path]:
    """Return all modules below a folder by dotted name, packages by the name of their folder."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules of the package that a module imports, wherever the import stands in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
                base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                found.add(inner if inner in known else base)
    return found & set(known) - {name}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other in a loop (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for target in graph.get(name, ()):
            if target not in index:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], index[target])
        if low[name] == index[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1:
                found.append(sorted(group))

    for name in graph:
        if name not in index:
            visit(name)
    return found


def comment_lines(source: str) -> int:
    """Count the lines that have a comment, alone or behind code."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return len({token.start[0] for token in tokens if token.type == tokenize.COMMENT})


def docstring_lines(tree: ast.Module) -> int:
    """Count the lines of all docstrings."""
    total = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            text = node.body[0]
            total += (text.end_lineno or text.lineno) - text.lineno + 1
    return total


def measure(folder: Path) -> dict[str, object]:
    """Measure one package."""
    known = modules(folder)
    sources = {name: path.read_text(encoding="utf-8") for name, path in known.items()}
    trees = {name: ast.parse(source) for name, source in sources.items()}
    files = [name for name, path in known.items() if path.name != "__init__.py"]
    graph = {name: imports(name, path, known) for name, path in known.items()}
    readers = Counter(target for name in files for target in graph[name])
    functions = [
        node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = sorted((node.end_lineno or node.lineno) - node.lineno + 1 for node in functions)
    private = once = 0
    for name, tree in trees.items():
        words = Counter(re.findall(r"\w+", sources[name]))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and PRIVATE.match(node.name):
                private += 1
                once += words[node.name] == 2  # where it is defined, and where it is used
    lines = {name: len(source.splitlines()) for name, source in sources.items()}
    written = {name: sum(bool(line.strip()) for line in source.splitlines()) for name, source in sources.items()}
    total = sum(written.values())
    alone = sorted(name for name in files if readers[name] == 1)
    names = Counter(name.rsplit(".", 1)[-1] for name in files)
    classes = Counter(
        node.name
        for tree in trees.values()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    engine = [name for name in known if name.startswith(f"{folder.name}.engine")]
    return {
        "modules": len(files),
        "lines": sum(lines.values()),
        "module: median / largest": f"{statistics.median(lines[name] for name in files):.0f} / {max(lines.values())}",
        "function: median / 90 %": f"{statistics.median(lengths):.0f} / {lengths[int(0.9 * len(lengths))]}",
        "comments %": round(100 * sum(map(comment_lines, sources.values())) / total, 1),
        "comments % in engine": round(
            100 * sum(comment_lines(sources[name]) for name in engine) / max(1, sum(written[name] for name in engine)), 1
        ),
        "docstrings %": round(100 * sum(map(docstring_lines, trees.values())) / total, 1),
        "functions": len(functions),
        "private functions": private,
        "private functions used once": once,
        "modules with one reader": f"{len(alone)} ({100 * len(alone) / len(files):.0f} %)",
        "import circles": len(circles({name: graph[name] for name in files})),
        "at the top": len([path for path in folder.iterdir() if path.suffix == ".py" and not path.stem.startswith("__")]),
        "module names used twice or more": sum(count > 1 for count in names.values()),
        "class names used twice or more": sum(count > 1 for count in classes.values()),
        "_alone": alone,
        "_names": sorted(name for name, count in names.items() if count > 1),
        "_classes": sorted(name for name, count in classes.items() if count > 1),
        "_circles": circles({name: graph[name] for name in files}),
    }


def entered(folder: Path, program: str) -> int:
    """Count the files of the package that a small program enters beyond importing it."""
    with tempfile.TemporaryDirectory() as place:
        code = TRACE.format(root=str(folder.resolve()), setup=PROGRAMS[program])
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=place,
            env={"PYTHONPATH": str(folder.resolve().parent), "PATH": "", "HOME": place},
            capture_output=True,
            text=True,
            check=True,
        )
    return int(done.stdout.split("ENTERED")[1])


def main() -> None:
    """Print the measures of each folder, side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("ftwidgets")])
    parser.add_argument("--entered", action="store_true", help="also count the files that two small programs enter")
    parser.add_argument("--names", action="store_true", help="also list the modules, names and circles behind the counts")
    options = parser.parse_args()
    rows = []
    for folder in options.folders:
        row = measure(folder)
        if options.entered:
            row |= {f"files entered by {program}": entered(folder, program) for program in PROGRAMS}
        rows.append(row)
    for key in rows[0]:
        if not key.startswith("_"):
            print(f"{key:<34}", *(f"{row[key]!s:>16}" for row in rows))
    if options.names:
        for folder, row in zip(options.folders, rows, strict=True):
            print(folder, json.dumps({key: value for key, value in row.items() if key.startswith("_")}, indent=1))


if __name__ == "__main__":
    main()
