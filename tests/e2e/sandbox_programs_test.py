#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# What people run from a super-server, inside the sandbox it gets: each real program does a whole piece of its work,
# byte for byte, ends with status 0, and the kernel says that it was confined. The lines of each service are those that
# an administrator needs to write.
import hashlib
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import namespaces  # noqa: E402
import netlab  # noqa: E402
import peer_settings  # noqa: E402
import sandboxed  # noqa: E402
import unpacked  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402
from sandboxed import service  # noqa: E402

PORT = 20001
PAYLOAD = b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(8000)) + b"the end\n"
FILTERED = "2"  # SECCOMP_MODE_FILTER

EXIM_CONF = peer_settings.exim_conf("/var/spool/exim4") + """queue_only = true
acl_smtp_rcpt = let_in
domainlist local_domains = example.org
begin acl
let_in:
  accept
begin routers
local:
  driver = accept
  transport = nowhere
begin transports
nowhere:
  driver = appendfile
  file = /dev/null
  user = nobody
"""

PROFTPD_CONF = peer_settings.PROFTPD_CONF + """AuthOrder mod_auth_file.c
AuthUserFile /etc/proftpd/passwd
RequireValidShell off
AllowOverwrite on
"""

VSFTPD_CONF = """listen=NO
anonymous_enable=YES
local_enable=NO
write_enable=YES
anon_upload_enable=YES
anon_umask=022
anon_root=/srv/ftp
no_anon_password=YES
secure_chroot_dir=/run/vsftpd-empty
ftp_username=ftpuser
nopriv_user=nobody
seccomp_sandbox=NO
xferlog_enable=NO
"""

PYTHON = sandboxed.BUSY_PYTHON + """rows = base.execute("select count(*) from seen where name = ?", (name,)).fetchone()[0]
print(words, sum(told.get() for _ in threads), rows, flush=True)
sys.stdin.read()
"""

DASH = """read name
work=$(mktemp) || exit 3
printf '%s\\n' "$name" b a | sort >"$work"
while read line; do echo "got $line"; done <"$work"
rm "$work"
echo "$(id -un) $(ls /srv | grep -c .)" >&2
cat >/dev/null
"""


def account(name, number, home="/nonexistent"):
    for path, line in (("/etc/passwd", f"{name}:x:{number}:{number}::{home}:/usr/sbin/nologin\n"),
                       ("/etc/group", f"{name}:x:{number}:\n")):
        with open(path, "a", encoding="ascii") as file:
            file.write(line)


def owned_folder(path, owner):
    os.makedirs(path)
    shutil.chown(path, owner)
    return path


class Ftp:
    """A client in passive mode, with its own sockets: ftplib would hide which reply failed."""

    def __init__(self, client):
        self.client = client
        self.expect(b"220")

    def expect(self, code):
        line = self.client.read_line(20)
        while line[3:4] != b" ":
            line = self.client.read_line(20)
        if not line.startswith(code):
            raise AssertionError(f"{code!r} expected: {line!r}")
        return line

    def say(self, line, code):
        self.client.send(line.encode() + b"\r\n")
        return self.expect(code)

    def data(self):
        reply = self.say("EPSV", b"229")
        port = int(reply.split(b"|||")[1].split(b"|")[0])
        return netlab.Client.connect(port, timeout=20)

    def store(self, name, content):
        with self.data() as data:
            self.say(f"STOR {name}", b"150")
            data.send(content)
        self.expect(b"226")

    def fetch(self, name):
        with self.data() as data:
            self.say(f"RETR {name}", b"150")
            content = data.read_all(20)
        self.expect(b"226")
        return content


