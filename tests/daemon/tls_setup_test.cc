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

TEST_CASE(
    "a key that others may write is not opened, whenever it is put in the place of a good one") {
  const testlib::TempDir folder;
  const fs::path good = folder / "good", bad = folder / "bad", key = folder / "key";
  for (const fs::path& file : {good, bad}) testlib::WriteFile(file, "a key");
  fs::permissions(good, fs::perms(0600));
  fs::permissions(bad, fs::perms(0666));
  fs::create_symlink(good, key);
  policy::TlsSpec spec;
  spec.pairs.push_back({good, key, ""});
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
    const auto setup = OpenTls("x", spec);
    if (!setup) continue;
    ++opened;
    const auto facts =
        fs::status("/proc/self/fd/" + std::to_string(setup->pairs[0].private_key.get()));
    if ((facts.permissions() & fs::perms::others_all) != fs::perms::none) ++wrong;
  }
  over = true;
  swapper.join();
  CHECK(opened > 0);
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace postern::daemon
