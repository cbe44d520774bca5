"""The scale report of a discretised film: whether it is resolved, and how long things take."""

from itertools import combinations

import numpy as np
from skfem import MeshTri

from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.electrodes import Electrode
from fem.physics.materials import Material
from fem.physics.regions import Regions
from fem.physics.scales import Scales, debye_length, depletion_width, resolution_warnings
from fem.unknowns import Unknowns


def scale_report(
    mesh: MeshTri, volumes: ControlVolumes, regions: Regions, material: Material, unknowns: Unknowns, end: float
) -> Scales:
    """Characteristic lengths and times of a run to `end` [s], with warnings about what is not resolved."""
    permittivity = regions.on_cells(material.relative_permittivity, "relative permittivity")
    mean_permittivity = float(np.average(permittivity, weights=volumes.areas))
    charges, density, volt = np.abs(unknowns.charges), unknowns.unit, unknowns.thermal_voltage
    debye = debye_length(mean_permittivity, float((charges**2 * density).sum()), volt)
    voltages = _voltages(unknowns.electrodes, end)
    largest = float(np.ptp(voltages, axis=0).max() if len(voltages) > 1 else np.abs(voltages).max())
    width = depletion_width(mean_permittivity, float((charges * density).sum()), largest)
    gap = electrode_gap(mesh, unknowns.electrodes)
    field = max(2 * largest / width if width else 0.0, largest / gap)
    heights = {one.contact.facets: _first_cell(mesh, volumes, one) for one in unknowns.electrodes}
    drawing = {name: field * drawn for name, drawn in zip(heights, _drawn(voltages, unknowns), strict=True)}
    first_cell = {name: height / debye for name, height in heights.items()}
    slowest = min(float(one.cell_diffusivity.min()) for one in unknowns.transports)
    mean = max(one.mean_diffusivity for one in unknowns.transports)
    fastest = max(one.fastest_diffusivity for one in unknowns.transports)
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
        warnings=resolution_warnings(first_cell, debye, width, volt, drawing),
    )


def electrode_gap(mesh: MeshTri, electrodes: tuple[Electrode, ...]) -> float:
    """Distance between the two most distant electrodes [m]; the film's extent where there is only one."""
    middles = [mesh.p[:, electrode.nodes].mean(axis=1) for electrode in electrodes]
    gaps = [float(np.linalg.norm(a - b)) for a, b in combinations(middles, 2)]
    return max(gaps, default=float(np.ptp(mesh.p, axis=1).max()))


def _voltages(electrodes: tuple[Electrode, ...], end: float) -> Array:
    """Voltage of each contact at 200 times up to `end` and at every break of a drive, shape (n_contacts, n_times)."""
    breaks = {time for electrode in electrodes for time in electrode.drive.breakpoints(0.0, end)}
    times = sorted({*np.linspace(0.0, end, 200).tolist(), *breaks})
    return np.array([[electrode.drive(time) for time in times] for electrode in electrodes])


def _drawn(voltages: Array, unknowns: Unknowns) -> list[bool]:
    """Whether each contact is ever of a polarity that draws a species to it."""
    others = (voltages.sum(axis=0) - voltages) / max(len(voltages) - 1, 1)
    pull = (others - voltages)[:, None, :] * unknowns.charges[None, :, None]
    return [bool((one > 0).any()) for one in pull]


def _first_cell(mesh: MeshTri, volumes: ControlVolumes, electrode: Electrode) -> float:
    """Median height of the cells on an electrode [m]."""
    facets = np.asarray((mesh.boundaries or {})[electrode.contact.facets])
    cells = mesh.f2t[0, facets]
    return float(np.median(2 * volumes.areas[cells] / volumes.lengths[facets]))
