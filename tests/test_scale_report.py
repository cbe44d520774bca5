"""The scale report: lengths and times of a film against hand calculation, and warnings of what is not resolved."""

import numpy as np
import pytest
from irregular_films import rectangle

from fem.constants import boltzmann, elementary_charge, eV, nm, vacuum_permittivity
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Coating, Contact, ElectrodeReaction
from fem.physics.drives.drive import Drive, constant, sine, step, table
from fem.physics.layers import boundary_lines
from fem.physics.materials import Material
from fem.physics.scales import Scales
from fem.physics.species import Species

GAP = 100 * nm
FILM = Material("film", 24.0)


def scales(drive: Drive, density: float = 1e24, cells: int = 100, bottom: Contact | None = None) -> Scales:
    mesh = rectangle(np.linspace(0, 20 * nm, 3), np.linspace(0, GAP, cells + 1))
    ion = Species("vacancy", +1, density, diffusivity_prefactor=1e-16, activation_energy=0.0)
    contacts = [bottom or Contact("bottom", 0.0), Contact("top", drive)]
    return PoissonNernstPlanck(mesh, FILM, [ion], contacts).scale_report()


def test_lengths_and_times_are_those_of_the_formulas() -> None:
    found = scales(constant(1.0))
    permittivity, volt = 24.0 * vacuum_permittivity, boltzmann * 300.0 / elementary_charge
    debye = np.sqrt(permittivity * volt / (elementary_charge * 1e24))
    assert found.debye_length == pytest.approx(debye, rel=1e-12, abs=0.0)
    assert found.depletion_width == pytest.approx(debye * np.sqrt(2 / volt), rel=1e-12, abs=0.0)
    assert found.gap == pytest.approx(GAP, rel=1e-9, abs=0.0)
    assert found.charging_time == pytest.approx(debye * GAP / 2e-16, rel=1e-9, abs=0.0)
    assert found.fastest_time == pytest.approx(debye**2 / 1e-16, rel=1e-9, abs=0.0)
    assert found.first_cell["top"] == pytest.approx(1 * nm / debye, rel=0.3, abs=0.0)


@pytest.mark.parametrize(
    ("drive", "largest"),
    [
        (constant(-0.5), 0.5),
        (step(0.1, initial=2.0), 2.0),
        (sine(2.0, 1e9), 2.0),
        (sine(1.0, 1.0, offset=0.5), 1.5),
        (table([0.0, 1.0, 1.0, 5.0], [0.0, 3.0, -1.0, 0.2]), 3.0),
    ],
)
def test_the_largest_voltage_of_any_drive_is_seen(drive: Drive, largest: float) -> None:
    assert scales(drive).largest_voltage == pytest.approx(largest, rel=1e-12, abs=0.0)


def test_ions_pile_up_only_where_they_are_drawn() -> None:
    (one,) = scales(constant(3.0)).warnings
    assert "pile up at 'bottom'" in one
    (other,) = scales(constant(-3.0)).warnings
    assert "pile up at 'top'" in other
    assert len(scales(sine(3.0, 1.0)).warnings) == 2
    assert scales(constant(1e-3)).warnings == ()


def test_a_double_layer_inside_one_cell_is_warned_of() -> None:
    coarse = scales(constant(0.1), density=1e26, cells=10)
    assert coarse.first_cell["top"] > 1
    assert any("double layer at 'top' is not resolved" in text for text in coarse.warnings)


def test_a_reaction_under_an_absurd_overpotential_is_warned_of() -> None:
    law = {"vacancy": ElectrodeReaction(1e-9, 1e24)}
    coated = Contact("bottom", 0.0, law, Coating(5 * nm, 3.0))
    assert any("electrode reaction at 'bottom'" in text for text in scales(constant(10.0), bottom=coated).warnings)
    assert not any("reaction" in text for text in scales(constant(1.0), bottom=coated).warnings)
    bare = Contact("bottom", 0.0, law)
    assert not any("reaction" in text for text in scales(constant(10.0), bottom=bare).warnings)


def test_layers_that_are_not_thin_against_the_grains_are_warned_of() -> None:
    mesh = rectangle(np.linspace(0, 40 * nm, 5), np.linspace(0, GAP, 21), lines=(20 * nm,))
    barriers = {"grain_0": 0.5 * eV, "grain_1": 0.5 * eV, "grain_boundary": 0.3 * eV}
    ion = Species("vacancy", +1, 1e22, diffusivity_prefactor=1e-8, activation_energy=barriers)
    for width, warned in ((2 * nm, False), (10 * nm, True)):
        contacts = [Contact("bottom", 0.0), Contact("top", 0.01)]
        model = PoissonNernstPlanck(mesh, FILM, [ion], contacts, layers=[boundary_lines(width)])
        assert any("25% of the film's area" in text for text in model.scale_report().warnings) is warned


@pytest.mark.parametrize("boundary", [0.3 * eV, 0.49 * eV, 0.5 * eV])
def test_the_area_that_lines_add_is_reported(boundary: float) -> None:
    """A line of 2 nm in a film of 40 nm: 5 %, less the share that the grains transport already."""
    mesh = rectangle(np.linspace(0, 40 * nm, 5), np.linspace(0, GAP, 21), 0.0, lines=(20 * nm,))
    barriers = {"grain_0": 0.5 * eV, "grain_1": 0.5 * eV, "grain_boundary": boundary}
    ion = Species("vacancy", +1, 1e22, diffusivity_prefactor=1e-8, activation_energy=barriers)
    contacts = [Contact("bottom", 0.0), Contact("top", 0.01)]
    model = PoissonNernstPlanck(mesh, FILM, [ion], contacts, layers=[boundary_lines(2 * nm)])
    share = 0.05 * (1 - np.exp((boundary - 0.5 * eV) / (boltzmann * 300.0)))
    found = model.scale_report()
    assert found.added_area == pytest.approx({"grain_boundary": share}, rel=1e-12, abs=1e-12)
    assert model.unknowns.content[0] == pytest.approx((1 + share) * 40 * nm * GAP, rel=1e-12, abs=0.0)
    told = [line for line in found.lines() if "add" in line]
    assert len(told) == (1 if share else 0)
    assert all(
        text.startswith(f"the lines 'grain_boundary' add {100 * share:.2g} % to the film's area") for text in told
    )
    slow = 1e-8 * np.exp(-0.5 * eV / (boltzmann * 300.0))
    assert found.layer_time["grain_boundary"] == pytest.approx((10 * nm) ** 2 / slow, rel=1e-9, abs=0.0)


def test_a_film_in_which_nothing_moves_is_refused() -> None:
    mesh = rectangle(np.linspace(0, 20 * nm, 3), np.linspace(0, GAP, 11))
    contacts = [Contact("bottom", 0.0), Contact("top", step(1.0))]
    with pytest.raises(ValueError, match="no species of the film moves"):
        PoissonNernstPlanck(mesh, FILM, [Species.immobile("trap", 1, 1e22)], contacts).scale_report()
