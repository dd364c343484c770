// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/ticket_keys.h"

#include <catch2/catch.hpp>
#include <string_view>

namespace postern::daemon {
namespace {

using std::chrono::milliseconds;
constexpr auto kLife = TicketKeys::kLife;

TEST_CASE("a ticket key seals for an hour and opens for another") {
  TicketKeys keys;
  const milliseconds start(1000);
  const auto first = keys.Current(start)->name;
  CHECK(keys.Current(start + kLife - milliseconds(1))->name == first);
  CHECK(keys.Find(first, start + milliseconds(1)).current);
  const auto second = keys.Current(start + kLife)->name;
  CHECK(second != first);
  const auto found = keys.Find(first, start + kLife + milliseconds(1));
  REQUIRE(found.key != nullptr);
  CHECK_FALSE(found.current);
  CHECK(keys.Find(first, start + 2 * kLife).key == nullptr);
  CHECK(keys.Find(second, start + 2 * kLife).key != nullptr);
}

TEST_CASE("after a long silence no old ticket opens") {
  TicketKeys keys;
  const auto first = keys.Current(milliseconds(0))->name;
  CHECK(keys.Find(first, 2 * kLife).key == nullptr);
  CHECK(keys.Find(std::array<unsigned char, 16>{}, 2 * kLife).key == nullptr);
}

TEST_CASE("a key that is over is in memory no more, used or not") {
  TicketKeys keys;
  const auto holds = [&keys](const auto& secret) {
    const std::string_view memory(reinterpret_cast<const char*>(&keys), sizeof keys);
    return memory.find(std::string_view(reinterpret_cast<const char*>(secret.data()),
                                        secret.size())) != std::string_view::npos;
  };
  const auto first = keys.Current(milliseconds(0))->cipher;
  const auto second = keys.Current(kLife)->cipher;
  CHECK((holds(first) && holds(second)));
  keys.Expire(2 * kLife);
  CHECK((!holds(first) && holds(second)));
  keys.Expire(3 * kLife);
  CHECK_FALSE(holds(second));
  const auto third = keys.Current(3 * kLife)->cipher;
  CHECK(holds(third));
  keys.Wipe();
  CHECK_FALSE(holds(third));
}

}  // namespace
}  // namespace postern::daemon
