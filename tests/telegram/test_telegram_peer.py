"""An interview with a Bot API server by others, fetched from PyPI by this test."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_gramlab_sees_a_whole_interview_and_a_file_and_refuses_nothing():
    folder = subprocess.check_output([HERE / "gramlab.sh", sys.executable], text=True).strip()
    alone = f"ip link set lo up && exec {sys.executable} {HERE / 'gramlab_peer.py'} {folder}"  # gramlab runs on the loopback only
    done = subprocess.run(["unshare", "-rn", "sh", "-c", alone], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "an advice after" in done.stdout
    assert ".json" in done.stdout
