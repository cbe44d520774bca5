"""Time: outputs between steps, jumps, currents, restarts and error control."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from irregular_films import INTERSTITIAL, VACANCY, gap, small_film
from numpy.typing import NDArray
from verification import observed_order

from fem.constants import nm
from fem.evolve import Output, StepReport, evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Coating, Contact, ElectrodeReaction, Reservoir
from fem.physics.drives.drive import Drive, pulse, ramp, sine, square, step, table
from fem.physics.species import Sublattice
from fem.restart import Restart

Array = NDArray[np.float64]


def test_outputs_between_steps_agree_with_steps_that_end_there() -> None:
    """Interpolation must not be worse than the steps: one run's outputs against runs that stop exactly at each time."""
    model = small_film((Contact("bottom", 0.0), Contact("top", step(0.6))))
    times = np.array([0.0, 1e-3, 0.03, 0.4, 3.0, 20.0, 200.0])
    outputs = list(evolve(model, times, tolerance=1e-3))
    assert [output.state.time for output in outputs] == times.tolist()
    for output in outputs[1:]:
        stepped = list(evolve(model, np.array([0.0, output.state.time]), tolerance=1e-5))[-1].state
        assert gap(output.state.concentrations, stepped.concentrations) < 1e-3
        assert gap(output.state.potential, stepped.potential) < 1e-3
        assert gap(output.state.contact_charge, stepped.contact_charge) < 1e-3
        leak = 1e-2 * np.abs(stepped.contact_current) + 1e-4 * np.abs(stepped.contact_charge) / output.state.time
        assert (np.abs(output.state.contact_current - stepped.contact_current) < leak).all()


def test_output_times_do_not_change_the_solution_or_its_steps() -> None:
    """Outputs that need steps of their own take them beside the path, which stays the same bit by bit."""
    model = small_film((Contact("bottom", 0.0), Contact("top", step(0.6))))
    paths: list[list[StepReport]] = [[], []]
    few, many = (
        list(evolve(model, np.array([0.0, *np.geomspace(1e-4, 100.0, n)]), on_step=path.append))[-1]
        for n, path in zip((2, 400), paths, strict=True)
    )
    assert paths[0] == paths[1]
    assert many.statistics.landed_outputs > 0
    assert np.array_equal(few.state.concentrations, many.state.concentrations)


@pytest.mark.parametrize("drive", [ramp(0.5, 4.0, at=1.0), square(0.5, -0.2, 2.5), sine(0.5, 0.7)])
def test_potential_at_the_electrodes_follows_the_drive(drive: Drive) -> None:
    """Exactly, between steps too and for a curved drive, which no interpolant follows."""
    model = small_film((Contact("bottom", 0.0), Contact("top", drive)))
    nodes = model.electrodes[1].nodes
    for output in list(evolve(model, np.linspace(0.0, 6.0, 31)))[1:]:
        volts = output.state.contact_potential[1]
        if output.state.time not in drive.breakpoints(0.0, 6.0):
            assert volts == pytest.approx(drive(output.state.time), abs=1e-12)
        assert np.abs(output.state.potential[nodes] - volts).max() < 1e-12


@pytest.mark.parametrize(
    ("drive", "jumps"),
    [
        (pulse(0.8, 1.5, at=2.0, base=-0.1), [2.0, 3.5]),
        (square(1.0, -1.0, period=2.0, duty=0.3), [0.6, 2.0, 2.6, 4.0, 4.6, 6.0, 6.6]),
        (table([0.0, 1.0, 1.0, 3.0, 6.0], [0.0, 1.0, -1.0, 0.5, 0.5]), [1.0, 3.0, 6.0]),
    ],
)
def test_steps_end_exactly_at_every_jump(drive: Drive, jumps: list[float]) -> None:
    model = small_film((Contact("bottom", 0.0), Contact("top", drive)))
    reached: list[StepReport] = []
    list(evolve(model, np.array([0.0, 7.0]), on_step=reached.append))
    ends = [report.time for report in reached]
    assert set(jumps) <= set(ends)
    assert ends[-1] == 7.0
    assert all(b > a for a, b in pairwise(ends))
    assert sum(report.step for report in reached) == pytest.approx(7.0, rel=1e-12, abs=0.0)


