"""A planar perovskite cell of three layers, solved by DEVSIM in one dimension, as an independent referee.

DEVSIM (https://devsim.org, J. E. Sanchez, J. Open Source Softw. 7, 3898 (2022), doi:10.21105/joss.03898) gets numbers
and formulas only. Its mesh (a row of nodes, each layer a region of its own), control volumes, derivatives, Newton's
method and time integrator are its own. Its unknowns are those that heterojunctions keep continuous: the potential,
``n / s_n`` and ``p / s_p`` with ``s`` the ratio of a layer's effective density of states at the band edge to the
absorber's. So both quasi-Fermi levels are continuous, and the fluxes are passed on.

Lengths are in nm, potentials in V_T, densities in units of ``UNIT``.
"""

from collections.abc import Sequence
from math import exp, sqrt
from typing import Any

import numpy as np
from devsim_film import load_devsim
from numpy.typing import NDArray
from standard_cell import CellLayer, StandardCell

from fem.constants import elementary_charge, nm, vacuum_permittivity

Array = NDArray[np.float64]
UNIT = 1e24  # [1/m^3]
_DEVICE = "cell"
_GAMMA = 2 - sqrt(2.0)  # for which both stages of TR-BDF2 have the same matrix
_CARRIERS = (("Electrons", -1), ("Holes", 1))
_PER_AREA = elementary_charge * UNIT * nm  # [A/m^2] of a flux of 1


