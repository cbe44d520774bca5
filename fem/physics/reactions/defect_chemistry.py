"""Reactions of defects in halide perovskites, ready to use; each conserves charge and atoms.

    Frenkel pair             V_X+ + X_i-  <->  nothing         k_F (c_V c_i - K_F)
    capture of a carrier     A + e- (or h+)  <->  B            C c_A n - g c_B
    halide oxidation         h+  <->  V_X+ + X_i0              k p - k' c_V c_0
    lead reduction           Pb_i2+ + 2 e-  <->  Pb_i0         C_n n c_2 - e_n c_0, or by way of Pb_i+
    lead oxidation           Pb_i0 + 2 h+  ->  Pb_i2+          C_p p c_0
    the same by halide       Pb_i0  ->  Pb_i2+ + 2 e-          k_ox c_i c_0
    passivation              V_S+ + X_i-  <->  healed          k_p c_ex N - k_d (N0 - N)
    degradation              nothing  ->  degraded site        k (N - d) c_V / c_ref

Charge and atoms count relative to the perfect crystal: V_X+ has charge +1 and ``{"X": -1}``, X_i- has -1 and ``{"X":
+1}``, X_i0 is neutral, lead interstitials have ``{"Pb": +1}``, and a degraded site is a mark on the lattice with
neither. The iodine defects are those of Meggiolaro et al., doi:10.1039/C8EE00124C.
"""

from math import pi

from fem.checks import require_not_negative, require_positive
from fem.constants import boltzmann, elementary_charge, vacuum_permittivity
from fem.fields import Field
from fem.physics.reactions.rate_laws import Degradation, Generation, MassAction, Passivation
from fem.physics.reactions.reaction import RateLaw, Reaction
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.redox import TwoElectronCapture


def coulomb_radius(relative_permittivity: float, temperature: float) -> float:
    """Distance ``r_c = e^2 / (4 pi eps kT)`` [m] at which two elementary charges attract each other with kT.

    Onsager, doi:10.1103/PhysRev.54.554.

    Parameters
    ----------
    relative_permittivity
        [1].
    temperature
        [K].
    """
    require_positive(relative_permittivity, "relative permittivity")
    require_positive(temperature, "temperature", "K")
    energy = elementary_charge**2 / (4 * pi * vacuum_permittivity * relative_permittivity)
    return energy / (boltzmann * temperature)


def frenkel_rate_constant(vacancy_diffusivity: float, interstitial_diffusivity: float, radius: float) -> float:
    """``k_F = 4 pi (D_V + D_i) r_c`` [m^3/s] of ions that react when they meet (Debye, doi:10.1149/1.3071413).

    Parameters
    ----------
    vacancy_diffusivity, interstitial_diffusivity
        D_V and D_i [m^2/s].
    radius
        r_c [m], see :func:`coulomb_radius`.
    """
    require_not_negative(vacancy_diffusivity, "diffusivity of the vacancy", "m^2/s")
    require_not_negative(interstitial_diffusivity, "diffusivity of the interstitial", "m^2/s")
    require_positive(radius, "capture radius", "m")
    return 4 * pi * (vacancy_diffusivity + interstitial_diffusivity) * radius


def frenkel_pair(
    vacancy: str, interstitial: str, rate_constant: Field, equilibrium: Field, where: str | None = None
) -> Reaction:
    """Vacancy and interstitial annihilate at ``k_F (c_V c_i - K_F)``; k_F [m^3/s], K_F [1/m^6]."""
    law = MassAction({vacancy: 1, interstitial: 1}, rate_constant, equilibrium=equilibrium)
    return Reaction(f"annihilation of {vacancy} and {interstitial}", {vacancy: -1, interstitial: -1}, law, where)


def carrier_pairs(profile: Field, electron: str = "electron", hole: str = "hole") -> Reaction:
    """Light creates electrons and holes; `profile` [1/(m^3 s)] at light 1."""
    return Reaction("generation of carriers", {electron: 1, hole: 1}, Generation(profile))


def recombination(name: str, law: RateLaw, where: str | None = None) -> Reaction:
    """Electrons and holes recombine by any law of recombination; where that is radiative, they emit."""
    return Reaction(name, {"electron": -1, "hole": -1}, law, where, emits=isinstance(law, Radiative))


