"""The generator against its published vectors; what a stream is, is in tests/laws/test_randomness.py."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from sim.kernels.philox import normals_into, uniforms_into
from sim.streams import Source, block_normals, block_uniforms, key_of, stream_of, uniforms, words

ONES = 2**32 - 1
PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)
PI_KEY = (0xA4093822, 0x299F31D0)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((ONES,) * 4, (ONES,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (PI, PI_KEY, "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_the_generator_is_philox_4x32_10_as_published(
    counter: tuple[int, ...], key: tuple[int, ...], expected: str
) -> None:
    """Vectors of Random123 (Salmon et al. 2011): two words count, four name the stream."""
    name = sum(word << (32 * place) for place, word in enumerate((*key, *counter[2:])))

    drawn = words(name, counter[0] + (counter[1] << 32), 1)[0]

    assert " ".join(f"{int(word):08x}" for word in drawn) == expected


def test_a_uniform_is_the_middle_of_one_of_2_to_the_52_cells() -> None:
    source = Source("year", "a", "rd", "2021")
    raw = [int(word) for word in words(key_of(1, source), 0, 4).ravel()]
    cells = [(high << 20) + (low >> 12) for high, low in zip(raw[::2], raw[1::2], strict=True)]

    assert np.array_equal(uniforms(1, source, 0, 8), (np.array(cells) + 0.5) / 2.0**52)


def test_the_compiled_generator_gives_the_same_uniforms_to_the_bit() -> None:
    sources = [Source("year", "a", "rd", str(year)) for year in range(5)]
    made = np.empty((5, 600))
    uniforms_into(np.stack([stream_of(key_of(3, s)) for s in sources]), 2**40, made)

    assert np.array_equal(made, np.stack([uniforms(3, s, 2**40, 600) for s in sources]))


def test_the_compiled_normals_are_quantiles_of_the_uniforms_tails_included() -> None:
    source = Source("year", "a", "rd", "2021")
    made = np.empty((1, 1 << 18))
    normals_into(stream_of(key_of(1, source))[None], 0, made)

    assert np.allclose(made[0], ndtri(uniforms(1, source, 0, 1 << 18)), rtol=4e-15, atol=1e-16)
    assert np.abs(made).max() > 4.0


def test_normals_are_the_quantiles_of_the_uniforms_of_their_source() -> None:
    from scipy.stats import norm

    source = Source("year", "a", "rd", "2021")

    assert np.allclose(norm.cdf(block_normals(1, source, 3)), block_uniforms(1, source, 3), rtol=1e-13)
