"""Substrates that conduct: the film follows the heat equation, in one and two dimensions, and acts on its power."""

from dataclasses import replace

import numpy as np
import pytest
from irregular_films import rectangle
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.linalg import eigh
from scipy.optimize import brentq
from test_self_heating import HEAT, NARROW, RESISTOR, intrinsic, slab, temperatures, voltage
from verification import Verification

from fem.evolve import evolve
from fem.film import Film
from fem.physics.drives.drive import step
from fem.physics.heat.conducted_heat import ConductedHeat
from fem.physics.heat.heat_balance import HeatBalance
from fem.physics.heat.heat_equation import HeatEquation
from fem.physics.heat.heat_modes import HeatedBody
from fem.restart import Restart

Array = NDArray[np.float64]

DEPTH, KAPPA, CAPACITY, TRANSFER = 1e-3, 1.0, 2.1e6, 150.0  # of a plate of glass
GLASS = ConductedHeat.slab(DEPTH, KAPPA, CAPACITY, TRANSFER)
PER_TIME = KAPPA / (CAPACITY * DEPTH**2)


def roots(count: int = 4000) -> Array:
    """Of ``beta tan beta = h d / kappa`` (Carslaw and Jaeger, section 3.11)."""
    biot = TRANSFER * DEPTH / KAPPA

    def one(n: int) -> float:
        return float(brentq(lambda b: b * np.sin(b) - biot * np.cos(b), n * np.pi, (n + 0.5) * np.pi, xtol=1e-14))

    return np.array([one(n) for n in range(count)])


def of_power(times: Array) -> Array:
    """Rise of the heated face for 1 W/m^2 from t = 0 on [K m^2/W], the other face cooled; exact."""
    beta = roots()
    parts = 2 * DEPTH / (KAPPA * beta**2 * (1 + np.sin(2 * beta) / (2 * beta)))
    rest = 1 / TRANSFER + DEPTH / KAPPA - parts.sum()
    return np.asarray(rest + parts @ -np.expm1(-np.outer(beta**2 * PER_TIME, times)))


def of_warmth(times: Array) -> Array:
    """Share of a uniform rise that is left at the insulated face; exact."""
    beta = roots()
    parts = 2 * np.sin(beta) / (beta + np.sin(beta) * np.cos(beta))
    return np.asarray(parts @ np.exp(-np.outer(beta**2 * PER_TIME, times)))


def rise(body: HeatedBody, power: float, times: Array, warm: float = 0.0) -> Array:
    """Rise [K] of a film of steady `power` [W/m^2] on a body that is `warm` [K] at the start, at `times` [s]."""
    balance = HeatBalance(body, body.ambient, 0.0)
    return np.array([balance.along(body.modes.shares * warm, power, power, t).sum() for t in times])


def test_a_plate_warms_by_the_series_of_carslaw_and_jaeger(verify: Verification) -> None:
    times = np.geomspace(1e-3, 100.0, 26)
    found, exact = rise(GLASS, 6000.0, times), 6000.0 * of_power(times)
    verify(id="D15", quantity="plate heated on one face: largest error of the face over its rise, 1 ms to 100 s",
           measured=float(np.abs(found / exact - 1).max()), expected=0.0, tolerance=2e-3)  # fmt: skip
    assert len(GLASS.modes.rates) < 60
    assert GLASS.steady(6000.0) == pytest.approx(300.0 + 6000.0 * (1 / TRANSFER + DEPTH / KAPPA), rel=1e-9)


def test_a_warm_plate_cools_from_its_back(verify: Verification) -> None:
    times = np.geomspace(1e-3, 100.0, 26)
    assert GLASS.modes.shares.sum() == pytest.approx(1.0, rel=1e-12)
    verify(id="D15", quantity="warm plate cooled on one face: largest error of the other face over the first rise",
           measured=float(np.abs(rise(GLASS, 0.0, times, 1.0) - of_warmth(times)).max()), expected=0.0,
           tolerance=1e-4)  # fmt: skip


def test_an_insulated_plate_keeps_its_heat() -> None:
    """Late, the face is ``P t / (rho c d)`` and ``P d / (3 kappa)`` above the start."""
    plate = ConductedHeat.slab(DEPTH, KAPPA, CAPACITY, 0.0)
    expected = 6000.0 * (100.0 / (CAPACITY * DEPTH) + DEPTH / (3 * KAPPA))
    assert rise(plate, 6000.0, np.array([100.0]))[0] == pytest.approx(expected, rel=1e-4)
    assert plate.steady(1.0) == np.inf


def stripe() -> ConductedHeat:
    """A device 0.2 mm wide on glass that is 1 mm wide and 1.1 mm thick, by symmetry half of each."""
    depth = np.concatenate([np.linspace(0, 0.1e-3, 11), np.linspace(0.1e-3, 1.1e-3, 21)[1:]])
    x = np.concatenate([np.linspace(0, 0.15e-3, 16), np.linspace(0.15e-3, 0.5e-3, 8)[1:]])
    device = {"device": lambda p: (p[1] == 0.0) & (p[0] <= 0.1e-3)}
    mesh = rectangle(x, depth, jitter=0.0).with_boundaries(device)
    return ConductedHeat(HeatEquation(mesh, KAPPA, CAPACITY, {"top": 1e4}), "device")


