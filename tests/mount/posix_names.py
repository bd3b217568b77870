"""Names: making, removing, renaming, linking, listing them."""
import ctypes
import os
import stat

from posix_cases import case, dates, equal, fails, get, put


def ino(path):
    return os.lstat(path).st_ino


def links(path):
    return os.lstat(path).st_nlink


# -- their limits ---------------------------------------------------------------------------------------------


def ask_all(t, wanted, path):
    """Every call that takes a path fails so."""
    f = t('limits')
    put(f, b'')
    for call in ((os.stat, path), (os.lstat, path), (os.open, path, os.O_CREAT | os.O_WRONLY), (os.mkdir, path),
                 (os.rmdir, path), (os.unlink, path), (os.symlink, 'x', path), (os.readlink, path),
                 (os.link, f, path), (os.link, path, t('to')), (os.rename, f, path), (os.rename, path, t('to')),
                 (os.truncate, path, 0), (os.chmod, path, 0), (os.utime, path), (os.listdir, path)):
        fails(wanted, *call)
    os.unlink(f)


@case
def name__of_255_bytes_is_one_and_of_256_is_ENAMETOOLONG(t):
    d = t.dir('d')
    longest = d + '/.' + 'n' * 253 + '~'
    put(longest, b'long')
    os.rename(longest, d + '/.' + 'm' * 253 + '~')
    os.link(d + '/.' + 'm' * 253 + '~', longest)
    equal(sorted(map(len, os.listdir(d))), [255, 255])
    equal(get(longest), b'long')
    for n in (256, 257, 1000, 2000):
        ask_all(t, 'ENAMETOOLONG', d + '/.' + 'n' * (n - 2) + '~')
    equal(os.statvfs(d).f_namemax, 255)


@case
def name__path_of_4096_bytes_is_ENAMETOOLONG(t):
    ask_all(t, 'ENAMETOOLONG', t('d') + '/.x~' * 1024)


@case
def name__of_every_byte_but_slash_and_nul(t):
    d = t.dir('d').encode()
    names = {b'.%c%c~' % (c, c) for c in range(1, 256) if c != ord('/')}
    for name in names:
        put(d + b'/' + name, name)
    equal(set(os.listdir(d)), names)
    for name in names:
        equal(get(d + b'/' + name), name)
        os.rename(d + b'/' + name, d + b'/' + name + b'2')
        os.unlink(d + b'/' + name + b'2')
    equal(os.listdir(d), [])


@case
def name__below_a_file_is_ENOTDIR(t):
    f = t.file('f')
    for call in ((os.stat, f + '/x'), (os.mkdir, f + '/x'), (os.rmdir, f + '/x'), (os.unlink, f + '/x'),
                 (os.symlink, 'x', f + '/x'), (os.rename, f + '/x', t('to')), (os.link, f, f + '/x'),
                 (os.truncate, f + '/x', 0), (os.chmod, f + '/x', 0)):
        fails('ENOTDIR', *call)


@case
def name__in_a_loop_is_ELOOP(t):
    os.symlink(t('b'), t('a'))
    os.symlink(t('a'), t('b'))
    for call in ((os.stat, t('a')), (os.open, t('a'), os.O_RDONLY), (os.mkdir, t('a') + '/x'),
                 (os.unlink, t('a') + '/x'), (os.rename, t('a') + '/x', t('to')), (os.truncate, t('a'), 0),
                 (os.chmod, t('a'), 0), (os.link, t('a') + '/x', t('to')), (os.listdir, t('a'))):
        fails('ELOOP', *call)
    os.unlink(t('a'))
    os.unlink(t('b'))


# -- mkdir, rmdir, unlink -------------------------------------------------------------------------------------


@case
def mkdir__has_its_mode_less_the_umask(t):
    for mode, wanted in ((0o777, 0o755), (0o700, 0o700), (0o1777, 0o1755), (0o250, 0o250)):
        os.mkdir(t('%o' % mode), mode)
        equal(oct(os.stat(t('%o' % mode)).st_mode), oct(0o40000 | wanted))


@case
def mkdir__refuses_what_is_there(t):
    os.symlink(t('none'), t('l'))
    for path in (t.file('f'), t.dir('d'), t('l')):
        fails('EEXIST', os.mkdir, path)
    fails('ENOENT', os.mkdir, t('none') + '/x')


@case
def mkdir__and_rmdir_date_the_parent(t):
    d = t.dir('d')
    dates(lambda: os.mkdir(d + '/.s~'), mtime=[d])
    dates(lambda: os.rmdir(d + '/.s~'), mtime=[d])


