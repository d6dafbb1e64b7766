"""``run.py verify``: whether results are still what was written."""

from __future__ import annotations

import argparse
from pathlib import Path

from sim.commands.console import BAD_INPUT, OK, Console
from sim.marked.text import readable_name
from sim.outputs.manifest import verify
from sim.texts import say


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument(
        "folders", nargs="*", type=Path, metavar="FOLDER", help=say("cli.verify.folders", lang)
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Name every file that differs from its manifest; exit 2 if there is one."""
    results = console.root / "results"
    folders: list[Path] = options.folders or sorted(path for path in results.glob("[!.]*") if path.is_dir())
    faults = [(folder, fault) for folder in folders for fault in verify(folder)]
    for folder, fault in faults:
        file = readable_name(f"{folder.name}/{fault.file}")
        console.show_text(f"cli.verify.{fault.kind}", file=file)
    if not faults:
        console.show_text("cli.verify.sound", count=len(folders))
    return BAD_INPUT if faults else OK
