#!/bin/sh
# apexd.yaml: views of all kinds at once, rules, geography, -t, and reloading it whole or not at all.
# shellcheck source=tests/daemon/daemon.lib.sh
. "$(dirname "$0")/daemon.lib.sh"
example_repo
ok tag apex tag v1
for branch in inside german named; do ok "branch_$branch" apex branch $branch; done
ok change apex set www A 300 192.0.2.10
ok change_inside apex --branch inside set www A 300 10.0.0.1
ok change_german apex --branch german set www A 300 192.0.2.49
ok change_named apex --branch named set www A 300 192.0.2.77

cat >"$T/geo.pl" <<'EOT'
use MaxMind::DB::Writer::Tree;
my %types = (country => 'map', iso_code => 'utf8_string', autonomous_system_number => 'uint32');
for (['country', '10.49.0.0/16', { country => { iso_code => 'DE' } }],
     ['asn', '10.50.0.0/16', { autonomous_system_number => 64500 }]) {
	my ($file, $net, $data) = @$_;
	my $tree = MaxMind::DB::Writer::Tree->new(ip_version => 6, record_size => 24, database_type => 'test',
		languages => ['en'], description => { en => 'test' }, map_key_type_callback => sub { $types{$_[0]} },
		remove_reserved_networks => 0);
	$tree->insert_network($net, $data);
	open my $out, '>', "$ARGV[0]/$file.mmdb" or die;
	$tree->write_tree($out);
}
EOT
ok databases perl "$T/geo.pl" "$T"

live=$port split=$(port) past=$(port)
config() {
	cat <<EOT
repo: $APEX_REPO
ecs-from: [127.0.0.1]
geo: {country: $T/country.mmdb, asn: $T/asn.mmdb}
views:
  live: {branch: main}
  past: {at: v1}
  split:
    branch: main
    rules:
      - {name: net, if: 'client.subnet in ["10.1.0.0/16"]', branch: inside}
      - {name: geo, if: client.geo.country == "DE" || client.geo.asn == 64500, branch: $1}
      - {name: name, if: query.name == "named.example." && query.type == "A", branch: named}
      - {name: none, if: client.geo.country != "DE", branch: nowhere}
listen:
  - {address: "127.0.0.1:$live", view: live}
  - {address: "127.0.0.1:$split", view: $2}
  - {address: "127.0.0.1:$past", view: past}
EOT
}
apexd() { timeout 10 "$APEX_BUILD/apexd" "$@"; }
config german split >"$T/good.yaml"
ok t__a_good_one_is_good apexd --config "$T/good.yaml" -t
ok t__so_is_the_example apexd --config "$top/examples/apexd.yaml" -t

# What is wrong, and what is said of it.
wrong() {
	sed "$2" "$T/good.yaml" >"$T/bad.yaml"
	status 1 "t__$1" apexd --config "$T/bad.yaml" -t
	has "t__$1__is_told" "$T/err" "bad.yaml:[0-9]+: .*$3"
}
wrong no_yaml '2s/.*/ecs-from: [/' '.'
wrong unknown_key '2s/.*/nonsense: 1/' '.nonsense. is nothing'
wrong said_twice '2s/.*/repo: x/' '.repo. is said twice'
wrong no_network '2s/127.0.0.1/127.0.0.300/' 'not a network'
wrong no_database '3s/country.mmdb/none.mmdb/' 'none.mmdb'
wrong needs_a_database '3s/.*/threads: 1/' 'needs a database'
wrong no_such_view '/view: past/s/past}/passed}/' 'there is no view .passed.'
wrong neither_branch_nor_at 's/past: {at: v1}/past: {}/' 'either .branch. or .at.'
wrong rule_of_no_type '/name: net/s/10.1.0.0/10.1.0.1/' 'column [0-9]+: .*bits set beyond'
wrong rule_without_branch '/name: net/s/, branch: inside//' 'a rule has'
wrong no_address '/view: past/s/127.0.0.1/127.0.0.x/' '127.0.0.x'
wrong canary_of_the_past 's/at: v1/at: v1, canary: "a:5"/' 'pinned'
printf '%1000000s' '' | tr ' ' '[' >"$T/deep.yaml"
status 1 t__a_deep_one__ends apexd --config "$T/deep.yaml" -t
has t__a_deep_one__is_told "$T/err" "deep.yaml:1: nothing stands so deep"
status 1 t__no_file apexd --config "$T/none.yaml" -t
status 2 t__no_other_options apexd --config "$T/good.yaml" --branch main -t

