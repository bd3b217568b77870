#!/bin/sh
# A zone or a name in an editor: what changed is committed, what others changed stays, no text is lost.
# shellcheck disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/zone.lib.sh"
TMPDIR=$T/tmp
mkdir "$TMPDIR"
export TMPDIR
unset VISUAL
editor() { printf '#!/bin/sh\nset -e\n%s\n' "$1" >"$T/editor"; chmod +x "$T/editor"; EDITOR=$T/editor; export EDITOR; }
kept() { find "$TMPDIR" -name '*.zone'; }

apex init example >"$T/out"
small_zone | apex import - >"$T/out"

editor 'cp "$1" "'"$T"'/seen"; sed -i "s/1\.2\.3\.4/9.9.9.9/" "$1"; echo "new.example. 60 IN A 5.6.7.8" >>"$1"'
ok "edit__a_zone" apex edit
has "edit__shows_the_difference" "$T/out" '^~ api A 300 1\.2\.3\.4 -> 9\.9\.9\.9$'
has "edit__and_the_commit" "$T/out" '^\[main [0-9a-f]{12}\] 2 RRsets changed: api A, new A$'
is "edit__the_text_begins_with_its_commit" "$(head -c 9 "$T/seen")" "; commit "
has "edit__and_the_soa" /dev/stdin 'IN SOA' <<X
$(sed -n 2p "$T/seen")
X
is "edit__leaves_no_file" "$(kept)" ""
ok "edit__nothing" env EDITOR=true "$APEX_BUILD/apex" edit
is "edit__nothing_says_so" "$(cat "$T/out")" "(no changes)"
editor 'sed -i "/^new/d" "$1"'
ok "edit__deletes_what_the_text_has_no_more" apex edit -m 'no longer new' --author 'Ed Itor <ed@example>'
status 1 "edit__it_is_gone" apex show new A
is "edit__message_and_author" "$(apex log --porcelain -n 1 | cut -f 4,5)" "$(printf 'Ed Itor <ed@example>\tno longer new')"

