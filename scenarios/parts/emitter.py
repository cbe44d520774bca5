"""A light-emitting stack around a MAPbBr3 film, the halide that moves in it and the defects that it meets."""

from dataclasses import dataclass

import numpy as np
from skfem import MeshTri

from fem.constants import eV, nm
from fem.fields import Array, Value
from fem.physics.carriers.device_layers import Conductor
from fem.physics.reactions.defect_chemistry import degradation, passivation, recombination
from fem.physics.reactions.rate_laws import Degradation, Passivation
from fem.physics.reactions.reaction import Reaction
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall, TrapRecombination
from fem.physics.species import Species
from meshes import Layer, Lines, MeshSizes, Polycrystal, Stack, StackMesh, columnar, mesh_stack
from scenarios.parts.parameters import DIFFUSIVITY_PREFACTOR, GRAIN_BARRIER, TRAP_CAPTURE
from scenarios.parts.turned import on_its_side, turned_back

#: MAPbBr3 between a layer for electrons (below) and one for holes; energies and mobilities are assumptions.
LAYERS = {
    "etl": Conductor(10.0, 3.5 * eV, 3.2 * eV, 1e25, 1e25, 1e-6, 1e-6, doping=1e24),
    "film": Conductor(25.5, 3.4 * eV, 2.3 * eV, 6e24, 6e24, 1e-4, 1e-4),
    "htl": Conductor(3.0, 2.6 * eV, 3.0 * eV, 1e25, 1e25, 1e-6, 1e-6, doping=-1e24),
}
HALIDE, TRAP, DEGRADED = "bromide interstitial", "unfilled site", "degraded site"
_RADIATIVE, _LIFETIME = 4.9e-16, 37e-9  # [m^3/s], [s] of MAPbBr3
_FILLING, _RELEASE = 1e-21, 0.1  # [m^3/s], [1/s] of sites filled by halide (assumption)
_SITES, _AT = 1e22, 1e23  # [1/m^3] sites that can degrade, holes at which the rate of that is stated (assumption)
_ZONE = 20 * nm  # below the hole layer where traps are, and at both faces where halide is fast
_TRANSPORT = 30 * nm  # thickness of either transport layer


def mesh_emitter(width: float, thickness: float, grains: int) -> StackMesh:
    """Columnar `grains` between the two transport layers, `width` by `thickness` [m]."""
    return _between_layers(columnar(width, thickness, grains=grains, seed=1))


def mesh_lateral_emitter(width: float, thickness: float, grains: int) -> MeshTri:
    """The same film with the layer for electrons on its left and that for holes on its right."""
    return turned_back(_between_layers(on_its_side(columnar(width, thickness, grains=grains, seed=1))).mesh)


def _between_layers(film: Polycrystal) -> StackMesh:
    stack = Stack(film, (Layer("etl", _TRANSPORT),), (Layer("htl", _TRANSPORT),))
    return mesh_stack(stack, MeshSizes(1.5 * nm, 15 * nm, 25 * nm), boundaries=Lines())


@dataclass(frozen=True)
class Emitter:
    """Halide, traps it fills, and sites that holes degrade, in a film from y = 0 to its thickness.

    Parameters
    ----------
    thickness
        Of the film [m].
    halide
        Excess halide, mean over the film [1/m^3].
    traps
        Unfilled sites in the zone below the hole layer [1/m^3].
    boundary_barrier, face_barrier
        For hops of halide at grain boundaries between the faces, and in 20 nm at both faces of the film [J].
    loss
        Rate at which a site degrades at 1e23 holes per m^3 [1/s]; 0 turns it off.
    """

    thickness: float
    halide: float
    traps: float
    boundary_barrier: float
    face_barrier: float
    loss: float

    def defects(self) -> list[Species]:
        """Mobile halide, traps at the hole layer, degraded sites."""
        film, reference = ("film",), self.traps or self.halide
        barriers = {"film": self._barriers(GRAIN_BARRIER), "grain_boundary": self._barriers(self.boundary_barrier)}
        return [
            Species(HALIDE, -1, self.halide, DIFFUSIVITY_PREFACTOR, barriers, where=film, composition={"X": +1}),
            Species.immobile(TRAP, +1, self._unfilled, reference, film, {"X": -1}),
            Species.immobile(DEGRADED, 0, 0.0, _SITES, film),
        ]

    def chemistry(self) -> list[Reaction]:
        """Recombination, traps that halide fills, sites that holes degrade."""
        reactions = [
            recombination("radiative", Radiative(_RADIATIVE), "film"),
            recombination("through traps that were there", ShockleyReadHall(_LIFETIME, _LIFETIME), "film"),
            *(recombination(f"through {trap}s", TrapRecombination(trap, TRAP_CAPTURE, TRAP_CAPTURE), "film")
              for trap in (TRAP, DEGRADED)),
            passivation(Passivation(TRAP, HALIDE, _FILLING, _RELEASE, self._unfilled), "film"),
        ]  # fmt: skip
        if self.loss == 0:
            return reactions
        return [*reactions, degradation(Degradation(DEGRADED, "hole", self.loss, _SITES, _AT), where="film")]

    @property
    def _unfilled(self) -> Value:
        def values(x: Array, y: Array) -> Array:
            return np.where(y > self.thickness - _ZONE, self.traps, 0.0)

        return values

    def _barriers(self, inside: float) -> Value:
        """That of the faces in their zones, `inside` [J] between them: a face is a face where a boundary meets it."""

        def values(x: Array, y: Array) -> Array:
            return np.where(np.minimum(y, self.thickness - y) < _ZONE, self.face_barrier, inside)

        return values
