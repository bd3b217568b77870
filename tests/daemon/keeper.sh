#!/bin/sh
# The process that owns the sockets can't write the store: a keeper does what writing there is, and holds its slot.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_zone >"$T/example.zone"
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "h%d A 198.51.%d.%d\n", i, i / 250, i % 250 }' >>"$T/example.zone"
ok init apex init example.
ok import apex import "$T/example.zone"
serve apexd --threads 2
keeper=$(pgrep -P "$daemon")
is keeper__is_a_child "$(cat "/proc/$keeper/comm")" apexd-keeper

# What is open of the store, by whom, and how: the flags' last octal digit is 0 where it is for reading only.
opened() {
	for fd in "/proc/$1/fd"/*; do
		case $(readlink "$fd") in
		"$T/repo"/*) echo "$(basename "$(readlink "$fd")" " (deleted)") $(sed -n 's/^flags:.*\(.\)$/\1/p' "/proc/$1/fdinfo/${fd##*/}")" ;;
		esac
	done | sort -u
}
is daemon__has_the_data_open_for_reading_alone "$(opened "$daemon")" "data.mdb 0"
is keeper__has_the_lock_file "$(find "/proc/$keeper/fd" -lname "*/lock.mdb" | wc -l)" 1
is daemon__maps_nothing_of_it_to_write "$(grep "$T/repo" "/proc/$daemon/maps" | grep -c ' .w')" 0
is keeper__has_no_socket_of_the_daemon "$(find "/proc/$keeper/fd" -lname "socket:*" | wc -l)" 1

# A storm of commits, with gc and repack in between: every answer is one that was true.
storm() {
	for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
		for m in 1 2 3 4 5; do apex set storm A 300 "192.0.2.$((n * 5 + m))" >/dev/null || return 1; done
		case $n in 4 | 8) apex gc >/dev/null || return 1 ;; esac
		case $n in 6 | 11) apex repack >/dev/null || return 1 ;; esac
	done
}
ok storm storm
soon storm__ends_in_the_last_answer 10 sh -c "dig +short +noedns @127.0.0.1 -p $port storm.example A | grep -qx 192.0.2.65"
is storm__others_are_as_they_were "$(ask h2999.example A)" 198.51.11.249
is storm__nothing_could_not_be_read "$(counter "$T/apexd.log" load_errors)" 0
is storm__still_for_reading_alone "$(opened "$daemon")" "data.mdb 0"

# The slot follows, so that the file need not grow.
for n in 1 2 3 4 5 6 7 8 9 10; do apex set storm A 300 "192.0.2.1$n" >/dev/null; done
in_step() { apex stat | sed -n 's/^readers.*oldest \([0-9]*\) transactions behind/\1/p' | grep -qx 0; }
soon slot_follows 10 in_step

# A daemon that ends takes its keeper along; a keeper that dies its daemon, at once and loudly.
kill -TERM "$daemon"
wait "$daemon"
is sigterm_ends_it_cleanly $? 0
not_ok keeper__is_gone_with_it kill -0 "$keeper"
serve again
keeper=$(pgrep -P "$daemon")
kill -KILL "$keeper"
wait "$daemon"
is keeper_dies__so_does_the_daemon $? 70
has keeper_dies__it_is_told "$T/again.log" 'the keeper of the store has died'

# A keeper that can't have the store is an error at the start.
status 3 no_repository timeout 10 "$APEX_BUILD/apexd" --repo "$T/none" --listen "127.0.0.1:$port"
has no_repository__is_told "$T/err" 'not an apexfs repository'
