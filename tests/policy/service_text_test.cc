// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/service_text.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

std::string Describe(const std::string& lines) {
  const Configuration loaded = LoadXinetd(ServiceWith(lines));
  const ServiceSpec* const spec = FindService(loaded, "s1");
  return spec == nullptr ? "held" : DescribeService(*spec);
}

bool Has(const std::string& text, const std::string& line) {
  return text.find("\t" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a service is described line by line") {
  const std::string text = Describe(
      "user = daemon\nserver_args = hello\nlog_type = SYSLOG daemon\n"
      "log_on_success = PID EXIT\nonly_from = 10.0.0.0 localhost\nbind = 127.0.0.1\n"
      "flags = NORETRY\ninstances = 4\ncps = 3 2\numask = 027\nnice = -1\n"
      "rlimit_as = 1K\nenv = SECRET=value");
  CHECK(text.starts_with("Service configuration: s1\n"));
  for (const char* line : {"id = s1",
                           "Written in = x.conf:1",
                           "flags = NORETRY",
                           "type = UNLISTED",
                           "socket_type = stream",
                           "Protocol (name,number) = (tcp,6)",
                           "port = 20001",
                           "wait = no",
                           "user = 1",
                           "group = 1",
                           "Groups = no",
                           "umask = 027",
                           "Nice = -1",
                           "Instances = 4",
                           "PER_SOURCE = UNLIMITED",
                           "CPS = max conn:3 wait:2",
                           "Bind = 127.0.0.1",
                           "Server = /bin/echo",
                           "Server argv = echo hello",
                           "rlimit_as = 1024",
                           "Libwrap = echo",
                           "Only from: 10.0.0.0(NET) localhost(HOST)",
                           "No access: No blocked sites",
                           "Logging to = SYSLOG daemon info",
                           "Log_on_success flags = PID EXIT",
                           "\tSECRET"}) {
    INFO(line);
    CHECK(Has(text, line));
  }
  CHECK(text.find("value") == std::string::npos);
}

TEST_CASE("an empty only_from is shown as the nobody it admits") {
  CHECK(Has(Describe("only_from ="), "Only from: nobody"));
  CHECK(Has(Describe(""), "Only from: All sites"));
  CHECK(Has(Describe("no_access = .example.com"), "No access: .example.com(DOMAIN)"));
}

TEST_CASE("other kinds of service show what they are") {
  CHECK(Has(Describe("redirect = 127.0.0.1 smtp"), "Redirect = 127.0.0.1:25"));
  CHECK(Has(Describe("redirect = 127.0.0.1 smtp\nredirect_proxy = v2"), "Redirect proxy = v2"));
  CHECK(Has(Describe("proxy_protocol = require\nproxy_from = 10.0.0.1 10.1.0.0/16"),
            "Proxy from: 10.0.0.1(NET) 10.1.0.0/16(NET)"));
  CHECK(Has(Describe("proxy_from = 10.0.0.1"), "Proxy protocol = off"));
  const std::string sensor = Describe("flags = SENSOR\ndeny_time = 5");
  CHECK(Has(sensor, "Builtin = sensor"));
  CHECK(Has(sensor, "Deny Time = 5"));
  CHECK(Has(Describe("access_times = 8:00-9:00\nmax_load = 2.5\ncps_per_source = 5 60"),
            "Max load = 2.5"));
}

TEST_CASE("text from a file is escaped") {
  const std::string text = Describe("server_args = caf\xc3\xa9");
  CHECK(Has(text, "Server argv = echo caf\\xc3\\xa9"));
}

}  // namespace postern::policy
