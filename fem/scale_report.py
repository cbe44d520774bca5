"""The scale report of a discretised film: whether it is resolved, and how long things take."""

from itertools import combinations

import numpy as np
from skfem import MeshTri

from fem.coupled.unknowns import Unknowns
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.contacts import ElectrodeReaction
from fem.physics.electrodes import Electrode
from fem.physics.materials import Material
from fem.physics.populations import Population
from fem.physics.regions import Regions
from fem.physics.scales import Scales, debye_length, depletion_width, resolution_warnings

_WIDEST = 0.2  # share of the film's area in thin layers above which a warning is due
_STEEPEST = 60.0  # exponent of a reaction's rate above which a warning is due


def scale_report(
    mesh: MeshTri, volumes: ControlVolumes, regions: Regions, material: Material, unknowns: Unknowns
) -> Scales:
    """Characteristic lengths and times of a film, with warnings about what is not resolved."""
    permittivity, movers = _mean_permittivity(volumes, regions, material), _movers(unknowns)
    transports = [one.transport for one in movers]
    charges, density = _charged(unknowns)
    volt = unknowns.thermal_voltage
    debye = debye_length(permittivity, float((charges**2 * density).sum()), volt)
    over = [_voltage_over(one, unknowns.electrodes) for one in unknowns.electrodes]
    largest = max(abs(voltage) for pair in over for voltage in pair)
    width = depletion_width(permittivity, float((charges * density).sum()), largest)
    gap = electrode_gap(mesh, unknowns.electrodes)
    field = max(2 * largest / width if width else 0.0, largest / gap)
    heights = {one.contact.facets: _first_cell(mesh, volumes, one) for one in unknowns.electrodes}
    drawn = [field * any(one.charge * voltage < 0 for one in movers for voltage in pair) for pair in over]
    first_cell = {name: height / debye for name, height in heights.items()}
    slowest = min(float(one.cell_diffusivity[one.cell_diffusivity > 0].min()) for one in transports)  # where it moves
    mean = max(one.mean_diffusivity for one in transports)
    fastest = max(one.fastest_diffusivity for one in transports)
    return Scales(
        debye_length=debye,
        depletion_width=width,
        gap=gap,
        largest_voltage=largest,
        first_cell=first_cell,
        cell_peclet=field * max(heights.values()) / volt,
        fastest_diffusivity=fastest,
        mean_diffusivity=mean,
        slowest_diffusivity=slowest,
        fastest_time=debye**2 / fastest,
        charging_time=debye * gap / (2 * mean),
        slowest_time=debye * gap / (2 * slowest),
        added_area=_added_area(regions, unknowns, float(volumes.areas.sum())),
        layer_time=_layer_times(volumes, regions, unknowns),
        warnings=(
            *resolution_warnings(first_cell, debye, width, volt, dict(zip(heights, drawn, strict=True))),
            *_steep_reactions(unknowns, over),
            *_wide_layers(regions, float(volumes.areas.sum())),
        ),
    )


def _movers(unknowns: Unknowns) -> tuple[Population, ...]:
    """What sets the pace of the film; ValueError if nothing charged moves."""
    if not any(one.mobile for one in unknowns.movers):
        raise ValueError("no species of the film moves: give one of them a diffusivity, or state electrons and holes")
    if not any(one.charge for one in unknowns.movers):
        raise ValueError("no species that moves has a charge: nothing screens the field, and a voltage drives nothing")
    return unknowns.movers


def _mean_permittivity(volumes: ControlVolumes, regions: Regions, material: Material) -> float:
    """Mean relative permittivity of the film."""
    cells = regions.on_cells(material.relative_permittivity, "relative permittivity")
    return float(np.average(cells, weights=volumes.areas))


def _charged(unknowns: Unknowns) -> tuple[Array, Array]:
    """Charge numbers, unsigned, and densities [1/m^3] of what screens a field: what moves, and the dark carriers."""
    movers = unknowns.movers
    dark = [one for one in unknowns.populations if one.carrier and one not in movers]
    density = [one.unit for one in movers]
    density += [float(np.average(one.transport.start, weights=one.transport.storage)) for one in dark]
    return np.array([abs(one.charge) for one in (*movers, *dark)], dtype=float), np.array(density)


