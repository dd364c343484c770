// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/relay_client.h"

#include <algorithm>

namespace postern::daemon {

RelayClient::RelayClient(EventLoop& loop, ProgramLog& log, std::vector<std::string> command,
                         std::chrono::milliseconds ready_patience)
    : helper_(loop, log, "the relay", std::move(command), ready_patience) {}

void RelayClient::Start(RelayAnswers& answers) {
  answers_ = &answers;
  helper_.Start(*this);
}

void RelayClient::OnHelperStarted() { SendMuxNames(); }

void RelayClient::OnHelperLost() { answers_->OnRelayLost(); }

void RelayClient::OnHelperIdle() {
  if (names_due_) SendMuxNames();
}

bool RelayClient::OnHelperFrame(std::span<const std::byte> bytes) {
  AnswerDone done;
  AnswerMux mux;
  AnswerBanner banner;
  AnswerDatagram datagram;
  AnswerSplice splice;
  AnswerProxy proxy;
  if (ReadFrame(bytes, done)) return Valid(done.outcome) && answers_->OnDone(done);
  if (ReadFrame(bytes, mux)) return answers_->OnMux(mux);
  if (ReadFrame(bytes, banner)) return answers_->OnBanner(banner);
  if (ReadFrame(bytes, splice)) return answers_->OnSplice(splice);
  if (ReadFrame(bytes, proxy)) return Valid(proxy) && answers_->OnProxy(proxy);
  if (ReadFrame(bytes, datagram)) return Valid(datagram.outcome) && answers_->OnDatagram(datagram);
  return false;
}

void RelayClient::SetMuxNames(std::vector<MuxName> names) {
  mux_names_ = std::move(names);
  SendMuxNames();
}

void RelayClient::SendMuxNames() {
  if (!helper_.running()) return;
  // A relay that has much to do is no reason to lose its sessions at a reload.
  names_due_ = helper_.queued() + 1 + mux_names_.size() > HelperClient::kMaxQueued;
  if (names_due_) return;
  bool sent = Ask(AskMuxClear{}, {}).has_value();
  for (const MuxName& mux : mux_names_) {
    AskMuxName ask;
    ask.index = mux.index;
    ask.length = static_cast<std::uint32_t>(mux.name.size());
    std::copy(mux.name.begin(), mux.name.end(), ask.name.begin());
    sent = sent && Ask(ask, {}).has_value();
  }
  if (!sent) helper_.Condemn("it does not take the names of tcpmux");
}

}  // namespace postern::daemon
