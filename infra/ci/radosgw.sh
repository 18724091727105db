#!/bin/sh
# Starts a real S3 server, Ceph's radosgw over one monitor and one OSD in a file, and prints how to reach it:
#
#   eval "$(infra/ci/radosgw.sh start DIRECTORY)"      # sets and exports the variables below
#   infra/ci/radosgw.sh stop DIRECTORY
#
# DIRECTORY is made, holds all data, and is removed by stop. Starting twice gives the server that runs already.
# Needs: apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common (Debian 12; runs as any user).
set -eu

usage() { echo "usage: $0 start|stop DIRECTORY" >&2; exit 2; }
[ $# -eq 2 ] || usage
verb=$1
dir=$2

marker=made-by-narrator
access=narratorci
secret=narratorci-not-a-secret

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

announce() {
    echo "export NARRATOR_TEST_S3_ENDPOINT_URL=http://127.0.0.1:$(cat "$dir/port")"
    echo "export NARRATOR_TEST_S3_ACCESS_KEY_ID=$access"
    echo "export NARRATOR_TEST_S3_SECRET_ACCESS_KEY=$secret"
}

answers() {
    [ -f "$dir/port" ] && python3 - "$(cat "$dir/port")" <<'PYTHON'
import http.client, sys
try:
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
    connection.request("GET", "/")
    sys.exit(connection.getresponse().status >= 500)
except OSError:
    sys.exit(1)
PYTHON
}

stop() {
    [ -f "$dir/$marker" ] || return 0  # nothing of ours, and not ours to remove
    for daemon in rgw osd mon; do
        pid=$(cat "$dir/$daemon.pid" 2>/dev/null) || continue
        # The pid file may outlive its process: only ever signal one that serves this directory.
        tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$dir/ceph.conf" || continue
        kill "$pid" 2>/dev/null || true
        tries=0
        while kill -0 "$pid" 2>/dev/null && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
        kill -9 "$pid" 2>/dev/null || true
    done
    rm -rf "$dir"
}

start() {
    for program in ceph-mon ceph-osd radosgw radosgw-admin monmaptool; do
        command -v $program >/dev/null || { echo "$program is missing: see the head of $0" >&2; exit 3; }
    done
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    if answers; then announce; return; fi
    stop  # the rest of a server that was killed
    mkdir -p "$dir"
    [ -z "$(ls -A "$dir")" ] || { echo "$dir is not empty: name a directory that can be removed" >&2; exit 2; }
    touch "$dir/$marker"
    trap 'echo "radosgw did not start" >&2; stop' EXIT

    fsid=$(cat /proc/sys/kernel/random/uuid)
    mon_port=$(free_port)
    port=$(free_port)
    mkdir -p "$dir/mon" "$dir/osd" "$dir/rgw" "$dir/run"
    cat >"$dir/ceph.conf" <<CONF
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$mon_port]
ms bind msgr1 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth allow insecure global id reclaim = false
keyring = $dir/keyring
run dir = $dir/run
admin socket = $dir/run/\$name.\$pid.asok
log file = $dir/\$name.log
log to stderr = false
err to stderr = true
mon data = $dir/mon
mon data avail warn = 1
mon data avail crit = 0
mon allow pool size one = true
mon cluster log file = $dir/cluster.log
mon pg warn min per osd = 0
mon max pg per osd = 1000
osd data = $dir/osd
osd objectstore = bluestore
; a sparse file: 100,000 segments take 15 GB of it
bluestore block size = 34359738368
osd memory target = 939524096
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$port
rgw enable usage log = false
rgw run sync thread = false
rgw s3 auth use sts = true
rgw sts key = narratorci-16chr
CONF
    ceph="ceph --conf $dir/ceph.conf --connect-timeout 20"

    # radosgw refuses to run without authentication, so every daemon gets a key.
    ceph-authtool --create-keyring "$dir/keyring" --gen-key --name=mon. --cap mon 'allow *' >/dev/null
    for name in client.admin osd.0 client.rgw; do
        ceph-authtool "$dir/keyring" --gen-key --name=$name \
            --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' >/dev/null
    done
    monmaptool --create --clobber --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon_port]" "$dir/monmap" >/dev/null
    ceph-mon --conf "$dir/ceph.conf" --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring"
    ceph-mon --conf "$dir/ceph.conf" -i a --pid-file "$dir/mon.pid"
    $ceph osd new "$fsid" 0 >/dev/null 2>&1
    ceph-osd --conf "$dir/ceph.conf" -i 0 --mkfs --osd-uuid "$fsid" >/dev/null 2>"$dir/mkfs.log" || { cat "$dir/mkfs.log" >&2; exit 1; }
    ceph-osd --conf "$dir/ceph.conf" -i 0 --pid-file "$dir/osd.pid" >/dev/null 2>&1
    # The owner of the buckets, and three who may do what policies of the buckets say (infra/s3).
    for name in narrator worker producer reader; do
        key=$access caps="user-policy=*"
        [ $name = narrator ] || key=$access-$name caps=
        radosgw-admin --conf "$dir/ceph.conf" user create --uid=$name --display-name=$name --caps="$caps" \
            --access-key="$key" --secret-key="$secret" >"$dir/user.json" 2>"$dir/user.log" || { cat "$dir/user.log" >&2; exit 1; }
    done
    radosgw --conf "$dir/ceph.conf" --name client.rgw --pid-file "$dir/rgw.pid"
    echo "$port" >"$dir/port"
    tries=0
    until answers; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || { tail -n 20 "$dir"/client.rgw*.log >&2; exit 1; }
        sleep 0.2
    done
    trap - EXIT
    announce
}

case $verb in
start) start ;;
stop) stop ;;
*) usage ;;
esac
