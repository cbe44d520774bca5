"""Ions are neither made nor lost: the film's content less what entered through the contacts stays, to 1e-12."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from irregular_films import INTERSTITIAL, VACANCY, film, graded, rectangle, with_strips
from numpy.typing import NDArray
from verification import Verification

from fem.constants import eV, nm
from fem.evolve import Output, StepReport, evolve
from fem.model import PoissonNernstPlanck
from fem.numerics.adaptive import Cursor, integrate
from fem.numerics.newton import implicit_euler_step
from fem.numerics.sparse_direct import best_solver
from fem.numerics.system import Statistics
from fem.physics.contacts import Coating, Contact, ElectrodeReaction, IonExchange, Reservoir
from fem.physics.drives.drive import Drive, sine, square, step
from fem.physics.layers import boundary_lines
from fem.physics.species import Species, Sublattice

Array = NDArray[np.float64]

SITES = Sublattice("sites", 6e24)
CROWDED = replace(VACANCY, sublattice=SITES)
LINE = 40 * nm
BARRIERS = {"grain_0": 0.58 * eV, "grain_1": 0.55 * eV, "grain_boundary": 0.40 * eV}
SEGREGATION = {"grain_0": 0.0, "grain_1": 0.0, "grain_boundary": -0.05 * eV}
RESERVOIR: dict[str, IonExchange] = {"vacancy": Reservoir(1e-9, 3e24)}
REACTION: dict[str, IonExchange] = {"vacancy": ElectrodeReaction(1e-10, 1e24, -0.1, symmetry=0.4)}


def plain(
    species: tuple[Species, ...],
    bottom: dict[str, IonExchange] | None = None,
    top: dict[str, IonExchange] | None = None,
    drive: Drive | None = None,
    coating: Coating | None = None,
) -> PoissonNernstPlanck:
    mesh = rectangle(np.linspace(0, 80, 5) * nm, graded(120 * nm, 1.5 * nm, largest=20 * nm))
    contacts = (Contact("bottom", 0.0, bottom or {}), Contact("top", drive or step(0.8), top or {}, coating))
    return film(mesh, species, contacts)


def with_layer(segregation: bool) -> PoissonNernstPlanck:
    mesh = rectangle(np.linspace(0, 80, 9) * nm, graded(120 * nm, 1.5 * nm, largest=20 * nm), lines=(LINE,))
    ion = replace(VACANCY, activation_energy=BARRIERS, segregation_energy=SEGREGATION if segregation else 0.0)
    contacts = (Contact("bottom", 0.0, RESERVOIR), Contact("top", step(0.8)))
    return film(mesh, (ion, INTERSTITIAL), contacts, layers=(boundary_lines(3 * nm),))


def with_strip() -> PoissonNernstPlanck:
    """A meshed boundary 4 nm wide, faster than its grains and attractive."""
    x = np.unique(np.concatenate([np.linspace(0, 38, 5), np.linspace(38, 42, 3), np.linspace(42, 80, 5)])) * nm
    mesh = rectangle(x, graded(120 * nm, 1.5 * nm, largest=20 * nm), jitter=0.1, lines=(38 * nm, 42 * nm))
    mesh = with_strips(mesh, {"grain_boundary": lambda p: np.abs(p[0] - LINE) < 2 * nm})
    fields = {"grain_interior": 0.58 * eV, "grain_boundary": 0.40 * eV}
    ion = replace(
        VACANCY, activation_energy=fields, segregation_energy={"grain_interior": 0.0, "grain_boundary": -0.05 * eV}
    )
    return film(mesh, (ion,))


CASES: dict[str, Callable[[], PoissonNernstPlanck]] = {
    "blocking electrodes": lambda: plain((VACANCY,)),
    "two species": lambda: plain((VACANCY, replace(INTERSTITIAL, charge=-2))),
    "reservoir": lambda: plain((VACANCY,), RESERVOIR, {"vacancy": Reservoir(3e-9, 2e23)}),
    "reaction on bare metal": lambda: plain((VACANCY, INTERSTITIAL), REACTION, REACTION),
    "reaction behind a coating": lambda: plain((VACANCY,), {}, REACTION, sine(0.3, 0.1), Coating(2 * nm, 5.0)),
    "lattice statistics": lambda: plain((CROWDED,), drive=step(3.0)),
    "lattice and reservoir": lambda: plain(
        (CROWDED, replace(INTERSTITIAL, sublattice=SITES)), RESERVOIR, drive=step(0.4)
    ),
    "square wave": lambda: plain((VACANCY,), drive=square(1.0, -1.0, 30.0)),
    "thin layer": lambda: with_layer(segregation=False),
    "thin layer with segregation": lambda: with_layer(segregation=True),
    "meshed boundary": with_strip,
}
TIMES = np.concatenate([[0.0], np.geomspace(1e-2, 100.0, 9)])


def content(model: PoissonNernstPlanck, output: Output) -> Array:
    """Ions in the film less those that entered [1/m], summed in extended precision."""
    stored = (model.unknowns.storage.astype(np.longdouble) * output.state.concentrations).sum(axis=1)
    return np.asarray(stored - output.state.exchanged.astype(np.longdouble).sum(axis=0), dtype=float)


def largest_drift(model: PoissonNernstPlanck, outputs: list[Output]) -> float:
    """Relative change of the content over all outputs, against the largest amount the film ever held."""
    amounts = np.array([content(model, output) for output in outputs])
    held = np.max([model.total_ions(output.state) for output in outputs], axis=0)
    return float((np.abs(amounts - amounts[0]) / held).max())


@pytest.mark.parametrize("case", CASES)
def test_outputs(case: str, verify: Verification) -> None:
    model = CASES[case]()
    outputs = list(evolve(model, TIMES))
    drift = largest_drift(model, outputs)
    verify(id="D5", quantity=f"ions lost or made, {case}", measured=drift, expected=0.0, tolerance=1e-12)
    moved = np.abs(outputs[-1].state.concentrations - outputs[0].state.concentrations).max()
    assert moved > 0.1 * model.unknowns.unit.max()  # something has happened
    exchanges = {(one.contact, one.species) for one in model.unknowns.exchanges}
    for place, amount in np.ndenumerate(outputs[-1].state.exchanged):
        assert (abs(amount) > 1e-6 * model.total_ions(outputs[0].state)[place[1]]) == (place in exchanges)


@pytest.mark.parametrize("case", ["reaction on bare metal", "thin layer with segregation", "lattice statistics"])
def test_every_accepted_step(case: str) -> None:
    """Step by step from the integrator itself: content, bounds, and that steps join without a gap."""
    model = CASES[case]()
    system = model.system.driven_by(model.pieces(0.0))
    values = system.hold_algebraic(0.0, model.initial_values())
    statistics = Statistics()
    first = model.unknowns.conserved(values)
    reached, previous = 0.0, values
    for before, stretch, after in integrate(system, best_solver(), Cursor(0.0, values, 1e-6), 50.0, 1e-2, statistics):
        assert before.time == reached and before.values is previous
        np.testing.assert_allclose(model.unknowns.conserved(after.values), first, rtol=1e-12)
        np.testing.assert_allclose(stretch.at(after.time), after.values, rtol=1e-12, atol=1e-12)
        assert system.lowest(after.values) >= -1e-9
        reached, previous = after.time, after.values
    assert reached == 50.0 and statistics.steps > 5
    assert statistics.restored_to_round_off < 1e-10  # only round-off is ever put back


def test_the_accumulated_step_reports_and_statistics_agree() -> None:
    model = CASES["reservoir"]()
    reports: list[StepReport] = []
    outputs = list(evolve(model, TIMES, on_step=reports.append))
    statistics = outputs[-1].statistics
    assert len(reports) == statistics.steps
    assert (
        statistics.factorisations == statistics.steps + statistics.rejected_for_error + statistics.rejected_for_bounds
    )
    assert statistics.solves == 6 * statistics.factorisations
    assert statistics.lowest_relative_concentration <= min(
        float((output.state.concentrations / model.unknowns.unit[:, None]).min()) for output in outputs
    ) * (1 + 1e-9)


@pytest.mark.parametrize("case", CASES)
def test_the_bounded_fallback(case: str) -> None:
    """Implicit steps over six decades of size: the linear invariants come out of Newton's iteration to round-off."""
    model = CASES[case]()
    system = model.system.driven_by(model.pieces(0.0))
    values = system.hold_algebraic(0.0, model.initial_values())
    time, first = 0.0, model.unknowns.conserved(values)
    for size in (1e-4, 1e-2, 1.0, 10.0):
        values = implicit_euler_step(system, best_solver(), time, values, size, Statistics())
        time += size
        np.testing.assert_allclose(model.unknowns.conserved(values), first, rtol=1e-12)
        assert system.lowest(values) > 0


