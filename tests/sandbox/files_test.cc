// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/testlib/child.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox::sys {
namespace {

using testlib::ContentOf;
using testlib::WriteFile;

struct Directory {
  testlib::TempDir directory;
  std::string file = directory / "file";
  std::string fifo = directory / "fifo";
  Directory() {
    WriteFile(file, "one\ntwo\n");
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  }
};

TEST_CASE_METHOD(Directory, "A regular file is opened for reading and not passed on") {
  const auto fd = OpenRegularFile(file);
  REQUIRE(fd);
  CHECK(::fcntl(fd->get(), F_GETFD) == FD_CLOEXEC);
  CHECK((::fcntl(fd->get(), F_GETFL) & O_ACCMODE) == O_RDONLY);
  CHECK(ReadAll(*fd, 100).value() == "one\ntwo\n");
}

TEST_CASE_METHOD(Directory, "Anything but a regular file is refused without blocking") {
  CHECK(OpenRegularFile(fifo).error().number == EINVAL);
  CHECK(OpenRegularFile("/dev/zero").error().number == EINVAL);
  CHECK(OpenRegularFile(directory.path()).error().number == EINVAL);
  CHECK(OpenRegularFile(directory / "missing").error().number == ENOENT);
  CHECK(OpenRegularFile(directory / "missing").error().object == directory / "missing");
}

TEST_CASE_METHOD(Directory, "A log is created 0644 and written at its end") {
  const mode_t umask = ::umask(0);
  const std::string log = directory / "log";
  const auto fd = OpenForAppend(log);
  ::umask(umask);
  REQUIRE(fd);
  CHECK(Inspect(log).value().mode == 0644);
  WriteFile(log, "by another\n");
  REQUIRE(WriteAll(*fd, "by us\n"));
  CHECK(ContentOf(log) == "by another\nby us\n");
}

TEST_CASE_METHOD(Directory, "A log may be a device or a FIFO with a reader, never a wait for one") {
  CHECK(OpenForAppend("/dev/null"));
  CHECK(OpenForAppend(fifo).error().number == ENXIO);
  const UniqueFd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  CHECK(OpenForAppend(fifo));
  CHECK(OpenForAppend(directory.path()).error().number == EISDIR);
}

TEST_CASE_METHOD(Directory, "A new file replaces nothing and follows no link") {
  CHECK(CreateNewFile(file, 0600).error().number == EEXIST);
  const std::string link = directory / "link";
  std::filesystem::create_symlink(directory / "target", link);
  CHECK(CreateNewFile(link, 0600).error().number == EEXIST);
  CHECK_FALSE(std::filesystem::exists(directory / "target"));
  REQUIRE(CreateNewFile(directory / "new", 0640));
  CHECK((Inspect(directory / "new").value().mode & 0777) == 0640);
}

TEST_CASE_METHOD(Directory, "A file of exactly the limit is read, one byte more is refused") {
  CHECK(ReadFile(file, 8).value().size() == 8);
  const auto too_long = ReadFile(file, 7);
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().number == EFBIG);
  CHECK(too_long.error().object == file);
  CHECK(ReadFile("/proc/self/mem", 100).error().number == EIO);
}

