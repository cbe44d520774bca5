"""A contact under two layers: ions cross it where they live, and what the contact counts is what the film gains."""

from dataclasses import replace

import numpy as np
import pytest
from irregular_films import rectangle, with_strips
from verification import Verification

from fem.constants import nm
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Coating, Contact, ElectrodeReaction, IonExchange, Reservoir
from fem.physics.materials import MAPbI3
from fem.physics.species import Species

VACANCY = Species("vacancy", 1, 1e23, 1e-14, 0.0, where=("film",))
LAWS: dict[str, IonExchange] = {"reservoir": Reservoir(1e-9, 2e23), "reaction": ElectrodeReaction(1e-9, 2e23, 0.05)}


def film_beside_oxide(law: IonExchange, coating: Coating | None = None, facets: str = "bottom") -> PoissonNernstPlanck:
    """Film on the left, oxide on the right, both over one contact; ions live in the film."""
    mesh = rectangle(np.linspace(0, 60, 31) * nm, np.linspace(0, 20, 3) * nm, jitter=0.0)
    mesh = with_strips(mesh, {"film": lambda p: p[0] < 30 * nm, "oxide": lambda p: p[0] > 30 * nm})
    other = "top" if facets == "bottom" else "left"
    contacts = (Contact(facets, 0.0, {"vacancy": law}, coating), Contact(other, 0.0))
    return PoissonNernstPlanck(mesh, MAPbI3, [VACANCY], contacts)


@pytest.mark.parametrize("coating", [None, Coating(2 * nm, 5.0)], ids=["bare", "coated"])
@pytest.mark.parametrize("law", LAWS)
def test_what_enters_is_what_the_film_gains(law: str, coating: Coating | None, verify: Verification) -> None:
    """Nodes in the oxide took ions that no film had: 340 times as many entered as the film gained."""
    model = film_beside_oxide(LAWS[law], coating)
    first, *_, last = evolve(model, np.array([0.0, 1.0, 100.0]))
    gained = float(model.unknowns.storage[0] @ (last.state.concentrations - first.state.concentrations)[0])
    entered = float(last.state.exchanged[0, 0])
    assert abs(gained) > 1e4
    quantity = f"ions that entered at a contact under film and oxide over those gained, {law}"
    verify(id="D6", quantity=f"{quantity}, {'bare' if coating is None else 'coated'}",
           measured=entered / gained, expected=1.0, tolerance=1e-9)  # fmt: skip


def test_an_exchange_where_no_ion_lives_is_refused() -> None:
    with pytest.raises(ValueError, match="electrode 'right' exchanges 'vacancy', which does not exist there"):
        film_beside_oxide(LAWS["reservoir"], facets="right")


def test_ions_of_every_layer_cross_everywhere() -> None:
    """The same contact, ions in both layers: the whole of it takes part."""
    model = film_beside_oxide(LAWS["reservoir"])
    everywhere = replace(model, species=(replace(VACANCY, where=None),))
    (some,), (all_,) = model.unknowns.exchanges, everywhere.unknowns.exchanges
    assert some.electrode.length == pytest.approx(30 * nm) and all_.electrode.length == pytest.approx(60 * nm)
