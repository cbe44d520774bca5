"""Manufactured solutions of the whole set: two ions that share sites, Poisson's equation, jumps in D and epsilon.

The exact fields are smooth on each side of the line X = 1/2 (X = x / L, Y = y / L), where diffusivity and permittivity
jump along element edges and the concentrations have the kinks that keep the fluxes continuous. Their gradients are
written by hand; divergences and rates come from them by the complex step, which is exact to round-off. What the exact
fields leave of the equations is added to the residual as sources in the film and fluxes through the rim.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import pytest
from irregular_films import rectangle
from numpy.typing import NDArray
from scipy import sparse
from verification import Order, Verification, observed_order

from fem.constants import elementary_charge, nm, vacuum_permittivity
from fem.model import PoissonNernstPlanck
from fem.numerics.grounded import Sums
from fem.numerics.rosenbrock import Stretch, rodas4_step
from fem.numerics.sparse_direct import best_solver
from fem.numerics.system import Statistics, System
from fem.physics.contacts import Contact
from fem.physics.materials import Material
from fem.physics.species import Species, Sublattice

Array = NDArray[np.float64]
Complex = NDArray[Any]  # real, or with a tiny imaginary step
Vector = tuple[Complex, Complex]

L = 60 * nm
D0 = 1e-15  # [m^2/s]
T0 = L**2 / D0  # [s]
MEAN = 2e22  # [1/m^3]
SITES = 5.0  # of the shared lattice, in units of MEAN
CHARGES = (1, -2)
CONTRAST = np.array([1.0, 8.0])  # of D on the two sides
PERMITTIVITY = np.array([30.0, 12.0])
_TINY = 1e-30


@dataclass(frozen=True)
class Fields:
    """The exact solution: potential [V_T] and concentrations [MEAN] at X, Y and time T (in T0) on a side (0, 1)."""

    restless: float = 1.0

    def pulse(self, k: int, t: complex | float) -> Complex:
        return np.asarray(1.0 + 0.3 * np.sin(self.restless * (2.0 + k) * t + k))

    def potential(self, x: Complex, y: Complex, t: complex | float) -> Complex:
        return np.asarray(1.5 * self.pulse(0, t) * (x - 0.5) ** 2 * np.cos(2.0 * y) + 0.5 * y + 0.4 * y * y)

    def potential_gradient(self, x: Complex, y: Complex, t: complex | float) -> Vector:
        a, u = 1.5 * self.pulse(0, t), x - 0.5
        return 2.0 * a * u * np.cos(2.0 * y), -2.0 * a * u**2 * np.sin(2.0 * y) + 0.5 + 0.8 * y

    def concentration(self, k: int, x: Complex, y: Complex, t: complex | float, side: NDArray[np.int64]) -> Complex:
        u, wave = x - 0.5, np.sin((k + 1) * y + 0.5)
        return np.asarray(0.9 + self.pulse(k + 1, t) * u**2 * wave + self._kink(k, side) * u + 0.2 * y)

    def concentration_gradient(
        self, k: int, x: Complex, y: Complex, t: complex | float, side: NDArray[np.int64]
    ) -> Vector:
        u, a = x - 0.5, self.pulse(k + 1, t)
        by_x = 2.0 * a * u * np.sin((k + 1) * y + 0.5) + self._kink(k, side)
        return by_x, (k + 1) * a * u**2 * np.cos((k + 1) * y + 0.5) + 0.2

    @staticmethod
    def _kink(k: int, side: NDArray[np.int64]) -> Array:
        """Slope across the line, inverse to D so that the flux is continuous."""
        return (1 - 2 * k) * 0.8 / CONTRAST[side]

    def flux(self, k: int, x: Complex, y: Complex, t: complex | float, side: NDArray[np.int64]) -> Vector:
        """``-D (grad c + c grad (z phi - ln(1 - sum(c) / N)))`` in units of MEAN D0 / L."""
        c = self.concentration(k, x, y, t, side)
        free = SITES - sum(self.concentration(m, x, y, t, side) for m in range(2))
        everyone = [self.concentration_gradient(m, x, y, t, side) for m in range(2)]
        own, field = everyone[k], self.potential_gradient(x, y, t)
        d = diffusivity(k, x, y) * CONTRAST[side]
        parts = [
            -d * (own[a] + c * (CHARGES[k] * field[a] + (everyone[0][a] + everyone[1][a]) / free)) for a in range(2)
        ]
        return parts[0], parts[1]

    def supply(self, k: int, x: Array, y: Array, t: float, side: NDArray[np.int64]) -> Array:
        """``dc/dt + div J`` in units of MEAN D0 / L^2."""
        step = 1j * _TINY
        rate = self.concentration(k, x, y, t + step, side).imag
        spread = self.flux(k, x + step, y, t, side)[0].imag + self.flux(k, x, y + step, t, side)[1].imag
        return np.asarray((rate + spread) / _TINY)

    def curvature(self, x: Array, y: Array, t: float) -> Array:
        """Laplacian of the potential in units of V_T / L^2."""
        step = 1j * _TINY
        by_x = self.potential_gradient(x + step, y, t)[0].imag
        return np.asarray((by_x + self.potential_gradient(x, y + step, t)[1].imag) / _TINY)


def diffusivity(k: int, x: Complex, y: Complex) -> Complex:
    """Smooth part of D in units of D0."""
    return np.asarray((1.0 + 0.4 * k) * (1.0 + 0.3 * np.sin(np.pi * y)) * (1.0 + 0.2 * x))


@dataclass(frozen=True)
class ManufacturedFilm:
    """The film's equations with the sources that make `fields` their solution; a system for the time integrator."""

    model: PoissonNernstPlanck
    fields: Fields

    @cached_property
    def inner(self):  # type: ignore[no-untyped-def]
        return self.model.system.driven_by(self.model.pieces(0.0))

    @property
    def mass(self) -> Array:
        return np.asarray(self.inner.mass)

    def residual(self, time: float, values: Array) -> Array:
        return np.asarray(self.inner.residual(time, values) + self.sources(time))

    def jacobian(self, time: float, values: Array) -> sparse.csr_matrix:
        return self.inner.jacobian(time, values)

    def shifted(self, jacobian: sparse.csr_matrix, rate: float) -> sparse.csr_matrix:
        return self.inner.shifted(jacobian, rate)

    def time_derivative(self, time: float, values: Array) -> Array:
        h = 1e-3 * T0 / self.fields.restless
        near, far = (self.sources(time + n * h) - self.sources(time - n * h) for n in (1, 2))
        return np.asarray(self.inner.time_derivative(time, values) + (8 * near - far) / (12 * h))

    def sums(self, time: float, values: Array) -> Sums:
        return self.inner.sums(time, values)

    def amounts(self, time: float, values: Array) -> Array:
        return self.inner.amounts(time, values)

    def exact(self, time: float) -> Array:
        """Nodal values of the exact solution."""
        values = np.zeros(self.model.unknowns.size)
        rows = self.model.unknowns.nodal(values)
        (x, y), t = self.model.mesh.p / L, time / T0
        side = (x > 0.5).astype(np.int64)
        rows[0] = self.fields.potential(x, y, t)
        for k in range(2):
            rows[k + 1] = self.fields.concentration(k, x, y, t, side)
        return values

    def sources(self, time: float) -> Array:
        out = np.zeros(self.model.unknowns.size)
        rows, t = self.model.unknowns.nodal(out), time / T0
        for k in range(2):
            supply = self.fields.supply(k, self._corners[0], self._corners[1], t, self._sides)
            rows[k + 1] = D0 * self._over_cells(supply) / L**2
            rows[k + 1] -= D0 / L * self._outflow(k, t)
        u, exact = self.model.unknowns, self.model.unknowns.nodal(self.exact(time))
        bent = -(PERMITTIVITY * vacuum_permittivity)[self._sides] * self.fields.curvature(
            self._corners[0], self._corners[1], t
        )
        charge = elementary_charge * ((u.charges * u.unit) @ (u.storage * exact[1:]) + self.inner.immobile)
        rows[0] = u.thermal_voltage * self._over_cells(bent) / L**2 - charge
        rim = self.model.electrodes[0].nodes
        rows[0, rim] = exact[0, rim]
        return out

    @cached_property
    def _corners(self) -> Array:
        return np.asarray(self.model.mesh.p[:, self.model.mesh.t] / L)

    @cached_property
    def _sides(self) -> NDArray[np.int64]:
        right = self._corners[0].mean(axis=0) > 0.5
        return np.broadcast_to(right.astype(np.int64), self._corners[0].shape)

    def _over_cells(self, at_corners: Array) -> Array:
        volumes = self.model.control_volumes
        parts = at_corners * volumes.areas / 3
        return np.bincount(volumes.cell_nodes.ravel(), weights=parts.ravel(), minlength=volumes.n_nodes).astype(float)

    def _outflow(self, k: int, t: float) -> Array:
        """Flux out of the film at the rim's nodes, each side's normal for itself, in units of MEAN D0."""
        mesh, volumes = self.model.mesh, self.model.control_volumes
        out = np.zeros(volumes.n_nodes)
        for name, axis, sign in (("left", 0, -1), ("right", 0, 1), ("bottom", 1, -1), ("top", 1, 1)):
            facets = mesh.boundaries[name]
            ends = volumes.nodes[:, facets]
            x, y = mesh.p[:, ends] / L
            side = np.broadcast_to((x.mean(axis=0) > 0.5).astype(np.int64), x.shape)
            parts = 0.5 * sign * volumes.lengths[facets] * np.real(self.fields.flux(k, x, y, t, side)[axis])
            out += np.bincount(ends.ravel(), weights=parts.ravel(), minlength=volumes.n_nodes)
        return out


