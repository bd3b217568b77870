#!/bin/sh
# Many at once: writers of different records, of the same one, outside commits, deletions, all mixed.
# shellcheck disable=SC2119
. "$(dirname "$0")/common.sh"
make_zone
mount_it
rounds=20
if [ -n "${APEX_TEST_FULL:-}" ]; then rounds=200; fi

before=$(commits)
for w in 1 2 3 4 5 6; do
	(i=0; while [ $i -lt $rounds ]; do i=$((i + 1)); echo "10.$w.0.$i" >"$H/t$w/A" || echo "writer $w: $i"; done) &
	writers="${writers:-} $!"
done
# shellcheck disable=SC2086
wait $writers
is "six writers of six records: a commit each save" "$(($(commits) - before))" "$((6 * rounds))"
for w in 1 2 3 4 5 6; do
	is "the last of writer $w stands" "$(cat "$H/t$w/A")" "300 IN A 10.$w.0.$rounds"
done

python3 - "$H/api/A" "$rounds" >"$T/same" 2>&1 <<'EOF'
import errno, os, sys, threading
done, stale = [], []
def write(w):
    for i in range(int(sys.argv[2])):
        fd = os.open(sys.argv[1], os.O_RDWR)
        text = b'10.%d.1.%d\n' % (w, i)
        tmp = sys.argv[1] + '.w%d' % w
        try:
            with open(tmp, 'wb') as f: f.write(text)
            os.rename(tmp, sys.argv[1])
            done.append(text)
        except OSError as e:
            if e.errno != errno.ESTALE: print(e)
            stale.append(text)
        os.close(fd)
threads = [threading.Thread(target=write, args=(w,)) for w in range(4)]
for t in threads: t.start()
for t in threads: t.join()
last = open(sys.argv[1]).read().split()[-1].encode() + b'\n'
print('last is one that was saved:', last in done, 'others:', len(stale))
EOF
has "four writers of one record: the last saved stands" "$T/same" '^last is one that was saved: True others: 0$'
is "and says nothing else" "$(wc -l <"$T/same")" "1"

# everything at once; at the end the branch is what its commit says, and sound
python3 - "$H" "$rounds" >"$T/mixed" 2>&1 <<EOF
import os, random, subprocess, sys, threading
H, rounds = sys.argv[1], int(sys.argv[2])
def run(seed):
    r = random.Random(seed)
    for i in range(rounds * 3):
        d = H + '/m%d' % r.randrange(6)
        try:
            k = r.randrange(9)
            if k == 0: os.mkdir(d)
            elif k == 1: os.rmdir(d)
            elif k == 2: os.unlink(d + '/A')
            elif k == 3: os.rename(d + '/A', d + '/A~')
            elif k == 4: os.rename(d + '/A~', d + '/A')
            elif k == 5: os.rename(d, H + '/m%d' % r.randrange(6))
            elif k == 6: open(d + '/A').read()
            elif k == 7:
                with open(d + '/A', 'w') as f: f.write('bad\n' if r.randrange(4) == 0 else '10.0.%d.%d\n' % (seed, i % 250))
            else: os.listdir(H); os.listdir(d)
        except OSError as e:
            if e.errno not in (1, 2, 17, 22, 39, 74, 116): print(k, e)
def outside():
    for i in range(rounds):
        subprocess.run(['$APEX_BUILD/apex', 'set', 'm%d' % (i % 6), 'AAAA', '300', '::%x' % (i + 1)], stdout=subprocess.DEVNULL)
        subprocess.run(['$APEX_BUILD/apex', 'delete', 'm%d' % ((i + 3) % 6), 'AAAA'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
threads = [threading.Thread(target=run, args=(s,)) for s in range(4)] + [threading.Thread(target=outside)]
for t in threads: t.start()
for t in threads: t.join()
EOF
is "nothing unexpected happens when all is mixed" "$(cat "$T/mixed")" ""
sleep 1.5
find "$H" -name '*~' -type f -exec rm {} + 2>/dev/null
find "$H" -mindepth 1 -type d -empty -exec rmdir {} + 2>/dev/null
ok "in the end the branch is what its commit says" diff -r "$H" "$M/commits/main/"
unmount_it
sound
