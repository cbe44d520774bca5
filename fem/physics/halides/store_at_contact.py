"""A halide store behind a contact of the mesh: what it holds, its activities and its composition."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fem.fields import Array
from fem.physics.electrodes import Electrode
from fem.physics.halides.halide_stores import FADING, HalideStore

_LARGEST = 200.0  # exponent that keeps an iterate finite


@dataclass(frozen=True)
class FilmSide:
    """The film at the nodes of a contact.

    Parameters
    ----------
    halides
        Shares of the sites, shape (2, n).
    vacancies
        Over their concentration as deposited and their enrichment, shape (n,).
    energy
        M of both halides [kT], shape (2, n).
    drop
        Potential of the metal less that of the film [V_T], shape (n,).
    """

    halides: Array
    vacancies: Array
    energy: Array
    drop: Array


@dataclass(frozen=True)
class StoreFlux:
    """Halides that enter a store from each node, in units of the vacancies as deposited [m^2/s], and derivatives.

    All of shape (2, n); `by_entered` has the shape (2, 2, n): halide, amount, node.
    """

    flux: Array
    by_halide: Array
    by_vacancy: Array
    by_zeta: Array
    by_entered: Array


@dataclass(frozen=True)
class StoreAtContact:
    """A store behind one contact.

    Parameters
    ----------
    contact
        Number of the contact.
    electrode
        The contact on the mesh.
    law
        As stated.
    content
        Area of the film's lattice [m^2], over which amounts are counted.
    """

    contact: int
    electrode: Electrode
    law: HalideStore
    content: float

    @cached_property
    def start(self) -> Array:
        """Amounts of both halides at the start, over the film's sites, shape (2,); 0 for a store without end."""
        whole = (self.law.thickness or 0.0) * self.electrode.length / self.content
        return whole * self._mixture

    def held(self, entered: Array) -> Array:
        """Amounts of both halides where `entered` has come in, shape (2,), over the film's sites."""
        return self.start + entered

    @property
    def _mixture(self) -> Array:
        return np.array([1.0 - self.law.share, self.law.share])

    def activity(self, entered: Array) -> tuple[Array, Array]:
        """Activities g of both halides, shape (2,), and their derivatives by the amounts entered, shape (2, 2)."""
        if self.law.thickness is None:
            return self._mixture, np.zeros((2, 2))
        held, whole = self.held(entered), float(self.start.sum())
        left = held.sum() + FADING * whole
        g = (1.0 + FADING) * held / left
        return g, ((1.0 + FADING) * np.eye(2) - g[:, None]) / left

    def composition(self, entered: Array) -> tuple[float, Array]:
        """Share x of the second halide and its derivatives by the amounts entered, shape (2,)."""
        if self.law.thickness is None:
            return self.law.share, np.zeros(2)
        whole = float(self.start.sum())
        left = self.held(entered).sum() + FADING * whole
        x = (self.held(entered)[1] + FADING * whole * self.law.share) / left
        return float(x), (np.array([0.0, 1.0]) - x) / left

    def inflow(self, film: FilmSide, entered: Array, interaction: float, volt: float) -> StoreFlux:
        """Halides that enter the store from the nodes of its contact.

        Parameters
        ----------
        film
            At the nodes.
        entered
            Amounts that have come in so far, shape (2,).
        interaction
            Omega / kT.
        volt
            V_T [V].
        """
        law, rate = self.law, np.outer(self.law.rates, self.electrode.lengths)
        g, g_slopes = self.activity(entered)
        x, x_slopes = self.composition(entered)
        energy = interaction * np.array([x**2, (1 - x) ** 2])
        by_x = interaction * np.array([2 * x, -2 * (1 - x)])
        zeta = film.drop - (np.array(law.potentials) / volt + energy)[:, None] + film.energy
        out = rate * np.exp(np.clip(law.symmetry * zeta, -_LARGEST, _LARGEST))
        back = rate * np.exp(np.clip((law.symmetry - 1) * zeta, -_LARGEST, _LARGEST))
        by_zeta = law.symmetry * out * film.halides + (1 - law.symmetry) * back * g[:, None] * film.vacancies
        return StoreFlux(
            flux=out * film.halides - back * g[:, None] * film.vacancies,
            by_halide=out,
            by_vacancy=-back * g[:, None],
            by_zeta=by_zeta,
            by_entered=-(back * film.vacancies)[:, None] * g_slopes[:, :, None]
            - by_zeta[:, None] * (by_x[:, None] * x_slopes)[:, :, None],
        )