TEST_CASE_METHOD(Directory, "A large file is read whole") {
  const std::string large(100'000, 'x');
  WriteFile(file, large);
  CHECK(ReadFile(file, 200'000).value() == large);
}

TEST_CASE_METHOD(Directory, "Reading at a place leaves the shared position alone") {
  const auto fd = OpenRegularFile(file);
  std::array<std::byte, 3> three{};
  CHECK(ReadAt(*fd, 4, three).value() == 3);
  CHECK(std::to_integer<char>(three[0]) == 't');
  CHECK(ReadAt(*fd, 8, three).value() == 0);
  CHECK(ReadAt(UniqueFd(), 0, three).error().number == EBADF);
  CHECK(ReadAll(*fd, 100).value() == "one\ntwo\n");
}

TEST_CASE("A write that a full disk refuses is told") {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  CHECK(WriteSome(full, "x").error().number == ENOSPC);
  CHECK(WriteAll(full, "x").error().number == ENOSPC);
  CHECK(WriteAll(full, ""));
}

TEST_CASE_METHOD(Directory, "Size, kind, mode and owner of a file are told") {
  CHECK(FileSize(*OpenRegularFile(file)).value() == 8);
  CHECK(FileSize(UniqueFd()).error().number == EBADF);
  REQUIRE(::chmod(file.c_str(), 06751) == 0);
  const auto kind = Inspect(file);
  REQUIRE(kind);
  CHECK(kind->regular);
  CHECK_FALSE(kind->directory);
  CHECK(kind->mode == 06751);
  CHECK(kind->uid == ::geteuid());
  CHECK(kind->gid == ::getegid());
  CHECK(Inspect(directory.path()).value().directory);
  CHECK_FALSE(Inspect(fifo).value().regular);
  CHECK_FALSE(Inspect(file).value().socket);
  CHECK(Inspect(directory / "missing").error().number == ENOENT);
}

TEST_CASE_METHOD(Directory, "Removing takes the link and not its target") {
  const std::string link = directory / "link";
  std::filesystem::create_symlink(file, link);
  REQUIRE(Remove(link));
  CHECK(std::filesystem::exists(file));
  CHECK(Remove(link).error().number == ENOENT);
}

TEST_CASE_METHOD(Directory, "Renaming moves the file itself, in place of what has the name") {
  const std::string link = directory / "link", other = directory / "other";
  std::filesystem::create_symlink(file, link);
  WriteFile(other, "other\n");
  REQUIRE(Rename(link, other));
  CHECK(std::filesystem::is_symlink(other));
  CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(link)));
  REQUIRE(Rename(file, other));
  CHECK(ContentOf(other) == "one\ntwo\n");
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(Rename(file, other).error().number == ENOENT);
  CHECK(Rename(other, directory / "missing/file").error().object == other);
  CHECK(ContentOf(other) == "one\ntwo\n");
}

TEST_CASE_METHOD(Directory, "A real path has no links in it") {
  std::filesystem::create_symlink(file, directory / "link");
  CHECK(RealPath(directory / "link").value() == RealPath(file).value());
  CHECK(RealPath(directory / "missing").error().number == ENOENT);
  CHECK(CurrentDirectory().value() == std::filesystem::current_path().string());
}

TEST_CASE_METHOD(Directory, "A directory is listed, and links count as what they lead to") {
  std::filesystem::create_symlink(file, directory / "good");
  std::filesystem::create_symlink(directory / "missing", directory / "dangling");
  auto entries = ListDirectory(directory.path());
  REQUIRE(entries);
  std::sort(entries->begin(), entries->end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  REQUIRE(entries->size() == 4);
  CHECK(entries->at(0).name == "dangling");
  CHECK_FALSE(entries->at(0).is_regular);
  CHECK_FALSE(entries->at(1).is_regular);  // the FIFO
  CHECK(entries->at(2).is_regular);
  CHECK(entries->at(3).name == "good");
  CHECK(entries->at(3).is_regular);
  CHECK(ListDirectory(file).error().number == ENOTDIR);
}

TEST_CASE_METHOD(Directory, "What may be executed is told") {
  CHECK(IsExecutable("/bin/sh"));
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  CHECK_FALSE(IsExecutable(file));
  CHECK_FALSE(IsExecutable(directory / "missing"));
}

TEST_CASE_METHOD(Directory, "A program that was given capabilities is told from others") {
  CHECK_FALSE(HasFileCapabilities(file));
  CHECK_FALSE(HasFileCapabilities(directory / "missing"));
  // struct vfs_cap_data of <linux/capability.h>, version 2, little endian: net_bind_service.
  const std::array<unsigned char, 20> value = {0, 0, 0, 2, 0, 4};
  const int given = ::setxattr(file.c_str(), "security.capability", value.data(), value.size(), 0);
  CHECK((given == 0) == (::geteuid() == 0));  // only root may
  if (given != 0) return;
  CHECK(HasFileCapabilities(file));
}

TEST_CASE_METHOD(Directory, "A stamp stays while the file does, and differs after a change") {
  const FileStamp first = StampOf(file).value();
  CHECK(StampOf(file).value() == first);
  CHECK(StampOf(OpenRegularFile(file).value()).value() == first);
  CHECK(first.size == 8);
  const std::int64_t read = FileClock();
  CHECK(first.changed <= read);
  CHECK(FileClockTick() > 0);
  while (FileClock() <= read + 2 * FileClockTick()) ::usleep(1000);
  WriteFile(file, "two\none\n");
  CHECK_FALSE(StampOf(file).value() == first);
  CHECK(StampOf(file).value().changed > read);
  CHECK(StampOf(directory / "missing").error().number == ENOENT);
}

TEST_CASE_METHOD(Directory, "Listing a directory leaves no descriptor behind") {
  const auto before = testlib::OpenDescriptors();
  REQUIRE(ListDirectory(directory.path()));
  REQUIRE(ReadFile(file, 100));
  REQUIRE_FALSE(ReadFile(fifo, 100));
  CHECK(testlib::OpenDescriptors() == before);
}

}  // namespace
}  // namespace postern::sandbox::sys
