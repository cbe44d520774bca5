"""Electrodes: their potential, what ions do there, and an insulating coating.

Inward flux of a species at an electrode (J.n into the film):

- :class:`Blocking`: 0.
- :class:`Reservoir`: ``k (c_eq - c)``.
- :class:`ElectrodeReaction` (Butler-Volmer, e.g. halide oxidation that leaves a vacancy):
  ``k0 [c_ref exp((1 - a) z eta / V_T) - c exp(-a z eta / V_T)]`` with the overpotential
  ``eta = V_electrode - phi - U0`` across the coating or compact layer (zero drop on a bare electrode).

A coating of thickness t and permittivity eps_c in series carries the surface charge
``sigma = eps_c (V_electrode - phi) / t`` (Bazant, Thornton and Ajdari, doi:10.1103/PhysRevE.70.021506).

Electrons and holes cross with the inward flux ``S (n_eq - n)``, see :mod:`fem.physics.carriers.carrier_contacts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fem.checks import require_finite, require_not_negative, require_positive
from fem.physics.drives.drive import Drive, as_drive
from fem.physics.halides.halide_stores import HalideStore


@dataclass(frozen=True)
class Blocking:
    """No ion crosses the electrode."""

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""
        return {"law": "blocking"}


@dataclass(frozen=True)
class Reservoir:
    """Exchange with a reservoir: `rate_constant` k [m/s] towards `concentration` c_eq [1/m^3]."""

    rate_constant: float
    concentration: float

    def __post_init__(self) -> None:
        require_not_negative(self.rate_constant, "rate constant of an ion reservoir", "m/s")
        require_positive(self.concentration, "equilibrium concentration of an ion reservoir", "1/m^3")

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""
        numbers = {"rate constant [m/s]": self.rate_constant, "concentration [1/m^3]": self.concentration}
        return {"law": "reservoir", **numbers}


@dataclass(frozen=True)
class ElectrodeReaction:
    """Butler-Volmer reaction that injects or consumes the ion.

    Parameters
    ----------
    rate_constant
        k0 [m/s].
    concentration
        c_ref [1/m^3], in equilibrium at zero overpotential.
    standard_potential
        U0 [V].
    symmetry
        Share a of the overpotential that slows consumption, 0 to 1.
    """

    rate_constant: float
    concentration: float
    standard_potential: float = 0.0
    symmetry: float = 0.5

    def __post_init__(self) -> None:
        require_not_negative(self.rate_constant, "rate constant of an electrode reaction", "m/s")
        require_positive(self.concentration, "reference concentration of an electrode reaction", "1/m^3")
        require_finite(self.standard_potential, "standard potential of an electrode reaction", "V")
        if not 0 <= self.symmetry <= 1:
            raise ValueError(f"symmetry of an electrode reaction must lie between 0 and 1, got {self.symmetry}")

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""
        return {
            "law": "electrode reaction",
            "rate constant [m/s]": self.rate_constant,
            "concentration [1/m^3]": self.concentration,
            "standard potential [V]": self.standard_potential,
            "symmetry": self.symmetry,
        }


IonExchange = Blocking | Reservoir | ElectrodeReaction


@dataclass(frozen=True)
class CarrierContact:
    """What a metal does to electrons and holes.

    Parameters
    ----------
    electron_velocity, hole_velocity
        Exchange velocity S of each carrier [m/s]; 0 blocks it. The default is a thermal velocity: ohmic.
    work_function
        W of the metal [J]; None for one that leaves the film's bands flat.
    """

    electron_velocity: float = 1e5
    hole_velocity: float = 1e5
    work_function: float | None = None

    def __post_init__(self) -> None:
        require_not_negative(self.electron_velocity, "exchange velocity of electrons at a contact", "m/s")
        require_not_negative(self.hole_velocity, "exchange velocity of holes at a contact", "m/s")
        if self.work_function is not None:
            require_finite(self.work_function, "work function of a contact", "J")

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""
        return {
            "electron velocity [m/s]": self.electron_velocity,
            "hole velocity [m/s]": self.hole_velocity,
            "work function [J]": self.work_function,
        }


#: Metal that exchanges neither electrons nor holes and leaves the bands flat.
INSULATED = CarrierContact(0.0, 0.0)


@dataclass(frozen=True)
class Coating:
    """Thin insulator (or compact layer) in series: `thickness` [m], `relative_permittivity` [1]."""

    thickness: float
    relative_permittivity: float

    def __post_init__(self) -> None:
        require_positive(self.thickness, "thickness of an electrode coating", "m")
        require_positive(self.relative_permittivity, "relative permittivity of an electrode coating")

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""
        return {"thickness [m]": self.thickness, "relative permittivity": self.relative_permittivity}


@dataclass(frozen=True)
class Contact:
    """An electrode on the mesh's facets named `facets`.

    Parameters
    ----------
    facets
        Name of the electrode in the mesh ("left", "top", ...).
    potential
        Voltage [V] or a :class:`~fem.physics.drives.drive.Drive`.
    ions
        What each species does here, by species name; a species that is not named is blocked.
    coating
        Insulator between metal and film; None for a bare electrode.
    carriers
        What electrons and holes do here; none cross by default.
    halides
        Store that exchanges the halides of the film's lattice; None for none.
    """

    facets: str
    potential: float | Drive
    ions: Mapping[str, IonExchange] = field(default_factory=dict)
    coating: Coating | None = None
    carriers: CarrierContact = INSULATED
    halides: HalideStore | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.potential, Drive):
            require_finite(self.potential, f"potential of electrode {self.facets!r}", "V")

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""
        return {
            "electrode": self.facets,
            "drive": as_drive(self.potential).description,
            "coating": self.coating.as_dict() if self.coating else None,
            "ions": {name: exchange.as_dict() for name, exchange in self.ions.items()},
            "carriers": None if self.carriers == INSULATED else self.carriers.as_dict(),
            "halide store": self.halides.as_dict() if self.halides else None,
        }
