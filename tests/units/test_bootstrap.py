"""Set-up, on a project whose lock holds one tiny wheel in its wheelhouse: no network is used."""

from __future__ import annotations

import ast
import errno
import hashlib
import importlib.util
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from sim import bootstrap
from sim.bootstrap import GUARD, INSIDE, MARKER, UNDERWAY, Setup, SetupFailed

ROOT = Path(bootstrap.__file__).parent.parent
CLI = """
import sys, tiny
def main(argv):
    print(tiny.VERSION, sys.prefix == sys.base_prefix, *argv)
    return 3 if "three" in argv else 0
"""

PREPARE = """import pathlib, sys
def prepare():
    (pathlib.Path(sys.prefix) / "compiled").touch()
"""


def write_lock(root: Path, version: str, digest: str | None = None) -> None:
    """Put a wheel of *version* into the wheelhouse and lock it."""
    house = root / "wheelhouse"
    shutil.rmtree(house, ignore_errors=True)
    house.mkdir()
    wheel = house / f"tiny-{version}-py3-none-any.whl"
    info = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("tiny.py", f"VERSION = {version!r}\n")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
    (root / "requirements.lock").write_text(f"tiny=={version} \\\n    --hash=sha256:{digest}\n")


def write_project(root: Path) -> Path:
    (root / "sim").mkdir(parents=True)
    shutil.copy(ROOT / "run.py", root)
    for name in ("__init__.py", "bootstrap.py", "texts.py", "texts.csv"):
        shutil.copy(ROOT / "sim" / name, root / "sim")
    (root / "sim" / "cli.py").write_text(CLI)
    (root / "sim" / "commands").mkdir()
    (root / "sim" / "commands" / "prepare.py").write_text(PREPARE)
    write_lock(root, "1.0")
    return root


