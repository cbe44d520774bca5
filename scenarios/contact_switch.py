"""Quenching that needs electrons from the electrode: bare against coated contacts at 9 V.

MAPbI3 between two like electrodes 20 um apart, under light, seen from above; the right one becomes positive. Iodide
vacancies gather at the left one, the cathode. Where that is a metal that injects electrons, these neutralise the
vacancies' charge and fill the film to some micrometres from the electrode; with so many of them, lead interstitials are
reduced, Pb(2+) + 2 e- to Pb(0), whose level is deep and quenches. Under a coating (PMMA, SiO2) no electron enters and
nothing of that happens, with the same ions and the same voltage (Birkhold et al., doi:10.1021/acsenergylett.8b00505).
Without the reduction (``--reduction 0``) the injected electrons make the film brighter instead.
"""

from enum import Enum

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Volt, eV, nm, s, um
from fem.model import PoissonNernstPlanck
from fem.observables.profiles import Side
from fem.physics.contacts import INSULATED, CarrierContact, Coating, Contact
from fem.physics.drives.drive import step
from fem.physics.materials import MAPbI3
from fem.physics.scales import depletion_width
from fem.scenario import Scenario, logarithmic_times
from scenarios.parts.lateral_films import AFFINITY, PERMITTIVITY, bands, ion, light_and_losses, strip
from scenarios.parts.lead import lead, lead_chemistry
from scenarios.parts.options import require_positive_options
from scenarios.parts.resolved import film_debye_length
from scenarios.parts.zones import contact_demands, zone_quench

_FILM_MOBILITY = 1e-4  # [m^2/(V s)] 1 cm^2/(V s), of carriers over many grains
_ZONE = 3 * um  # beside the cathode, where photoluminescence is compared


class Electrodes(Enum):
    """What carriers find at both electrodes."""

    INJECTING = "injecting"
    COATED = "coated"


def scenario(
    electrodes: Electrodes = Electrodes.INJECTING,
    bias: Volt = 9 * V,
    gap: Metre = 20 * um,
    electrode_length: Metre = 2 * um,
    mobile_density: Concentration = 3e23,
    lead_density: Concentration = 1e23,
    hole_density: Concentration = 0.0,
    injection_barrier: Energy = 0.15 * eV,
    coating: Metre = 500 * nm,
    reduction: float = 1.0,
    light: float = 1.0,
    temperature: Kelvin = 300 * K,
    end_time: Second = 100 * s,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    electrodes
        Bare metal that injects electrons, or the same under a coating.
    bias
        Voltage of the right electrode from t = 0 on.
    gap
        Distance between the electrodes.
    electrode_length
        Length of the electrodes in the plane of the film.
    mobile_density
        Iodide vacancies as deposited.
    lead_density
        Lead interstitials, immobile.
    hole_density
        Acceptors of the film; none by default.
    injection_barrier
        From the metal's Fermi level to the conduction band.
    coating
        Thickness of the coating, of permittivity 3.5 (PMMA; SiO2 has 3.9).
    reduction
        Rate of the reduction of lead over that of capture at 1e-8 cm^3/s; 0 turns it off.
    light
        In suns.
    temperature
        Of the film.
    end_time
        End of the run.
    """
    require_positive_options(gap=gap, electrode_length=electrode_length, lead_density=lead_density)
    debye = film_debye_length(MAPbI3, mobile_density, temperature)
    mesh = strip(gap, electrode_length, debye / 4, min(gap / 60, electrode_length / 4), debye)
    coated = electrodes is Electrodes.COATED
    metal = INSULATED if coated else CarrierContact(work_function=AFFINITY + injection_barrier)
    model = PoissonNernstPlanck(
        mesh.mesh,
        MAPbI3,
        [ion("iodide vacancy", +1, mobile_density, -1), *lead(lead_density)],
        _ends(bias, metal, Coating(coating, 3.5) if coated else None),
        temperature,
        semiconductor=bands(-hole_density, _FILM_MOBILITY),
        reactions=[*light_and_losses(light), *lead_chemistry(reduction, temperature)],
        light=1.0,
    )
    width = depletion_width(PERMITTIVITY, mobile_density, bias)
    sides: tuple[Side, Side] = ("left", "right") if bias >= 0 else ("right", "left")
    reach = min(_ZONE, gap / 2)
    cathode, anode = zone_quench(sides[0], width, reach, "cathode"), zone_quench(sides[1], width, reach, "anode")
    times = logarithmic_times(1e-6 * s, end_time, 3)
    demands = contact_demands(cathode, anode, coated, reduction > 0)
    return Scenario(model, times, observables=[cathode, anode], criteria=demands, microstructure=mesh.report)


def _ends(bias: float, metal: CarrierContact, insulator: Coating | None) -> list[Contact]:
    """Two like electrodes, the right one at `bias` [V]."""
    return [
        Contact("left", 0 * V, coating=insulator, carriers=metal),
        Contact("right", step(bias), coating=insulator, carriers=metal),
    ]
