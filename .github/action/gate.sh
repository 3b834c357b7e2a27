#!/usr/bin/env bash
# Installs Timetrial into an environment of its own and runs the gate. The last step of action.yml
# fails by its exit code, after the comment was written.
set -euo pipefail

environment="$RUNNER_TEMP/timetrial"
python3 -m venv "$environment"
package="$GITHUB_ACTION_PATH"
[ -z "$VERSION" ] || package="timetrial==$VERSION"
"$environment/bin/pip" install --quiet "$package" ||
    { echo "::error::Timetrial could not be installed"; exit 3; }

words=(gate "$APP"
    --comment "$RUNNER_TEMP/timetrial-comment.md" --junit "$RUNNER_TEMP/timetrial-gate.xml")
[ -z "$MAX_REGRESSION" ] || words+=(--max-regression "$MAX_REGRESSION")
# What is counted takes as long as a judgement takes.
if [ -n "$COUNT" ]; then words+=(--count "$COUNT"); else words+=(--budget "$BUDGET"); fi
[ -z "$BASE_REV" ] || words+=(--base-rev "$BASE_REV")
[ -z "$APP_PYTHON" ] || words+=(--python "$APP_PYTHON")
# Options are words, with quotes as in a shell.
mapfile -d '' -t further < <(printf '%s' "$OPTIONS" | xargs -r printf '%s\0')

result=0
"$environment/bin/timetrial" "${words[@]}" "${further[@]}" || result=$?
echo "result=$result" >>"$GITHUB_OUTPUT"
