#!/bin/sh
# The scheduler: every day at SYNC_AT (UTC) the store is brought up to date with /lessons.
set -u
trap 'exit 0' TERM INT
while :; do
  now=$(date -u +%s)
  at=$(date -u -d "today ${SYNC_AT:-01:00}" +%s)
  [ "$at" -gt "$now" ] || at=$(date -u -d "tomorrow ${SYNC_AT:-01:00}" +%s)
  sleep $((at - now)) &
  wait $!
  narrator sync /lessons --deadline "${SYNC_FOR:-6h}" || echo "narrator sync ended with exit code $?" >&2
done
