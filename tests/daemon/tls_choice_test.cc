// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_choice.h"

#include <catch2/catch.hpp>
#include <vector>

namespace postern::daemon {
namespace {

using enum WorkerFitness;

std::uint64_t Home(const char* address, std::uint64_t secret = 1) {
  return HomeOf(*policy::IpAddress::Parse(address), secret);
}

std::optional<std::size_t> Choice(const std::vector<WorkerState>& workers, std::uint64_t home) {
  return ChooseWorker(workers, home);
}

TEST_CASE("a source has one home, another one most often another") {
  CHECK(Home("192.0.2.1") == Home("192.0.2.1"));
  CHECK(Home("2001:db8::1") == Home("2001:db8::2:3:4:5"));
  CHECK(Home("2001:db8::1") != Home("2001:db8:0:1::1"));
  CHECK(Home("192.0.2.1") != Home("192.0.2.2"));
  CHECK(Home("192.0.2.1", 1) != Home("192.0.2.1", 2));
  for (const std::size_t workers : {2U, 3U, 8U}) {
    std::vector<int> at(workers);
    for (std::uint32_t i = 0; i < 1000; ++i) {
      ++at[HomeOf(policy::IpAddress::FromV4(0xc0000200 + i), 7) % workers];
    }
    for (const int count : at) {
      CAPTURE(workers, count);
      CHECK(count > 700 / static_cast<int>(workers));
      CHECK(count < 1300 / static_cast<int>(workers));
    }
  }
}

TEST_CASE("a client goes to its home, be that the more burdened one") {
  CHECK(Choice({{kReady, 0}, {kReady, 7}}, 1) == 1);
  CHECK(Choice({{kReady, 100}, {kReady, 150}}, 1) == 1);
  CHECK(Choice({{kReady, 100}, {kReady, 200}}, 1) == 1);
  CHECK(Choice({{kReady, 100}}, 5) == 0);
  CHECK(Choice({{kReady, 0}, {kReady, 0}, {kReady, 0}}, 8) == 2);
}

TEST_CASE("a home that is far more burdened than another is left alone") {
  CHECK(Choice({{kReady, 0}, {kReady, 8}}, 1) == 0);
  CHECK(Choice({{kReady, 100}, {kReady, 201}}, 1) == 0);
  CHECK(Choice({{kReady, 60}, {kReady, 40}, {kReady, 200}}, 2) == 1);
}

TEST_CASE("of those that are as little burdened the next one is taken") {
  CHECK(Choice({{kReady, 0}, {kReady, 9}, {kReady, 0}, {kReady, 9}}, 1) == 2);
  CHECK(Choice({{kReady, 0}, {kReady, 9}, {kReady, 0}, {kReady, 9}}, 3) == 0);
}

TEST_CASE("one that is ready is preferred to one that starts, and that to one that is not there") {
  CHECK(Choice({{kReady, 1000}, {kStarting, 0}}, 1) == 0);
  CHECK(Choice({{kReady, 1000}, {kDown, 0}}, 1) == 0);
  CHECK(Choice({{kDown, 0}, {kStarting, 3}, {kDown, 0}}, 0) == 1);
  CHECK(Choice({{kStarting, 3}, {kStarting, 0}}, 0) == 0);
}

TEST_CASE("where none can be asked none is chosen") {
  CHECK(Choice({}, 3) == std::nullopt);
  CHECK(Choice({{kDown, 0}, {kDown, 0}}, 3) == std::nullopt);
}

}  // namespace
}  // namespace postern::daemon
