#!/usr/bin/env bash
# A real S3 server for tests: Ceph on one machine (monitor, one disk in a file, S3 gateway), without systemd or Docker.
#   s3-server.sh start DIR    starts it and prints S3_* variables, one a line
#   s3-server.sh stop DIR     stops it and removes DIR
# Needs root and the Debian packages ceph-mon ceph-osd radosgw ceph-common. Keeps nothing outside DIR.
set -euo pipefail
command=${1:?start or stop}
dir=$(realpath -m "${2:?a folder}")
access_key=amalgamtest
secret_key=amalgamtestsecret

free_ports() {
  python3 - <<'PY'
import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PY
}

# Only what wrote its pid into our folder, and only if it is still a Ceph program.
stop() {
  local file pid
  for signal in TERM KILL; do
    for file in "$dir"/run/*.pid; do
      [ -f "$file" ] || continue
      pid=$(cat "$file")
      case $(cat "/proc/$pid/comm" 2>/dev/null) in ceph-*|radosgw) kill -"$signal" "$pid" 2>/dev/null || true ;; esac
    done
    for _ in $(seq 40); do running || break; sleep 0.1; done
  done
  rm -rf "$dir"
}

running() {
  local file
  for file in "$dir"/run/*.pid; do
    [ -f "$file" ] && case $(cat "/proc/$(cat "$file")/comm" 2>/dev/null) in ceph-*|radosgw) return 0 ;; esac
  done
  return 1
}

# On a busy machine the disk may greet the monitor before it knows the cluster ("wrong fsid") and give up: try again.
start_disk() {
  local conf=(-c "$dir/ceph.conf")
  for _ in 1 2 3 4 5; do
    ceph-osd "${conf[@]}" -i 0 || true
    for _ in $(seq 20); do
      timeout 20 ceph "${conf[@]}" osd stat | grep -q ' 1 up' && return 0
      pgrep -F "$dir/run/osd.0.pid" >/dev/null 2>&1 || break
      sleep 0.5
    done
  done
  return 1
}

start() {
  local monitor_port gateway_port fsid disk
  read -r monitor_port gateway_port < <(free_ports)
  mkdir -p "$dir"/{mon,osd,log,run,rgw}
  fsid=$(cat /proc/sys/kernel/random/uuid)
  disk=$(cat /proc/sys/kernel/random/uuid)
  cat > "$dir/ceph.conf" <<CONF
[global]
fsid = $fsid
mon host = [v1:127.0.0.1:$monitor_port]
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
public network = 127.0.0.0/8
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon osd full ratio = 0.99
mon osd nearfull ratio = 0.98
mon osd backfillfull ratio = 0.985
mon data avail crit = 1
mon data avail warn = 2
mon data = $dir/mon
run dir = $dir/run
admin socket = $dir/run/\$cluster-\$name.asok
pid file = $dir/run/\$name.pid
log file = $dir/log/\$name.log
setuser match path = $dir
osd data = $dir/osd
osd objectstore = bluestore
bluestore block size = $((10 * 1024 * 1024 * 1024))
bluestore fsck on mount = false
osd memory target = 1073741824
osd mclock profile = high_client_ops
osd mclock skip benchmark = true
[client.rgw]
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$gateway_port
rgw dns name = localhost
rgw enable usage log = false
rgw thread pool size = 32
CONF
  local conf=(-c "$dir/ceph.conf")
  monmaptool --create --fsid "$fsid" --addv a "[v1:127.0.0.1:$monitor_port]" "$dir/monmap"
  ceph-mon "${conf[@]}" -i a --mkfs --monmap "$dir/monmap"
  ceph-mon "${conf[@]}" -i a
  timeout 60 ceph "${conf[@]}" osd new "$disk"
  ceph-osd "${conf[@]}" -i 0 --mkfs --osd-uuid "$disk"
  ceph "${conf[@]}" osd crush add osd.0 1.0 host=localhost root=default || true
  start_disk
  radosgw "${conf[@]}" -n client.rgw
  for _ in $(seq 240); do (exec 3<>"/dev/tcp/127.0.0.1/$gateway_port") 2>/dev/null && break; sleep 0.25; done
  timeout 60 radosgw-admin "${conf[@]}" user create --uid=amalgam --display-name=amalgam \
    --access-key=$access_key --secret-key=$secret_key
  printf 'S3_ENDPOINT=http://127.0.0.1:%s\nS3_REGION=us-east-1\nS3_ACCESS_KEY=%s\nS3_SECRET_KEY=%s\n' \
    "$gateway_port" "$access_key" "$secret_key" > "$dir/env"
}

case $command in
  start)
    [ ! -e "$dir/env" ] || { echo "$dir is in use already" >&2; exit 1; }
    mkdir -p "$dir/log"
    # A process of its own: inside a condition, bash forgets "set -e".
    if ! bash "$0" up "$dir" > "$dir/log/start.log" 2>&1; then
      tail -5 "$dir/log/start.log" >&2
      stop
      exit 1
    fi
    cat "$dir/env" ;;
  up) start ;;
  stop) stop ;;
  *) echo "start or stop, not $command" >&2; exit 2 ;;
esac
