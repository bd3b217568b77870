#!/bin/sh
# The examples run, so that they never rot.
. "$(dirname "$0")/../lib.sh"
ok "demo__runs_to_its_end" "$top/examples/demo.sh" "$APEX_BUILD"
has "demo__sees_the_edit_answered" "$T/out" '^192\.0\.2\.11$'
cp "$T/out" "$T/demo"
is "demo__leaves_no_mount_behind" "$(grep -c apexfs-demo /proc/mounts)" 0
for zone in "$top"/examples/zones/*.zone; do
	origin=$(sed -n 's/^\$ORIGIN //p' "$zone" | head -n 1)
	rm -rf "$APEX_REPO"
	run apex init "$origin"
	ok "example_zone__$(basename "$zone")_imports" apex import "$zone"
	ok "example_zone__$(basename "$zone")_passes_its_checks" apex check
done
