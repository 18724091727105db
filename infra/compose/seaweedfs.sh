#!/bin/sh
# The bucket. Run by the service "bucket" beside the server, on its loopback; safe to repeat.
set -eu
master=127.0.0.1:${MASTER_PORT:-9333}
for _ in $(seq 60); do
  said=$(echo "s3.bucket.create -name narration" | weed shell -master="$master" 2>&1 || true)
  case $said in
  *"created bucket narration"* | *"narration already exists"*) exit 0 ;;
  esac
  sleep 1
done
echo "$said" >&2
exit 1
