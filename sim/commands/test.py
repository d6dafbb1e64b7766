"""``run.py test``: everything that must hold before a change is worth reading."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys

from sim.commands.console import BAD_INPUT, OK, Console
from sim.texts import say

_LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"

_TRACED = ("-m", "coverage", "run", "-m", "pytest")

CHECKS = (
    ("ruff", ("-m", "ruff", "check")),
    ("mypy", ("-m", "mypy")),
    ("import-linter", ("-c", _LINT_IMPORTS, "--no-logo")),
    ("coverage", ("-m", "coverage", "erase")),
    ("pytest", (*_TRACED, "-m", "not speed", "-n", "2", "--dist", "worksteal")),
    ("pytest", ("-m", "pytest", "-m", "speed")),
    ("coverage", ("-m", "coverage", "combine", "--quiet")),
    ("coverage", ("-m", "coverage", "report")),
)
"""What to run with this Python, in order; the first that fails ends it.

Tests that measure time run alone and untraced, since company and tracing cost more than any slip of ours.
"""


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("pytest", nargs="*", help=say("cli.test.pytest", lang))


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
"""What a Chromium may be called."""


def chromium() -> str | None:
    """Return the browser that pages are tested in: PLANODDS_CHROMIUM, else one found by its name."""
    return os.environ.get("PLANODDS_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def no_chromium(lang: str) -> str:
    """Return what to do where there is none."""
    return say("cli.test.no-browser", lang)


def run(options: argparse.Namespace, console: Console) -> int:
    """Run all checks; with arguments of pytest, pytest alone with those.

    Without a browser nothing is run: minutes of tests would end in failures that are none.
    """
    if options.pytest:
        return _run(("-m", "pytest", *options.pytest), console)
    if chromium() is None:
        console.tell(no_chromium(console.lang))
        return BAD_INPUT
    for name, command in CHECKS:
        code = _run(command, console)
        if code != OK:
            console.tell_text("cli.test.failed", name=name)
            return code
    console.tell_text("cli.test.passed")
    return OK


def _run(command: tuple[str, ...], console: Console) -> int:
    console.flush()
    return subprocess.run((sys.executable, *command), cwd=console.root, check=False).returncode
