"""The film's equations the straightforward way: the oracle of the fast implementation, and what it is timed against.

Same mesh, same scheme, none of the shortcuts. Straightforward means here what a careful first version would do:

- every Newton iteration assembles scikit-fem forms anew for Poisson's equation and for each species, triangle by
  triangle and facet by facet, turns their local matrices into edge-averaged fluxes (which no weak form of scikit-fem
  expresses) and makes new sparse matrices from triplets;
- every Newton iteration factorises its matrix with SciPy's SuperLU (``splu``, nothing is reused);
- time runs in backward Euler steps that are equally spaced in log(t); a step whose Newton iteration fails is halved.

Unknowns are ordered field by field: potentials in V_T at all nodes, then the concentrations of each species in units of
its mean. See ``slow_film`` for what is covered.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu
from slow_film import SlowFilm

from fem.constants import elementary_charge, vacuum_permittivity
from fem.model import PoissonNernstPlanck

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
_TOLERANCE = 1e-7  # of Newton's update, relative; it converges quadratically
_ITERATIONS = 30
_KEPT = 0.05  # of a concentration, at least, after an iteration


class NotConvergedError(RuntimeError):
    """Newton's iteration of a backward Euler step failed."""


@dataclass
class Triplets:
    """A right-hand side and a matrix that grow by local contributions."""

    size: int
    rows: list[Ints] = field(default_factory=list)
    columns: list[Ints] = field(default_factory=list)
    entries: list[Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.residual = np.zeros(self.size)

    def add(self, rows: Ints, columns: Ints, entries: Array) -> None:
        self.rows.append(rows)
        self.columns.append(columns)
        self.entries.append(np.broadcast_to(entries, rows.shape))

    def add_local(self, matrices: Array, dofs: Ints, values: Array) -> None:
        """Local matrices, shape (n_elements, 3, 3), on the unknowns `dofs` (3, n_elements), which have `values` now."""
        for a in range(3):
            for b in range(3):
                np.add.at(self.residual, dofs[a], matrices[:, a, b] * values[b])
                self.add(dofs[a], dofs[b], matrices[:, a, b])

    def matrix(self) -> sparse.csc_matrix:
        places = (np.concatenate(self.rows), np.concatenate(self.columns))
        return sparse.csc_matrix(sparse.coo_matrix((np.concatenate(self.entries), places), (self.size, self.size)))


class SlowOracle:
    """The equations of `model`, assembled from scratch at every call."""

    def __init__(self, model: PoissonNernstPlanck) -> None:
        self.model, self.film, self.n = model, SlowFilm(model), model.mesh.p.shape[1]
        self.size = self.n * (1 + len(model.species))
        self.iterations = 0  # of Newton's method so far

    # --- equations --------------------------------------------------------------------------------------------------

    def start(self) -> Array:
        """The film as deposited, without a potential."""
        return np.concatenate(
            [np.zeros(self.n), (self.film.amount / self.film.storage / self.film.unit[:, None]).ravel()]
        )

    @property
    def mass(self) -> Array:
        """Diagonal of the mass matrix."""
        return np.concatenate([np.zeros(self.n), self.film.storage.ravel()])

    def assemble(self, time: float, values: Array) -> tuple[Array, sparse.csc_matrix]:
        """Right-hand side f of ``M dy/dt = f`` and its Jacobian.

        Poisson's rows are charge in units of eps0 V_T, or on an electrode the potential that is missing; the others are
        inflow in units of the mean concentration [m^2/s].
        """
        out, matrix = self._film(values)
        for electrode in self.model.electrodes:
            out[electrode.nodes] = electrode.drive(time) / self.film.volt - values[electrode.nodes]
        held = np.zeros(self.size)
        held[np.concatenate([electrode.nodes for electrode in self.model.electrodes])] = 1.0
        return out, sparse.csc_matrix(sparse.diags_array(1 - held) @ matrix - sparse.diags_array(held))

    def charge(self, values: Array) -> Array:
        """Charge on the metal of each contact [C/m]."""
        defect = self._film(values)[0] * self.film.volt * vacuum_permittivity
        return np.array([-defect[electrode.nodes].sum() for electrode in self.model.electrodes])

    def _film(self, values: Array) -> tuple[Array, sparse.csc_matrix]:
        """The same without contacts."""
        out, nodes, film = Triplets(self.size), np.arange(self.n), self.film
        per_number = elementary_charge / (vacuum_permittivity * film.volt)
        for local, dofs in film.poisson():
            out.add_local(-local, dofs, values[dofs])
        for k in range(len(self.model.species)):
            own, charge = nodes + (k + 1) * self.n, per_number * film.charges[k] * film.unit[k] * film.storage[k]
            out.residual[nodes] += charge * values[own]
            out.add(nodes, own, charge)
            for local, dofs in film.transport(k):
                for a, b in ((0, 1), (1, 2), (2, 0)):
                    self._flux(out, k, -local[:, a, b], dofs[[a, b]], values)
        out.residual[nodes] += per_number * film.background
        return out.residual, out.matrix()

    def _flux(self, out: Triplets, k: int, weight: Array, ends: Ints, values: Array) -> None:
        """Add the edge-averaged flux of species k from the first to the second of the two `ends` of an edge."""
        c = self._field(values, k)
        energy, crowd = self._energy(k, values)
        reduced = c / self.film.enrichment[k]
        forth, forth_slope = bernoulli(energy[ends[1]] - energy[ends[0]])
        back, back_slope = bernoulli(energy[ends[0]] - energy[ends[1]])
        flux = weight * (forth * reduced[ends[0]] - back * reduced[ends[1]])
        steeper = weight * (forth_slope * reduced[ends[0]] + back_slope * reduced[ends[1]])
        by_ends = (weight * forth / self.film.enrichment[k][ends[0]], -weight * back / self.film.enrichment[k][ends[1]])
        for row, sign in ((0, -1.0), (1, 1.0)):
            rows = ends[row] + (k + 1) * self.n
            np.add.at(out.residual, rows, sign * flux)
            for end, side in ((0, -1.0), (1, 1.0)):
                out.add(rows, ends[end] + (k + 1) * self.n, sign * by_ends[end])
                out.add(rows, ends[end], sign * side * self.film.charges[k] * steeper)
                for m, slope in crowd.items():
                    out.add(rows, ends[end] + (m + 1) * self.n, sign * side * steeper * slope[ends[end]])

    def _energy(self, k: int, values: Array) -> tuple[Array, dict[int, Array]]:
        """Potential energy of species k at the nodes [kT], and its derivative by each concentration that crowds it."""
        energy, sites = self.film.charges[k] * values[: self.n], self.model.species[k].sublattice
        if sites is None:
            return energy, {}
        members = [m for m, one in enumerate(self.model.species) if one.sublattice == sites]
        filling = sum(self.film.unit[m] * self._field(values, m) for m in members) / sites.site_density
        free = 1 - filling
        if free.min() < 1e-6:
            raise NotConvergedError("a sublattice is full")
        return energy - np.log(free), {m: self.film.unit[m] / sites.site_density / free for m in members}

    def _field(self, values: Array, k: int) -> Array:
        return values[(k + 1) * self.n : (k + 2) * self.n]

    # --- time -------------------------------------------------------------------------------------------------------

    def step(self, time: float, values: Array, length: float) -> Array:
        """One backward Euler step from `time` by Newton's iteration, which never takes all of a concentration."""
        new = values.copy()
        for _ in range(_ITERATIONS):
            residual, jacobian = self.assemble(time + length, new)
            matrix = sparse.csr_matrix(sparse.diags_array(self.mass / length) - jacobian)
            scale = 1 / abs(matrix).max(axis=1).toarray().ravel()  # SuperLU does not scale rows itself
            defect = residual - self.mass * (new - values) / length
            change = splu(sparse.csc_matrix(sparse.diags_array(scale) @ matrix)).solve(scale * defect)
            self.iterations += 1
            new = np.maximum(new + change, np.where(self.mass > 0, _KEPT * new, -np.inf))
            if np.abs(change / (np.abs(new) + 1)).max() < _TOLERANCE:
                return new
        raise NotConvergedError(f"t = {time:g} s, step {length:g} s")

    def advance(self, time: float, values: Array, length: float) -> Array:
        """A step, or two of half the length where it fails."""
        try:
            return self.step(time, values, length)
        except NotConvergedError:
            half = 0.5 * length
            return self.advance(time + half, self.advance(time, values, half), half)

    def run(self, times: Array) -> Iterator[Array]:
        """Unknowns at each of `times` [s] after the first, one step from each to the next."""
        values = self.start()
        for time, end in pairwise(times.tolist()):
            values = self.advance(time, values, end - time)
            yield values


def bernoulli(x: Array) -> tuple[Array, Array]:
    """``x / (exp(x) - 1)`` and its derivative."""
    near = np.abs(x) < 0.02
    safe = np.where(near, 1.0, x)
    value = np.where(near, 1 - x / 2 + x**2 / 12 - x**4 / 720, safe / np.expm1(np.clip(safe, -700, 700)))
    slope = np.where(near, -0.5 + x / 6 - x**3 / 180 + x**5 / 5040, value * (1 - value - safe) / safe)
    return value, slope