class ExactOnTheMesh(ManufacturedFilm):
    """Sources for which the nodal values of the exact fields solve the discrete film: only the time error is left."""

    def sources(self, time: float) -> Array:
        h = 1e-3 * T0 / self.fields.restless
        near, far = (self.exact(time + n * h) - self.exact(time - n * h) for n in (1, 2))
        return np.asarray(self.mass * (8 * near - far) / (12 * h) - self.inner.residual(time, self.exact(time)))


def model(n: int) -> PoissonNernstPlanck:
    grid = np.linspace(0.0, L, n + 1)
    mesh = rectangle(grid, grid, jitter=0.25, seed=n, lines=(float(grid[n // 2]),))
    sites = Sublattice("sites", SITES * MEAN)

    def prefactor(k: int):  # type: ignore[no-untyped-def]
        return lambda x, y: D0 * diffusivity(k, x / L, y / L) * CONTRAST[(x > L / 2).astype(int)]

    ions = [Species(f"ion {k}", CHARGES[k], MEAN, prefactor(k), 0.0, sublattice=sites) for k in range(2)]
    material = Material("two sides", {"grain_0": PERMITTIVITY[0], "grain_1": PERMITTIVITY[1]})
    return PoissonNernstPlanck(mesh, material, ions, [Contact("rim", 0.0)], relax_first=False)


def run(film: ManufacturedFilm, end: float, steps: int) -> list[Stretch]:
    values, solver, path = film.exact(0.0), best_solver(), []
    for n in range(steps):
        stretch, _ = rodas4_step(cast(System, film), solver, n * end / steps, values, end / steps, Statistics())
        values = stretch.last
        path.append(stretch)
    return path


def errors(film: ManufacturedFilm, time: float, values: Array) -> Array:
    """Root mean square over the film of potential [V_T] and concentrations [MEAN]."""
    missed = film.model.unknowns.nodal(values - film.exact(time))
    return np.asarray(np.sqrt((missed**2 @ film.model.volumes) / film.model.volumes.sum()))


NAMES = ("potential", "concentration of ion 0", "concentration of ion 1")


def test_second_order_in_space_across_a_jump_of_diffusivity_and_permittivity(verify: Verification) -> None:
    _refine(verify, [8, 16, 32], (2e-4, 6e-3, 4e-3))


@pytest.mark.slow
def test_second_order_in_space_on_fine_meshes(verify: Verification) -> None:
    _refine(verify, [32, 64, 128], (1.2e-5, 3.5e-4, 2.2e-4))


def _refine(verify: Verification, sizes: list[int], tolerances: tuple[float, ...]) -> None:
    films = [ManufacturedFilm(model(n), Fields()) for n in sizes]
    found = [errors(film, 0.2 * T0, run(film, 0.2 * T0, 4)[-1].last) for film in films]
    for k, name in enumerate(NAMES):
        order = Order(observed_order([1.0 / n for n in sizes], [one[k] for one in found]), 1.9)
        quantity = f"L2 error of the {name}, {sizes[-1]} cells per side"
        verify(id="D20", quantity=quantity, measured=found[-1][k], expected=0.0, tolerance=tolerances[k], order=order)


@pytest.mark.parametrize(
    ("case", "restless", "end", "least"), [("rapid", 400.0, 0.005, 3.8), ("slow (stiff)", 2.0, 1.0, 2.4)]
)
def test_order_in_time(case: str, restless: float, end: float, least: float, verify: Verification) -> None:
    """Order 4 where the steps follow the fastest mode; stiff problems with moving sources reduce it to 3 and less."""
    film, counts = ExactOnTheMesh(model(4), Fields(restless)), [4, 8, 16, 32]
    found = [errors(film, end * T0, run(film, end * T0, n)[-1].last) for n in counts]
    for k, name in enumerate(NAMES):
        order = Order(observed_order([1.0 / n for n in counts], [one[k] for one in found]), least)
        quantity = f"time error of the {name} under {case} sources, {counts[-1]} steps"
        verify(id="D20", quantity=quantity, measured=found[-1][k], expected=0.0, tolerance=2e-6, order=order)


def test_third_order_between_the_steps(verify: Verification) -> None:
    film, counts, end = ExactOnTheMesh(model(4), Fields(400.0)), [4, 8, 16, 32], 0.005 * T0
    found = [_worst_between_steps(film, run(film, end, n)) for n in counts]
    for k, name in enumerate(NAMES):
        order = Order(observed_order([1.0 / n for n in counts], [one[k] for one in found]), 2.9)
        quantity = f"error of the {name} interpolated between {counts[-1]} steps"
        verify(id="D20", quantity=quantity, measured=found[-1][k], expected=0.0, tolerance=4e-6, order=order)


def _worst_between_steps(film: ManufacturedFilm, path: list[Stretch]) -> Array:
    places = [(one, one.start + share * (one.end - one.start)) for one in path for share in (0.25, 0.6, 0.9)]
    return np.asarray(np.max([errors(film, time, one.at(time)) for one, time in places], axis=0))
