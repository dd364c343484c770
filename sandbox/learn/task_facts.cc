// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/learn/task_facts.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {
namespace {

constexpr std::size_t kPage = 4096;

std::string Of(pid_t task, const char* what) {
  return "/proc/" + std::to_string(task) + "/" + what;
}

std::optional<std::string> ReadSmall(const std::string& path) {
  const sys::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string text(kPage, '\0');
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size < 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> ReadLink(const std::string& path) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size <= 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(size));
}

std::uint64_t NumberIn(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Bytes of another process's memory; as many as there are before a page that is not there.
std::size_t ReadMemory(pid_t task, std::uint64_t address, char* into, std::size_t size) {
  iovec here{into, size};
  iovec there{reinterpret_cast<void*>(address), size};
  const ssize_t count = ::process_vm_readv(task, &here, 1, &there, 1, 0);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

// The name as text, without "." and ".." and doubled slashes.
std::string Plain(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string plain;
  for (const std::string_view part : parts) (plain += '/') += part;
  return plain.empty() ? "/" : plain;
}

}  // namespace

std::optional<TaskStatus> ReadTaskStatus(pid_t task) {
  const auto text = ReadSmall(Of(task, "status"));
  if (!text) return std::nullopt;
  TaskStatus status;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto value = [&line](std::string_view name) { return line.substr(name.size()); };
    if (line.starts_with("Name:\t")) status.name = value("Name:\t");
    if (line.starts_with("Tgid:")) status.process = static_cast<pid_t>(NumberIn(value("Tgid:")));
    if (line.starts_with("VmPeak:")) status.address_peak_kib = NumberIn(value("VmPeak:"));
    if (line.starts_with("VmHWM:")) status.resident_peak_kib = NumberIn(value("VmHWM:"));
  }
  return status;
}

std::string ProgramOf(pid_t task, const std::string& name) {
  return ReadLink(Of(task, "exe")).value_or("(" + name + ")");
}

bool HasEnded(pid_t task) {
  const auto text = ReadSmall(Of(task, "stat"));
  if (!text) return true;
  const std::size_t name_end = text->rfind(')');
  return name_end == std::string::npos || text->compare(name_end, 4, ") Z ") == 0;
}

std::uint64_t CpuMilliseconds(pid_t task) {
  const auto text = ReadSmall(Of(task, "stat"));
  if (!text) return 0;
  // The name is in brackets and may hold any; utime and stime are the 12th and 13th word after it
  // (proc_pid_stat(5)).
  std::string_view rest = std::string_view(*text).substr(std::min(text->rfind(')'), text->size()));
  for (int word = 0; word < 12 && !rest.empty(); ++word) {
    rest.remove_prefix(std::min(rest.size(), rest.find(' ') + 1));
  }
  const std::uint64_t user = NumberIn(rest);
  rest.remove_prefix(std::min(rest.size(), rest.find(' ') + 1));
  const long ticks = ::sysconf(_SC_CLK_TCK);
  return ticks > 0 ? (user + NumberIn(rest)) * 1000 / static_cast<std::uint64_t>(ticks) : 0;
}

// Page by page: the one after the string's end may not be there.
std::optional<std::string> ReadText(pid_t task, std::uint64_t address) {
  std::string text;
  while (text.size() < PATH_MAX) {
    std::array<char, kPage> part;
    const std::size_t to_page_end = kPage - address % kPage;
    const std::size_t count = ReadMemory(task, address, part.data(), to_page_end);
    if (count == 0) return std::nullopt;
    const std::string_view read(part.data(), count);
    const std::size_t end = read.find('\0');
    text += read.substr(0, end);
    if (end != std::string_view::npos) break;
    address += count;
  }
  if (text.size() >= PATH_MAX) return std::nullopt;
  return text;
}

std::optional<std::string> AbsolutePath(pid_t task, int directory, const std::string& name) {
  if (name.starts_with('/')) {
    const auto root = ReadLink(Of(task, "root"));
    if (!root) return std::nullopt;
    return Plain(*root == "/" ? name : *root + name);
  }
  const std::string base =
      directory < 0 ? Of(task, "cwd") : Of(task, ("fd/" + std::to_string(directory)).c_str());
  const auto from = ReadLink(base);
  // A pipe, a socket, or a directory that is gone.
  if (!from || !from->starts_with('/') || from->ends_with(" (deleted)")) return std::nullopt;
  return Plain(*from + "/" + name);
}

FoundAs LookAt(const std::string& path, bool& set_id) {
  struct stat status{};
  set_id = false;
  if (::stat(path.c_str(), &status) != 0) return FoundAs::kNothing;
  if (S_ISDIR(status.st_mode)) return FoundAs::kDirectory;
  set_id = S_ISREG(status.st_mode) && (status.st_mode & (S_ISUID | S_ISGID)) != 0;
  return FoundAs::kFile;
}

std::optional<Destination> ReadDestination(pid_t task, std::uint64_t address, std::uint64_t size) {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un local;
    char bytes[sizeof(sockaddr_storage)];
  } socket_address{};
  const std::size_t wanted = std::min<std::uint64_t>(size, sizeof socket_address.bytes);
  if (ReadMemory(task, address, socket_address.bytes, wanted) != wanted) return std::nullopt;
  Destination destination{{socket_address.any.sa_family, 0}, {}};
  if (socket_address.any.sa_family == AF_INET) {
    destination.to.port = ntohs(socket_address.v4.sin_port);
  } else if (socket_address.any.sa_family == AF_INET6) {
    destination.to.port = ntohs(socket_address.v6.sin6_port);
  } else if (socket_address.any.sa_family == AF_UNIX) {
    const char* const path = socket_address.local.sun_path;
    destination.path = std::string(path, ::strnlen(path, sizeof socket_address.local.sun_path));
  }
  return destination;
}

bool HasDescriptor(pid_t task, std::uint64_t number) {
  struct stat link{};
  return ::lstat(Of(task, ("fd/" + std::to_string(number)).c_str()).c_str(), &link) == 0;
}

std::uint64_t WrittenFileSize(pid_t task, std::uint64_t number) {
  const std::string path = Of(task, ("fd/" + std::to_string(number)).c_str());
  struct stat link{}, file{};
  // The link's own mode says how the file was opened (proc_pid_fd(5)).
  if (::lstat(path.c_str(), &link) != 0 || (link.st_mode & S_IWUSR) == 0) return 0;
  if (::stat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) return 0;
  return static_cast<std::uint64_t>(file.st_size);
}

}  // namespace postern::sandbox
