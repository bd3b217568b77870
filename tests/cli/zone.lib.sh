# shellcheck shell=sh
# A small zone for the scenarios of this room, and words about the repository.
# shellcheck disable=SC2034
small_zone() {
	cat <<'ZONE'
$ORIGIN example.
$TTL 300
@ 3600 IN SOA ns1 root 2026080101 7200 1800 1209600 300
@ IN NS ns1
ns1 IN A 192.0.2.53
api IN A 1.2.3.4
www IN CNAME api
ZONE
}
tree_of() { apex cat-object "${1:-main}" | sed -n 's/^tree //p'; }
tip_of() { apex status --porcelain | sed -n 's/^tip //p'; }
commits() { apex log --porcelain | wc -l; }
serial_of() { apex show @ SOA "${1:-main}" | awk '{print $7}'; }
