"""The film at rest, before the drive starts: as deposited, or in the equilibrium that the closed film reaches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from fem.coupled.field_terms import with_help_in_words
from fem.coupled.system import CoupledSystem
from fem.fields import Array
from fem.numerics.sparse_direct import SolverError
from fem.physics.drives.drive import BEFORE, Piece
from fem.physics.reactions.at_rest import has_one_way, running_at_rest
from fem.rest.imbalance import Imbalance, measured
from fem.rest.resting import levelled, paced
from fem.rest.seeking import Found, carriers_in_equilibrium, climbed, first_found, held, relaxed, settled

_HASTES = (1e10, 1e5, 1.0)  # of recombination on the way to equilibrium, one after the other until one gets there

_BALANCED = 1e-6  # of what enters and leaves: reversible reactions that leave more are slow, or agree on no equilibrium


@dataclass(frozen=True)
class Start:
    """How a film comes to rest.

    Parameters
    ----------
    film
        The film as it will be driven.
    closed
        The same without ions that cross its contacts.
    extent
        Size of the film [m].
    """

    film: CoupledSystem
    closed: CoupledSystem
    extent: float

    def values(self, pieces: Sequence[Piece], light: Piece, relax: bool) -> tuple[Array, Imbalance]:
        """Unknowns of the film under what `pieces` and `light` say of the time before the start, and how it rests.

        Reactions that nothing makes undone take no part in the rest, see :mod:`fem.physics.reactions.at_rest`; what
        is returned names them.

        Parameters
        ----------
        relax
            Whether it has come to rest; otherwise it is as deposited.

        Returns
        -------
        values
            Shape (n,).
        imbalance
            What the film still does then.

        Raises
        ------
        SolverError
            If Newton's method does not find the rest.
        """
        quiet = _quiet(self.closed)
        goal = quiet.driven_by(pieces, light)
        values, report = as_deposited(goal, BEFORE), Imbalance.as_deposited()
        if relax:
            levels = [piece.value(BEFORE) for piece in pieces]
            dark = light.value(BEFORE) == 0
            even = dark and (max(levels) == min(levels) or not self.film.unknowns.carrier_exchanges)
            try:
                if even:
                    values, way = self._equilibrium(quiet, values, levels)
                else:
                    values, way = self._steady(quiet, values, levels, light.value(BEFORE))
            except SolverError as error:
                fields = quiet.unknowns.nodal(values)
                raise with_help_in_words(error, quiet.network, quiet.electrostatics, fields) from error.__cause__
            report = replace(measured(goal, values, even, way), left_out=self._left_out(quiet))
        full = np.zeros(self.film.unknowns.size)
        full[: len(values)] = values
        return self.film.deposited(full), report

    def _left_out(self, quiet: CoupledSystem) -> tuple[str, ...]:
        """Names of the reactions that take no part in the rest."""
        if self.closed.network is None:
            return ()
        kept = {one.name for one in quiet.network.reactions} if quiet.network is not None else set()
        return tuple(one.name for one in self.closed.network.reactions if one.name not in kept)

    def _equilibrium(self, quiet: CoupledSystem, values: Array, levels: list[float]) -> Found:
        """Dark rest without a current: by way of fast recombination, then true where reactions run in cycles."""
        ways = [partial(self._levelled, quiet, values, levels, haste) for haste in _HASTES]
        values, way = first_found(ways)
        if quiet.network is None:
            return values, way
        if has_one_way(quiet.network):
            values, then = self._true(quiet, values, levels)
            return values, f"{way}, then {then} where reactions run in cycles"
        goal = quiet.driven_by([held(one) for one in levels])
        for more in (self._without_slow, partial(self._true, known=True)):
            if measured(goal, values, True, way).net <= _BALANCED:
                break
            values, then = first_found([partial(more, quiet, values, levels), partial(_unchanged, values)])
            way = f"{way}, then {then} with slow reactions"
        return values, way

    def _true(self, quiet: CoupledSystem, values: Array, levels: list[float], known: bool = False) -> Found:
        """Rest of the true film from `values`, whose field may be `known` to be that at rest."""
        film = paced(quiet, self.extent, values if known else None)
        return relaxed(film.driven_by([held(one) for one in levels]), values)

    def _without_slow(self, quiet: CoupledSystem, values: Array, levels: list[float]) -> Found:
        """Equilibrium from `values`, in whose field no reaction of ions is slow."""
        film = levelled(quiet, self.extent, 1.0, values)
        return relaxed(film.driven_by([held(one) for one in levels]), values)

    def _levelled(self, quiet: CoupledSystem, values: Array, levels: list[float], haste: float) -> Found:
        """Equilibrium with recombination so much faster; one that is too fast may lose the carriers' charge."""
        film = levelled(quiet, self.extent, haste).driven_by([held(one) for one in levels])
        if not quiet.unknowns.carrier_exchanges:
            return relaxed(film, values)
        return settled(film, carriers_in_equilibrium(film, values, levels[0]))

    def _steady(self, quiet: CoupledSystem, values: Array, levels: list[float], light: float) -> Found:
        """Rest in light, or with a current that carriers bring through the contacts."""
        film = paced(quiet, self.extent)
        if not quiet.unknowns.carrier_exchanges:
            return relaxed(film.driven_by([held(one) for one in levels], held(light)), values)
        dark = film.driven_by([held(0.0) for _ in levels])
        return climbed(film, levels, light, carriers_in_equilibrium(dark, values, 0.0))


def _unchanged(values: Array) -> Found:
    return values, "no further"


def _quiet(closed: CoupledSystem) -> CoupledSystem:
    """`closed` without the reactions that cannot run at rest."""
    if closed.network is None:
        return closed
    network = running_at_rest(closed.network)
    return CoupledSystem(closed.volumes, closed.poisson, closed.unknowns, network if network.terms else None)


def as_deposited(closed: CoupledSystem, time: float) -> Array:
    """Unknowns of a closed film with the stated concentrations and the potential that goes with them."""
    values = np.zeros(closed.unknowns.size)
    closed.unknowns.nodal(values)[1:] = closed.unknowns.start
    return closed.hold_algebraic(time, values)
