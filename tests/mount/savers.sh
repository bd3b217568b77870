#!/bin/sh
# shellcheck disable=SC2317,SC2329 # the savers are called by name
# Real programs save a record: editors in a terminal, tools that edit in place, tools that copy. Each once with good
# text and once with bad, and with APEX_TEST_FULL=1 to a new record and all at once as well. A good save is exactly one
# commit with the right content, a bad one is none, the record stands, its text is kept, and the user is told as far as
# the program listens.
. "$(dirname "$0")/common.sh"
full=${APEX_TEST_FULL:-}
export LC_ALL=C.UTF-8 TERM=xterm HOME="$T/home" SHELL=/bin/sh EDITOR=
mkdir -p "$HOME"
git config --global user.name Test
git config --global user.email test@example
git config --global init.defaultBranch main

# name | program it needs | what the user sees of a bad save: rc (a status other than 0, and a message), a pattern of
# its screen, or silent
cat >"$T/savers" <<'EOF2'
vim|vim|E667:|E51[0-9]:
vim backupcopy=yes|vim|E667:|E51[0-9]:
vim backupcopy=no|vim|E667:|E51[0-9]:
vim nowritebackup|vim|E667:|E51[0-9]:
vim backup|vim|E667:|E51[0-9]:
ex|vim|rc
neovim|nvim|E667:|E51[0-9]:
nano|nano|Bad message
nano -B|nano|Bad message
emacs -nw|emacs|Bad message
emacs --batch|emacs|rc
mcedit|mcedit|Enter file name
micro|micro|bad message|Bad message
joe|joe|Error
ne|ne|rror
ed|ed|rc
sed -i|sed|rc
sed -i.bak|sed|rc
perl -i|perl|rc
perl -i.bak|perl|rc
patch|patch|rc
tee|tee|rc
dd|dd|rc
dd conv=fsync|dd|rc
cp|cp|rc
cp -a|cp|rc
cp -b|cp|rc
cp --remove-destination|cp|rc
mv|mv|rc
mv from elsewhere|mv|rc
install|install|rc
install -C|install|rc
tar x|tar|rc
tar x --overwrite|tar|rc
git checkout|git|rc
rsync|rsync|rc
rsync -a|rsync|rc
rsync -c|rsync|rc
rsync --inplace|rsync|rc
rsync --delay-updates|rsync|rc
sh echo|sh|rc
bash echo|bash|rc
several children|sh|rc
python open|python3|rc
python os.replace|python3|rc
python mmap|python3|rc
EOF2

# -- terminals: one tmux server a save --------------------------------------------------------------------------------
tm() { tmux -S "$W/tmux" -f /dev/null "$@"; }
# terminal CMD...: open it on the file
terminal() {
	tm new-session -d -x 120 -y 30 "cd $W; $* $F; echo status \$?; sleep 60"
	_i=0
	until tm capture-pane -p 2>/dev/null | grep -q '[^[:space:]]' || [ $_i -gt 200 ]; do _i=$((_i + 1)); sleep 0.05; done
	if [ -e "$F" ]; then see '192\.0\.2'; fi
	sleep 0.2 # until it reads keys
}
keys() { tm send-keys "$@"; }
typed() { tm send-keys -l "$1"; }
# see PATTERN: wait until the screen shows it
see() {
	_i=0
	until tm capture-pane -p 2>/dev/null | grep -qE "$1"; do
		_i=$((_i + 1))
		if [ $_i -gt 100 ]; then return 1; fi
		sleep 0.05
	done
}
closed() {
	tm capture-pane -p | grep '[^[:space:]]'
	tm kill-server
}
vims() {
	terminal "$@"
	typed ":call setline(1, '$V')"
	keys Enter
	typed ':w'
	keys Enter
	see ' written|E[0-9]+:|rror'
	tm capture-pane -p | grep '[^~[:space:]]'
	typed ':q!'
	keys Enter
	see 'status'
	tm kill-server
}
emacs_commands='(setq backup-enable-predicate (lambda (_) t) make-backup-files t)'

