#!/bin/sh
# Both commands on a new machine: a minimal Debian 12 in a chroot with only git, make, python3 and certificates.
# As root: make check-fresh. FRESH_ONLY=run leaves `make test` out; FRESH_DIR names where it is built (about 8 GB).
set -eu

[ "$(id -u)" = 0 ] || { echo "check-fresh: needs root (debootstrap, chroot). Run: sudo make check-fresh"; exit 1; }
command -v debootstrap >/dev/null || { echo "check-fresh: run: apt-get install -y debootstrap"; exit 1; }
here=$(cd "$(dirname "$0")/.." && pwd)
cd "$here"
[ -z "$(git status --porcelain)" ] || echo "check-fresh: note: only what is committed is tried"

base=$(mktemp -d "${FRESH_DIR:-/var/tmp}/isocenter-fresh.XXXXXX")
root="$base/root"
site="/home/新 机器/影技 学堂"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
runner=

inside() { chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin $settings "$@"; }

# Processes whose root is the chroot: they must be gone before anything is unmounted.
end_processes() {
    for link in /proc/[0-9]*/root; do
        if [ "$(readlink "$link" 2>/dev/null)" = "$root" ]; then
            pid=${link#/proc/}; kill "-$1" "${pid%/root}" 2>/dev/null || true
        fi
    done
}

clean_up() {
    state=$?
    trap - EXIT INT TERM HUP
    [ -z "$runner" ] || kill -INT "$runner" 2>/dev/null || true
    end_processes TERM; sleep 2; end_processes KILL; sleep 1
    for place in dev/pts dev/shm proc; do
        if mountpoint -q "$root/$place" 2>/dev/null; then umount "$root/$place" 2>/dev/null || umount -l "$root/$place" || true; fi
    done
    # Never remove a tree into which something is still mounted.
    if grep -q " $root/" /proc/mounts; then echo "check-fresh: still mounted below $root; left as it is"; else rm -rf "$base"; fi
    [ "$state" = 0 ] && echo "check-fresh: passed" || echo "check-fresh: FAILED ($state)"
    exit "$state"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

echo "check-fresh: building a minimal Debian 12 in $root"
mirror=$(sed -n 's/^URIs: *//p; s/^deb  *\(\[[^]]*\] \)\{0,1\}\(http[^ ]*\).*/\2/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -1)
timeout 900 debootstrap --variant=minbase --include=git,make,python3,ca-certificates bookworm "$root" \
    "${mirror:-http://deb.debian.org/debian}" >"$base/debootstrap.log" 2>&1 || { tail -20 "$base/debootstrap.log"; exit 1; }

# The host's way to the network: resolver, certificates, package settings, proxies.
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp -L /etc/hosts "$root/etc/hosts"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
for file in /etc/pip.conf /root/.npmrc /root/.config/pip/pip.conf /root/.config/uv/uv.toml /etc/uv/uv.toml; do
    if [ -f "$file" ]; then mkdir -p "$root$(dirname "$file")"; cp -L "$file" "$root$file"; fi
done
for file in /etc/apt/apt.conf.d/*proxy* /etc/apt/apt.conf.d/*artifact* /etc/apt/apt.conf; do
    [ ! -f "$file" ] || cp -L "$file" "$root/etc/apt/apt.conf.d/"
done
if [ -f /etc/apt/sources.list.d/debian.sources ]; then
    rm -f "$root/etc/apt/sources.list"; cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/"
fi
settings=
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_INDEX_URL UV_INDEX_URL UV_DEFAULT_INDEX \
    NPM_CONFIG_REGISTRY npm_config_registry; do
    eval "value=\${$name:-}"
    case "$value" in *" "*) ;; ?*) settings="$settings $name=$value" ;; esac
done
bundle=/etc/ssl/certs/ca-certificates.crt
settings="$settings SSL_CERT_FILE=$bundle PIP_CERT=$bundle NODE_EXTRA_CA_CERTS=$bundle"

mount -t proc proc "$root/proc"
# Devices of its own: what were mounted below a bind of the host's /dev would appear on the host, too.
for node in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
    # shellcheck disable=SC2086 - three words
    set -- $node; [ -c "$root/dev/$1" ] || mknod -m 666 "$root/dev/$1" c "$2" "$3"
done
mkdir -p "$root/dev/pts" "$root/dev/shm"
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666
mount -t tmpfs tmpfs "$root/dev/shm"
for link in "fd /proc/self/fd" "stdin /proc/self/fd/0" "stdout /proc/self/fd/1" "stderr /proc/self/fd/2"; do
    # shellcheck disable=SC2086
    set -- $link; [ -e "$root/dev/$1" ] || ln -s "$2" "$root/dev/$1"
done

mkdir -p "$root$(dirname "$site")"
git clone -q --no-hardlinks "$here" "$root$site"

echo "check-fresh: make run"
log="$base/run.log"
(inside "PORT=$port" sh -c "cd '$site' && exec make run") >"$log" 2>&1 &
runner=$!
say_why() { tail -40 "$log"; tail -40 "$root$site/var/log/"*.log 2>/dev/null || true; }
wait_for() {
    # wait_for SECONDS WHAT COMMAND…: until the command succeeds
    limit=$(($(date +%s) + $1)); what=$2; shift 2
    until "$@"; do
        kill -0 "$runner" 2>/dev/null || { echo "check-fresh: make run ended before: $what"; say_why; exit 1; }
        [ "$(date +%s)" -lt "$limit" ] || { echo "check-fresh: not in time: $what"; say_why; exit 1; }
        sleep 2
    done
    echo "check-fresh: $(date +%T) $what"
}
answers() { python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=20)' "http://127.0.0.1:$port$1" 2>/dev/null; }
query() {
    # query SQL: whether the embedded database answers with something other than 0
    [ "$(python3 -c 'import sqlite3, sys
try: print(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=20).execute(sys.argv[2]).fetchone()[0])
except sqlite3.Error: print(0)' "$root$site/var/isocenter.sqlite3" "$1")" != 0 ]
}
catalogue="${FRESH_CATALOGUE:-/zh-hans/}"
wait_for 900 "the site answers" answers /healthz
wait_for 300 "the demo is loaded" test -s "$root$site/var/demo.txt"
wait_for 60 "the catalogue is served" answers "$catalogue"
wait_for 900 "a demo lecture is transcoded" query "SELECT count(*) FROM media_pipeline_renditionset"
tail -25 "$log"

echo "check-fresh: stopping and starting again calls no installer"
end_processes INT
stopped=$(($(date +%s) + 40))
while answers /healthz && [ "$(date +%s)" -lt "$stopped" ]; do sleep 1; done
wait "$runner" 2>/dev/null || true
again=$(inside sh -c "cd '$site' && timeout 60 make setup" 2>&1)
[ -z "$again" ] || { echo "check-fresh: the second start installed something: $again"; exit 1; }
runner=

if [ "${FRESH_ONLY:-}" != run ]; then
    echo "check-fresh: make test"
    inside sh -c "cd '$site' && timeout 4500 make test"
fi
