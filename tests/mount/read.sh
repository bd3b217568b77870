#!/bin/sh
# shellcheck disable=SC2010,SC2012 # ls is what is tested
# What there is to read: branches, tags, commits, zones; sizes, times and numbers; the tools everybody has.
. "$(dirname "$0")/common.sh"
make_zone
apex set api A 300 1.2.3.5 >/dev/null
apex tag v1 >/dev/null
apex set api A 300 1.2.3.6 >/dev/null
apex zone add second.example --ns ns1.second.example. >/dev/null 2>&1 || apex zone add second.example >/dev/null
mount_it

is "the root lists what there is" "$(ls "$M" | tr '\n' ' ')" "commits diff errors heads log stage tags zonefiles zones "
is "a branch lists types and labels" "$(ls "$H" | grep -v '^x' | tr '\n' ' ')" \
	"NS SOA api dev mail ns1 ns2 t1 t10 t11 t2 t3 t4 t5 t6 t7 t8 t9 wild "
is "a name lists its types and labels below" "$(ls "$H/dev/www" | tr '\n' ' ')" "A AAAA "
is "a wildcard is a directory named *" "$(cat "$H/wild/*/TXT")" '300 IN TXT "hello"'
is "an RRset of two shows two lines" "$(cat "$H/NS")" "300 IN NS ns1.example.com.
300 IN NS ns2.example.com."
is "the SOA shows the commit's serial" "$(awk '{print $6}' "$H/SOA")" "3"
is "an older commit shows its own" "$(awk '{print $6}' "$M/commits/main~1/SOA")" "2"
is "a tag shows what was tagged" "$(cat "$M/tags/v1/api/A")" "300 IN A 1.2.3.5"
is "a revision is a link to the full id" "$(readlink "$M/commits/main" | wc -c)" "65"
is "a revision leads there" "$(cat "$M/commits/main~2/api/A")" "300 IN A 1.2.3.4"
is "a date is a revision" "$(cat "$M/commits/main@{0}/api/A")" "300 IN A 1.2.3.6"
is "commits lists short ids" "$(ls "$M/commits" | wc -l)" "3"
is "the newest commit is first by time" "$(ls -t "$M/commits" | head -n 1)" "$(apex log --oneline | head -n 1 | cut -c 1-12)"
is "zones lists both" "$(ls "$M/zones" | tr '\n' ' ')" "example.com second.example "
is "the default zone's is a link up" "$(readlink "$M/zones/example.com")" ".."
is "through it lies the same" "$(cat "$M/zones/example.com/heads/main/api/A")" "300 IN A 1.2.3.6"
ok "the other zone has its own branches" test -d "$M/zones/second.example/heads/main"
not_ok "what is no zone is not there" test -e "$M/zones/third.example"
not_ok "what is no revision is not there" test -e "$M/commits/nosuch"
not_ok "another zone's commit is not this zone's" test -e \
	"$M/zones/second.example/commits/$(readlink "$M/commits/main")"

find "$H" -type f | while read -r f; do
	[ "$(stat -c %s "$f")" = "$(wc -c <"$f")" ] || echo "$f"
done >"$T/sizes"
is "every size is exact" "$(cat "$T/sizes")" ""
is "directories have one link" "$(stat -c %h "$H/dev")" "1"
is "a record is as old as the commit that changed it" "$(stat -c %Y "$H/api/A")" "$(stat -L -c %Y "$M/commits/main")"
is "to the nanosecond" "$(stat -c %y "$H/api/A")" "$(stat -c %y "$M/commits/$(apex log --oneline | head -n 1 | cut -c 1-12)")"
not_ok "and not younger" test "$H/t1/A" -nt "$M/commits/$(apex log --oneline | tail -n 1 | cut -c 1-12)"
ok "a directory is as young as the newest below it" test "$H/api" -nt "$H/t1"
is "inode numbers are of the path" "$(find "$H" -type f -printf '%i\n' | sort | uniq -d | wc -l)" "0"
find "$H" -printf '%p %i\n' | sort >"$T/inodes1"

diff -r "$M/commits/main~1/" "$M/commits/main/" >"$T/diff"
is "diff -r of two commits names the record and the SOA" "$(grep -c '^diff' "$T/diff")" "2"
has "with the old text" "$T/diff" '^< 300 IN A 1.2.3.5$'
has "and the new" "$T/diff" '^> 300 IN A 1.2.3.6$'
ok "a branch and its commit are the same" diff -r "$H/" "$M/commits/main/"
not_ok "a commit is not written" sh -c "echo 1.1.1.1 > $M/commits/main/api/A"
not_ok "nor a tag" sh -c "echo 1.1.1.1 > $M/tags/v1/api/A"
not_ok "nor a directory made there" mkdir "$M/tags/v1/new"

mkdir "$T/copy"
ok "rsync copies a branch" rsync -a "$H/" "$T/copy/"
is "and copies nothing again" "$(rsync -ai "$H/" "$T/copy/")" ""
ok "what it copied is the same" diff -r "$H/" "$T/copy/"
ok "tar packs it" tar -C "$H" -cf "$T/all.tar" .
mkdir "$T/tar" && tar -C "$T/tar" -xf "$T/all.tar"
ok "what it packed is the same" diff -r "$H/" "$T/tar/"
is "find does not walk history" "$(find "$M/commits" | wc -l)" "4"
is "errors is empty" "$(cat "$M/errors")" ""
unmount_it

mount_it
find "$H" -printf '%p %i\n' | sort >"$T/inodes2"
ok "inode numbers are the same after a remount" cmp "$T/inodes1" "$T/inodes2"
unmount_it
sound