@case
def rmdir__wants_an_empty_directory(t):
    d, f = t.dir('d'), t.file('f')
    put(d + '/.f~', b'')
    fails(('ENOTEMPTY', 'EEXIST'), os.rmdir, d)
    fails('ENOTDIR', os.rmdir, f)
    fails('EINVAL', os.rmdir, d + '/.')
    fails(('ENOTEMPTY', 'EINVAL'), os.rmdir, d + '/..')
    fails('ENOENT', os.rmdir, t('none'))
    os.unlink(d + '/.f~')
    os.mkdir(d + '/.s~')
    fails(('ENOTEMPTY', 'EEXIST'), os.rmdir, d)
    os.rmdir(d + '/.s~')
    os.rmdir(d)


@case
def rmdir__of_a_directory_in_use(t):
    d = t.dir('d')
    fd = os.open(d, os.O_RDONLY)
    os.rmdir(d)
    fails('ENOENT', os.open, '.f~', os.O_CREAT | os.O_WRONLY, dir_fd=fd)
    fails('ENOENT', os.mkdir, '.d~', dir_fd=fd)
    equal(os.listdir(fd), [])
    os.mkdir(d)
    equal(os.listdir(d), [])
    os.close(fd)


@case
def unlink__takes_one_name_and_dates(t):
    d = t.dir('d')
    put(d + '/.f~', b'')
    os.link(d + '/.f~', t('other'))
    dates(lambda: os.unlink(d + '/.f~'), mtime=[d], ctime=[t('other')])
    fails('ENOENT', os.unlink, d + '/.f~')
    fails(('EISDIR', 'EPERM'), os.unlink, d)


# -- rename ---------------------------------------------------------------------------------------------------


@case
def rename__keeps_the_object(t):
    a, d = t.file('a'), t.dir('d')
    fd = os.open(a, os.O_RDWR)
    before = os.fstat(fd)
    os.rename(a, d + '/.b~')
    fails('ENOENT', os.stat, a)
    equal(os.stat(d + '/.b~').st_ino, before.st_ino)
    equal(os.stat(d + '/.b~').st_mtime_ns, before.st_mtime_ns)
    os.write(fd, b'TEXT')
    os.close(fd)
    equal(get(d + '/.b~'), b'TEXT')


@case
def rename__over_a_file_replaces_it(t):
    a, b = t.file('a', b'new'), t.file('b', b'old')
    fd = os.open(b, os.O_RDONLY)
    os.rename(a, b)
    equal(get(b), b'new')
    equal(os.read(fd, 10), b'old')
    equal(os.fstat(fd).st_nlink, 0)
    os.close(fd)
    fails('ENOENT', os.stat, a)


@case
def rename__of_files_and_directories_over_each_other(t):
    f, d, full = t.file('f'), t.dir('d'), t.dir('full')
    put(full + '/.x~', b'')
    fails('EISDIR', os.rename, f, d)
    fails('ENOTDIR', os.rename, d, f)
    fails(('ENOTEMPTY', 'EEXIST'), os.rename, d, full)
    os.rename(full, d)
    equal(os.listdir(d), ['.x~'])
    fails('ENOENT', os.stat, full)
    equal(get(f), b'text')


@case
def rename__of_a_directory_takes_all_below(t):
    d = t.dir('d')
    os.makedirs(d + '/.1~/.2~/.3~')
    put(d + '/.1~/.2~/.3~/.f~', b'deep')
    os.rename(d, t('e'))
    os.rename(t('e') + '/.1~/.2~', t('e') + '/.2~')
    equal(get(t('e') + '/.2~/.3~/.f~'), b'deep')
    equal(sorted(os.listdir(t('e'))), ['.1~', '.2~'])
    equal(os.listdir(t('e') + '/.1~'), [])


@case
def rename__into_itself_is_EINVAL_and_onto_itself_nothing(t):
    d = t.dir('d')
    os.mkdir(d + '/.s~')
    fails('EINVAL', os.rename, d, d + '/.s~/.x~')
    fails('EINVAL', os.rename, d, d + '/.x~')
    fails(('ENOTEMPTY', 'EEXIST'), os.rename, d + '/.s~', d)
    os.rename(d, d)
    fails(('EINVAL', 'EBUSY'), os.rename, d + '/.', t('x'))
    equal(os.listdir(d), ['.s~'])


@case
def rename__of_nothing_is_ENOENT(t):
    fails('ENOENT', os.rename, t('none'), t('x'))
    fails('ENOENT', os.rename, t.file('f'), t('none') + '/x')


