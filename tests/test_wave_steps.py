"""Steps under a sine: the dips of its error do not lure the step size, so that next to none is made for nothing."""

import numpy as np
import pytest
from irregular_films import VACANCY, film, gap, graded, rectangle

from fem.constants import nm
from fem.evolve import Output, evolve
from fem.model import PoissonNernstPlanck
from fem.numerics import adaptive
from fem.physics.contacts import Contact
from fem.physics.drives.drive import Drive, sine, step
from fem.restart import Restart

PERIODS = 10


def swinging(drive: Drive) -> PoissonNernstPlanck:
    mesh = rectangle(np.linspace(0, 30, 4) * nm, graded(400 * nm, 1 * nm, largest=20 * nm))
    return film(mesh, (VACANCY,), (Contact("bottom", 0.0), Contact("top", drive)))


def periods(frequency: float, tolerance: float = 1e-2) -> list[Output]:
    times = np.linspace(0.0, PERIODS / frequency, 8 * PERIODS + 1)
    return list(evolve(swinging(sine(0.5, frequency)), times, tolerance))


@pytest.mark.parametrize(("frequency", "factorisations"), [(1.0, 80), (10.0, 46), (100.0, 26)])
def test_a_sine_takes_few_steps_and_hardly_any_twice(frequency: float, factorisations: int) -> None:
    """It was 92, 60 and 24 factorisations, 19, 18 and 1 of them for steps that were rejected."""
    found, exact = periods(frequency), periods(frequency, 1e-4)
    done = found[-1].statistics
    assert done.rejected_for_error <= 2
    assert done.factorisations - done.factorisations_at_outputs <= factorisations
    charges, expected = (np.array([one.state.contact_charge for one in run]) for run in (found, exact))
    assert gap(charges, expected) < 1e-3


def test_only_waves_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing swings, or slowly against the steps, every step is that of the controller."""
    for drive, end in ((step(0.5), 10.0), (sine(0.5, 0.001), 1e3)):
        times, counts = np.array([0.0, end]), []
        for share in (adaptive._FOLLOWING, np.inf):
            monkeypatch.setattr(adaptive, "_FOLLOWING", share)
            last = list(evolve(swinging(drive), times))[-1]
            counts.append((last.statistics.steps, last.statistics.rejected_for_error))
            monkeypatch.undo()
        assert counts[0] == counts[1]


def test_a_checkpoint_from_before_waves_were_followed_is_read() -> None:
    cursor = next(one.restart for one in periods(1.0) if one.restart.cursor.wave_step)
    arrays = cursor.as_arrays()
    assert Restart.from_arrays(arrays).cursor.wave_step == cursor.cursor.wave_step
    older = Restart.from_arrays({**arrays, "numbers": arrays["numbers"][:-2]})
    assert older.cursor.wave_step == older.cursor.wave_seen == 0.0
    assert older.cursor.origin == cursor.cursor.origin and older.cursor.step == cursor.cursor.step
