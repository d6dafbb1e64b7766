"""The corpus of broken scenarios: the head of each file says what must be found in it, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.errors import BadInput
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "tests" / "bad_scenarios").glob("*.yaml"))
EXPECT = re.compile(rb"# expect: (\d+:\d+) ([a-z0-9-]+)\n")
HEAD = re.compile(rb"(?:%b)+" % EXPECT.pattern)
PLANS = PlanFolders(ROOT)


def test_the_corpus_is_not_small() -> None:
    assert len(FILES) >= 45


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_broken_scenario_has_exactly_the_mistakes_that_it_names(file: Path) -> None:
    head = HEAD.match(file.read_bytes())
    assert head is not None

    with pytest.raises(BadInput) as caught:
        load_scenarios([file], PLANS, ROOT)

    found = [(str(mistake.place), mistake.code) for mistake in caught.value.mistakes]
    expected = [tuple(part.decode() for part in parts) for parts in EXPECT.findall(head[0])]
    assert found == [(f"tests/bad_scenarios/{file.name}:{at}", code) for at, code in expected]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_mistake_of_the_corpus_is_one_line_in_both_languages(lang: str) -> None:
    with pytest.raises(BadInput) as caught:
        load_scenarios(FILES, PLANS, ROOT)

    lines = [mistake.line(lang) for mistake in caught.value.mistakes]
    assert all("\n" not in line and "{" not in line.split("]")[-1] for line in lines)
    assert len(lines) >= len(FILES)


def test_all_mistakes_of_all_files_come_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        load_scenarios(FILES, PLANS, ROOT)

    files = {mistake.place.file for mistake in caught.value.mistakes}
    assert files == {f"tests/bad_scenarios/{file.name}" for file in FILES}
