#!/bin/sh
# Asks for every image of infra/images.md whether its registry still serves it. Needs docker and a network; pulls nothing.
set -eu
gone=0
for image in $(sed -n 's/^| `\([^`]*\)`.*/\1/p' "$(dirname "$0")/../images.md"); do
  if docker manifest inspect "$image" >/dev/null 2>&1; then
    echo "served  $image"
  else
    echo "GONE    $image"
    gone=1
  fi
done
exit $gone
