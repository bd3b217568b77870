"""fsx - random reads, writes, cuts and mappings of one file, each compared with the same done in memory.

    fsx.py FILE STEPS [SEED]     prints the seed; at the first difference the steps that led to it, and status 1

After the program of that name (A. Jacobson, Apple; now in xfstests). The file is open twice all the time, by its name
and by a hard link of it, so that what one does the other must see. Sizes stay below SIZE_MAX. On tmpfs it passes.
"""
import mmap
import os
import random
import sys

SIZE_MAX = 200_000
PAGE = mmap.PAGESIZE


class Fsx:
    def __init__(self, path, seed):
        self.path, self.link, self.r = path, path + '2', random.Random(seed)
        self.model, self.steps = bytearray(), []
        self.fds = [os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)]
        os.link(path, self.link)
        self.fds.append(os.open(self.link, os.O_RDWR))

    def fd(self):
        return self.r.choice(self.fds)

    def range(self, end):
        """Somewhere up to end: small and large, and often at the edge of a page."""
        at = self.r.randrange(end + 1)
        if self.r.random() < 0.3:
            at = min(at // PAGE * PAGE + self.r.choice((-1, 0, 1)), end)
        n = self.r.choice((1, 7, PAGE, 3 * PAGE, self.r.randrange(60_000)))
        return max(at, 0), n

    def bytes(self, n):
        return self.r.randbytes(n)

    def grow(self, size):
        if size > len(self.model):
            self.model.extend(bytes(size - len(self.model)))

    def expect(self, at, got, n):
        wanted = bytes(self.model[at:at + n])
        if got == wanted:
            return
        for i in range(max(len(got), len(wanted))):
            if got[i:i + 1] != wanted[i:i + 1]:
                raise AssertionError('at %d: got %r of %d bytes, wanted %r of %d' % (
                    at + i, got[i:i + 8], len(got), wanted[i:i + 8], len(wanted)))

    # each step tells what it is, then does it

    def read(self):
        at, n = self.range(len(self.model) + 1000)
        self.steps.append('read %d at %d' % (n, at))
        self.expect(at, os.pread(self.fd(), n, at), n)

    def write(self):
        at, n = self.range(min(len(self.model) + 20_000, SIZE_MAX))
        data = self.bytes(min(n, SIZE_MAX - at))
        self.steps.append('write %d at %d' % (len(data), at))
        assert os.pwrite(self.fd(), data, at) == len(data)
        if data:
            self.grow(at + len(data))
            self.model[at:at + len(data)] = data

    def append(self):
        data = self.bytes(min(self.range(0)[1], SIZE_MAX - len(self.model)))
        self.steps.append('append %d' % len(data))
        fd = os.open(self.r.choice((self.path, self.link)), os.O_WRONLY | os.O_APPEND)
        assert os.write(fd, data) == len(data)
        os.close(fd)
        self.model.extend(data)

    def truncate(self):
        size = self.r.choice((0, self.r.randrange(SIZE_MAX), self.r.randrange(len(self.model) + 1)))
        self.steps.append('truncate to %d from %d' % (size, len(self.model)))
        os.truncate(self.r.choice((self.path, self.link, *self.fds)), size)
        del self.model[size:]
        self.grow(size)

    def open_truncate(self):
        self.steps.append('open O_TRUNC')
        os.close(os.open(self.r.choice((self.path, self.link)), os.O_WRONLY | os.O_TRUNC))
        self.model.clear()

    def map_read(self):
        if not self.model:
            return
        at, n = self.range(len(self.model))
        self.steps.append('map, read %d at %d' % (n, at))
        with mmap.mmap(self.fd(), len(self.model), prot=mmap.PROT_READ) as m:
            self.expect(at, m[at:at + n], n)

    def map_write(self):
        if not self.model:
            return
        at, n = self.range(len(self.model) - 1)
        data = self.bytes(min(n, len(self.model) - at))
        self.steps.append('map, write %d at %d' % (len(data), at))
        with mmap.mmap(self.fd(), len(self.model)) as m:
            m[at:at + len(data)] = data
            if self.r.random() < 0.5:
                m.flush()
        self.model[at:at + len(data)] = data

    def reopen(self):
        i = self.r.randrange(2)
        self.steps.append('close and open')
        os.close(self.fds[i])
        self.fds[i] = os.open((self.path, self.link)[i], os.O_RDWR)

    def rename(self):
        self.steps.append('rename there and back')
        os.rename(self.path, self.path + '3')
        os.rename(self.path + '3', self.path)

    def relink(self):
        name = self.r.choice((self.path, self.link))
        self.steps.append('unlink and link again')
        os.unlink(name)
        os.link(self.link if name == self.path else self.path, name)

    def sync(self):
        self.steps.append('fsync')
        os.fsync(self.fd())

    def step(self):
        kinds = ((self.read, 8), (self.write, 8), (self.append, 2), (self.truncate, 3), (self.open_truncate, 0.3),
                 (self.map_read, 4), (self.map_write, 4), (self.reopen, 1), (self.rename, 1), (self.relink, 1),
                 (self.sync, 1))
        self.r.choices([k for k, _ in kinds], [w for _, w in kinds])[0]()
        assert os.fstat(self.fd()).st_size == len(self.model), 'size %d, wanted %d' % (
            os.fstat(self.fd()).st_size, len(self.model))

    def finish(self):
        for name in (self.path, self.link):
            with open(name, 'rb') as f:
                self.expect(0, f.read(), SIZE_MAX)


def main():
    path, steps = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32)
    print('seed', seed, flush=True)
    fsx = Fsx(path, seed)
    try:
        for _ in range(steps):
            fsx.step()
        fsx.finish()
    except (AssertionError, OSError) as e:
        print('\n'.join(fsx.steps[-30:]))
        sys.exit('step %d of seed %d: %s' % (len(fsx.steps), seed, e))


main()
