"""Family tables."""

from __future__ import annotations

import pytest

from sim.registry import Family


def test_a_member_is_entered_under_its_name_in_order() -> None:
    family: Family[object] = Family("family")
    family.member("second")(str)
    family.member("first")(int)

    assert list(family) == ["second", "first"]
    assert dict(family.items()) == {"second": str, "first": int}
    assert family.name_of(3) == "first"
    assert len(family) == 2


def test_a_name_is_entered_once() -> None:
    family: Family[object] = Family("family")
    family.member("one")(int)

    with pytest.raises(ValueError, match="family one stands twice"):
        family.member("one")(str)


def test_a_stranger_has_no_name() -> None:
    family: Family[object] = Family("family")

    with pytest.raises(KeyError, match="int"):
        family.name_of(3)
