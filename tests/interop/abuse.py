"""How a name server answers good clients while others abuse it: abuse.py all|connections ADDRESS PORT FLOOD [SECONDS]
Prints cells of a table, of all abuses or of thousands of connections alone; each lasts SECONDS and stops by itself.
For a network namespace in which 10.64.0.0/10 are its own addresses; FLOOD is the program tests/tool_flood.c."""
import concurrent.futures
import multiprocessing
import os
import resource
import socket
import struct
import sys
import time

WHICH, AT, FLOOD = sys.argv[1], (sys.argv[2], int(sys.argv[3])), sys.argv[4]
SECONDS = float(sys.argv[5]) if len(sys.argv) > 5 else 4.0


def query(name, qtype=1, qid=1):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    return struct.pack(">6H", qid, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", qtype, 1)


framed = lambda m: struct.pack(">H", len(m)) + m


def is_answered(kind, n):
    """Is one query answered within a second, by the first try?"""
    m = query("www.example", 1, n & 65535)
    with socket.socket(socket.AF_INET, kind) as s:
        s.settimeout(1)
        s.bind(("10.%d.9.1" % (n % 60 + 65), 0))  # each from a network of its own
        try:
            s.connect(AT)
            s.sendall(m if kind == socket.SOCK_DGRAM else framed(m))
            return len(s.recv(4096)) > 0
        except OSError:
            return False


def good_clients(kind):
    """Ask now and then; how many are answered, and the time of the slowest tenth of these."""
    asked, took, until = 0, [], time.time() + SECONDS
    while time.time() < until:
        start = time.time()
        asked += 1
        if is_answered(kind, asked):
            took.append(time.time() - start)
        time.sleep(0.01)
    took.sort()
    return "%5.1f %% %5.1f ms" % (100.0 * len(took) / asked, took[len(took) * 9 // 10] * 1000 if took else 0.0)


def flood(make):
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind(("10.127.5.1", 0))
    u.connect(AT)
    u.setblocking(False)
    i = 0
    while True:
        i += 1
        try:
            u.send(make(i))
            if i % 64 == 0:
                while True:
                    u.recv(4096)
        except (BlockingIOError, ConnectionError):
            pass


def forge(how):
    os.execv(FLOOD, [FLOOD, how, AT[0], str(AT[1])])


def connections(n, first, then, addresses=1):
    """Open one after the other, n at a time."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (n + 100, n + 100))
    held, i = [], 0
    while True:
        i += 1
        s = socket.socket()
        held.append(s)
        try:
            s.settimeout(1)
            s.bind(("10.126.%d.1" % (i % addresses), 0))
            s.connect(AT)
            s.setblocking(False)
            if first:
                s.send(first)
        except OSError:
            time.sleep(0.01)
        if len(held) > n:
            held.pop(0).close()
        for s in held if then else ():
            try:
                s.send(then)
            except OSError:
                pass


def measure(abuser=None, *args, kinds=(socket.SOCK_DGRAM,)):
    p = multiprocessing.Process(target=abuser, args=args) if abuser else None
    if p:
        p.start()
    time.sleep(0.5)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        cell = ", ".join(pool.map(good_clients, kinds))
    if p:
        p.kill()
        p.join()
        time.sleep(0.5)
    return cell


def torture(i):
    return query("%x.www.example" % (i * 2654435761 % 2**32), 1, i & 65535)


def same(i):
    return query("www.example", 1, i & 65535)


def noise(i):
    return os.urandom(i % 200)


many = framed(query("big.example", 16)) * 50
both = socket.SOCK_DGRAM, socket.SOCK_STREAM
if WHICH == "connections":
    cases = [measure(connections, 2000, b"", b"", 200, kinds=both)]
else:
    cases = [
        measure(kinds=both),
        measure(flood, same),
        measure(flood, torture),
        measure(flood, noise),
        measure(forge, "udp"),
        measure(forge, "syn", kinds=both),
        measure(connections, 400, b"", b""),
        measure(connections, 400, b"\0", b""),
        measure(connections, 100, many, many),
    ]
print(" | ".join(cases))
