#!/bin/sh
# Makes .venv, with the pinned packages and a release build of the engine in it.
# Every step leaves a stamp when it has succeeded and is skipped while nothing that it
# depends on is newer, so the script may be run again at any time, also after a failure.
set -eu
cd "$(dirname "$0")/.."

VENV=.venv

fail() { printf 'timetrial: %s\n' "$1" >&2; exit 2; }
say() { printf '%s\n' "$1" >&2; }

# quietly WHAT COMMAND...: say what is done; what the command says is shown only if it fails.
quietly() {
    say "$1"
    what=$1
    shift
    said=$("$@" 2>&1) || { printf '%s\n' "$said" >&2; fail "this has failed: $what"; }
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer found; install one, or name it: make PYTHON=/path/to/python3"
}

require_rust() {
    command -v cargo >/dev/null 2>&1 || PATH="$HOME/.cargo/bin:$PATH"
    command -v cargo >/dev/null 2>&1 && command -v rustc >/dev/null 2>&1 ||
        fail "the Rust toolchain is missing: the load engine is built with cargo; install Rust (https://rustup.rs, or your system's packages) and try again"
}

make_environment() {
    "$VENV/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
    python=$(find_python)
    say "Making $VENV with $python"
    rm -rf "$VENV"
    if "$python" -m venv "$VENV" >/dev/null 2>&1; then
        return
    fi
    # Without ensurepip (Debian's python3 without python3-venv): another tool brings pip or uv in.
    rm -rf "$VENV"
    "$python" -m venv --without-pip "$VENV" >/dev/null 2>&1 || no_environment "$python"
    command -v uv >/dev/null 2>&1 || "$python" -m pip --version >/dev/null 2>&1 ||
        no_environment "$python"
}

no_environment() {
    rm -rf "$VENV"
    fail "$1 cannot make virtual environments; install its venv module (Debian: apt install python3-venv) and try again"
}

# newer STAMP FILE...: is one of the files newer than the stamp, or the stamp missing?
newer() {
    stamp=$1
    shift
    [ ! -e "$stamp" ] || [ -n "$(find "$@" -newer "$stamp" -type f 2>/dev/null | head -n 1)" ]
}

install_uv() {
    newer "$VENV/.stamp-uv" requirements/bootstrap.txt || return 0
    if "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        quietly "Installing uv" "$VENV/bin/python" -m pip install --quiet \
            --disable-pip-version-check --require-hashes --requirement requirements/bootstrap.txt
    elif command -v uv >/dev/null 2>&1; then
        quietly "Installing uv" uv pip install --quiet --python "$VENV/bin/python" \
            --require-hashes --requirement requirements/bootstrap.txt
    else
        quietly "Installing uv" "$(find_python)" -m pip --python "$VENV/bin/python" install \
            --quiet --disable-pip-version-check --require-hashes \
            --requirement requirements/bootstrap.txt
    fi
    touch "$VENV/.stamp-uv"
}

install_packages() {
    newer "$VENV/.stamp-packages" requirements/dev.txt || return 0
    # Where PYTHONDONTWRITEBYTECODE is set, each start would compile all of it.
    quietly "Installing the pinned packages" "$VENV/bin/uv" pip install --quiet \
        --python "$VENV/bin/python" --require-hashes --compile-bytecode \
        --requirement requirements/dev.txt
    touch "$VENV/.stamp-packages"
}

build_engine() {
    newer "$VENV/.stamp-engine" Cargo.toml Cargo.lock pyproject.toml engine "$VENV/.stamp-packages" ||
        return 0
    quietly "Building the engine (one or two minutes)" env VIRTUAL_ENV="$PWD/$VENV" \
        "$VENV/bin/maturin" develop --release --locked --quiet --uv
    touch "$VENV/.stamp-engine"
}

require_rust
make_environment
install_uv
install_packages
build_engine
