"""Bounds: concentrations stay positive and lattices do not overflow, and the fallback that sees to it is as good."""

from dataclasses import replace

import numpy as np
import pytest
from irregular_films import INTERSTITIAL, VACANCY, film, gap, small_film, thin_column
from verification import observed_order

from fem.constants import nm
from fem.evolve import evolve
from fem.numerics import adaptive
from fem.numerics.adaptive import ALLOWANCE, Cursor, integrate
from fem.numerics.newton import implicit_euler_step
from fem.numerics.rosenbrock import rodas4_step
from fem.numerics.sparse_direct import best_solver
from fem.numerics.system import Statistics
from fem.physics.contacts import Contact
from fem.physics.drives.drive import ramp, step
from fem.physics.species import Sublattice

SITES = Sublattice("sites", 6e24)


def test_a_huge_voltage_step_finishes_with_no_concentration_below_zero() -> None:
    """25 V over 400 nm with the whole double layer inside one coarse cell: 1000 thermal voltages on an edge."""
    model = film(thin_column(400 * nm, 5 * nm), (VACANCY,), (Contact("bottom", 0.0), Contact("top", step(25.0))))
    outputs = list(evolve(model, np.array([0.0, *np.geomspace(1e-6, 1e4, 12)])))
    start = model.total_ions(model.initial_state())
    for output in outputs:
        assert output.state.concentrations.min() >= -1e-9 * 1e24
        np.testing.assert_allclose(model.total_ions(output.state), start, rtol=1e-12)
    assert outputs[-1].statistics.lowest_relative_concentration >= -1e-9


@pytest.mark.parametrize("volts", [0.5, 3.0, 10.0])
def test_a_lattice_fills_but_never_overflows(volts: float) -> None:
    """The step leaves no more than the allowed overfill, and the fuller electrode stays at its site density."""
    ions = (replace(VACANCY, sublattice=SITES),)
    model = film(thin_column(200 * nm, 1 * nm), ions, (Contact("bottom", 0.0), Contact("top", step(volts))))
    outputs = list(evolve(model, np.array([0.0, *np.geomspace(1e-3, 1e4, 8)])))
    peak = max(output.state.concentrations.max() for output in outputs)
    assert peak <= SITES.site_density * (1 + 1.1e-3)
    if volts >= 3:
        assert peak >= 0.99 * SITES.site_density
    assert outputs[-1].statistics.lowest_relative_concentration >= -1e-9


def test_the_fallback_is_positive_conservative_and_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step by implicit Euler with the bounded Newton method: no negative value at all, same answer."""
    model = small_film((Contact("bottom", 0.0), Contact("top", step(0.5))), (VACANCY, INTERSTITIAL))
    times = np.array([0.0, 0.1, 2.0])
    reference = [output.state for output in evolve(model, times, 1e-5)]
    monkeypatch.setattr(adaptive, "_rosenbrock", adaptive._implicit)
    outputs = list(evolve(model, times, 1e-3))
    assert outputs[-1].statistics.implicit_steps >= outputs[-1].statistics.steps > 10
    assert outputs[-1].statistics.lowest_relative_concentration > 0
    start = model.total_ions(model.initial_state())
    for output, expected in zip(outputs, reference, strict=True):
        np.testing.assert_allclose(model.total_ions(output.state), start, rtol=1e-12)
        assert gap(output.state.concentrations, expected.concentrations) < 2e-2
        np.testing.assert_allclose(output.state.contact_charge, expected.contact_charge, rtol=2e-2)


def test_implicit_steps_converge_to_the_same_solution_at_first_order() -> None:
    model = small_film((Contact("bottom", 0.0), Contact("top", ramp(0.5, 1.0))))
    system = model.system.driven_by(model.pieces(0.0))
    end, solver, statistics = 0.5, best_solver(), Statistics()
    exact = system.hold_algebraic(0.0, model.initial_values())
    for n in range(200):
        exact = rodas4_step(system, solver, n * end / 200, exact, end / 200, statistics)[0].last
    errors = []
    for count in (16, 32, 64):
        values = system.hold_algebraic(0.0, model.initial_values())
        for n in range(count):
            values = implicit_euler_step(system, solver, n * end / count, values, end / count, statistics)
        errors.append(np.abs(values - exact).max())
    assert 0.9 < observed_order([1 / 16, 1 / 32, 1 / 64], errors) < 1.15


def test_the_fallback_takes_over_where_the_main_method_leaves_the_bounds_and_hands_back() -> None:
    """From implicit_left = 2: two implicit steps, then Rosenbrock steps again; the path stays one of the film's."""
    model = small_film((Contact("bottom", 0.0), Contact("top", step(0.5))))
    system = model.system.driven_by(model.pieces(0.0))
    start = Cursor(0.0, system.hold_algebraic(0.0, model.initial_values()), 1e-3, implicit_left=2)
    statistics = Statistics()
    path = list(integrate(system, best_solver(), start, 1.0, 1e-2, statistics))
    assert [after.implicit_left for _, _, after in path][:3] == [1, 0, 0]
    assert statistics.implicit_steps - statistics.rejected_for_error <= 2 <= statistics.implicit_steps
    expected = list(evolve(model, np.array([0.0, 1.0]), 1e-5))[-1].state
    found = model.unknowns.nodal(path[-1][2].values)[1] * model.unknowns.unit[0]
    assert gap(found, expected.concentrations[0]) < 2e-2


@pytest.mark.parametrize("depth", [1e-13, 1e-11, 0.9 * ALLOWANCE])
def test_an_implicit_step_starts_from_what_the_main_method_may_leave_below_zero(depth: float) -> None:
    """RODAS4 steps are accepted down to -1e-9 of the mean; the fallback that follows must cope with such a start."""
    model = small_film((Contact("bottom", 0.0), Contact("top", step(2.0))), (replace(VACANCY, sublattice=SITES),))
    system = model.system.driven_by(model.pieces(0.0))
    values = implicit_euler_step(
        system, best_solver(), 0.0, system.hold_algebraic(0.0, model.initial_values()), 20.0, Statistics()
    )
    ions = model.unknowns.nodal(values)[1]
    empty = np.argsort(ions)[:5]
    assert ions[empty].max() < 2e-2
    ions[empty] = -depth
    for size in (1e-9, 1e-3, 1.0, 1e3):
        new = implicit_euler_step(system, best_solver(), 20.0, values, size, Statistics())
        kept = model.unknowns.storage @ model.unknowns.nodal(new)[1]
        np.testing.assert_allclose(kept, model.unknowns.storage @ ions, rtol=1e-12)
        assert system.lowest(new) >= -depth * (1 + 1e-9)


@pytest.mark.parametrize("volts", [1.0, 10.0, 100.0])
@pytest.mark.parametrize("crowded", [False, True])
def test_one_implicit_step_of_any_size_converges(volts: float, crowded: bool) -> None:
    """From a flat start to any time at once, without continuation: positive, conservative and within the sites."""
    ions = replace(VACANCY, sublattice=SITES if crowded else None)
    model = small_film((Contact("bottom", 0.0), Contact("top", step(volts))), (ions,))
    system = model.system.driven_by(model.pieces(0.0))
    start = system.hold_algebraic(0.0, model.initial_values())
    for size in (1e-6, 1e-3, 1.0, 1e3):
        values = implicit_euler_step(system, best_solver(), 0.0, start, size, Statistics())
        assert system.lowest(values) > 0
        assert system.outside(values, 0.0) is None
        content = model.unknowns.storage @ model.unknowns.nodal(values)[1]
        np.testing.assert_allclose(content, model.unknowns.storage.sum(axis=1), rtol=1e-12)
