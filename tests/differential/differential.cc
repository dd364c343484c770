// SPDX-License-Identifier: BSD-2-Clause
// Random access files and requests to the real libwrap, the naive oracle and postern.
//
// usage: hosts_differential --peers FOLDER [--pairs N] [--seed N] [--jobs N] [--scenario N]
//
// Exit 0 when all agree, 1 with each disagreement in its smallest form, 2 when nothing could be
// asked. --scenario repeats one of a seed. The scenarios of a seed are dealt to the jobs in turn,
// so the number of jobs changes nothing but the time.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/differential/judge.h"
#include "tests/differential/scenario.h"
#include "tests/differential/shrink.h"

namespace postern::differential {
namespace {

using Verdict = oracle::HostsAnswer::Verdict;

constexpr unsigned kSecondsPerScenario = 60;
constexpr unsigned kMostComplaints = 5;  // per job

struct Settings {
  std::string peers;
  std::uint64_t pairs = 50000;
  std::uint64_t seed = 1;
  std::uint64_t jobs = std::max(1U, std::thread::hardware_concurrency());
  std::optional<std::uint64_t> scenario;
};

// In memory that the jobs share with their parent, which reads it when they have ended.
struct Tally {
  std::uint64_t scenario, pairs, granted, refused, twisted, by_rule, deliberate, fatal, complaints;
};

class Job {
 public:
  Job(const Settings& settings, RealLibwrap& libwrap, Tally& tally)
      : settings_(settings), judge_(libwrap), tally_(tally) {}

  void Run(std::uint64_t first, std::uint64_t last, std::uint64_t step) {
    for (std::uint64_t index = first; index < last; index += step) {
      tally_.scenario = index;
      ::alarm(kSecondsPerScenario);
      One(index);
      if (tally_.complaints >= kMostComplaints) return;
    }
  }

 private:
  void One(std::uint64_t index) {
    const Scenario scenario = MakeScenario(settings_.seed, index, judge_.folder().path());
    judge_.Enter(scenario.world);
    for (const oracle::HostsCaller& caller : scenario.callers) {
      const Judgement judgement = judge_.Ask(caller);
      Count(judgement);
      if (judgement.complaint.empty()) continue;
      ++tally_.complaints;
      Report(index, {scenario.world, caller}, judgement);
      // The shrinking has left another world behind.
      judge_.Enter(scenario.world);
      if (tally_.complaints >= kMostComplaints) return;
    }
  }

  void Count(const Judgement& judgement) {
    ++tally_.pairs;
    tally_.granted += judgement.postern.verdict == Verdict::kAllow ? 1U : 0U;
    tally_.refused += judgement.postern.verdict == Verdict::kDeny ? 1U : 0U;
    tally_.twisted += judgement.postern.verdict == Verdict::kTwist ? 1U : 0U;
    tally_.by_rule += judgement.postern.line != 0 ? 1U : 0U;
    tally_.deliberate += judgement.deliberate ? 1U : 0U;
    tally_.fatal += judgement.ancestor.verdict == Verdict::kDies ? 1U : 0U;
  }