def plain_environment() -> dict[str, str]:
    """Return the environment of a user in a C locale who has set traps for pip and Python."""
    traps = dict.fromkeys(("PIP_TARGET", "PYTHONPATH"), "/nowhere") | {"PIP_USER": "1"}
    return {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": "0"} | traps


def run(root: Path, *argv: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, os.fspath(root / "run.py"), *argv]
    return subprocess.run(
        command, cwd=cwd, env=plain_environment(), capture_output=True, encoding="utf-8", check=False
    )


@dataclass(frozen=True)
class Pair:
    """A project that was set up by two processes at once, and how each of them ended."""

    root: Path
    ended: tuple[tuple[int, bytes, bytes], ...]


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The same for all workers of a test run: whichever asks first has it made, and the others wait."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    kept = base / "pair.json"
    with FileLock(base / "pair.lock"):
        if not kept.exists():
            made = pair_set_up_in(base / "bootstrap" / "台州")
            ended = [(code, out.decode(), err.decode()) for code, out, err in made.ended]
            kept.write_text(json.dumps([os.fspath(made.root), ended]), encoding="utf-8")
    root, ended = json.loads(kept.read_text(encoding="utf-8"))
    return Pair(Path(root), tuple((code, out.encode(), err.encode()) for code, out, err in ended))


def pair_set_up_in(folder: Path) -> Pair:
    root = write_project(folder)
    command = [sys.executable, os.fspath(root / "run.py"), "check", "a b"]
    started = [
        subprocess.Popen(
            command, cwd="/", env=plain_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = [process.communicate() for process in started]
    ended = ((p.returncode, *texts) for p, texts in zip(started, said, strict=True))
    return Pair(root, tuple(ended))


@pytest.fixture
def project(pair: Pair, tmp_path: Path) -> Path:
    """A project that is set up, in a folder with a Chinese name and a blank: one for each test.

    An environment finds itself by where it lies, so that a copy is as good as one made anew, and cheaper.
    """
    root = tmp_path / "浙江 计划"
    shutil.copytree(pair.root, root, symlinks=True)
    return root


@pytest.fixture
def environments(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have environments made by copying one; return the folders where one was asked for."""
    made: list[str] = []
    real = bootstrap._run

    def run(command: Sequence[str]) -> str | None:
        if list(command[1:-1]) != ["-m", "venv"]:
            return real(command)
        made.append(command[-1])
        leave_out = shutil.ignore_patterns("planodds-*", "compiled", "tiny*")
        shutil.copytree(pair.root / ".venv", command[-1], symlinks=True, dirs_exist_ok=True, ignore=leave_out)
        return None

    monkeypatch.setattr(bootstrap, "_run", run)
    return made


def test_two_set_ups_at_once_in_a_c_locale_both_end_inside_and_only_one_makes_the_environment(
    pair: Pair,
) -> None:
    assert [code for code, _, _ in pair.ended] == [0, 0]
    assert [out for _, out, _ in pair.ended] == [b"1.0 False check a b\n"] * 2
    lines = b"".join(err for _, _, err in pair.ended).splitlines()
    assert sum(b"making the environment" in line for line in lines) == 1
    assert sum(b"waiting for it" in line for line in lines) == 1
    assert sum(b"compiling the kernels" in line for line in lines) == 1
    assert len(lines) == 5
    assert (pair.root / ".venv" / "compiled").exists()


def test_a_project_that_is_set_up_starts_without_a_word_and_passes_the_exit_code_on(project: Path) -> None:
    done = run(project, "three", cwd=project / "sim")
    assert (done.stdout, done.stderr, done.returncode) == ("1.0 False three\n", "", 3)


def test_a_changed_lock_is_installed_over_the_old_one(project: Path) -> None:
    write_lock(project, "2.0")
    done = run(project)
    assert done.stdout == "2.0 False\n"
    assert len(done.stderr.splitlines()) == 3
    assert run(project).stderr == ""


def test_kernels_that_do_not_compile_are_told_of_and_keep_nobody_from_working(project: Path) -> None:
    prepare = project / "sim" / "commands" / "prepare.py"
    prepare.write_text("raise RuntimeError('no compiler')")
    write_lock(project, "2.5")
    done = run(project)

    assert done.stdout == "2.5 False\n"
    assert "every start will try again: RuntimeError: no compiler" in done.stderr


def test_a_wheel_that_does_not_match_its_hash_is_not_installed(project: Path) -> None:
    write_lock(project, "3.0", digest="0" * 64)
    done = run(project)
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert "Traceback" not in done.stderr
    assert (project / ".venv" / MARKER).read_text().strip() == UNDERWAY


def test_an_interrupted_set_up_is_begun_anew(
    project: Path, environments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write_lock(project, "1.0")
    (project / ".venv" / MARKER).write_text(UNDERWAY)
    half_installed = project / ".venv" / "half_installed.py"
    half_installed.touch()
    bootstrap.prepare(Setup(project, "en"))
    assert environments == [os.fspath(project / ".venv")]
    assert not half_installed.exists()
    assert (project / ".venv" / GUARD).exists()
    assert "making the environment" in capsys.readouterr().err
    assert run(project).stdout == "1.0 False\n"


def test_the_second_set_up_waits_for_the_first_and_finds_all_done(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = Setup(project, "en")
    wanted = bootstrap._state(setup)
    bootstrap._write_state(setup, UNDERWAY)
    second = threading.Thread(target=bootstrap.prepare, args=(setup,))
    with bootstrap._alone(setup):
        second.start()
        while "waiting for it" not in (said := capsys.readouterr().err):
            time.sleep(0.01)
        bootstrap._write_state(setup, wanted)
    second.join(timeout=30)
    assert not second.is_alive()
    assert len(said.splitlines()) == 1
    assert capsys.readouterr().err == ""


def test_an_environment_whose_python_is_gone_is_not_taken_for_ready(project: Path) -> None:
    setup = Setup(project, "en")
    digest = hashlib.sha256(setup.lock.read_bytes()).hexdigest()
    assert bootstrap._is_ready(setup, digest)
    moved = setup.python.rename(setup.python.with_name("moved"))
    setup.python.symlink_to("/nowhere/python")
    try:
        assert not bootstrap._is_ready(setup, digest)
        assert not bootstrap._is_usable(setup.python)
    finally:
        setup.python.unlink()
        moved.rename(setup.python)


def test_run_py_can_be_read_by_the_pythons_that_it_refuses() -> None:
    tree = ast.parse((ROOT / "run.py").read_bytes(), feature_version=(3, 7))
    modern = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.FunctionDef, ast.ImportFrom)
    new = [node for node in ast.walk(tree) if isinstance(node, modern)]
    assert [node.module for node in new if isinstance(node, ast.ImportFrom)] == ["sim", "sim"]
    assert len(new) == 2


@pytest.mark.parametrize("call", ["sim.bootstrap.enter", "sim.cli.parser_in"])
def test_R17_ctrl_c_in_the_first_moments_shows_no_traceback(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.bootstrap.enter", lambda root, argv: None)
    monkeypatch.setattr(call, interrupted)
    monkeypatch.setattr(sys, "argv", ["run.py", "audit"])
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(os.fspath(ROOT / "run.py"), run_name="__main__")
    signal.signal(signal.SIGTERM, handler)
    assert ended.value.code == 3


def test_an_old_python_is_refused_in_one_sentence() -> None:
    pretend = "import runpy, sys; sys.version_info = (3, 9, 1); runpy.run_path('run.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 1
    assert "planodds needs Python 3.11 or newer, and this is 3.9." in done.stderr
    assert len(done.stderr.splitlines()) == 1


def refused(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> object:
    def prepare(_: Setup) -> None:
        raise error

    monkeypatch.setattr(bootstrap, "prepare", prepare)
    with pytest.raises(SystemExit) as exit:
        bootstrap.enter("/nowhere", ["--lang", "zh"])
    return exit.value.code


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (SetupFailed("原因"), 1, "原因"),
        (KeyboardInterrupt(), 3, "中断"),
        (OSError(errno.ENOSPC, "full"), 5, "空间不足"),
        (PermissionError(errno.EACCES, "denied", "/nowhere/.venv"), 1, "/nowhere/.venv"),
    ],
)
def test_what_stops_a_set_up_is_one_line_and_an_exit_code(
    error: BaseException,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert refused(monkeypatch, error) == code
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1


def test_a_python_without_ensurepip_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    root = write_project(tmp_path / "project")
    with pytest.raises(SetupFailed, match=r"sudo apt install python3\.\d+-venv"):
        bootstrap.prepare(Setup(root, "en"))


def test_without_a_wheelhouse_the_network_is_asked_and_a_full_disk_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = Setup(write_project(tmp_path / "project"), "en")
    shutil.rmtree(setup.wheelhouse)
    asked: list[list[str]] = []

    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 1, b"ERROR: [Errno 28] No space left on device\n")

    monkeypatch.setattr(subprocess, "run", pip)
    with pytest.raises(OSError, match="No space left"):
        bootstrap._install(setup)
    assert "--require-hashes" in asked[0]
    assert "--only-binary=:all:" in asked[0]
    assert "--no-index" not in asked[0]
    assert "once, about a minute" in capsys.readouterr().err


def test_an_environment_that_leads_nowhere_does_not_start_itself_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = Setup(tmp_path, "en")
    monkeypatch.setenv(INSIDE, os.fspath(setup.environment))
    with pytest.raises(SetupFailed, match="delete that folder"):
        bootstrap._start_again(setup, [])


def test_the_same_command_is_started_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = Setup(tmp_path, "en")
    calls: list[tuple[str, list[str], Mapping[str, str]]] = []

    def execve(path: str, command: list[str], environment: Mapping[str, str]) -> None:
        calls.append((path, command, environment))
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.setattr(bootstrap, "prepare", lambda setup: None)
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    with pytest.raises(SystemExit):
        bootstrap.enter(os.fspath(tmp_path), ["check", "x.yaml"])
    path, command, environment = calls[0]
    assert path == os.fspath(setup.python)
    assert command[1:] == [os.fspath(tmp_path / "run.py"), "check", "x.yaml"]
    assert "PYTHONHOME" not in environment


def test_on_windows_the_first_process_waits_and_passes_the_exit_code_on() -> None:
    assert bootstrap._exit_code_of([sys.executable, "-c", "raise SystemExit(7)"], os.environ) == 7


@pytest.mark.parametrize(
    ("argv", "environment", "lang"),
    [
        (["--lang", "zh"], {"LANG": "en_US.UTF-8"}, "zh"),
        (["check", "--lang=en"], {"LANG": "zh_CN.UTF-8"}, "en"),
        ([], {"LANG": "zh_CN.GB18030"}, "zh"),
        ([], {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ([], {"LC_ALL": "de_DE", "PLANODDS_LANG": "zh"}, "zh"),
        ([], {"PLANODDS_LANG": "fr"}, "en"),
        ([], {}, "en"),
    ],
)
def test_the_language_is_what_was_asked_for_or_that_of_the_system(
    argv: list[str], environment: dict[str, str], lang: str
) -> None:
    assert bootstrap.language_of(argv, environment) == lang
