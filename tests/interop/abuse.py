"""How a name server answers good clients while others abuse it: abuse.py PORT NAME [SECONDS]
Prints a line of a table; each abuse lasts SECONDS, on loopback only, and stops by itself."""
import os
import select
import socket
import struct
import sys
import threading
import time

PORT, NAME = int(sys.argv[1]), sys.argv[2]
SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 4.0
AT = ("127.0.0.1", PORT)


def query(name, qtype=1, qid=1):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    return struct.pack(">6H", qid, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", qtype, 1)


def good_clients(until):
    """Ask now and then over UDP, once each; how many are answered within a second, and the slowest tenth's time."""
    asked, took = 0, []
    while time.time() < until:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
            u.bind(("127.%d.9.1" % (asked % 200 + 10), 0))  # each from a network of its own
            start = time.time()
            u.sendto(query("www.example", 1, asked), AT)
            asked += 1
            if select.select([u], [], [], 1)[0]:
                u.recv(4096)
                took.append(time.time() - start)
        time.sleep(0.01)
    took.sort()
    return asked, len(took), took[len(took) * 9 // 10] * 1000 if took else 0.0


def flood(stop, make, source):
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind((source, 0))
    u.setblocking(False)
    i = 0
    while not stop.is_set():
        i += 1
        try:
            u.sendto(make(i), AT)
            if i % 64 == 0:
                while True:
                    u.recv(4096)
        except (BlockingIOError, ConnectionError):
            pass


def connections(stop, n, first, then):
    held = []
    while not stop.is_set():
        try:
            s = socket.create_connection(AT, 1)
            s.setblocking(False)
            if first:
                s.send(first)
            held.append(s)
        except OSError:
            time.sleep(0.01)
        if len(held) > n:
            held.pop(0).close()
        for s in held if then else ():
            try:
                s.send(then)
            except OSError:
                pass
    for s in held:
        s.close()


def measure(*abusers):
    stop = threading.Event()
    threads = [threading.Thread(target=a, args=(stop,), daemon=True) for a in abusers]
    for t in threads:
        t.start()
    time.sleep(0.3)
    asked, answered, slow = good_clients(time.time() + SECONDS)
    stop.set()
    for t in threads:
        t.join()
    return "%5.1f %% %5.1f ms" % (100.0 * answered / max(asked, 1), slow)


framed = lambda m: struct.pack(">H", len(m)) + m
torture = lambda i: query("%x.www.example" % (i * 2654435761 % 2**32), 1, i & 65535)
same = lambda i: query("www.example", 1, i & 65535)
many = framed(query("big.example", 16)) * 50
cases = [
    measure(),
    measure(lambda s: flood(s, same, "127.0.5.1")),
    measure(lambda s: flood(s, torture, "127.0.5.1")),
    measure(lambda s: flood(s, lambda i: os.urandom(i % 200), "127.0.5.1")),
    measure(lambda s: connections(s, 400, b"", b"")),
    measure(lambda s: connections(s, 400, b"\0", b"")),
    measure(lambda s: connections(s, 100, many, many)),
]
print("| %-12s | %s |" % (NAME, " | ".join(cases)))
