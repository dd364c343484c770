// SPDX-License-Identifier: BSD-2-Clause
// Needs root: what is tried is what a user may have put in root's way.
#include "sandbox/confine/open_path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/testlib/child.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox {
namespace {

namespace fs = std::filesystem;

// A root of its own, all root's but for /people/user.
class Tree {
 public:
  Tree() {
    fs::permissions(directory_.path(), fs::perms(0755));
    for (const char* path : {"a/b", "people/user", "secret", "open"}) {
      fs::create_directories(directory_ / path);
    }
    std::ofstream(directory_ / "a/file") << "x";
    REQUIRE(::chown((directory_ / "people/user").c_str(), 4242, 4242) == 0);
    ::chmod((directory_ / "open").c_str(), 01777);
    root_ = *OpenDirectory(directory_.path());
  }
  void Link(const std::string& target, const std::string& path) const {
    fs::create_symlink(target, directory_ / path);
  }
  sys::Result<Place> Find(const std::string& path) const { return FindPlace(root_, path); }
  // The resolved path, or the errno.
  std::string Outcome(const std::string& path) const {
    const auto place = Find(path);
    return place ? place->path : std::to_string(place.error().number);
  }
  const sys::UniqueFd& root() const { return root_; }
  std::string operator/(const std::string& path) const { return directory_ / path; }

 private:
  testlib::TempDir directory_;
  sys::UniqueFd root_;
};

TEST_CASE("A path is found, without dots and doubled slashes") {
  const Tree tree;
  CHECK(tree.Outcome("/a/b") == "/a/b");
  CHECK(tree.Outcome("//a/./b/") == "/a/b");
  CHECK(tree.Outcome("/a/b/../file") == "/a/file");
  CHECK(tree.Outcome("/../../a") == "/a");
  CHECK(tree.Outcome("/") == "/");
  CHECK(tree.Find("/a")->is_directory);
  CHECK_FALSE(tree.Find("/a/file")->is_directory);
}

TEST_CASE("What is not there, or not absolute, is an error with the whole path") {
  const Tree tree;
  CHECK(tree.Outcome("/a/none") == std::to_string(ENOENT));
  CHECK(tree.Outcome("/a/file/x") == std::to_string(ENOTDIR));
  CHECK(tree.Outcome("a") == std::to_string(EINVAL));
  CHECK(tree.Outcome("") == std::to_string(EINVAL));
  CHECK(tree.Find("/a/none/deeper").error().object == "/a/none/deeper");
}

TEST_CASE("Root's links are followed, inside the root") {
  const Tree tree;
  tree.Link("b", "a/relative");
  tree.Link("/a/b", "absolute");
  tree.Link("../../../a", "a/upwards");
  tree.Link("absolute", "twice");
  CHECK(tree.Outcome("/a/relative") == "/a/b");
  CHECK(tree.Outcome("/absolute") == "/a/b");
  CHECK(tree.Outcome("/a/upwards/file") == "/a/file");
  CHECK(tree.Outcome("/twice/../file") == "/a/file");
}

TEST_CASE("A link that somebody else may have put there is not followed") {
  const Tree tree;
  tree.Link("/secret", "people/user/link");
  tree.Link("/secret", "open/link");
  fs::create_directory(tree / "people/user/below");
  tree.Link("/secret", "people/user/below/link");
  for (const char* path : {"/people/user/link", "/open/link", "/people/user/below/link"}) {
    INFO(path);
    CHECK(tree.Outcome(path) == std::to_string(ELOOP));
  }
  CHECK(tree.Outcome("/people/user/below") == "/people/user/below");
  // Group's or others' to write, though root's own.
  ::chmod((tree / "secret").c_str(), 0775);
  tree.Link("/a", "secret/link");
  CHECK(tree.Outcome("/secret/link") == std::to_string(ELOOP));
}

TEST_CASE("Links in circles end") {
  const Tree tree;
  tree.Link("/two", "one");
  tree.Link("/one", "two");
  CHECK(tree.Outcome("/one") == std::to_string(ELOOP));
}

TEST_CASE("Exactly means without any link") {
  const Tree tree;
  tree.Link("/a", "link");
  CHECK(FindExactly(tree.root(), "/a/b"));
  CHECK(FindExactly(tree.root(), "/")->is_directory);
  CHECK(FindExactly(tree.root(), "/link/b").error().number == ELOOP);
  CHECK(FindExactly(tree.root(), "/a/../../etc").error().number == EXDEV);
  CHECK(Exists(tree.root(), "/link/b"));
  CHECK_FALSE(Exists(tree.root(), "/link/none"));
}

TEST_CASE("What is renamed elsewhere meanwhile does not matter") {
  const Tree tree;
  std::atomic<bool> over = false;
  std::thread renamer([&] {
    const std::string one = tree / "people", other = tree / "persons";
    while (!over) {
      ::rename(one.c_str(), other.c_str());
      ::rename(other.c_str(), one.c_str());
    }
  });
  int otherwise = 0;
  for (int i = 0; i < 50'000; ++i) {
    const auto found = FindExactly(tree.root(), "/a/../../etc");
    if (found || found.error().number != EXDEV) ++otherwise;
  }
  over = true;
  renamer.join();
  CHECK(otherwise == 0);
}

TEST_CASE("A caller without rights follows its own links") {
  const Tree tree;
  tree.Link("/a", "people/user/link");
  CHECK(testlib::StatusOfChild([&] {
          if (::setuid(4242) != 0) return 1;
          return tree.Outcome("/people/user/link") == "/a" ? 0 : 2;
        }) == 0);
}

TEST_CASE("A directory that turns into a link and back never leads out of it") {
  const Tree tree;
  const std::string place = tree / "people/user/place", real = tree / "people/user/real";
  fs::create_directory(real);
  fs::create_symlink("/secret", place);
  const ino_t secret = [&] {
    struct stat status{};
    ::stat((tree / "secret").c_str(), &status);
    return status.st_ino;
  }();
  std::atomic<bool> stop{false};
  std::thread attacker([&] {
    while (!stop) ::syscall(SYS_renameat2, AT_FDCWD, place.c_str(), AT_FDCWD, real.c_str(), 2);
  });
  int found = 0, refused = 0, led_out = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto got = tree.Find("/people/user/place");
    if (!got) {
      ++refused;
      continue;
    }
    struct stat status{};
    ::fstat(got->fd.get(), &status);
    ++(status.st_ino == secret ? led_out : found);
  }
  stop = true;
  attacker.join();
  CHECK(led_out == 0);
  CHECK(found > 0);
  CHECK(refused > 0);
}

TEST_CASE("Plain paths and what lies in what") {
  CHECK(*PlainPath("//a///b/") == "/a/b");
  CHECK(*PlainPath("/") == "/");
  CHECK(*PlainPath("/./a/.") == "/a");
  CHECK_FALSE(PlainPath("/a/../b"));
  CHECK_FALSE(PlainPath("a"));
  CHECK(LiesIn("/a/b", "/a"));
  CHECK(LiesIn("/a", "/a"));
  CHECK(LiesIn("/a", "/"));
  CHECK_FALSE(LiesIn("/ab", "/a"));
  CHECK_FALSE(LiesIn("/", "/a"));
}

}  // namespace
}  // namespace postern::sandbox