# -- the savers: $V becomes the text of $F, $W is a folder to work in --------------------------------------------------
source_file() { printf '%s\n' "$V" >"$W/A"; }
saver() {
	case $1 in
	vim) vims vim -u NONE --cmd "'set nocp backupskip='" ;;
	"vim backupcopy=yes") vims vim -u NONE --cmd "'set nocp backupskip= backupcopy=yes'" ;;
	"vim backupcopy=no") vims vim -u NONE --cmd "'set nocp backupskip= backupcopy=no'" ;;
	"vim nowritebackup") vims vim -u NONE --cmd "'set nocp nowritebackup'" ;;
	"vim backup") vims vim -u NONE --cmd "'set nocp backupskip= backup'" ;;
	ex) vim -es -u NONE --cmd 'set backupskip=' -c "call setline(1, '$V')" -c 'wq' -c 'cq' "$F" ;;
	neovim) vims nvim -u NONE --cmd "'set backupskip='" ;;
	nano | "nano -B")
		_flag=${1#nano}
		terminal nano "$_flag"
		keys C-k
		typed "$V"
		keys C-o
		see 'File Name to Write'
		keys Enter
		see 'Wrote|rror'
		closed
		;;
	"emacs -nw")
		terminal emacs -nw -Q --eval "'$emacs_commands'"
		keys C-x h C-w
		typed "$V"
		keys C-x C-s
		if see 'Wrote|rror|Bad|newline|y or n|yes or no'; then :; fi
		sleep 0.2
		closed
		;;
	"emacs --batch")
		emacs --batch -Q --eval "$emacs_commands" --eval "(progn (find-file \"$F\") (erase-buffer) (insert \"$V\\n\") (save-buffer))"
		;;
	mcedit)
		terminal mcedit
		keys C-y
		typed "$V"
		keys F2
		if see 'Confirm save|Save file'; then keys Enter; fi
		see 'Enter file name' || :
		closed
		;;
	micro)
		terminal micro
		keys C-a
		typed "$V"
		keys C-s
		see 'Saved|message|rror'
		sleep 0.2
		closed
		;;
	joe)
		terminal joe
		keys C-y
		typed "$V"
		keys Enter # of an unfinished line it hears from close alone, which it ignores
		keys C-k d
		see 'Name of file to save|file to save'
		keys Enter
		see 'saved|rror'
		closed
		;;
	ne)
		terminal ne
		keys C-y
		typed "$V"
		keys C-s
		see 'saved|Saved|rror'
		closed
		;;
	ed) printf '%s\n' ',d' a "$V" . w q | ed -s "$F" 2>&1 ;;
	"sed -i") sed -i "1s/.*/$V/" "$F" ;;
	"sed -i.bak") sed -i.bak "1s/.*/$V/" "$F" ;;
	"perl -i") perl -i -pe 's/.*/$ENV{V}/' "$F" ;;
	"perl -i.bak") perl -i.bak -pe 's/.*/$ENV{V}/' "$F" ;;
	patch)
		cp "$F" "$W/old"
		source_file
		diff -u "$W/old" "$W/A" >"$W/patch"
		(cd "${F%/*}" && patch -s A "$W/patch")
		;;
	tee) source_file && tee "$F" <"$W/A" >/dev/null ;;
	dd) source_file && dd status=none if="$W/A" of="$F" ;;
	"dd conv=fsync") source_file && dd status=none if="$W/A" of="$F" conv=fsync ;;
	cp) source_file && cp "$W/A" "$F" ;;
	"cp -a") source_file && cp -a "$W/A" "$F" ;;
	"cp -b") source_file && cp -b "$W/A" "$F" ;;
	"cp --remove-destination") source_file && cp --remove-destination "$W/A" "$F" ;;
	mv) printf '%s\n' "$V" >"${F%/*}/fresh" && mv "${F%/*}/fresh" "$F" ;;
	"mv from elsewhere") source_file && mv "$W/A" "$F" ;;
	install) source_file && install -m 644 "$W/A" "$F" ;;
	"install -C") source_file && install -C -m 644 "$W/A" "$F" ;;
	"tar x") source_file && tar -C "$W" -cf "$W/tar" A && tar -C "${F%/*}" -xf "$W/tar" ;;
	"tar x --overwrite") source_file && tar -C "$W" -cf "$W/tar" A && tar -C "${F%/*}" --overwrite -xf "$W/tar" ;;
	"git checkout")
		source_file
		git init -q "$W/git" && cp "$W/A" "$W/git/A" && git -C "$W/git" add A && git -C "$W/git" commit -qm A &&
			git --git-dir="$W/git/.git" --work-tree="${F%/*}" checkout -f HEAD -- A
		;;
	rsync) source_file && rsync "$W/A" "$F" ;;
	"rsync "*) source_file && rsync "${1#rsync }" "$W/A" "$F" ;;
	"sh echo") sh -c 'echo "$V" >"$F"' ;;
	"bash echo") bash -c 'echo "$V" >"$F"' ;;
	"several children") sh -c '(/bin/echo "; a comment"; /bin/echo "$V") >"$F"' ;;
	"python open") python3 -c 'import os
