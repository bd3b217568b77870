#!/bin/sh
# A canary: a share of the clients gets another branch, told apart by their network or by the client subnet option.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo
ok zone_add apex zone add example.org --ns ns1.example.org.
ok branch apex branch next
ok change_of_the_branch apex --branch next set www A 300 192.0.2.44

# What a client of a network gets; scope is what the answer says it depends on.
subnet() { dig +time=2 +tries=3 +subnet="$1" "@127.0.0.1" -p "$port" www.example A >"$T/dig"; }
www() { sed -n 's/^www.example.*A\t//p' "$T/dig"; }
scope() { sed -n 's/^; CLIENT-SUBNET: //p' "$T/dig"; }
arms() {
	i=0
	while [ $i -lt 40 ]; do
		subnet "10.$i.7.0/24"
		www
		i=$((i + 1))
	done
}

serve nobody --canary next:0
is nobody__gets_the_branch "$(ask www.example A)" 192.0.2.4
stop "$daemon"
serve all --canary next:100
soon all__get_the_branch 5 sh -c "dig +short @127.0.0.1 -p $port www.example A | grep -qx 192.0.2.44"
is all__over_tcp_too "$(ask +tcp www.example A)" 192.0.2.44
is all__of_a_zone_without_the_branch_get_live "$(status_of example.org SOA)" "NOERROR qr aa"
subnet 10.1.2.0/24
is all__an_option_that_does_not_count_is_not_echoed "$(scope)" ""
ok all__branch_moves apex --branch next set www A 300 192.0.2.45
soon all__follow_the_branch 2 sh -c "dig +short @127.0.0.1 -p $port www.example A | grep -qx 192.0.2.45"
ok all__put_back apex --branch next reset --hard main
soon all__are_put_back_by_a_ref_move 2 sh -c "dig +short @127.0.0.1 -p $port www.example A | grep -qx 192.0.2.4"
ok all__branch_moves_again apex --branch next set www A 300 192.0.2.44
stop "$daemon"

serve half --canary next:50 --canary-salt fleet --ecs-from 127.0.0.0/8
ok half__put_back_and_on_again_without_a_query_lost wire put_back 192.0.2.4 192.0.2.44 20 \
	"'$APEX_BUILD/apex' --branch next set www A 300 192.0.2.44" "'$APEX_BUILD/apex' --branch next reset --hard main"
sed 's/^/| /' "$T/out"
ok half__branch_moves_again apex --branch next set www A 300 192.0.2.44
subnet 10.1.2.0/24
is half__the_option_is_echoed_with_its_scope "$(scope)" 10.1.2.0/24/24
subnet 10.1.0.0/16
is half__the_scope_asks_for_more_than_a_16 "$(scope)" 10.1.0.0/16/24
subnet 10.1.2.3/32
is half__the_scope_needs_no_more_than_a_24 "$(scope)" 10.1.2.3/32/24
subnet 2001:db8:1::/56
is half__ipv6_is_told_apart_by_48_bits "$(scope)" 2001:db8:1::/56/48
subnet 0
is half__of_no_length_it_has_no_scope "$(scope)" 0.0.0.0/0/0
arms >"$T/first"
share=$(grep -cx 192.0.2.44 "$T/first")
ok half__gets_about_half sh -c "[ $share -ge 8 ] && [ $share -le 32 ]"
ok half__malformed_is_a_format_error sh -c \
	"dig +ednsopt=8:000118ff0a0102 @127.0.0.1 -p $port www.example A | grep -q 'status: FORMERR'"
ok half__bits_beyond_the_length_are_one sh -c \
	"dig +ednsopt=8:000110000a01ff @127.0.0.1 -p $port www.example A | grep -q 'status: FORMERR'"
stop "$daemon"
port=$(port)
serve other --canary next:50 --canary-salt fleet --ecs-from 127.0.0.1
arms >"$T/second"
ok other__server_with_the_salt_serves_the_same cmp "$T/first" "$T/second"
stop "$daemon"
serve third --canary next:50 --canary-salt another --ecs-from 127.0.0.1
arms >"$T/third"
not_ok third__with_another_salt_does_not cmp "$T/first" "$T/third"
stop "$daemon"

for bad in next next:101 next:x :5 ../x:5; do
	status 2 "refused__canary_$bad" timeout 10 "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" --canary "$bad"
done
status 2 refused__no_canary_of_the_past timeout 10 "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" --at main~1 \
	--canary next:5
status 2 refused__no_network timeout 10 "$APEX_BUILD/apexd" --listen "127.0.0.1:$port" --ecs-from 10.0.0.1/8
