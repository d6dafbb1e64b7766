"""Set-up with the standard library alone: an environment beside run.py that holds the lock.

The environment is ready when its marker holds the hash of ``requirements.lock``. The marker is
written last, so a set-up that was interrupted is seen and begun again.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from sim.texts import default_language, say

MARKER = "planodds-lock.sha256"
GUARD = "planodds-setup.lock"
UNDERWAY = "underway"
INSIDE = "PLANODDS_ENVIRONMENT"
OLDEST = (3, 11)

_HELD_ELSEWHERE = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_POLL_SECONDS = 0.2
_PIP_LINES = 6  # of what pip said, the last ones, which name the cause

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class SetupFailed(Exception):
    """Raised with the sentence that tells the planner what to do."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One project folder and the language of its messages."""

    root: Path
    lang: str

    @property
    def environment(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        if sys.platform == "win32":
            return self.environment / "Scripts" / "python.exe"
        return self.environment / "bin" / "python"

    @property
    def lock(self) -> Path:
        return self.root / "requirements.lock"

    @property
    def wheelhouse(self) -> Path:
        return self.root / "wheelhouse"

    def tell(self, key: str, **values: object) -> None:
        """Print one line on stderr."""
        print(say(key, self.lang, **values), file=sys.stderr, flush=True)

    def failure(self, key: str, **values: object) -> SetupFailed:
        return SetupFailed(say(key, self.lang, **values))


def enter(root: str, argv: Sequence[str]) -> None:
    """Return once this process runs inside a ready environment; else make it and start again there.

    Raises SystemExit: 1 when set-up fails, 3 when it is interrupted, 5 when the disk is full.
    """
    setup = Setup(Path(root), language_of(argv, os.environ))
    try:
        prepare(setup)
        if not _is_inside(setup):
            _start_again(setup, argv)
    except SetupFailed as failed:
        print(failed, file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        setup.tell("setup.interrupted")
        raise SystemExit(3) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            setup.tell("setup.no-space")
            raise SystemExit(5) from None
        setup.tell("setup.cannot-use", file=error.filename or setup.environment, why=error.strerror or error)
        raise SystemExit(1) from None


def prepare(setup: Setup) -> None:
    """Make the environment hold what the lock says; nothing is done where it already does.

    Two set-ups at once do not disturb each other: the second waits, then finds all done.
    """
    wanted = hashlib.sha256(setup.lock.read_bytes()).hexdigest()
    if _is_ready(setup, wanted):
        return
    setup.environment.mkdir(exist_ok=True)
    with _alone(setup):
        if _is_ready(setup, wanted):
            return
        if _state(setup) == UNDERWAY or not _is_usable(setup.python):
            _make(setup)
        _write_state(setup, UNDERWAY)
        _install(setup)
        _compile(setup)
        _write_state(setup, wanted)
    setup.tell("setup.ready")


def language_of(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language that the command line asks for, before anything has parsed it."""
    for word, following in zip_longest(argv, argv[1:], fillvalue=""):
        if word in ("--lang=zh", "--lang=en"):
            return word.removeprefix("--lang=")
        if word == "--lang" and following in ("zh", "en"):
            return following
    return default_language(environment)


def _state(setup: Setup) -> str:
    try:
        return (setup.environment / MARKER).read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return ""


def _write_state(setup: Setup, state: str) -> None:
    fresh = setup.environment / (MARKER + ".new")
    with fresh.open("w", encoding="ascii") as file:
        file.write(state + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, setup.environment / MARKER)


def _is_ready(setup: Setup, wanted: str) -> bool:
    return setup.python.exists() and _state(setup) == wanted


def _is_usable(python: Path) -> bool:
    """Whether *python* starts, is new enough and has pip (an environment of the planner's own may)."""
    question = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([python, "-c", question], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _is_inside(setup: Setup) -> bool:
    return os.path.realpath(sys.prefix) == os.path.realpath(setup.environment)


@contextmanager
def _alone(setup: Setup) -> Iterator[None]:
    """Hold the environment for one set-up; the system frees it when the process ends, however it ends."""
    with (setup.environment / GUARD).open("ab") as file:
        if not _taken(file.fileno()):
            setup.tell("setup.waiting")
            while not _taken(file.fileno()):
                time.sleep(_POLL_SECONDS)
        yield


def _taken(file: int) -> bool:
    try:
        _lock(file)
    except OSError as error:
        # A file system without locks must not keep a planner from setting up.
        return error.errno not in _HELD_ELSEWHERE
    return True


def _make(setup: Setup) -> None:
    """Make the environment anew; the guard stays, since it is held."""
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        raise setup.failure("setup.no-ensurepip", major=sys.version_info.major, minor=sys.version_info.minor)
    setup.tell("setup.making", folder=setup.environment.name)
    for entry in os.scandir(setup.environment):
        if entry.name == GUARD:
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)
    _write_state(setup, UNDERWAY)
    said = _run([sys.executable, "-m", "venv", os.fspath(setup.environment)])
    if said is not None:
        raise setup.failure("setup.no-environment", why=" ".join(said.splitlines()[-1:]))


def _install(setup: Setup) -> None:
    command = [os.fspath(setup.python), "-m", "pip", "install", "--require-hashes", "--only-binary=:all:"]
    command += ["--no-input", "--quiet", "--requirement", os.fspath(setup.lock)]
    if any(setup.wheelhouse.glob("*.whl")):
        command += ["--no-index", "--find-links", os.fspath(setup.wheelhouse)]
        setup.tell("setup.installing-offline", folder=setup.wheelhouse.name)
    else:
        setup.tell("setup.installing")
    said = _run(command)
    if said is not None:
        print("\n".join(said.splitlines()[-_PIP_LINES:]), file=sys.stderr)
        raise setup.failure("setup.failed", folder=setup.wheelhouse)


def _compile(setup: Setup) -> None:
    """Have the environment's Python compile kernels and modules once, so that no later start waits for it.

    A machine that cannot compile kernels still runs: each start then compiles for itself, and says why
    where that fails.
    """
    setup.tell("setup.compiling")
    path = f"import sys; sys.path.insert(0, {os.fspath(setup.root)!r})"
    what = f"{path}; from sim.commands.prepare import prepare; prepare()"
    said = _run([os.fspath(setup.python), "-c", what])
    if said is not None:
        setup.tell("setup.not-compiled", why=" ".join(said.splitlines()[-1:]))


def _run(command: Sequence[str]) -> str | None:
    """Run a Python *command*; return what it said where it failed, OSError where the disk is full."""
    done = subprocess.run(
        command,
        env=_quiet_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode == 0:
        return None
    said = done.stdout.decode("utf-8", "replace").strip()
    if os.strerror(errno.ENOSPC) in said:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return said


def _without(environment: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in names}


def _quiet_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of venv and pip: mirrors and proxies stay, what aims them elsewhere goes.

    UTF-8, because venv writes the folder's name into a file and cannot spell it in a C locale.
    """
    kept = _without(environment, ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONHOME", "PYTHONPATH"))
    return kept | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUTF8": "1"}


def _start_again(setup: Setup, argv: Sequence[str]) -> None:
    """Run the same command with the environment's Python; this process ends with its exit code."""
    where = os.fspath(setup.environment)
    if os.environ.get(INSIDE) == where:
        raise setup.failure("setup.not-inside", folder=where)
    command = [os.fspath(setup.python), os.fspath(setup.root / "run.py"), *argv]
    # Both would lead the environment's Python to the packages of another one.
    environment = _without(os.environ, ("PYTHONHOME", "PYTHONPATH")) | {INSIDE: where}
    if sys.platform != "win32":
        os.execve(command[0], command, environment)
    raise SystemExit(_exit_code_of(command, environment))


def _exit_code_of(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run *command* to its end; Ctrl-C reaches it as well, and it is the one to answer."""
    with subprocess.Popen(command, env=environment) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue
