"""Heat: slabs with a uniform source, cooled by transfer or held on both sides, warm up as theory says."""

import numpy as np
import pytest
from irregular_films import rectangle
from verification import Order, Verification, observed_order

from fem.constants import nm, um
from fem.physics.heat.heat_equation import HeatEquation
from fem.physics.heat.lumped_heat import LumpedHeat

KAPPA, CAPACITY, SOURCE, LENGTH = 0.4, 1.25e6, 1.2e10, 0.5 * um


def slab(cooling: dict[str, float], cells: int = 20, jitter: float = 0.0) -> HeatEquation:
    columns = max(5, cells // 3) if jitter else 5
    mesh = rectangle(np.linspace(0, 200, columns) * nm, np.linspace(0, LENGTH, cells + 1), jitter)
    return HeatEquation(mesh, KAPPA, CAPACITY, cooling)


def heated(equation: HeatEquation) -> np.ndarray:
    return np.full(equation.mesh.t.shape[1], SOURCE)


def test_a_slab_cooled_on_one_face(verify: Verification) -> None:
    transfer = 1e5
    equation = slab({"bottom": transfer}, cells=160)
    temperature = equation.steady(heated(equation))
    expected = SOURCE * LENGTH**2 / (2 * KAPPA) + SOURCE * LENGTH / transfer
    verify(id="D15", quantity="slab cooled on one face: largest rise [K]", measured=float(temperature.max() - 300),
           expected=expected, tolerance=1e-4)  # fmt: skip
    made = SOURCE * LENGTH * 200 * nm
    verify(id="D15", quantity="heat given off over heat made, less 1",
           measured=equation.given_off(temperature) / made - 1, expected=0.0, tolerance=1e-10)  # fmt: skip


def test_an_irregular_mesh_is_second_order(verify: Verification) -> None:
    sizes, errors = [1 / 8, 1 / 16, 1 / 32, 1 / 64], []
    for size in sizes:
        equation = slab({"bottom": 1e14, "top": 1e14}, round(1 / size), jitter=0.2)
        y = equation.mesh.p[1]
        exact = 300 + SOURCE / (2 * KAPPA) * y * (LENGTH - y)
        errors.append(float(np.sqrt(np.mean((equation.steady(heated(equation)) - exact) ** 2))))
    verify(id="D15", quantity="slab on irregular meshes: finest error over the largest rise",
           measured=errors[-1] / (SOURCE * LENGTH**2 / (8 * KAPPA)), expected=0.0, tolerance=5e-3,
           order=Order(observed_order(sizes, errors), least=1.5))  # fmt: skip


def test_a_slab_held_on_both_faces(verify: Verification) -> None:
    equation = slab({"bottom": 1e14, "top": 1e14}, cells=160)
    rise = equation.steady(heated(equation)).max() - 300
    verify(id="D15", quantity="slab held on both faces: largest rise over q L^2 / (8 kappa)",
           measured=float(rise / (SOURCE * LENGTH**2 / (8 * KAPPA))), expected=1.0, tolerance=2e-4)  # fmt: skip


def test_a_thin_film_warms_with_one_time_constant(verify: Verification) -> None:
    """Biot number h L / kappa = 1e-4: the whole slab is at one temperature."""
    transfer = 1e-4 * KAPPA / LENGTH
    equation, lumped = slab({"bottom": transfer}), LumpedHeat(CAPACITY * LENGTH, transfer)
    times = np.linspace(0, 2 * lumped.time_constant, 201)
    found = equation.transient(heated(equation), times).mean(axis=1)
    expected = np.array([lumped.after(300.0, SOURCE * LENGTH, t) for t in times])
    worst = float(np.abs(found - expected).max() / (expected[-1] - 300))
    verify(id="D15", quantity="thin slab against the lumped law, all times", measured=worst, expected=0.0,
           tolerance=2e-4)  # fmt: skip


def test_transients_are_second_order_in_time() -> None:
    equation = slab({"bottom": 1e6}, cells=10)
    end = 1e-7
    fine = equation.transient(heated(equation), np.linspace(0, end, 513))[-1]
    errors = [
        np.abs(equation.transient(heated(equation), np.linspace(0, end, n + 1))[-1] - fine).max() for n in (8, 16, 32)
    ]
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert (orders > 1.9).all()


def test_an_irregular_mesh_gives_off_what_is_made() -> None:
    equation = slab({"bottom": 1e4, "left": 3e3}, jitter=0.2)
    x = equation.mesh.p[0]
    source = SOURCE * (1 + x[equation.mesh.t].mean(axis=0) / np.ptp(x))
    made = float(equation.volumes.areas @ source)
    assert equation.given_off(equation.steady(source)) == pytest.approx(made, rel=1e-10, abs=0.0)


def test_lumped_heat_meets_its_steady_state() -> None:
    heat = LumpedHeat(capacity=2100.0, transfer=133.0, ambient=298.0)
    assert heat.steady(6000.0) == pytest.approx(298 + 6000 / 133)
    assert heat.after(298.0, 6000.0, 100 * heat.time_constant) == pytest.approx(heat.steady(6000.0))
    assert heat.after(298.0, 6000.0, 1e-6) - 298 == pytest.approx(1e-6 * heat.rate(298.0, 6000.0), rel=1e-4, abs=0.0)
    assert LumpedHeat(100.0, 0.0).after(300.0, 50.0, 4.0) == pytest.approx(302.0)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="heat capacity"):
        LumpedHeat(0.0, 1.0)
    with pytest.raises(ValueError, match="'roof'"):
        slab({"roof": 1.0})
    with pytest.raises(ValueError, match="never given off"):
        slab({}).steady(np.zeros(160))
