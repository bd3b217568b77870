#!/usr/bin/env python3
"""The tree format a second time, written from apex-repository(7) alone: prints the ids and hazards that the C code must
come to (tests/core/format.sh compares them with tests/tool_vectors.c)."""
import hashlib
import struct

TARGET = 1024
MASK = (1 << 64) - 1


def siphash(key, data):
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rotate(x, n):
        return (x << n | x >> 64 - n) & MASK

    def rounds(n):
        for _ in range(n):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = rotate(v[1], 13) ^ v[0]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[3]) & MASK
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & MASK
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = rotate(v[1], 17) ^ v[2]
            v[2] = rotate(v[2], 32)

    whole = len(data) // 8 * 8
    for (m,) in struct.iter_unpack("<Q", data[:whole]):
        v[3] ^= m
        rounds(2)
        v[0] ^= m
    last = int.from_bytes(data[whole:], "little") | (len(data) & 255) << 56
    v[3] ^= last
    rounds(2)
    v[0] ^= last
    v[2] ^= 255
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def hazard(level, key):
    k = bytearray(b"apexfs split key")
    k[0] ^= level
    return siphash(bytes(k), key) & 0xFFFFFFFF


def ident(kind, payload):
    return hashlib.blake2b(bytes([1, kind]) + payload, digest_size=32).digest()


def leb(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def common(a, b):
    n = 0
    while n < len(a) and n < len(b) and a[n] == b[n]:
        n += 1
    return n


def encode(level, entries):
    out = bytearray(struct.pack(">BH", level, len(entries)))
    before = b""
    for key, value, count in entries:
        shared = common(before, key)
        out += leb(shared) + leb(len(key) - shared)
        if level == 0:
            out += leb(len(value))
        out += key[shared:] + value
        if level:
            out += leb(count)
        before = key
    return bytes(out)


def chunk(level, entries):
    nodes, node, raw = [], [], 0
    for entry in entries:
        key, value, _ = entry
        d = len(key) + (38 if level else len(value) + 4)
        node.append(entry)
        raw += d
        m = min(raw - d // 2, 4 * TARGET)
        if (level == 0 or len(node) >= 2) and hazard(level, key) < (m * m * m * d) >> 6:
            nodes.append(node)
            node, raw = [], 0
    if node:
        nodes.append(node)
    return nodes


def root(pairs):
    entries = [(k, b"\0" + v if len(v) <= 512 else b"\1" + ident(3, v), 1) for k, v in sorted(pairs.items())]
    level = 0
    while True:
        up = []
        for node in chunk(level, entries):
            up.append((node[-1][0], ident(2 if level else 1, encode(level, node)), sum(e[2] for e in node)))
        if len(up) <= 1:
            return (up[0][1], level + 1) if up else (ident(1, bytes(3)), 0)
        entries, level = up, level + 1


def content(n):
    """Entry i: a name of its own, a value whose size runs from 7 to 607 bytes."""
    return {
        b"h%d\0\0" % (i * 7919 % 1000003) + struct.pack(">H", 1 + i % 3): struct.pack(">IHB", 300, 1, i % 61)
        + bytes([i & 255]) * (i % 61 * (10 if i % 100 == 0 else 1))
        for i in range(n)
    }


def long_keys(n):
    """Keys of 454 bytes: here the least number of entries in an inner node matters."""
    return {b"%06d" % i * 75 + b"\0\0\0\1": b"value" for i in range(n)}


def main():
    for level, key in ((0, b""), (0, b"api\0\0\0\1"), (1, b"api\0\0\0\1"), (5, b"\0\0\6")):
        print("hazard", level, key.hex() or "-", hazard(level, key))
    for n in (0, 1, 2, 10, 100, 1000, 20000):
        ident_, height = root(content(n))
        print("root", n, height, ident_.hex())
    ident_, height = root(long_keys(600))
    print("long", 600, height, ident_.hex())


main()
