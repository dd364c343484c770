// SPDX-License-Identifier: BSD-2-Clause
// Every edit must be seen by the next decision, however small and however quick.
#include "wrapper/access/hosts_files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "policy/hosts/evaluate.h"
#include "tests/testlib/child.h"
#include "tests/testlib/temp_dir.h"

namespace postern::wrapper {
namespace {

namespace fs = std::filesystem;
using policy::hosts::Evaluate;
using policy::hosts::Fact;
using policy::hosts::Reason;
using policy::hosts::SourceFile;
using policy::hosts::Table;
using testlib::WriteFile;

struct Tables {
  testlib::TempDir folder;
  std::string allow = folder / "hosts.allow";
  std::string deny = folder / "hosts.deny";
  std::string list = folder / "list";
  HostsFiles files{{allow, deny}};

  bool Allows() { return Allows(files.Current()); }
  static bool Allows(const std::shared_ptr<const policy::hosts::HostsPolicy>& policy) {
    policy::hosts::Request request;
    request.daemon = Fact::Known("sshd");
    request.client.address = Fact::Known("192.0.2.1");
    request.client.name = Fact::Unknown();
    return std::holds_alternative<policy::hosts::Allow>(Evaluate(*policy, request));
  }
  // Until the files are old enough for their stamps to be trusted.
  void Rest() {
    for (int i = 0; i < 500; ++i) {
      const auto first = files.Current();
      if (files.Current() == first) return;
      ::usleep(10'000);
    }
    FAIL("never kept");
  }
};

TEST_CASE_METHOD(Tables, "what has not changed is not compiled again") {
  WriteFile(deny, "ALL: ALL\n");
  Rest();
  const auto kept = files.Current();
  CHECK(files.Current() == kept);
  CHECK_FALSE(Allows());
}

// Where stamps are fine, no edit can show this: it is what a coarse clock would hide.
TEST_CASE_METHOD(Tables,
                 "a file that was only just written is read again though its stamp is the same") {
  bool again = false;
  for (int i = 0; i < 1000 && !again; ++i) {
    WriteFile(deny, "ALL: ALL\n");
    const auto first = files.Current();
    again = files.Current() != first;  // unless this machine paused in between
  }
  CHECK(again);
}

TEST_CASE_METHOD(Tables, "same-size edits in place are seen however quickly they follow") {
  for (int i = 0; i < 300; ++i) {
    WriteFile(deny, "sshd: ALL\n");
    REQUIRE_FALSE(Allows());
    WriteFile(deny, "ftpd: ALL\n");
    REQUIRE(Allows());
  }
}

TEST_CASE_METHOD(Tables, "an edit of a file at rest is seen, its time put back or not") {
  WriteFile(deny, "sshd: ALL\n");
  Rest();
  const auto before = fs::last_write_time(deny);
  WriteFile(deny, "ftpd: ALL\n");
  fs::last_write_time(deny, before);
  CHECK(Allows());
}

TEST_CASE_METHOD(Tables, "files that appear, vanish or are replaced are seen") {
  CHECK(Allows());
  Rest();
  WriteFile(deny, "ALL: ALL\n");
  CHECK_FALSE(Allows());
  Rest();
  fs::remove(deny);
  CHECK(Allows());
  Rest();
  WriteFile(folder / "next", "ALL: ALL\n");
  fs::rename(folder / "next", deny);
  CHECK_FALSE(Allows());
  Rest();
  fs::remove(deny);
  WriteFile(folder / "elsewhere", "ftpd: ALL\n");
  fs::create_symlink(folder / "elsewhere", deny);
  CHECK(Allows());
  Rest();
  WriteFile(folder / "elsewhere", "sshd: ALL\n");
  CHECK_FALSE(Allows());
}

TEST_CASE_METHOD(Tables, "pattern files are watched too, missing ones included") {
  WriteFile(allow, "sshd: " + list + "\n");
  WriteFile(deny, "ALL: ALL\n");
  CHECK_FALSE(Allows());
  Rest();
  WriteFile(list, "192.0.2.1\n");
  CHECK(Allows());
  Rest();
  WriteFile(list, "192.0.2.2\n");
  CHECK_FALSE(Allows());
}

TEST_CASE_METHOD(Tables, "a policy that is in use outlives the next one") {
  WriteFile(deny, "ALL: ALL\n");
  const auto old = files.Current();
  fs::remove(deny);
  CHECK(Allows());
  CHECK_FALSE(Allows(old));
}

TEST_CASE_METHOD(Tables, "anything but a regular file that can be read denies") {
  fs::create_directory(deny);
  CHECK_FALSE(Allows());
  CHECK(files.Current()->deny().end_reason == "not a regular file");
  fs::remove(deny);
  REQUIRE(::mkfifo(deny.c_str(), 0600) == 0);
  CHECK_FALSE(Allows());
  fs::remove(deny);
  fs::create_symlink(deny, deny);
  CHECK_FALSE(Allows());
  CHECK(files.Current()->deny().end_reason == "Too many levels of symbolic links");
  fs::remove(deny);
  fs::create_symlink(folder / "nowhere", deny);
  CHECK(Allows());
  WriteFile(folder / "file", "");
  HostsFiles below({folder / "file" + "/allow", folder / "none"});
  CHECK(below.Current()->allow().end == Table::End::kUnreadable);
}

TEST_CASE_METHOD(Tables, "a file that may not be read denies, or grants nothing") {
  CHECK(testlib::StatusOfChild([this] {
          fs::permissions(folder.path(), fs::perms::all);
          WriteFile(allow, "sshd: ALL\n");
          WriteFile(deny, "ALL: ALL\n");
          if (!Allows()) return 1;
          fs::permissions(allow, fs::perms::none);
          if (::setresuid(65534, 65534, 65534) != 0) return 2;
          if (Allows()) return 3;
          return files.Current()->allow().end_reason == "Permission denied" ? 0 : 4;
        }) == 0);
}

TEST_CASE_METHOD(Tables, "want of descriptors refuses no longer than it lasts") {
  WriteFile(allow, "sshd: ALL\n");
  WriteFile(deny, "ALL: ALL\n");
  Rest();
  CHECK(testlib::StatusOfChild([this] {
          HostsFiles own({allow, deny});
          rlimit limit{};
          ::getrlimit(RLIMIT_NOFILE, &limit);
          const rlimit none{0, limit.rlim_max};
          ::setrlimit(RLIMIT_NOFILE, &none);
          if (Allows(own.Current())) return 1;
          ::setrlimit(RLIMIT_NOFILE, &limit);
          return Allows(own.Current()) ? 0 : 2;
        }) == 0);
}

TEST_CASE_METHOD(Tables, "a file of more than 64 MiB is not read") {
  WriteFile(deny, "");
  REQUIRE(::truncate(deny.c_str(), (off_t{64} << 20) + 1) == 0);
  CHECK_FALSE(Allows());
  CHECK(files.Current()->deny().end_reason == "larger than 64 MiB");
}

TEST_CASE_METHOD(Tables, "one file is read as it is, and a missing one is not an error") {
  CHECK(ReadSourceFile(list).state == SourceFile::State::kMissing);
  WriteFile(list, "x\n");
  CHECK(ReadSourceFile(list).state == SourceFile::State::kRead);
  CHECK(ReadSourceFile(list).content == "x\n");
  CHECK(ReadSourceFile(folder.path()).state == SourceFile::State::kUnreadable);
}

TEST_CASE_METHOD(Tables, "no descriptor stays open") {
  WriteFile(deny, "ALL: " + list + "\n");
  const auto before = testlib::OpenDescriptors();
  for (int i = 0; i < 10; ++i) files.Current();
  CHECK(testlib::OpenDescriptors() == before);
}

TEST_CASE_METHOD(Tables, "the null device is an empty table, by a link too") {
  fs::create_symlink("/dev/null", deny);
  fs::create_symlink("/dev/null", allow);
  CHECK(Allows());
  CHECK(files.Current()->deny().end == Table::End::kComplete);
  HostsFiles direct({"/dev/null", "/dev/null"});
  CHECK(direct.Current()->deny().end == Table::End::kComplete);
  HostsFiles zero({"/dev/null", "/dev/zero"});
  CHECK(zero.Current()->deny().end == Table::End::kUnreadable);
}

TEST_CASE_METHOD(Tables, "what has been told is kept with a version of the files") {
  WriteFile(deny, "ALL: 10.\n");
  const HostsVersion first = files.CurrentVersion();
  CHECK(first.told == files.CurrentVersion().told);
  fs::remove(deny);
  const HostsVersion second = files.CurrentVersion();
  CHECK(first.told != second.told);
}

TEST_CASE_METHOD(Tables, "an interface that a pattern names is asked for when the files are read") {
  WriteFile(allow, "svc: [fe80::%nosuch7]/10 [fe80::%lo]/10\n");
  const auto interfaces = files.Current()->interfaces();
  using policy::hosts::Presence;
  CHECK(interfaces == std::map<std::string, Presence>{{"lo", Presence::kPresent},
                                                      {"nosuch7", Presence::kAbsent}});
}

}  // namespace
}  // namespace postern::wrapper
