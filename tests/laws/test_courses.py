"""Laws that every course of a shock keeps; a member that is added later is tested here unasked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.unions import FIELD_TYPES
from sim.shocks import Course, Decay, LaterYear, OneYear, Ramp, Rebound, SeveralYears, Span, Year, course
from tests.members import Fields, from_fields, with_later_members

YEARS = np.arange(2010.0, 2041.0)
STARTS = st.integers(2012, 2022)
LENGTHS = st.integers(0, 8)

FIELDS: Fields = {Year: STARTS, LaterYear: STARTS, Span: st.integers(1, 8), float: st.floats(0.1, 10.0)}
"""What the fields of a course that has no strategy beneath may be."""

KNOWN: dict[str, st.SearchStrategy[Course]] = {
    "one_year": st.builds(OneYear, STARTS),
    "several_years": st.builds(lambda start, length: SeveralYears(start, start + length), STARTS, LENGTHS),
    "ramp": st.builds(lambda start, length: Ramp(start, start + length), STARTS, LENGTHS),
    "decay": st.builds(Decay, STARTS, st.floats(0.1, 100.0)),
    "rebound": st.builds(Rebound, STARTS, st.integers(1, 8)),
}
MEMBERS = with_later_members(course, KNOWN, FIELDS)
ANY = st.one_of(*MEMBERS.values())


def test_every_member_of_the_family_is_tested() -> None:
    assert set(MEMBERS) == set(course) >= set(KNOWN)


@pytest.mark.parametrize("name", list(course))
@given(st.data())
def test_a_course_is_made_from_its_fields_alone(name: str, data: st.DataObject) -> None:
    member = data.draw(from_fields(course[name], FIELDS))

    assert course.name_of(member) == name
    assert list(member.flaws()) == []
    assert set(FIELDS) <= set(FIELD_TYPES)  # what a planner can write, and nothing else


@given(ANY)
def test_legal_members_have_no_flaw_and_are_found_under_their_name(member: Course) -> None:
    assert list(member.flaws()) == []
    assert course[course.name_of(member)] is type(member)


@given(ANY)
def test_shares_are_finite_and_never_more_than_all(member: Course) -> None:
    shares = member.shares(YEARS)

    assert shares.shape == YEARS.shape
    assert np.isfinite(shares).all()
    assert (np.abs(shares) <= 1.0).all()


@given(ANY)
def test_nothing_happens_before_the_first_year_or_after_the_last(member: Course) -> None:
    shares = member.shares(YEARS)

    assert (shares[member.first > YEARS] == 0.0).all()
    assert shares[int(member.first - YEARS[0])] > 0.0
    if member.last is None:
        assert shares[-1] > 0.0 or isinstance(member, Decay)
    else:
        assert (shares[member.last < YEARS] == 0.0).all()
        assert shares[int(member.last - YEARS[0])] != 0.0


@given(ANY, STARTS)
def test_starting_in_another_year_moves_the_whole_course(member: Course, year: int) -> None:
    moved = member.starting(year)

    assert moved.first == year
    np.testing.assert_allclose(moved.shares(YEARS + (year - member.first)), member.shares(YEARS), atol=1e-15)
    assert moved.starting(member.first) == member


@given(MEMBERS["rebound"])
def test_a_rebound_gives_back_all_that_it_took(member: Course) -> None:
    assert float(np.sum(member.shares(YEARS))) == pytest.approx(0.0, abs=1e-12)


@given(MEMBERS["ramp"])
def test_a_ramp_never_falls_and_ends_full(member: Course) -> None:
    shares = member.shares(YEARS)

    assert (np.diff(shares) >= 0.0).all()
    assert shares[-1] == 1.0


def test_a_decay_halves_in_its_half_life() -> None:
    shares = Decay(2016, 2.0).shares(np.array([2015.0, 2016.0, 2018.0, 2020.0]))

    np.testing.assert_allclose(shares, [0.0, 1.0, 0.5, 0.25], rtol=1e-15)


def test_a_ramp_takes_even_steps() -> None:
    np.testing.assert_allclose(
        Ramp(2016, 2018).shares(np.arange(2015.0, 2020.0)), [0.0, 1 / 3, 2 / 3, 1.0, 1.0], rtol=1e-15
    )


@pytest.mark.parametrize(
    ("member", "field", "code"),
    [
        (SeveralYears(2018, 2017), "end", "end-before-start"),
        (Ramp(2018, 2017), "full", "end-before-start"),
        (Decay(2018, 0.0), "half_life", "out-of-range"),
        (Rebound(2018, 0), "years", "not-above-zero"),
    ],
)
def test_illegal_fields_are_flaws(member: Course, field: str, code: str) -> None:
    assert [(flaw.field, flaw.code) for flaw in member.flaws()] == [(field, code)]
