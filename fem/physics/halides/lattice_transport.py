"""The halide lattice on a mesh: conductances of both halides, energies of mixing, free energy.

With the shares v of vacancies, a of the first and b of the second halide among the sites, and ``x = b / (a + b)``, the
free energy of a node's volume m is, in kT per site,

    m [v ln(v / s) + a ln a + b ln b + w (a + b) x (1 - x) + m_1 a + m_2 b] + sum_j k w_ij (x_i - x_j)^2 / 4

with s the enrichment of vacancies, w = Omega / kT, k = kappa / kT and m_h the segregation energies. Its derivatives by
b and a at fixed numbers of the other halide are ``ln b + M_2`` and ``ln a + M_1``,

    M_2 = w (1 - x)^2 + (1 - x) q / (a + b) + m_2,    M_1 = w x^2 - x q / (a + b) + m_1,
    m_i q_i = k sum_j w_ij (x_i - x_j)

(J. W. Cahn and J. E. Hilliard, doi:10.1063/1.1744102).
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fem.constants import boltzmann, eV
from fem.fields import Array, Field
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.halides.mixed_halide import HalideLattice
from fem.physics.hopping import Hopping, require
from fem.physics.layer_transport import LayerTransport, require_two_sides
from fem.physics.nernst_planck import TransportOperator, on_edges
from fem.physics.populations import Population
from fem.physics.regions import BoolArray, LayerFacets, Regions
from fem.physics.species import Species, Sublattice

_BARE = 1e-9  # share of halides below which a place has no composition
_ONSET = 2.0  # Omega over kT from which a uniform mixture is unstable


@dataclass(frozen=True)
class LatticeOnMesh:
    """A halide lattice resolved on a mesh.

    Parameters
    ----------
    lattice
        As stated.
    temperature
        [K].
    hops
        Transport of vacancies by the first and by the second halide alone; they share storage and enrichment.
    share
        Share x of the second halide at the nodes as deposited, shape (n_nodes,).
    energies
        Segregation energies m of both halides at the nodes [kT], shape (2, n_nodes).
    gradient_weights
        ``kappa / kT`` times the weight of each edge [m^2], shape (n_edges,).
    vacancy
        Number of the vacancies among the model's populations; the second halide follows.
    """

    lattice: HalideLattice
    temperature: float
    hops: tuple[TransportOperator, TransportOperator]
    share: Array
    energies: Array
    gradient_weights: Array
    vacancy: int

    @classmethod
    def of(
        cls, volumes: ControlVolumes, regions: Regions, lattice: HalideLattice, temperature: float, vacancy: int
    ) -> "LatticeOnMesh":
        """Resolve `lattice` at `temperature` [K].

        Raises
        ------
        ValueError
            If a field has no value somewhere or one that makes no sense, or the mixture would separate without an
            energy of its interfaces.
        """
        _require_well_posed(lattice, regions, temperature)
        hops, share = _hops(volumes, regions, lattice, temperature)
        inside = regions.inside(lattice.where, "halide lattice: region")
        area = np.maximum(volumes.node_integrals(inside.astype(float)), 1e-300)
        energies = []
        for one in lattice.halides:
            what = f"segregation energy of {one.name}"
            for layer in regions.layer_facets:
                if regions.on_layer(one.segregation_energy, layer, what) is not None:
                    raise ValueError(f"{what}: a thin layer does not know its filling; mesh it as strips")
            cells = regions.on_cells(one.segregation_energy, what, inside)
            energies.append(volumes.node_integrals(cells) / area / (boltzmann * temperature))
        weights = volumes.edge_weights(inside.astype(float))
        if regions.ties:
            regions.ties.add(weights, volumes.nodes)
        kappa = lattice.gradient / (boltzmann * temperature)
        return cls(lattice, temperature, hops, share, np.array(energies), kappa * weights, vacancy)

    # --- what the coupled system asks ---------------------------------------------------------------------------

    @property
    def second(self) -> int:
        """Number of the second halide among the model's populations."""
        return self.vacancy + 1

    @cached_property
    def dilution(self) -> float:
        """v0: mean share of vacancies among the sites as deposited, the unit of their count over the sites."""
        hop = self.hops[0]
        return float(np.average(hop.start, weights=hop.storage)) / self.lattice.site_density

    @property
    def has_gradient(self) -> bool:
        """Whether q is an unknown."""
        return self.lattice.gradient > 0

    @property
    def interaction(self) -> float:
        """Omega / kT."""
        return self.lattice.interaction / (boltzmann * self.temperature)

    @cached_property
    def transports(self) -> tuple[TransportOperator, TransportOperator]:
        """Transport of the two populations by themselves: vacancies in the mean mixture; the halide does not move."""
        first, second = self.hops
        x = float(np.average(self.share, weights=first.storage))
        names = ("weights", "cell_diffusivity", "fastest_diffusivity", "mean_diffusivity")
        mixed = {name: (1 - x) * getattr(first, name) + x * getattr(second, name) for name in names}
        start = self.lattice.site_density * self.share * (1.0 - first.start / self.lattice.site_density)
        return replace(first, **mixed), replace(second, weights=np.zeros_like(second.weights), start=start)

    def with_halides_held(self, populations: tuple[Population, ...]) -> tuple[Population, ...]:
        """`populations` in which the vacancies move by themselves, on sites of their own, and the halides do not."""
        k, sites = self.vacancy, Sublattice("halide vacancies", self.lattice.site_density)
        vacancies, second = (
            replace(one, sublattice=own) for one, own in zip(populations[k : k + 2], (sites, None), strict=True)
        )
        return (*populations[:k], vacancies, second, *populations[k + 2 :])

    def halides(self, vacancies: Array, second: Array) -> Array:
        """Shares a and b of the sites, shape (2, n)."""
        return np.array([1.0 - self.dilution * vacancies - second, second])

    def composition(self, vacancies: Array, second: Array) -> Array:
        """x, shape (n,)."""
        return np.asarray(second / self.occupied(vacancies))

    def occupied(self, vacancies: Array) -> Array:
        """Share of the sites that halides take, shape (n,); x has no meaning where there are none."""
        return np.maximum(1.0 - self.dilution * vacancies, _BARE)

    @property
    def is_ideal(self) -> bool:
        """Whether the halides mix without energy."""
        return self.lattice.interaction == 0 and not self.has_gradient and self.lattice.carriers is None

    @property
    def thermal_energy(self) -> float:
        """KT [J]."""
        return boltzmann * self.temperature

    def pull(self, x: Array, level: float) -> tuple[Array, Array, Array]:
        """What funnelled carriers add to q [kT] at the compositions `x`, its derivatives by x and by their level."""
        carriers, kt = self.lattice.carriers, self.thermal_energy
        if carriers is None:
            zero = np.zeros_like(x)
            return zero, zero, zero
        n, by_x, by_level = carriers.held(x, level, kt)
        slope, scale = carriers.gap.slope(x), kt * self.lattice.site_density
        return n * slope / scale, (by_x * slope + n * carriers.gap.bend) / scale, by_level * slope / scale

    def energy(self, vacancies: Array, second: Array, q: Array) -> Array:
        """M_1 and M_2 [kT], shape (2, n_nodes)."""
        if self.is_ideal:
            return self.energies
        left = self.occupied(vacancies)
        x, bend, w = second / left, q / left, self.interaction
        return self.energies + np.array([w * x**2 - x * bend, w * (1 - x) ** 2 + (1 - x) * bend])

    def energy_slopes(self, vacancies: Array, second: Array, q: Array) -> tuple[Array, Array, Array]:
        """Derivatives of :meth:`energy` by the vacancies, the second halide and q, each of shape (2, n_nodes)."""
        if self.is_ideal:
            zero = np.zeros_like(self.energies)
            return zero, zero, zero
        left, w = self.occupied(vacancies), self.interaction
        x, bend = second / left, q / left
        by_x = np.array([2 * w * x - bend, -2 * w * (1 - x) - bend])
        by_bend = np.array([-x, 1 - x])
        thinner = self.dilution / left
        return (by_x * x + by_bend * bend) * thinner, by_x / left, by_bend / left

    def free_energy(self, volumes: ControlVolumes, vacancies: Array, second: Array) -> float:
        """Free energy of mixing, per metre of depth [J/m]."""
        hop, x = self.hops[0], self.composition(vacancies, second)
        v, (a, b) = self.dilution * vacancies, self.halides(vacancies, second)
        local = _entropy(v) - v * np.log(hop.enrichment) + _entropy(a) + _entropy(b)
        local += self.interaction * (a + b) * x * (1 - x) + self.energies[0] * a + self.energies[1] * b
        i, j = volumes.nodes
        bent = 0.5 * self.gradient_weights @ (x[i] - x[j]) ** 2
        scale = boltzmann * self.temperature * self.lattice.site_density
        return float(scale * (hop.storage @ local + bent))


