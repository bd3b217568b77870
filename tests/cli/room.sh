#!/bin/sh
# No room, no permission to write, no one to read, a store cut short: told with the right status, and the repository is as it was.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
cd "$T" || exit 1
small_zone >small.zone
{ small_zone; seq -f 'host%g 300 IN TXT "0123456789012345678901234567890123456789"' 1 40000; } >big.zone

if [ "$(id -u)" = 0 ] && mkdir disk && mount -t tmpfs -o size=1m tmpfs disk 2>/dev/null; then
	export APEX_REPO="$T/disk/repo"
	ok "full__small_import_fits" apex init example
	ok "full__small_import" apex import small.zone
	tip=$(tip_of)
	status 70 "full__big_import_does_not_fit" apex import big.zone
	has "full__says_so" err 'space'
	is "full__tip_is_as_it_was" "$(tip_of)" "$tip"
	ok "full__fsck" apex fsck
	ok "full__small_changes_still_fit" apex set api A 300 4.3.2.1
	mount -o remount,ro "$T/disk"
	not_ok "read_only__set_is_refused" apex set api A 300 5.5.5.5
	has "read_only__says_why" err 'Read-only|read-only|not permitted|ermission'
	umount "$T/disk"
else
	echo "skip full__ and read_only__: needs root and tmpfs"
fi

export APEX_REPO="$T/repo"
apex init example >out && apex import small.zone >out || fail setup
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$T"
	status 7 "permission__of_somebody_else" setpriv --reuid 65534 --regid 65534 --clear-groups "$APEX_BUILD/apex" log
	has "permission__says_why" err 'ermi'
else
	echo "skip permission__: needs root"
fi
cp -r "$T/repo" "$T/cut"
truncate -s 8192 "$T/cut/store/data.mdb"
for verb in log fsck 'set api A 300 5.5.5.5'; do
	# shellcheck disable=SC2086
	status 70 "cut_short__$verb" apex --repo "$T/cut" $verb
	has "cut_short__is_told_by_$verb" err 'cut short'
done
if [ -e /dev/full ]; then
	"$APEX_BUILD/apex" log >/dev/full 2>err
	is "stdout__full_is_an_error" $? 70
	has "stdout__full_is_told" err 'standard output'
	"$APEX_BUILD/apex" export >/dev/full 2>err
	is "stdout__full_is_an_error_of_export" $? 70
fi
ok "stdin__closed" sh -c '"$APEX_BUILD/apex" log <&-'
apex import big.zone >out
mkfifo pipe
"$APEX_BUILD/apex" export >pipe 2>err &
x=$!
exec 3<pipe
read -r _ <&3
ok "export__to_a_slow_reader_hinders_no_writer" apex set api A 300 6.6.6.6
cat <&3 >rest
exec 3<&-
wait $x
is "export__to_a_slow_reader_is_of_one_commit" "$(grep -c '6\.6\.6\.6' rest)" 0
is "export__to_a_slow_reader_is_whole" "$(($(wc -l <rest) + 1))" 40005

# a terminal gets colour and pages, a pipe gets neither
if command -v script >/dev/null; then
	# shellcheck disable=SC2016
	script -qec 'PAGER="sed s/^/PAGED/" TERM=xterm "$APEX_BUILD/apex" log -n 1' tty.log >/dev/null
	has "terminal__pages" tty.log '^PAGED'
	has "terminal__colours" tty.log "$(printf '\033')\[33mcommit"
	script -qec 'NO_COLOR=1 PAGER= TERM=xterm "$APEX_BUILD/apex" log -n 1' tty.log >/dev/null
	is "terminal__no_color_is_obeyed" "$(grep -c "$(printf '\033')" tty.log)" 0
	script -qec 'PAGER=no-such-pager TERM=dumb "$APEX_BUILD/apex" log -n 1' tty.log >/dev/null
	has "terminal__without_its_pager_prints_all_the_same" tty.log '^commit '
fi
is "pipe__has_no_colour" "$(apex log | grep -c "$(printf '\033')")" 0