with open(os.environ["F"], "w") as f: f.write(os.environ["V"] + "\n")' ;;
	"python os.replace") python3 -c 'import os
f, v = os.environ["F"], os.environ["V"]
t = os.path.dirname(f) + "/tmpab12cd_9"
with open(t, "w") as o: o.write(v + "\n"); o.flush(); os.fsync(o.fileno())
os.replace(t, f)' ;;
	"python mmap") python3 -c 'import mmap, os
v = os.environ["V"].encode() + b"\n"
fd = os.open(os.environ["F"], os.O_RDWR | os.O_CREAT, 0o644)
os.ftruncate(fd, len(v))
m = mmap.mmap(fd, len(v)); m[:] = v; m.flush(); m.close()
os.close(fd)' ;;
	esac
}

# -- one save, judged -------------------------------------------------------------------------------------------------
# try I NAME KIND TEXT: save TEXT to the A of pI, in a folder of its own; leaves status, out and what it made there
attempt() {
	W=$T/work/$1.$3 F=$H/p$1/A V=$4
	export W F V
	mkdir -p "$W" "${F%/*}"
	rm -f "${F%/*}/.#A" # the lock of an editor that was ended with its terminal
	{ apex log --oneline -- "p$1" A 2>/dev/null || :; } | wc -l >"$W/before"
	(saver "$2") >"$W/out" 2>&1 </dev/null
	echo $? >"$W/status"
	{ apex log --oneline -- "p$1" A 2>/dev/null || :; } | wc -l >"$W/after"
	cat "$F" >"$W/shows" 2>&1
}
made() { echo $(($(cat "$W/after") - $(cat "$W/before"))); }
seen() {
	grep -E 'rror|[Mm]essage|written|Wrote|[Ss]aved|E[0-9]+:|failed|cannot|Can.t|Save as|Enter file name' "$W/out" |
		tail -n 1 | tr -s ' |' ' ' | cut -c 1-70
}
# judge I NAME TOLD KIND: compare with what must be, and note it for the table
judge() {
	W=$T/work/$1.$4
	_made=$(made) _shows=$(cat "$W/shows") _verdict=ok
	case $4 in
	good | new)
		if [ "$_shows" != "300 IN A 10.7.0.$1" ]; then _verdict="shows $_shows"; fi
		if [ "$_made" -ne 1 ]; then _verdict="$_made commits; $_verdict"; fi
		;;
	bad)
		if [ "$_shows" != "300 IN A 192.0.2.$1" ]; then _verdict="shows $_shows"; fi
		if [ "$_made" -ne 0 ]; then _verdict="$_made commits; $_verdict"; fi
		if ! grep -qE "p$1/A(: |\.)" "$M/errors"; then _verdict="nothing in errors; $_verdict"; fi
		if ! grep -q "no-address-$1" "$H/p$1/A.rejected" 2>/dev/null; then _verdict="text lost; $_verdict"; fi
		case $3 in
		rc) if [ "$(cat "$W/status")" = 0 ]; then _verdict="status 0; $_verdict"; fi ;;
		silent) ;;
		*) if ! grep -qE "$3" "$W/out"; then _verdict="user not told; $_verdict"; fi ;;
		esac
		;;
	esac
	echo "$_made" >"$W/made"
	if [ "$_verdict" = ok ]; then
		pass "$2, $4 text"
	else
		fail "$2, $4 text" "$_verdict" "$(tail -n 12 "$W/out")"
	fi
	echo "$_verdict" >"$W/verdict"
}