def _entropy(share: Array) -> Array:
    return np.where(share > 0, share * np.log(np.where(share > 0, share, 1.0)), 0.0)


def _hops(
    volumes: ControlVolumes, regions: Regions, lattice: HalideLattice, temperature: float
) -> tuple[tuple[TransportOperator, TransportOperator], Array]:
    """Transport of vacancies by each halide, with the storage that both need, and x at the nodes (n_nodes,)."""
    inside = regions.inside(lattice.where, "halide lattice: region")
    pair = lattice.hops()
    cells = [Hopping.on_cells(regions, one, temperature, inside) for one in pair]
    layers = regions.layer_facets_beside(inside)
    changes = [[_change(regions, layer, one, own, temperature) for layer in layers]
               for one, own in zip(pair, cells, strict=True)]  # fmt: skip
    widths = [np.maximum(a[1].width, b[1].width) for a, b in zip(*changes, strict=True)]
    vacancies = _amount(volumes, regions, lattice.vacancy, "concentration of the halide vacancy", (inside, widths))
    second = _amount(volumes, regions, lattice.share, "share of the second halide", (inside, widths))
    _check_start(regions, lattice, inside)
    made = []
    for one, own, change in zip(pair, cells, changes, strict=True):
        common = [(layer, hop, replace(moved, width=width))
                  for layer, (hop, moved), width in zip(layers, change, widths, strict=True)]  # fmt: skip
        energy = regions.on_cells(one.activation_energy, f"activation energy of {one.name}", inside)
        made.append(on_edges(volumes, regions, own, common, vacancies, energy))
    return (made[0], made[1]), second / np.where(made[0].storage > 0, made[0].storage, 1.0)


