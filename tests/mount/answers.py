#!/usr/bin/python3
"""Ask a daemon for records while they are saved: at every instant an answer has the old text or the new, never none.
    answers.py PORT STOP        ask for p1 to p60.example.com A until the file STOP is there
The old address of pI is 192.0.2.I and the new one 10.7.0.I. Who has answered the new one never again gives the old."""
import os
import socket
import struct
import sys
import time

RECORDS, BATCH = 60, 20


def query(i):
    name = b"".join(bytes([len(label)]) + label for label in (b"p%d" % i, b"example", b"com")) + b"\0"
    return struct.pack(">6H", i, 0, 1, 0, 0, 0) + name + struct.pack(">2H", 1, 1)


def address(message, question):
    """The one address of an answer without errors; None if it is anything else."""
    _, flags, _, answers, _, _ = struct.unpack(">6H", message[:12])
    record = message[len(question):]
    if flags & 0xF or answers != 1 or len(record) < 16 or record[10:12] != b"\0\4":
        return None
    return socket.inet_ntoa(record[12:16])


def main():
    port, stop = int(sys.argv[1]), sys.argv[2]
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(10)
    s.connect(("127.0.0.1", port))
    queries = {i: query(i) for i in range(1, RECORDS + 1)}
    renewed, old, new = set(), 0, 0
    while not os.path.exists(stop):
        for first in range(1, RECORDS + 1, BATCH):
            batch = range(first, first + BATCH)
            for i in batch:
                s.send(queries[i])
            for _ in batch:
                message = s.recv(4096)
                i = struct.unpack(">H", message[:2])[0]
                got = address(message, queries[i])
                if got == "10.7.0.%d" % i:
                    renewed.add(i)
                    new += 1
                elif got == "192.0.2.%d" % i and i not in renewed:
                    old += 1
                else:
                    sys.exit("p%d %s: %s, %s" % (i, "new" if i in renewed else "old", got, message.hex()))
            time.sleep(0.001)
    print("%d answers of the old text and %d of the new of %d records, and no other" % (old, new, len(renewed)))


if __name__ == "__main__":
    main()
