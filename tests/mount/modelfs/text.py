"""Records as text, for the model: what a record file may say, and how it is shown again.

A value is (ttl, rdata...), each RDATA in its canonical spelling and the records in canonical order (RFC 4034 6.3).
An SOA's serial is the commit's: a value has 0 in its place."""
import collections
import ipaddress
import struct

APEX = "example.com."
TYPES = ("A", "AAAA", "TXT", "MX", "CNAME", "SRV", "DNAME", "NS", "TYPE65280")
LONE = ("CNAME", "DNAME")  # one record at most
WHOLE = ("CNAME", "DNAME", "SOA")  # never merged by record

Value = collections.namedtuple("Value", "ttl rdatas")


class Bad(Exception):
    """The text is no RRset of this type."""


# -- words ------------------------------------------------------------------------------------------------------

def entries(text):
    """The entries of a text, each a list of (word, quoted)."""
    entry, word, depth, i = [], None, 0, 0
    text = text.decode("latin-1")
    while i <= len(text):
        c = text[i] if i < len(text) else "\n"
        if c not in "\t\r\n" and not " " <= c <= "~":
            raise Bad("byte %d" % ord(c))
        if c in " \t\r\n();\"" and word is not None:
            entry.append((word, False))
            word = None
        if c == '"':
            end = text.find('"', i + 1)
            if end < 0 or "\n" in text[i:end]:
                raise Bad("a string without end")
            if any(x != "\t" and not " " <= x <= "~" for x in text[i:end]):
                raise Bad("a byte in a string")
            entry.append((text[i + 1:end], True))
            i = end
        elif c == "(":
            depth += 1
        elif c == ")":
            depth -= 1
            if depth < 0:
                raise Bad("a parenthesis")
        elif c == ";":
            i = text.find("\n", i)
            if i < 0:
                i = len(text)
            continue
        elif c == "\n":
            if not depth and entry:
                yield entry
                entry = []
        elif c not in " \t\r":
            word = (word or "") + c
        i += 1
    if depth:
        raise Bad("a parenthesis is open")


# -- RDATA ------------------------------------------------------------------------------------------------------

def name(word):
    text, quoted = word
    if quoted or not text:
        raise Bad("a name")
    if text == "@":
        return APEX
    text = text.replace("\\@", "@").replace("\\$", "$")
    if not text.endswith("."):
        text = text + "." + APEX
    labels = text[:-1].split(".")
    if text != "." and any(not x or len(x) > 63 or "\\" in x for x in labels):
        raise Bad("a label")
    if len(text) > 254:
        raise Bad("a long name")
    return text.replace("@", "\\@").replace("$", "\\$")


def number(word, most=65535):
    text, quoted = word
    if quoted or not text.isdigit() or not text.isascii() or int(text) > most:
        raise Bad("a number")
    return int(text)


def address(kind):
    def parse(words):
        (text, quoted), = words
        if quoted:
            raise Bad("an address in quotes")
        return str(kind(text))
    return parse


def unescape(word):
    return word[0].replace("\\#", "#"), word[1]


def strings(words):
    words = [unescape(word) for word in words]
    if not words or any(len(text) > 255 or "\\" in text for text, _ in words):
        raise Bad("strings")
    return " ".join('"%s"' % text for text, _ in words)



def mail_host(words):
    preference, host = words
    return "%d %s" % (number(preference), name(host))


def service(words):
    priority, weight, port, target = words
    return "%d %d %d %s" % (number(priority), number(weight), number(port), name(target))


def one_name(words):
    word, = words
    return name(word)


def unknown(words):
    if words[0] != ("\\#", False):
        raise Bad("\\#")
    octets = bytes.fromhex("".join(text for text, _ in words[2:]))
    if number(words[1]) != len(octets):
        raise Bad("the length")
    return "\\# %d %s" % (len(octets), octets.hex().upper()) if octets else "\\# 0"


def start_of_authority(words):
    primary, mail, *numbers = words
    serial, refresh, retry, expire, minimum = (number(n, 0xFFFFFFFF) for n in numbers)
    return "%s %s %d %d %d %d %d" % (name(primary), name(mail), serial, refresh, retry, expire, minimum)


RDATA = {"A": address(ipaddress.IPv4Address), "AAAA": address(ipaddress.IPv6Address), "TXT": strings,
         "MX": mail_host, "CNAME": one_name, "SRV": service, "DNAME": one_name, "NS": one_name,
         "TYPE65280": unknown, "SOA": start_of_authority}


def rdata(rtype, words):
    try:
        return RDATA[rtype](words)
    except (ValueError, IndexError) as e:
        raise Bad(str(e)) from e


