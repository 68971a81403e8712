#!/bin/sh
# Prints the folder that holds gramlab, installing it from PyPI into tests/telegram/gramlab (ignored by git) if missing.
set -eu
python=$1
cd "$(dirname "$0")"
if [ ! -d gramlab/gramlab ]; then
    rm -rf gramlab gramlab.new
    # gramlab asks for Python 3.13, yet its server runs on 3.11; gramlab_peer.py leaves out the one module that does not.
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python --target gramlab.new \
        gramlab==0.1.0a2 pillow==12.3.0 >&2
    mv gramlab.new gramlab
fi
echo "$(pwd)/gramlab"
