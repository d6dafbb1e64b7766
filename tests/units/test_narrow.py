"""Narrow normals: what a word stands for, to the error that they claim, compiled and plain to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import kstest, norm

from sim.axes import Floats
from sim.kernels.narrow import narrow_into
from sim.narrow import EDGE, TOP, narrow_normals
from sim.streams import BLOCK, Source, block_narrow, key_of, stream_of, words

CLAIMED = 5e-7
MOST = int(TOP)


def exact(word: NDArray[np.int32]) -> Floats:
    """Return the quantile of the middle of the cell of each word, near the median from its own series."""
    tail = np.where(word >= 0, word, ~word).astype(np.float64)
    apart, p = (MOST - tail + 0.5) / 2.0**32, (tail + 0.5) / 2.0**32
    near = np.sqrt(2.0 * np.pi) * apart * (1.0 + np.pi / 3.0 * apart**2)
    size = np.where(apart < 1e-4, near, np.where(p < 0.25, -ndtri(p), ndtri(0.5 + apart)))
    signed: Floats = np.where(word >= 0, size, -size)
    return signed


@given(st.integers(-MOST - 1, MOST - 4095))
@example(0)
@example(int(EDGE) - 2048)
@example(MOST - 4095)
@example(-MOST - 1)
@example(-2048)
@example(-1024 - int(EDGE))
def test_a_narrow_normal_is_the_quantile_of_its_word_within_what_is_claimed(start: int) -> None:
    word = np.arange(start, start + 4096).astype(np.int64).astype(np.int32)
    right = exact(word)

    assert np.all(np.abs(narrow_normals(word) - right) <= CLAIMED * np.abs(right))


def test_narrow_normals_rise_with_the_tail_and_are_symmetric() -> None:
    word = np.linspace(0, MOST, 200_001).astype(np.int32)
    normals = narrow_normals(word)

    assert np.all(np.diff(normals) <= 0.0)
    assert np.array_equal(narrow_normals(~word), -normals)
    assert normals.max() == pytest.approx(6.338, abs=1e-3)
    assert 0.0 < normals.min() < 1e-9


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**40))
def test_compiled_narrow_normals_are_those_of_plain_numpy_to_the_bit(seed: int, block: int) -> None:
    sources = [Source("city", "a", "rd", str(year)) for year in range(3)]
    keys = np.stack([stream_of(key_of(seed, source)) for source in sources])
    made = np.empty((3, BLOCK), dtype=np.float32)
    narrow_into(keys, block * BLOCK, made)
    plain = np.stack([block_narrow(seed, source, block).ravel() for source in sources])
    assert np.array_equal(made, plain)


@given(st.integers(0, 600), st.integers(1, 300))
def test_any_part_of_a_stream_is_that_part_of_the_whole(first: int, draws: int) -> None:
    """A pilot's sets have two draws, fewer than a counter serves."""
    keys = np.stack([stream_of(key_of(1, Source("city", str(row)))) for row in range(2)])
    whole, part = np.empty((2, 900), dtype=np.float32), np.full((2, draws), np.nan, dtype=np.float32)
    narrow_into(keys, 0, whole)
    narrow_into(keys, first, part)

    assert np.array_equal(part, whole[:, first : first + draws])


def test_far_tails_are_drawn_where_a_row_has_them_and_elsewhere_too() -> None:
    """Of 2^22 draws some 96 lie beyond the edge of the polynomial, in as many rows of their own."""
    made = np.empty((64, 1 << 16), dtype=np.float32)
    keys = np.stack([stream_of(key_of(5, Source("city", str(row)))) for row in range(64)])
    narrow_into(keys, 0, made)
    edge = ndtri((int(EDGE) + 0.5) / 2.0**32)
    raw = [words(key_of(5, Source("city", str(row))), 0, 1 << 14) for row in range(64)]
    word = np.stack(raw).astype(np.uint32).view(np.int32).reshape(64, -1)

    assert 60 < np.count_nonzero(np.abs(made) > -edge) < 140
    assert np.all(np.abs(made / exact(word) - 1.0) <= CLAIMED)


def test_a_million_narrow_normals_are_normal() -> None:
    made = np.empty((16, 1 << 16), dtype=np.float32)
    narrow_into(np.stack([stream_of(key_of(1, Source("city", str(row)))) for row in range(16)]), 0, made)
    drawn = made.astype(np.float64).ravel()

    assert kstest(drawn, norm.cdf).pvalue > 1e-3
    assert abs(drawn.mean()) < 4.0 / 1024.0
    assert abs((drawn**2).mean() - 1.0) < 4.0 * np.sqrt(2.0) / 1024.0
    assert abs((drawn**4).mean() - 3.0) < 4.0 * np.sqrt(96.0) / 1024.0
    together = np.asarray(np.corrcoef(made.astype(np.float64)))
    assert np.abs(together[np.triu_indices(16, 1)]).max() < 5.0 / 256.0
