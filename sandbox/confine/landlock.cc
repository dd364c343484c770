// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "sandbox/confine/mount_view.h"
#include "sandbox/confine/open_path.h"

namespace postern::sandbox {
namespace {

// linux/landlock.h as of Linux 6.12; Debian 12's headers end with ABI 2.
struct RulesetAttributes {
  std::uint64_t handled_files = 0;
  std::uint64_t handled_net = 0;
  std::uint64_t scoped = 0;
};
struct [[gnu::packed]] PathRule {
  std::uint64_t allowed = 0;
  std::int32_t parent = -1;
};
struct PortRule {
  std::uint64_t allowed = 0;
  std::uint64_t port = 0;
};
constexpr int kPathBeneath = 1, kNetPort = 2;
constexpr unsigned kVersion = 1;  // LANDLOCK_CREATE_RULESET_VERSION

using Rights = std::uint64_t;
constexpr Rights kExecute = 1 << 0, kWriteFile = 1 << 1, kReadFile = 1 << 2, kReadDir = 1 << 3,
                 kMakeChar = 1 << 6, kMakeBlock = 1 << 11, kRefer = 1 << 13, kTruncate = 1 << 14,
                 kIoctlDev = 1 << 15;
constexpr Rights kFirstAbi = (1 << 13) - 1;
constexpr Rights kReading = kExecute | kReadFile | kReadDir;
// Of what is not a directory.
constexpr Rights kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDev;
constexpr Rights kBindTcp = 1 << 0, kConnectTcp = 1 << 1;
constexpr std::uint64_t kScopeAbstractSockets = 1 << 0, kScopeSignals = 1 << 1;

// The size of the attributes that this ABI knows; a longer one is E2BIG unless it ends in zeros.
constexpr std::size_t SizeFor(int abi) {
  return abi >= kLandlockScopeAbi ? 24 : abi >= kLandlockTcpAbi ? 16 : 8;
}

Rights FileRights(int abi) {
  return kFirstAbi | (abi >= 2 ? kRefer : 0) | (abi >= 3 ? kTruncate : 0) |
         (abi >= 5 ? kIoctlDev : 0);
}

sys::Result<sys::UniqueFd> Create(const RulesetAttributes& attributes, int abi) {
  sys::UniqueFd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, SizeFor(abi), 0)));
  if (!ruleset) return sys::LastError("landlock_create_ruleset");
  return ruleset;
}

class Rules {
 public:
  Rules(const sys::UniqueFd& ruleset, Rights handled) : ruleset_(ruleset), handled_(handled) {}

  sys::Status Allow(const std::string& path, Rights rights) {
    if (!root_) {
      TRY(root_, OpenDirectory("/"));
    }
    TRY(const Place place, FindPlace(root_, path));
    if (!place.is_directory) rights &= kOfFiles;
    const PathRule rule{rights & handled_, place.fd.get()};
    if (::syscall(SYS_landlock_add_rule, ruleset_.get(), kPathBeneath, &rule, 0) != 0) {
      return sys::LastError("landlock_add_rule", path);
    }
    return {};
  }

  sys::Status AllowIfPresent(const std::string& path, Rights rights) {
    const sys::Status allowed = Allow(path, rights);
    if (!allowed && IsMissing(allowed.error())) return {};
    return allowed;
  }

  sys::Status AllowConnecting(std::uint16_t port) {
    const PortRule rule{kConnectTcp, port};
    if (::syscall(SYS_landlock_add_rule, ruleset_.get(), kNetPort, &rule, 0) != 0) {
      return sys::LastError("landlock_add_rule", "port " + std::to_string(port));
    }
    return {};
  }

 private:
  const sys::UniqueFd& ruleset_;
  Rights handled_;
  sys::UniqueFd root_;
};

