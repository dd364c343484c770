// SPDX-License-Identifier: BSD-2-Clause
// The dialogue before STARTTLS: pure, line by line, with a service that knows nothing of it.
//
// SMTP (RFC 3207), IMAP (RFC 9051 section 6.2.1), POP3 (RFC 2595), FTP (RFC 4217). What the client
// may say before the handshake is short: ask for capabilities, do nothing, leave, or start TLS. Any
// other command is refused; or, where TLS is not required, it goes on to the service, and TLS can
// not be had any more: so nothing that was said in plaintext is still in force under TLS. Commands
// go on one by one, each when the answer to the one before is complete, and a client that has sent
// anything behind its STARTTLS is not let on (CVE-2011-0411).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/tls_protocol.h"

namespace postern::daemon {

class StartTlsDialogue {
 public:
  StartTlsDialogue(WireStartTls protocol, bool required)
      : protocol_(protocol), required_(required) {}

  // RFC 9051 section 4 has the longest lines; whoever sends longer ones is not let on.
  static constexpr std::size_t kLongestLine = 8192;

  void FromClient(std::string_view bytes);
  void FromService(std::string_view bytes);

  // What is to be sent; the caller takes it away.
  std::string to_client, to_service;
  // kUpgrades: what the service has said since. Outside of TLS the client would take it for a part
  // of the handshake.
  std::string TakeUnsaid() { return std::exchange(from_service_, {}); }

  enum class State : std::uint8_t {
    kTalks,
    kUpgrades,  // once to_client has been sent, the handshake begins
    kPasses,    // in plaintext, to the end: nothing more is looked at
    kBroken,    // the connection is to be closed
  };
  State state() const { return state_; }

 private:
  struct Command {
    // Upper case but for the tag, which only IMAP has. All empty: no command that is known here.
    std::string tag, verb, argument;
  };
  Command Parse(std::string_view line) const;
  void TakeCommands();
  void OnCommand(const std::string& line);
  bool IsHarmless(const Command& command) const;
  bool StartsTls(const Command& command) const;
  void Accept(const Command& command);
  void Refuse(const Command& command);
  void OnAnswer(std::string line);
  void OnNumberedAnswer(std::string line);
  void OnPop3Answer(std::string line);
  void OnImapAnswer(std::string line);
  void Advertise(std::string& line);

  WireStartTls protocol_;
  bool required_;
  State state_ = State::kTalks;
  std::string from_client_, from_service_;  // the beginnings of lines
  bool answered_ = false;                   // the last command, or the greeting
  std::string number_;                      // of the answer's first line
  bool first_line_ = true, multiline_ = false;
  Command last_;
};

}  // namespace postern::daemon
