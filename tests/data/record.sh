#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Records tests/data/traffic.raw and, beside it in the same capture, tests/data/traffic.jsonl: curl, python and openssl talking TLS with nginx, python and
# openssl over the loopback. Needs root, a kernel that takes the probes, and those programs; `make build` comes first.
#
#   tests/data/record.sh [PROGRAM [FOLDER]]     default: artifacts/sluice, tests/data
#
# The host is called web-1 for the time of the recording, and only the processes of a cgroup of this script are captured.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
sluice=$(realpath "${1:-$root/artifacts/sluice}")
target=$(realpath "${2:-$root/tests/data}")

if [[ ${SLUICE_RECORDING:-} != 1 ]]; then
	SLUICE_RECORDING=1 exec unshare --uts "$0" "$sluice" "$target"
fi
hostname web-1

work=$(mktemp -d)
unified=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
cgroup=$unified/sluice-record-$$
started=()
cleanup() {
	for pid in "${started[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
	echo $$ > "$unified/cgroup.procs"
	for _ in $(seq 50); do rmdir "$cgroup" 2>/dev/null && break; sleep 0.1; done
	rm -rf "$work"
}
trap cleanup EXIT
mkdir "$cgroup"
cd "$work"

openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost 2>/dev/null
mkdir site
printf '<p>Grüße aus dem Tap</p>\n' > site/index.html
seq 1 3500 > site/numbers.txt                      # 16,393 bytes: a call of more than one sample
head -c 600 /dev/zero | openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 00000000000000000000000000000000 > site/noise.bin   # not UTF-8, and the same each time
cat > server.py <<'PY'
import http.server, ssl
class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args): super().__init__(*args, directory="site")
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 18443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("cert.pem", "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
PY
cat > client.py <<'PY'
import ssl, urllib.request
context = ssl._create_unverified_context()
for port in (18443, 18444):
    for name in ("index.html", "noise.bin"):
        urllib.request.urlopen(f"https://127.0.0.1:{port}/{name}", context=context).read()
PY
cat > nginx.conf <<CONF
daemon off; master_process off; error_log /dev/null; pid $work/nginx.pid;
events {}
http { access_log off; client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fcgi; uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
server { listen 127.0.0.1:18444 ssl; ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; root $work/site; } }
CONF

"$sluice" capture tls connections --cgroup "$cgroup" --sink "raw:$work/traffic.raw" --sink "jsonl:$work/traffic.jsonl" --ready-file "$work/ready" --ledger "$work/ledger" --log-level warn &
capture=$!
started+=("$capture")
for _ in $(seq 300); do [[ -e ready ]] && break; sleep 0.1; done
[[ -e ready ]] || { echo "record.sh: the capture did not become ready." >&2; exit 1; }

echo $$ > "$cgroup/cgroup.procs"
/usr/bin/python3 server.py & started+=($!)
if command -v nginx >/dev/null; then nginx -c "$work/nginx.conf" -p "$work" & started+=($!); fi
openssl s_server -quiet -accept 127.0.0.1:18445 -cert cert.pem -key key.pem -www >/dev/null 2>&1 & started+=($!)
for port in 18443 18444 18445; do
	for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null && break; sleep 0.05; done
done
for port in 18443 18444; do
	curl -sk "https://127.0.0.1:$port/index.html" "https://127.0.0.1:$port/noise.bin" >/dev/null || true
done
curl -sk https://127.0.0.1:18443/numbers.txt >/dev/null || true
/usr/bin/python3 client.py || true
printf 'GET / HTTP/1.0\r\n\r\n' | openssl s_client -quiet -connect 127.0.0.1:18445 >/dev/null 2>&1 || true
curl -sk --max-time 2 https://127.0.0.1:1/ >/dev/null || true     # refused: a connection that fails
sleep 0.5
echo $$ > "$unified/cgroup.procs"

kill -TERM "$capture"
wait "$capture"
started=("${started[@]:1}")
chmod 644 traffic.raw traffic.jsonl
cp traffic.raw traffic.jsonl "$target/"
wc -lc "$target/traffic.jsonl"
