#!/bin/sh
# TCP as RFC 7766 asks: many queries at once, streams cut anywhere, slow and silent clients, too many of them.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo
serve apexd --threads 1 --tcp-connections 20 --tcp-per-address 20
ok pipeline wire pipeline 2000
ok octet_by_octet wire trickle
ok half_closed wire half_close
ok slow_reader wire slow_reader
ok more_connections_than_there_is_room wire crowd 20
made_room=$(counter "$T/apexd.log" tcp_refused)
ok room_was_made_and_counted test "$made_room" -ge 20
if [ -n "${APEX_TEST_FULL:-}" ]; then
	ok idle_connections_are_ended wire idle 10
fi
ok good_queries_after wire good
stop "$daemon"
is sigterm_ends_it_cleanly $? 0

serve impatient --threads 2 --tcp-idle 1 --tcp-write 1
ok impatient__ends_who_does_not_take_part wire shunned
ok impatient__that_is_counted test "$(counter "$T/impatient.log" tcp_closed_idle)" -ge 2
stop "$daemon"

serve fair --threads 2 --tcp-per-address 3
ok fair__one_address_has_its_share wire neighbours 3
ok fair__that_is_counted test "$(counter "$T/fair.log" tcp_refused_address)" -ge 1
stop "$daemon"

# Few descriptors: fewer connections.
start poor sh -c 'ulimit -n 40 && exec "$@"' sh "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" --threads 2 --tcp-per-address 1000
daemon=$pid
soon poor__says_ready 20 grep -qx READY "$T/poor.log"
has poor__is_told "$T/poor.log" 'of 1024 TCP connections there will be [0-9]*: 40 descriptors are allowed'
ok poor__serves_all_the_same wire exhaust 200
ok poor__room_was_made test "$(counter "$T/poor.log" tcp_refused)" -ge 100
stop "$daemon"
serve poorer --threads 1 --tcp-per-address 1000
ok poorer__loses_its_descriptors prlimit --pid "$daemon" --nofile=30
ok poorer__serves_all_the_same wire exhaust 200
ok poorer__room_was_made test "$(counter "$T/poorer.log" tcp_refused)" -ge 100
ok good_queries_after_all wire good
stop "$daemon"

# None left at all: nobody is accepted, neither for queries nor for metrics, and nobody is waited for busily.
web=$(port)
ticks() { sed 's/.*) //' "/proc/$daemon/stat" | awk '{print $12 + $13}'; }
serve stranded --threads 2 --metrics "127.0.0.1:$web"
ok stranded__loses_its_descriptors prlimit --pid "$daemon" --nofile=3:
wire stranded "$web" "$T/served" >"$T/stranded" 2>&1 &
crowd=$!
pids="$pids $crowd"
soon stranded__all_of_them_wait 20 grep -q waiting "$T/stranded"
before=$(ticks)
sleep 2
spent=$(($(ticks) - before))
ok "stranded__does_not_spin ($spent ticks in 2 s)" test "$spent" -lt $(($(getconf CLK_TCK) / 2))
ok stranded__udp_is_served ask www.example A
ok stranded__gets_its_descriptors_back prlimit --pid "$daemon" --nofile=1024:
soon stranded__who_waited_is_served 20 test -e "$T/served"
stop "$daemon"
