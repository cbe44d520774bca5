"""What a study says: sentences that its numbers decide."""

import pytest

from fem.comparison.study import Transfer
from fem.comparison.study_words import lessons
from fem.comparison.transfer import Factor, Ratio

TRANSFER = Transfer("plan view", "device")
SCREENING = Ratio(10.0, 1.0, 1)
LOSS, QUENCH = "10 % of the light lost", "50 % of its own quench"


def hidden(*factors: Factor) -> list[str]:
    return list(lessons(factors, [], []).hides)


def factor(quantity: str, measured: float, uniform: float | None, spread: float = 1.0) -> Factor:
    """A time that takes `measured` times as long, uniform films `uniform` times what theory says."""
    others = None if uniform is None else Ratio(uniform, 1.0, 1)
    return Factor(TRANSFER, quantity, Ratio(measured, spread, 9), SCREENING, others)


@pytest.mark.parametrize(
    ("measured", "uniform", "words"),
    [
        (0.02, 0.5, "500 times sooner than that ratio says. Of that, 2 times sooner in uniform films at the same"),
        (0.02, 0.5, "and 250 times sooner by grains; the two multiply"),
        (0.002, 1.0, "5000 times sooner than"),
        (40.0, 2.0, "4 times later than that ratio says. Of that, 2 times later in uniform films"),
    ],
)
def test_how_far_a_time_is_from_the_screening_times(measured: float, uniform: float, words: str) -> None:
    ratio, time = hidden(factor(QUENCH, measured, uniform))
    assert "plan view over device" in ratio and "have the ratio 10," in ratio
    assert words in time


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        ([factor(QUENCH, 0.02, 0.5)], "Most comes from the grains"),
        ([factor(QUENCH, 0.02, 0.01)], "Most comes from what uniform films show as well"),
        ([factor(QUENCH, 0.02, 0.01), factor(LOSS, 0.02, 0.5)], "for some of these times, but not for all"),
        ([factor(QUENCH, 0.02, None)], "No uniform films tell"),
        ([factor(QUENCH, 0.02, 0.5), factor(LOSS, 80.0, None)], "Most comes from the grains"),  # of the times known
    ],
)
def test_what_makes_the_difference(factors: list[Factor], words: str) -> None:
    assert hidden(*factors)[0].endswith(".") and words in hidden(*factors)[0]


def test_theory_that_holds_within_the_spread_is_said_to_hold() -> None:
    near = factor(QUENCH, 12.0, 1.0, spread=1.3)
    assert not hidden(near)
    assert any("carries this time over" in line for line in lessons([near], [], []).tells)
