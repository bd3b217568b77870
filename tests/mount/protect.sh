#!/bin/sh
# A protected branch is refused at open, for every way to change it, and `errors` tells why.
. "$(dirname "$0")/common.sh"
make_zone
mount_it
before=$(commits)
echo "300 IN A 5.5.5.5" >"$H/api/A"
is "before it is protected a save is a commit" "$(commits)" $((before + 1))
ok "protect" apex protect main
rofs() { LC_ALL=C "$@" 2>&1 | grep -q 'Read-only file system'; }
ok "open for writing" rofs sh -c "echo 9.9.9.9 > $H/api/A"
has "errors tells where and why" "$M/errors" 'heads/main/api/A: main is protected: .*apex approve'
ok "open for appending" rofs sh -c "echo 9.9.9.9 >> $H/api/A"
ok "a new record" rofs sh -c "echo 9.9.9.9 > $H/api/AAAA"
ok "unlink" rofs rm -f "$H/api/A"
has "errors tells which name" "$M/errors" 'heads/main/api/AAAA: main is protected'
ok "rename" rofs mv "$H/api/A" "$H/api/old"
ok "mkdir" rofs mkdir "$H/new"
ok "truncate" rofs truncate -s 0 "$H/api/A"
ok "scratch" rofs sh -c "echo x > $H/api/.A.swp"
is "its files keep their write bits" "$(stat -c %a "$H/api/A")" 644
is "nothing was committed" "$(commits)" $((before + 1))
ok "reading goes on" grep -q 5.5.5.5 "$H/api/A"
ok "another branch is made" mkdir "$M/heads/side"
ok "and written to" sh -c "echo 9.9.9.9 > $M/heads/side/api/A"
ok "no longer protected" apex protect main --off
ok "it is written to at once" sh -c "echo 6.6.6.6 > $H/api/A"
is "and committed" "$(commits)" $((before + 2))
