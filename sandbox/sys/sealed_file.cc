// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/sealed_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace postern::sandbox::sys {
namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

}  // namespace

Result<UniqueFd> MakeSealedFile(const char* name, std::string_view content) {
  UniqueFd file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return LastError("memfd_create");
  while (!content.empty()) {
    const ssize_t n = ::write(file.get(), content.data(), content.size());
    if (n < 0) return LastError("write", name);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) return LastError("fcntl", "F_ADD_SEALS");
  return file;
}

Result<std::string> ReadSealedFile(const UniqueFd& file, std::size_t most) {
  const int seals = ::fcntl(file.get(), F_GET_SEALS);
  if (seals < 0) return LastError("fcntl", "F_GET_SEALS");
  if ((seals & kSeals) != kSeals) return std::unexpected(Error{"fcntl", EBADMSG, "F_GET_SEALS"});
  struct stat about{};
  if (::fstat(file.get(), &about) != 0) return LastError("fstat");
  const auto size = static_cast<std::size_t>(about.st_size);
  if (size > most) return std::unexpected(Error{"fstat", EFBIG, {}});
  std::string content(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n =
        ::pread(file.get(), content.data() + done, size - done, static_cast<off_t>(done));
    if (n < 0) return LastError("pread");
    if (n == 0) return std::unexpected(Error{"pread", EBADMSG, {}});
    done += static_cast<std::size_t>(n);
  }
  return content;
}

}  // namespace postern::sandbox::sys
