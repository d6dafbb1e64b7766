"""``run.py fix-encoding FILE``: save a GBK or UTF-16 file as UTF-8, keeping the original beside it."""

from __future__ import annotations

import argparse
from pathlib import Path

from sim.commands.console import OK, Console
from sim.errors import BadInput, Mistake, Place
from sim.marked.text import fixed_encoding, load_bytes, name_in_project
from sim.outputs.atomic import write_whole
from sim.texts import say

LIMIT = 10_000_000
SHOWN = 3  # lines with other than ASCII letters, for a person to judge the guess by


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=say("cli.fix-encoding.file", lang))


def run(options: argparse.Namespace, console: Console) -> int:
    path: Path = options.file
    raw = load_bytes(path, console.root, LIMIT)
    name = name_in_project(path, console.root)
    try:
        text = fixed_encoding(raw)
    except UnicodeDecodeError:
        raise BadInput([Mistake(Place(name), "unknown-encoding")]) from None
    fixed = text.encode("utf-8")
    if fixed == raw:
        console.show_text("cli.fix-encoding.nothing", file=name)
        return OK
    original = path.with_name(path.name + ".original")
    if original.exists():
        raise BadInput([Mistake(Place(name), "original-exists", (("file", original.name),))])
    write_whole(original, raw)
    write_whole(path, fixed)
    console.show_text("cli.fix-encoding.done", file=name, original=original.name)
    for line in [line for line in text.splitlines() if not line.isascii()][:SHOWN]:
        console.show("    " + line)
    return OK
