#!/bin/sh
# shellcheck disable=SC2317,SC2329 # functions are called by name
# Who watches is told: vim when the file was changed under it and only then, inotify of this mount's own saves, a second
# mount of what the first does, times included.
. "$(dirname "$0")/common.sh"
export LC_ALL=C.UTF-8 TERM=xterm HOME="$T/home" SHELL=/bin/sh
mkdir -p "$HOME"
make_zone
mount_it
N=$T/second H2=$T/second/heads/main
mkdir "$N"
"$APEX_BUILD/apexfs" -f "$APEX_REPO" "$N" >"$T/second.log" 2>&1 &
second=$!
pids="$pids $second"
soon "a second mount of the same repository" 5 test -d "$H2"

# -- vim --------------------------------------------------------------------------------------------------------------
tm() { tmux -S "$T/tmux.$session" -f /dev/null "$@"; }
session=1
see() {
	_i=0
	until tm capture-pane -p 2>/dev/null | grep -qE "$1"; do
		_i=$((_i + 1))
		if [ $_i -gt 200 ]; then return 1; fi
		sleep 0.05
	done
}
typed() { tm send-keys -l "$1"; tm send-keys Enter; }
# looks N: vim compares its file with the disk, as it does when it gets the focus; $T/out has what it then shows: the
# mark N, or the warning, which asks and takes no mark
looks() {
	typed ":checktime | echo 'looked' $1"
	see "looked $1|W11"
	tm capture-pane -p >"$T/out"
}
tm new-session -d -x 120 -y 30 "cd $T && vim -N -u NONE --cmd 'set backupskip= noautoread' $H/api/A; sleep 60"
see '1\.2\.3\.4'
sleep 0.3 # until it reads keys
looks 1
has "vim: nothing changed, no warning" "$T/out" 'looked 1'
typed ":call setline(1, '300 IN A 10.0.0.1')"
typed ":w"
see ' written'
looks 2
has "its own save is no change by others" "$T/out" 'looked 2'
apex set t1 A 300 10.0.0.2 >/dev/null
echo 10.0.0.3 >"$H/t2/A"
looks 3
has "nor are saves of other records" "$T/out" 'looked 3'
apex set api A 300 10.0.0.4 >/dev/null
sleep 0.1
looks 4
has "a commit of this record is, by the command line" "$T/out" 'W11: Warning: File .*api/A'
tm kill-server
session=2
tm new-session -d -x 120 -y 30 "cd $T && vim -N -u NONE --cmd 'set backupskip= noautoread' $H/api/A; sleep 60"
see '10\.0\.0\.4'
sleep 0.3
typed ":call setline(1, '300 IN A 10.0.0.5')"
see '10\.0\.0\.5'
echo 10.0.0.6 >"$H2/api/A"
sleep 0.1
typed ":w"
see 'W12|changed since reading|Do you really'
tm capture-pane -p >"$T/out"
has "a save in another mount as well: vim asks before it overwrites" "$T/out" 'changed since reading'
tm send-keys n Escape
tm kill-server
is "and the other's text stays" "$(cat "$H/api/A")" "300 IN A 10.0.0.6"

# -- the second mount -------------------------------------------------------------------------------------------------
shows() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }
time_of() { stat -c %.9Y "$1"; }
same_time() { [ "$(time_of "$1")" = "$(time_of "$2")" ]; }
find "$H" "$H2" -type f -exec cat {} + >/dev/null
echo 10.0.1.1 >"$H/t3/A"
soon "what one saves the other shows" 1 shows "$H2/t3/A" "300 IN A 10.0.1.1"
is "with the same time" "$(time_of "$H2/t3/A")" "$(time_of "$H/t3/A")"
mkdir "$H2/fresh" && echo 10.0.1.2 >"$H2/fresh/A"
soon "a new name, the other way round" 1 shows "$H/fresh/A" "300 IN A 10.0.1.2"
is "listed" "$(find "$H" -maxdepth 1 -name fresh)" "$H/fresh"
rm "$H/fresh/A"
soon "a deletion, after its quiet second" 4 sh -c "! test -e $H2/fresh/A"
touch -d '2001-02-03 04:05:06.7' "$H/t3/A"
soon "a time that was given" 4 same_time "$H2/t3/A" "$H/t3/A"
is "the given one it is" "$(time_of "$H2/t3/A")" "$(time_of "$(touch -d '2001-02-03 04:05:06.7' "$T/t" && echo "$T/t")")"
is "in inode numbers both agree" "$(stat -c %i "$H2/t3/A")" "$(stat -c %i "$H/t3/A")"

# -- inotify ----------------------------------------------------------------------------------------------------------
python3 - "$H" >"$T/events" 2>&1 <<'PY'
import ctypes, os, struct, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
MODIFY, CLOSE_WRITE, MOVED_TO, CREATE, DELETE = 2, 8, 0x80, 0x100, 0x200
names = {MODIFY: 'modify', CLOSE_WRITE: 'close_write', MOVED_TO: 'moved_to', CREATE: 'create', DELETE: 'delete'}
folder = sys.argv[1] + '/t4'
fd = libc.inotify_init()
libc.inotify_add_watch(fd, folder.encode(), MODIFY | CLOSE_WRITE | MOVED_TO | CREATE | DELETE)
for what in ('echo 10.0.2.1 >{0}/A', 'sed -i s/2.1/2.2/ {0}/A', 'echo text >{0}/TXT', 'rm {0}/TXT'):
    subprocess.run(['sh', '-c', what.format(folder)], check=True)
    data, seen = os.read(fd, 1 << 16), []
    while data:
        _, mask, _, n = struct.unpack('iIII', data[:16])
        name = data[16:16 + n].rstrip(b'\0').decode()
        if not name.startswith('sed'):
            seen += [v + ' ' + name for k, v in names.items() if mask & k]
        data = data[16 + n:]
    print(what.split()[0], sorted(set(seen)))
PY
is "inotify tells of this mount's own saves" "$(cat "$T/events")" "echo ['close_write A', 'modify A']
sed ['moved_to A']
echo ['close_write TXT', 'create TXT', 'modify TXT']
rm ['delete TXT']"
fusermount3 -u "$N"
wait "$second"
is "the second mount ends well" "$?" "0"
unmount_it
sound
