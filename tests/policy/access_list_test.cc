// SPDX-License-Identifier: BSD-2-Clause
// AccessList: the most specific match, and agreement with a linear scan on random lists.
#include "policy/address/access_list.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <random>

#include "tests/oracle/naive_access_list.h"

namespace postern::policy {
namespace {

std::vector<AddressWord> Words(std::initializer_list<std::string_view> texts) {
  std::vector<AddressWord> words;
  for (const std::string_view text : texts) {
    words.push_back(*ParseAddressWord(text, SourceLocation{}, {}));
  }
  return words;
}

std::string Found(const AccessList& list, std::string_view address) {
  const auto match = list.Find(*IpAddress::Parse(address));
  return match ? match->word->text + " at " + std::to_string(match->prefix_length) : "none";
}

TEST_CASE("a list without words matches nobody (case 31)") {
  const AccessList list({});
  CHECK(Found(list, "127.0.0.1") == "none");
  CHECK(Found(list, "::1") == "none");
  CHECK_FALSE(list.has_names());
}

TEST_CASE("the most specific block is found, wherever it stands in the list") {
  const AccessList list(
      Words({"10.0.0.0/8", "0.0.0.0/0", "10.1.2.3", "10.1.0.0/16", "10.1.0.0/16"}));
  CHECK(Found(list, "10.1.2.3") == "10.1.2.3 at 128");
  CHECK(Found(list, "10.1.2.4") == "10.1.0.0/16 at 112");
  CHECK(Found(list, "10.2.0.0") == "10.0.0.0/8 at 104");
  CHECK(Found(list, "11.0.0.0") == "0.0.0.0/0 at 96");
  CHECK(Found(list, "::1") == "none");
  CHECK(list.Find(*IpAddress::Parse("10.1.9.9"))->word == &list.words()[3]);
}

TEST_CASE("IPv4 wildcards do not hold IPv6, and ::/0 holds both (case 32)") {
  CHECK(Found(AccessList(Words({"0.0.0.0"})), "::1") == "none");
  CHECK(Found(AccessList(Words({"0.0.0.0"})), "127.1.2.3") == "0.0.0.0 at 96");
  CHECK(Found(AccessList(Words({"::/0"})), "127.0.0.1") == "::/0 at 0");
  CHECK(Found(AccessList(Words({"::/0"})), "::1") == "::/0 at 0");
}

TEST_CASE(":: matches only itself and ::1/128 only ::1 (case 34)") {
  CHECK(Found(AccessList(Words({"::"})), "::1") == "none");
  CHECK(Found(AccessList(Words({"::"})), "::") == ":: at 128");
  CHECK(Found(AccessList(Words({"::1/128"})), "::1") == "::1/128 at 128");
  CHECK(Found(AccessList(Words({"::1/128"})), "::2") == "none");
}

TEST_CASE("::ffff:127.0.0.0/104 matches IPv4 peers (case 41)") {
  const AccessList list(Words({"::ffff:127.0.0.0/104"}));
  CHECK(Found(list, "127.1.2.3") == "::ffff:127.0.0.0/104 at 104");
  CHECK(Found(list, "128.0.0.1") == "none");
}

TEST_CASE("names never match by address and are reported") {
  const AccessList list(Words({"10.0.0.0/8", ".example.com", "host.example.org"}));
  CHECK(list.has_names());
  CHECK(list.first_name()->name == "example.com");
  CHECK(Found(list, "11.0.0.1") == "none");
}

TEST_CASE("a name is found by itself or by a domain above it") {
  const AccessList list(Words({"10.0.0.0/8", ".example.com", "host.example.org"}));
  const auto found = [&list](std::string_view name) {
    const auto match = list.FindName(name);
    return match ? match->word->text : "none";
  };
  CHECK(found("a.example.com") == ".example.com");
  CHECK(found("A.b.EXAMPLE.com.") == ".example.com");
  CHECK(found("x.example.com.example.com") == ".example.com");
  CHECK(found("Host.example.org") == "host.example.org");
  for (const char* other : {"example.com", ".example.com", "evilexample.com", "a.host.example.org",
                            "10.0.0.1", "", ".", "com"}) {
    CHECK(found(other) == "none");
  }
}

TEST_CASE("a moved list keeps pointing at its own words") {
  AccessList first(Words({"10.0.0.0/8", "name.example"}));
  const AccessList second(std::move(first));
  CHECK(second.Find(*IpAddress::Parse("10.0.0.1"))->word == &second.words()[0]);
  CHECK(second.first_name() == &second.words()[1]);
}

// Addresses and blocks from a small corner of the address space, so that they nest and collide.
class RandomAddresses {
 public:
  RandomAddresses(unsigned seed, unsigned spread) : random_(seed), spread_(spread) {}

  IpAddress Address() {
    if (random_() % 2 == 0) return IpAddress::FromV4(static_cast<std::uint32_t>(Bits(32)));
    IpAddress::Bytes16 bytes{};
    const std::uint64_t high = Bits(64), low = random_() % 2 == 0 ? Bits(64) : 0;
    for (std::size_t i = 0; i < 8; ++i) {
      bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
      bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
    }
    return IpAddress::FromV6(bytes);
  }

  AddressWord Word() {
    AddressWord word;
    const IpAddress base = Address();
    const unsigned most = base.is_v4() ? 32 : 128;
    const unsigned low = random_() % 16 == 0 ? 0 : most / 4;
    const auto length = static_cast<int>(low + random_() % (most - low + 1));
    word.blocks.push_back(*CidrBlock::Make(base, length));
    return word;
  }

 private:
  // Only `spread_` of the bits vary, from the front and from the back.
  std::uint64_t Bits(unsigned width) {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < spread_; ++i) {
      bits |= (random_() & 1) << (i % 2 == 0 ? width - 1 - i : i);
    }
    return bits;
  }

  std::mt19937_64 random_;
  unsigned spread_;
};

TEST_CASE("the tree agrees with a linear scan on 240,000 lookups in random lists") {
  for (unsigned seed = 0; seed < 240; ++seed) {
    RandomAddresses random(seed, 4 + seed % 28);
    std::vector<AddressWord> words;
    const unsigned count = seed % 3 == 0 ? seed % 7 : 1 + seed * 2;
    for (unsigned i = 0; i < count; ++i) words.push_back(random.Word());
    const AccessList list(words);
    for (int i = 0; i < 1000; ++i) {
      // Half of the questions are about the edges of blocks.
      IpAddress asked = random.Address();
      if (i % 2 == 0 && count > 0)
        asked = words[static_cast<std::size_t>(i) % count].blocks[0].base();
      const auto expected = oracle::NaiveFind(list.words(), asked);
      const auto found = list.Find(asked);
      CAPTURE(seed, asked.ToString());
      REQUIRE(found.has_value() == expected.has_value());
      if (!found) continue;
      REQUIRE(found->prefix_length == expected->prefix_length);
      REQUIRE(found->word == expected->word);
    }
  }
}

TEST_CASE("a hundred thousand blocks are built in well under a second") {
  std::mt19937 random(1);
  std::vector<AddressWord> words(100'000);
  for (AddressWord& word : words) {
    const auto address = IpAddress::FromV4(static_cast<std::uint32_t>(random()));
    word.blocks.push_back(*CidrBlock::Make(address, 8 + static_cast<int>(random() % 25)));
  }
  const auto start = std::chrono::steady_clock::now();
  const AccessList list(std::move(words));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
  CHECK(list.Find(list.words()[99'999].blocks[0].base()));
}

}  // namespace
}  // namespace postern::policy
