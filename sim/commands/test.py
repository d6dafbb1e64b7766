"""``run.py test``: everything that must hold before a change is worth reading."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from sim.commands.console import BAD_INPUT, OK, Console
from sim.texts import say

_LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"

_MANY = ("pytest", "-m", "not speed", "-n", "2", "--dist", "worksteal")

_LINT = (
    ("ruff", ("-m", "ruff", "check")),
    ("mypy", ("-m", "mypy")),
    ("import-linter", ("-c", _LINT_IMPORTS, "--no-logo")),
)
_SPEED = ("pytest", ("-m", "pytest", "-m", "speed"))

CHECKS = (*_LINT, ("pytest", ("-m", *_MANY)), _SPEED)
"""What to run with this Python, in order; the first that fails ends it.

Tests that measure time run alone and untraced, since company and tracing cost more than any slip of ours.
"""

TRACED_CHECKS = (
    *_LINT,
    ("coverage", ("-m", "coverage", "erase")),
    ("pytest", ("-m", "coverage", "run", "-m", *_MANY)),
    _SPEED,
    ("coverage", ("-m", "coverage", "combine", "--quiet")),
    ("coverage", ("-m", "coverage", "report")),
)
"""The same where CI is set, with every line and branch counted, which takes nearly twice as long."""


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("pytest", nargs="*", help=say("cli.test.pytest", lang))


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
"""What a Chromium may be called."""


def chromium() -> str | None:
    """Return the browser that pages are tested in: PLANODDS_CHROMIUM, else one found by its name."""
    return os.environ.get("PLANODDS_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def office() -> str | None:
    """Return the LibreOffice that workbooks are opened with."""
    return shutil.which("soffice")


@dataclass(frozen=True, slots=True)
class Program:
    """A program that some tests open results with: how to find it, and the tests that need it."""

    name: str  # as Debian calls it
    found: Callable[[], str | None]
    tests: str


PROGRAMS = (
    Program("chromium", chromium, "tests/browser"),
    Program("libreoffice-calc", office, "tests/cases/test_R15_spreadsheets.py"),
)


def missing_programs() -> tuple[Program, ...]:
    return tuple(program for program in PROGRAMS if program.found() is None)


def run(options: argparse.Namespace, console: Console) -> int:
    """Run all checks; with arguments of pytest, pytest alone with those.

    Tests that open results with a program that is not there are left out, and the end says which; where
    CI is set nothing may be left out, and nothing is run.
    """
    if options.pytest:
        return _run(("-m", "pytest", *options.pytest), console)
    missing = missing_programs()
    names = ", ".join(program.name for program in missing)
    if missing and os.environ.get("CI"):
        console.tell_text("cli.test.no-program", names=names)
        return BAD_INPUT
    left_out = tuple(f"--ignore={program.tests}" for program in missing)
    for name, command in TRACED_CHECKS if os.environ.get("CI") else CHECKS:
        code = _run((*command, *left_out) if name == "pytest" else command, console)
        if code != OK:
            console.tell_text("cli.test.failed", name=name)
            return code
    if missing:
        console.tell_text("cli.test.left-out", tests=", ".join(p.tests for p in missing), names=names)
    console.tell_text("cli.test.passed")
    return OK


def _run(command: tuple[str, ...], console: Console) -> int:
    """Run Python with *command*; bytecode is kept, since tests start many processes that load the same."""
    console.flush()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run((sys.executable, *command), cwd=console.root, env=environment, check=False)
    return done.returncode
