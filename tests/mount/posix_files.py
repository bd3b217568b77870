"""What is in a file: opening, reading, writing, cutting, mapping, its times."""
import ctypes
import fcntl
import mmap
import os
import threading

from posix_cases import OTHER, as_other, case, dates, equal, fails, get, put


def open_close(path, flags, mode=0o666):
    os.close(os.open(path, flags, mode))


# -- open -----------------------------------------------------------------------------------------------------


@case
def open__creates_with_its_mode_less_the_umask(t):
    for mode, umask, wanted in ((0o666, 0o022, 0o644), (0o777, 0, 0o777), (0o640, 0o077, 0o600), (0, 0, 0)):
        path = t('%o-%o' % (mode, umask))
        before = os.umask(umask)
        try:
            open_close(path, os.O_CREAT | os.O_WRONLY, mode)
        finally:
            os.umask(before)
        equal(oct(os.stat(path).st_mode), oct(0o100000 | wanted))


@case
def open__of_nothing_is_ENOENT(t):
    fails('ENOENT', os.open, t('none'), os.O_RDONLY)
    fails('ENOENT', os.open, t('none') + '/x', os.O_CREAT | os.O_WRONLY)
    fails('ENOTDIR', os.open, t.file('f') + '/x', os.O_CREAT | os.O_WRONLY)


