"""An interview with a Bot API server by others. Needs `GRAMLAB_PYTHON`: a Python 3.13 with gramlab==0.1.0a2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PEER = Path(__file__).with_name("gramlab_peer.py")
PYTHON = os.environ.get("GRAMLAB_PYTHON")


@pytest.mark.skipif(PYTHON is None, reason="GRAMLAB_PYTHON names no Python with gramlab")
def test_gramlab_sees_a_whole_interview_and_refuses_nothing():
    alone = f"ip link set lo up && exec {PYTHON} {PEER} {sys.executable}"  # gramlab runs on the loopback only
    done = subprocess.run(["unshare", "-rn", "sh", "-c", alone], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "an advice after" in done.stdout
