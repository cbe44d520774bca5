"""Quantities, options made of signatures, and the commands of ``run.py``."""

import enum
import io
import json
import math
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import numpy as np
import pytest
from calls import SMALL_FILM, CommandLine, calls_from
from cyclopts.exceptions import CycloptsError
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from command_line.arguments import arguments_of, identity_of, recorded_values
from command_line.catalogue import Entry, built_in, built_in_names, built_in_summary
from command_line.options import scenario_app
from command_line.progress import done, duration, shown_progress
from command_line.quantities import format_quantity, parse_quantity
from fem.constants import Concentration, Energy, Volt, eV
from fem.evolve import StepReport
from fem.scenario import Scenario

ROOT = Path(__file__).parent.parent


@pytest.fixture
def command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Calls ``run.py`` with the given words; the working folder is `tmp_path`."""
    return calls_from(tmp_path, monkeypatch, capsys)


# --- quantities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("10V", "V", 10.0),
        ("-250 mV", "V", -0.25),
        ("+1.5e1V", "V", 15.0),
        ("20um", "m", 2e-5),
        ("20 µm", "m", 2e-5),  # micro sign
        ("20 μm", "m", 2e-5),  # Greek letter
        ("0.58eV", "J", 0.58 * eV),
        ("1e22/m^3", "1/m^3", 1e22),
        ("1e16/cm^3", "1/m^3", 1e22),
        ("1e16cm-3", "1/m^3", 1e22),
        ("1e16 cm**-3", "1/m^3", 1e22),
        ("6.5e-4 cm2/s", "m^2/s", 6.5e-8),
        ("1e21 cm^-3 s^-1", "1/m^3/s", 1e27),
        ("25 degC", "K", 298.15),
        ("1 kHz", "Hz", 1e3),
        ("2h", "s", 7200.0),
        ("24.1", "", 24.1),
        ("5 %", "", 0.05),
    ],
)
def test_a_quantity_is_read_in_any_unit_of_its_dimension(text: str, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-14, abs=0.0)


def test_a_decimal_number_of_micrometres_is_that_number_of_metres() -> None:
    assert [parse_quantity(f"{k}um", "m") for k in range(1, 50)] == [float(f"{k}e-6") for k in range(1, 50)]


@given(
    st.floats(1e-15, 1e30).map(lambda value: float(f"{value:.5g}")),
    st.sampled_from(["V", "m", "s", "K", "J", "m^2/s", "1/m^3", "Hz", "m/s", "1/m^3/s", "V/m", ""]),
)
@settings(deadline=None, max_examples=50)
def test_what_help_shows_as_default_can_be_typed_back(value: float, unit: str) -> None:
    assert parse_quantity(format_quantity(value, unit), unit) == pytest.approx(value, rel=1e-5, abs=0.0)


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.one_of(st.text(max_size=8), st.text("Vmsk^*/()-+. 012e_%°[]{}'\"=,;:!<>@#\\", max_size=8)),
)
@settings(deadline=None, max_examples=200)
def test_any_text_is_a_quantity_or_a_value_error(number: float, text: str) -> None:
    try:
        assert math.isfinite(parse_quantity(f"{number!r}{text}", "V"))
    except ValueError as error:
        assert str(error)


def test_quantities_are_shown_in_readable_units() -> None:
    shown = [(2e-5, "m"), (1.42e-7, "m"), (-0.25, "V"), (0.0, "V"), (0.58 * eV, "J"), (1e22, "1/m^3"), (3e-4, "s")]
    expected = ["20 um", "142 nm", "-250 mV", "0 V", "0.58 eV", "1e22 m^-3", "300 us"]
    assert [format_quantity(value, unit) for value, unit in shown] == expected


# --- options ----------------------------------------------------------------------------------------------------------


class Contacts(enum.Enum):
    BLOCKING = "blocking"
    RESERVOIR = "reservoir"


def declared(
    density: Concentration,
    bias: Volt = 2.0,
    barrier: Energy | None = None,
    permittivity: float = 24.1,
    grains: int = 142,
    light: bool = True,
    contacts: Contacts = Contacts.BLOCKING,
    geometry: Literal["plan", "section"] = "plan",
    grain_map: Path | None = None,
) -> Scenario:
    """Declare.

    Parameters
    ----------
    bias
        Voltage of the right electrode.
    """
    raise NotImplementedError


ENTRY = Entry("declared", "A film.\n\nMore about it.", declared)


def options_of(words: str) -> tuple[dict[str, object], dict[str, object]]:
    """What a run of ENTRY is given by the command line `words`."""
    received = []
    app = scenario_app(ENTRY, "run.py declared", lambda given, options: received.append((given, options)))
    command, bound, _ = app.parse_args(words.split(), print_error=False, exit_on_error=False)
    command(*bound.args, **bound.kwargs)
    return received[0]


def test_options_carry_units_and_become_arguments() -> None:
    given, options = options_of(
        "--density 1e16/cm^3 --bias -5V --barrier 0.58eV --permittivity 30 --grains 10 --no-light"
        " --contacts reservoir --geometry section --grain-map film.png --out there"
    )
    assert given == {
        "density": 1e22,
        "bias": -5.0,
        "barrier": pytest.approx(0.58 * eV),
        "permittivity": 30.0,
        "grains": 10,
        "light": False,
        "contacts": Contacts.RESERVOIR,
        "geometry": "section",
        "grain_map": Path("film.png"),
    }
    assert options == {"out": Path("there"), "strict": False, "quiet": False, "debug": False}


def test_a_choice_that_does_not_exist_is_answered_with_those_that_do() -> None:
    for words, choices in (("--contacts ohmic", ("blocking", "reservoir")), ("--geometry side", ("plan", "section"))):
        with pytest.raises(CycloptsError) as refusal:
            options_of(f"--density 1/m^3 {words}")
        assert all(choice in str(refusal.value) for choice in choices)


def test_a_negative_voltage_may_follow_an_equals_sign() -> None:
    assert options_of("--density 1/m^3 --bias=-250mV")[0]["bias"] == -0.25


def test_help_shows_units_defaults_and_the_docstring(capsys: pytest.CaptureFixture[str]) -> None:
    app = scenario_app(ENTRY, "run.py declared", lambda given, options: None)
    command, bound, _ = app.parse_args(["--help"], print_error=False, exit_on_error=False)
    command(*bound.args, **bound.kwargs)
    shown = re.sub(r"[\s│]+", " ", capsys.readouterr().out)
    for text in ("run.py declared", "More about it.", "--bias VOLTAGE", "Voltage of the right electrode.", "2 V"):
        assert text in shown
    assert "--barrier ENERGY" in shown and "--density CONCENTRATION" in shown and "blocking, reservoir" in shown


def test_arguments_survive_the_way_through_run_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    grain_map = ROOT / "data" / "grain_maps"
    given = {"density": 1e22, "contacts": Contacts.RESERVOIR, "grain_map": grain_map, "light": False}
    identity = identity_of(ENTRY, given)
    assert identity.parameters["bias"] == (2.0, "V") and identity.parameters["contacts"] == ("reservoir", "")
    assert identity.parameters["grain_map"] == ("data/grain_maps", "")
    through_json = type(identity).from_dict(json.loads(json.dumps(identity.as_dict())))
    defaults = {name: argument.default for name, argument in arguments_of(ENTRY).items()}
    assert recorded_values(ENTRY, through_json) == defaults | given


# --- progress ---------------------------------------------------------------------------------------------------------

TIMES = np.array([0.0, 1e-3, 1e-2, 1e-1, 1.0])


def test_progress_moves_evenly_over_decades_of_time() -> None:
    assert [done(time, TIMES) for time in (0.0, 1e-3, 1e-2, 1e-1, 1.0)] == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_times_are_told_in_units_that_fit() -> None:
    times = [0.0, 2e-9, 3.2e-5, 0.99999, 59.0, 60.0, 1e4, 2e5]
    assert [duration(t) for t in times] == ["0 ns", "2 ns", "32 us", "1 s", "59 s", "1 min", "2.78 h", "2.31 d"]


def test_the_bar_shows_time_and_step_on_a_terminal() -> None:
    console = Console(force_terminal=True, width=80, file=io.StringIO())
    with console.capture() as printed, shown_progress(TIMES, console, quiet=False) as on_step:
        on_step(StepReport(time=1e-2, step=2e-3, end_time=1.0))
    shown = printed.get()
    assert "10 ms" in shown and "50%" in shown and "step 2 ms" in shown and "left" in shown


@pytest.mark.parametrize("quiet", [True, False])
def test_progress_elsewhere_is_a_line_now_and_then(quiet: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    console, clock = Console(force_terminal=False, width=100, file=io.StringIO()), iter([0.0, 5.0, 12.0, 15.0])
    monkeypatch.setattr("command_line.progress.time", SimpleNamespace(monotonic=lambda: next(clock)))
    with console.capture() as printed, shown_progress(TIMES, console, quiet=quiet) as on_step:
        for time in (1e-3, 1e-2, 1e-1):
            on_step(StepReport(time, 2e-3, 1.0))
    expected = "" if quiet else "t = 10 ms (50%), step 2 ms, about 12 s left\n"
    assert printed.get() == expected


# --- commands ---------------------------------------------------------------------------------------------------------


def test_list_shows_every_scenario_with_its_first_line(command_line: CommandLine) -> None:
    answer = command_line("list")
    assert answer.code == 0
    assert [line.split()[0] for line in answer.out.splitlines()] == built_in_names()
    assert all(built_in_summary(name) and built_in_summary(name) in answer.out for name in built_in_names())


def test_help_and_version_are_shown(command_line: CommandLine) -> None:
    for words in ([], ["--help"]):
        answer = command_line(*words)
        assert answer.code == 0 and "resume" in answer.out and "lateral_bias" in answer.out
        assert "Draw the film of a scenario" in answer.out
    assert f"version: {command_line('--version').out.strip()}\n" in (ROOT / "CITATION.cff").read_text()


@pytest.mark.parametrize("name", built_in_names())
def test_every_argument_of_every_scenario_is_explained(name: str, command_line: CommandLine) -> None:
    entry = built_in(name)
    shown = re.sub(r"[\s│]+", " ", command_line(name, "--help").out)
    assert entry.summary and entry.summary in shown
    for argument in arguments_of(entry):
        option = "--" + argument.replace("_", "-")
        assert re.search(rf"{option} [^\[]*[a-z]{{2}}[^\[]*(\[choices: [^\]]*\] )?\[default", shown), option


def test_a_run_says_what_happened_and_leaves_its_folder(command_line: CommandLine, tmp_path: Path) -> None:
    answer = command_line(SMALL_FILM, "--bias", "250mV", "--end-time", "1ms")
    assert answer.code == 0 and "Debye length" in answer.out and "results in results/small_film" in answer.out
    picture = "results/small_film/figures/microstructure.png"
    assert f"film drawn in {picture}" in answer.out and (tmp_path / picture).is_file()
    record = json.loads((tmp_path / "results" / "small_film" / "run.json").read_text())
    assert record["parameters"]["bias"] == {
        "value": 0.25, "unit": "V", "meaning": "Voltage of the right electrode from t = 0.",
            "source": "set by the user; the default is 500 mV",
    }  # fmt: skip
    assert record["status"] == "finished"
    quiet = command_line(SMALL_FILM, "--end-time", "10us", "--quiet", "--out", "quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    assert (tmp_path / "quiet" / "run.json").is_file()


def test_ctrl_c_says_how_to_continue_and_resume_does(
    command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(report: StepReport) -> None:
        if report.time > 1e-4:
            raise KeyboardInterrupt

    whole = command_line(SMALL_FILM, "--end-time", "1ms", "--out", "whole")
    with monkeypatch.context() as patch:
        patch.setattr("command_line.progress._lines", lambda times, console: interrupt)
        stopped = command_line(SMALL_FILM, "--end-time", "1ms", "--out", "stopped")
    assert stopped.code == 130 and "run.py resume stopped" in stopped.err
    continued = command_line("resume", "stopped", "--scenario", SMALL_FILM)
    assert whole.code == continued.code == 0
    series = [(tmp_path / folder / "timeseries.csv").read_bytes() for folder in ("whole", "stopped")]
    assert series[0] == series[1]


def test_ctrl_c_in_a_callback_that_drops_it_stops_the_run(
    command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dropping:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    def press(report: StepReport) -> None:
        if report.time > 1e-4:
            Dropping()

    before = signal.getsignal(signal.SIGINT), sys.unraisablehook
    monkeypatch.setattr("command_line.progress._lines", lambda times, console: press)
    answer = command_line(SMALL_FILM, "--end-time", "1ms", "--out", "run on Grün")
    assert answer.code == 130 and "run.py resume 'run on Grün'" in answer.err and "ignored" not in answer.err
    assert json.loads((tmp_path / "run on Grün" / "run.json").read_text())["status"] == "stopped"
    assert (signal.getsignal(signal.SIGINT), sys.unraisablehook) == before


def test_ctrl_c_before_there_is_a_folder_promises_nothing(
    command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text('{"status": "stopped"}')
    monkeypatch.setattr("fem.results.record.new_folder", interrupt)
    for folder in ("new", "run"):
        answer = command_line(SMALL_FILM, "--quiet", "--out", folder)
        assert answer.code == 130 and answer.err.splitlines()[-1] == "stopped"


def test_ctrl_c_while_the_program_loads_ends_it_quietly(tmp_path: Path) -> None:
    (tmp_path / "cyclopts.py").write_text("raise KeyboardInterrupt")
    program = f"import runpy, sys; sys.path.insert(0, {str(tmp_path)!r}); runpy.run_path('run.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_debug_shows_where_an_error_arose(command_line: CommandLine) -> None:
    answer = command_line(SMALL_FILM, "--width=-1nm", "--debug")
    assert answer.code == 2 and "Traceback" in answer.err and "voronoi" in answer.err


def test_a_fault_of_the_program_is_told_apart(command_line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("command_line.commands.identity_of", lambda entry, given: {"no": 1}["fault"])
    answer = command_line(SMALL_FILM)
    assert (
        answer.code == 1
        and answer.err.startswith("error: KeyError in test_command_line.py")
        and "--debug" in answer.err
    )


def test_the_list_needs_no_mesher_and_no_solver() -> None:
    loaded = "{'gmsh', 'skfem', 'pint'} & {*sys.modules}"
    check = f"import sys; from command_line.app import main; main(['list']); print({loaded})"
    printed = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert printed.stdout.splitlines()[-1] == "set()"


# --- readme -----------------------------------------------------------------------------------------------------------


def test_the_scenario_in_the_readme_runs(command_line: CommandLine, tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    (tmp_path / "my_film.py").write_text(example)
    answer = command_line("my_film.py", "--bias", "3V", "--quiet")
    assert answer.code == 0, answer.err
