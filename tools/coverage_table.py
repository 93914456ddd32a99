"""Write the table of coverage into DIFFERENCES.md, between its marks: `python -m tools.coverage_table`.

Left out: the table itself, which is made from what the tests go by (`tests/contract/coverage.py`).
"""

from pathlib import Path

from tests.contract.coverage import with_coverage

DIFFERENCES = Path(__file__).parents[1] / "DIFFERENCES.md"


def main() -> None:
    DIFFERENCES.write_text(with_coverage(DIFFERENCES.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
