"""Pages in a real browser: Debian's Chromium, or the one that PLANODDS_CHROMIUM names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from sim.axes import Name
from sim.commands.test import chromium
from sim.cube import Cube
from sim.texts import say
from tests.pages import cubes_of, page_from

HOSTILE = Name(
    '<script>alert(1)</script>"><img src=x onerror=alert(2)> </script> {0} 衢州',
    "<script>alert(3)</script>\"><svg onload=alert(4)> javascript:alert(5) ' & {p}",
)

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    found = chromium()
    if found is None:
        pytest.fail(say("cli.test.no-program", "en", names="chromium"), pytrace=False)
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    return {**browser_type_launch_args, "executable_path": found, "args": [*quiet, "--disable-sync"]}


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Pages on disk: one scenario, three side by side, and hostile names."""
    folder = tmp_path_factory.mktemp("pages")
    cubes, needs, scenarios = cubes_of("baseline", "plan", "trade_friction")
    hostile = tuple(with_names(cube, HOSTILE) for cube in cubes[:2])
    made = {
        "one": page_from(cubes[:1], needs),
        "several": page_from(cubes, needs, scenarios),
        "hostile": page_from(hostile, needs),
    }
    for name, content in made.items():
        (folder / f"{name}.html").write_bytes(content)
    return {name: folder / f"{name}.html" for name in made}


def with_names(cube: Cube, name: Name) -> Cube:
    """Return *cube* with *name* wherever a planner may have written one."""
    plan = replace(
        cube.plan,
        title=name,
        document=name.zh,
        cities=tuple(replace(city, name=name) for city in cube.plan.cities),
        indicators=tuple(replace(indicator, name=name) for indicator in cube.plan.indicators),
        derived=tuple(replace(derived, name=name) for derived in cube.plan.derived),
        assumptions={
            key: replace(each, name=name, source=name.en) for key, each in cube.plan.assumptions.items()
        },
        observed=tuple(replace(figure, source=name.zh) for figure in cube.plan.observed),
    )
    rows = tuple(
        replace(
            row,
            target=replace(row.target, name=name, needs=f"{name.zh} | {name.en}"),
            driver=None if row.driver is None else replace(row.driver, name=name),
        )
        for row in cube.probabilities
    )
    return replace(cube, title=name, about=name, plan=plan, probabilities=rows)


@pytest.fixture
def opened(browser: Browser, pages: Mapping[str, Path]) -> Iterator[Open]:
    """Open a page without a network; what the browser asks for and complains of must be nothing."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    asked: list[str] = []

    def open_page(name: str, **options: Any) -> Page:
        context = browser.new_context(**{"locale": "zh-CN", "reduced_motion": "reduce", **options})
        context.set_offline(True)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(pages[name].as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert set(asked) <= {path.as_uri() for path in pages.values()}
