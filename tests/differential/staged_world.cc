// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/staged_world.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace postern::differential {
namespace {

void Require(bool done, const std::string& path) {
  if (done) return;
  std::perror(path.c_str());
  std::exit(2);
}

void WriteWhole(const std::string& path, const std::string& content) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Require(file >= 0, path);
  Require(::write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()),
          path);
  ::close(file);
}

}  // namespace

StagingFolder::StagingFolder() : path_("/dev/shm/postern-XXXXXX") {
  Require(::mkdtemp(path_.data()) != nullptr, path_);
  allow_path_ = path_ + "/allow";
  deny_path_ = path_ + "/deny";
}

StagingFolder::~StagingFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void StagingFolder::Stage(const oracle::HostsWorld& world) {
  for (const std::string& path : staged_) std::filesystem::remove(path);
  staged_.clear();
  Put(allow_path(), world.allow);
  Put(deny_path(), world.deny);
  for (const auto& [path, file] : world.pattern_files) Put(path, file);
}

void StagingFolder::Put(const std::string& path, const oracle::HostsFile& file) {
  using State = oracle::HostsFile::State;
  switch (file.state) {
    case State::kMissing:
      return;
    case State::kFile:
      WriteWhole(path, file.content);
      break;
    case State::kDirectory:
      Require(::mkdir(path.c_str(), 0700) == 0, path);
      break;
    // A link to itself: unreadable for root too.
    case State::kUnreadable:
      Require(::symlink(path.c_str(), path.c_str()) == 0, path);
      break;
  }
  staged_.push_back(path);
}

}  // namespace postern::differential
