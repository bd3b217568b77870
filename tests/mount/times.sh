#!/bin/sh
# Times that were given to records: `rsync -a` into the mount is known as done, after a remount too.
. "$(dirname "$0")/common.sh"
make_zone
mount_it
mtime() { stat -c %.Y "$1"; }
# what rsync -a would copy, records and directories, but for the SOA and the apex, which change with each commit
to_copy() { rsync -ani "$T/copy/" "$H/" | awk '$2 != "SOA" && $2 != "./" {print}'; }
remount() { unmount_it; mount_it "$@"; }

mkdir -p "$T/copy"
rsync -a "$H/" "$T/copy/"
is "rsync -a out, and nothing is to be copied back" "$(to_copy)" ""
echo 10.0.0.1 >"$T/copy/api/A"
echo 10.0.0.2 >"$T/copy/t1/A"
mkdir "$T/copy/new"
echo '300 IN A 10.0.0.3' >"$T/copy/new/A"
# the mount's spelling, so that sizes are the same
sed -i 's/^10/300 IN A 10/' "$T/copy/api/A" "$T/copy/t1/A"
touch -d '2001-02-03 04:05:06.789' "$T/copy/api/A"
touch -d '1969-12-31 23:00:00' "$T/copy/t1/A"
touch -d '2002-02-02' "$T/copy/new" "$T/copy/new/A"
ok "rsync -a in" rsync -a "$T/copy/" "$H/"
is "is known as done" "$(to_copy)" ""
before=$(commits)
is "with nanoseconds" "$(mtime "$H/api/A")" "$(mtime "$T/copy/api/A")"
remount
is "after a remount too" "$(to_copy)" ""
is "with nanoseconds still" "$(mtime "$H/api/A")" "$(mtime "$T/copy/api/A")"
is "before 1970 too" "$(mtime "$H/t1/A")" "$(mtime "$T/copy/t1/A")"
is "a directory's too" "$(mtime "$H/new")" "$(mtime "$T/copy/new")"
ok "rsync -a again" rsync -a "$T/copy/" "$H/"
is "is no commit" "$(commits)" "$before"

echo 10.0.0.9 >"$H/api/A"
not_ok "a record that changes has another time" [ "$(mtime "$H/api/A")" = "$(mtime "$T/copy/api/A")" ]
touch -d '2003-03-03 03:03:03' "$H/t2/A"
sleep 1.3 # within a second they are in the store
kill -KILL "$fs"
wait "$fs" 2>/dev/null
fusermount3 -u -z "$M"
mount_it
is "what was set a second ago outlives SIGKILL" "$(mtime "$H/t2/A")" "$(mtime "$(touch -d '2003-03-03 03:03:03' "$T/t2" && echo "$T/t2")")"
not_ok "and the changed one did not get its old time back" [ "$(mtime "$H/api/A")" = "$(mtime "$T/copy/api/A")" ]
is "setting times is no commit" "$(commits)" "$((before + 1))"
remount -o ro
is "a read-only mount shows them" "$(stat -c %Y "$H/t2/A")" "$(stat -c %Y "$T/t2")"
not_ok "and sets none" touch -d '2004-04-04' "$H/t2/A"
unmount_it
sound