def electrode_gap(mesh: MeshTri, electrodes: tuple[Electrode, ...]) -> float:
    """Distance between the two most distant electrodes [m]; the film's extent where there is only one."""
    middles = [mesh.p[:, electrode.nodes].mean(axis=1) for electrode in electrodes]
    gaps = [float(np.linalg.norm(a - b)) for a, b in combinations(middles, 2)]
    return max(gaps, default=float(np.ptp(mesh.p, axis=1).max()))


def _voltage_over(electrode: Electrode, electrodes: tuple[Electrode, ...]) -> tuple[float, float]:
    """Lowest and highest voltage that an electrode can have over another one (over zero if it is alone) [V]."""
    low, high = electrode.drive.extremes
    others = [one.drive.extremes for one in electrodes if one is not electrode] or [(0.0, 0.0)]
    return low - max(other[1] for other in others), high - min(other[0] for other in others)


def _first_cell(mesh: MeshTri, volumes: ControlVolumes, electrode: Electrode) -> float:
    """Median height of the cells on an electrode [m]."""
    facets = np.asarray((mesh.boundaries or {})[electrode.contact.facets])
    cells = mesh.f2t[0, facets]
    return float(np.median(2 * volumes.areas[cells] / volumes.lengths[facets]))


def _steep_reactions(unknowns: Unknowns, over: list[tuple[float, float]]) -> list[str]:
    """Warnings of electrode reactions whose rate the stated voltages could drive beyond anything real."""
    found = []
    for one in unknowns.exchanges:
        if not isinstance(one.law, ElectrodeReaction) or one.electrode.capacitance is None:
            continue
        largest = max(abs(voltage - one.law.standard_potential) for voltage in over[one.contact])
        steepness = max(one.law.symmetry, 1 - one.law.symmetry) * abs(unknowns.charges[one.species])
        exponent = steepness * largest / unknowns.thermal_voltage
        if exponent > _STEEPEST:
            found.append(
                f"the electrode reaction at {one.electrode.contact.facets!r} may see an overpotential of {largest:.3g}"
                f" V, which would speed it up by exp({exponent:.0f}): expect tiny time steps; lower the voltage or use"
                " a Reservoir"
            )
    return found


def _added_area(regions: Regions, unknowns: Unknowns, area: float) -> dict[str, float]:
    """Area that each thin layer inserts over the `area` of the film [m^2], for the species that has most of it."""
    widths = [np.max([one.transport.inserted_widths[n] for one in unknowns.populations], axis=0)
              for n in range(len(regions.layers))]  # fmt: skip
    layers = zip(regions.layer_facets, widths, strict=True)
    return {one.layer.region: float(width @ one.lengths) / area for one, width in layers}


def _layer_times(volumes: ControlVolumes, regions: Regions, unknowns: Unknowns) -> dict[str, float]:
    """Time [s] in which the slowest species crosses the cells beside each thin layer, where it lives."""
    found = {}
    for one in (layer for layer in regions.layer_facets if len(layer.facets)):
        height = 2 * volumes.areas[one.beside] / one.lengths
        speeds = [mover.transport.cell_diffusivity[one.beside] for mover in unknowns.movers]
        times = [float(np.median((height**2)[speed > 0] / speed[speed > 0])) for speed in speeds if speed.any()]
        found[one.layer.region] = max(times, default=0.0)
    return found


def _wide_layers(regions: Regions, area: float) -> list[str]:
    """Warnings of thin layers that are not thin against the film they run through."""
    found = []
    for one in regions.layer_facets:
        share = float(one.widths @ one.lengths) / area
        if share > _WIDEST:
            found.append(
                f"the thin layers {one.layer.region!r} of {one.layer.width * 1e9:.3g} nm would make up {share:.0%} of"
                " the film's area: they are not thin against the grains; mesh them as strips or make them narrower"
            )
    return found
