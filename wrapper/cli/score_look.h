// SPDX-License-Identifier: BSD-2-Clause
// Looking at a service for `postern score`: what the kernel says of the process that its programs
// inherit everything from.
//
// That is its zygote, which has the whole sandbox but for the umask; each instance gets that by
// itself. The zygote is posternd's, or, when none runs, one that is made for the look and ended:
// the same program with the same profile, but outside of the service's control group. Programs
// without a sandbox inherit from posternd itself.
#pragma once

#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/exposure/facts.h"
#include "policy/service/service_spec.h"
#include "sandbox/helper.h"
#include "sandbox/inspect/process_folder.h"
#include "wrapper/cli/running_daemon.h"
#include "wrapper/launch/launch_plan.h"
#include "wrapper/launch/profile_of.h"

namespace postern::cli {

enum class LookedAt : std::uint8_t { kZygote, kOwnZygote, kDaemon, kSelf };

struct Look {
  policy::exposure::Facts facts;
  LookedAt what = LookedAt::kZygote;
  pid_t pid = 0;
  std::string remark;  // "weaker than asked for: …"; or empty
};

class Looker {
 public:
  // Everything is compared with posternd, or, when it does not run, with the caller.
  static std::expected<Looker, std::string> Make(const RunningDaemon& running);

  // `spec` may be null: the files no longer have the service.
  std::expected<Look, std::string> AtZygote(const RunningDaemon::Zygote& zygote,
                                            const policy::ServiceSpec* spec) const;
  std::expected<Look, std::string> AtOwnZygote(const policy::ServiceSpec& spec) const;
  std::expected<Look, std::string> AtUnconfined(const policy::ServiceSpec& spec) const;

 private:
  using Folder = sandbox::ProcessFolder;
  using FactsOrWhy = std::expected<policy::exposure::Facts, std::string>;
  struct Base {
    bool is_daemon = false;
    Folder process;
    sandbox::ProcessStatus status;
    sandbox::NamespaceIds namespaces;
    sandbox::sys::UniqueFd root;
  };
  explicit Looker(Base base) : base_(std::move(base)) {}

  FactsOrWhy FactsOf(const Folder& process, const sandbox::ProcessStatus& status,
                     const sandbox::Profile* planned) const;
  std::expected<Look, std::string> AtSealed(const sandbox::Helper& zygote,
                                            const sandbox::Profile& profile) const;
  // The sandbox that the files describe; null where they describe none.
  std::shared_ptr<const sandbox::Profile> Planned(const policy::ServiceSpec& spec,
                                                  std::string* why) const;

  // The command's own zygotes. To take a pid namespace apart takes the kernel longer than a look
  // does: they are killed at once, and waited for later.
  class Endings {
   public:
    ~Endings();
    void Add(sandbox::Helper zygote);

   private:
    std::deque<sandbox::Helper> killed_;
  };

  Base base_;
  std::unique_ptr<Endings> endings_ = std::make_unique<Endings>();
  wrapper::Inherited inherited_ = wrapper::ReadInherited();
  wrapper::Machine machine_ = wrapper::ReadMachine();
};

}  // namespace postern::cli
