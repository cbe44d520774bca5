"""The verification record: what the program gives against what theory says, asserted by tests and kept in a table.

A test takes the fixture ``verify`` and calls it once per number. ``make verify`` runs every test and writes the record
to ``results/verification.json`` and the page ``docs/verification.md``.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
from itertools import groupby
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

#: What each benchmark is and where its theory comes from; D numbers theory, G the microstructure, B experiments.
BENCHMARKS = {
    "D1": "Double layer of two ions (Gouy and Chapman; Bazant, Thornton and Ajdari, doi:10.1103/PhysRevE.70.021506)",
    "D2": "Double layer of one ion over a fixed background, dilute and on a lattice (quadrature of the first integral)",
    "D3": "Double layer with site exclusion (Kilic, Bazant and Ajdari, doi:10.1103/PhysRevE.75.021502)",
    "D4": "Charging time of blocking electrodes (Bazant, Thornton and Ajdari, doi:10.1103/PhysRevE.70.021506)",
    "D5": "Steady state of a blocking cell; exponential fitting (Scharfetter and Gummel, doi:10.1109/T-ED.1969.16566)",
    "D6": "Charge balance, differential capacitance, current and charge",
    "D7": "Nernst-Einstein: conductivity and mobility from the diffusivity",
    "D8": "Composite films: parallel paths (Hart, Acta Metall. 5, 597 (1957)), bounds, effective medium",
    "D9": "Diffusion along a grain boundary (Whipple, Philos. Mag. 45, 1225 (1954); Le Claire)",
    "D10": "Lateral front of an ion that compensates a doped film",
    "D11": "Impedance of a linear blocking cell",
    "D12": "Space-charge-limited current, trap-filled limit (Mott and Gurney; Lampert, doi:10.1103/PhysRev.103.1648)",
    "D13": "Photoluminescence from the carrier balance (Johnston and Herz, doi:10.1021/acs.accounts.5b00411)",
    "D14": "Drift and spread of a spot of carriers (Haynes and Shockley, doi:10.1103/PhysRev.81.835)",
    "D15": "Heat: slab, lumped substrate, energy balance",
    "D16": "Two halides in a field: null test, travelling front",
    "D17": "Interdiffusion of two halides",
    "D18": "Regular solution with gradient energy (Cahn and Hilliard, doi:10.1063/1.1744102)",
    "D19": "Periodic drives: first-order response, cycles jumped",
    "D20": "Manufactured solutions and the Jacobian",
    "G1": "Grains: realised size distributions against their targets, measured maps against their images",
    "G2": "Meshing of random films: areas, merged grains, Delaunay property, a short run on each",
    "G3": "Grain boundaries two ways: lines against meshed strips of the same width",
    "N1": "Time integration: linear solvers agree, few factorisations, no wasted steps",
    "N2": "Extremes: voltages, densities, contrasts of barriers, cold and hot films, tiny currents",
    "N3": "Checks of every run: the free energy falls as the fluxes dissipate, time errors against their estimate",
    "E2": "Traps and defects: Frenkel pairs (Debye, doi:10.1149/1.3071413)",
    "E3": "Redox of lead at injecting contacts",
    "B0": "Scenarios: between blocking contacts one mobile ion darkens the depletion width, no more and no less",
    "B1": "Lateral quench, reversible and irreversible (Deng et al.)",
    "B2": "Quench front from the positive electrode (Li et al., doi:10.1038/s41467-018-07571-6)",
    "B3": "Injecting against coated contacts (Birkhold et al.)",
    "B4": "Coated microplate: odd response of the emission (Gao et al.)",
    "B5": "Odd response of the lifetime (Awasthi et al.)",
    "B6": "Spot of light in a lateral field (Hu et al.)",
    "B7": "Vertical capacitor, warm and cold (Leijtens et al.)",
    "B8": "Boundaries lead under bias (Yun et al., doi:10.1002/aenm.201600330; Shao et al., doi:10.1039/C6EE00413J)",
    "detailed balance": "No current, level quasi-Fermi energies in the dark at zero voltage, stack by stack",
    "junction": "Ohmic slabs, diodes and contacts (Shockley, doi:10.1002/j.1538-7305.1949.tb03645.x)",
    "B9": "Boundary chemistry orders the relaxation rates: passivated, pristine, chloride-rich",
    "B10": "Field-driven splitting of the emission (Vashishtha et al.)",
    "B11": "Emission held by an alternating field (Tang et al.)",
    "B12": "Frequency response, square against sine (Kumawat et al.)",
    "B13": "Overshoot and decay of the luminance (Kim et al.; Miao et al.)",
    "B14": "Joule heating of a device on its substrate",
    "B15": "Damage above a threshold field (Huang et al.)",
    "B16": "Nanocrystal layers: several against one (Liao et al.)",
    "B17": "Emission has a maximum over the voltage (Xing et al.)",
    "B18": "Halide segregation by light (Hoke et al., doi:10.1039/C4SC03141E)",
    "F1": "Front roughness: random against aligned grains (Fassl et al., doi:10.1021/acsami.8b16460)",
    "F2": "Light of boundaries that are fast paths, traps, both or neither (doi:10.1002/aenm.201903735)",
    "X2": "A standard perovskite cell with mobile ions against DEVSIM (doi:10.21105/joss.03898)",
}

#: What stands above the table of a benchmark.
NOTES = {
    "X2": """\