# -- all of them ------------------------------------------------------------------------------------------------------
all() { # all KIND JOBS: attempt, JOBS at once
	i=0 running=
	while IFS='|' read -r name bin told; do
		i=$((i + 1))
		text=10.7.0.$i
		if ! command -v "$bin" >/dev/null; then continue; fi
		if [ "$1" = bad ]; then text=no-address-$i; fi
		case $1:$name in
		new:sed* | new:perl* | new:patch) continue ;; # they edit what is there
		esac
		attempt $i "$name" "$1" "$text" &
		running="$running $!"
		# shellcheck disable=SC2086
		set -- "$1" "$2" $running
		if [ $# -gt $(($2 + 1)) ]; then
			wait "$3"
			running=${running#" $3"}
		fi
	done <"$T/savers"
	for j in $running; do wait "$j"; done
	i=0
	while IFS='|' read -r name bin told; do
		i=$((i + 1))
		if [ -d "$T/work/$i.$1" ]; then judge $i "$name" "$told" "$1"; fi
	done <"$T/savers"
}
start_zone() { # start_zone EXISTING: p1 to p60, or the same zone without them
	rm -rf "$APEX_REPO" "$T/work"
	make_zone
	if [ "$1" = existing ]; then
		seq 60 | sed 's/.*/p& A 192.0.2.&/' >>"$T/example.com.zone"
		apex import "$T/example.com.zone" >/dev/null
	fi
	mount_it
}
# -- the daemon beside them: what it answers at every instant ---------------------------------------------------------
watch_answers() {
	_port=$(port)
	start apexd "$APEX_BUILD/apexd" --repo "$APEX_REPO" --listen "127.0.0.1:$_port"
	apexd=$pid
	soon "apexd answers beside the mount" 20 grep -qx READY "$T/apexd.log"
	rm -f "$T/stop"
	start answers python3 "$(dirname "$0")/answers.py" "$_port" "$T/stop"
	answers=$pid
}
old_or_new() { # old_or_new WHO RECORDS: what was answered, of at least RECORDS the new text
	: >"$T/stop"
	wait "$answers"
	is "$1: each answer is the old RRset or the new, never none" "$?" "0"
	sed 's/^/| /' "$T/answers.log"
	_renewed=$(sed -n 's/.* new of \([0-9]*\) records.*/\1/p' "$T/answers.log")
	ok "$1: and the new ones were answered" test "${_renewed:-0}" -ge "$2"
	stop "$apexd"
}
# every commit of the branch has every record that was there before: the DNS never answers with none
never_none() {
	_n=$(seq 60 | wc -l) _bad=
	for c in $(apex log --oneline | awk '{print $1}' | head -n -2); do
		[ "$(find "$M/commits/$c/" -path '*/p[0-9]*/A' | wc -l)" = "$_n" ] || _bad="$_bad $c"
	done
	is "$1: in no commit is a record missing" "$_bad" ""
}
table() {
	echo "| program                  | good | bad     | commits | what the user saw of the bad save"
	i=0
	while IFS='|' read -r name bin told; do
		i=$((i + 1))
		W=$T/work/$i.bad
		if [ ! -d "$W" ]; then
			echo "skip $name is not installed"
			continue
		fi
		_bad=refused
		if [ "$(cat "$W/verdict")" != ok ]; then _bad=FAILED; fi
		printf '| %-24s | %-4s | %-7s | %s, %s    | %s %s\n' "$name" "$(cut -c 1-6 "$T/work/$i.good/verdict")" "$_bad" \
			"$(cat "$T/work/$i.good/made")" "$(cat "$W/made")" "$(seen)" \
			"$(case $told in rc) echo "(status $(cat "$W/status"))" ;; esac)"
	done <"$T/savers"
}

start_zone existing
watch_answers
all bad 4
all good 4
old_or_new "savers" "$(grep -l . "$T"/work/*.good/made | wc -l)"
never_none "savers"
table
unmount_it
sound
if [ -n "$full" ]; then
	start_zone new
	all new 1
	unmount_it
	start_zone existing
	watch_answers
	all bad 16
	all good 16
	old_or_new "all at once" "$(grep -l . "$T"/work/*.good/made | wc -l)"
	never_none "all at once"
	unmount_it
	sound
fi