@case
def open__excl_refuses_whatever_is_there(t):
    os.symlink(t('nowhere'), t('dangling'))
    for path in (t.file('f'), t.dir('d'), t('dangling')):
        fails('EEXIST', os.open, path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    assert not os.path.lexists(t('nowhere'))
    open_close(t('fresh'), os.O_CREAT | os.O_EXCL | os.O_WRONLY)


@case
def open__excl_lets_one_of_many_win(t):
    won = []

    def race(i):
        try:
            open_close(t('lock'), os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            won.append(i)
        except FileExistsError:
            pass
    threads = [threading.Thread(target=race, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(len(won), 1)


@case
def open__trunc_empties_and_dates(t):
    path = t.file('f', b'x' * 10000)
    dates(lambda: open_close(path, os.O_WRONLY | os.O_TRUNC), mtime=[path])
    equal(os.stat(path).st_size, 0)
    put(path, b'')
    dates(lambda: open_close(path, os.O_WRONLY | os.O_CREAT), neither=[path])


@case
def open__create_dates_the_directory_but_not_again(t):
    d = t.dir('d')
    dates(lambda: put(d + '/.f~', b''), mtime=[d])
    dates(lambda: put(d + '/.f~', b'x'), neither=[d])


@case
def open__append_writes_at_the_end_wherever_it_is(t):
    path = t.file('f', b'0123')
    a, b = (os.open(path, os.O_WRONLY | os.O_APPEND) for _ in range(2))
    for i in range(50):
        os.write(a if i % 2 else b, b'%02d' % i)
    os.lseek(a, 0, os.SEEK_SET)
    os.write(a, b'end')
    os.close(a)
    os.close(b)
    equal(get(path), b'0123' + b''.join(b'%02d' % i for i in range(50)) + b'end')


@case
def open__append_of_many_processes_loses_nothing(t):
    path = t.file('f', b'')
    pids = []
    for i in range(4):
        pid = os.fork()
        if not pid:
            fd = os.open(path, os.O_WRONLY | os.O_APPEND)
            for _ in range(100):
                os.write(fd, b'%d' % i * 9 + b'\n')
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    lines = get(path).split(b'\n')[:-1]
    equal(sorted(lines), sorted(b'%d' % i * 9 for i in range(4) for _ in range(100)))


@case
def open__for_one_way_refuses_the_other(t):
    path = t.file('f')
    r, w = os.open(path, os.O_RDONLY), os.open(path, os.O_WRONLY)
    fails('EBADF', os.write, r, b'x')
    fails('EBADF', os.read, w, 1)
    fails('EINVAL', os.ftruncate, r, 0)
    os.close(r)
    os.close(w)
    equal(get(path), b'text')


@case
def open__of_a_directory(t):
    d = t.dir('d')
    fails('EISDIR', os.open, d, os.O_WRONLY)
    fails('EISDIR', os.open, d, os.O_RDWR | os.O_CREAT)
    fails('ENOTDIR', os.open, t.file('f'), os.O_RDONLY | os.O_DIRECTORY)
    fd = os.open(d, os.O_RDONLY | os.O_DIRECTORY)
    fails('EISDIR', os.read, fd, 1)
    os.close(fd)


@case
def open__nofollow_is_ELOOP_at_a_symbolic_link(t):
    os.symlink(t.file('f'), t('l'))
    fails('ELOOP', os.open, t('l'), os.O_RDONLY | os.O_NOFOLLOW)
    fails('ELOOP', os.open, t('l'), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW)


@case
def open__without_a_name_is_not_to_be_had_or_works(t):
    try:
        fd = os.open(t.dir('d'), os.O_TMPFILE | os.O_RDWR, 0o600)
    except OSError as e:
        equal(e.errno, 95)
        return
    os.write(fd, b'x')
    os.close(fd)


# -- read and write -------------------------------------------------------------------------------------------


@case
def write__beyond_the_end_leaves_zeros(t):
    path = t.file('f', b'abc')
    fd = os.open(path, os.O_RDWR)
    equal(os.pwrite(fd, b'x', 10000), 1)
    os.lseek(fd, 5, os.SEEK_END)
    os.write(fd, b'y')
    os.close(fd)
    equal(get(path), b'abc' + bytes(9997) + b'x' + bytes(5) + b'y')


@case
def write__in_the_middle_keeps_the_rest(t):
    path = t.file('f', bytes(range(256)) * 64)
    fd = os.open(path, os.O_WRONLY)
    os.pwrite(fd, b'here', 5000)
    os.pwritev(fd, [b'and', b'', b'there'], 9000)
    os.close(fd)
    wanted = bytearray(bytes(range(256)) * 64)
    wanted[5000:5004] = b'here'
    wanted[9000:9008] = b'andthere'
    equal(get(path), bytes(wanted))


@case
def write__dates_and_read_does_not(t):
    path = t.file('f')
    fd = os.open(path, os.O_RDWR)
    dates(lambda: os.write(fd, b'x'), mtime=[path])
    dates(lambda: os.pread(fd, 4, 0), neither=[path])
    dates(lambda: os.write(fd, b''), neither=[path])
    os.close(fd)


@case
def write__of_one_is_seen_by_another_at_once(t):
    path = t.file('f', b'')
    r, w = os.open(path, os.O_RDONLY), os.open(path, os.O_WRONLY)
    for i in range(20):
        os.write(w, b'%d,' % i)
        equal(os.pread(r, 1000, 0), b''.join(b'%d,' % j for j in range(i + 1)))
        equal(os.fstat(r).st_size, os.stat(path).st_size)
    os.close(r)
    os.close(w)


@case
def write__sizes_and_blocks_are_told(t):
    path = t.file('f', b'x' * 5000)
    st = os.stat(path)
    equal(st.st_size, 5000)
    assert st.st_blocks * 512 >= 5000


@case
def read__ends_at_the_end(t):
    fd = os.open(t.file('f', b'abc'), os.O_RDONLY)
    equal(os.pread(fd, 10, 0), b'abc')
    equal(os.pread(fd, 10, 3), b'')
    equal(os.pread(fd, 10, 1 << 40), b'')
    equal(os.lseek(fd, 0, os.SEEK_END), 3)
    fails('EINVAL', os.lseek, fd, -1, os.SEEK_SET)
    os.close(fd)


@case
def fsync__is_answered(t):
    fd = os.open(t.file('f'), os.O_RDWR)
    os.fsync(fd)
    os.fdatasync(fd)
    os.close(fd)
    fd = os.open(t.dir('d'), os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


@case
def fallocate__works_or_is_not_supported(t):
    path = t.file('f')
    libc = ctypes.CDLL(None, use_errno=True)
    libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
    fd = os.open(path, os.O_RDWR)
    if libc.fallocate(fd, 0, 0, 8192):
        equal(ctypes.get_errno(), 95)
        equal(get(path), b'text')
    else:
        equal(get(path), b'text' + bytes(8188))
    os.posix_fallocate(fd, 0, 9000)  # the C library writes where there is none
    os.close(fd)
    equal(get(path), b'text' + bytes(8996))


@case
def lock__of_one_keeps_the_other_out(t):
    path = t.file('f')

    def other():
        with open(path, 'r+') as f:
            fails('EAGAIN', fcntl.flock, f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fails(('EAGAIN', 'EACCES'), fcntl.lockf, f, fcntl.LOCK_EX | fcntl.LOCK_NB, 10)
    with open(path, 'r+') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        fcntl.lockf(f, fcntl.LOCK_EX, 10)
        as_other(other, uid=0, gid=0)


# -- truncate -------------------------------------------------------------------------------------------------


@case
def truncate__grows_with_zeros_and_shrinks(t):
    path = t.file('f', b'x' * 9000)
    for size in (5000, 0, 1, 4096, 4097, 100000, 3):
        before = get(path)
        os.truncate(path, size)
        equal(get(path), (before + bytes(size))[:size], size)
    with open(path, 'r+b') as f:
        os.ftruncate(f.fileno(), 70000)
        equal(os.fstat(f.fileno()).st_size, 70000)
    equal(get(path), bytes(70000))


@case
def truncate__dates(t):
    path = t.file('f')
    dates(lambda: os.truncate(path, 2), mtime=[path])
    dates(lambda: os.truncate(path, 2000), mtime=[path])


@case
def truncate__refuses_what_is_no_file_or_no_size(t):
    path = t.file('f')
    fails('EISDIR', os.truncate, t.dir('d'), 0)
    fails('ENOENT', os.truncate, t('none'), 0)
    fails('ENOTDIR', os.truncate, path + '/x', 0)
    fails('EINVAL', os.truncate, path, -1)
    equal(get(path), b'text')


@case
def truncate__under_a_reader(t):
    path = t.file('f', b'x' * 100000)
    fd = os.open(path, os.O_RDONLY)
    equal(len(os.read(fd, 50000)), 50000)
    os.truncate(path, 10)
    equal(os.read(fd, 50000), b'')
    os.truncate(path, 60000)
    equal(os.read(fd, 50000), bytes(10000))
    os.close(fd)


# -- unlinked, but open ---------------------------------------------------------------------------------------


@case
def unlinked__file_is_used_like_any_other(t):
    path = t.file('f', b'first')
    fd = os.open(path, os.O_RDWR)
    os.unlink(path)
    fails('ENOENT', os.stat, path)
    equal(os.fstat(fd).st_nlink, 0)
    equal(os.pread(fd, 10, 0), b'first')
    os.pwrite(fd, b'second', 0)
    os.ftruncate(fd, 10)
    os.fchmod(fd, 0o600)
    os.utime(fd, ns=(1, 2))
    equal(os.pread(fd, 100, 0), b'second' + bytes(4))
    st = os.fstat(fd)
    equal((st.st_size, st.st_mode, st.st_mtime_ns), (10, 0o100600, 2))
    put(path, b'another')
    equal(os.pread(fd, 100, 0), b'second' + bytes(4))
    equal(get(path), b'another')
    os.close(fd)


@case
def unlinked__file_is_mapped_still(t):
    with open(t.file('f', b'x' * 8192), 'r+b') as f:
        with mmap.mmap(f.fileno(), 0) as m:
            os.unlink(f.name)
            m[0:5] = b'hello'
            m.flush()
            equal(os.pread(f.fileno(), 5, 0), b'hello')


@case
def unlinked__file_can_be_opened_by_its_descriptor(t):
    path = t.file('f')
    fd = os.open(path, os.O_RDONLY)
    os.unlink(path)
    again = os.open('/proc/self/fd/%d' % fd, os.O_RDWR)
    os.write(again, b'TE')
    equal(os.pread(fd, 10, 0), b'TExt')
    libc = ctypes.CDLL(None, use_errno=True)
    equal(libc.linkat(-100, b'/proc/self/fd/%d' % fd, -100, path.encode(), 0x400), -1)  # AT_SYMLINK_FOLLOW
    equal(ctypes.get_errno(), 2)
    os.close(again)
    os.close(fd)


# -- mmap -----------------------------------------------------------------------------------------------------


@case
def mmap__shared_is_seen_by_read_and_the_other_way_round(t):
    path = t.file('f', b'x' * 10000)
    with open(path, 'r+b') as f, mmap.mmap(f.fileno(), 0) as m:
        m[5000:5005] = b'hello'
        m.flush()
        equal(get(path)[5000:5005], b'hello')
        os.pwrite(f.fileno(), b'there', 9000)
        equal(m[9000:9005], b'there')
    equal(len(get(path)), 10000)


@case
def mmap__private_is_seen_by_nobody(t):
    path = t.file('f', b'x' * 5000)
    with open(path, 'r+b') as f, mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE) as m:
        m[0:5] = b'hello'
        equal(m[0:6], b'hellox')
    equal(get(path), b'x' * 5000)


@case
def mmap__dates(t):
    path = t.file('f', b'x' * 5000)

    def store():
        with open(path, 'r+b') as f, mmap.mmap(f.fileno(), 0) as m:
            m[0:5] = b'hello'
            m.flush()
    dates(store, mtime=[path])


# -- times, modes, owners -------------------------------------------------------------------------------------


@case
def utimens__sets_nanoseconds_of_files_and_directories(t):
    for path in (t.file('f'), t.dir('d')):
        for ns in (0, 1, 1_700_000_000_123_456_789, -1_000_000_001):
            dates(lambda p=path, n=ns: os.utime(p, ns=(n, n)), ctime=[path])
            equal(os.stat(path).st_mtime_ns, ns)


NOW, OMIT = (1 << 30) - 1, (1 << 30) - 2


def utimensat(path, atime, mtime):
    libc = ctypes.CDLL(None, use_errno=True)
    ts = (ctypes.c_long * 4)(*atime, *mtime)
    if libc.utimensat(-100, path.encode(), ts, 0):
        raise OSError(ctypes.get_errno(), 'utimensat')


@case
def utimens__omit_leaves_and_now_is_now(t):
    path = t.file('f')
    os.utime(path, ns=(5, 7))
    utimensat(path, (0, OMIT), (9, 9))
    equal(os.stat(path).st_mtime_ns, 9_000_000_009)
    utimensat(path, (4, 4), (0, OMIT))
    equal(os.stat(path).st_mtime_ns, 9_000_000_009)
    equal(os.stat(path).st_atime_ns, 4_000_000_004)
    dates(lambda: utimensat(path, (0, OMIT), (0, OMIT)), neither=[path])
    dates(lambda: utimensat(path, (0, OMIT), (0, NOW)), mtime=[path])
    fails('EINVAL', utimensat, path, (0, 1_000_000_000), (0, 0))


@case
def utimens__of_a_symbolic_link_itself(t):
    path = t.file('f')
    os.symlink(path, t('l'))
    os.utime(t('l'), ns=(1, 12345), follow_symlinks=False)
    equal(os.lstat(t('l')).st_mtime_ns, 12345)
    assert os.stat(path).st_mtime_ns != 12345
    os.utime(t('l'), ns=(1, 777))
    equal(os.stat(path).st_mtime_ns, 777)


@case
def chmod__shows_every_mode(t):
    f, d = t.file('f'), t.dir('d')
    for mode in (0, 0o777, 0o640, 0o1777, 0o4755, 0o2710, 0o7777):
        for path in (f, d):
            dates(lambda p=path, m=mode: os.chmod(p, m), ctime=[path])
            equal(oct(os.stat(path).st_mode & 0o7777), oct(mode))


@case
def chmod__follows_symbolic_links(t):
    path = t.file('f')
    os.symlink(path, t('l'))
    os.chmod(t('l'), 0o600)
    equal(os.stat(path).st_mode, 0o100600)
    os.symlink(t('none'), t('m'))
    fails('ENOENT', os.chmod, t('m'), 0o600)


@case
def chown__is_shown_and_leaves_what_is_not_said(t):
    path = t.file('f')
    dates(lambda: os.chown(path, OTHER, OTHER), ctime=[path])
    os.chown(path, -1, 0)
    os.chown(path, 0, -1)
    equal((os.stat(path).st_uid, os.stat(path).st_gid), (0, 0))
    os.symlink(path, t('l'))
    os.chown(t('l'), OTHER, OTHER, follow_symlinks=False)
    equal((os.lstat(t('l')).st_uid, os.stat(path).st_uid), (OTHER, 0))