def test_an_output_at_a_jump_is_the_state_before_it_and_just_after_it_the_ions_are_the_same() -> None:
    model = small_film((Contact("bottom", 0.0), Contact("top", pulse(0.6, 2.0, at=1.0))))
    after = 1e-9
    states = [output.state for output in evolve(model, np.array([0.0, 1.0, 1.0 + after, 3.0, 3.0 + after, 4.0]))]
    rest, raised, high, low = states[1], states[2], states[3], states[4]
    assert rest.contact_potential[1] == 0.0 and raised.contact_potential[1] == 0.6
    assert high.contact_potential[1] == 0.6 and low.contact_potential[1] == 0.0
    assert gap(raised.concentrations, rest.concentrations) < 1e-6
    assert gap(low.concentrations, high.concentrations) < 1e-6
    # The jump charges the geometric capacitor at once, with the same charge up and down.
    up, down = raised.contact_charge - rest.contact_charge, low.contact_charge - high.contact_charge
    np.testing.assert_allclose(up, -down, rtol=1e-5)


@pytest.mark.parametrize("drive", [ramp(0.5, 2.0), sine(0.5, 0.7)], ids=["ramp", "sine"])
@pytest.mark.parametrize("coating", [None, Coating(2 * nm, 5.0)], ids=["bare", "coated"])
def test_current_is_the_rate_of_charge_through_blocking_electrodes(drive: Drive, coating: Coating | None) -> None:
    """Displacement and ions together, between steps and at the default tolerance, against dQ/dt of an exact run."""
    model = small_film((Contact("bottom", 0.0), Contact("top", drive, {}, coating)))
    h, times = 1e-3, np.array([0.5, 1.5, 2.9])
    fine = [o.state for o in evolve(model, np.concatenate([[0.0], np.sort(np.r_[times - h, times + h])]), 1e-6)][1:]
    slopes = [(b.contact_charge - a.contact_charge) / (2 * h) for a, b in zip(fine[::2], fine[1::2], strict=True)]
    largest = np.abs(slopes).max()
    coarse = [o.state for o in evolve(model, np.array([0.0, *times, 3.0]))][1:-1]
    for state, slope in zip(coarse, slopes, strict=True):
        np.testing.assert_allclose(state.contact_current, slope, atol=2e-3 * largest)
        assert state.contact_current.sum() == pytest.approx(0.0, abs=1e-10 * largest)


def test_current_of_a_reaction_leaves_through_the_other_contacts() -> None:
    """Kirchhoff's law at every output although the film itself takes up ions."""
    ions = {"vacancy": ElectrodeReaction(1e-9, 2e24, 0.05)}
    model = small_film(
        (Contact("bottom", 0.0, ions), Contact("top", sine(0.4, 0.5), {"vacancy": Reservoir(1e-9, 5e23)}))
    )
    outputs = list(evolve(model, np.linspace(0.0, 4.0, 21)))
    largest = max(np.abs(output.state.contact_current).max() for output in outputs)
    film_charge = [model.film_charge(output.state) for output in outputs]
    assert np.ptp(film_charge) > 0.1 * max(np.abs(output.state.contact_charge).max() for output in outputs)
    for output, charge in zip(outputs, film_charge, strict=True):
        assert abs(output.state.contact_current.sum()) < 1e-9 * largest
        metal = output.state.contact_charge
        assert abs(metal.sum() + charge) <= 1e-9 * (np.abs(metal).max() + abs(charge))


# --- restarts ---------------------------------------------------------------------------------------------------------

