"""Every parameter of a report says where its value comes from, and the file that knows it is the only one."""

import importlib.util
import re
from pathlib import Path

import pytest

from command_line.arguments import arguments_of, default_of, identity_of
from command_line.catalogue import Entry, built_in, built_in_names, from_file
from command_line.sources import Sources
from fem.results.parameter_table import linked, parameters
from fem.results.run_facts import references

ROOT = Path(__file__).parent.parent
OWN = '''"""A film of my own."""

from fem.constants import Energy, Volt, V, eV


def scenario(bias: Volt = 2 * V, barrier: Energy = 0.4 * eV, grains: int = 3):
    """Declare it.

    Parameters
    ----------
    bias, barrier
        What is applied and what is hopped over.
    """
'''
SAYS = r"doi:10\.|assumption|fitted|choice|experiment|measured|the whole map|that of the grain map"


@pytest.fixture
def own(tmp_path: Path) -> Entry:
    """A scenario file of a user."""
    (tmp_path / "mine.py").write_text(OWN)
    return from_file(tmp_path / "mine.py")


@pytest.mark.parametrize("name", built_in_names())
def test_every_default_has_a_source_or_is_called_an_assumption_or_a_choice(name: str) -> None:
    identity = identity_of(built_in(name), {})
    unsaid = [one for one in identity.parameters if not re.search(SAYS, identity.sources.get(one, ""))]
    assert unsaid == []


def test_no_source_belongs_to_a_default_that_does_not_exist() -> None:
    stated = Sources.read(ROOT / "scenarios" / "sources.toml")
    known = {
        (argument.name, default_of(argument))
        for name in built_in_names()
        for argument in arguments_of(built_in(name)).values()
    }
    assert {(name, default) for name, found in stated.defaults.items() for default in found} <= known
    unsourced = {name for name, default in known if default not in stated.defaults.get(name, {})}
    assert set(stated.choices) == unsourced


def test_the_page_of_parameters_shows_the_same_sources() -> None:
    """`.venv/bin/python docs/source_table.py` brings it up to date."""
    spec = importlib.util.spec_from_file_location("source_table", ROOT / "docs" / "source_table.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert script.with_sources(page) == page
    assert "[doi:10.1038/ncomms8497](https://doi.org/10.1038/ncomms8497)" in page.split(script.START)[1]


def test_what_the_user_sets_is_not_given_the_source_of_the_default() -> None:
    changed = identity_of(built_in("lateral_bias"), {"grain_barrier": 9e-20, "bias": 2.0})
    assert changed.sources["grain_barrier"] == "set by the user; the default is 0.58 eV"
    assert changed.sources["bias"] == "choice of the experiment"  # 2 V, as by default
    assert "Futscher" in changed.sources["boundary_barrier"]
    assert not any("Eames" in words for words in changed.sources.values())


def test_sources_go_through_run_json_into_the_references() -> None:
    identity = identity_of(built_in("lateral_bias"), {})
    back = type(identity).from_dict(identity.as_dict())
    assert back.sources == identity.sources
    assert "10.1038/ncomms8497" in references(identity.doc, *identity.sources.values())


def test_a_scenario_of_ones_own_states_sources_in_a_file_beside_it(own: Entry) -> None:
    assert identity_of(own, {}).sources == {}
    shown = parameters(identity_of(own, {}).as_dict()["parameters"])  # type: ignore[arg-type]
    assert shown.count("source not stated") == 3
    Path(own.source).with_name("sources.toml").write_text(
        '[defaults.barrier]\n"0.4 eV" = "fit to my film, doi:10.1000/mine."\n[choices]\n"choice" = ["bias"]\n'
    )
    assert identity_of(own, {"bias": 3.0}).sources == {
        "bias": "set by the user; the default is 2 V", "barrier": "fit to my film, doi:10.1000/mine.",
    }  # fmt: skip
    assert identity_of(own, {}).sources["bias"] == "choice"


@pytest.mark.parametrize(
    "text",
    ["not TOML at all", "[defaults]\nbarrier = 3\n", "[choices]\nchoice = 'bias'\n", "[source]\nbias = 'me'\n",
     '[choices]\n"one" = ["bias"]\n"two" = ["bias"]\n'],
)  # fmt: skip
def test_a_file_of_sources_that_cannot_be_read_is_named(text: str, own: Entry) -> None:
    Path(own.source).with_name("sources.toml").write_text(text)
    with pytest.raises(ValueError, match=r"sources\.toml"):
        identity_of(own, {})


def test_publications_in_a_source_are_links_and_nothing_else_is() -> None:
    assert linked("(A, doi:10.1039/C9MH00445A; as arXiv:1804.07554.)") == (
        '(A, <a href="https://doi.org/10.1039/C9MH00445A">doi:10.1039/C9MH00445A</a>; as '
        '<a href="https://arxiv.org/abs/1804.07554">arXiv:1804.07554</a>.)'
    )
    nasty = linked('<b> doi:"onclick=x <i>javascript:alert(1)</i> doi:10.1/&amp;')
    assert "<b>" not in nasty and "<i>" not in nasty and 'href="javascript' not in nasty
    assert nasty.count("<a ") == 1 and nasty.endswith(">doi:10.1/&amp;amp</a>;")
