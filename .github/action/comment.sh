#!/usr/bin/env bash
# Writes the gate's comment on the pull request, in the place of the one of an earlier push.
set -euo pipefail

comment="$RUNNER_TEMP/timetrial-comment.md"
[ -s "$comment" ] || { echo "The gate came to no judgement: there is nothing to comment"; exit 0; }

mark=$(head -n 1 "$comment")
comments="repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments"
earlier=$(MARK="$mark" gh api --paginate "$comments" \
    --jq '.[] | select(.user.type == "Bot" and (.body | startswith(env.MARK))) | .id' | head -n 1)
if [ -n "$earlier" ]; then
    gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$earlier" --field body=@"$comment" --silent
else
    gh api --method POST "$comments" --field body=@"$comment" --silent
fi
