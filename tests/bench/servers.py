"""The servers that are compared: how each is told of zones, started on a free port of 127.0.0.1, and ended.

    s = Knot(zones, where, workers=1)      zones: what loads.py makes; where: a folder that s makes its own in
    s.start()                              seconds until the last zone's probe was answered right
    s.wait_complete()                      and until all is in memory
    s.pids()                               its processes
    s.stop()                               its files stay, for a start anew

All are Debian's; minimal responses, no rate limits, no logging of queries."""
import glob
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

import measure
from loads import run

START_LIMIT_S, STOP_LIMIT_S = 300, 30


class Server:
    name = program = "?"
    signed = True   # serves signed zones
    updates = False  # takes UPDATE

    def __init__(self, zones, where, workers=1, certificate=None):
        self.workers, self.port = workers, measure.free_port()
        self.certificate = certificate  # a file with it and its key: answers over TLS too
        self.tls_port = measure.free_port() if certificate else None
        self.dir = os.path.join(where, f"{self.name.replace(' ', '-')}.{self.port}")
        self.process, self.begun = None, 0
        os.mkdir(self.dir)
        self.zones = [z for z in zones if self.signed or z.load != "signed"]
        self.prepare()

    @classmethod
    def installed(cls):
        return shutil.which(cls.program) is not None

    def prepare(self):
        """Write the configuration, and bring the zones to where the server wants them."""
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    # -- for those who prepare --

    def file(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        return path

    def folder(self, name):
        path = os.path.join(self.dir, name)
        os.mkdir(path)
        return path

    def each_zone(self, form):
        """The configuration of all zones, from that of one."""
        return "".join(form.format(apex=z.apex, path=self.zone_file(z)) for z in self.zones)

    def zone_file(self, zone):
        """What it may read, not write."""
        return zone.path

    def copy(self, zone):
        """One of its own, with room for a journal beside it."""
        path = os.path.join(self.dir, zone.apex)
        shutil.copy(zone.path, path)
        return path

    # -- for those who measure --

    def start(self):
        with open(os.path.join(self.dir, "log"), "a", encoding="ascii") as log:
            self.begun = time.perf_counter()
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.dir)
        probe = self.zones[-1]
        while not measure.answers_right(self.port, probe.probe, probe.probe_address):
            self.check_alive()
            time.sleep(.0003)
        return time.perf_counter() - self.begun

    def wait_complete(self):
        """Seconds from the start until all that it will have in memory is there."""
        return time.perf_counter() - self.begun

    def check_alive(self):
        if self.process.poll() is None and time.perf_counter() - self.begun < START_LIMIT_S:
            return
        self.stop()
        with open(os.path.join(self.dir, "log"), encoding="utf8", errors="replace") as f:
            raise RuntimeError(f"{self.name} doesn't answer: {f.read()[-1000:]}")

    def pids(self):
        return measure.family(self.process.pid)

    def stop(self):
        if not self.process:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            for pid in self.pids():
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


class Apexd(Server):
    name, program = "apexd", "true"
    build = None     # set by whoever measures

    def prepare(self):
        self.metrics = measure.free_port()
        self.repo = os.path.join(self.dir, "repo")
        if len(self.zones) >= 100:
            self.prepare_many()
        else:
            self.apex("init", self.zones[0].apex)
            for z in self.zones:
                if z is not self.zones[0]:
                    self.apex("zone", "add", z.apex)
                self.apex("--zone", z.apex, "import", z.path)

    def prepare_many(self):
        """In memory, and then to where it belongs: it is two flushes a zone."""
        with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
            made = os.path.join(memory, "repo")
            run(self.build + "/tests/bench/add_zones", made, input="".join(f"{z.apex} {z.path}\n" for z in self.zones))
            shutil.move(made, self.repo)

    def apex(self, *words):
        run(self.build + "/apex", "--repo", self.repo, *words,
            env=dict(os.environ, APEX_AUTHOR_NAME="Bench", APEX_AUTHOR_EMAIL="bench@example.org"))

    def command(self):
        tls = ["--listen-tls", f"127.0.0.1:{self.tls_port}", "--tls-certificate", self.certificate,
               "--tls-key", self.certificate] if self.certificate else []
        return [self.build + "/apexd", "--repo", self.repo, "--listen", f"127.0.0.1:{self.port}",
                "--threads", str(self.workers), "--metrics", f"127.0.0.1:{self.metrics}", *tls]

    def wait_complete(self):
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/readyz", timeout=60):
                    return time.perf_counter() - self.begun
            except OSError:
                self.check_alive()
                time.sleep(.005)