def capture(
    defect: str, carrier: str, product: str, coefficient: Field, emission: Field = 0.0, where: str | None = None
) -> Reaction:
    """A defect takes up one carrier, ``C c_A n - g c_B``: X_i- and a hole to X_i0, V_X+ and an electron to V_X0.

    Parameters
    ----------
    defect, carrier, product
        Populations A, electron or hole, and B.
    coefficient
        C [m^3/s].
    emission
        g [1/s]; ``C n1`` in detailed balance, n1 of
        :func:`~fem.physics.reactions.trap_recombination.level_density`.
    where
        As of every reaction.
    """
    law = MassAction({defect: 1, carrier: 1}, coefficient, {product: 1}, emission)
    return Reaction(f"{defect} captures {carrier}", {defect: -1, carrier: -1, product: 1}, law, where)


def halide_oxidation(
    vacancy: str, interstitial: str, rate_constant: Field, back_rate: Field = 0.0, where: str | None = None
) -> Reaction:
    """A hole oxidises a halide of the lattice, which becomes a neutral `interstitial` and leaves a vacancy.

    Rate ``k p - k' c_V c_0``: k [1/s] has the lattice halide in it, k' [m^3/s].
    """
    law = MassAction({"hole": 1}, rate_constant, {vacancy: 1, interstitial: 1}, back_rate)
    return Reaction("oxidation of halide by holes", {"hole": -1, vacancy: 1, interstitial: 1}, law, where)


def lead_reduction(
    ion: str, neutral: str, electron_capture: Field, emission: Field = 0.0, where: str | None = None
) -> Reaction:
    """Lead is reduced at ``C_n n c_2 - e_n c_0``, with two electrons per event.

    The first capture sets the pace; C_n [m^3/s], e_n [1/s]. As a law of rates, not of equilibrium: in detailed balance
    n^2 stands over it, see :func:`two_level_lead_reduction`.
    """
    law = MassAction({"electron": 1, ion: 1}, electron_capture, {neutral: 1}, emission)
    return Reaction(f"reduction of {ion}", {ion: -1, "electron": -2, neutral: 1}, law, where)


def two_level_lead_reduction(law: TwoElectronCapture, where: str | None = None) -> Reaction:
    """Lead is reduced by way of the singly charged ion, in detailed balance."""
    return Reaction(f"reduction of {law.ion}", {law.ion: -1, law.electron: -2, law.neutral: 1}, law, where)


def lead_oxidation(ion: str, neutral: str, hole_capture: Field, where: str | None = None) -> Reaction:
    """Lead(0) is oxidised at ``C_p p c_0``, with two holes per event; C_p [m^3/s]."""
    law = MassAction({neutral: 1, "hole": 1}, hole_capture)
    return Reaction(f"oxidation of {neutral} by holes", {neutral: -1, "hole": -2, ion: 1}, law, where)


def lead_oxidation_by_halide(
    ion: str, neutral: str, interstitial: str, rate_constant: Field, where: str | None = None
) -> Reaction:
    """Lead(0) gives its electrons back where interstitial halide is, at ``k_ox c_i c_0``; k_ox [m^3/s].

    The interstitial helps and stays.
    """
    law = MassAction({neutral: 1, interstitial: 1}, rate_constant)
    return Reaction(f"oxidation of {neutral} by {interstitial}", {neutral: -1, ion: 1, "electron": 2}, law, where)


def vacancy_reduction(
    vacancy: str, product: str, rate_constant: Field, electrons: int = 1, where: str | None = None
) -> Reaction:
    """Electrons reduce the lead beside a halide vacancy at ``k c_V n``; k [m^3/s].

    The `product` has the vacancy's atoms and its charge less the number of `electrons`.
    """
    law = MassAction({vacancy: 1, "electron": 1}, rate_constant)
    return Reaction(f"reduction of lead at {vacancy}", {vacancy: -1, "electron": -electrons, product: 1}, law, where)


def passivation(law: Passivation, where: str | None = None) -> Reaction:
    """Excess halide fills traps that are sites without their halide: both vanish."""
    return Reaction(f"passivation of {law.trap}", {law.trap: -1, law.excess: -1}, law, where)


def degradation(law: Degradation, assisted: RateLaw | None = None, where: str | None = None) -> Reaction:
    """Sites degrade for good; `assisted` is the law with the field's help, if it has any."""
    return Reaction(f"degradation to {law.degraded}", {law.degraded: 1}, assisted or law, where)