cp "$T/good.yaml" "$T/apexd.yaml"
start views "$APEX_BUILD/apexd" --config "$T/apexd.yaml"
daemon=$pid
soon says_ready 20 grep -qx READY "$T/views.log"
at() { _p=$1; shift; dig +short +time=2 +tries=3 "@127.0.0.1" -p "$_p" "$@"; }
from() { at "$split" +subnet="$1" "${2:-www.example}" A; }
is live "$(at "$live" www.example A)" 192.0.2.10
is past "$(at "$past" www.example A)" 192.0.2.4
is split__no_rule "$(at "$split" www.example A)" 192.0.2.10
is split__network "$(from 10.1.2.0/24)" 10.0.0.1
is split__network_over_tcp "$(at "$split" +tcp +subnet=10.1.2.0/24 www.example A)" 10.0.0.1
is split__country "$(from 10.49.1.0/24)" 192.0.2.49
is split__autonomous_system "$(from 10.50.1.0/24)" 192.0.2.49
is split__unknown_country_is_not_another "$(from 10.51.1.0/24)" 192.0.2.10
is live__has_no_rules "$(at "$live" +subnet=10.1.2.0/24 www.example A)" 192.0.2.10

# Another branch for a rule, another view for a listener, at once; and back.
reload() {
	"$@" >"$T/apexd.yaml"
	_said=$(grep -c reload "$T/views.log")
	kill -HUP "$daemon"
	soon "reload_is_answered" 10 sh -c "[ \$(grep -c reload $T/views.log) -gt $_said ]"
}
reload config named split
is reload__rule_has_another_branch "$(from 10.49.1.0/24)" 192.0.2.77
is reload__others_stay "$(from 10.1.2.0/24)" 10.0.0.1
reload config german live
is reload__listener_has_another_view "$(from 10.49.1.0/24)" 192.0.2.10
reload config german split
is reload__back "$(from 10.49.1.0/24)" 192.0.2.49
ok past_of_old apex tag v2
reload sed 's/branch: german/brunch: german/' "$T/good.yaml"
has refused__says_why "$T/views.log" "refused, all stays as it was: .*apexd.yaml:11: .brunch. is nothing"
is refused__all_stays "$(from 10.49.1.0/24)" 192.0.2.49
reload sed 's/at: v1/at: v3/' "$T/good.yaml"
has refused__no_such_revision "$T/views.log" "refused, all stays as it was: .v3. is no revision"
is refused__past_stays "$(at "$past" www.example A)" 192.0.2.4
reload sed "s/$past/$(port)/" "$T/good.yaml"
has refused__addresses "$T/views.log" "listen: the addresses can't change while running"
reload sed 's/at: v1/at: v2/' "$T/good.yaml"
is reload__another_revision "$(at "$past" www.example A)" 192.0.2.10

# No query is lost or answered by anything else while it is reloaded again and again.
python3 - "$live" "$daemon" "$T/answered" <<'EOT' &
import os, signal, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.settimeout(2)
good = 0
for i in range(2000):
    if i % 100 == 0:
        os.kill(int(sys.argv[2]), signal.SIGHUP)
    s.send(i.to_bytes(2, "big") + b"\0\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1")
    a = s.recv(512)
    good += a[:2] == i.to_bytes(2, "big") and a.endswith(bytes([192, 0, 2, 10]))
open(sys.argv[3], "w").write(str(good))
EOT
wait $!
is reload__loses_no_query "$(cat "$T/answered")" 2000
stop "$daemon"