  void Report(std::uint64_t index, const Question& question, const Judgement& judgement) {
    const std::string complaint = judgement.complaint;
    const Question small = Shrink(question, [&](const Question& candidate) {
      ::alarm(kSecondsPerScenario);
      judge_.Enter(candidate.world);
      return judge_.Ask(candidate.caller).complaint == complaint;
    });
    judge_.Enter(small.world);
    const Judgement again = judge_.Ask(small.caller);
    const std::string text = "seed " + std::to_string(settings_.seed) + " scenario " +
                             std::to_string(index) + ": " + complaint + "\n" + ToText(small) +
                             "  libwrap: " + ToText(again.real) +
                             "\n  oracle as libwrap: " + ToText(again.ancestor) +
                             "\n  oracle as postern: " + ToText(again.expected) +
                             "\n  postern: " + ToText(again.postern) + "\n\n";
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  const Settings& settings_;
  Judge judge_;
  Tally& tally_;
};

std::optional<Settings> Parse(int count, char** arguments) {
  Settings settings;
  std::map<std::string, std::string> given;
  for (int at = 1; at + 1 < count; at += 2) given[arguments[at]] = arguments[at + 1];
  const auto number = [&](const char* name, std::uint64_t& value) {
    if (given.contains(name)) value = std::strtoull(given[name].c_str(), nullptr, 10);
    given.erase(name);
  };
  number("--pairs", settings.pairs);
  number("--seed", settings.seed);
  number("--jobs", settings.jobs);
  if (given.contains("--scenario")) number("--scenario", settings.scenario.emplace());
  settings.peers = given["--peers"];
  given.erase("--peers");
  if (count % 2 == 0 || !given.empty() || settings.peers.empty() || settings.jobs == 0) {
    std::fputs(
        "usage: hosts_differential --peers FOLDER [--pairs N] [--seed N] [--jobs N] "
        "[--scenario N]\n",
        stderr);
    return std::nullopt;
  }
  return settings;
}

pid_t Start(const Settings& settings, RealLibwrap& libwrap, Tally& tally, std::uint64_t job) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const std::uint64_t scenarios = (settings.pairs + kCallersPerScenario - 1) / kCallersPerScenario;
  {
    Job work(settings, libwrap, tally);
    if (settings.scenario) {
      if (job == 0) work.Run(*settings.scenario, *settings.scenario + 1, 1);
    } else {
      work.Run(job, scenarios, settings.jobs);
    }
  }
  ::_exit(tally.complaints == 0 ? 0 : 1);
}

bool Ended(const Settings& settings, pid_t child, const Tally& tally) {
  int status = 0;
  if (::waitpid(child, &status, 0) == child && WIFEXITED(status)) return WEXITSTATUS(status) == 0;
  std::printf("seed %llu scenario %llu: the job died of signal %d\n",
              static_cast<unsigned long long>(settings.seed),
              static_cast<unsigned long long>(tally.scenario), WTERMSIG(status));
  return false;
}

int Main(const Settings& settings) {
  const auto libwrap = RealLibwrap::Load(settings.peers);
  if (!libwrap) return 2;
  const std::size_t size = settings.jobs * sizeof(Tally);
  void* shared = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 2;
  auto* tallies = static_cast<Tally*>(shared);
  const auto start = std::chrono::steady_clock::now();
  std::vector<pid_t> children;
  for (std::uint64_t job = 0; job < settings.jobs; ++job) {
    children.push_back(Start(settings, *libwrap, tallies[job], job));
  }
  bool agreed = true;
  Tally sum{};
  for (std::uint64_t job = 0; job < settings.jobs; ++job) {
    agreed = Ended(settings, children[job], tallies[job]) && agreed;
    const Tally& one = tallies[job];
    sum.pairs += one.pairs, sum.granted += one.granted, sum.refused += one.refused;
    sum.twisted += one.twisted, sum.by_rule += one.by_rule, sum.deliberate += one.deliberate;
    sum.fatal += one.fatal, sum.complaints += one.complaints;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const auto shown = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "seed %llu: %llu pairs in %.1f s: %llu granted, %llu refused, %llu handed to twist; %llu by "
      "a "
      "rule; %llu deliberately not as libwrap, %llu that it would die of; %llu disagreements\n",
      shown(settings.seed), shown(sum.pairs), seconds.count(), shown(sum.granted),
      shown(sum.refused), shown(sum.twisted), shown(sum.by_rule), shown(sum.deliberate),
      shown(sum.fatal), shown(sum.complaints));
  return agreed && sum.pairs > 0 ? 0 : 1;
}

}  // namespace
}  // namespace postern::differential

int main(int count, char** arguments) {
  const auto settings = postern::differential::Parse(count, arguments);
  return settings ? postern::differential::Main(*settings) : 2;
}
