"""A study of small films: cells of two barriers, each twice.

The screening time of blocking electrodes, doi:10.1103/PhysRevE.70.021506.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from films_for_results import LIGHT, two_grain_mesh

from fem.comparison.compared import Compared
from fem.comparison.moments import time_to_share
from fem.comparison.study import Demand, Member, Study, Transfer
from fem.constants import Volt, eV
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import pulse
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.scenario import Scenario

BARRIERS = {"fast_1": 0.30, "fast_2": 0.31, "slow_1": 0.34, "slow_2": 0.36}  # [eV]
HOLD = 100.0  # [s]


def film(barrier: float, bias: float, broken: bool) -> Scenario:
    """One ion of one barrier under a voltage that is taken away again."""
    if broken:
        raise ValueError("this film tore")
    vacancy = Species("iodide vacancy", 1, 1e22, 6.5e-8, barrier)
    contacts = [Contact("left", pulse(bias, HOLD)), Contact("right", 0.0)]
    model = PoissonNernstPlanck(two_grain_mesh(12, 1), MAPbI3, [vacancy], contacts)
    times = np.concatenate([[0.0], np.geomspace(1e-2, HOLD, 25), HOLD + np.geomspace(1e-1, HOLD, 5)])
    return Scenario(model, times, LIGHT, microstructure={"grains": 2}, geometry="plan view")


def slower(groups: Mapping[str, Sequence[Compared]]) -> float:
    """Time to half of the charge of the first slow film over that of the first fast one."""
    slow, fast = (time_to_share(groups[name][0], "charge", 0.5) for name in ("slow", "fast"))
    if slow is None or fast is None:
        raise ValueError("no half of a charge")
    return slow / fast


def scenario(bias: Volt = 0.01, broken: str = "none") -> Study:
    """Declare the study.

    Parameters
    ----------
    bias
        Voltage of the left electrode.
    broken
        Name of a film that cannot be made.
    """
    if bias <= 0:
        raise ValueError(f"--bias must be positive, got {bias:g} V")
    members = [
        Member(name, name[:-2], partial(film, barrier * eV, bias, name == broken), {"barrier": (barrier * eV, "J")})
        for name, barrier in BARRIERS.items()
    ]
    demands = [
        Demand("D4", "slow & fast", slower, 4.0, 5.0),
        Demand("D4", "no such group", lambda groups: len(groups["no"])),
    ]
    return Study(members, [Transfer("slow", "fast")], ["Barriers are all that differs."], demands)
