// SPDX-License-Identifier: BSD-2-Clause
// Splice: the client of a program that has one end of a socketpair in the connection's place. The
// other end is the backend, and all there is to do is to carry.
#include "daemon/relay/carrying_session.h"
#include "daemon/relay/sessions.h"

namespace postern::daemon {

namespace {

class SpliceSession final : public CarryingSession {
 public:
  SpliceSession(Seat seat, sandbox::sys::UniqueFd program, DescriptorBudget& budget,
                const Patience& patience)
      : CarryingSession(std::move(seat), budget, patience) {
    SetBackend(std::move(program));
  }

  void Start(Instant now) override { Carry(now); }
};

}  // namespace

std::unique_ptr<Session> MakeSpliceSession(Seat seat, sandbox::sys::UniqueFd program,
                                           DescriptorBudget& budget,
                                           const CarryingSession::Patience& patience) {
  return std::make_unique<SpliceSession>(std::move(seat), std::move(program), budget, patience);
}

}  // namespace postern::daemon
