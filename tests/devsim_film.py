"""A film of blocking bare electrodes and dilute ions, solved by DEVSIM on the same mesh.

DEVSIM (https://devsim.org, J. E. Sanchez, J. Open Source Softw. 7, 3898 (2022), doi:10.21105/joss.03898) is given the
triangles, the equations as formulas and a time grid; derivatives, Newton's method, linear algebra (MKL PARDISO) and the
time integrator (TR-BDF2, after one backward Euler step) are its own. So are the control volumes, unless ``LUMPED`` ones
are asked for: then it integrates over ours, a third of every triangle around a node and the sum of cotangents of an
edge. Lengths are in nm, potentials in V_T, concentrations in units of their means.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from importlib import metadata
from itertools import pairwise
from math import sqrt
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fem.constants import elementary_charge, nm
from fem.model import PoissonNernstPlanck

Array = NDArray[np.float64]
_FIRST = 1e-8  # [s] of the backward Euler step that takes the jump
_GAMMA = 2 - sqrt(2.0)  # for which both stages of TR-BDF2 have the same matrix
_WHERE = {"device": "device", "region": "film"}


class Volumes(Enum):
    """Control volumes that DEVSIM integrates over."""

    LUMPED = "lumped"  # ours
    VORONOI = "voronoi"  # its own


@dataclass(frozen=True)
class DevsimRun:
    """What DEVSIM found at each output time, and what it took.

    `charge` on the electrodes [C/m], shape (n_times, n_contacts); `potential` [V], shape (n_times, n_nodes);
    `concentrations` [1/m^3], shape (n_times, n_species, n_nodes).
    """

    charge: Array
    potential: Array
    concentrations: Array
    newton_iterations: int
    cpu_seconds: float


def load_devsim() -> Any:
    """The module, told where the mkl package keeps its library.

    Raises
    ------
    ImportError, RuntimeError
        If DEVSIM is not installed (``pip install -e '.[devsim]'``) or finds no BLAS.
    """
    if "DEVSIM_MATH_LIBS" not in os.environ:
        try:
            files = metadata.files("mkl") or []
        except metadata.PackageNotFoundError:
            files = []
        libraries = [str(file.locate()) for file in files if file.name.startswith(("libmkl_rt", "mkl_rt"))]
        if libraries:
            os.environ["DEVSIM_MATH_LIBS"] = os.pathsep.join(libraries)
    import devsim

    return devsim


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing on the standard output, not even from compiled code."""
    kept, sink = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(sink)


