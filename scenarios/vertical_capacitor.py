"""A film between two oxides under a voltage: its light fades, returns as ions screen, and colder it all takes longer.

MAPbI3, 400 nm between Al2O3 layers of 50 nm and metals, seen from the side; no charge enters (after Leijtens et al., J.
Am. Chem. Soc. 137, 15451 (2015)). The voltage is on for a while, and flashes of light ask how well the film emits
before, during and after it. At first the field pulls electrons and holes apart and little light is left. Then iodide
vacancies screen the film, the field moves onto the oxides and light comes back, less what is lost at vacancies that
have gathered at one oxide and paired up. At 190 K ions hop 830 times more rarely and all of that takes longer. Ions
and carriers alone never make the film brighter: the brightening that is seen at 190 K and outlives the field needs an
empirical term (``--alignment 0.5``), capture that the field slows and heat restores, fitted and without a mechanism.
"""

from fem.constants import Concentration, Energy, K, Kelvin, Metre, Second, V, Volt, eV, nm, ns
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Coating, Contact
from fem.physics.drives.drive import Drive
from fem.physics.materials import MAPbI3
from fem.physics.reactions.defect_chemistry import carrier_pairs
from fem.scenario import Scenario
from scenarios.criteria.capacitor import Capacitor, middle_field
from scenarios.parts.capacitor import hop_diffusivity, losses, parted_light, sheet, vacancies_and_traps
from scenarios.parts.lateral_films import PERMITTIVITY, bands
from scenarios.parts.resolved import film_debye_length

_OXIDE = 9.0  # permittivity of Al2O3
_COLD = 240 * K  # below it, what the empirical law has aligned outlives the run
_HOLES = 1e18  # [1/m^3] in the dark, few against what a flash makes (assumption)


def scenario(
    bias: Volt = 0.5 * V,
    thickness: Metre = 400 * nm,
    oxide: Metre = 50 * nm,
    mobile_density: Concentration = 1e23,
    barrier: Energy = 0.30 * eV,
    flash: Concentration = 1e20,
    flash_width: Second = 2 * ns,
    pair_capture: float = 1.0,
    pairing: float = 1.0,
    alignment: float = 0.0,
    temperature: Kelvin = 300 * K,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the top electrode while it is on.
    thickness
        Of the film.
    oxide
        Thickness of either oxide, of permittivity 9.
    mobile_density
        Iodide vacancies.
    barrier
        Of their hops.
    flash
        Electrons and holes that a flash makes.
    flash_width
        How long it lasts.
    pair_capture
        Capture of carriers by pairs of vacancies over that by traps; 0 for pairs that capture none.
    pairing
        Rate at which vacancies pair up over that of all that meet; 0 for pairs that stay as they were.
    alignment
        Share by which the field slows capture, an empirical law; 0 for ions and carriers alone.
    temperature
        Of film and oxides.
    """
    debye = film_debye_length(MAPbI3, mobile_density, temperature)
    mesh = sheet(thickness / 2, thickness, debye / 6, debye)
    stern = oxide * PERMITTIVITY / _OXIDE
    screening = debye**2 / hop_diffusivity(barrier, temperature) * (1 + thickness / (2 * (debye + stern)))
    seen = Capacitor(bias, bias / (thickness + 2 * stern), screening, flash_width)
    parts = parted_light(seen.flashes, flash, _HOLES, pair_capture, pairing)
    model = PoissonNernstPlanck(
        mesh.mesh,
        MAPbI3,
        vacancies_and_traps(mobile_density, barrier, alignment),
        _under(Coating(oxide, _OXIDE), seen.drive),
        temperature,
        semiconductor=bands(-_HOLES),
        reactions=[
            carrier_pairs(flash / flash_width),
            *losses(mobile_density, barrier, pair_capture, alignment, temperature, pairing),
        ],
        light=seen.flashes.light,
    )
    return Scenario(
        model,
        seen.times,
        observables=[middle_field()] if alignment else [middle_field(), parts.by_field, parts.by_both],
        criteria=seen.aligned_demands(temperature < _COLD) if alignment else seen.demands(parts),
        microstructure=mesh.report,
        geometry="cross-section",
    )


def _under(insulator: Coating, drive: Drive) -> list[Contact]:
    """Metals on either side of the film."""
    return [Contact("bottom", 0 * V, coating=insulator), Contact("top", drive, coating=insulator)]
