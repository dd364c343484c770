// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/record.h"

#include <catch2/catch.hpp>
#include <chrono>

#include "daemon/log/escape.h"

namespace postern::daemon {
namespace {

using policy::IpAddress;
using policy::LogOnFailure;
using policy::LogOnSuccess;

template <typename Record, typename Flags>
std::string Text(const Record& record, const Flags& flags) {
  std::string out;
  const bool emitted = Format(record, flags, out);
  CHECK(emitted == !out.empty());
  return out;
}

LoggedAddress Address(const char* text) { return IpAddress::Parse(text); }

const sandbox::sys::Exit kStatus3{3, std::nullopt};
const sandbox::sys::Exit kSignal9{std::nullopt, 9};
const LogOnSuccess kAll{true, true, true, true, true, true};

TEST_CASE("START has the fields that log_on_success names") {
  const StartRecord record{"a1", 4711, Address("127.0.0.1")};
  CHECK(Text(record, kAll) == "START: a1 pid=4711 from=127.0.0.1");
  CHECK(Text(record, LogOnSuccess{.pid = true}) == "START: a1 pid=4711");
  CHECK(Text(record, LogOnSuccess{.host = true}) == "START: a1 from=127.0.0.1");
  // Case 98: log_on_success without PID and HOST.
  CHECK(Text(record, LogOnSuccess{.exit = true, .duration = true}) == "START: a1");
  CHECK(Text(record, LogOnSuccess{.traffic = true}) == "START: a1");
  CHECK(Text(record, LogOnSuccess{}).empty());
}

TEST_CASE("EXIT appears with EXIT or DURATION only") {
  const ExitRecord record{"a1", kStatus3, 4711, std::chrono::seconds(12)};
  CHECK(Text(record, kAll) == "EXIT: a1 status=3 pid=4711 duration=12(sec)");
  CHECK(Text(record, LogOnSuccess{.exit = true}) == "EXIT: a1 status=3");
  CHECK(Text(record, LogOnSuccess{.pid = true, .exit = true}) == "EXIT: a1 status=3 pid=4711");
  // Case 98.
  CHECK(Text(record, LogOnSuccess{.duration = true}) == "EXIT: a1 duration=12(sec)");
  CHECK(Text(record, LogOnSuccess{.pid = true}).empty());
  CHECK(Text(record, LogOnSuccess{.pid = true, .host = true}).empty());
  CHECK(Text(record, LogOnSuccess{}).empty());
}

TEST_CASE("EXIT tells a signal from a status") {
  CHECK(Text(ExitRecord{"a1", kSignal9, 1, {}}, LogOnSuccess{.exit = true}) == "EXIT: a1 signal=9");
  CHECK(Text(ExitRecord{"a1", {}, 1, {}}, LogOnSuccess{.exit = true}) == "EXIT: a1");
}

TEST_CASE("FAIL appears with any flag and has an address only with HOST") {
  const FailRecord record{"a1", "service_limit", Address("2001:db8::7")};
  CHECK(Text(record, LogOnFailure{.host = true}) == "FAIL: a1 service_limit from=2001:db8::7");
  // Case 98: ATTEMPT alone.
  CHECK(Text(record, LogOnFailure{.attempt = true}) == "FAIL: a1 service_limit");
  CHECK(Text(record, LogOnFailure{.user_id = true}) == "FAIL: a1 service_limit");
  CHECK(Text(record, LogOnFailure{}).empty());
}

TEST_CASE("An IPv4-mapped peer is logged as plain IPv4 and an unknown one as such") {
  const LogOnFailure host{.host = true};
  CHECK(Text(FailRecord{"a1", "address", Address("::ffff:10.1.2.3")}, host) ==
        "FAIL: a1 address from=10.1.2.3");
  CHECK(Text(FailRecord{"a1", "address", std::nullopt}, host) ==
        "FAIL: a1 address from=<no address>");
  CHECK(Text(StartRecord{"w", 1, std::nullopt}, LogOnSuccess{.host = true}) ==
        "START: w from=<no address>");
}

TEST_CASE("TRAFFIC counts both directions and needs its flag") {
  const TrafficRecord record{"r", 5, 18446744073709551615U};
  CHECK(Text(record, LogOnSuccess{.traffic = true}) ==
        "TRAFFIC: r in=5(bytes) out=18446744073709551615(bytes)");
  CHECK(Text(record, LogOnSuccess{.pid = true, .exit = true}).empty());
}

TEST_CASE("A record is appended to what is there") {
  std::string out = "before|";
  CHECK(Format(FailRecord{"a", "load", {}}, LogOnFailure{.attempt = true}, out));
  CHECK(out == "before|FAIL: a load");
  CHECK_FALSE(Format(FailRecord{"a", "load", {}}, LogOnFailure{}, out));
  CHECK(out == "before|FAIL: a load");
}

TEST_CASE("A forged line end in any text field stays inside its line") {
  const std::string forged = "x\nSTART: root\r\x1b[2J\x7f";
  const std::string escaped = "x\\x0ASTART: root\\x0D\\x1B[2J\\x7F";
  CHECK(Text(StartRecord{forged, 1, {}}, LogOnSuccess{.pid = true}) ==
        "START: " + escaped + " pid=1");
  CHECK(Text(ExitRecord{forged, kStatus3, 1, {}}, LogOnSuccess{.exit = true}) ==
        "EXIT: " + escaped + " status=3");
  CHECK(Text(FailRecord{forged, forged, {}}, LogOnFailure{.attempt = true}) ==
        "FAIL: " + escaped + " " + escaped);
  CHECK(Text(TrafficRecord{forged, 0, 0}, LogOnSuccess{.traffic = true}) ==
        "TRAFFIC: " + escaped + " in=0(bytes) out=0(bytes)");
}

TEST_CASE("Escaping leaves readable text alone") {
  for (const char* text :
       {"", "plain text 1.2.3.4 <no address>", "smörgås", "日本語", "\xf0\x9f\x94\x92"}) {
    CHECK(EscapeForLog(text) == text);
  }
}

TEST_CASE("Escaping is unambiguous and covers every control character") {
  CHECK(EscapeForLog("a\\x0Ab") == "a\\x5Cx0Ab");
  for (int c = 0; c < 0x20; ++c) {
    const std::string escaped = EscapeForLog(std::string(1, static_cast<char>(c)));
    CHECK(escaped.size() == 4);
    CHECK(escaped.starts_with("\\x"));
  }
  CHECK(EscapeForLog(std::string("a\0b", 3)) == "a\\x00b");
  CHECK(EscapeForLog("\x7f") == "\\x7F");
}

TEST_CASE("Escaping takes apart what is not UTF-8") {
  CHECK(EscapeForLog("\xff") == "\\xFF");
  CHECK(EscapeForLog("\x80") == "\\x80");
  CHECK(EscapeForLog("\xc3") == "\\xC3");                             // cut short
  CHECK(EscapeForLog("\xc3(") == "\\xC3(");                           // not a continuation
  CHECK(EscapeForLog("\xc0\x8a") == "\\xC0\\x8A");                    // overlong LF
  CHECK(EscapeForLog("\xe0\x80\x8a") == "\\xE0\\x80\\x8A");           // overlong LF
  CHECK(EscapeForLog("\xed\xa0\x80") == "\\xED\\xA0\\x80");           // a surrogate
  CHECK(EscapeForLog("\xf4\x90\x80\x80") == "\\xF4\\x90\\x80\\x80");  // beyond U+10FFFF
  CHECK(EscapeForLog("\xc3\xc3\xa9") == "\\xC3\xc3\xa9");             // recovers at the next
}

TEST_CASE("Escaping disarms valid characters that drive a terminal or turn the line") {
  CHECK(EscapeForLog("\xc2\x9b"
                     "31m") == "\\xC2\\x9B31m");             // CSI
  CHECK(EscapeForLog("\xc2\x85") == "\\xC2\\x85");           // NEL
  CHECK(EscapeForLog("\xe2\x80\xa8") == "\\xE2\\x80\\xA8");  // line separator
  CHECK(EscapeForLog("\xe2\x80\xae") == "\\xE2\\x80\\xAE");  // right-to-left override
  CHECK(EscapeForLog("\xc2\xa0") == "\xc2\xa0");             // a no-break space is text
}

TEST_CASE("Formatting keeps up with a flood of refusals") {
  const LogOnFailure host{.host = true};
  const LoggedAddress from = Address("198.51.100.200");
  std::string out;
  const auto start = std::chrono::steady_clock::now();
  constexpr int kRecords = 200'000;
  for (int i = 0; i < kRecords; ++i) {
    out.clear();
    Format(FailRecord{"service", "per_source_limit", from}, host, out);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  CHECK(out == "FAIL: service per_source_limit from=198.51.100.200");
  // The target is 100,000 a second to a file; sanitizers and a busy machine take their share.
  CHECK(took.count() < 2.0);
}

TEST_CASE("A user is told with where it is from, and can tell nothing of that itself") {
  policy::LogOnSuccess success;
  policy::LogOnFailure failure;
  const auto from = policy::IpAddress::Parse("192.0.2.1");
  std::string out;
  const UserRecord plain{"ftp", "UNIX", "fred", *from, 7};
  CHECK_FALSE(Format(plain, success, out));
  CHECK_FALSE(Format(plain, failure, out));
  success.user_id = failure.user_id = true;
  CHECK(Format(plain, success, out));
  CHECK(out == "USERID: ftp UNIX : fred from=192.0.2.1 pid=7");
  out.clear();
  CHECK(Format(UserRecord{"ftp", "pid=9", "a\nSTART: x from=1.2.3.4\x1b", *from, 0}, failure, out));
  CHECK(out == "USERID: ftp pid\\x3D9 : a\\x0ASTART: x from\\x3D1.2.3.4\\x1B from=192.0.2.1");
}

TEST_CASE("A client without a user has xinetd's record") {
  policy::LogOnFailure flags;
  std::string out;
  const NoUserRecord record{"ftp", policy::IpAddress::Parse("192.0.2.1"), "no server"};
  CHECK_FALSE(Format(record, flags, out));
  flags.host = true;
  CHECK(Format(record, flags, out));
  CHECK(out == "NOID: ftp 192.0.2.1 no server");
}

}  // namespace
}  // namespace postern::daemon
