"""Read an ``iamc.csv`` back with pyam and hold every number against the file.

pyam asks for more than a hundred libraries and is no part of the environment. In a folder of its own:

    python3 -m venv pyam-env
    pyam-env/bin/python -m pip install pyam-iamc "sqlalchemy<2.1"
    pyam-env/bin/python bench/pyam_read_back.py results/baseline/iamc.csv
"""

from __future__ import annotations

import csv
import importlib
import math
import sys
from pathlib import Path

INDEX = ("model", "scenario", "region", "variable", "unit", "year")


def main(path: Path) -> int:
    """Print how many rows came back equal; 0 if all did."""
    pyam = importlib.import_module("pyam")
    with path.open(encoding="utf-8", newline="") as file:
        written = {tuple(row[name] for name in INDEX): float(row["value"]) for row in csv.DictReader(file)}
    rows = pyam.IamDataFrame(path).data.to_dict("records")
    read = {tuple(str(row[name]) for name in INDEX): float(row["value"]) for row in rows}
    # pandas reads floats a few last bits off unless it is asked not to.
    equal = sum(math.isclose(read.get(key, math.nan), x, rel_tol=1e-12) for key, x in written.items())
    print(f"pyam {pyam.__version__}: {len(written)} rows written, {len(read)} read back, {equal} equal")
    return 0 if len(written) == len(read) == equal else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
