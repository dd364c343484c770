// SPDX-License-Identifier: BSD-2-Clause
#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

std::string CodesOf(const std::string& text) { return Codes(LoadXinetd(text)); }

std::string Internal(const std::string& name, const std::string& socket = "stream") {
  return "service " + name + "\n{\ntype = INTERNAL\nsocket_type = " + socket + "\nwait = no\n}\n";
}

}  // namespace

TEST_CASE("what an external service needs is asked for by name (case 107)") {
  const std::string none = "service smtp\n{\n}\n";
  CHECK(CodesOf(none) == "missing-attribute missing-attribute missing-attribute missing-attribute");
  const Configuration loaded = LoadXinetd(none);
  CHECK(loaded.diagnostics[0].message.find("socket_type") != std::string::npos);
  CHECK(loaded.diagnostics[1].message.find("wait") != std::string::npos);
  CHECK(loaded.diagnostics[2].message.find("user") != std::string::npos);
  CHECK(loaded.diagnostics[3].message.find("server") != std::string::npos);
}

TEST_CASE("an attribute whose line is in error is not reported missing as well (case 3)") {
  CHECK(CodesOf(ServiceWith("wait = maybe")) == "bad-value");
  CHECK(CodesOf(ServiceWith("port=20001")) == "missing-blank");
}

TEST_CASE("built-in services need neither user nor protocol (case 70)") {
  for (const char* name : {"echo", "discard", "daytime", "time", "chargen"}) {
    INFO(name);
    const Configuration stream = LoadXinetd(Internal(name));
    REQUIRE(FindService(stream, name) != nullptr);
    CHECK(FindService(stream, name)->kind == ServiceKind::kInternal);
    CHECK(stream.diagnostics.empty());
    CHECK(FindService(LoadXinetd(Internal(name, "dgram")), name) != nullptr);
  }
  CHECK(FindService(LoadXinetd(Internal("tcpmux")), "tcpmux")->builtin == Builtin::kTcpmux);
  CHECK(CodesOf(Internal("tcpmux", "dgram")) == "unknown-internal");
}

TEST_CASE("removed and unknown built-ins are named as such (case 69)") {
  for (const char* name : {"servers", "services", "xadmin"}) {
    INFO(name);
    CHECK(CodesOf(Internal(name)).starts_with("removed-internal"));
  }
  const Configuration loaded = LoadXinetd(Internal("ehco"));
  CHECK(loaded.diagnostics[0].code == "unknown-internal");
  CHECK(loaded.diagnostics[0].message.find("echo") != std::string::npos);
}

TEST_CASE("RPC services are refused with a way out (case 108)") {
  const Configuration loaded =
      LoadXinetd(ServiceWith("type = RPC UNLISTED\nrpc_version = 1-3\nrpc_number = 100017"));
  CHECK(Codes(loaded) == "rpc-not-supported");
  CHECK(loaded.diagnostics[0].fix.find("UNLISTED") != std::string::npos);
  CHECK(CodesOf(ServiceWith("type = RPC\nrpc_version = 4-2")) == "bad-value rpc-not-supported");
}

TEST_CASE("flags that cannot be honoured are refused") {
  for (const char* flag : {"INTERCEPT", "LABELED"}) {
    INFO(flag);
    CHECK(CodesOf(ServiceWith(std::string("flags = ") + flag)) == "not-supported");
  }
  CHECK(CodesOf(ServiceWith("flags = REUSE NORETRY NODELAY KEEPALIVE NOLIBWRAP")).empty());
}

TEST_CASE("a sensor is internal under any name, and deny_time is its own") {
  const Configuration loaded = LoadXinetd(ServiceWith("flags = SENSOR\ndeny_time = FOREVER"));
  const ServiceSpec* const spec = FindService(loaded, "s1");
  REQUIRE(spec != nullptr);
  CHECK(spec->kind == ServiceKind::kInternal);
  CHECK(spec->builtin == Builtin::kSensor);
  CHECK(spec->deny_time == std::chrono::minutes{0});
  CHECK(CodesOf(ServiceWith("deny_time = 5")) == "no-effect");
}

TEST_CASE("a tcpmux service is unlisted, tcp and has no port (case 62)") {
  const std::string mux =
      "service m1\n{\ntype = TCPMUXPLUS UNLISTED\nsocket_type = stream\n"
      "wait = no\nuser = daemon\nserver = /bin/id\n}\n";
  const Configuration loaded = LoadXinetd(mux);
  const ServiceSpec* const spec = FindService(loaded, "m1");
  REQUIRE(spec != nullptr);
  CHECK(spec->kind == ServiceKind::kTcpmux);
  CHECK(spec->tcpmux_greeting);
  CHECK(CodesOf(ServiceWith("type = TCPMUX")).starts_with("bad-combination"));
  CHECK(CodesOf(ServiceWith("type = TCPMUX UNLISTED")) == "no-effect");
  CHECK(
      CodesOf(ServiceWith("type = TCPMUX UNLISTED\nsocket_type = dgram")).find("bad-combination") !=
      std::string::npos);
  CHECK(CodesOf(ServiceWith("type = TCPMUX UNLISTED INTERNAL")).find("bad-combination") !=
        std::string::npos);
  CHECK(CodesOf(ServiceWith("type = TCPMUX TCPMUXPLUS UNLISTED")).starts_with("bad-combination"));
}

}  // namespace postern::policy
