// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/profile_codec.h"

#include <catch2/catch.hpp>

#include "tests/testlib/sample_profile.h"

namespace postern::sandbox {
namespace {

using testlib::SampleProfile;

TEST_CASE("A profile is the same after it was encoded and decoded") {
  const std::string bytes = EncodeProfile(SampleProfile());
  const auto decoded = DecodeProfile(bytes);
  REQUIRE(decoded);
  // Every member is written, so equal bytes are equal profiles.
  CHECK(EncodeProfile(*decoded) == bytes);
  CHECK(decoded->service == "finger");
  CHECK(decoded->programs.at(0).argv == std::vector<std::string>{"in.fingerd", "-l"});
  CHECK(decoded->programs.at(1).path == "/bin/true");
  CHECK(decoded->identity.groups.at(2) == 4'000'000'000);
  CHECK(decoded->priority == -5);
  CHECK(decoded->limits.at(1).value == ~std::uint64_t{0});
  CHECK(decoded->files.hidden_paths.at(0) == "/etc/ssl");
  CHECK(decoded->network == Network::kServer);
  CHECK(decoded->landlock.connect_ports.at(1) == 65535);
  CHECK(decoded->filter.at(1) == FilterInstruction{0x15, 1, 255, 42});
  CHECK(decoded->report_unlisted);
  CHECK(decoded->learning->learner.at(1).operand == 4);
  CHECK(decoded->cgroup.cpu_percent == 300);
  CHECK(decoded->once);
  CHECK_FALSE(decoded->no_new_privileges);
}

TEST_CASE("A member that changes is seen in the encoding") {
  const std::string before = EncodeProfile(SampleProfile());
  Profile changed = SampleProfile();
  SECTION("a flag") { changed.files.private_dev = false; }
  SECTION("an optional number") { changed.oom_score_adjustment.reset(); }
  SECTION("a list") { changed.landlock.connect_ports.pop_back(); }
  SECTION("who kills") { changed.report_unlisted = false; }
  SECTION("what learns") { changed.learning.reset(); }
  SECTION("the last member") { changed.once = false; }
  CHECK(EncodeProfile(changed) != before);
}

TEST_CASE("An encoding that is cut short anywhere, or goes on, is no profile") {
  const std::string bytes = EncodeProfile(SampleProfile());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CHECK(DecodeProfile(bytes.substr(0, length)).error().number == EBADMSG);
  }
  CHECK(DecodeProfile(bytes + '\0').error().number == EBADMSG);
}

TEST_CASE("A damaged encoding is refused or read without harm, and costs no memory") {
  const std::string bytes = EncodeProfile(SampleProfile());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(~damaged[at]);
    const auto decoded = DecodeProfile(damaged);
    if (decoded) CHECK(EncodeProfile(*decoded) == damaged);
  }
}

TEST_CASE("A profile without a program is none") {
  Profile profile = SampleProfile();
  profile.programs.clear();
  CHECK(DecodeProfile(EncodeProfile(profile)).error().number == EBADMSG);
}

}  // namespace
}  // namespace postern::sandbox
