#!/bin/sh
# Response rate limiting: equal answers to a network over UDP, and what is left alone.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo
A=1 TXT=16

# A second or two pass while a flood is on: its bounds are the burst, and the rate for four seconds more.
serve plain
ok without_a_limit__all_is_answered wire flood 127.0.0.9 400 www.example $A 400 400 0 0
stop "$daemon"

serve short --rrl 5
ok short__a_network_gets_its_rate wire flood 127.0.0.9 400 www.example $A 10 30 130 250
ok short__and_so_do_its_other_hosts wire flood 127.0.0.10 200 www.example $A 0 20 50 150
ok short__another_network_has_its_own wire flood 127.0.1.9 20 www.example $A 10 20 0 10
ok short__another_name_has_its_own wire flood 127.0.0.9 20 mail.example $A 10 20 0 10
ok short__names_that_are_not_there_share wire flood 127.0.0.9 400 no%.example $A 10 30 130 250
ok short__names_of_a_wildcard_share wire flood 127.0.0.9 400 a%.w.example $TXT 10 30 130 250
ok short__names_below_a_cut_share wire flood 127.0.0.9 400 a%.sub.example $A 10 30 130 250
ok short__refusals_share wire flood 127.0.0.9 400 a%.net $A 10 30 130 250
ok short__tcp_is_left_alone wire pipeline 2000
for class in response nxdomain error referral; do ok "short__class_${class}_is_counted" test "$(counter "$T/short.log" "limited_$class")" -gt 300; done
ok short__cut_short_is_counted test "$(counter "$T/short.log" slipped)" -gt 700
stop "$daemon"

config() {
	cat <<EOT
repo: $APEX_REPO
rrl:
  {responses-per-second: $1, nxdomains-per-second: 0, burst: 1, slip: $2, ipv4-prefix: 32, exempt: [127.0.3.0/24]}
views: {all: {branch: main}}
listen: [{address: "127.0.0.1:$port", view: all}]
EOT
}
config 10 0 >"$T/apexd.yaml"
start yaml "$APEX_BUILD/apexd" --config "$T/apexd.yaml"
daemon=$pid
soon yaml__says_ready 20 grep -qx READY "$T/yaml.log"
ok yaml__without_slip_nothing_is_cut_short wire flood 127.0.2.1 400 www.example $A 10 50 0 0
ok yaml__the_network_is_a_host wire flood 127.0.2.2 10 www.example $A 10 10 0 0
ok yaml__a_class_without_rate_is_not_limited wire flood 127.0.2.1 400 no%.example $A 400 400 0 0
ok yaml__who_is_exempt_is_not_limited wire flood 127.0.3.7 400 www.example $A 400 400 0 0
config 0 1 >"$T/apexd.yaml"
kill -HUP "$daemon"
soon reload 5 grep -q 'apexd: reloaded' "$T/yaml.log"
ok reload__changes_the_rate wire flood 127.0.2.1 400 www.example $A 400 400 0 0
config 10001 1 >"$T/apexd.yaml"
kill -HUP "$daemon"
soon reload__of_a_wrong_rate_is_refused 5 grep -q 'refused.*apexd.yaml:3: a number from 0 to 10000 is wanted' "$T/yaml.log"
stop "$daemon"

# While there is no image yet the plain way answers: limited, too.
awk 'BEGIN { for (i = 0; i < 150000; i++) printf "h%d A 198.51.%d.%d\n", i, i / 250 % 250, i % 250 }' >>"$T/example.zone"
ok import_much apex import "$T/example.zone"
serve early --rrl 5
ok early__a_network_gets_its_rate wire flood 127.0.0.9 400 www.example $A 10 30 130 250
stop "$daemon"
is sigterm_ends_it_cleanly $? 0
