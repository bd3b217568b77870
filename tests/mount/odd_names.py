"""odd_names - names that nobody should use, through every door of a mount and by every call that takes a name.

    odd_names.py MNT [SEED]     prints the seed; each call may fail, but only as it may, and leaves nothing

What a call made is taken away again. In record trees nothing is written, so there is nothing to commit.
"""
import errno
import os
import random
import sys

DOORS = ('', 'heads', 'heads/main', 'heads/main/api', 'heads/main/.t~', 'tags', 'tags/v1', 'tags/v1/api', 'commits',
         'commits/main', 'commits/main/api', 'stage', 'stage/s', 'stage/s/api', 'zonefiles', 'zonefiles/main', 'log',
         'diff', 'zones', 'zones/second.example', 'zones/second.example/heads/main')
# what a name can't be is told by one of these; EIO, EFAULT, ENOTCONN, ... would be a bug
EXPECTED = {getattr(errno, name) for name in ('ENOENT', 'EINVAL', 'ENOTDIR', 'EISDIR', 'EROFS', 'EPERM', 'EEXIST',
                                               'ENAMETOOLONG', 'EXDEV', 'ENOTEMPTY', 'EBADMSG', 'EACCES', 'ELOOP')}
WORDS = ['\\000', '\\046', '\\046\\046', '\\046\\046\\047etc', '\\.', '\\', '\\\\', '\\1', '\\12', '\\256', '\\999',
         '\\-01', '\\0460', '\\065', '\\097', '\\141', '\\x41', '\\u0041', 'a\\', 'a\\046b', 'a\\046', '\\046a', '...',
         '. ', ' .', '.. ', '..\\', '.\\', '..\n', '~', '@', '*', '**', '%2e%2e', '%00', '-', '--', '-rf', ' ', '\t',
         '\n', '\r\n', '\x7f', '\x1b[31m', 'A\n', ' A', 'A ', 'a', 'TYPE', 'TYPE0', 'TYPE1', 'TYPE01', 'TYPE65535',
         'TYPE65536', 'TYPE-1', 'type65280', 'TYPE65280', 'ANY', 'OPT', 'AXFR', 'SOA', 'soa', 'SOA.rejected',
         'A.rejected', '.rejected', '.status', '.commit', 'HEAD', 'heads', 'main', 'main~1', 'main~', 'main^', 'main^2',
         'main@{0}', 'main@{99999}', 'main@{', '@{now}', 'main@{now', 'serial:1', 'serial:99999999999', 'serial:-1',
         ':main', 'second.example:main', 'example.com.:main', 'main..main', '..main', 'main..', '...main', 'main...main',
         'v1..v1~1', 'a..b..c', '0' * 64, 'f' * 64, 'F' * 64, '0' * 12, '0' * 3, 'g' * 64, 'x' * 63, 'x' * 64, 'x' * 200,
         'x' * 201, 'x' * 255, 'x' * 256, '\\255' * 63, '\\255' * 64, '\\000' * 63, 'example.com', 'example.com.',
         'EXAMPLE.COM', '.example.com', 'example..com', 'example.com.zone', 'second.example.zone', '.zone', 'zone',
         'example.com.zone.zone', '@.zone', 's@main', '@main', 's@', 'a@b@c', 's\\064main', '\xff\xfe', '\u200b',
         '\u212a', 'ı', 'x.lock', '.git', 'tmp', '$(id)', '`id`', ';', '|', '\'', '"', '{}', '[]', '?', '!', '#', '&']
WORDS = [w.encode() for w in WORDS] + [bytes([c]) for c in range(1, 256) if c != 47]


class Door:
    def __init__(self, mnt, name):
        self.name, self.path = name, os.path.join(mnt, name).encode()
        self.source = os.path.join(mnt, 'heads/main/.t~/source').encode()
        self.bad = []

    def call(self, what, function, *args):
        try:
            return True, function(*args)
        except OSError as e:
            if e.errno not in EXPECTED:
                self.bad.append('%s: %s %r: %s' % (self.name, what, args[-1][-80:], os.strerror(e.errno)))
            return False, None

    def undo(self, path):
        """A name that was made: it is listed, unless it is one that is not, and goes again."""
        if os.path.isdir(path) and not os.path.islink(path):
            self.call('rmdir', os.rmdir, path)
        else:
            self.call('unlink', os.unlink, path)
        if os.path.lexists(path):
            self.bad.append('%s: %r stays' % (self.name, path[-80:]))

    def try_name(self, name):
        path = self.path + b'/' + name
        there = self.call('lstat', os.lstat, path)[0]
        if there:  # what is there is only looked at
            self.call('readlink', os.readlink, path)
            if os.path.isdir(path):
                self.call('listdir', os.listdir, path)
            else:
                fd = self.call('open', os.open, path, os.O_RDONLY)[1]
                if fd is not None:
                    os.read(fd, 100000)
                    os.close(fd)
            return
        for what, function, *args in (
                ('open', os.open, path, os.O_RDONLY), ('readlink', os.readlink, path), ('unlink', os.unlink, path),
                ('rmdir', os.rmdir, path), ('chmod', os.chmod, path, 0o600), ('truncate', os.truncate, path, 0),
                ('rename from', os.rename, path, self.source + b'2'), ('link from', os.link, path, self.source + b'2'),
                ('listdir', os.listdir, path)):
            if self.call(what, function, *args)[0]:
                self.bad.append('%s: %s of nothing, %r' % (self.name, what, name))
        for what, function, *args in (
                ('mkdir', os.mkdir, path), ('symlink', os.symlink, b'target', path),
                ('link', os.link, self.source, path), ('rename', os.rename, self.source, path)):
            if self.name in ('heads', 'stage', 'zones/second.example/heads') and what == 'mkdir' and name.isalnum():
                continue  # a branch, a stage: for others to test
            if self.call(what, function, *args)[0]:
                self.undo(path)
            if not os.path.exists(self.source):
                open(self.source, 'wb').close()
        self.create(path)

    def create(self, path):
        made, fd = self.call('create', os.open, path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        if made:
            os.close(fd)
            if os.path.lexists(path):  # a record without a text is none
                self.undo(path)


def main():
    mnt, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    r = random.Random(seed)
    print('seed', seed, flush=True)
    names = list(WORDS)
    for _ in range(2000 if os.environ.get("APEX_TEST_FULL") else 40):
        n = r.choice((1, 2, 3, 10, 63, 64, 100, 254, 255))
        alphabet = r.choice((range(1, 256), b'\\0123456789', b'.\\a', range(128, 256), b'@{}~^:.-'))
        names.append(bytes(r.choice(list(alphabet)) for _ in range(n)).replace(b'/', b'\\'))
    bad = []
    for name in DOORS:
        door = Door(mnt, name)
        for odd in names:
            if odd not in (b'.', b'..'):
                door.try_name(odd)
        bad += door.bad
    print('\n'.join(bad[:40]))
    sys.exit(bool(bad))


main()
