#!/bin/sh
# Prints links to a course's lessons in MinIO, which any browser plays; they end after an hour.
set -eu
export MC_CONFIG_DIR=/tmp/mc
mc alias set here http://localhost:9000 narrator "$(cat /run/secrets/minio_narrator_password)" >/dev/null
mc find "here/narration/courses/lessons/${1:-}" --name '*.wav' | while read -r name; do
  mc share download --expire 1h "$name" | sed -n 's/^Share: //p'
done
