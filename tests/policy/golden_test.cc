// SPDX-License-Identifier: BSD-2-Clause
// The words an administrator reads: tests/golden/xinetd_conf/NAME.in gives exactly NAME.ref.
//
// After a wanted change, run the program with POSTERN_WRITE_GOLDEN=1 and read the difference.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> FilesOf(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

std::string Account(const Configuration& loaded) {
  std::string text = Rendered(loaded);
  text += loaded.usable ? "usable\n" : "unusable\n";
  for (const auto& service : loaded.services) text += "up: " + service->id + "\n";
  for (const HeldService& held : loaded.held) text += "held: " + held.id + "\n";
  return text;
}

}  // namespace

TEST_CASE("each golden input is answered word for word") {
  std::size_t count = 0;
  for (const fs::path& input : FilesOf(POSTERN_SOURCE_DIR "/tests/golden/xinetd_conf")) {
    if (input.extension() != ".in") continue;
    INFO(input.filename().string());
    fs::path expected = input;
    expected.replace_extension(".ref");
    const std::string text = Account(LoadXinetd(ReadAll(input)));
    if (std::getenv("POSTERN_WRITE_GOLDEN") != nullptr) std::ofstream(expected) << text;
    CHECK(text == ReadAll(expected));
    ++count;
  }
  CHECK(count >= 8);
}

// Files found in the wild, kept beside the project where its developers have them.
TEST_CASE("real files load without a crash, and every finding has a place") {
  const fs::path folder = POSTERN_SOURCE_DIR "/../shared/realconf/xinetd";
  if (!fs::is_directory(folder)) return;
  for (const fs::path& path : FilesOf(folder)) {
    INFO(path.filename().string());
    const Configuration loaded = LoadXinetd(ReadAll(path));
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
      CHECK(diagnostic.where.file == "x.conf");
      CHECK(diagnostic.where.line > 0);
      CHECK_FALSE(Render(diagnostic).empty());
    }
    CHECK((loaded.usable || HasErrors(loaded.diagnostics)));
    for (const HeldService& held : loaded.held) CHECK_FALSE(held.id.empty());
  }
}

}  // namespace postern::policy
