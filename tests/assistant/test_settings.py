from pathlib import Path

import pytest

from assistant.settings import Settings, SettingsError, describe_settings, load_settings
from ranking.long_tail import STRENGTH


def test_every_key_has_a_default_that_works(tmp_path: Path) -> None:
    settings = load_settings({"SHELFWISE_HOME": str(tmp_path)})
    assert settings.home == tmp_path
    assert settings.database == f"sqlite:///{tmp_path / 'shop.db'}"
    assert settings.host == "127.0.0.1"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "shelfwise.toml").write_text('shop_name = "File"\nport = 9000\n')
    settings = load_settings({"SHELFWISE_HOME": str(tmp_path), "SHELFWISE_PORT": "9001", "SHELFWISE_LOCALE": ""})
    assert (settings.shop_name, settings.port, settings.locale) == ("File", 9001, "en_US")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SHELFWISE_PORT", "abc", "valid integer"),
        ("SHELFWISE_PORT", "0", "greater than or equal to 1"),
        ("SHELFWISE_DEVICE", "tpu", "'auto', 'cpu', 'cuda' or 'mps'"),
        ("SHELFWISE_ANSWER_SECONDS", "-1", "greater than 0"),
        ("SHELFWISE_LOCALE", "english", "pattern"),
        ("SHELFWISE_EXPOSURE", "1.5", "less than or equal to 1"),
        ("SHELFWISE_EPSILON", "0", "greater than 0"),
        ("SHELFWISE_EPSILON", "inf", "finite"),
    ],
)
def test_a_wrong_value_names_key_value_and_what_was_expected(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings({name: value, "SHELFWISE_HOME": "/nonexistent"})
    assert name in str(error.value)
    assert repr(value) in str(error.value)
    assert expected in str(error.value)


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        load_settings({"SHELFWISE_PORT": "x", "SHELFWISE_CARDS": "99"})
    assert len(str(error.value).splitlines()) == 2


def test_a_misspelt_variable_is_told() -> None:
    with pytest.raises(SettingsError, match="SHELFWISE_PROT='1' is no setting"):
        load_settings({"SHELFWISE_PROT": "1"})


def test_a_misspelt_key_in_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "shelfwise.toml").write_text("prot = 1\n")
    with pytest.raises(SettingsError, match="prot in shelfwise.toml is no setting"):
        load_settings({"SHELFWISE_HOME": str(tmp_path)})


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "shelfwise.toml").write_text("port = = 1\n")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load_settings({"SHELFWISE_HOME": str(tmp_path)})


def test_a_secret_is_not_taken_from_the_file_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "shelfwise.toml").write_text('chat_api_key = "hunter2"\n')
    with pytest.raises(SettingsError, match="expected in the environment") as error:
        load_settings({"SHELFWISE_HOME": str(tmp_path)})
    assert "hunter2" not in str(error.value)
    assert "hunter2" not in repr(load_settings({"SHELFWISE_CHAT_API_KEY": "hunter2"}))


def test_every_setting_is_described() -> None:
    rows = describe_settings()
    assert len(rows) == len(Settings.model_fields)
    assert all(what for _, _, what in rows)


def test_a_wrong_value_of_the_command_line_is_told_as_its_option() -> None:
    environment = {"SHELFWISE_EPSILON": "3", "SHELFWISE_HOME": "/nonexistent"}
    with pytest.raises(SettingsError, match="^--epsilon is -1; input should be greater than 0"):
        load_settings(environment, {"epsilon": -1})
    assert load_settings(environment, {"epsilon": 1}).epsilon == 1


def test_exposure_control_is_as_strong_as_its_own_default() -> None:
    assert Settings().exposure == STRENGTH and Settings().epsilon is None


def test_a_help_desk_that_is_named_by_halves_is_told_with_what_it_lacks() -> None:
    with pytest.raises(SettingsError, match="webhook_url is 'https://x.example' without webhook_secret"):
        load_settings({"SHELFWISE_WEBHOOK_URL": "https://x.example"})
    whole = load_settings({"SHELFWISE_WEBHOOK_URL": "https://x.example", "SHELFWISE_WEBHOOK_SECRET": "s"})
    assert whole.help_desks == ("webhook",)
    with pytest.raises(
        SettingsError, match="without chatwoot_account, chatwoot_inbox, chatwoot_token, chatwoot_hook_token or"
    ):
        load_settings({"SHELFWISE_CHATWOOT_URL": "https://x.example"})


def test_agents_are_read_with_their_keys() -> None:
    settings = load_settings({"SHELFWISE_AGENT_KEYS": " Mia = mia-key-12345678901230, Tom=tom=key=1234567890,"})
    assert settings.agents == {"Mia": "mia-key-12345678901230", "Tom": "tom=key=1234567890"}
    assert load_settings({}).agents == {}


@pytest.mark.parametrize(
    "keys",
    [
        "Mia",
        "=key-1234567890123",
        "Mia=short",
        "Mia=key-1234567890123, Mia=key-9876543210123",
        "Mia=key-1234567890123,Tom=key-1234567890123",
    ],
)
def test_agents_that_cannot_be_told_apart_are_refused_without_their_keys(keys: str) -> None:
    with pytest.raises(SettingsError) as problem:
        load_settings({"SHELFWISE_AGENT_KEYS": keys})
    assert "key-1" not in str(problem.value) and "SHELFWISE_AGENT_KEYS is ***" in str(problem.value)