class Gdnsd(Server):
    name = program = "gdnsd"
    signed = False

    def prepare(self):
        zones = self.folder("zones")
        for z in self.zones:
            os.symlink(z.path, os.path.join(zones, z.apex))
        self.file("config", f"""
options => {{ run_dir => "{self.folder('run')}", state_dir => "{self.folder('state')}",
  listen => {{ "127.0.0.1:{self.port}" => {{ udp_threads = {self.workers}, tcp_threads = {self.workers},
    tcp_clients_per_thread = 500 }} }} }}
""")

    def command(self):
        return ["gdnsd", "-c", self.dir, "start"]


class Yadifa(Server):
    name, program = "YADIFA", "yadifad"
    updates = True

    def prepare(self):
        zones = self.each_zone("<zone>\n domain {apex}\n file {path}\n type primary\n allow-update 127.0.0.1\n</zone>\n")
        self.file("conf", f"""
<main>
 daemon off
 chroot off
 uid {os.getuid()}
 gid {os.getgid()}
 pidfile "{self.dir}/pid"
 datapath "{self.dir}"
 logpath "{self.folder('logs')}"
 keyspath "{self.folder('keys')}"
 xfrpath "{self.folder('xfr')}"
 listen 127.0.0.1 port {self.port}
 statistics off
 queries-log-type 0
 thread-count-by-address {self.workers}
 max-tcp-queries 255
</main>
<rrl>
 enabled false
</rrl>
<channels>
 stderr STDERR
</channels>
<loggers>
 system EMERG,ALERT,CRIT,ERR stderr
</loggers>
{zones}""")

    def zone_file(self, zone):
        return os.path.basename(self.copy(zone))

    def command(self):
        return ["yadifad", "-c", self.dir + "/conf"]


class Nsd(Server):
    name, program = "NSD", "nsd"

    def prepare(self):
        tls = f"""
 ip-address: 127.0.0.1@{self.tls_port}
 tls-port: {self.tls_port}
 tls-service-key: "{self.certificate}"
 tls-service-pem: "{self.certificate}"
""" if self.certificate else ""
        self.file("conf", f"""
server:
 ip-address: 127.0.0.1@{self.port}
 server-count: {self.workers}
 reuseport: {"yes" if self.workers > 1 else "no"}
 database: ""
 username: ""
 chroot: ""
 zonelistfile: "{self.dir}/zone.list"
 logfile: "{self.dir}/nsd.log"
 pidfile: "{self.dir}/pid"
 xfrdfile: "{self.dir}/xfrd.state"
 xfrdir: "{self.dir}"
 tcp-count: 200
 rrl-ratelimit: 0
 minimal-responses: yes
{tls}
remote-control:
 control-enable: no
""" + self.each_zone("zone:\n name: {apex}\n zonefile: {path}\n"))

    def command(self):
        return ["nsd", "-d", "-c", self.dir + "/conf"]


