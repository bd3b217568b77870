#!/bin/sh
# Only signed commits are served; the last good tip stays while the newest is not signed, across a restart too.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo
ok key apex keygen "$T/ann" --name Ann
ok other_key apex keygen "$T/bob" --name Bob
status 2 flag_needs_a_key "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" --require-signed
status 2 key_needs_the_flag "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" --key "$T/ann.pub"
status 1 key_must_be_one "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" --require-signed --key "$T/example.zone"

ede() { dig +norec +nocookie "@127.0.0.1" -p "$port" "$@" | sed -n 's/^; EDE: //p'; }
serve apexd --require-signed --key "$T/ann.pub"
is nothing_signed_is_servfail "$(status_of www.example A)" "SERVFAIL qr"
is and_says_why "$(ede www.example A)" "24 (Invalid Data)"
has unsigned_is_logged "$T/apexd.log" 'example\.: not served: commit [0-9a-f]{64}: unsigned'
ok signed_by_another apex sign-commit --key "$T/bob"
ok signed apex sign-commit --key "$T/ann"
soon signed_is_answered 2 sh -c "dig +short @127.0.0.1 -p $port www.example A | grep -qx 192.0.2.4"
is and_nothing_else_is_said "$(ede www.example A)" ""
ok change apex set www A 300 192.0.2.5
ok second_change apex set www A 300 192.0.2.6
soon change_is_told 2 sh -c "test \$(grep -c 'not served' '$T/apexd.log') -ge 2"
is unsigned_change_is_not_served "$(ask www.example A)" 192.0.2.4
is and_it_says_that_it_is_the_last_good_one "$(ede www.example A)" "3 (Stale Answer)"
stop "$daemon"
serve again --require-signed --key "$T/ann.pub"
is last_good_one_is_found_at_the_start "$(ask www.example A)" 192.0.2.4
soon and_says_so_from_its_image 5 sh -c "dig +nocookie @127.0.0.1 -p $port www.example A | grep -q 'EDE: 3'"
ok sign_it apex sign-commit --key "$T/ann"
soon now_it_is_served 2 sh -c "dig +short @127.0.0.1 -p $port www.example A | grep -qx 192.0.2.6"
is now_it_is_fresh "$(ede www.example A)" ""
is only_what_is_not_signed_is_told "$(grep -c 'not served' "$T/again.log")" 1
stop "$daemon"
