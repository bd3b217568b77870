#!/bin/sh
# shellcheck disable=SC2010,SC2012 # ls is what is tested
# What others commit is seen at the next look, however warm the kernel's caches are.
. "$(dirname "$0")/common.sh"
make_zone
mount_it
A=$H/api/A
shows() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }
warm() { find "$M/heads" -printf '' -type f -exec cat {} + >/dev/null 2>&1; ls -laR "$M/heads" >/dev/null; ls -la "$M" >/dev/null; stat "$H/api/nosuch" "$H/nosuch" "$H/api/AAAA" >/dev/null 2>&1; }

warm
apex set api A 300 2.2.2.2 >/dev/null
soon "a changed record" 1 shows "$A" "300 IN A 2.2.2.2"
told() { [ "$(stat -c %s "$A")" = 17 ] && [ "$(stat -c %y "$A")" = "$(stat -L -c %y "$M/commits/main")" ]; }
soon "its size and time" 1 told
is "its size" "$(stat -c %s "$A")" "17"
is "its time" "$(stat -c %y "$A")" "$(stat -L -c %y "$M/commits/main")"
is "the serial" "$(awk '{print $6}' "$H/SOA")" "2"
is "the directory's time" "$(stat -c %y "$H/api")" "$(stat -c %y "$A")"
is "the branch's time" "$(stat -c %y "$H")" "$(stat -c %y "$A")"
tops() { stat -c %y "$M" "$M/heads" "$M/tags" "$M/commits" "$M/log" "$M/zones" | sort -u; }
is "that of heads and its like" "$(tops)" "$(stat -c %y "$A")"
warm
echo 2.2.2.3 >"$A"
is "as after a save here" "$(tops)" "$(stat -c %y "$A")"
warm
apex set api AAAA 300 ::1 >/dev/null
soon "a new type where there was none" 1 shows "$H/api/AAAA" "300 IN AAAA ::1"
is "listed" "$(ls "$H/api" | tr '\n' ' ')" "A AAAA "
warm
apex set nosuch A 300 4.4.4.4 >/dev/null
soon "a new name where there was none" 1 shows "$H/nosuch/A" "300 IN A 4.4.4.4"
is "listed too" "$(ls "$H" | grep -c nosuch)" "1"
warm
apex set a.b.c.d A 300 4.4.4.5 >/dev/null
soon "a deep new name" 1 shows "$H/d/c/b/a/A" "300 IN A 4.4.4.5"
warm
apex delete nosuch >/dev/null
soon "a name that is gone" 1 sh -c "! test -e $H/nosuch"
is "and no longer listed" "$(ls "$H" | grep -c nosuch)" "0"
warm
apex delete api AAAA >/dev/null
soon "a type that is gone" 1 sh -c "! test -e $H/api/AAAA"

# an open file and a working directory live on
python3 - "$A" "$H/api" >"$T/open" 2>&1 <<EOF
import os, subprocess, sys, time
f = os.open(sys.argv[1], os.O_RDONLY)
os.chdir(sys.argv[2])
one = os.pread(f, 100, 0)
subprocess.run(['$APEX_BUILD/apex', 'set', 'api', 'A', '300', '22.22.22.22'], check=True, stdout=subprocess.DEVNULL)
end = time.time() + 1
while os.pread(f, 100, 0) == one and time.time() < end:
    time.sleep(0.001)
print(os.pread(f, 100, 0).decode().strip(), os.fstat(f).st_size, os.getcwd() == sys.argv[2])
EOF
is "an open file shows the new text, a directory one stands in stays" "$(cat "$T/open")" "300 IN A 22.22.22.22 21 True"