class Knot(Server):
    name, program = "Knot", "knotd"
    updates = True

    def prepare(self):
        self.file("conf", f"""
server:
    rundir: "{self.folder('run')}"
    listen: 127.0.0.1@{self.port}
    udp-workers: {self.workers}
    tcp-workers: {self.workers}
    background-workers: 2
    tcp-reuseport: {"on" if self.workers > 1 else "off"}
log:
  - target: stderr
    any: error
database:
    storage: "{self.folder('db')}"
acl:
  - id: local
    address: 127.0.0.1
    action: update
template:
  - id: default
    acl: local
    zonefile-sync: -1
zone:
""" + self.each_zone('  - domain: {apex}\n    file: "{path}"\n'))

    def command(self):
        return ["knotd", "-c", self.dir + "/conf"]


class Bind(Server):
    name, program = "BIND", "named"
    updates = True
    zone_options = ""

    def prepare(self):
        key = f'tls own {{ cert-file "{self.certificate}"; key-file "{self.certificate}"; }};' if self.certificate else ""
        tls = f"listen-on port {self.tls_port} tls own {{ 127.0.0.1; }};" if self.certificate else ""
        zone = 'zone "{apex}" {{ type primary; file "{path}"; allow-update {{ 127.0.0.1; }}; %s }};\n'
        self.file("conf", f"""
{key}
options {{
  directory "{self.dir}"; pid-file "{self.dir}/pid"; session-keyfile "{self.dir}/session";
  listen-on port {self.port} {{ 127.0.0.1; }}; {tls} listen-on-v6 {{ none; }};
  recursion no; dnssec-validation no; notify no; minimal-responses yes; check-integrity no;
}};
controls {{ }};
logging {{ category default {{ default_stderr; }}; channel default_stderr {{ stderr; severity error; }}; }};
""" + self.each_zone(zone % self.zone_options))

    def zone_file(self, zone):
        return self.copy(zone)

    def command(self):
        return ["named", "-f", "-n", str(self.workers), "-c", self.dir + "/conf"]


class BindRaw(Bind):
    """From zone files in its own format."""
    name, zone_options = "BIND raw", "masterfile-format raw;"

    def copy(self, zone):
        path = os.path.join(self.dir, zone.apex)
        run("named-compilezone", "-q", "-F", "raw", "-o", path, zone.apex, zone.path)
        return path


class Powerdns(Server):
    """From a filled LMDB."""
    name = "PowerDNS"

    @classmethod
    def installed(cls):
        return shutil.which("pdnsutil") is not None and glob.glob("/usr/lib/*/pdns/liblmdbbackend.so") != []

    def prepare(self):
        self.file("pdns.conf", f"""
launch=lmdb
lmdb-filename={self.dir}/lmdb
local-address=127.0.0.1
local-port={self.port}
socket-dir={self.dir}
receiver-threads={self.workers}
reuseport={"yes" if self.workers > 1 else "no"}
guardian=no
daemon=no
disable-syslog=yes
loglevel=3
write-pid=no
""")
        for z in self.zones:
            run("pdnsutil", "--config-dir=" + self.dir, "load-zone", z.apex, z.path)
            if z.load == "signed":
                run("pdnsutil", "--config-dir=" + self.dir, "set-presigned", z.apex)

    def command(self):
        return ["pdns_server", "--config-dir=" + self.dir]


class Reflector(Server):
    """No name server: the floor under all of them."""
    name, program = "reflector", "true"
    build = None

    def prepare(self):
        pass

    def start(self):
        self.process = subprocess.Popen(self.command())
        time.sleep(.2)
        return .2

    def command(self):
        return [self.build + "/tests/bench/reflect", str(self.port), str(self.workers)]


def certificate(where):
    """A file with a certificate and its key."""
    path = os.path.join(where, "certificate.pem")
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
        "/CN=localhost", "-keyout", path + ".key", "-out", path + ".crt")
    with open(path, "w", encoding="ascii") as f:
        for part in path + ".crt", path + ".key":
            with open(part, encoding="ascii") as p:
                f.write(p.read())
    return path


# A run counts only with all of these in it.
PEERS = Gdnsd, Nsd, Knot, Yadifa, Bind
