#!/bin/sh
# The cases of this folder, wire by RFC section, against the daemon.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
/usr/bin/python3 -c 'import dns' 2>/dev/null || { echo "skip no dnspython here"; exit 0; }
here=$top/tests/wire
ok init apex init example.
ok import apex import "$here/zones/example.zone"
ok kid apex zone add kid.example.
ok import_kid apex --zone kid.example. import "$here/zones/kid.example.zone"
port=$(port)
cat >"$T/apexd.yaml" <<EOT
identity:
  nsid: ns1
  server: ams1.example
  version: a version
views:
  live: { branch: main }
listen:
  - { address: "127.0.0.1:$port", view: live }
EOT
start apexd "$APEX_BUILD/apexd" --repo "$APEX_REPO" --config "$T/apexd.yaml"
daemon=$pid
soon says_ready 20 grep -qx READY "$T/apexd.log"
/usr/bin/python3 "$here/wire.py" run "$port" "$here"/*.cases >"$T/run"
cat "$T/run"
failures=$((failures + $(grep -c '^not ok' "$T/run")))
is every_case_was_run "$(grep -cE '^(not )?ok wire__' "$T/run")" "$(cat "$here"/*.cases | grep -cE '^(ask|hex) ')"
stop "$daemon"
is it_ends_cleanly $? 0
