"""torn.py FILE APEX ROUNDS: readers of one record while another process changes it between a short and a long text.

Three open it anew each time, two keep it open, and of these one reads it in small pieces, so that it is often in the
middle when it changes. Whatever they read from the start to the end is one of the two texts, whole.
"""
import multiprocessing as mp
import os
import subprocess
import sys

path, apex, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
short = ['10.0.0.1']
long = ['10.0.%d.%d' % (i // 200, i % 200) for i in range(300)]
texts = {b''.join(b'300 IN A %s\n' % a.encode() for a in addresses) for addresses in (short, long)}


def commit(addresses):
    subprocess.run([apex, 'set', 'torn', 'A', '300'] + addresses, check=True, stdout=subprocess.DEVNULL)


def whole(fd, piece):
    """As cat reads: until there is nothing more."""
    text = b''
    while True:
        more = os.pread(fd, piece, len(text))
        if not more:
            return text
        text += more


def look(keep, piece, stop, seen):
    fd = os.open(path, os.O_RDONLY)
    while not stop.is_set():
        if not keep:
            os.close(fd)
            fd = os.open(path, os.O_RDONLY)
        text = whole(fd, piece)
        seen.value += 1
        if text not in texts:
            print('half a text: %d octets, ends in %r' % (len(text), text[-40:]), flush=True)


stop = mp.Event()
seen = [mp.Value('i', 0) for _ in range(5)]
readers = [mp.Process(target=look, args=(i >= 3, 100 if i == 4 else 1 << 17, stop, seen[i])) for i in range(5)]
for r in readers:
    r.start()
for i in range(rounds):
    commit(long if i % 2 else short)
stop.set()
for r in readers:
    r.join()
if not all(s.value for s in seen):
    print('a reader read nothing')
