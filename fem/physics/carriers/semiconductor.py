"""Electrons and holes in materials with different bands, in Boltzmann statistics.

    n = N_c exp[(chi + e phi + E_Fn) / kT],     p = N_v exp[-(chi + E_g + e phi + E_Fp) / kT]

with the potential counted so that at phi = 0 and E_F = 0 the mean material is intrinsic. In this form the band edges
are an enrichment of each material, ``n = s_n n_i exp(phi / V_T)`` and ``p = s_p n_i exp(-phi / V_T)`` in equilibrium,
and carriers share the flux law of the ions: ``n / s_n`` is continuous across a junction where n itself jumps (D. L.
Scharfetter and H. K. Gummel, doi:10.1109/T-ED.1969.16566; S. Selberherr, doi:10.1007/978-3-7091-8752-4).
"""

from dataclasses import dataclass

import numpy as np

from fem.constants import boltzmann, elementary_charge, thermal_voltage, vacuum_permittivity
from fem.fields import Array, Field
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.hopping import Hopping, require
from fem.physics.layer_transport import LayerTransport
from fem.physics.nernst_planck import on_edges
from fem.physics.populations import Population
from fem.physics.regions import BoolArray, LayerFacets, Regions

ELECTRON, HOLE = "electron", "hole"
_STEEPEST = 200.0  # difference of band energies over kT between two materials of a film that numbers can hold


@dataclass(frozen=True)
class Semiconductor:
    """Bands and mobilities; each quantity may depend on position, layer by layer or smoothly where a film is graded.

    A density at a node is the mean of its control volume: where bands are graded it is of second order in the cells as
    a mean over several nodes, of first order node by node.

    Parameters
    ----------
    electron_affinity, band_gap
        chi and E_g [J].
    conduction_states, valence_states
        Effective densities of states N_c and N_v [1/m^3].
    electron_mobility, hole_mobility
        [m^2/(V s)].
    doping
        Ionised donors less acceptors [1/m^3].
    where
        Subdomains that conduct electrons and holes; None for all of them (leave insulators and air out).
    """

    electron_affinity: Field
    band_gap: Field
    conduction_states: Field
    valence_states: Field
    electron_mobility: Field
    hole_mobility: Field
    doping: Field = 0.0
    where: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Bands:
    """A semiconductor on the cells of a mesh; arrays have the shape (n_cells,) and are zero outside it.

    Parameters
    ----------
    inside
        Cells that it fills.
    electrons, holes
        Diffusivity and enrichment of the carriers.
    doping
        [1/m^3].
    intrinsic
        n_i of the mean material, the density of both carriers at phi = 0 where the enrichment is 1 [1/m^3].
    level
        Work function of a metal that makes the mean material intrinsic [J].
    temperature
        [K].
    """

    inside: BoolArray
    electrons: Hopping
    holes: Hopping
    doping: Array
    intrinsic: float
    level: float
    temperature: float

    @classmethod
    def of(cls, volumes: ControlVolumes, regions: Regions, semiconductor: Semiconductor, temperature: float) -> "Bands":
        """`semiconductor` on the cells of `regions` at `temperature` [K].

        Raises
        ------
        ValueError
            If a quantity has no value somewhere, is not positive where it must be, or the bands of two materials lie
            too far apart for numbers.
        """
        inside = regions.inside(semiconductor.where, "semiconductor: region")
        chi, gap, nc, nv, mu_n, mu_p = (regions.on_cells(field, what, inside) for field, what in _fields(semiconductor))
        for values, (_, what) in zip((gap, nc, nv, mu_n, mu_p), _fields(semiconductor)[1:], strict=True):
            require(values[inside] > 0, values[inside], f"{what} must be positive")
        kt = boltzmann * temperature
        share = volumes.areas * inside / (volumes.areas @ inside)
        mean_chi, mean_gap = float(share @ chi), float(share @ gap)
        mean_nc, mean_nv = (float(np.exp(share @ np.log(np.where(inside, states, 1.0)))) for states in (nc, nv))
        s_n = np.exp(_within((chi - mean_chi) / kt * inside, "electron affinity")) * nc / mean_nc
        s_p = np.exp(-_within((chi + gap - mean_chi - mean_gap) / kt * inside, "valence band edge")) * nv / mean_nv
        intrinsic = float(np.sqrt(mean_nc * mean_nv) * np.exp(-mean_gap / (2 * kt)))
        volt, ones = thermal_voltage(temperature), inside.astype(float)
        doping = regions.on_cells(semiconductor.doping, "doping of the semiconductor", inside)
        return cls(
            inside, Hopping(mu_n * volt, ones, s_n), Hopping(mu_p * volt, ones, s_p), doping,
            intrinsic, mean_chi + kt * float(np.log(mean_nc / intrinsic)), temperature,
        )  # fmt: skip

    @property
    def neutral(self) -> tuple[Array, Array]:
        """Densities of electrons and holes that balance the doping in equilibrium [1/m^3], shape (n_cells,) each."""
        half, product = 0.5 * self.doping, self.intrinsic**2 * self.electrons.enrichment * self.holes.enrichment
        more = np.abs(half) + np.sqrt(half**2 + product)
        less = np.divide(product, more, out=np.zeros_like(more), where=more > 0)
        return np.where(half > 0, more, less), np.where(half > 0, less, more)

    def populations(self, volumes: ControlVolumes, regions: Regions, unit: float) -> tuple[Population, Population]:
        """Electrons and holes on the nodes, neutral at the start and counted in `unit` [1/m^3]."""
        made = []
        kinds = ((ELECTRON, -1, self.electrons), (HOLE, 1, self.holes))
        for (name, charge, hopping), start in zip(kinds, self.neutral, strict=True):
            changes = [_unchanged(layer, hopping) for layer in regions.layer_facets_beside(self.inside)]
            amount = volumes.node_integrals(start)
            transport = on_edges(volumes, regions, hopping, changes, amount, np.zeros_like(start))
            made.append(Population(name, charge, transport, unit, carrier=True, intrinsic=self.intrinsic))
        return made[0], made[1]