@case
def rename__of_a_symbolic_link_moves_the_link(t):
    f = t.file('f')
    os.symlink(f, t('l'))
    os.rename(t('l'), t('m'))
    equal(os.readlink(t('m')), f)
    os.symlink(t('none'), t('n'))
    os.rename(f, t('m'))
    equal(get(t('m')), b'text')
    equal(os.readlink(t('n')), t('none'))


@case
def rename__dates_both_directories_and_the_file(t):
    d, e = t.dir('d'), t.dir('e')
    put(d + '/.f~', b'')
    dates(lambda: os.rename(d + '/.f~', e + '/.f~'), mtime=[d, e])
    dates(lambda: os.rename(e + '/.f~', e + '/.g~'), mtime=[e], neither=[d])


def renameat2(a, b, flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(-100, a.encode(), -100, b.encode(), flags):
        raise OSError(ctypes.get_errno(), 'renameat2')


@case
def rename__noreplace_replaces_nothing(t):
    a, b = t.file('a', b'a'), t.file('b', b'b')
    fails('EEXIST', renameat2, a, b, 1)
    renameat2(a, t('c'), 1)
    equal((get(b), get(t('c'))), (b'b', b'a'))


@case
def rename__exchange_exchanges_or_is_EINVAL(t):
    a, b = t.file('a', b'a'), t.file('b', b'b')
    try:
        renameat2(a, b, 2)
    except OSError as e:
        equal(e.errno, 22)
        equal((get(a), get(b)), (b'a', b'b'))
        return
    equal((get(a), get(b)), (b'b', b'a'))


# -- link -----------------------------------------------------------------------------------------------------


@case
def link__is_another_name_of_the_same(t):
    a, b = t.file('a'), t('b')
    dates(lambda: os.link(a, b), ctime=[a])
    equal((ino(a), links(a), links(b)), (ino(b), 2, 2))
    with open(b, 'r+b') as f:
        f.write(b'TEXTS')
    equal(get(a), b'TEXTS')
    os.chmod(a, 0o600)
    os.utime(a, ns=(1, 2))
    equal((os.stat(b).st_mode, os.stat(b).st_mtime_ns), (0o100600, 2))


@case
def link__survives_the_first_name(t):
    a, b, d = t.file('a'), t('b'), t.dir('d')
    os.link(a, b)
    os.link(b, d + '/.c~')
    equal(links(a), 3)
    number = ino(a)
    os.unlink(a)
    fails('ENOENT', os.stat, a)
    equal((ino(b), links(b), get(b)), (number, 2, b'text'))
    put(a, b'another')
    equal(get(d + '/.c~'), b'text')
    os.unlink(b)
    equal((links(d + '/.c~'), get(d + '/.c~'), get(a)), (1, b'text', b'another'))


@case
def link__names_go_in_any_order(t):
    names = [t('n%d' % i) for i in range(40)]
    put(names[0], b'text')
    for i in range(1, 40):
        os.link(names[i // 2], names[i])
    left = set(names)
    for i in (0, 39, 1, 20, 2, 3, 5, 4, 38, 37):
        os.unlink(names[i])
        left.discard(names[i])
        for name in left:
            equal((links(name), get(name)), (len(left), b'text'))
    fd = os.open(names[10], os.O_RDONLY)
    for name in left:
        os.unlink(name)
    equal((os.fstat(fd).st_nlink, os.read(fd, 9)), (0, b'text'))
    os.close(fd)


@case
def link__renamed_onto_another_of_the_same_is_nothing(t):
    a, b = t.file('a'), t('b')
    os.link(a, b)
    os.rename(a, b)
    os.rename(b, a)
    equal((links(a), links(b), ino(a)), (2, 2, ino(b)))


@case
def link__is_renamed_alone(t):
    a, b, d = t.file('a'), t('b'), t.dir('d')
    os.link(a, b)
    os.rename(b, d + '/.b~')
    equal((links(a), ino(a)), (2, ino(d + '/.b~')))
    os.rename(a, d + '/.a~')
    equal(sorted(os.listdir(d)), ['.a~', '.b~'])
    fails('ENOENT', os.stat, a)
    fails('ENOENT', os.stat, b)
    os.unlink(d + '/.a~')
    equal((links(d + '/.b~'), get(d + '/.b~')), (1, b'text'))


@case
def link__replaced_leaves_the_others(t):
    a, b, c = t.file('a'), t('b'), t.file('c', b'new')
    os.link(a, b)
    os.rename(c, a)
    equal((get(a), get(b), links(a), links(b)), (b'new', b'text', 1, 1))
    os.link(b, c)
    put(t('e'), b'e')
    os.rename(t('e'), c)
    equal((get(b), get(c), links(b)), (b'text', b'e', 1))


@case
def link__of_an_open_file_and_its_mapping(t):
    a, b = t.file('a', b'x' * 5000), t('b')
    with open(a, 'r+b') as f:
        os.link(a, b)
        os.unlink(a)
        f.write(b'hello')
        f.flush()
        equal((os.fstat(f.fileno()).st_nlink, get(b)[:6]), (1, b'hellox'))
        with open(b, 'rb') as g:
            f.write(b' again')
            f.flush()
            equal(g.read(12), b'hello againx')


@case
def link__refuses(t):
    a, d = t.file('a'), t.dir('d')
    os.symlink(t('none'), t('l'))
    for path in (a, d, t('l')):
        fails('EEXIST', os.link, a, path)
    fails('ENOENT', os.link, t('none'), t('x'))
    fails('ENOENT', os.link, a, t('none') + '/x')
    fails('EPERM', os.link, d, t('x'))
    equal(links(a), 1)


@case
def link__of_a_symbolic_link_is_one(t):
    os.symlink(t('none'), t('l'))
    os.link(t('l'), t('m'), follow_symlinks=False)
    equal((os.readlink(t('m')), ino(t('m')), links(t('m'))), (t('none'), ino(t('l')), 2))
    os.unlink(t('l'))
    equal(os.readlink(t('m')), t('none'))


@case
def link__is_listed_and_dates_its_directory(t):
    a, d = t.file('a'), t.dir('d')
    dates(lambda: os.link(a, d + '/.b~'), mtime=[d])
    equal([(e.name, e.is_file(follow_symlinks=False)) for e in os.scandir(d)], [('.b~', True)])
    fails(('ENOTEMPTY', 'EEXIST'), os.rmdir, d)
    os.rename(d, t('e'))
    equal((get(t('e') + '/.b~'), links(a)), (b'text', 2))


# -- symlink --------------------------------------------------------------------------------------------------


@case
def symlink__says_what_it_was_told(t):
    for i, target in enumerate(('x', '/', '../..', 'a//b/./c', 'n' * 4095, '\\046 \n\x01')):
        path = t('l%d' % i)
        os.symlink(target, path)
        equal(os.readlink(path), target)
        equal((os.lstat(path).st_size, stat.S_ISLNK(os.lstat(path).st_mode)), (len(target), True))
    fails('ENOENT', os.symlink, '', t('empty'))
    fails('ENAMETOOLONG', os.symlink, 'n' * 4096, t('long'))
    fails('EEXIST', os.symlink, 'x', t('l0'))
    fails('EINVAL', os.readlink, t.file('f'))
    fails('EINVAL', os.readlink, t.dir('d'))


@case
def symlink__leads_to_files_and_directories(t):
    d, f = t.dir('d'), t.file('f')
    os.symlink(os.path.basename(d), t('ld'))
    os.symlink(os.path.basename(f), t('lf'))
    put(t('ld') + '/.x~', b'below')
    equal((get(d + '/.x~'), get(t('lf'))), (b'below', b'text'))
    os.unlink(t('lf'))
    equal(get(f), b'text')
    fails('ENOTDIR', os.rmdir, t('ld'))
    os.symlink(os.path.basename(t('made')), t('lm'))
    put(t('lm'), b'through')
    equal(get(t('made')), b'through')


# -- listing --------------------------------------------------------------------------------------------------


@case
def list__has_every_name_once(t):
    d = t.dir('d')
    names = {'.%d~' % i for i in range(1500)}
    for name in names:
        put(d + '/' + name, b'')
    listed = os.listdir(d)
    equal((set(listed), len(listed)), (names, len(names)))


@case
def list__goes_on_while_names_go(t):
    d = t.dir('d')
    for i in range(1000):
        put('%s/.%d~' % (d, i), b'')
    seen = []
    for e in os.scandir(d):
        seen.append(e.name)
        os.unlink(e.path)
    equal((len(seen), len(set(seen)), os.listdir(d)), (1000, 1000, []))


@case
def list__tells_kinds(t):
    d = t.dir('d')
    put(d + '/.f~', b'')
    os.mkdir(d + '/.d~')
    os.symlink('x', d + '/.l~')
    kinds = {e.name: (e.is_file(follow_symlinks=False), e.is_dir(follow_symlinks=False), e.is_symlink())
             for e in os.scandir(d)}
    equal(kinds, {'.f~': (True, False, False), '.d~': (False, True, False), '.l~': (False, False, True)})
