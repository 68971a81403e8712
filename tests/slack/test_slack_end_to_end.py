"""A whole interview against local-slack, in a network namespace of its own: both modes, without and with faults, and a kill."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def _namespaces() -> bool:
    try:
        return subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not _namespaces(), reason="needs unshare -rn: local-slack listens on all interfaces")
@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm to install local-slack")
@pytest.mark.parametrize(("mode", "seed"), [("socket", 0), ("http", 0), ("socket", 7), ("http", 7)])
def test_an_interview_with_every_control_survives_a_kill_and_the_faults_of_the_network(
    mode: str, seed: int, tmp_path: Path
) -> None:
    command = f'ip link set lo up; exec "{sys.executable}" "{HERE / "slack_story.py"}" {mode} "{tmp_path}" {seed}'
    subprocess.run([HERE / "local_slack.sh"], check=True, capture_output=True)
    ran = subprocess.run(
        ["unshare", "-rn", "sh", "-c", command],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{HERE}"},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    (tmp_path / "transcript.txt").write_text(ran.stdout)
    assert ran.returncode == 0, f"{ran.stdout[-3000:]}\n{ran.stderr[-5000:]}"
