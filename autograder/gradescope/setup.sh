#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the image: Python, torch without CUDA, and the locked packages.
set -euo pipefail
cd /autograder/source

find_python() {
  for python in python3.12 python3.11; do
    "$python" -c 'import ensurepip, venv' 2>/dev/null && echo "$python" && return
  done
  return 1
}

if ! python=$(find_python); then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  apt-get install -y --no-install-recommends python3.12 python3.12-venv ||
    apt-get install -y --no-install-recommends python3.11 python3.11-venv
  python=$(find_python)
fi

"$python" -m venv /autograder/venv
/autograder/venv/bin/pip install --no-cache-dir torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
/autograder/venv/bin/pip install --no-cache-dir --require-hashes -r course/requirements.lock
/autograder/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e course
