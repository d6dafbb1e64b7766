"""The generator against its published vectors; what a stream is, is in tests/laws/test_randomness.py."""

from __future__ import annotations

import numpy as np
import pytest

from sim.streams import Source, block_normals, block_uniforms, key_of, uniforms, words

ONES = 2**64 - 1
PI = (0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89)
PI_KEY = (0x452821E638D01377, 0xBE5466CF34E90C6C)


def number(parts: tuple[int, ...]) -> int:
    """Return 64-bit words, least first, as one number."""
    return sum(part << (64 * place) for place, part in enumerate(parts))


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"),
        ((ONES,) * 4, (ONES,) * 2, "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0"),
        (PI, PI_KEY, "a528f45403e61d95 38c72dbd566e9788 a5a1610e72fd18b5 57bd43b5e52b7fe6"),
    ],
)
def test_the_generator_is_philox_4x64_10_as_published(
    counter: tuple[int, ...], key: tuple[int, ...], expected: str
) -> None:
    """Vectors of Random123 (Salmon et al. 2011). NumPy counts on before it draws: hence minus one."""
    before = (number(counter) - 1) % 2**256

    drawn = words(number(key), 4 * before, 4)

    assert " ".join(f"{int(word):016x}" for word in drawn) == expected


def test_a_uniform_is_the_middle_of_one_of_2_to_the_52_cells() -> None:
    source = Source("year", "a", "rd", "2021")
    raw = words(key_of(1, source), 0, 8)

    assert np.array_equal(uniforms(1, source, 0, 8), ((raw >> np.uint64(12)) + 0.5) / 2.0**52)


def test_normals_are_the_quantiles_of_the_uniforms_of_their_source() -> None:
    from scipy.stats import norm

    source = Source("year", "a", "rd", "2021")

    assert np.allclose(norm.cdf(block_normals(1, source, 3)), block_uniforms(1, source, 3), rtol=1e-13)
