"""The guide's configuration is the one that the tests' server runs with."""

from pathlib import Path
from textwrap import dedent

from segel.keys.openbao_setup import Listening, policy, server_config

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "kms.md"


def test_the_guide_shows_the_configuration_that_is_made() -> None:
    shown = GUIDE.read_text().partition("```hcl\n")[2].partition("   ```")[0]
    listening = Listening(
        "10.0.0.9:8200",
        "10.0.0.9:8201",
        Path("/etc/openbao/server.pem"),
        Path("/etc/openbao/server.key"),
    )
    made = server_config(Path("/var/lib/openbao"), Path("/run/openbao/seal.key"), listening)
    assert dedent(shown).strip() == made.partition("\n\n")[2].strip()


def test_the_policy_names_its_mount_only() -> None:
    paths = [line.split('"')[1] for line in policy("other").splitlines() if line.startswith("path")]
    assert {path.split("/")[0] for path in paths} == {"other", "auth"}
    assert not any("export" in path or "backup" in path for path in paths)