def _change(
    regions: Regions, layer: LayerFacets, one: Species, cells: Hopping, temperature: float
) -> tuple[Hopping, LayerTransport]:
    """A thin layer's own properties for the hops of one halide, and the change that it makes."""
    own = cells.on_layer(regions, layer, one, temperature)
    if not cells.moves:
        return own, LayerTransport.nothing(layer)
    require_two_sides(one, layer, own, cells)
    return own, LayerTransport.of(layer, own, cells)


def _amount(
    volumes: ControlVolumes, regions: Regions, field: Field, what: str, place: tuple[BoolArray, list[Array]]
) -> Array:
    """Integral of `field` over each node's volume, shape (n_nodes,), thin layers included."""
    inside, widths = place
    out = volumes.node_integrals(regions.on_cells(field, what, inside))
    for layer, width in zip(regions.layer_facets_beside(inside), widths, strict=True):
        out += volumes.facet_integrals(layer.facets, regions.added_by(field, layer, width, what, inside))
    return out


def _check_start(regions: Regions, lattice: HalideLattice, inside: BoolArray) -> None:
    vacancies = regions.on_cells(lattice.vacancy, "concentration of the halide vacancy", inside)[inside]
    share = regions.on_cells(lattice.share, "share of the second halide", inside)[inside]
    full = lattice.site_density
    require(vacancies > 0, vacancies, "concentration of the halide vacancy must be positive [1/m^3]")
    require(vacancies < full, vacancies, f"concentration of the halide vacancy must be below the {full:.3g} sites")
    require((share >= 0) & (share <= 1), share, "share of the second halide must lie between 0 and 1")


def _require_well_posed(lattice: HalideLattice, regions: Regions, temperature: float) -> None:
    kt = boltzmann * temperature
    if lattice.gradient == 0 and lattice.interaction > _ONSET * kt:
        raise ValueError(
            f"an interaction of {lattice.interaction / eV * 1e3:.3g} meV exceeds 2 kT = {2e3 * kt / eV:.3g} meV, so the"
            " halides separate, and without an energy of their interfaces the domains would be as small as the mesh:"
            " state `gradient` [J m^2], or lower `interaction`"
        )
    if lattice.gradient > 0 and any(one.joints.pairs.shape[1] for one in regions.layer_facets):
        raise ValueError(
            "gradient energy has no value across a two-sided line: mesh the boundaries as strips, or one-sided"
        )