def test_a_narrow_device_on_wide_glass_follows_the_equation_in_two_dimensions(verify: Verification) -> None:
    """All modes of the mesh, by dense linear algebra, against the few that a run uses."""
    body, times = stripe(), np.geomspace(1e-5, 1.0, 21)
    equation, facets = body.equation, np.asarray((body.equation.mesh.boundaries or {})["device"])
    entering = equation.volumes.facet_integrals(facets, np.ones(len(facets)))
    rates, shapes = eigh(equation.conductance.toarray(), np.diag(equation.storage))
    felt = shapes.T @ entering
    exact = 1e5 * felt**2 / (rates * entering.sum()) @ -np.expm1(-np.outer(rates, times))
    assert len(body.modes.rates) < 0.1 * len(rates)
    error = float(np.abs(rise(body, 1e5, times) / exact - 1).max())
    verify(id="D15", quantity="narrow device on wide glass: few modes against all of the mesh, 10 us to 1 s",
           measured=error, expected=0.0, tolerance=1e-6)  # fmt: skip


def test_a_resistor_on_a_plate_warms_as_the_plate(verify: Verification) -> None:
    times = np.array([0.0, 1e-6, 1e-2, 0.3, 1.0, 10.0, 30.0, 300.0])
    body = replace(GLASS, largest_change=1.0, width=HEAT.width)
    outputs = list(evolve(slab(step(RESISTOR), body, -1e22), times))
    worst = float(np.abs(temperatures(outputs)[2:] - 300.0 - 6000.0 * of_power(times[2:])).max())
    verify(id="D15", quantity="resistor of 6 kW/m^2 on conducting glass: error of the temperature over the rise",
           measured=worst / 46, expected=0.0, tolerance=1e-4)  # fmt: skip


def through_the_glass(volts: float, times: Array) -> Array:
    """Temperature of a slab with activated conduction on the plate, by differences in depth and an integrator."""
    count = 400
    size = DEPTH / count
    step_to = KAPPA / (CAPACITY * size**2)

    def rates(_: float, y: Array) -> Array:
        flows = step_to * np.diff(y)
        out = np.concatenate([flows, [0.0]]) - np.concatenate([[0.0], flows])
        face = y[0] + 0.5 * size / KAPPA * power(y[0])
        out[0] += power(face) / (CAPACITY * size)
        out[-1] -= (y[-1] - 300.0) / (1 / TRANSFER + 0.5 * size / KAPPA) / (CAPACITY * size)
        return np.asarray(out)

    def power(kelvin: float) -> float:
        return intrinsic(kelvin) * volts**2 / 4e-6

    cells = solve_ivp(rates, (0, times[-1]), np.full(count, 300.0), t_eval=times, method="BDF", rtol=1e-8, atol=1e-7,
                      jac_sparsity=np.eye(count) + np.eye(count, k=1) + np.eye(count, k=-1)).y  # fmt: skip
    return np.array([y + 0.5 * size / KAPPA * power(y) for y in cells[0]])


def test_a_slab_that_conducts_better_when_warm_feels_the_glass(verify: Verification) -> None:
    times, volts = np.array([0.0, 0.1, 1.0, 3.0, 10.0, 30.0, 300.0]), voltage(1000.0, intrinsic(300.0))
    body = replace(GLASS, largest_change=1.0, width=HEAT.width)
    found = temperatures(list(evolve(slab(step(volts), body, 0.0, NARROW), times)))
    error = float(np.abs(found - through_the_glass(volts, times))[1:].max())
    verify(id="D15", quantity="activated conduction on conducting glass: error of the temperature [K]",
           measured=error, expected=0.0, tolerance=5e-3)  # fmt: skip


def test_it_continues_to_the_same_bits() -> None:
    times = np.array([0.0, 1.0, 5.0, 20.0])
    model = slab(step(RESISTOR), replace(GLASS, largest_change=4.0, width=HEAT.width), -1e22)
    outputs = list(evolve(model, times))
    arrays = outputs[1].restart.as_arrays()
    again = list(evolve(model, times, restart=Restart.from_arrays(arrays)))
    assert [one.state.temperature for one in again] == [one.state.temperature for one in outputs[2:]]
    lumped = replace(model, heat=HEAT)
    with pytest.raises(ValueError, match="another heat"):
        next(evolve(lumped, times, restart=outputs[1].restart))


def test_it_is_described_and_nonsense_is_refused() -> None:
    model: Film = slab(step(RESISTOR), GLASS, -1e22)
    told = model.as_dict()["heat"]
    assert isinstance(told, dict)
    assert told["decay times of its modes [s]"][0] == pytest.approx(1 / (roots(1)[0] ** 2 * PER_TIME), rel=1e-4)
    with pytest.raises(ValueError, match="thickness of the substrate"):
        ConductedHeat.slab(0.0, 1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="heat transfer from the substrate"):
        ConductedHeat.slab(1.0, 1.0, 1.0, -1.0)
    with pytest.raises(ValueError, match="heated facets 'roof' does not exist"):
        replace(GLASS, heated="roof")
