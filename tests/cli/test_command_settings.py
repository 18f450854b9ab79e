"""Settings of the environment and of .env: what each may be, and what a command says where one cannot be used."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from creator_assets.settings import WrongSettingError, from_environment
from tests.cli.checkout import Checkout


def test_a_key_that_is_set_keeps_the_sandbox_off_and_is_never_shown(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    key = "sk-canary-live-0123456789"
    # Nobody listens there: whatever is sent in spite of everything reaches no provider.
    nowhere = {"INFLUENCERS_CLUB_BASE_URL": "http://127.0.0.1:9"}
    findings = home.json("doctor", code=1, INFLUENCERS_CLUB_API_KEY=key, **nowhere)
    said = {finding["subject"]: finding for finding in findings}
    assert said["key of influencers_club"]["is_well"]
    missing = "INFLUDATA_API_KEY is not set, and the budget of uk-gaming-tiktok counts on influData."
    assert said["key of infludata"]["message"].startswith(missing)
    limit = "INFLUENCERS_CLUB_CREDIT_LIMIT is not set or 0, so nothing may be spent."
    assert said["limit of influencers_club"]["message"].startswith(limit)
    assert "realm live" in said["ledger"]["message"]
    plan = home.run("plan", code=3, INFLUENCERS_CLUB_API_KEY=key, **nowhere)
    assert "do not fit" in plan.stdout  # no limit is stated, so that nothing may be spent
    mixed = home.run("plan", "--universe", "creators.parquet", code=1, INFLUENCERS_CLUB_API_KEY=key, **nowhere)
    assert "--universe is for the sandbox" in mixed.stderr
    for done in (plan, mixed):
        assert key not in done.stdout + done.stderr
    written = [path.read_bytes() for path in home.home.rglob("*") if path.is_file()]
    assert not [content for content in written if key.encode() in content]


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("INFLUDATA_BILLING_DAY", "monday", "a whole number is expected, between 1 and 28"),
        ("INFLUDATA_BILLING_DAY", "31", "a whole number is expected, between 1 and 28"),
        ("INFLUENCERS_CLUB_FIRST_PAGE", "2", "a whole number is expected, between 0 and 1"),
        ("INFLUDATA_CREDIT_LIMIT", "many", "at most six decimals"),
        ("INFLUDATA_CREDIT_LIMIT", "-5", "an amount of credits lies between 0 and 1,000,000,000"),
        ("INFLUDATA_CREDIT_LIMIT", "1e30", "an amount of credits lies between 0 and 1,000,000,000"),
        ("INFLUDATA_NOTIFY_AT", "80", "a share between 0 and 1 is expected"),
        ("INFLUDATA_NOTIFY_AT", "nan", "a share between 0 and 1 is expected"),
        ("INFLUDATA_IS_TRIAL", "yes", "true or false is expected"),
    ],
)
def test_a_setting_that_means_nothing_is_named_with_what_is_expected(variable: str, value: str, expected: str) -> None:
    with pytest.raises(WrongSettingError, match=f"^{variable} cannot be used: .*{expected}"):
        from_environment({variable: value})


def test_a_setting_that_a_provider_does_not_have_is_reported(tmp_path: Path) -> None:
    assert from_environment({"KEYAPI_IS_TRIAL": "true"}).accounts["keyapi"].is_trial is False
    home = Checkout(tmp_path)
    (tmp_path / ".env").write_text("KEYAPI_IS_TRIAL=true\n")
    (message,) = [finding["message"] for finding in home.json("doctor", code=1) if not finding["is_well"]]
    assert message.startswith(".env sets KEYAPI_IS_TRIAL, which is not read.")


def test_settings_may_stand_between_blanks_and_in_capitals() -> None:
    environ = {"INFLUDATA_IS_TRIAL": " TRUE ", "INFLUDATA_CREDIT_LIMIT": " 250 "}
    data = from_environment(environ).accounts["infludata"]
    assert (data.is_trial, data.credit_limit) == (True, "250")


def test_a_command_ends_in_a_sentence_where_a_setting_means_nothing(tmp_path: Path) -> None:
    said = Checkout(tmp_path).run("plan", code=1, INFLUENCERS_CLUB_BILLING_DAY="31").stderr
    assert "INFLUENCERS_CLUB_BILLING_DAY cannot be used: a whole number is expected" in said


def test_a_key_of_blanks_is_none_and_odd_or_short_ones_are_found_without_showing_them(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    keys = {"INFLUDATA_API_KEY": "   ", "INFLUTICS_API_KEY": "two\nlines-of-a-key-0123", "KEYAPI_API_KEY": "zq7"}
    done = home.run("doctor", "--json", code=1, **keys)
    said = {finding["subject"]: finding["message"] for finding in json.loads(done.stdout) if not finding["is_well"]}
    assert said["key of infludata"].startswith("INFLUDATA_API_KEY is not set, and the budget of")
    assert "INFLUTICS_API_KEY holds a character that no key can have" in said["key of influtics"]
    assert "KEYAPI_API_KEY has only 3 characters" in said["key of keyapi"]
    assert not [part for part in ("two", "0123", "zq7") if part in done.stdout + done.stderr]
    assert "sandbox" in home.json("doctor", INFLUDATA_API_KEY=" \t")[2]["message"]


def test_a_mistyped_name_in_the_settings_is_found(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    (tmp_path / ".env").write_text("CREATOR_ASSETS_PRICE=p.yaml\nMODASH_API_KEY=x\nAWS_ACCESS_KEY_ID=y\n")
    mistyped, unknown = [finding["message"] for finding in home.json("doctor", code=1) if not finding["is_well"]]
    assert mistyped.startswith(".env sets CREATOR_ASSETS_PRICE, which is not read. Did you mean CREATOR_ASSETS_PRICES?")
    assert unknown == ".env sets MODASH_API_KEY, which is not read. .env.example lists all."
    findings = home.json("doctor", code=1, INFLUDATA_CREDT_LIMIT="5", OTHER_API_KEY="x")
    (message,) = [one["message"] for one in findings if "environment" in one["message"]]
    assert message.startswith("The environment sets INFLUDATA_CREDT_LIMIT, which is not read. Did you mean INFLUDATA_")


def test_the_doctor_names_every_wrong_setting_at_once_and_opens_nothing(tmp_path: Path) -> None:
    wrong = {"INFLUDATA_BILLING_DAY": "31", "KEYAPI_NOTIFY_AT": "7"}
    findings = Checkout(tmp_path).json("doctor", code=1, **wrong)
    messages = " ".join(finding["message"] for finding in findings if not finding["is_well"])
    assert all(f"{variable} cannot be used: " in messages for variable in wrong)
    assert "What follows from them was not checked." in messages
    assert not list((tmp_path / "data").glob("ledger-*"))


def test_one_key_is_enough_where_no_brief_counts_on_another_provider(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    for brief in (tmp_path / "campaigns").iterdir():
        brief.unlink()
    (tmp_path / "campaigns" / "small.yaml").write_text(
        "brief: {market: Germany, start: 2026-11-02, end: 2027-06-27, currency: EUR}\n"
        "budget: {influencers_club: 10}\n"
        "roster: [{platform: instagram, handle: someone}]\nshortlist: {top: 1}\n"
        "profiles: {depth: full, provider: influencers_club}\n"
    )
    home.environ |= {"INFLUENCERS_CLUB_API_KEY": "sk-canary-live-0123456789", "INFLUENCERS_CLUB_CREDIT_LIMIT": "10"}
    said = {one["subject"]: one["message"] for one in home.json("doctor")}
    assert said["key of keyapi"] == "KEYAPI_API_KEY is not set. No brief has a budget for KeyAPI."
    insecure = home.json("doctor", code=1, INFLUENCERS_CLUB_BASE_URL="http://secret.example.com")
    (message,) = [one["message"] for one in insecure if not one["is_well"]]
    assert message.startswith("INFLUENCERS_CLUB_BASE_URL does not start with https://")
    assert "secret" not in message
    for nonsense in ("http://[::1", "https://"):
        (message,) = [
            one["message"]
            for one in home.json("doctor", code=1, INFLUENCERS_CLUB_BASE_URL=nonsense)
            if not one["is_well"]
        ]
        assert message.startswith("INFLUENCERS_CLUB_BASE_URL is no address.")
    realm = home.run("budget", code=1, CREATOR_ASSETS_REALM="LIVE ").stderr
    assert "CREATOR_ASSETS_REALM cannot be used: lower-case letters" in realm


def test_every_fault_of_a_brief_is_said_once(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    brief = tmp_path / "campaigns" / "berlin-fitness.yaml"
    brief.write_text(brief.read_text().replace("budget:", "budgte:"))
    for command in (("doctor",), ("backfill", "shortlist", "--from", "2026-11-30")):
        done = home.run(*command, code=1)
        assert (done.stdout + done.stderr).count("budgte: unknown field") == 1


def test_settings_that_are_no_text_end_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("INFLUDATA_API_KEY=x".encode("utf-16"))
    assert ".env cannot be read (it is not UTF-8)" in Checkout(tmp_path).run("budget", code=1).stderr


def test_a_folder_of_state_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    said = Checkout(tmp_path).run("budget", code=1, CREATOR_ASSETS_DATA="taken").stderr
    assert "The data folder taken cannot be created (File exists). Set CREATOR_ASSETS_DATA" in said


def test_a_ledger_in_a_foreign_database_is_refused_and_makes_no_folder(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    said = home.run("budget", code=1, CREATOR_ASSETS_LEDGER="mysql://jane:secret@db/ledger").stderr
    assert "no ledger can be kept at a mysql:// address" in said
    assert "secret" not in said
    assert not (tmp_path / "mysql:").exists()


def test_files_of_answers_and_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    assert all(finding["is_well"] for finding in home.json("doctor"))
    (ledger,) = (tmp_path / "data").glob("ledger-*.sqlite")
    written = [path for path in tmp_path.glob("data/ledger-*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    ledger.chmod(0o640)
    (said_of_ledger,) = [one["message"] for one in home.json("doctor", code=1) if not one["is_well"]]
    name = f"data/{ledger.name}"
    assert said_of_ledger == f"{name} can be read by other users. Run: chmod 600 {name}"
    (tmp_path / ".env").write_text("INFLUDATA_API_KEY=\n")
    (tmp_path / ".env").chmod(0o644)
    assert len([one for one in home.json("doctor", code=1) if not one["is_well"]]) == 1  # it holds no key
    (tmp_path / ".env").write_text("INFLUDATA_API_KEY=sk-canary-live-0123456789\nINFLUDATA_CREDIT_LIMIT=5\n")
    (tmp_path / ".env").chmod(0o644)
    said = {one["message"] for one in home.json("doctor", code=1) if one["subject"] == "private files"}
    assert said == {".env can be read by other users. Run: chmod 600 .env"}  # the live ledger is a new one
