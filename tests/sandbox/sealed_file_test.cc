// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/sealed_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace postern::sandbox::sys {
namespace {

TEST_CASE("What is put into a sealed file is read from it, however often") {
  const std::string content = std::string(100'000, 'x') + std::string("\0end", 4);
  const auto file = MakeSealedFile("test", content);
  REQUIRE(file);
  CHECK(ReadSealedFile(*file, 1 << 20).value() == content);
  CHECK(ReadSealedFile(*file, 1 << 20).value() == content);
  CHECK((::fcntl(file->get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(ReadSealedFile(MakeSealedFile("test", "").value(), 0).value().empty());
}

TEST_CASE("A sealed file cannot be changed by anybody") {
  const auto file = MakeSealedFile("test", "content");
  REQUIRE(file);
  CHECK(::pwrite(file->get(), "x", 1, 0) == -1);
  CHECK(::ftruncate(file->get(), 0) == -1);
  CHECK(::ftruncate(file->get(), 100) == -1);
  CHECK(::fcntl(file->get(), F_ADD_SEALS, F_SEAL_WRITE) == -1);
}

TEST_CASE("A file that could still change under the reader is not read") {
  const UniqueFd open_file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(::write(open_file.get(), "content", 7) == 7);
  CHECK(ReadSealedFile(open_file, 100).error().number == EBADMSG);
  const UniqueFd device(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK(ReadSealedFile(device, 100).error().number == EINVAL);
}

TEST_CASE("A sealed file that is longer than expected is not read") {
  const auto file = MakeSealedFile("test", "content");
  REQUIRE(file);
  CHECK(ReadSealedFile(*file, 6).error().number == EFBIG);
  CHECK(ReadSealedFile(*file, 7).value() == "content");
}

}  // namespace
}  // namespace postern::sandbox::sys