def screening_density(length: float, temperature: float) -> float:
    """Density ``eps_0 V_T / (e L^2)`` [1/m^3] below which carriers leave a film of size L its field.

    Parameters
    ----------
    length
        L [m].
    temperature
        [K].
    """
    return vacuum_permittivity * thermal_voltage(temperature) / (elementary_charge * length**2)


def _fields(semiconductor: Semiconductor) -> tuple[tuple[Field, str], ...]:
    s = semiconductor
    return (
        (s.electron_affinity, "electron affinity of the semiconductor [J]"),
        (s.band_gap, "band gap of the semiconductor [J]"),
        (s.conduction_states, "density of states of the conduction band [1/m^3]"),
        (s.valence_states, "density of states of the valence band [1/m^3]"),
        (s.electron_mobility, "electron mobility of the semiconductor [m^2/(V s)]"),
        (s.hole_mobility, "hole mobility of the semiconductor [m^2/(V s)]"),
    )


def _within(offset: Array, what: str) -> Array:
    """`offset` [kT], if numbers can hold its exponential."""
    if np.ptp(offset) > _STEEPEST:
        raise ValueError(
            f"the {what} differs by {np.ptp(offset):.3g} kT between materials of the semiconductor: leave insulators"
            f" out (where), or mind the unit (write 3.9 * eV); limit {_STEEPEST:g} kT"
        )
    return offset


def _unchanged(layer: LayerFacets, hopping: Hopping) -> tuple[LayerFacets, Hopping, LayerTransport]:
    """A thin layer that is to the carriers as the cells beside it."""
    own = Hopping(*(values[layer.beside].mean(axis=0) for values in (hopping.diffusivity, hopping.activation,
                                                                     hopping.enrichment)))  # fmt: skip
    return layer, own, LayerTransport.of(layer, own, hopping)