apex set below.api A 300 1.1.1.1 >"$T/out"
editor 'cp "$1" "'"$T"'/seen"; echo "api 300 TXT \"x y\"" >>"$1"'
ok "edit__a_name" apex edit api
is "edit__a_name_is_all_there_is_to_see" "$(grep -vc '^;' "$T/seen")" 1
is "edit__a_name_adds_to_it" "$(apex show api ANY | wc -l)" 2
ok "edit__a_name_leaves_those_below" apex show below.api A
ok "edit__a_name_that_is_not_there_yet" env EDITOR='sh -c "echo \"fresh 60 A 7.7.7.7\" >>\$0"' "$APEX_BUILD/apex" edit fresh
ok "edit__made_it" apex show fresh A
status 1 "edit__of_a_name_takes_no_other" env EDITOR='sh -c "echo \"other 60 A 7.7.7.7\" >>\$0"' "$APEX_BUILD/apex" edit fresh
[ -s "$(kept)" ] && pass edit__the_refused_text_is_kept || fail edit__the_refused_text_is_kept
has "edit__and_it_says_where" "$T/err" "apex edit --resume $TMPDIR/.*/fresh\.example\.zone fresh\$"
rm -r "$T"/tmp/*
editor 'echo "lost.exmaple. 60 A 7.7.7.8" >>"$1"; echo "found 60 A 7.7.7.9" >>"$1"'
ok "edit__a_line_outside_the_zone" apex edit
has "edit__a_line_outside_the_zone_is_warned_of" "$T/err" 'record outside the zone, dropped'
has "edit__a_text_with_a_dropped_line_is_told_of" "$T/err" 'the text is kept: '
ok "edit__a_line_outside_the_zone_stops_no_other" apex show found A
has "edit__a_text_with_a_dropped_line_is_kept" "$(kept)" '^lost\.exmaple\. 60 A 7\.7\.7\.8$'
rm -rf "$T"/tmp/*
editor 'rm "$1"'
status 1 "edit__a_text_removed_by_the_editor" apex edit
is "edit__a_text_removed_is_not_said_to_be_kept" "$(grep -c 'is kept' "$T/err")" 0
rm -rf "$T"/tmp/*

editor 'echo "bad 60 IN A 1.2.3.400" >>"$1"'
status 1 "edit__a_bad_line" apex edit
has "edit__a_bad_line_is_named" "$T/err" 'example\.zone:[0-9]+: '
file=$(kept)
has "edit__a_bad_text_is_kept" "$file" '^bad 60 IN A 1\.2\.3\.400$'
apex set meanwhile A 300 3.3.3.3 >"$T/out"
editor 'sed -i "s/1.2.3.400/1.2.3.40/" "$1"'
ok "edit__resumed_and_mended" apex edit --resume "$file"
is "edit__resumed_is_committed" "$(apex show bad A | awk '{print $5}')" 1.2.3.40
ok "edit__what_others_did_meanwhile_stays" apex show meanwhile A
[ -s "$file" ] && pass edit__a_resumed_file_is_the_users || fail edit__a_resumed_file_is_the_users
rm -r "$T"/tmp/*

editor "$APEX_BUILD/apex set api A 300 4.4.4.4; "'echo "more 60 A 6.6.6.6" >>"$1"'
ok "edit__while_others_commit" apex edit
is "edit__both_are_there" "$(apex grep -c '4\.4\.4\.4|6\.6\.6\.6')" 2
editor "$APEX_BUILD/apex set api A 300 4.4.4.5; "'sed -i "s/4\.4\.4\.4/4.4.4.6/" "$1"'
status 5 "edit__the_same_rrset_is_a_conflict" apex edit
has "edit__the_conflict_is_named" "$T/err" 'changed meanwhile by others, too: api A$'
is "edit__the_conflict_changed_nothing" "$(apex show api A | awk '{print $5}')" 4.4.4.5
has "edit__its_text_is_kept" "$(kept)" '4\.4\.4\.6$'
rm -r "$T"/tmp/*
editor "$APEX_BUILD/apex set api A 300 4.4.4.7; "'sed -i "s/4\.4\.4\.5/4.4.4.7/" "$1"'
ok "edit__the_same_change_twice_is_none" apex edit

editor 'sed -i "s/2026[0-9]*/2030010100/" "$1"'
ok "edit__a_serial" apex edit
is "edit__a_newer_serial_is_taken" "$(serial_of)" 2030010100
editor 'sed -i "/SOA/d" "$1"'
status 1 "edit__a_zone_without_soa_fails_its_check" apex edit
rm -r "$T"/tmp/*
editor 'kill -INT $PPID; kill -QUIT $PPID; echo "interrupted 60 A 10.0.0.9" >>"$1"'
ok "edit__an_interrupt_is_the_editors" apex edit
ok "edit__an_interrupt_loses_nothing" apex show interrupted A
rm -rf "$T"/tmp/*
editor ': >"$1"'
status 1 "edit__an_empty_text_does_nothing" apex edit
rm -rf "$T"/tmp/*
editor 'exit 3'
status 1 "edit__an_editor_that_fails" apex edit
has "edit__an_editor_that_fails_is_named" "$T/err" 'did not end well \(status 3\)'
rm -rf "$T"/tmp/*
for i in 1 2 3 4 5 6; do apex set "h$i" A 300 10.0.0.$i >"$T/out"; done
editor 'sed -i "/^h[0-9]/d" "$1"'
status 4 "edit__a_guard" apex edit
plan=$(sed -n 's/.*apex force //p' "$T/err")
ok "edit__a_guard_forced" apex edit --force="$plan"
rm -rf "$T"/tmp/*

if command -v python3 >/dev/null; then
	cat >"$T/typed.py" <<'X'
import os, pty, signal, sys
signal.alarm(60)
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:-1])
out = b""
answers = list(sys.argv[-1])
while True:
    try:
        b = os.read(fd, 4096)
    except OSError:
        break
    if not b:
        break
    out += b
    if out.rstrip().endswith(b":") and answers:
        out += b" "
        os.write(fd, answers.pop(0).encode() + b"\n")
sys.stdout.buffer.write(out)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
X
	editor 'if grep -q 10.0.0.400 "$1"; then sed -i "s/10.0.0.400/10.0.0.40/" "$1"; else echo "tty 60 A 10.0.0.400" >>"$1"; fi'
	ok "edit__on_a_terminal_it_can_be_mended" python3 "$T/typed.py" "$APEX_BUILD/apex" edit eyq
	has "edit__on_a_terminal_the_difference_is_shown" "$T/out" '\+ tty A 60 10\.0\.0\.40'
	is "edit__on_a_terminal_it_is_committed" "$(apex show tty A | awk '{print $5}')" 10.0.0.40
	editor 'echo "tty2 60 A 10.0.0.4" >>"$1"'
	status 1 "edit__on_a_terminal_it_can_be_left" python3 "$T/typed.py" "$APEX_BUILD/apex" edit q
	status 1 "edit__on_a_terminal_left_is_not_committed" apex show tty2 A
	has "edit__on_a_terminal_left_is_kept" "$(kept)" 'tty2 60 A'
fi
ok "fsck" apex fsck
