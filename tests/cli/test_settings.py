"""A wrong setting stops every command with a sentence that names it, and exit code 2."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from fediprof.cli.config import as_toml
from fediprof.settings import Settings, load_settings
from tests.cli.conftest import Fediprof

WRONG = [
    ('host = "https://name.example"', "host"),
    ('host = "Name Example"', "host"),
    ('host = "name.example:8443"', "host"),
    ('account_domain = "user@name.example"', "account_domain"),
    ('database = "mysql://name"', "database"),
    ('listen = "8000"', "listen"),
    ('listen = "127.0.0.1:99999"', "listen"),
    ('development = "perhaps"', "development"),
    ('language = "de"', "language"),
    ("language = 3", "language"),
    ('upload_mb = "much"', "upload_mb"),
    ("upload_mb = 0", "upload_mb"),
    ("entry_ceiling = -1", "entry_ceiling"),
    ("workers = -1", "workers"),
    ('log = "loud"', "log"),
    ('founders = "everybody"', "founders"),
    ('front_group = "@Industry"', "front_group"),
    ('metrics_from = "everywhere"', "metrics_from"),
    ('certificates = "/there/is/none.pem"', "certificates"),
    ('host = "name.example"\ndev_hosts = "a=127.0.0.1:1"', "dev_hosts"),
    ('dev_hosts = "a=b=c"', "dev_hosts"),
    ('hots = "name.example"', "hots"),
    ("this is no TOML", "fediprof.toml"),
]


@pytest.mark.parametrize(("text", "named"), WRONG, ids=[text.replace("\n", " ") for text, _ in WRONG])
def test_a_wrong_setting_stops_the_start_with_a_sentence_that_names_it(
    fediprof: Fediprof, text: str, named: str
) -> None:
    Path("fediprof.toml").write_text(text, "utf-8")
    result = fediprof("serve", code=2)
    assert named in result.stderr
    assert not Path("data").exists()


def test_a_wrong_environment_variable_is_named_too(fediprof: Fediprof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDIPROF_UPLOAD_MB", "many")
    assert "upload_mb: 'many'" in fediprof("serve", code=2).stderr


def test_a_settings_file_that_is_not_there_is_named(fediprof: Fediprof) -> None:
    assert "none.toml" in fediprof("--config", "none.toml", "member", "list", code=2).stderr


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/nothing", "sqlite:////proc/nothing/here.sqlite3"])
def test_a_database_that_cannot_be_reached_is_a_sentence(
    fediprof: Fediprof, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("FEDIPROF_DATABASE", url)
    said = fediprof("member", "list", code=2).stderr
    assert said.startswith("fediprof: ")
    assert said.count("\n") == 1


def test_the_file_written_explains_every_setting_and_changes_none(tmp_path: Path) -> None:
    # Given the file as written with a few choices
    chosen = {"host": "name.example", "upload_mb": 7, "secure_fetch": True, "name": 'Chez "Léa"\\'}
    path = tmp_path / "fediprof.toml"
    path.write_text(as_toml(chosen), "utf-8")
    # Then what it sets is what was chosen, and nothing else
    assert tomllib.loads(path.read_text("utf-8")) == chosen
    # And every setting is explained in it, with a default that can be uncommented
    text = path.read_text("utf-8")
    for each in fields(Settings):
        assert f"\n{each.name} = " in text or f"\n#{each.name} = " in text, each.name
        assert each.metadata["doc"].split()[0] in text
    path.write_text(text.replace("\n#", "\n"), "utf-8")
    uncommented = "\n".join(
        line for line in path.read_text("utf-8").splitlines() if not line.startswith(" ") and " = " in line
    )
    path.write_text(uncommented, "utf-8")
    loaded = load_settings(path, {})
    assert loaded.host == "name.example"
    assert loaded.upload_mb == 7
    assert loaded.listen == Settings().listen


def test_init_refuses_before_it_writes(fediprof: Fediprof) -> None:
    assert "host" in fediprof("init", "--host", "https://name.example", code=2).stderr
    assert not Path("fediprof.toml").exists()
    assert "Letters a to z" in fediprof("init", "--host", "name.example", "--member", "Léa M.", code=2).stderr
    assert not Path("fediprof.toml").exists()


def test_init_leaves_a_settings_file_that_is_there(fediprof: Fediprof) -> None:
    Path("fediprof.toml").write_text('host = "name.example"\n', "utf-8")
    assert "exists already" in fediprof("init", "--host", "other.example", code=2).stderr
    assert Path("fediprof.toml").read_text("utf-8") == 'host = "name.example"\n'


def test_an_unknown_command_and_a_missing_argument_end_with_2(fediprof: Fediprof) -> None:
    assert "No such command" in fediprof("dance", code=2).stderr
    assert "Missing argument" in fediprof("post", code=2).stderr
    assert "Invalid value" in fediprof("post", "x", "--visibility", "secret", code=2).stderr


def test_every_command_explains_itself(fediprof: Fediprof) -> None:
    from fediprof.cli.main import COMMANDS

    told = fediprof("--help").stdout
    for name in COMMANDS:
        assert name in told
        assert fediprof(name, "--help").stdout.startswith("Usage: ")
