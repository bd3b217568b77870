#!/bin/sh
# shellcheck disable=SC2010,SC2012,SC2119,SC2154 # ls is what is tested
# Large: many names in one directory, many zones, names as deep and as odd as they can be, with the tools everybody
# has. With APEX_TEST_FULL=1 a million names and ten thousand zones.
. "$(dirname "$0")/common.sh"
many=5000 zones=200
if [ -n "${APEX_TEST_FULL:-}" ]; then many=1000000 zones=10000; fi
tree() { apex cat-object "${1:-main}" | sed -n 's/^tree //p'; }
sanitized() { grep -q -e asan -e tsan "/proc/$fs/maps"; }
memory() { echo "$(($(awk '/VmHWM/ {print $2}' "/proc/$fs/status") / 1024)) MiB"; }
# bounded NAME KIB
bounded() {
	if [ "$(awk '/VmHWM/ {print $2}' "/proc/$fs/status")" -le "$2" ] || sanitized; then
		pass "$1: $(memory)"
	else
		fail "$1" "$(memory), wanted $2 KiB"
	fi
}

# -- many names in one directory --------------------------------------------------------------------------------------
seq "$many" | awk 'BEGIN { print "$ORIGIN big.example.\n$TTL 300\n@ SOA ns h 1 1 1 1 1\n@ NS ns\nns A 192.0.2.1" }
	{ printf "n%d A 10.%d.%d.%d\n", $1, $1 / 65536 % 256, $1 / 256 % 256, $1 % 256 }' >"$T/big.zone"
apex init big.example >/dev/null && apex import "$T/big.zone" >/dev/null
mount_it
bounded "apexfs begins with" 60000
is "ls -f lists $many names" "$(ls -f "$H" | sort -u | wc -l)" "$((many + 5))"
bounded "which takes" $((100000 + many / 2))
is "ls -l lists them with their attributes" "$(ls -l "$H" | grep -c '^drwxr-xr-x 1 root root *0 .* n[0-9]*$')" "$many"
bounded "which takes, while the kernel knows them all," $((100000 + many / 2))
seq 7 997 "$many" | sed "s,.*,$H/n&/A," >"$T/some"
is "stat of some" "$(xargs stat -c '%s %a %h' <"$T/some" | sort -u | awk '{print ($1 > 15), $2, $3}' | sort -u)" "1 644 1"
is "cat of some" "$(xargs cat <"$T/some" | awk '{print $4}' | cksum)" \
	"$(seq 7 997 "$many" | awk '{ printf "10.%d.%d.%d\n", $1 / 65536 % 256, $1 / 256 % 256, $1 % 256 }' | cksum)"
is "grep -r over a part" "$(grep -r -l '10\.0\.4\.' "$H"/n10?? | wc -l)" "76"
ok "cp -r of a part" sh -c "mkdir $T/part && cp -r $H/n1??? $T/part/"
is "copies each" "$(find "$T/part" -name A -type f | wc -l)" "1000"
is "tar packs all" "$(tar -C "$H" -cf - . | tar -tf - | grep -c '/n[0-9]*/A$')" "$many"
bounded "which takes, while the kernel knows every file, too," $((120000 + many))
ok "a save among them" sh -c "echo 192.0.2.7 >$H/n77/A"
is "is seen" "$(apex show n77 A | awk '{print $NF}')" "192.0.2.7"
unmount_it
sound

