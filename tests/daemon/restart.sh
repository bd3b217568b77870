#!/bin/sh
# From one daemon to the next without a query lost: handed over, by socket activation, by what systemd keeps.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo
restart() { python3 "$top/tests/daemon/restart.py" "$1" "$port" "$APEX_BUILD/apexd" --listen "127.0.0.1:$port"; }
ok handed_over restart handover
cat "$T/out"
ok activated_by_sockets restart activation
has activated__what_is_not_named_is_closed "$T/err" 'sockets were passed that the configuration does not name'
ok kept_by_the_service_manager restart stored
status 2 too_long_a_path timeout 10 "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" \
	--handover "$T/$(printf '%0100d' 0)"
: >"$T/file"
status 70 no_socket timeout 10 "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" --handover "$T/none/socket"
has no_socket__is_told "$T/err" 'none/socket.*: No such file'
