// SPDX-License-Identifier: BSD-2-Clause
// What of TLS cannot be had, and what goes with what.
#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

using Kind = SystemView::FileFacts::Kind;

FakeSystem Files() {
  FakeSystem system;
  for (const char* path : {"/c1", "/c2", "/ca", "/crl", "/ocsp"}) {
    system.facts[path] = {.kind = Kind::kRegular, .mode = 0644};
  }
  for (const char* path : {"/k1", "/k2"}) {
    system.facts[path] = {.kind = Kind::kRegular, .mode = 0600};
  }
  system.facts["/open"] = {.kind = Kind::kRegular, .mode = 0644};
  system.facts["/gone"] = {.kind = Kind::kMissing, .mode = 0, .error = "No such file"};
  return system;
}

const std::string kPair = "tls = yes\ntls_certificate = /c1\ntls_private_key = /k1\n";

Configuration Load(const std::string& lines, const FakeSystem& system = Files()) {
  return LoadXinetd(
      "service s1\n{\nsocket_type = stream\nwait = no\nuser = mail\nserver = /bin/echo\n"
      "type = UNLISTED\nport = 20001\n" +
          lines + "\n}\n",
      system);
}

}  // namespace

TEST_CASE("certificates, keys and responses go together in order") {
  const Configuration loaded =
      Load(kPair + "tls_certificate += /c2\ntls_private_key += /k2\ntls_ocsp = /ocsp\n");
  REQUIRE(Codes(loaded).empty());
  const auto& tls = loaded.services.at(0)->tls;
  REQUIRE(tls);
  REQUIRE(tls->pairs.size() == 2);
  CHECK(tls->pairs[0].staple.path == "/ocsp");
  CHECK(tls->pairs[1].certificate.path == "/c2");
  CHECK(tls->pairs[1].private_key.path == "/k2");
  CHECK(tls->pairs[1].staple.path.empty());
  CHECK(tls->pairs[1].private_key.at.where.line == tls->pairs[0].private_key.at.where.line + 2);
  CHECK(tls->pairs[1].private_key.at.source_line == "tls_private_key += /k2");
  CHECK(tls->pairs[1].private_key.at.where.column == 20);
  CHECK(tls->min_version == TlsVersion::k12);
  CHECK(tls->handshake == std::chrono::seconds(30));
}

TEST_CASE("a handshake has a second to an hour") {
  for (const auto& [seconds, code] :
       {std::pair{"1", ""}, {"3600", ""}, {"0", "bad-value"}, {"3601", "bad-value"}}) {
    CAPTURE(seconds);
    CHECK(Codes(Load(kPair + "tls_handshake_timeout = " + seconds + "\n")) == code);
  }
}

TEST_CASE("a file that may be there, where we may not look, is left to who judges it") {
  FakeSystem system = Files();
  system.facts["/k1"] = {.kind = Kind::kMissing, .error = "Permission denied", .denied = true};
  CHECK(Codes(Load(kPair, system)).empty());
  system.facts["/k1"].denied = false;
  CHECK(Codes(Load(kPair, system)) == "unknown-path");
}

TEST_CASE("without tls = yes there is none, and its lines are a mistake") {
  CHECK(Load("").services.at(0)->tls == nullptr);
  CHECK(Codes(Load("tls_certificate = /c1")) == "bad-combination");
  CHECK(Codes(Load("tls = no\ntls_sni = strict")) == "bad-combination");
}

TEST_CASE("what is missing, or is there too often, holds the service") {
  for (const char* lines :
       {"tls = yes", "tls = yes\ntls_certificate = /c1", "tls = yes\ntls_private_key = /k1"}) {
    CAPTURE(lines);
    CHECK(IsHeld(Load(lines), "s1"));
  }
  for (const std::string& lines :
       {kPair + "tls_certificate += /c2", kPair + "tls_ocsp = /ocsp /ocsp2",
        kPair + "tls_verify_client = require", kPair + "tls_client_ca = /ca",
        kPair + "tls_only_from = alice",
        kPair + "tls_verify_client = require\ntls_client_ca = /gone",
        kPair + "tls_alpn = " + std::string(64, 'x'), kPair + "tls_only_from = sha256:12",
        std::string("tls = yes\ntls_certificate = /c1\ntls_private_key = /gone"),
        std::string("tls = yes\ntls_certificate = /c1\ntls_private_key = /open")}) {
    CAPTURE(lines);
    CHECK(IsHeld(Load(lines), "s1"));
  }
  CHECK(Codes(Load("tls = yes\ntls_certificate = /c1\ntls_private_key = /open")) == "exposed-key");
}

