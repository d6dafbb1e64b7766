"""``run.py verify``: whether results are still what was written."""

from __future__ import annotations

import argparse
from pathlib import Path

from sim.commands.console import BAD_INPUT, OK, Console
from sim.marked.text import readable_name
from sim.outputs.manifest import MANIFEST, verify
from sim.texts import counted, say


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument(
        "folders", nargs="*", type=Path, metavar="FOLDER", help=say("cli.verify.folders", lang)
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Name every file that differs from its manifest; exit 2 if there is one."""
    results = console.root / "results"
    folders = [folder for path in options.folders for folder in result_folders(path)]
    if not options.folders:
        folders = inner_folders(results)
    faults = [(folder, fault) for folder in folders for fault in verify(folder)]
    for folder, fault in faults:
        file = readable_name(f"{folder.name}/{fault.file}")
        console.show_text(f"cli.verify.{fault.kind}", file=file)
    if not faults:
        console.show_text("cli.verify.sound", folders=counted(len(folders), "folders", console.lang))
    return BAD_INPUT if faults else OK


def inner_folders(path: Path) -> list[Path]:
    """Return the folders in *path*, without hidden ones."""
    return sorted(folder for folder in path.glob("[!.]*") if folder.is_dir())


def result_folders(path: Path) -> list[Path]:
    """Return *path* as the one result; where it is the folder of several, such as --out made, those."""
    inside = inner_folders(path)
    holds_results = any((folder / MANIFEST).exists() for folder in inside)
    return inside if holds_results and not (path / MANIFEST).exists() else [path]
