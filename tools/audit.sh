#!/bin/sh
# Looks for licences that are not allowed and for known vulnerabilities in what is built and installed;
# says what cannot be looked for here, and fails only for what was found.
set -u
cd "$(dirname "$0")/.."
found=0

if ! cargo deny --version >/dev/null 2>&1; then
    echo "audit: crates: skipped, cargo-deny is not installed (cargo install --locked cargo-deny)"
else
    if cargo deny --log-level error check bans licenses sources; then
        echo "audit: crates: licences and sources are allowed"
    else
        found=1
    fi
    if ! cargo deny --log-level error fetch >/dev/null 2>&1; then
        echo "audit: crates: advisories: skipped, the database of RustSec at github.com cannot be reached"
    elif cargo deny --log-level error check --disable-fetch advisories; then
        echo "audit: crates: no known vulnerabilities"
    else
        found=1
    fi
fi

PIP_AUDIT="${PIP_AUDIT:-pip-audit}"
if ! "$PIP_AUDIT" --version >/dev/null 2>&1; then
    echo "audit: packages: skipped, pip-audit is not installed (uv tool install pip-audit)"
    exit $found
fi
for file in requirements/*.txt src/timetrial/catalog/requirements.txt src/timetrial/catalog/*/*.requirements.txt \
    src/timetrial/catalog/services/requirements.txt src/timetrial/drivers/requirements.txt; do
    # Lines of hashes name no package.
    grep -q '^[A-Za-z0-9]' "$file" || continue
    # The index of packages is asked, by the JSON that PyPI has for each version; nothing is installed.
    answer=$("$PIP_AUDIT" --requirement "$file" --disable-pip --no-deps --progress-spinner off --format json 2>/dev/null)
    code=$?
    all=$(printf %s "$answer" | grep -o '"name":' | wc -l)
    unknown=$(printf %s "$answer" | grep -o '"skip_reason":' | wc -l)
    if [ -z "$answer" ]; then
        echo "audit: $file: skipped, pypi.org or its JSON of versions cannot be reached"
    elif [ $code -ne 0 ]; then
        printf '%s\n' "$answer"
        echo "audit: $file: has known vulnerabilities"
        found=1
    elif [ "$unknown" -eq "$all" ]; then
        echo "audit: $file: skipped, the index of packages has no JSON of versions, as pypi.org has"
    else
        echo "audit: $file: no known vulnerabilities in $((all - unknown)) of $all packages"
    fi
done
exit $found
