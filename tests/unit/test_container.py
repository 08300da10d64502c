"""What docs/container.md promises of the image and of the compose file."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
OURS = ("migrate", "service", "pages")


def test_the_image_runs_as_nobody_from_what_the_pins_built() -> None:
    build, run = CONTAINERFILE.split("\nFROM ${BASE}\n")
    assert re.findall(r"^USER (\S+)$", run, re.MULTILINE) == ["10001:10001"]
    assert "pip install" not in run
    assert build.count("--require-hashes") == 2
    assert "pip uninstall" in build


def test_what_the_image_is_built_from_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE)
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name
    supplied = set(
        re.findall(r'^"([\w./-]+)" = "compliance/_data', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    )
    assert supplied
    assert all(any(Path(name).is_relative_to(each) for each in " ".join(copied).split()) for name in supplied)


@pytest.mark.parametrize("name", OURS)
def test_each_of_our_containers_can_write_its_data_only_and_has_no_rights(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [volume for volume in service["volumes"] if not volume.endswith(":ro")] == ["data:/var/lib/compliance"]
    assert "privileged" not in service
    assert "environment" not in service, "a secret is a file"


def test_nothing_is_reached_from_elsewhere() -> None:
    ports = {name: service.get("ports", []) for name, service in COMPOSE["services"].items()}
    assert {name: found for name, found in ports.items() if found} == {"pages": ["127.0.0.1:8480:8480"]}


def test_the_database_is_migrated_before_anything_uses_it() -> None:
    waits = {name: COMPOSE["services"][name]["depends_on"] for name in OURS}
    assert waits.pop("migrate") == {"database": {"condition": "service_healthy"}}
    assert list(waits.values()) == [{"migrate": {"condition": "service_completed_successfully"}}] * 2


def test_a_container_has_longer_to_stop_than_the_service_needs() -> None:
    assert all(COMPOSE["services"][name]["stop_grace_period"] == "35s" for name in OURS)


def test_the_page_names_every_file_and_every_secret_of_the_compose_file() -> None:
    page = (ROOT / "docs" / "container.md").read_text("utf-8")
    for secret in COMPOSE["secrets"]:
        assert f"secrets/{secret}" in page, secret
    for setting in ("file:/run/secrets/database-url", "port = 9464", 'listen = "0.0.0.0"', "172.30.80.1"):
        assert setting in page, setting
    assert COMPOSE["networks"]["compliance"]["ipam"]["config"][0]["gateway"] == "172.30.80.1"
