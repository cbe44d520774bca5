"""A light-emitting stack of three layers around a MAPbBr3 film, the halide that moves in it and the defects it meets."""

from dataclasses import dataclass

import numpy as np

from fem.constants import eV, nm
from fem.fields import Array, Field
from fem.physics.defect_chemistry import degradation, passivation, recombination
from fem.physics.device_layers import Conductor
from fem.physics.rate_laws import Degradation, Passivation
from fem.physics.reactions import Reaction
from fem.physics.recombination import Radiative
from fem.physics.species import Species
from fem.physics.trap_recombination import ShockleyReadHall, TrapRecombination
from scenarios._parameters import DIFFUSIVITY_PREFACTOR, GRAIN_BARRIER

FILM = Conductor(25.5, 3.4 * eV, 2.3 * eV, 6e24, 6e24, 1e-4, 1e-4)  # MAPbBr3, valence band at 5.7 eV (assumption)
ELECTRON_LAYER = Conductor(10.0, 3.5 * eV, 3.2 * eV, 1e25, 1e25, 1e-6, 1e-6, doping=1e24)  # (assumption)
HOLE_LAYER = Conductor(3.0, 2.6 * eV, 3.0 * eV, 1e25, 1e25, 1e-6, 1e-6, doping=-1e24)  # (assumption)
RADIATIVE, LIFETIME = 4.9e-16, 37e-9  # [m^3/s], [s] of MAPbBr3: k1 = 27e6 1/s
HALIDE, TRAP, DEGRADED = "bromide interstitial", "unfilled site", "degraded site"
_CAPTURE = 1e-13  # [m^3/s] by either trap (assumption)
_FILLING, _RELEASE = 1e-21, 0.1  # [m^3/s], [1/s] of sites filled by halide (assumption)
_AT = 1e23  # [1/m^3] holes at which the rate of the loss is stated


@dataclass(frozen=True)
class Emitter:
    """Halide, traps it fills, and sites that holes degrade, in a film from y = 0 to its thickness.

    Parameters
    ----------
    thickness
        Of the film [m].
    halide
        Excess halide [1/m^3], mean over the film.
    traps
        Unfilled sites [1/m^3] in the zone below the hole layer.
    boundary_barrier
        Hopping barrier of halide at grain boundaries and in that zone [J].
    loss
        Rate at which a site degrades at 1e23 holes per m^3 [1/s]; 0 turns it off.
    sites
        That can degrade [1/m^3].
    """

    thickness: float
    halide: float
    traps: float
    boundary_barrier: float
    loss: float
    sites: float = 1e22
    zone: float = 20 * nm

    def defects(self) -> list[Species]:
        """Mobile halide, traps at the hole layer, degraded sites."""
        barriers: Field = {
            "film": self._at_faces(self.boundary_barrier, GRAIN_BARRIER, both=True),
            "grain_boundary": self.boundary_barrier,
        }
        film = ("film",)
        return [
            Species(HALIDE, -1, self.halide, DIFFUSIVITY_PREFACTOR, barriers, where=film, composition={"X": +1}),
            Species.immobile(TRAP, +1, self._at_faces(self.traps, 0.0), self.traps, film, {"X": -1}),
            Species.immobile(DEGRADED, 0, 0.0, self.sites, film),
        ]

    def chemistry(self) -> list[Reaction]:
        """Recombination, traps that halide fills, sites that holes degrade."""
        filling = Passivation(TRAP, HALIDE, _FILLING, _RELEASE, self._at_faces(self.traps, 0.0))
        reactions = [
            recombination("radiative", Radiative(RADIATIVE), "film"),
            recombination("through traps that were there", ShockleyReadHall(LIFETIME, LIFETIME), "film"),
            recombination("through unfilled sites", TrapRecombination(TRAP, _CAPTURE, _CAPTURE), "film"),
            recombination("through degraded sites", TrapRecombination(DEGRADED, _CAPTURE, _CAPTURE), "film"),
            passivation(filling, "film"),
        ]
        if self.loss == 0:
            return reactions
        return [*reactions, degradation(Degradation(DEGRADED, "hole", self.loss, self.sites, _AT), where="film")]

    def _at_faces(self, near: float, far: float, both: bool = False):  # type: ignore[no-untyped-def]
        """`near` within the zone below the hole layer (and above the electron layer), `far` elsewhere."""

        def values(x: Array, y: Array) -> Array:
            inside = (y > self.thickness - self.zone) | (both & (y < self.zone))
            return np.where(inside, near, far)

        return values