TEST_CASE("a key that its group may read is no secret told") {
  FakeSystem system = Files();
  system.facts["/k1"].mode = 0640;
  CHECK(Codes(Load(kPair, system)).empty());
  system.facts["/k1"].mode = 0660;
  CHECK(Codes(Load(kPair, system)) == "exposed-key");
}

TEST_CASE("rules on client certificates are compiled") {
  const Configuration loaded = Load(kPair +
                                    "tls_verify_client = request\ntls_client_ca = /ca\n"
                                    "tls_crl = /crl\ntls_only_from = dns:*.a.test bob\n");
  REQUIRE(Codes(loaded).empty());
  const auto& tls = *loaded.services.at(0)->tls;
  CHECK(tls.verify == TlsVerify::kRequest);
  REQUIRE(tls.rules.only_from);
  CHECK(tls.rules.only_from->size() == 2);
  CHECK_FALSE(tls.rules.no_access);
}

Configuration LoadBuiltin(const std::string& name, const std::string& lines) {
  return LoadXinetd("service " + name +
                        "\n{\nsocket_type = stream\nwait = no\nuser = mail\n"
                        "type = INTERNAL UNLISTED\nport = 20001\n" +
                        lines + "}\n",
                    Files());
}

TEST_CASE("redirects and what is built in speak TLS too, as far as anything is said") {
  for (const char* name : {"echo", "tcpmux"}) {
    const Configuration loaded = LoadBuiltin(name, kPair);
    CHECK(Codes(loaded).empty());
    CHECK(loaded.services.at(0)->tls);
  }
  CHECK(IsHeld(LoadBuiltin("echo", kPair + "flags = SENSOR\n"), "echo"));
  // It is for the server, which a redirect does not start.
  const Configuration loaded = Load(kPair + "redirect = 127.0.0.1 25\nstarttls = smtp");
  CHECK(Codes(loaded) == "no-effect");
  CHECK(loaded.services.at(0)->tls);
  CHECK(IsHeld(LoadBuiltin("echo", kPair + "starttls = smtp\n"), "echo"));
  CHECK(IsHeld(Load(kPair + "wait = yes"), "s1"));
}

TEST_CASE("a service of tcpmux has the TLS of tcpmux") {
  const auto load = [](const std::string& defaults, const std::string& lines) {
    return LoadXinetd("defaults\n{\n" + defaults +
                          "}\nservice s1\n{\nsocket_type = stream\nwait = no\nuser = mail\n"
                          "server = /bin/echo\ntype = TCPMUX UNLISTED\n" +
                          lines + "}\n",
                      Files());
  };
  CHECK(Codes(load("", kPair)) == "bad-combination");
  const Configuration loaded = load(kPair, "");
  CHECK(Codes(loaded).empty());
  CHECK(loaded.services.at(0)->tls == nullptr);
  CHECK(Codes(load(kPair, "tls_only_from = alice\n")) == "bad-combination");
}

TEST_CASE("whoever speaks TLS may have an idle timeout, and has its bytes counted") {
  for (const char* kind : {"sandbox = none\n", "redirect = 127.0.0.1 25\n"}) {
    const std::string lines = std::string(kind) + "idle_timeout = 60\n";
    CHECK(IsHeld(Load(lines), "s1"));
    const Configuration loaded = Load(kPair + lines + "log_on_success = TRAFFIC");
    CHECK(loaded.services.at(0)->tls->idle == 60);
  }
  CHECK(IsHeld(Load("sandbox = none\nlog_on_success = TRAFFIC"), "s1"));
  CHECK(Codes(Load(kPair + "idle_timeout = 60\nlog_on_success = TRAFFIC")).empty());
}

TEST_CASE("STARTTLS is required unless a line says otherwise, and where certificates are") {
  const Configuration loaded = Load(kPair + "starttls = imap");
  REQUIRE(Codes(loaded).empty());
  CHECK(loaded.services.at(0)->tls->starttls == StartTls::kImap);
  CHECK(loaded.services.at(0)->tls->starttls_required);
  CHECK_FALSE(Load(kPair).services.at(0)->tls->starttls);
  CHECK(Codes(Load("starttls = imap")) == "bad-combination");
  CHECK(Codes(Load(kPair + "starttls_required = no")) == "bad-combination");
  CHECK(Codes(Load(kPair + "starttls = imap\nstarttls_required = no")).empty());
  CHECK(Codes(Load(kPair + "starttls = imap\nstarttls_required = no\n"
                           "tls_verify_client = require\ntls_client_ca = /ca")) ==
        "bad-combination");
}

TEST_CASE("banners would come before the handshake") {
  const Configuration loaded = Load(kPair + "banner = /etc/issue");
  CHECK(Codes(loaded) == "no-effect");
  CHECK(loaded.services.at(0)->banners.always.empty());
}

}  // namespace postern::policy
