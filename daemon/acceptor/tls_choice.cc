// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_choice.h"

#include <cstring>

namespace postern::daemon {

namespace {

// The finalizer of SplitMix64: each bit of the input changes half of the output's.
std::uint64_t Mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

bool Better(const WorkerState& a, const WorkerState& b) {
  return a.fitness != b.fitness ? a.fitness > b.fitness : a.sessions < b.sessions;
}

bool Overburdened(const WorkerState& home, const WorkerState& least) {
  return home.sessions > 2 * least.sessions && home.sessions >= least.sessions + kTolerated;
}

}  // namespace

std::uint64_t HomeOf(const policy::IpAddress& address, std::uint64_t secret) {
  const policy::IpAddress source = address.Source();
  std::uint64_t halves[2];
  static_assert(sizeof halves == sizeof source.bytes());
  std::memcpy(halves, source.bytes().data(), sizeof halves);
  return Mix(Mix(halves[0] ^ secret) ^ halves[1]);
}

std::optional<std::size_t> ChooseWorker(std::span<const WorkerState> workers, std::uint64_t home) {
  if (workers.empty()) return std::nullopt;
  const std::size_t own = home % workers.size();
  // From there on, so that of several that are as good not always the first gets what is too much.
  std::size_t best = own;
  for (std::size_t i = 1; i < workers.size(); ++i) {
    const std::size_t other = (own + i) % workers.size();
    if (Better(workers[other], workers[best])) best = other;
  }
  if (workers[best].fitness == WorkerFitness::kDown) return std::nullopt;
  const bool as_fit = workers[own].fitness == workers[best].fitness;
  return as_fit && !Overburdened(workers[own], workers[best]) ? own : best;
}

}  // namespace postern::daemon