class DevsimCell:
    """`cell` as a DEVSIM device; one at a time, DEVSIM knows only global state.

    Parameters
    ----------
    cell
        What it is made of.
    finest, coarsest
        Spacing of the nodes at interfaces and in the middle of layers [nm].
    """

    def __init__(self, cell: StandardCell, finest: float, coarsest: float) -> None:
        self.cell, self.ds, self.newton_iterations = cell, load_devsim(), 0
        self.ds.reset_devsim()
        self._mesh(finest, coarsest)
        for layer in cell.layers:
            self._layer(layer)
        for name in ("Poisson", *(carrier for carrier, _ in _CARRIERS)):
            self._join(name)
        for contact, layer in (("anode", cell.layers[0]), ("cathode", cell.layers[2])):
            self._contact(contact, layer)
        self._set(hold=1.0, move=0.0, light=0.0)
        self._solve("dc")

    # --- protocols --------------------------------------------------------------------------------------------------

    def rest(self, light: float, volts: float = 0.0) -> None:
        """Steady state, ions included, at `light` and `volts`; then the ions stay where they are."""
        self._set(hold=1.0, move=0.0, light=light)
        self._ramp(volts)
        self._solve("transient_dc")
        self._set(hold=0.0, move=1.0, light=light)
        for step in (1e-3, 1e-1, 1e1, 1e3, 1e5, 1e7):
            self._solve("transient_bdf1", step)
        self.freeze()

    def freeze(self) -> None:
        """Hold the ions where they are."""
        absorber = self.cell.absorber.name
        self._set_nodes(absorber, "Held", self._on_nodes(absorber, "Ions"))
        self._set(hold=1.0, move=0.0)

    def steady_currents(self, voltages: Sequence[float], light: float) -> Array:
        """Current density [A/m^2] from the anode at each of `voltages` [V] with frozen ions."""
        self._set(light=light)
        found = []
        for volts in voltages:
            self._ramp(volts)
            found.append(self.current())
        return np.array(found)

    def scan(self, corners: Sequence[tuple[float, float]], steps: Sequence[int]) -> Array:
        """Time [s], voltage [V] and current density [A/m^2] after each step with mobile ions, shape (n_steps, 3).

        The voltage runs in straight lines through the `corners` (time, voltage), with so many TR-BDF2 steps on each.
        """
        self._solve("transient_dc")
        self._set(hold=0.0, move=1.0)
        rows = []
        for (begin, low), (end, high), count in zip(corners[:-1], corners[1:], steps, strict=True):
            step = (end - begin) / count
            for k in range(count):
                self._bias(low + (high - low) * (k + _GAMMA) / count)
                self._solve("transient_tr", step)
                self._bias(low + (high - low) * (k + 1) / count)
                self._solve("transient_bdf2", step)
                rows.append((begin + (k + 1) * step, low + (high - low) * (k + 1) / count, self.current()))
        return np.array(rows)

    def current(self) -> float:
        """Conduction current density from the anode into the cell [A/m^2]."""
        fluxes = [z * self.ds.get_contact_current(device=_DEVICE, contact="anode", equation=name)
                  for name, z in _CARRIERS]  # fmt: skip
        return _PER_AREA * float(sum(fluxes))

    # --- device -----------------------------------------------------------------------------------------------------

    def _mesh(self, finest: float, coarsest: float) -> None:
        ds, at = self.ds, 0.0
        ds.create_1d_mesh(mesh="mesh")
        ds.add_1d_mesh_line(mesh="mesh", pos=0.0, ps=finest, tag="face0")
        for k, layer in enumerate(self.cell.layers):
            width = layer.thickness / nm
            ds.add_1d_mesh_line(mesh="mesh", pos=at + width / 2, ps=coarsest, tag=f"middle{k}")
            at += width
            ds.add_1d_mesh_line(mesh="mesh", pos=at, ps=finest, tag=f"face{k + 1}")
            ds.add_1d_region(mesh="mesh", material="any", region=layer.name, tag1=f"face{k}", tag2=f"face{k + 1}")
        for k in (1, 2):
            ds.add_1d_interface(mesh="mesh", tag=f"face{k}", name=f"interface{k}")
        ds.add_1d_contact(mesh="mesh", name="anode", tag="face0", material="metal")
        ds.add_1d_contact(mesh="mesh", name="cathode", tag="face3", material="metal")
        ds.finalize_mesh(mesh="mesh")
        ds.create_device(mesh="mesh", device=_DEVICE)

    def _layer(self, layer: CellLayer) -> None:
        """Equations of one layer, in equilibrium and neutral to begin with."""
        cell, absorber, name = self.cell, layer is self.cell.absorber, layer.name
        phi, n_i = cell.neutral_potential(layer), cell.intrinsic / UNIT
        x = self._on_nodes(name, "x")
        self._set_nodes(name, "Potential", np.full_like(x, phi))
        shares = dict(zip((carrier for carrier, _ in _CARRIERS), cell.shares(layer), strict=True))
        for carrier, z in _CARRIERS:
            self._set_nodes(name, carrier, np.full_like(x, n_i * exp(-z * phi)))
        ions = f"+Ions-{cell.ions / UNIT!r}" if absorber else ""
        if absorber:
            self._ions(layer, x)
        charge = f"-({shares['Holes']!r}*Holes-{shares['Electrons']!r}*Electrons+{layer.doping / UNIT!r}{ions})"
        permittivity = vacuum_permittivity * layer.permittivity * cell.volt / (elementary_charge * UNIT * nm**2)
        for one in ("Potential", "Electrons", "Holes"):
            self.ds.edge_from_node_model(device=_DEVICE, region=name, node_model=one)
        self._node(name, "Charge", charge, ["Electrons", "Holes", *(["Ions"] if absorber else [])])
        self._edge(
            name, "Displacement", f"{permittivity!r}*(Potential@n0-Potential@n1)*EdgeInverseLength", ["Potential"]
        )
        self.ds.equation(device=_DEVICE, region=name, name="Poisson", variable_name="Potential", node_model="Charge",
                         edge_model="Displacement")  # fmt: skip
        diffusivities = (layer.electron_diffusivity, layer.hole_diffusivity)
        for (carrier, z), diffusivity in zip(_CARRIERS, diffusivities, strict=True):
            self._edge(name, f"{carrier}Flux", _flux(diffusivity * shares[carrier], z, carrier), ["Potential", carrier])
            self._node(name, f"{carrier}Stored", f"{shares[carrier]!r}*{carrier}", [carrier])
            self._node(name, f"{carrier}Loss", self._loss() if absorber else "0", ["Electrons", "Holes"])
            self.ds.equation(device=_DEVICE, region=name, name=carrier, variable_name=carrier,
                             time_node_model=f"{carrier}Stored", node_model=f"{carrier}Loss",
                             edge_model=f"{carrier}Flux", variable_update="positive")  # fmt: skip

    def _ions(self, layer: CellLayer, x: Array) -> None:
        """Vacancies that stay in the absorber: free to move, or held where they are."""
        ds, name, mean = self.ds, layer.name, self.cell.ions / UNIT
        for one in ("Ions", "Held"):
            self._set_nodes(name, one, np.full_like(x, mean))
        ds.edge_from_node_model(device=_DEVICE, region=name, node_model="Ions")
        self._set(hold=1.0, move=0.0, light=0.0)
        ds.edge_from_node_model(device=_DEVICE, region=name, node_model="Potential")
        self._edge(name, "IonFlux", f"move*{_flux(self.cell.ion_diffusivity, 1, 'Ions')}", ["Potential", "Ions"])
        self._node(name, "IonsStored", "Ions", ["Ions"])
        self._node(name, "IonsHeld", "hold*(Ions-Held)", ["Ions"])
        ds.equation(device=_DEVICE, region=name, name="Ions", variable_name="Ions", time_node_model="IonsStored",
                    node_model="IonsHeld", edge_model="IonFlux", variable_update="positive")  # fmt: skip

    def _loss(self) -> str:
        """Recombination less generation in the absorber."""
        cell, n_i = self.cell, self.cell.intrinsic / UNIT
        excess = f"(Electrons*Holes-{n_i**2!r})"
        trapped = f"({cell.hole_lifetime!r}*(Electrons+{n_i!r})+{cell.electron_lifetime!r}*(Holes+{n_i!r}))"
        at_faces = "+".join(self._face_loss(k) for k in (0, 1))
        face = (cell.layers[0].thickness + cell.absorber.thickness) / nm
        rate, fade = cell.photon_flux * cell.absorption / UNIT, cell.absorption * nm
        pairs = f"light*{rate!r}*exp(-{fade!r}*({face!r}-x))"
        return f"{excess}/{trapped}+{cell.radiative * UNIT!r}*{excess}-{pairs}+{at_faces}"

    def _face_loss(self, side: int) -> str:
        """Recombination at an interface, spread over the half cell of its node in the absorber.

        Majority carriers of the transport layer meet minority carriers of the absorber.
        """
        s_n, s_p = (max(1.0, one) for one in self.cell.shares(self.cell.layers[2 * side]))
        fast_n, fast_p = (velocity / nm for velocity in self.cell.surface_velocities[side])
        x = self._on_nodes(self.cell.absorber.name, "x")
        name, first = f"Face{side}", (0 if side == 0 else len(x) - 1)
        near = np.zeros_like(x)
        near[first] = 1 / self._on_nodes(self.cell.absorber.name, "NodeVolume")[first]
        self._set_nodes(self.cell.absorber.name, name, near)
        n, p, n_i = f"({s_n!r}*Electrons)", f"({s_p!r}*Holes)", self.cell.intrinsic / UNIT * sqrt(s_n * s_p)
        return f"{name}*({n}*{p}-{n_i**2!r})/(({n}+{n_i!r})/{fast_p!r}+({p}+{n_i!r})/{fast_n!r})"

    def _join(self, name: str) -> None:
        """The variable of an equation goes on through both interfaces."""
        variable = "Potential" if name == "Poisson" else name
        for k in (1, 2):
            here: dict[str, Any] = {"device": _DEVICE, "interface": f"interface{k}"}
            model = f"continuous{variable}"
            for suffix, formula in (
                ("", f"{variable}@r0-{variable}@r1"),
                (f":{variable}@r0", "1"),
                (f":{variable}@r1", "-1"),
            ):
                self.ds.interface_model(**here, name=model + suffix, equation=formula)
            self.ds.interface_equation(**here, name=name, interface_model=model, type="continuous")

    def _contact(self, contact: str, layer: CellLayer) -> None:
        """An ohmic contact: bands flat, both carriers at their equilibrium densities."""
        phi, n_i = self.cell.neutral_potential(layer), self.cell.intrinsic / UNIT
        self.ds.set_parameter(device=_DEVICE, name=f"{contact}_bias", value=0.0)
        rows = [("Poisson", "Potential", f"Potential-{contact}_bias-{phi!r}", "Displacement")]
        rows += [(c, c, f"{c}-{n_i * exp(-z * phi)!r}", f"{c}Flux") for c, z in _CARRIERS]
        for equation, variable, formula, flux in rows:
            model = f"{contact}{variable}"
            self.ds.contact_node_model(device=_DEVICE, contact=contact, name=model, equation=formula)
            self.ds.contact_node_model(device=_DEVICE, contact=contact, name=f"{model}:{variable}", equation="1")
            self.ds.contact_equation(device=_DEVICE, contact=contact, name=equation, node_model=model,
                                     edge_current_model=flux)  # fmt: skip

    # --- services ---------------------------------------------------------------------------------------------------

    def _ramp(self, volts: float) -> None:
        """Steady states on the way to `volts` [V], 50 mV apart."""
        now = float(self.ds.get_parameter(device=_DEVICE, name="anode_bias")) * self.cell.volt
        for value in np.linspace(now, volts, max(2, int(abs(volts - now) / 0.05) + 2))[1:]:
            self._bias(float(value))
            self._solve("dc")

    def _bias(self, volts: float) -> None:
        self.ds.set_parameter(device=_DEVICE, name="anode_bias", value=volts / self.cell.volt)

    def _set(self, **parameters: float) -> None:
        for name, value in parameters.items():
            self.ds.set_parameter(device=_DEVICE, name=name, value=value)

    def _solve(self, kind: str, step: float = 0.0) -> None:
        gamma = 1.0 if kind == "transient_bdf1" else _GAMMA
        result = self.ds.solve(type=kind, relative_error=1e-8, absolute_error=1e10, charge_error=1e10, tdelta=step,
                               gamma=gamma, maximum_iterations=100, info=True)  # fmt: skip
        self.newton_iterations += len(result["iterations"])
        if not result["converged"]:
            raise RuntimeError(f"DEVSIM did not converge in a {kind} step of {step:g} s")

    def _node(self, region: str, name: str, formula: str, variables: list[str]) -> None:
        """A formula at nodes and its derivatives, which DEVSIM forms."""
        self.ds.node_model(device=_DEVICE, region=region, name=name, equation=formula)
        for one in variables:
            slope = f"simplify(diff({formula},{one}))"
            self.ds.node_model(device=_DEVICE, region=region, name=f"{name}:{one}", equation=slope)

    def _edge(self, region: str, name: str, formula: str, variables: list[str]) -> None:
        """A formula on edges and its derivatives, which DEVSIM forms."""
        self.ds.edge_model(device=_DEVICE, region=region, name=name, equation=formula)
        for one in (f"{variable}@n{k}" for variable in variables for k in (0, 1)):
            slope = f"simplify(diff({formula},{one}))"
            self.ds.edge_model(device=_DEVICE, region=region, name=f"{name}:{one}", equation=slope)

    def _on_nodes(self, region: str, name: str) -> Array:
        return np.array(self.ds.get_node_model_values(device=_DEVICE, region=region, name=name))

    def _set_nodes(self, region: str, name: str, values: Array) -> None:
        self.ds.node_solution(device=_DEVICE, region=region, name=name)
        self.ds.set_node_values(device=_DEVICE, region=region, name=name, values=values.tolist())


def _flux(diffusivity: float, charge: int, density: str) -> str:
    """Scharfetter and Gummel's flux along an edge [units of density, nm/s]."""
    theta = f"({float(charge)!r}*(Potential@n1-Potential@n0))"
    return f"{diffusivity / nm**2!r}*EdgeInverseLength*(B({theta})*{density}@n0-B(-{theta})*{density}@n1)"