SITES = Sublattice("sites", 6e24)
RESTARTED: dict[str, Callable[[], PoissonNernstPlanck]] = {
    "square wave": lambda: small_film((Contact("bottom", 0.0), Contact("top", square(0.8, -0.8, 3.0)))),
    "reaction behind a coating": lambda: small_film(
        (Contact("bottom", 0.0, {"vacancy": Reservoir(1e-9, 2e24)}),
         Contact("top", sine(0.5, 0.3), {"vacancy": ElectrodeReaction(1e-9, 1e24, 0.1)}, Coating(2 * nm, 5.0))),
        (VACANCY, INTERSTITIAL),
    ),
    "crowding": lambda: small_film(
        (Contact("bottom", 0.0), Contact("top", step(2.0))), (replace(VACANCY, sublattice=SITES),)
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RESTARTED)
def test_a_run_continues_to_identical_numbers_from_every_output(case: str) -> None:
    model = RESTARTED[case]()
    times = np.concatenate([[0.0], np.geomspace(1e-3, 4.0, 8)])
    whole = list(evolve(model, times))
    for output in whole[:-1]:
        kept = Restart.from_arrays({name: array.copy() for name, array in output.restart.as_arrays().items()})
        continued = evolve(RESTARTED[case](), times, restart=kept)
        for expected, found in zip(whole[output.index + 1 :], continued, strict=True):
            assert found.index == expected.index and found.state.time == expected.state.time
            _same(found, expected)


def _same(found: Output, expected: Output) -> None:
    for name in ("potential", "concentrations", "exchanged", "contact_charge"):
        one, other = getattr(found.state, name), getattr(expected.state, name)
        scale = np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12 * scale if scale else 0, err_msg=name)
    one, other = found.state.contact_current, expected.state.contact_current
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9 * np.abs(other).max())


def test_a_restart_that_does_not_fit_is_refused() -> None:
    model = RESTARTED["square wave"]()
    restart = next(iter(evolve(model, np.array([0.0, 1.0])))).restart
    arrays = restart.as_arrays()
    with pytest.raises(ValueError, match="unknowns"):
        list(evolve(RESTARTED["reaction behind a coating"](), np.array([0.0, 1.0]), restart=restart))
    with pytest.raises(ValueError, match="lacks"):
        Restart.from_arrays({"values": arrays["values"]})
    with pytest.raises(ValueError, match="malformed"):
        Restart.from_arrays(arrays | {"values": arrays["values"] * np.nan})


# --- error control ----------------------------------------------------------------------------------------------------


def test_error_falls_with_the_tolerance() -> None:
    """Charge and ions against a far finer run: the error follows the tolerance and has the promised size."""
    model = small_film((Contact("bottom", 0.0), Contact("top", step(0.5))), (VACANCY, INTERSTITIAL))
    times = np.array([0.0, 0.05, 1.0, 10.0])
    fine = [output.state for output in evolve(model, times, 1e-7)]
    tolerances, charge_errors, ion_errors, steps = [1e-2, 1e-3, 1e-4, 1e-5], [], [], []
    for tolerance in tolerances:
        outputs = list(evolve(model, times, tolerance))
        states = [output.state for output in outputs]
        steps.append(outputs[-1].statistics.steps)
        charge_errors.append(
            max(gap(a.contact_charge, b.contact_charge) for a, b in zip(states[1:], fine[1:], strict=True))
        )
        ion_errors.append(
            max(gap(a.concentrations, b.concentrations) for a, b in zip(states[1:], fine[1:], strict=True))
        )
    assert all(error < 2 * tolerance for error, tolerance in zip(ion_errors, tolerances, strict=True)), ion_errors
    assert all(error < tolerance for error, tolerance in zip(charge_errors, tolerances, strict=True)), charge_errors
    assert observed_order(tolerances, ion_errors) > 0.7
    assert all(b > a for a, b in pairwise(steps))
