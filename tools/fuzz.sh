#!/bin/sh
# Fuzzes the engine for FUZZ_SECONDS a target; succeeds at once where that is not possible.
# What is found is kept in target/fuzz; the seeds in engine/fuzz/corpus stay as they are.
set -eu
cd "$(dirname "$0")/.."

if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo "fuzz: skipped, cargo-fuzz (or a nightly Rust) is not installed"
    exit 0
fi

CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/fuzz"
# Histograms come and go: without this, most of the time the kernel clears pages for them.
MALLOC_TRIM_THRESHOLD_=4000000000
MALLOC_TOP_PAD_=100000000
export CARGO_TARGET_DIR MALLOC_TRIM_THRESHOLD_ MALLOC_TOP_PAD_

cd engine
for target in response_parser generator websocket sse http2; do
    found="$CARGO_TARGET_DIR/corpus/$target"
    log="$CARGO_TARGET_DIR/$target.log"
    mkdir -p "$found"
    # The engine has no unsafe code of its own in these parts: no sanitizer, so it is faster.
    if ! cargo +nightly fuzz run -s none "$target" "$found" "fuzz/corpus/$target" -- \
        -max_total_time="${FUZZ_SECONDS:-30}" -max_len=2048 >"$log" 2>&1; then
        tail -n 60 "$log"
        exit 1
    fi
    echo "fuzz: $target: $(grep -a '^Done' "$log" || echo 'nothing ran'), nothing found"
done