class DevsimFilm:
    """`model` as a DEVSIM device; one at a time, DEVSIM knows only global state."""

    def __init__(self, model: PoissonNernstPlanck, volumes: Volumes) -> None:
        self.model, self.unknowns, self.ds = model, model.unknowns, load_devsim()
        self.names = [f"Ions{k}" for k in range(len(model.species))]
        self.ds.reset_devsim()
        self._mesh()
        self._geometry(volumes)
        self._equations()

    def run(self, times: Array, per_output: int, newton: float = 1e-6) -> DevsimRun:
        """The film at `times` [s] after the first, with `per_output` logarithmic steps before each of them.

        Newton's method ends at a relative update of `newton`.

        Raises
        ------
        RuntimeError
            If Newton's method fails.
        """
        self.iterations, self.newton, start, states = 0, newton, process_time(), []
        self._solve("transient_dc", 0.0)
        for electrode in self.model.electrodes:
            self._bias(electrode.contact.facets, electrode.drive(0.0) / self.unknowns.thermal_voltage)
        self._solve("transient_bdf1", _FIRST)
        for begin, end in pairwise([_FIRST, *times[1:].tolist()]):
            for a, b in pairwise(np.geomspace(begin, end, per_output + 1).tolist()):
                self._solve("transient_tr", b - a)
                self._solve("transient_bdf2", b - a)
            states.append(self._state())
        charge, potential, concentrations = (np.array(rows) for rows in zip(*states, strict=True))
        return DevsimRun(charge, potential, concentrations, self.iterations, process_time() - start)

    # --- device -----------------------------------------------------------------------------------------------------

    def _mesh(self) -> None:
        mesh, ds = self.model.mesh, self.ds
        points = np.vstack([mesh.p / nm, np.zeros(mesh.p.shape[1])]).T
        contacts = [electrode.contact.facets for electrode in self.model.electrodes]
        elements = [number for cell in mesh.t.T.tolist() for number in (2, 0, *cell)]
        for k, name in enumerate(contacts):
            lines = mesh.facets[:, mesh.boundaries[name]].T.tolist()
            elements += [number for line in lines for number in (1, k + 1, *line)]
        ds.create_gmsh_mesh(
            mesh="mesh", coordinates=points.ravel().tolist(), elements=elements, physical_names=["film", *contacts]
        )
        ds.add_gmsh_region(mesh="mesh", gmsh_name="film", region="film", material="film")
        for name in contacts:
            ds.add_gmsh_contact(mesh="mesh", gmsh_name=name, region="film", name=name, material="metal")
        ds.finalize_mesh(mesh="mesh")
        ds.create_device(mesh="mesh", device="device")

    def _geometry(self, volumes: Volumes) -> None:
        """Control volumes, and what the film is made of: one value per edge or node."""
        u, film = self.unknowns, self.model.control_volumes
        self.ds.edge_from_node_model(**_WHERE, node_model="node_index")
        ends = np.sort([self.on_edges(f"node_index@n{k}").astype(np.int64) for k in (0, 1)], axis=0)
        ours = np.sort(film.nodes[:, : self.model.mesh.facets.shape[1]], axis=0)
        numbers = {edge: k for k, edge in enumerate(zip(*ours.tolist(), strict=True))}
        self.edges = np.array([numbers[edge] for edge in zip(*ends.tolist(), strict=True)])
        self.cotangents = film.edge_weights(np.ones(len(film.areas)))[self.edges]
        if volumes is Volumes.LUMPED:
            self._set_edges("Couple", self.cotangents * film.lengths[self.edges] / nm)
            self.ds.set_parameter(**_WHERE, name="edge_couple_model", value="Couple")
            self._set_nodes("Lumped", u.storage[0] / nm**2)
            self.ds.set_parameter(**_WHERE, name="node_volume_model", value="Lumped")
        charge = u.thermal_voltage / (elementary_charge * u.unit[0] * nm**2)
        self._set_edges("Permittivity", self._per_couple(self.model.system.poisson.weights * charge))
        self._set_nodes("Background", self.model.system.immobile / (u.unit[0] * u.storage[0]))
        self._set_nodes("Potential", np.zeros(u.n_nodes))
        for k, (name, transport) in enumerate(zip(self.names, self.model.transports, strict=True)):
            self._set_edges(f"Diffusivity{k}", self._per_couple(transport.weights / nm**2))
            self._set_nodes(name, u.start[k])

    def _per_couple(self, weights: Array) -> Array:
        """Weights of our edges over cotangents (0 where an edge carries nothing)."""
        empty = np.abs(self.cotangents) < 1e-10
        return np.where(empty, 0.0, weights[self.edges] / np.where(empty, 1.0, self.cotangents))

    def _equations(self) -> None:
        u, ds = self.unknowns, self.ds
        for name in ("Potential", *self.names):
            ds.edge_from_node_model(**_WHERE, node_model=name)
        terms = [
            f"{float(z * n / u.unit[0])!r}*{name}" for z, n, name in zip(u.charges, u.unit, self.names, strict=True)
        ]
        self._model("Charge", f"-({'+'.join(terms)}+Background)", self.names)
        self._model("Displacement", "Permittivity*(Potential@n0-Potential@n1)*EdgeInverseLength", ["Potential"], True)
        ds.equation(**_WHERE, name="Poisson", variable_name="Potential", node_model="Charge", edge_model="Displacement")
        for k, name in enumerate(self.names):
            theta = f"({float(u.charges[k])!r}*(Potential@n1-Potential@n0))"
            drift_and_diffusion = f"B({theta})*{name}@n0-B(-{theta})*{name}@n1"
            flux = f"Diffusivity{k}*EdgeInverseLength*({drift_and_diffusion})"
            self._model(f"Flux{k}", flux, ["Potential", name], True)
            self._model(f"Stored{k}", name, [name])
            ds.equation(**_WHERE, name=f"Continuity{k}", variable_name=name, time_node_model=f"Stored{k}",
                        edge_model=f"Flux{k}")  # fmt: skip
        for electrode in self.model.electrodes:
            self._contact(electrode.contact.facets)

    def _contact(self, name: str) -> None:
        """A metal that holds the potential; ions have no equation there, so none cross it."""
        here, condition = {"device": "device", "contact": name}, f"{name}_condition"
        self._bias(name, 0.0)
        self.ds.contact_node_model(**here, name=condition, equation=f"Potential-{name}_bias")
        self.ds.contact_node_model(**here, name=f"{condition}:Potential", equation="1")
        self.ds.contact_equation(**here, name="Poisson", node_model=condition, edge_charge_model="Displacement",
                                 node_charge_model="Charge")  # fmt: skip

    def _model(self, name: str, formula: str, variables: list[str], on_edges: bool = False) -> None:
        """A formula and its derivatives, which DEVSIM forms."""
        make = self.ds.edge_model if on_edges else self.ds.node_model
        make(**_WHERE, name=name, equation=formula)
        for variable in [f"{one}@n{k}" for one in variables for k in (0, 1)] if on_edges else variables:
            make(**_WHERE, name=f"{name}:{variable}", equation=f"simplify(diff({formula},{variable}))")

    def _bias(self, contact: str, volts: float) -> None:
        self.ds.set_parameter(**_WHERE, name=f"{contact}_bias", value=float(volts))

    def _solve(self, kind: str, step: float) -> None:
        """One stage; the first one finds the film at rest already, where a relative change of zero means nothing."""
        relative, absolute = (1.0, 1e-6) if kind == "transient_dc" else (self.newton, 1e10)
        gamma = 1.0 if kind == "transient_bdf1" else _GAMMA
        result = self.ds.solve(
            type=kind, relative_error=relative, absolute_error=absolute, charge_error=1e10, tdelta=step, gamma=gamma,
            maximum_iterations=30, info=True,
        )  # fmt: skip
        self.iterations += len(result["iterations"])
        if not result["converged"]:
            raise RuntimeError(f"DEVSIM did not converge in a {kind} step of {step:g} s")

    def _state(self) -> tuple[Array, Array, Array]:
        u, per_unit = self.unknowns, elementary_charge * self.unknowns.unit[0] * nm**2
        names = [electrode.contact.facets for electrode in self.model.electrodes]
        charge = [self.ds.get_contact_charge(device="device", contact=name, equation="Poisson") for name in names]
        ions = np.array([self.on_nodes(name) for name in self.names])
        return per_unit * np.array(charge), u.thermal_voltage * self.on_nodes("Potential"), u.unit[:, None] * ions

    def on_nodes(self, name: str) -> Array:
        return np.array(self.ds.get_node_model_values(**_WHERE, name=name))

    def on_edges(self, name: str) -> Array:
        return np.array(self.ds.get_edge_model_values(**_WHERE, name=name))

    def _set_nodes(self, name: str, values: Array) -> None:
        self.ds.node_solution(**_WHERE, name=name)
        self.ds.set_node_values(**_WHERE, name=name, values=values.tolist())

    def _set_edges(self, name: str, values: Array) -> None:
        self.ds.edge_solution(**_WHERE, name=name)
        self.ds.set_edge_values(**_WHERE, name=name, values=values.tolist())
