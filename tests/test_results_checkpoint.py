"""Checkpoints keep every bit, and are refused where they do not belong."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from films_for_results import IDENTITY, LIGHT, lined_contact, lined_film, two_grain_mesh, two_grains

import fem.results.record as record_module
from fem.constants import eV
from fem.evolve import evolve
from fem.physics.contacts import Coating, ElectrodeReaction, Reservoir
from fem.physics.drives.drive import table
from fem.physics.materials import MAPbI3
from fem.physics.species import Sublattice
from fem.results.record import resume_run, run_scenario
from fem.scenario import Scenario
from fem.storage.checkpoint import Checkpoint, Fingerprint, load_checkpoint, model_fingerprint, save_checkpoint
from fem.storage.run_record import read_identity

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without pictures, which have their own tests."""
    monkeypatch.setattr(record_module, "draw_figures", lambda scenario, directory: [])


def checkpoint_of(scenario: Scenario, outputs: int) -> Checkpoint:
    output = next(o for o in evolve(scenario.model, scenario.times) if o.index == outputs - 1)
    return Checkpoint(output.restart, output.statistics)


def test_checkpoint_keeps_every_bit(tmp_path: Path) -> None:
    scenario = two_grains()
    saved = checkpoint_of(scenario, 3)
    save_checkpoint(tmp_path, Fingerprint.of(scenario), saved)
    loaded = load_checkpoint(tmp_path, scenario)
    assert loaded is not None
    np.testing.assert_array_equal(loaded.restart.cursor.values, saved.restart.cursor.values)
    assert loaded.restart.as_arrays()["numbers"].tolist() == saved.restart.as_arrays()["numbers"].tolist()
    assert loaded.statistics == saved.statistics
    assert loaded.outputs == 3


def test_checkpoint_of_another_mesh_or_model_is_refused(tmp_path: Path) -> None:
    scenario = two_grains()
    save_checkpoint(tmp_path, Fingerprint.of(scenario), checkpoint_of(scenario, 2))
    for other, words in (
        (two_grains(two_grain_mesh(columns=18)), "another mesh"),
        (two_grains(times=[0, 1e-3, 1.0]), "other parameters"),
        (two_grains(electrodes=("bottom", "top")), "other parameters"),
    ):
        with pytest.raises(ValueError, match=words):
            load_checkpoint(tmp_path, other)


CHANGED: dict[str, Callable[[], Scenario]] = {
    "barrier of the boundary": lambda: lined_film(boundary_barrier=0.21 * eV),
    "barrier of the surface": lambda: lined_film(surface_barrier=0.26 * eV),
    "width of the boundary": lambda: lined_film(width=5e-9),
    "sites": lambda: lined_film(sites=Sublattice("iodide", 1e28)),
    "permittivity": lambda: lined_film(material=replace(MAPbI3, relative_permittivity=24.2)),
    "permittivity of a grain": lambda: lined_film(
        material=replace(MAPbI3, relative_permittivity={"grain_0": 24.1, "grain_1": 24.2})
    ),
    "fixed charge": lambda: lined_film(material=replace(MAPbI3, fixed_charge=1e18)),
    "inner point of a table": lambda: lined_film(contact=lined_contact(middle=0.51)),
    "voltage before": lambda: lined_film(contact=lined_contact(before=0.1)),
    "rate of exchange": lambda: lined_film(contact=lined_contact(law=Reservoir(2e-9, 1e22))),
    "law of exchange": lambda: lined_film(contact=lined_contact(law=ElectrodeReaction(1e-9, 1e22))),
    "coating": lambda: lined_film(contact=lined_contact(coating=Coating(1e-9, 4.0))),
    "light": lambda: lined_film(light=replace(LIGHT, generation=2e27)),
}


@pytest.fixture(scope="module")
def lined_fingerprint() -> str:
    return model_fingerprint(lined_film())


@pytest.mark.parametrize("what", CHANGED)
def test_fingerprint_sees_every_part_of_the_model(lined_fingerprint: str, what: str) -> None:
    assert model_fingerprint(CHANGED[what]()) != lined_fingerprint


def test_fingerprint_does_not_see_the_last_digits(lined_fingerprint: str) -> None:
    rounded = replace(MAPbI3, relative_permittivity=24.1 * (1 + 4e-16))
    assert rounded.relative_permittivity != MAPbI3.relative_permittivity
    assert model_fingerprint(lined_film(0.2 * eV * (1 + 4e-16), material=rounded)) == lined_fingerprint


def test_fingerprint_sees_a_pulse_between_two_samples() -> None:
    def pulsed(height: float) -> Scenario:
        drive = table([0, 0.50001, 0.500015, 0.50002, 3], [0, 0, height, 0, 0])
        return lined_film(contact=replace(lined_contact(), potential=drive))

    assert model_fingerprint(pulsed(1.0)) != model_fingerprint(pulsed(0.9))


def test_fingerprint_sees_a_flash_between_two_samples() -> None:
    def flashed(end: float) -> Scenario:
        scenario = lined_film()
        flash = table([0, 0.50001, 0.50001, end, end, 3], [0, 0, 1, 1, 0, 0])
        return replace(scenario, model=replace(scenario.model, light=replace(flash, description="a flash")))

    assert model_fingerprint(flashed(0.500015)) != model_fingerprint(flashed(0.500016))


def test_checkpoint_of_an_older_version_is_refused(tmp_path: Path) -> None:
    scenario = two_grains()
    save_checkpoint(tmp_path, Fingerprint.of(scenario), checkpoint_of(scenario, 2))
    with np.load(tmp_path / "checkpoint.npz") as archive:
        arrays = dict(archive)
    arrays["restart_numbers"] = arrays["restart_numbers"][:7]
    np.savez(tmp_path / "checkpoint.npz", allow_pickle=False, **arrays)
    with pytest.raises(ValueError, match=r"older version.*run the scenario again"):
        load_checkpoint(tmp_path, scenario)


def spoil(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "flipped":
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :])
    elif how == "empty":
        path.write_bytes(b"")
    else:
        np.savez(path, outputs=np.array([{"a": 1}], dtype=object))  # pickled: never to be opened


@pytest.mark.parametrize("how", ["cut", "flipped", "empty", "pickled"])
def test_damaged_checkpoint_is_refused(tmp_path: Path, how: str) -> None:
    scenario = two_grains()
    save_checkpoint(tmp_path, Fingerprint.of(scenario), checkpoint_of(scenario, 2))
    spoil(tmp_path / "checkpoint.npz", how)
    with pytest.raises(ValueError, match=r"checkpoint\.npz is damaged .*run the scenario again"):
        load_checkpoint(tmp_path, scenario)


def test_resume_refuses_what_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not a results folder: there is no such folder"):
        resume_run(two_grains(), tmp_path / "nowhere")
    run_scenario(two_grains(), IDENTITY, tmp_path / "run")
    (tmp_path / "run" / "fields.vtkhdf").write_bytes(b"spoiled")
    with pytest.raises(ValueError, match="cannot be continued"):
        resume_run(two_grains(), tmp_path / "run")
    (tmp_path / "run" / "run.json").write_text("{")
    with pytest.raises(ValueError, match=r"run\.json is damaged"):
        resume_run(two_grains(), tmp_path / "run")
    (tmp_path / "run" / "run.json").write_text('{"scenario": "x"}')
    with pytest.raises(ValueError, match=r"run\.json is damaged: KeyError"):
        read_identity(tmp_path / "run")