Current-voltage curves of a hole transport layer (200 nm), an absorber (400 nm) and an electron transport layer (100 nm)
at 298 K, with the parameters of IonMonger (doi:10.1007/s10825-019-01396-2); gaps of the transport layers and radiative
recombination are added to them.

- Absorber: affinity 3.7 eV, gap 1.7 eV, states 8.1e24 and 5.8e24 1/m^3, permittivity 24.1, diffusivities of both
  carriers 1.7e-4 m^2/s; vacancies 1.6e25 1/m^3 with D = 6.5e-8 m^2/s exp(-0.58 eV / kT), which stay in it.
- Hole transport layer: affinity 2.2 eV, gap 2.9 eV, states 5e25 1/m^3, permittivity 3, diffusivities 1e-6 m^2/s,
  acceptors 1e24 1/m^3.
- Electron transport layer: affinity 4.0 eV, gap 3.2 eV, states 5e25 1/m^3, permittivity 10, diffusivities 1e-5 m^2/s,
  donors 1e24 1/m^3.
- Recombination in the absorber: lifetimes 3 ns (electrons) and 300 ns (holes), k2 = 6e-17 m^3/s. At its faces carriers
  of the transport layer meet those of the absorber: velocities of electrons and holes 0.1 and 1e5 m/s at the hole
  transport layer, 1e5 and 10 m/s at the electron transport layer.
- Light through the electron transport layer: 1.4e21 photons/(m^2 s), absorption coefficient 1.3e7 1/m. Ohmic
  contacts.
- Scan: rest at 0 V in the light, 0.1 V/s to 1.2 V, 5 s there, back to 0 V, and up to 1.2 V again.

DEVSIM solves the cell in one dimension, on its own mesh, with its own control volumes, Newton's method and TR-BDF2; we
solve it on irregular triangles. Differences of curves are over J_sc, or over the current where that is larger.
""",
}

_HEADER = """\
# Verification

Written by `make verify`; do not edit. Each line is asserted by a test. The tolerance is relative to the expected value,
or absolute where zero is expected; the order is the observed one under refinement, with the least that is accepted in
brackets.
"""


class Order(NamedTuple):
    """Observed order of convergence and the `least` that is accepted."""

    observed: float
    least: float


def observed_order(sizes: Sequence[float], errors: Sequence[float]) -> float:
    """Slope of log(error) over log(size) by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])


