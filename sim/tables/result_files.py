"""The files of one scenario's result, as bytes by name; numbers are those of the cube, unrounded."""

from __future__ import annotations

from sim.cube import Cube
from sim.outputs.machine_tables import machine_csv, parquet, people_csv
from sim.tables.columns import joint_columns, probability_columns, trajectory_columns
from sim.tables.execution import execution_columns
from sim.tables.realism import plausibility_columns


def result_files(cube: Cube) -> dict[str, bytes]:
    """Return each table as CSV for programs, CSV for spreadsheets, and Parquet."""
    tables = {"probabilities": probability_columns(cube), "trajectories": trajectory_columns(cube)}
    if cube.joint is not None:
        tables["joint"] = joint_columns(cube)
    realism = plausibility_columns(cube)
    if realism is not None:
        tables["plausibility"] = realism
    if cube.without:
        tables["execution"] = execution_columns(cube)
    files: dict[str, bytes] = {}
    for name, columns in tables.items():
        files[f"{name}.csv"] = machine_csv(columns)
        files[f"{name}.parquet"] = parquet(columns)
        files[f"{name}_excel.csv"] = people_csv(columns)
    return files
