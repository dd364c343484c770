// SPDX-License-Identifier: BSD-2-Clause
// Runs a fuzz target over the files of the folders it is given, without libFuzzer.
//
// So every seed, and everything a fuzzer once found, is tried in the ordinary test run. A target
// that does not like an input aborts; the last name printed is that input. Exit 2: nothing was run.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> FilesOf(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

void Run(const fs::path& path) {
  std::cout << path.filename().string() << std::endl;  // flushed: the next line may abort
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> content{std::istreambuf_iterator<char>(file), {}};
  const std::vector<std::uint8_t> bytes(content.begin(), content.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (int i = 1; i < argc; ++i) {
    for (const fs::path& path : FilesOf(argv[i])) {
      Run(path);
      ++count;
    }
  }
  std::cout << count << " inputs\n";
  return count == 0 ? 2 : 0;
}
