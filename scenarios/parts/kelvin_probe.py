"""A Kelvin probe above the free surface of a film that lies on a biased electrode.

The probe is a grounded plane above the film, with vacuum in between: a capacitance in series with the film. It stands
for a tip that has scanned the whole surface, and it makes the field that drives the ions.
"""

import numpy as np

from fem.constants import V, nm
from fem.model import PoissonNernstPlanck
from fem.observables.surface_potential import SurfaceScan
from fem.physics.contacts import Coating, Contact
from scenarios.parts.sections import Sections

_MARGIN = 1.5  # film thicknesses to the next section, whose ions are then felt to a few per cent of their effect there
_RESOLUTION = 30 * nm  # of a sharp tip close to the surface (assumption)


def probe(distance: float) -> Contact:
    """Grounded probe `distance` [m] above the top of the film."""
    return Contact("top", 0 * V, coating=Coating(distance, 1.0))


def scans_of(sections: Sections) -> tuple[SurfaceScan, ...]:
    """A scan over the top of each section that keeps its distance from the next one.

    Raises
    ------
    ValueError
        If the sections are too narrow for that.
    """
    margin, width = _MARGIN * sections.film.height, sections.width
    if not width > 2 * margin:
        raise ValueError(
            f"each section of the film is {width * 1e9:.4g} nm wide and must be wider than"
            f" {2e9 * margin:.4g} nm, {2 * _MARGIN:g} film thicknesses, so that its middle does not see its neighbours:"
            " raise --grains or --grain-size"
        )
    return tuple(SurfaceScan(name, "top", sections.window(name, margin), _RESOLUTION) for name in sections.names)


def relaxation_time(model: PoissonNernstPlanck) -> float:
    """Time in which the slowest ions of the grains move the voltage from the film onto the gap under the probe [s].

    Resistance of the grains times the capacitance of the film's double layers and the gap in series, ``L lambda^2 / (D
    (2 lambda + l))`` with D the lowest diffusivity in the grains, whatever boundaries have, and l the thickness of film
    that would hold as much voltage as the gap. Without a gap this is ``lambda L / 2 D`` (Bazant, Thornton and Ajdari,
    doi:10.1103/PhysRevE.70.021506).
    """
    scales, permittivity = model.scale_report(), model.material.relative_permittivity
    assert isinstance(permittivity, float)
    grains = np.delete(np.arange(model.mesh.nelements), model.regions.cells.get("grain_boundary", np.array([], int)))
    diffusivity = min(float(one.cell_diffusivity[grains].min()) for one in model.transports)
    gaps = [contact.coating for contact in model.contacts if contact.coating is not None]
    equivalent = sum(permittivity / gap.relative_permittivity * gap.thickness for gap in gaps)
    return scales.gap * scales.debye_length**2 / (diffusivity * (2 * scales.debye_length + equivalent))
