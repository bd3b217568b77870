#!/bin/sh
# A pinned daemon answers the past, beside a live one, and does not start on what is no revision.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo
ok change apex set www A 300 192.0.2.44
ok zone_add apex zone add example.org --ns ns1.example.org.
live=$port
serve live
port=$(port)
serve past --at main~1 --zone example.
is live "$(dig +short @127.0.0.1 -p "$live" www.example A)" 192.0.2.44
is past "$(ask www.example A)" 192.0.2.4
ok change_again apex set www A 300 192.0.2.55
soon live_follows 2 sh -c "dig +short @127.0.0.1 -p $live www.example A | grep -qx 192.0.2.55"
is past_stays "$(ask www.example A)" 192.0.2.4
stop "$daemon"
status 1 no_revision_at_all timeout 10 "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" --at nonsense
has no_revision_says_so "$T/err" nonsense
serve serial --at serial:7
is zone_with_the_serial "$(ask www.example A)" 192.0.2.4
is zone_without_it_is_not_served "$(status_of example.org SOA)" "REFUSED qr"
has and_that_is_logged "$T/serial.log" "example.org"
stop "$daemon"
