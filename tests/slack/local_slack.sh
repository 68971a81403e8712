#!/bin/sh
# Prints the path of the local-slack server, installing it from npm into tests/slack/node_modules (ignored by git) if missing.
set -eu
cd "$(dirname "$0")"
server=node_modules/local-slack-linux-x64/bin/local-slack
if [ ! -x "$server" ]; then
    npm install --prefix . --no-save --no-package-lock --no-audit --no-fund local-slack-linux-x64@0.1.8 >&2
fi
echo "$(pwd)/$server"
