#!/usr/bin/env bash
# Builds the image without a container daemon and narrates the beginning of each example lesson inside it, which takes
# every language's packages: as user 10001, on a read-only root. Prints its size, how long it takes to say its version,
# and how long the narration takes.
#
#   infra/ci/image.sh DIRECTORY       # keeps the base there; needs root, and apt-get install buildah debootstrap
#
# PIP_CONF names a pip.conf for the build, as a secret, where the machine needs one.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# = 1 ] || { echo "usage: $0 DIRECTORY" >&2; exit 2; }
dir=$(mkdir -p "$1" && cd "$1" && pwd)
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
bundle=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
config=${PIP_CONF:-/dev/null}

if ! buildah images -q localhost/narrator-base >/dev/null 2>&1; then
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$dir/base" >"$dir/base.log"
  rm -rf "$dir"/base/var/cache/apt/* "$dir"/base/var/lib/apt/lists/* "$dir"/base/usr/share/{doc,man,locale,info}/*
  empty=$(buildah from scratch)
  buildah add -q "$empty" "$dir/base" / >/dev/null
  buildah commit -q "$empty" localhost/narrator-base >/dev/null
  buildah rm "$empty" >/dev/null
  rm -rf "$dir/base"
fi
buildah bud -q --format docker -f infra/Dockerfile --build-arg BASE=localhost/narrator-base \
  --secret "id=pip.conf,src=$config" --secret "id=ca.crt,src=$bundle" -t localhost/narrator . >"$dir/build.log" 2>&1 ||
  { tail -30 "$dir/build.log" >&2; exit 1; }
buildah images --format '{{.Name}} {{.Size}}' localhost/narrator

container=$(buildah from --pull-never localhost/narrator)
trap 'buildah rm "$container" >/dev/null' EXIT
root=$(buildah mount "$container")
rm -rf "$dir/data" && mkdir -p "$dir/data/everyday-science"
for lesson in examples/everyday-science/*.md; do
  head -n 12 "$lesson" >"$dir/data/everyday-science/$(basename "$lesson")"
done
chown -R 10001:10001 "$dir/data"
cat >"$dir/inside.sh" <<'INSIDE'
set -eu
mount --bind "$ROOT" "$ROOT"
mount -o remount,ro,bind "$ROOT"
mount --bind "$DATA" "$ROOT/data"
mount -t tmpfs tmpfs "$ROOT/tmp"
mount -t proc proc "$ROOT/proc"
mount -t tmpfs tmpfs "$ROOT/dev"
for name in null zero urandom random; do touch "$ROOT/dev/$name"; mount --bind "/dev/$name" "$ROOT/dev/$name"; done
mkdir "$ROOT/dev/shm" && mount -t tmpfs tmpfs "$ROOT/dev/shm" && chmod 1777 "$ROOT/dev/shm" "$ROOT/tmp"
exec chroot --userspec=10001:10001 "$ROOT" /usr/bin/env -i $VARIABLES /bin/sh -c "$1"
INSIDE
inside() {
  ROOT=$root DATA=$dir/data VARIABLES=$(buildah inspect --format '{{range .OCIv1.Config.Env}}{{.}} {{end}}' "$container") \
    unshare --mount --pid --fork sh "$dir/inside.sh" "$1"
}
inside 'if touch /opt/narrator/here 2>/dev/null || [ "$(id -u)" = 0 ]; then echo "the root can be written" >&2; exit 1; fi'
echo "the root is read-only, the user is not root"
time inside 'narrator --version'
time inside 'cd /data && narrator make everyday-science --out audio --json >report.json && cat report.json'
for lesson in "$dir"/data/everyday-science/*.md; do
  name=$(basename "$lesson" .md)
  test -s "$dir/data/audio/everyday-science/$name/$name.wav"
done
echo "narrated $(ls "$dir"/data/everyday-science/*.md | wc -l) lessons"
