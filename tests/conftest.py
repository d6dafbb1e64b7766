"""How tests draw examples: the same ones every time, or with HYPOTHESIS_PROFILE=nightly new ones."""

from __future__ import annotations

import importlib
import os
import pkgutil

import pytest
from hypothesis import HealthCheck, settings

import sim


def pytest_configure(config: pytest.Config) -> None:
    """Load all of our modules wherever tests are run, which is not where they are only handed out.

    Hypothesis tries the constants of whatever modules are loaded, so which are must not depend on which
    tests a worker happened to run before.
    """
    if not config.getoption("numprocesses", None):
        for module in pkgutil.walk_packages(sim.__path__, "sim."):
            importlib.import_module(module.name)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have commands do all in the process of the test, which shares the processors with other tests."""
    monkeypatch.setattr("sim.beside.processors", lambda: 1)


# The workers of a test run are traced; what a test starts in turn would only be slower for it.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

# How long an example takes says more of the machine than of the code.
CALM = [HealthCheck.too_slow]

settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=25, suppress_health_check=CALM
)
settings.register_profile("nightly", deadline=None, max_examples=2_000, suppress_health_check=CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