@dataclass(frozen=True)
class Check:
    """One line of the record; `tolerance` is relative to `expected`, or absolute where that is zero.

    `test` is the test that made it.
    """

    id: str
    quantity: str
    measured: float
    expected: float
    tolerance: float
    order: Order | None = None
    test: str = ""

    @property
    def passed(self) -> bool:
        """Whether value and order are as demanded (never for a number that is not finite)."""
        near = abs(self.measured - self.expected) <= self.tolerance * (abs(self.expected) or 1.0)
        return near and (self.order is None or self.order.observed >= self.order.least)

    def as_dict(self) -> dict[str, object]:
        """Entry of ``results/verification.json``."""
        return {
            "id": self.id,
            "quantity": self.quantity,
            "measured": self.measured if isfinite(self.measured) else None,
            "expected": self.expected,
            "tolerance": self.tolerance,
            "order": None if self.order is None else self.order.observed,
            "verdict": "pass" if self.passed else "fail",
        }

    def __str__(self) -> str:
        order = "" if self.order is None else f", order {self.order.observed:.3g} (at least {self.order.least:g})"
        kind = "relative" if self.expected else "absolute"
        demanded = f"expected {self.expected:.9g} to {self.tolerance:g} {kind}"
        return f"{self.id} {self.quantity}: {self.measured:.9g}, {demanded}{order}"


@dataclass
class Verification:
    """Asserts and collects :class:`Check` objects; `test` is the one that runs."""

    checks: list[Check] = field(default_factory=list)
    test: str = ""

    def __call__(
        self,
        *,
        id: str,
        quantity: str,
        measured: float,
        expected: float,
        tolerance: float,
        order: Order | None = None,
    ) -> None:
        """Keep the check and fail the test unless `measured` and `order` are as demanded."""
        check = Check(id, quantity, float(measured), float(expected), tolerance, order, self.test)
        self.checks.append(check)
        assert check.passed, str(check)

    def sorted(self) -> list[Check]:
        """The checks by id (D2 before D10), by test within one id, in the order in which a test made them."""
        return sorted(self.checks, key=lambda check: (_natural(check.id), check.test))

    def packed(self) -> list[list[Any]]:
        """The checks as lists of plain values, which processes can send each other."""
        return json.loads(json.dumps([astuple(one) for one in self.checks]))

    def unpack(self, packed: Iterable[Sequence[Any]]) -> None:
        """Add what another process has :meth:`packed`."""
        for name, quantity, measured, expected, tolerance, order, test in packed:
            found = Order(*order) if order else None
            self.checks.append(Check(name, quantity, measured, expected, tolerance, found, test))

    def write_record(self, path: Path) -> None:
        """Write ``verification.json``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([check.as_dict() for check in self.sorted()], indent=1) + "\n", encoding="utf-8")

    def write_page(self, path: Path) -> None:
        """Write the page with one table per benchmark."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_page(self.sorted()), encoding="utf-8")


def _natural(name: str) -> tuple[str, int]:
    match = re.fullmatch(r"(\D+)(\d+)", name)
    return (match[1], int(match[2])) if match else (name, 0)


def _page(checks: list[Check]) -> str:
    sections = [_HEADER]
    for name, own in groupby(checks, key=lambda check: check.id):
        title = f"{name}: {BENCHMARKS[name]}" if name in BENCHMARKS else name
        head = "| quantity | measured | expected | tolerance | order | verdict |\n|---|---|---|---|---|---|"
        note = [NOTES[name]] if name in NOTES else []
        sections.append("\n".join([f"## {title}", "", *note, head, *map(_row, own)]) + "\n")
    return "\n".join(sections)


def _row(check: Check) -> str:
    order = "" if check.order is None else f"{check.order.observed:.2f} ({check.order.least:g})"
    measured = f"{check.measured:.6g}" if check.expected else f"{check.measured:.1e}"
    verdict = "pass" if check.passed else "**fail**"
    return f"| {check.quantity} | {measured} | {check.expected:.6g} | {check.tolerance:.2g} | {order} | {verdict} |"