// Where a path of the host is in a root of its own; empty: not in it.
std::string InView(const FileView& files, const std::string& path) {
  if (files.root.empty() || files.root == "/" || !LiesIn(path, files.root)) return path;
  return path.size() == files.root.size() ? "/" : path.substr(files.root.size());
}

// Reading everywhere, as the view already shows only what may be seen; writing to data.
sys::Status AllowView(const FileView& files, Rules& rules, Rights handled) {
  // Nobody makes devices, whatever the user may.
  const Rights all = handled & ~(kMakeChar | kMakeBlock);
  const bool sealed = files.read_only_system || files.minimal;
  TRY_STATUS(rules.Allow("/", sealed && files.root.empty() ? kReading : all));
  for (const char* path : {"/dev", "/proc"}) {
    TRY_STATUS(rules.AllowIfPresent(path, kReading | kOfFiles));
  }
  for (const char* path : {"/dev/shm", "/tmp", "/var/tmp"}) {
    TRY_STATUS(rules.AllowIfPresent(path, all));
  }
  if (!files.minimal) {
    for (const char* path : DataDirectories()) TRY_STATUS(rules.AllowIfPresent(path, all));
  }
  for (const std::string& path : files.read_write_paths) {
    TRY_STATUS(rules.AllowIfPresent(InView(files, path), all));
  }
  return {};
}

}  // namespace

sys::Result<int> LandlockAbi() {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersion);
  if (abi >= 0) return static_cast<int>(abi);
  if (errno == ENOSYS || errno == EOPNOTSUPP) return 0;
  return sys::LastError("landlock_create_ruleset");
}

sys::Result<sys::UniqueFd> MakeServiceRuleset(const Profile& profile, int abi) {
  const LandlockPlan& plan = profile.landlock;
  const bool tcp = plan.restrict_tcp && abi >= kLandlockTcpAbi;
  RulesetAttributes attributes;
  // One right at least, or there is no ruleset: making block devices is no service's business.
  attributes.handled_files = plan.restrict_files ? FileRights(abi) : kMakeBlock;
  if (tcp) attributes.handled_net = kBindTcp | kConnectTcp;
  if (plan.scoped && abi >= kLandlockScopeAbi) {
    attributes.scoped = kScopeAbstractSockets | kScopeSignals;
  }
  TRY(sys::UniqueFd ruleset, Create(attributes, abi));
  Rules rules(ruleset, attributes.handled_files);
  if (plan.restrict_files) {
    TRY_STATUS(AllowView(profile.files, rules, attributes.handled_files));
  }
  for (const std::uint16_t port : plan.connect_ports) {
    if (tcp) TRY_STATUS(rules.AllowConnecting(port));
  }
  return ruleset;
}

sys::Result<sys::UniqueFd> MakeHelperRuleset(std::span<const std::uint16_t> connect_ports,
                                             int abi) {
  const bool tcp = abi >= kLandlockTcpAbi;
  RulesetAttributes attributes;
  attributes.handled_files = FileRights(abi);
  if (tcp) attributes.handled_net = kConnectTcp;
  if (abi >= kLandlockScopeAbi) attributes.scoped = kScopeAbstractSockets | kScopeSignals;
  TRY(sys::UniqueFd ruleset, Create(attributes, abi));
  Rules rules(ruleset, attributes.handled_files);
  for (const std::uint16_t port : connect_ports) {
    if (tcp) TRY_STATUS(rules.AllowConnecting(port));
  }
  return ruleset;
}

sys::Result<sys::UniqueFd> MakeInstanceRuleset() {
  TRY(const int abi, LandlockAbi());
  RulesetAttributes attributes;
  attributes.handled_files = kMakeBlock;
  if (abi >= kLandlockScopeAbi) attributes.scoped = kScopeAbstractSockets | kScopeSignals;
  return Create(attributes, abi);
}

sys::Status RestrictSelf(const sys::UniqueFd& ruleset) {
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    return sys::LastError("landlock_restrict_self");
  }
  return {};
}

}  // namespace postern::sandbox