def test_relaxation_before_the_start_keeps_the_stated_ions() -> None:
    """Segregation moves ions before t = 0; their number stays that of the stated concentration."""
    model = CASES["thin layer with segregation"]()
    stated = (model.unknowns.storage * model.unknowns.start).sum(axis=1) * model.unknowns.unit
    np.testing.assert_allclose(model.total_ions(model.initial_state()), stated, rtol=1e-12)
    assert np.ptp(model.start_concentrations[0]) > 0.5 * model.unknowns.unit[0]


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    density=st.floats(21, 25.3),
    barrier=st.floats(0.2, 0.8),
    volts=st.floats(-5, 5),
    charge=st.sampled_from([-2, -1, 1, 2]),
    rate=st.floats(-14, -6),
    filling=st.one_of(st.none(), st.floats(0.02, 0.6)),
)
def test_any_film(
    density: float, barrier: float, volts: float, charge: int, rate: float, filling: float | None
) -> None:
    mean = 10.0**density
    sites = None if filling is None else Sublattice("sites", mean / filling)
    ion = Species("ion", charge, mean, 6.5e-8, barrier * eV, sublattice=sites)
    model = plain((ion,), {"ion": Reservoir(10.0**rate, 0.5 * mean)}, drive=step(volts))
    slowest = (120 * nm) ** 2 / model.transports[0].mean_diffusivity
    outputs = list(evolve(model, slowest * np.array([0.0, 1e-4, 1e-2, 1.0])))
    assert largest_drift(model, outputs) < 1e-12
    assert outputs[-1].statistics.lowest_relative_concentration >= -1e-9


def test_control_volumes_and_inserted_layers_add_up_to_the_film() -> None:
    """80 nm x 120 nm, plus the part of the layer's 3 nm that is inserted; and every charge has its compensation."""
    plain_model, layered = CASES["blocking electrodes"](), CASES["thin layer"]()
    assert plain_model.volumes.sum() == pytest.approx(80 * nm * 120 * nm, rel=1e-13, abs=0.0)
    assert plain_model.unknowns.storage.sum() == pytest.approx(80 * nm * 120 * nm, rel=1e-13, abs=0.0)
    inserted = float(layered.transports[0].inserted_widths[0].mean())
    assert 0.9 * 3 * nm < inserted < 3 * nm
    assert layered.unknowns.storage[0].sum() == pytest.approx((80 * nm + inserted) * 120 * nm, rel=1e-13, abs=0.0)
    for model in (plain_model, layered):
        assert (
            abs(model.film_charge(model.initial_state())) < 1e-14 * 1.6e-19 * model.total_ions(model.initial_state())[0]
        )
