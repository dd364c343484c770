// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_setup.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "tests/testlib/temp_dir.h"

namespace postern::daemon {
namespace {

namespace fs = std::filesystem;

TEST_CASE("what cannot be opened is told of each file, and the rest is open") {
  const testlib::TempDir folder;
  const fs::path here = folder / "here", open_to_all = folder / "open", gone = folder / "gone";
  for (const fs::path& file : {here, open_to_all}) testlib::WriteFile(file, "text");
  fs::permissions(here, fs::perms(0600));
  fs::permissions(open_to_all, fs::perms(0644));
  policy::TlsSpec spec;
  spec.pairs = {{{here}, {open_to_all}, {gone}}, {{gone}, {here}}};
  spec.client_ca.path = gone;
  spec.crl.path = here;
  const TlsCandidate candidate = OpenTls("x", spec);
  CHECK_FALSE(IsUsable(candidate));
  std::string told;
  for (const TlsFlaw& flaw : candidate.flaws) {
    told += std::string(flaw.code) + " " + std::to_string(static_cast<int>(flaw.file)) + " " +
            std::to_string(flaw.pair) + "\n";
  }
  CHECK(told == "exposed-key 2 0\nunknown-path 3 0\nunknown-path 1 1\nunknown-path 4 0\n");
  CHECK(candidate.setup.pairs[0].certificate);
  CHECK_FALSE(candidate.setup.pairs[0].private_key);
  CHECK(candidate.setup.pairs[1].private_key);
  CHECK(candidate.setup.revocations);
  CHECK(OpenPairs(candidate.setup) == std::vector<std::size_t>{0});
}

TEST_CASE(
    "a key that others may write is not opened, whenever it is put in the place of a good one") {
  const testlib::TempDir folder;
  const fs::path good = folder / "good", bad = folder / "bad", key = folder / "key";
  for (const fs::path& file : {good, bad}) testlib::WriteFile(file, "a key");
  fs::permissions(good, fs::perms(0600));
  fs::permissions(bad, fs::perms(0666));
  fs::create_symlink(good, key);
  policy::TlsSpec spec;
  spec.pairs.push_back({{good}, {key}});
  std::atomic<bool> over = false;
  std::thread swapper([&] {
    while (!over) {
      for (const fs::path& next : {bad, good}) {
        fs::create_symlink(next, folder / "next");
        fs::rename(folder / "next", key);
      }
    }
  });
  int opened = 0, wrong = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto tls = OpenTls("x", spec);
    if (!tls.flaws.empty()) continue;
    ++opened;
    const auto facts =
        fs::status("/proc/self/fd/" + std::to_string(tls.setup.pairs[0].private_key.get()));
    if ((facts.permissions() & fs::perms::others_all) != fs::perms::none) ++wrong;
  }
  over = true;
  swapper.join();
  CHECK(opened > 0);
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace postern::daemon
