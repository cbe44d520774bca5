"""A small film of a few grains between two electrodes, coarse and quick.

Iodide vacancies in MAPbI3, doi:10.1039/C5EE01265A.
"""

from fem.constants import Concentration, Energy, Kelvin, Metre, Second, V, Volt, eV, nm, s
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.scenario import Scenario, logarithmic_times
from meshes.grains.voronoi import voronoi
from meshes.size_field import MeshSizes
from meshes.triangulate import triangulate


def scenario(
    bias: Volt = 0.5 * V,
    width: Metre = 400 * nm,
    height: Metre = 200 * nm,
    grains: int = 4,
    density: Concentration = 1e23,
    barrier: Energy = 0.58 * eV,
    temperature: Kelvin = 300.0,
    end_time: Second = 1 * s,
    electrode: str = "right",
    seed: int = 1,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    bias
        Voltage of the right electrode from t = 0.
    width
        Distance between the electrodes.
    height
        Length of the electrodes.
    grains
        Number of grains.
    density
        Concentration of iodide vacancies.
    barrier
        Activation energy inside grains.
    temperature
        Temperature of the film.
    end_time
        Length of the experiment.
    electrode
        Side on which the voltage is applied.
    seed
        Seed of the film.
    """
    film = voronoi(width, height, grains=grains, seed=seed)
    mesh = triangulate(film, MeshSizes(electrode=4 * nm, boundary=20 * nm, interior=40 * nm))
    vacancy = Species("iodide vacancy", 1, density, 6.5e-8, {"grain_interior": barrier, "grain_boundary": 0.3 * eV})
    contacts = [Contact("left", 0.0), Contact(electrode, step(bias))]
    model = PoissonNernstPlanck(mesh, MAPbI3, [vacancy], contacts, temperature, [boundary_lines(4 * nm)])
    return Scenario(model, logarithmic_times(1e-6, end_time, per_decade=1))
