#!/bin/sh
# The first five minutes: a zone goes in, is edited through a mount, answered by the daemon, and its past stays.
# Everything lives in a scratch folder that is removed at the end; any step that fails ends the demo loudly.
#   examples/demo.sh [BUILD]
set -eu
cd "$(dirname "$0")/.."
build=$(cd "${1:-build}" && pwd)
zone=$PWD/examples/zones/example.zone
work=$(mktemp -d "${TMPDIR:-/tmp}/apexfs-demo.XXXXXX")
PATH=$build:$PATH
export PATH APEX_REPO="$work/repo" APEX_AUTHOR_NAME="Ada Operator" APEX_AUTHOR_EMAIL=ada@example.com
daemons=

finish() {
	rc=$?
	trap - EXIT INT TERM
	for p in $daemons; do kill "$p" 2>/dev/null || true; done
	cd /
	if grep -qs " $work/mnt " /proc/mounts; then fusermount3 -u "$work/mnt" || fusermount3 -u -z "$work/mnt"; fi
	for p in $daemons; do wait "$p" 2>/dev/null || true; done
	rm -rf "$work"
	if [ $rc -ne 0 ]; then echo "demo: FAILED (status $rc)" >&2; fi
	exit $rc
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '\n# %s\n' "$*"; }
show() {
	printf '$ %s\n' "$*"
	sh -c "$*"
}
wanted() { # WHAT GOT WANTED
	if [ "$2" != "$3" ]; then
		echo "demo: $1: got '$2', wanted '$3'" >&2
		exit 1
	fi
}
# A daemon in the background on a free port, waited for until it says READY. Its port is left in $port.
port=$((20000 + $$ % 20000))
serve() {
	log=$work/apexd.log
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		port=$((port + 1))
		apexd --repo "$APEX_REPO" --listen "127.0.0.1:$port" "$@" >"$log" 2>&1 &
		pid=$!
		i=0
		while [ $i -lt 200 ] && kill -0 $pid 2>/dev/null; do
			if grep -q READY "$log"; then
				echo "\$ apexd --repo repo --listen 127.0.0.1:$port${*:+ $*} &"
				daemons="$daemons $pid"
				return 0
			fi
			sleep 0.05
			i=$((i + 1))
		done
		kill $pid 2>/dev/null || true
		wait $pid || true
	done
	cat "$log" >&2
	exit 1
}

cd "$work"
say "A repository, and a zone file you already have."
cp "$zone" .
echo "\$ export APEX_REPO=\$PWD/repo"
show "apex init example.com"
show "apex import example.zone"

say "Mount it. Labels are folders, RRsets are files."
show "mkdir mnt"
show "apexfs repo mnt"
show "ls mnt"
show "ls -x mnt/heads/main mnt/heads/main/web"
show "cat mnt/heads/main/api/A"

say "Answer it."
serve
live=$port
show "dig +short @127.0.0.1 -p $live api.example.com A"
wanted "the answer before" "$(dig +short @127.0.0.1 -p "$live" api.example.com A)" 192.0.2.10

say "Edit with what you have. A save is a commit; the daemon answers it milliseconds later. Nothing is reloaded."
show "sed -i s/192.0.2.10/192.0.2.11/ mnt/heads/main/api/A"
sleep 0.05
show "dig +short @127.0.0.1 -p $live api.example.com A"
wanted "the answer after sed" "$(dig +short @127.0.0.1 -p "$live" api.example.com A)" 192.0.2.11

say "A mistake is refused, with its reason, and nothing changes."
printf '$ echo 192.0.2.999 > mnt/heads/main/api/A\n'
if sh -c "echo 192.0.2.999 > mnt/heads/main/api/A"; then
	echo "demo: nonsense was accepted" >&2
	exit 1
fi
show "tail -n 1 mnt/errors"
wanted "the answer after a mistake" "$(dig +short @127.0.0.1 -p "$live" api.example.com A)" 192.0.2.11

say "Who did what, when."
show "apex log -n 2"
show "apex blame api A"
show "ls -l mnt/commits"

say "The past is a folder: compare two commits with diff."
printf '$ diff -r mnt/commits/main~1/ mnt/commits/main/\n'
diff -r mnt/commits/main~1/ mnt/commits/main/ && { echo "demo: no difference" >&2; exit 1; }
show "apex diff main~1 main"

say "The past can be served too, beside the present."
serve --at main~1
show "dig +short @127.0.0.1 -p $port api.example.com A"
wanted "the past" "$(dig +short @127.0.0.1 -p "$port" api.example.com A)" 192.0.2.10
wanted "the present" "$(dig +short @127.0.0.1 -p "$live" api.example.com A)" 192.0.2.11

say "Roll back: copy the past over the present."
show "cp mnt/commits/main~1/api/A mnt/heads/main/api/A"
sleep 0.05
show "dig +short @127.0.0.1 -p $live api.example.com A"
wanted "the answer after the rollback" "$(dig +short @127.0.0.1 -p "$live" api.example.com A)" 192.0.2.10
show "apex log --oneline"
show "fusermount3 -u mnt"
printf '\ndemo: all of it worked; nothing is left behind.\n'
