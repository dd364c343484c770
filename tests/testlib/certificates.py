# SPDX-License-Identifier: BSD-2-Clause
"""Keys, certificates, revocation lists and OCSP responses, made with openssl(1) in a folder of one's own."""
import pathlib
import subprocess


def openssl(*words, stdin=b"", check=True):
    done = subprocess.run(["openssl", *map(str, words)], input=stdin, capture_output=True, timeout=120)
    if check and done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(map(str, words))}: {done.stderr.decode()}")
    return done.stdout


class Authority:
    """A CA in `folder`, which must exist."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.certificate, self.key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.certificate)
        self.index = self.folder / f"{name}.index"
        self.index.write_text("")
        self.config = self.folder / f"{name}.cnf"
        self.config.write_text(
            f"[ca]\ndefault_ca = own\n[own]\ndatabase = {self.index}\nnew_certs_dir = {folder}\n"
            f"certificate = {self.certificate}\nprivate_key = {self.key}\nrand_serial = yes\n"
            "default_md = sha256\npolicy = any\ndefault_days = 30\ncopy_extensions = copy\nunique_subject = no\n"
            "default_crl_days = 30\n[any]\ncommonName = supplied\norganizationName = optional\n")

    def issue(self, name, *alternatives, kind=("ec", "ec_paramgen_curve:P-256"), subject=None, start=None, end=None):
        """(certificate, key) paths; the key is 0600. `kind`: algorithm and -pkeyopt."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request = self.folder / f"{name}.csr"
        options = ["-addext", "subjectAltName=" + ",".join(alternatives)] if alternatives else []
        parameters = ["-pkeyopt", kind[1]] if len(kind) > 1 else []
        openssl("req", "-new", "-newkey", kind[0], *parameters, "-nodes", "-subj", subject or f"/CN={name}",
                *options, "-keyout", key, "-out", request)
        dates = (["-startdate", start] if start else []) + (["-enddate", end] if end else [])
        openssl("ca", "-batch", "-notext", "-config", self.config, *dates, "-in", request, "-out", certificate)
        key.chmod(0o600)
        return certificate, key

    def revoke(self, certificate):
        openssl("ca", "-batch", "-config", self.config, "-revoke", certificate)

    def revocations(self):
        path = self.folder / f"{self.name}.crl"
        openssl("ca", "-gencrl", "-config", self.config, "-out", path)
        return path

    def staple(self, certificate):
        """An OCSP response that says that the certificate is good."""
        request, response = self.folder / "ocsp.request", pathlib.Path(str(certificate) + ".ocsp")
        openssl("ocsp", "-issuer", self.certificate, "-cert", certificate, "-reqout", request)
        openssl("ocsp", "-index", self.index, "-CA", self.certificate, "-rsigner", self.certificate, "-rkey", self.key,
                "-ndays", "7", "-reqin", request, "-respout", response)
        return response


def private_number(key):
    """The secret of an EC or RSA key as bytes, as it lies in memory of those who use it (big-endian)."""
    text = openssl("pkey", "-in", key, "-noout", "-text").decode()
    label = "priv:" if "priv:" in text else "privateExponent:"
    digits = []
    for line in text.split(label, 1)[1].splitlines()[1:]:
        if not line.startswith("    "):
            break
        digits.append(line.strip().replace(":", ""))
    return bytes.fromhex("".join(digits)).lstrip(b"\0")
