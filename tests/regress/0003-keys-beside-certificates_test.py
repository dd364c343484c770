#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# The minimal root of `strict` showed all of /etc/pki, for the certificates that programs need: where systems have that
# folder, their private keys are in it as well, and a service of root's could read them.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import sandboxed  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402

PORT = 20001
FILES = {"tls/private/host.key": "key", "CA/private/ca.key": "key", "tls/certs/bundle.crt": "certificates",
         "tls/openssl.cnf": "settings", "ca-trust/extracted/pem/bundle.pem": "anchors"}


class Keys(lab_case.LabCase):
    def test_a_service_of_roots_sees_certificates_and_no_key(self):
        for name, text in FILES.items():
            self.lab.write(f"/etc/pki/{name}", text + "\n", 0o600 if text == "key" else 0o644)
        words = " ".join(f"/etc/pki/{name}" for name in FILES)
        daemon = self.start(DEFAULTS + sandboxed.service("reader", PORT, "user = root", "sandbox = strict",
                                                         "server = /bin/cat", f"server_args = {words}"))
        seen = [line for line in self.ask(PORT, timeout=20).splitlines() if "cat: " not in line]
        self.assertEqual(seen, ["certificates", "settings", "anchors"], [m.raw for m in daemon.log()])


if __name__ == "__main__":
    lab_case.main()
