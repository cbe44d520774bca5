"""Light of a flash in a film without contacts, by a law: what a field leaves of it, and what gathered traps take.

The electrons and holes of a flash, N of each per volume, are soon in balance with the potential that they find. With
psi in units of kT/e, a = <exp(psi)> and b = <exp(-psi)>, means over the film, n = N exp(psi) / a and p = (N + p0)
exp(-psi) / b. Traps of density c that capture both alike, at a rate constant C, take pairs from such a distribution as

    dN/dt = g(t) - k N,    k = <C c / (b exp(psi) + a exp(-psi))>,

and the light goes as N (N + p0) / (a b). This is Shockley-Read-Hall recombination (doi:10.1103/PhysRev.87.835) far
above n_i, in a film that shares out its carriers faster than it loses them. What it leaves out: the time in which they
are shared out, the field of the flash's own carriers, and the few that recombine radiatively.
"""

from dataclasses import dataclass

import numpy as np

from fem.constants import thermal_voltage
from fem.fields import Array
from fem.observables.emission import emitting_area
from fem.scenario import Observable, Scenario
from fem.state import State
from scenarios.parts.flashes import Flashes


@dataclass(frozen=True)
class Gathering:
    """Traps that can gather.

    Parameters
    ----------
    name
        Of the species.
    capture
        By one of them, C [m^3/s].
    gathers
        Whether they do, and capture anything.
    """

    name: str
    capture: float
    gathers: bool


@dataclass(frozen=True)
class PartedLight:
    """The law for flashes that make `carriers` [1/m^3] in a film with traps that stay and traps that gather.

    Parameters
    ----------
    flashes
        Their width and when their light is looked at.
    carriers
        Electrons and holes that one flash makes [1/m^3].
    holes
        In the dark [1/m^3].
    trapping
        Capture by the traps that stay, C c [1/s].
    gathering
        Traps of the other kind.
    """

    flashes: Flashes
    carriers: float
    holes: float
    trapping: float
    gathering: Gathering

    @property
    def by_field(self) -> Observable:
        """Light of a flash now over that at rest, by the potential alone: what separation leaves."""
        return Observable("light of a flash by the field", "1", lambda s, now: self._over_rest(s, now, moved=False))

    @property
    def by_both(self) -> Observable:
        """The same by the potential and by the traps where they are."""
        return Observable(
            "light of a flash by field and traps", "1", lambda s, now: self._over_rest(s, now, moved=True)
        )

    def light(self, areas: Array, potential: Array, gathered: Array) -> float:
        """Light of one flash in units of its own.

        Parameters
        ----------
        areas
            That the nodes stand for [m^2], shape (n_nodes,).
        potential
            Before the flash, over kT/e, shape (n_nodes,).
        gathered
            Traps of the kind that gathers [1/m^3], shape (n_nodes,).
        """
        psi = potential - np.average(potential, weights=areas)
        up, down = (float(np.average(np.exp(sign * psi), weights=areas)) for sign in (1, -1))
        each = (self.trapping + self.gathering.capture * gathered) / (down * np.exp(psi) + up * np.exp(-psi))
        rate = float(np.average(each, weights=areas))
        time = self.flashes.times[0] - self.flashes.starts[0]
        width = self.flashes.width
        left = np.exp(-rate * np.maximum(time - width, 0.0)) - np.exp(-rate * time)
        pairs = self.carriers / (rate * width) * left
        return float(np.trapezoid(pairs * (pairs + self.holes), time) / (up * down))

    def _over_rest(self, scenario: Scenario, now: State, moved: bool) -> float:
        model = scenario.model
        rest, volt = model.initial_state(), thermal_voltage(model.temperature)
        k = [species.name for species in model.species].index(self.gathering.name)
        areas, gathered = emitting_area(model), (now if moved else rest).concentrations[k]
        found = self.light(areas, now.potential / volt, gathered)
        return found / self.light(areas, rest.potential / volt, rest.concentrations[k])