warm
apex branch try >/dev/null
soon "a new branch" 1 test -d "$M/heads/try"
apex --branch try set api A 300 8.8.8.8 >/dev/null
soon "has its own records" 1 shows "$M/heads/try/api/A" "300 IN A 8.8.8.8"
is "main keeps its own" "$(cat "$A")" "300 IN A 22.22.22.22"
ok "mkdir makes a branch" mkdir "$M/heads/mine"
is "at main's tip" "$(cat "$M/heads/mine/api/A")" "300 IN A 22.22.22.22"
ok "which the command line knows" sh -c "$APEX_BUILD/apex branch | grep -q mine"
ok "and can be written" sh -c "echo 9.9.9.9 > $M/heads/mine/api/A"
not_ok "rmdir refuses what is not merged" rmdir "$M/heads/mine"
has "and says so" "$M/errors" 'heads/mine: .*merged'
ok "mkdir another" mkdir "$M/heads/empty"
ok "rmdir takes what is" rmdir "$M/heads/empty"
not_ok "it is gone" test -e "$M/heads/empty"
not_ok "main stays" rmdir "$M/heads/main"
warm
apex tag v1 >/dev/null
soon "a new tag" 1 test -d "$M/tags/v1"
ls "$M/zones" >/dev/null; stat "$M/zones/later.example" >/dev/null 2>&1
apex zone add later.example >/dev/null
soon "a new zone" 1 test -d "$M/zones/later.example/heads/main"
L=$M/zones/later.example/heads/main
not_ok "an unborn branch takes no lone address" sh -c "mkdir $L/www && echo 1.1.1.1 > $T/one && cp $T/one $L/www/A"
has "and says how to begin" "$M/errors" 'zones/later.example/heads/main/www/A: '
apex zone remove later.example >/dev/null
soon "a zone that is gone" 1 sh -c "! test -e $M/zones/later.example"

# races: one process commits as fast as it can, another looks; at the end both agree
python3 - >"$T/race" 2>&1 <<EOF
import os, subprocess, threading
stop = False
def look():
    while not stop:
        for dirpath, dirs, files in os.walk('$H'):
            for f in files:
                p = os.path.join(dirpath, f)
                try:
                    text = open(p).read()
                    os.stat(p)
                except FileNotFoundError:
                    continue
                if not text.endswith('\n'):
                    print('half a text', p, repr(text))
threads = [threading.Thread(target=look) for i in range(2)]
for t in threads: t.start()
for i in range(60):
    ip = '10.0.0.%d' % i if i % 2 else '100.100.100.1%02d' % i
    subprocess.run(['$APEX_BUILD/apex', 'set', 't%d' % (i % 5 + 1), 'A', '300', ip], check=True, stdout=subprocess.DEVNULL)
    if i % 3 == 0: subprocess.run(['$APEX_BUILD/apex', 'set', 'come%d' % (i % 4), 'A', '300', ip], check=True, stdout=subprocess.DEVNULL)
    if i % 3 == 2: subprocess.run(['$APEX_BUILD/apex', 'delete', 'come%d' % (i % 4)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
stop = True
for t in threads: t.join()
EOF
is "a reader never sees half a text" "$(cat "$T/race")" ""
rounds=60
if [ -n "${APEX_TEST_FULL:-}" ]; then rounds=2000; fi
apex set torn A 300 10.0.0.1 >/dev/null
soon "a record to be read while it changes" 1 test -e "$H/torn/A"
python3 "$top/tests/mount/torn.py" "$H/torn/A" "$APEX_BUILD/apex" $rounds >"$T/torn" 2>&1
is "readers of a record that grows and shrinks see it whole" "$(cat "$T/torn")" ""
is "mapped privately it is read, too" "$(python3 -c "import mmap
with open('$H/torn/A') as f: print(len(mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY)))")" "$(wc -c <"$H/torn/A")"
not_ok "shared, it is refused" python3 -c "import mmap
with open('$H/torn/A') as f: mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)"
has "with no such device" "$T/err" 'No such device'
sleep 0.1
ok "after a race the branch shows what its commit has" diff -r "$H" "$M/commits/main/"
find "$H" -type f | while read -r f; do
	[ "$(stat -c %s "$f")" = "$(wc -c <"$f")" ] || echo "$f"
done >"$T/sizes"
is "in exact sizes" "$(cat "$T/sizes")" ""
unmount_it
sound