# -- 127 labels: one octet each, the root's zone ----------------------------------------------------------------------
rm -rf "$APEX_REPO"
apex init . --ns a. >/dev/null 2>&1
mount_it
deep=$(printf '/l%.0s' $(seq 127) | sed 's/l/x/g')
ok "127 labels are made" mkdir -p "$H$deep"
ok "the record below is saved" sh -c "echo 192.0.2.127 >$H$deep/A"
is "read" "$(cat "$H$deep/A")" "3600 IN A 192.0.2.127"
is "and is where it should be" "$(apex export | grep -c '^\(x\.\)\{127\} ')" "1"
not_ok "a label more is refused" mkdir "$H$deep/x"
has "as too long" "$T/err" 'File name too long'
ok "found from the top" sh -c "test \$(find $H -name A -path '*/x/x/*' | wc -l) = 1"
ok "copied out and in" sh -c "cp -r $H/x $T/deep && echo 192.0.2.128 >$H$deep/A && cp -r $T/deep/. $H/x/"
is "as it was" "$(cat "$H$deep/A")" "3600 IN A 192.0.2.127"
ok "moved" mv "$H/x" "$H/y"
is "with all below" "$(cat "$H/y${deep#/x}/A")" "3600 IN A 192.0.2.127"
ok "removed" rm -r "$H/y"
soon "it is gone" 4 sh -c "! $APEX_BUILD/apex export | grep -q '^[xy]'"
unmount_it
sound

# -- every byte there is in a name ------------------------------------------------------------------------------------
rm -rf "$APEX_REPO"
apex init odd.example --ns ns.odd.example. >/dev/null 2>&1
mount_it
mkdir "$M/stage/odd"
python3 - "$M/stage/odd" >"$T/wanted" <<'EOF'
import os, sys
# as a label of its own, at the begin, middle and end of one, and all in few labels
labels = [bytes(l) for c in range(256) if not 65 <= c <= 90 for l in ([c], [97, c], [c, 97], [97, c, 97])]
every = bytes(c for c in range(256) if not 65 <= c <= 90)
labels += [every[i:i + 63] for i in range(0, 256, 63) if every[i:i + 63]]
def plain(c):  # what stands for itself: name.h
    return chr(c) in 'abcdefghijklmnopqrstuvwxyz0123456789-_*'
for i, label in enumerate(sorted(set(labels))):
    name = b''.join(bytes([c]) if plain(c) else b'\\%03d' % c for c in label)
    path = os.path.join(sys.argv[1].encode(), name)
    try:
        os.mkdir(path)
    except OSError as e:
        print('mkdir', name, e)
        continue
    with open(path + b'/A', 'w') as f:
        f.write('10.0.%d.%d\n' % (i // 250, i % 250))
    print(''.join('\\%03d' % c for c in label), '10.0.%d.%d' % (i // 250, i % 250))
EOF
n=$(wc -l <"$T/wanted")
ok "labels with every byte are made ($n)" sh -c "test $n -ge 900 && ! grep mkdir $T/wanted"
ok "and committed at once" sh -c "echo odd >$M/stage/odd/.commit"
apex export | awk '$4 == "A"' >"$T/exported"
python3 - "$T/exported" >"$T/got" <<'EOF'
import re, sys
# zone text with every escape opened, closed again in one way
for line in open(sys.argv[1], encoding='latin-1', newline='\n'):
    name, _, _, _, address = line.rstrip('\n').split(' ')
    label = re.match(r'(?:\\[0-9]{3}|\\.|[^.\\])*', name).group(0)
    codes = re.findall(r'\\([0-9]{3})|\\(.)|(.)', label)
    print(''.join('\\%03d' % (int(a) if a else ord(b or c)) for a, b, c in codes), address)
EOF
ok "apex export has each by its right name" sh -c "sort $T/got >$T/a; sort $T/wanted >$T/b; cmp $T/a $T/b"
is "and the mount each text" "$(find "$H" -mindepth 2 -name A -exec cat {} + | sort | cksum)" \
	"$(sed 's/.* /3600 IN A /' "$T/wanted" | sort | cksum)"
before=$(tree)
ok "tar packs them" tar -C "$H" -cf "$T/odd.tar" .
mkdir "$M/stage/back"
ok "all but the apex is removed" find "$M/stage/back" -mindepth 2 -delete
ok "tar unpacks them" tar -C "$M/stage/back" -xf "$T/odd.tar"
has "nothing would change" "$M/stage/back/.status" 'nothing would change'
ok "and straight into a branch" sh -c "
	apex=$APEX_BUILD/apex; mkdir $M/heads/b && (cd $M/heads/b && find . -mindepth 2 -path '*9*' -delete) && sleep 1.5 &&
	test \$(\$apex cat-object b | sed -n 's/^tree //p') != $before && tar -C $M/heads/b -xf $T/odd.tar"
is "is the very tree" "$(tree b)" "$before"
unmount_it
sound

# -- many zones -------------------------------------------------------------------------------------------------------
rm -rf "$APEX_REPO"
apex init first.example --ns ns1.first.example. >/dev/null 2>&1
seq "$zones" | sed 's/.*/z&.example/' | xargs -n 1 "$APEX_BUILD/apex" zone add --ns ns1.first.example. >/dev/null 2>&1
mount_it
is "zones/ lists $zones and one" "$(ls "$M/zones" | wc -l)" "$((zones + 1))"
is "ls -l, too" "$(ls -l "$M/zones" | grep -c '^dr.x.* z[0-9]*.example$')" "$zones"
is "zonefiles/ as well" "$(ls "$M/zonefiles/main" | wc -l)" "$((zones + 1))"
bounded "which takes" $((60000 + zones * 2))
is "a record of each" "$(cat "$M"/zones/z*.example/heads/main/NS | sort | uniq -c | awk '{print $1, $5}')" \
	"$zones ns1.first.example."
is "each again" "$(find "$M/zones" -path '*/heads/main/SOA' -exec cat {} + | wc -l)" "$zones"
is "some by grep -r" "$(grep -r -l ns1.first "$M"/zones/z1?.example/heads | wc -l)" "20"
bounded "which takes" $((60000 + zones * 8))
ok "a save in one" sh -c "mkdir $M/zones/z$zones.example/heads/main/www && echo 192.0.2.1 >$M/zones/z$zones.example/heads/main/www/A"
is "is of that zone" "$(apex --zone "z$zones.example" show www A | awk '{print $NF}')" "192.0.2.1"
not_ok "a zone that is not there yet" test -e "$M/zones/new.example"
apex zone add new.example --ns ns1.first.example. >/dev/null 2>&1
soon "one that is added is seen" 2 sh -c "ls $M/zones | grep -qx new.example"
is "with its records" "$(cat "$M/zones/new.example/heads/main/NS")" "3600 IN NS ns1.first.example."
ok "and its file" test -s "$M/zonefiles/main/new.example.zone"
ok "a name that was not there is" test -e "$M/zones/new.example"
apex zone remove z3.example >/dev/null
soon "one that is removed goes" 2 sh -c "! ls $M/zones | grep -qx z3.example"
not_ok "by its name, too" test -e "$M/zones/z3.example"
not_ok "with its records" cat "$M/zones/z3.example/heads/main/NS"
not_ok "and its file" test -e "$M/zonefiles/main/z3.example.zone"
is "all others stay" "$(ls "$M/zones" | wc -l)" "$((zones + 1))"
bounded "which took in all" $((60000 + zones * 8))
unmount_it
sound