class Programs(lab_case.LabCase):
    @classmethod
    def setUpClass(cls):
        unpacked.install()
        # Data folders of the test's own, out of the machine's.
        for folder in ("/srv", "/var/spool"):
            namespaces.mount("tmpfs", folder, "tmpfs", 0, "mode=755")
        account("Debian-exim", 3001, "/var/spool/exim4")
        account("ftpuser", 3002, "/srv/ftp")
        account("ada", 3003, "/srv/ada")
        account("git", 3004, "/srv/git")
        cls.syslog = staticmethod(cls.lab.listen_syslog())

    def confined(self, daemon, name, no_new_privileges):
        """Looks at every process of the service while it runs."""
        zygote = sandboxed.zygote_of(daemon, name)
        instances = netlab.wait_until(lambda: sandboxed.children(zygote))
        self.assertTrue(instances, self.told(daemon))
        for pid in instances:
            seen = sandboxed.status(pid)
            self.assertEqual((seen["Seccomp"], seen["NoNewPrivs"]), (FILTERED, no_new_privileges))
        return instances

    def told(self, daemon):
        return "\n".join([m.raw for m in daemon.log()] + [r.raw for r in daemon.service_log()] + self.syslog()[-20:])

    def ended_well(self, daemon, count=1, statuses=("0",)):
        ends = daemon.wait_records(count, kind="EXIT", timeout=15)
        self.assertEqual(len(ends), count, self.told(daemon))
        for end in ends:
            self.assertIn(end.fields.get("status"), statuses, self.told(daemon))
        self.assertEqual([m.raw for m in daemon.log() if m.level in ("ERROR", "CRITICAL", "WARNING")], [])

    def test_exim_accepts_a_message_in_the_sandbox_that_is_chosen_for_it(self):
        spool = owned_folder("/var/spool/exim4", "Debian-exim")
        self.addCleanup(shutil.rmtree, spool)
        self.lab.write("/etc/exim4/exim4.conf", EXIM_CONF)
        daemon = self.start(DEFAULTS + service("smtp", PORT, "user = Debian-exim", "server = /usr/sbin/exim4",
                                               "server_args = -bs"))
        with self.lab.connect(PORT, timeout=20) as client:
            def say(line, code):
                client.send(line + b"\r\n")
                reply = client.read_line(20)
                while reply[3:4] == b"-":
                    reply = client.read_line(20)
                self.assertTrue(reply.startswith(code), (line, reply, self.told(daemon)))
            self.assertTrue(client.read_line(20).startswith(b"220"))
            self.confined(daemon, "smtp", "0")
            say(b"EHLO client.example.org", b"250")
            say(b"MAIL FROM:<ada@example.org>", b"250")
            say(b"RCPT TO:<bob@example.org>", b"250")
            say(b"DATA", b"354")
            client.send(b"Subject: through the gate\r\n\r\nthe body\r\n")
            say(b".", b"250")
            say(b"QUIT", b"221")
            client.read_all(20)
        self.ended_well(daemon)
        bodies = list(pathlib.Path(spool, "input").rglob("*-D"))
        self.assertEqual(len(bodies), 1)
        self.assertTrue(bodies[0].read_bytes().endswith(b"-D\nthe body\n"))

    def transfer_by_ftp(self, daemon, login, folder, statuses=("0",)):
        with self.lab.connect(PORT, timeout=20) as client:
            try:
                ftp = Ftp(client)
                login(ftp)
                self.confined(daemon, "ftp", "1")
                ftp.say("TYPE I", b"200")
                ftp.store("up.bin", PAYLOAD)
                self.assertEqual(pathlib.Path(folder, "up.bin").read_bytes(), PAYLOAD)
                self.assertEqual(ftp.fetch("down.bin"), PAYLOAD)
                ftp.say("QUIT", b"221")
                client.read_all(20)
            except (AssertionError, OSError) as error:
                self.fail(f"{error}\n{self.told(daemon)}")
        self.ended_well(daemon, statuses=statuses)

    def test_vsftpd_takes_and_gives_a_file_over_data_connections(self):
        folder = owned_folder("/srv/ftp", "root")
        os.mkdir("/run/vsftpd-empty")
        own = owned_folder("/srv/ftp/pub", "ftpuser")
        pathlib.Path(own, "down.bin").write_bytes(PAYLOAD)
        self.addCleanup(shutil.rmtree, folder)
        self.lab.write("/etc/vsftpd.conf", VSFTPD_CONF)
        daemon = self.start(DEFAULTS + service("ftp", PORT, "user = root", "server = /usr/sbin/vsftpd",
                                               "network = server", "syscalls += @preset-ftp"))

        def login(ftp):
            ftp.say("USER anonymous", b"230")
            ftp.say("CWD pub", b"250")
        # After QUIT its two processes race to end: the status is 0 or 2, with sandbox = none as well.
        self.transfer_by_ftp(daemon, login, own, statuses=("0", "2"))

    def test_proftpd_takes_and_gives_a_file_over_data_connections(self):
        folder = owned_folder("/srv/ada", "ada")
        pathlib.Path(folder, "down.bin").write_bytes(PAYLOAD)
        self.addCleanup(shutil.rmtree, folder)
        self.lab.write("/etc/proftpd/proftpd.conf", PROFTPD_CONF)
        password = subprocess.run(["openssl", "passwd", "-6", "secret"], check=True, capture_output=True, text=True)
        self.lab.write("/etc/proftpd/passwd", f"ada:{password.stdout.strip()}:3003:3003::{folder}:/bin/sh\n", 0o640)
        daemon = self.start(DEFAULTS + service("ftp", PORT, "user = root", "server = /usr/sbin/proftpd",
                                               "network = server", "syscalls += @preset-ftp"))

        def login(ftp):
            ftp.say("USER ada", b"331")
            ftp.say("PASS secret", b"230")
        self.transfer_by_ftp(daemon, login, folder)

    def tftp(self, opcode, name, serve):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
            endpoint.settimeout(20)
            endpoint.sendto(struct.pack("!H", opcode) + name + b"\0octet\0", ("127.0.0.1", PORT))
            serve(endpoint)

    def test_tftpd_reads_and_writes_a_file(self):
        folder = owned_folder("/srv/tftp", "ada")
        pathlib.Path(folder, "down.bin").write_bytes(PAYLOAD[:5000])
        self.addCleanup(shutil.rmtree, folder)
        daemon = self.start(DEFAULTS + service(
            "tftp", PORT, "user = root", "server = /usr/sbin/in.tftpd", "network = server", "syscalls += @preset-tftp",
            f"server_args = --user ada --secure --create --timeout 2 {folder}", protocol="udp"))

        def read(endpoint):
            content, block = b"", 1
            while len(content) == (block - 1) * 512:
                packet, peer = endpoint.recvfrom(2048)
                self.assertEqual(struct.unpack("!HH", packet[:4]), (3, block), packet)
                content += packet[4:]
                if block == 1:
                    self.confined(daemon, "tftp", "1")
                endpoint.sendto(struct.pack("!HH", 4, block), peer)
                block += 1
            self.assertEqual(content, PAYLOAD[:5000])

        def write(endpoint):
            packet, peer = endpoint.recvfrom(2048)
            self.assertEqual(packet, struct.pack("!HH", 4, 0))
            for block in range(1, 11):
                endpoint.sendto(struct.pack("!HH", 3, block) + PAYLOAD[(block - 1) * 512:min(block * 512, 5000)], peer)
                packet, peer = endpoint.recvfrom(2048)
                self.assertEqual(packet, struct.pack("!HH", 4, block))
        try:
            self.tftp(1, b"down.bin", read)
            self.tftp(2, b"up.bin", write)
        except (AssertionError, OSError) as error:
            self.fail(f"{error}\n{self.told(daemon)}")
        written = pathlib.Path(folder, "up.bin")
        self.assertTrue(netlab.wait_until(lambda: written.read_bytes() == PAYLOAD[:5000]))
        self.ended_well(daemon)

    def test_rsync_pulls_and_pushes_a_tree(self):
        folder = pathlib.Path(owned_folder("/srv/rsync", "ada"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "down").mkdir()
        (folder / "down/file.bin").write_bytes(PAYLOAD)
        shutil.chown(owned_folder(folder / "up", "ada"), "ada")
        self.lab.write("/etc/rsyncd.conf", f"uid = ada\ngid = ada\nuse chroot = no\n[data]\npath = {folder}\n"
                                           "read only = no\n")
        daemon = self.start(DEFAULTS + service("rsync", PORT, "user = root", "server = /usr/bin/rsync",
                                               "server_args = --daemon", "syscalls += @preset-rsync"))
        mine = pathlib.Path(self.lab.path("mine"))
        url = f"rsync://127.0.0.1:{PORT}/data"
        for words in (["-a", f"{url}/down/", f"{mine}/"], ["-a", "--no-owner", "--no-group", f"{mine}/", f"{url}/up/"]):
            done = subprocess.run(["/usr/bin/rsync", *words], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr + self.told(daemon))
        self.assertEqual((mine / "file.bin").read_bytes(), PAYLOAD)
        self.assertEqual((folder / "up/file.bin").read_bytes(), PAYLOAD)
        self.ended_well(daemon, 2)
        with self.lab.connect(PORT, timeout=20) as client:
            self.assertTrue(client.read_line(20).startswith(b"@RSYNCD:"))
            self.confined(daemon, "rsync", "1")

    def git(self, *words):
        env = {"PATH": "/usr/bin:/bin", "HOME": "/run/lab", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada",
               "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
               "GIT_COMMITTER_EMAIL": "ada@example.org"}
        return subprocess.run(["git", *words], env=env, capture_output=True, text=True, timeout=60)

    def test_git_daemon_lets_a_repository_be_cloned(self):
        folder = pathlib.Path(owned_folder("/srv/git", "git"))
        self.addCleanup(shutil.rmtree, folder)
        source = folder / "work"
        self.assertEqual(self.git("init", "-q", str(source)).returncode, 0)
        (source / "file.bin").write_bytes(PAYLOAD)
        self.git("-C", str(source), "add", "file.bin")
        self.assertEqual(self.git("-C", str(source), "commit", "-q", "-m", "first").returncode, 0)
        subprocess.run(["chown", "-R", "git:git", str(folder)], check=True)
        daemon = self.start(DEFAULTS + service(
            "git", PORT, "user = git", "server = /usr/bin/git",
            f"server_args = daemon --inetd --export-all --base-path={folder}", "syscalls += @preset-git"))
        with self.lab.connect(PORT, timeout=20):
            self.confined(daemon, "git", "1")
        daemon.wait_records(1, kind="EXIT")  # a client that says nothing: git's own status
        done = self.git("clone", "-q", f"git://127.0.0.1:{PORT}/work/.git", self.lab.path("clone"))
        self.assertEqual(done.returncode, 0, done.stderr + self.told(daemon))
        self.assertEqual(pathlib.Path(self.lab.path("clone"), "file.bin").read_bytes(), PAYLOAD)
        self.assertEqual(daemon.wait_records(2, kind="EXIT")[1].fields.get("status"), "0")

    def test_a_python_script_with_threads_children_and_a_database(self):
        self.addCleanup(shutil.rmtree, owned_folder("/srv/python", "nobody"))
        program = self.lab.script("served.py", PYTHON, "/usr/bin/python3")
        daemon = self.start(DEFAULTS + service("python", PORT, f"server = {program}", "user = nobody"))
        for row in (1, 2):
            with self.lab.connect(PORT, timeout=20) as client:
                client.send(b"ada\n")
                self.assertEqual(client.read_line(20), b"ada 140 %d\n" % row, self.told(daemon))
                self.confined(daemon, "python", "1")
        self.ended_well(daemon, 2)

    def test_a_dash_script_with_pipes_and_temporary_files(self):
        program = self.lab.script("served.sh", DASH, "/usr/bin/dash")
        daemon = self.start(DEFAULTS + service("dash", PORT, f"server = {program}", "user = nobody"))
        with self.lab.connect(PORT, timeout=20) as client:
            client.send(b"c\n")
            self.assertEqual(client.read_until(b"nobody 0\n", 20), b"got a\ngot b\ngot c\nnobody 0\n", self.told(daemon))
            self.confined(daemon, "dash", "1")
            client.half_close()
            self.assertEqual(client.read_all(20), b"")
        self.ended_well(daemon)


if __name__ == "__main__":
    lab_case.main()
