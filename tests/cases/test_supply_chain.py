"""What is installed, from where, under which licence, and what the code must never do with input."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="ascii")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WANTED = [*PROJECT["dependencies"], *chain.from_iterable(PROJECT["optional-dependencies"].values())]

# Written in pieces, so that this file passes its own test.
INDEX = re.compile("(?i)py" + r"pi\.(org|python)|python" + r"hosted|mirrors?\.[a-z]+\.|index-" + r"url\b")
MACHINE = re.compile(r"(?i)(?<![\w.])/(work|root|home|farm|opt/\w+)/[\w.]|[A-Z]:\\Users\\\w")


def locked() -> dict[str, str]:
    """Return the lock as entries by name: version, marker and hashes in one text."""
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    return {str(canonicalize_name(entry.split("==")[0])): entry for entry in entries}


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name.decode() for name in listed.split(b"\0") if name]


def test_S29_every_entry_of_the_lock_is_one_version_with_hashes() -> None:
    entry = re.compile(r"[a-z0-9-]+==[0-9][^ ]*( ; [^\\]+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\\n|$))+")
    for name, text in locked().items():
        assert entry.fullmatch(text), name


def test_S29_set_up_asks_for_hashes_and_for_wheels_only() -> None:
    source = (ROOT / "sim" / "bootstrap.py").read_text(encoding="utf-8")
    assert '"--require-hashes", "--only-binary=:all:"' in source


ONLY_OLDER = {"lazy-importer", "zipp"}
"""What is asked for by what Python 3.11 alone needs."""


def test_S30_every_library_asked_for_is_locked_at_a_version_that_will_do() -> None:
    for requirement in map(Requirement, WANTED):
        entry = locked()[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(entry.split("==")[1].split()[0]), requirement


def test_S30_all_that_is_asked_for_is_locked_and_nothing_else() -> None:
    """What only older Pythons need is not here, on newer ones, to say what it asks for itself."""
    spare = set(locked()) - reached(WANTED)
    assert reached(WANTED) <= set(locked())
    assert not spare if sys.version_info < (3, 12) else spare <= ONLY_OLDER


def test_S30_what_is_installed_here_is_what_the_lock_says() -> None:
    for name, entry in locked().items():
        marker = re.search(r" ; ([^\\]+)", entry)
        if marker is None:
            assert importlib.metadata.version(name) == entry.split("==")[1].split()[0], name


def reached(requirements: Iterable[str]) -> set[str]:
    """Return the names of *requirements* and of all that they ask for, on any system."""
    names: set[str] = set()
    open_ends = [Requirement(requirement) for requirement in requirements]
    while open_ends:
        requirement = open_ends.pop()
        name = str(canonicalize_name(requirement.name))
        if name in names:
            continue
        try:
            asked = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            asked = []  # for another system
        names.add(name)
        open_ends += [each for each in map(Requirement, asked) if is_ever_needed(each, requirement.extras)]
    return names


def is_ever_needed(requirement: Requirement, extras: set[str]) -> bool:
    """Whether some system of ours, with a Python of ours, needs *requirement*."""
    if requirement.marker is None:
        return True
    marker = requirement.marker
    systems = (("linux", "posix", "Linux"), ("win32", "nt", "Windows"), ("darwin", "posix", "Darwin"))
    return any(
        marker.evaluate(
            {
                "sys_platform": platform,
                "os_name": os_name,
                "platform_system": system,
                "python_version": version,
                "python_full_version": version + ".0",
                "extra": extra,
            }
        )
        for platform, os_name, system in systems
        for version in ("3.11", "3.12", "3.13", "3.14")
        for extra in (*extras, "")
    )


def test_S31_every_library_is_listed_with_its_licence_and_none_is_under_the_gpl() -> None:
    listing = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([a-z0-9-]+) \| ([^|]+) \|", listing, re.MULTILINE))
    del rows["library"]
    assert set(rows) == set(locked())
    for name, licence in rows.items():
        assert "GPL" not in licence
        assert "GPL" not in licence_told_by(name)


CHOSEN = {"text-unidecode": "Artistic License"}
"""Libraries that offer a choice of licences, and which is taken."""


def licence_told_by(library: str) -> str:
    try:
        told = importlib.metadata.metadata(library)
    except importlib.metadata.PackageNotFoundError:
        return ""  # for another system
    classifiers = [each for each in told.get_all("Classifier") or [] if each.startswith("License")]
    if library in CHOSEN and any(CHOSEN[library] in each for each in classifiers):
        return CHOSEN[library]
    fields = [told[name][:80] for name in ("License-Expression", "License") if name in told]
    return " ".join(fields + classifiers)


FONTS = {".ttf", ".otf", ".ttc", ".woff", ".woff2"}


def test_S31_the_licence_is_apache_and_the_only_font_comes_with_its_open_licence() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text()
    (font,) = [path for path in committed() if path.suffix in FONTS]
    assert "SIL OPEN FONT LICENSE Version 1.1" in font.with_name("OFL.txt").read_text(encoding="utf-8")
    assert font.name in font.with_name("OFL.txt").read_text(encoding="utf-8")
    assert font.stat().st_size < 3_000_000


FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "joblib", "yaml"}
FORBIDDEN_CALLS = {"eval", "exec", "__import__"}
FORBIDDEN_ATTRIBUTES = {("os", "system"), ("os", "popen"), ("tempfile", "mktemp"), ("hashlib", "md5")}


def dangers(source: str) -> Iterator[str]:
    """Yield what code of ours must not do: run text, unpickle, go through a shell, trust weak hashes."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names if each.name.split(".")[0] in FORBIDDEN_MODULES)
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in FORBIDDEN_MODULES:
                yield module
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                yield name
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if (owner, name) in FORBIDDEN_ATTRIBUTES:
                yield f"{owner}.{name}"
            case ast.keyword(arg="shell" | "allow_pickle", value=value):
                if not (isinstance(value, ast.Constant) and value.value is False):
                    yield f"{node.arg}="
            case ast.keyword(arg="typ", value=ast.Constant(value="unsafe")):
                yield "typ=unsafe"


def test_S32_no_code_of_ours_runs_text_or_unpickles_or_uses_a_shell() -> None:
    ours = [path.relative_to(ROOT) for path in committed() if path.suffix == ".py"]
    sources = [ROOT / path for path in ours if "tests" not in path.parts]
    assert len(sources) > 20
    found = {path.name: list(dangers(path.read_text(encoding="utf-8"))) for path in sources}
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "eval('1')",
        "import pickle",
        "from yaml import load",
        "import os; os.system('x')",
        "run('x', shell=True)",
        "YAML(typ='unsafe')",
        "np.load(f, allow_pickle=True)",
    ],
)
def test_S32_a_planted_danger_is_seen(planted: str) -> None:
    assert list(dangers(planted)) != []


def test_no_committed_file_names_a_package_index_or_a_path_of_a_machine() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{number}": line[:120]
        for path in committed()
        if path.is_file()
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1)
        if INDEX.search(line) or MACHINE.search(line)
    }
    assert found == {}


@pytest.mark.parametrize(
    "planted",
    ["https://py" + "pi.org/simple/", "--index-" + "url x", "python" + "hosted.org", "mirr" + "or.a.cn"],
)
def test_a_planted_index_address_is_seen(planted: str) -> None:
    assert INDEX.search(planted)


@pytest.mark.parametrize("planted", ["/wor" + "k/main/x", "'/ro" + "ot/.venv'", "C:\\Use" + "rs\\li"])
def test_a_planted_machine_path_is_seen(planted: str) -> None:
    assert MACHINE.search(planted)
