#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# TLS that begins in the middle of a dialogue, with the clients of Python's library and openssl s_client: SMTP, IMAP,
# POP3 and FTP. What is said before, or without, counts only where that is allowed.
import ftplib
import imaplib
import pathlib
import poplib
import smtplib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402
from tls_world import PORT, WORLD, HalfWay, client_rules, context, s_client, tls_entry  # noqa: E402

DIALOGUES = {
    "smtp": "printf '220 hi\\r\\n'; answer() { case $1 in EHLO*) printf '250-me\\r\\n250 SIZE\\r\\n';; "
            "QUIT*) printf '221 bye\\r\\n'; exit;; *) printf '250 took %s\\r\\n' \"$1\";; esac; }",
    "imap": "printf '* OK [CAPABILITY IMAP4rev1] hi\\r\\n'; answer() { set -- $1; case $2 in "
            "CAPABILITY) printf '* CAPABILITY IMAP4rev1\\r\\n%s OK done\\r\\n' $1;; "
            "LOGOUT) printf '* BYE\\r\\n%s OK done\\r\\n' $1; exit;; *) printf '%s OK took %s\\r\\n' $1 $2;; esac; }",
    "pop3": "printf '+OK hi\\r\\n'; answer() { case $1 in CAPA*) printf '+OK\\r\\nTOP\\r\\n.\\r\\n';; "
            "QUIT*) printf '+OK bye\\r\\n'; exit;; *) printf '+OK took %s\\r\\n' \"$1\";; esac; }",
    "ftp": "printf '220-long\\r\\n220 hi\\r\\n'; answer() { case $1 in "
           "FEAT*) printf '211-Features:\\r\\n PASV\\r\\n211 End\\r\\n';; "
           "QUIT*) printf '221 bye\\r\\n'; exit;; *) printf '230 took %s\\r\\n' \"$1\";; esac; }",
}


class StartTls(lab_case.LabCase):
    """Legacy services, a few lines each, that have never heard of TLS."""

    def serve(self, protocol, *lines, port=PORT):
        loop = "; while read -r line; do answer \"$(printf %s \"$line\" | tr -d '\\r')\"; done\n"
        script = self.lab.script(protocol, DIALOGUES[protocol] + loop)
        return self.start(DEFAULTS + tls_entry(port, f"starttls = {protocol}", *lines, server=(f"server = {script}",)))

    def test_smtp(self):
        self.serve("smtp")
        with smtplib.SMTP("127.0.0.1", PORT, timeout=20) as client:
            client.ehlo("me")
            self.assertTrue(client.has_extn("starttls"))
            self.assertEqual(client.docmd("MAIL FROM:<a@b>")[0], 530)
            client._host = "a.test"  # what the certificate is for
            client.starttls(context=context())
            self.assertIsNotNone(client.sock.cipher())
            self.assertEqual(client.docmd("MAIL FROM:<a@b>"), (250, b"took MAIL FROM:<a@b>"))

    def test_imap(self):
        self.serve("imap")
        client = imaplib.IMAP4("127.0.0.1", PORT, timeout=20)
        self.assertIn("STARTTLS", client.capabilities)
        client.host = "a.test"
        client.starttls(context())
        self.assertIn("TLSv1.3", client.sock.version())
        client.logout()

    def test_pop3(self):
        self.serve("pop3")
        client = poplib.POP3("127.0.0.1", PORT, timeout=20)
        self.assertIn("STLS", client.capa())
        with self.assertRaises(poplib.error_proto):
            client.user("u")
        client.host = "a.test"
        client.stls(context())
        self.assertEqual(client.user("u"), b"+OK took USER u")
        client.quit()

    def test_ftp(self):
        self.serve("ftp")
        client = ftplib.FTP_TLS(context=context())
        client.connect("127.0.0.1", PORT, timeout=20)
        client.host = "a.test"
        self.assertIn("AUTH TLS", client.sendcmd("FEAT"))
        with self.assertRaises(ftplib.error_perm):
            client.sendcmd("USER u")
        self.assertTrue(client.auth().startswith("234"))
        self.assertEqual(client.sendcmd("USER u"), "230 took USER u")
        client.quit()

    def test_openssl_knows_all_four(self):
        for number, protocol in enumerate(DIALOGUES):
            daemon = self.serve(protocol, port=PORT + number)
            self.assertTrue(netlab.wait_listening(PORT + number))
            text = s_client("-starttls", protocol, "-servername", "a.test", port=PORT + number)
            self.assertIn("Verify return code: 0 (ok)", text, protocol)
            daemon.stop()

    def test_nothing_that_was_said_before_counts(self):
        self.serve("smtp")
        with netlab.Client.connect(PORT, timeout=20) as client:
            client.read_line()
            client.send(b"STARTTLS\r\nMAIL FROM:<evil@x>\r\n")
            self.assertNotIn(b"took", client.read_all())

    def test_without_tls_only_where_that_is_allowed(self):
        self.serve("smtp", "starttls_required = no")
        with smtplib.SMTP("127.0.0.1", PORT, timeout=20) as client:
            client.ehlo("me")
            self.assertEqual(client.docmd("MAIL FROM:<a@b>"), (250, b"took MAIL FROM:<a@b>"))
            self.assertEqual(client.docmd("STARTTLS"), (250, b"took STARTTLS"))  # the service's own answer

    def test_rules_on_certificates(self):
        daemon = self.serve("smtp", *client_rules("tls_only_from = alice.test"))
        for who, welcome in ((WORLD.alice, True), (WORLD.bob, False)):
            with socket.create_connection(("127.0.0.1", PORT), timeout=20) as plain:
                plain.recv(100)
                plain.sendall(b"STARTTLS\r\n")
                self.assertTrue(plain.recv(100).startswith(b"220"))
                with context(who).wrap_socket(plain, server_hostname="a.test") as client:
                    try:
                        client.sendall(b"MAIL FROM:<a@b>\r\n")
                        self.assertEqual(client.recv(100).startswith(b"250"), welcome)
                    except OSError:
                        self.assertFalse(welcome)
        self.assertTrue(daemon.wait_records(1, kind="FAIL"))
        self.assertTrue(daemon.logged("not in tls_only_from: CN=bob"))

    def test_of_a_refused_client_the_server_reads_nothing(self):
        heard = self.lab.path("heard")
        script = self.lab.script("smtp", "printf '220 hi\\r\\n'\nwhile read -r line; do\n"
                                         f"echo \"$line\" >>{heard}; printf '250 ok\\r\\n'\ndone\n")
        daemon = self.start(DEFAULTS + tls_entry(PORT, "starttls = smtp", *client_rules("tls_only_from = alice.test"),
                                                 server=(f"server = {script}",)))

        def starttls(plain):
            plain.recv(100)
            plain.sendall(b"STARTTLS\r\n")
            plain.recv(100)

        for who in (WORLD.bob, WORLD.alice):
            with HalfWay(context(who), plainly=starttls) as client:
                client.finish(f"RCPT TO:<{pathlib.Path(who[0]).stem}@x>\r\n".encode())
        self.assertTrue(daemon.wait_records(1, kind="FAIL"))
        self.assertEqual(pathlib.Path(heard).read_text().split(), ["RCPT", "TO:<alice@x>"])


if __name__ == "__main__":
    lab_case.main(WORLD)