def wire_name(text):
    return b"".join(bytes([len(x)]) + x.encode() for x in text.split(".") if x) + b"\0"


def wire(rtype, text):
    """What the order of records goes by."""
    words = text.split()
    if rtype == "A":
        return ipaddress.IPv4Address(text).packed
    if rtype == "AAAA":
        return ipaddress.IPv6Address(text).packed
    if rtype == "TXT":
        return b"".join(bytes([len(s)]) + s.encode() for s in text[1:-1].split('" "'))
    if rtype == "TYPE65280":
        return bytes.fromhex(words[2]) if len(words) > 2 else b""
    return b"".join(struct.pack(">H", int(w)) for w in words[:-1]) + wire_name(words[-1])


# -- a record file ----------------------------------------------------------------------------------------------

def head(rtype, words):
    """[TTL] [IN] TYPE in front: the TTL (or None) and what follows; None if it is not that."""
    ttl, is_in = None, False
    for i, (text, quoted) in enumerate(words):
        if ttl is None and not quoted and text.isdigit():
            ttl = int(text)
        elif not is_in and not quoted and text.upper() == "IN":
            is_in = True
        else:
            return (ttl, words[i + 1:]) if text.upper() == rtype and not quoted else None
    return None


def line(rtype, owner, words):
    """One record: with its head, with owner and head, or RDATA alone. (TTL or None, RDATA)"""
    found = head(rtype, words)
    if found:
        try:
            return found[0], rdata(rtype, found[1])
        except Bad:
            pass
    with_owner = head(rtype, words[1:]) if len(words) > 1 and not words[0][1] else None
    if with_owner:
        try:
            data = rdata(rtype, with_owner[1])
        except Bad:
            pass
        else:
            if name(words[0]) != owner:
                raise Bad("the owner is another")
            return with_owner[0], data
    return None, rdata(rtype, words)


def parse(rtype, owner, text, ttl):
    """(Value, serial): what a record file says; `ttl` if it states none. serial is None but for an SOA."""
    stated, serial, found = None, None, {}
    for words in entries(text):
        own, data = line(rtype, owner, words)
        if own is not None and own > 0x7FFFFFFF:
            raise Bad("a large TTL")
        if own is not None and stated is not None and own != stated:
            raise Bad("the TTL differs")
        stated = own if stated is None else stated
        if rtype == "SOA":
            words = data.split()
            serial = int(words[2])
            words[2] = "0"
            found[data] = " ".join(words)
        else:
            found[wire(rtype, data)] = data
    if not found:
        raise Bad("there is no record in it")
    if rtype == "SOA" and len(found) > 1:
        raise Bad("two SOAs")
    return Value(ttl if stated is None else stated, tuple(found[k] for k in sorted(found))), serial


def with_serial(data, serial):
    words = data.split()
    words[2] = str(serial)
    return " ".join(words)


def show(rtype, value, serial=0):
    """The text of a record file."""
    out = []
    for data in value.rdatas:
        if rtype == "SOA":
            data = with_serial(data, serial)
        out.append("%d IN %s %s\n" % (value.ttl, rtype, data))
    return "".join(out).encode()


# -- zone files -------------------------------------------------------------------------------------------------

def owner_of(labels):
    """The owner name of a directory: labels from the apex outward."""
    return ".".join(list(reversed(labels)) + [APEX])


def labels_of(owner):
    return tuple(reversed(owner[:-len(APEX)].split(".")[:-1]))


def read_shown(rtype, lines):
    """(Value, serial) of lines as apexfs shows them: canonical, whatever they say. serial is None but for an SOA."""
    rdatas = [one.split(" ", 3)[3] for one in lines]
    serial = int(rdatas[0].split()[2]) if rtype == "SOA" else None
    if rtype == "SOA":
        rdatas = [with_serial(data, 0) for data in rdatas]
    return Value(int(lines[0].split(" ", 1)[0]), tuple(rdatas)), serial


def parse_zone(text):
    """({(labels, type): Value}, serial) of an exported zone."""
    lines, records, serial = collections.defaultdict(list), {}, None
    for one in text.splitlines():
        if not one.startswith(";"):
            owner, rest = one.split(" ", 1)
            lines[labels_of(owner), rest.split(" ", 3)[2]].append(rest)
    for key, rests in lines.items():
        records[key], shown = read_shown(key[1], rests)
        serial = serial if shown is None else shown
    return records, serial


def show_zone(records, serial):
    """The lines of a zone, in no order."""
    out = []
    for (labels, rtype), value in records.items():
        owner = owner_of(labels)
        out += ["%s %s" % (owner, one) for one in show(rtype, value, serial).decode().splitlines()]
    return out
