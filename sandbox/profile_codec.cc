// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/profile_codec.h"

#include <cstring>
#include <type_traits>

namespace postern::sandbox {
namespace {

// First in the encoding; changes with every change of Profile.
constexpr std::uint32_t kVersion = 3;

template <typename T>
concept Plain = std::is_arithmetic_v<T> || std::is_enum_v<T>;

class Writer {
 public:
  template <Plain T>
  void Field(T value) {
    Raw(&value, sizeof value);
  }
  void Field(const std::string& text) {
    Field(static_cast<std::uint32_t>(text.size()));
    Raw(text.data(), text.size());
  }
  template <typename T>
  void Field(const std::optional<T>& value) {
    Field(value.has_value());
    if (value) Field(*value);
  }
  template <typename T>
  void Field(const std::vector<T>& list) {
    Field(static_cast<std::uint32_t>(list.size()));
    for (const T& item : list) Field(item);
  }
  template <typename T>
    requires std::is_class_v<T>
  void Field(const T& value) {
    Members(*this, value);
  }
  std::string Take() { return std::move(bytes_); }

 private:
  void Raw(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
  }
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <Plain T>
  void Field(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      Raw(&byte, 1);
      if (byte > 1) good_ = false;
      value = byte == 1;
    } else {
      Raw(&value, sizeof value);
    }
  }
  void Field(Network& value) {
    Raw(&value, sizeof value);
    if (value > Network::kHost) good_ = false;
  }
  void Field(std::string& text) {
    text.resize(Count());
    Raw(text.data(), text.size());
  }
  template <typename T>
  void Field(std::optional<T>& value) {
    bool present = false;
    Field(present);
    if (!present) return value.reset();
    Field(value.emplace());
  }
  template <typename T>
  void Field(std::vector<T>& list) {
    list.clear();
    for (std::uint32_t left = Count(); left != 0 && good_; --left) Field(list.emplace_back());
  }
  template <typename T>
    requires std::is_class_v<T>
  void Field(T& value) {
    Members(*this, value);
  }
  bool Whole() const { return good_ && bytes_.empty(); }

 private:
  // Never more than there are bytes left; and a list grows as it is read. So a damaged count costs
  // no memory.
  std::uint32_t Count() {
    std::uint32_t count = 0;
    Field(count);
    if (count > bytes_.size()) {
      good_ = false;
      return 0;
    }
    return count;
  }
  void Raw(void* data, std::size_t size) {
    if (size > bytes_.size()) {
      good_ = false;
      bytes_ = {};
      std::memset(data, 0, size);
      return;
    }
    if (size == 0) return;  // memcpy(3) takes no null pointer, not even for nothing
    std::memcpy(data, bytes_.data(), size);
    bytes_.remove_prefix(size);
  }
  std::string_view bytes_;
  bool good_ = true;
};

// One list of members for both directions: P is Profile or const Profile.
template <typename Archive, typename T>
void Members(Archive& archive, T& value) {
  const auto all = [&archive](auto&... members) { (archive.Field(members), ...); };
  using Type = std::remove_const_t<T>;
  if constexpr (std::is_same_v<Type, PlannedLimit>) {
    all(value.resource, value.value);
  } else if constexpr (std::is_same_v<Type, ProgramToRun>) {
    all(value.path, value.argv, value.environment, value.umask);
  } else if constexpr (std::is_same_v<Type, Identity>) {
    all(value.change, value.uid, value.gid, value.groups);
  } else if constexpr (std::is_same_v<Type, NamespacePlan>) {
    all(value.user, value.mount, value.pid, value.net, value.ipc, value.uts, value.cgroup,
        value.time);
  } else if constexpr (std::is_same_v<Type, FileView>) {
    all(value.read_only_system, value.minimal, value.root, value.read_only_paths,
        value.read_write_paths, value.hidden_paths, value.private_tmp, value.private_dev);
  } else if constexpr (std::is_same_v<Type, LandlockPlan>) {
    all(value.enabled, value.restrict_files, value.restrict_tcp, value.connect_ports, value.scoped);
  } else if constexpr (std::is_same_v<Type, CgroupLimits>) {
    all(value.memory_max, value.tasks_max, value.cpu_percent);
  } else if constexpr (std::is_same_v<Type, FilterInstruction>) {
    all(value.code, value.jump_true, value.jump_false, value.operand);
  } else if constexpr (std::is_same_v<Type, LearningPlan>) {
    all(value.ask, value.judge, value.learner);
  } else {
    static_assert(std::is_same_v<Type, Profile>);
    all(value.service, value.programs, value.identity, value.priority, value.limits,
        value.oom_score_adjustment, value.namespaces, value.files, value.network, value.landlock,
        value.capabilities, value.bounding, value.no_new_privileges, value.lock_memory_protection,
        value.private_keyring, value.mitigate_speculation, value.filter, value.report_unlisted,
        value.learning, value.cgroup, value.tolerate_missing, value.once);
  }
}

}  // namespace

std::string EncodeProfile(const Profile& profile) {
  Writer writer;
  writer.Field(kVersion);
  writer.Field(profile);
  return writer.Take();
}

sys::Result<Profile> DecodeProfile(std::string_view bytes) {
  Reader reader(bytes);
  std::uint32_t version = 0;
  Profile profile;
  reader.Field(version);
  if (version == kVersion) reader.Field(profile);
  if (version != kVersion || !reader.Whole() || profile.programs.empty()) {
    return std::unexpected(sys::Error{"read", EBADMSG, "profile"});
  }
  return profile;
}

}  // namespace postern::sandbox
