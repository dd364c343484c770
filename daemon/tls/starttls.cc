// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/starttls.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "policy/base/text.h"

namespace postern::daemon {

using policy::EqualsIgnoreCase;

namespace {

std::string ToUpper(std::string_view text) {
  std::string upper(text);
  for (char& letter : upper) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return upper;
}

// Takes a line away, its end included; empty when there is none yet.
std::string TakeLine(std::string& bytes) {
  const auto end = bytes.find('\n');
  if (end == std::string::npos) return {};
  std::string line = bytes.substr(0, end + 1);
  bytes.erase(0, end + 1);
  return line;
}

std::string_view WithoutEnd(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view TakeWord(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

bool Holds(std::span<const std::string_view> words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

// Of a line without its end. To a program that ends lines at a CR, or strings at a NUL, another one
// is something else than it is here.
bool IsPlain(std::string_view line) {
  return std::ranges::none_of(line, [](char byte) {
    const auto code = static_cast<unsigned char>(byte);
    return (code < ' ' && byte != '\t') || code == 0x7f;
  });
}

// RFC 9051 section 9: no other can be told from what a service says by itself.
bool IsTag(std::string_view word) {
  return !word.empty() && word.find_first_of("(){%*\"\\+\t") == std::string_view::npos;
}

constexpr std::array<std::string_view, 6> kSmtp = {"EHLO", "HELO", "LHLO", "NOOP", "RSET", "QUIT"};
constexpr std::array<std::string_view, 3> kImap = {"CAPABILITY", "NOOP", "LOGOUT"};
constexpr std::array<std::string_view, 3> kPop3 = {"CAPA", "NOOP", "QUIT"};
constexpr std::array<std::string_view, 4> kFtp = {"FEAT", "NOOP", "SYST", "QUIT"};

}  // namespace

StartTlsDialogue::Command StartTlsDialogue::Parse(std::string_view line) const {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  Command command;
  if (!IsPlain(line)) return command;
  if (protocol_ == WireStartTls::kImap) {
    const std::string_view tag = TakeWord(line);
    if (!IsTag(tag)) return command;
    command.tag = tag;
  }
  command.verb = ToUpper(TakeWord(line));
  command.argument = ToUpper(line);
  return command;
}

void StartTlsDialogue::FromClient(std::string_view bytes) {
  if (state_ == State::kPasses) {
    to_service += bytes;
    return;
  }
  if (state_ != State::kTalks) {
    state_ = State::kBroken;  // behind its STARTTLS
    return;
  }
  from_client_ += bytes;
  TakeCommands();
}

void StartTlsDialogue::TakeCommands() {
  while (answered_ && state_ == State::kTalks) {
    const std::string line = TakeLine(from_client_);
    if (line.empty()) break;
    OnCommand(line);
  }
  if (state_ == State::kPasses) to_service += std::exchange(from_client_, {});
  const bool behind = state_ == State::kUpgrades && !from_client_.empty();
  if (behind || from_client_.size() > kLongestLine) state_ = State::kBroken;
}

void StartTlsDialogue::OnCommand(const std::string& line) {
  const Command command = Parse(line);
  if (StartsTls(command)) return Accept(command);
  const bool harmless = IsHarmless(command);
  if (!harmless && required_) return Refuse(command);
  to_service += line;
  last_ = command;
  answered_ = false;
  first_line_ = true;
  multiline_ = false;
  if (!harmless) state_ = State::kPasses;
}

bool StartTlsDialogue::IsHarmless(const Command& command) const {
  // The rest of an IMAP command may follow as a literal, which is no line.
  if (command.argument.ends_with('}')) return false;
  switch (protocol_) {
    case WireStartTls::kSmtp:
      return Holds(kSmtp, command.verb);
    case WireStartTls::kImap:
      return Holds(kImap, command.verb);
    case WireStartTls::kPop3:
      return Holds(kPop3, command.verb);
    case WireStartTls::kFtp:
      return Holds(kFtp, command.verb);
    case WireStartTls::kNone:
      break;
  }
  return false;
}

bool StartTlsDialogue::StartsTls(const Command& command) const {
  if (protocol_ == WireStartTls::kFtp) {
    return command.verb == "AUTH" && (command.argument == "TLS" || command.argument == "TLS-C");
  }
  if (!command.argument.empty()) return false;
  if (protocol_ == WireStartTls::kPop3) return command.verb == "STLS";
  return command.verb == "STARTTLS";
}

void StartTlsDialogue::Accept(const Command& command) {
  state_ = State::kUpgrades;
  switch (protocol_) {
    case WireStartTls::kSmtp:
      to_client += "220 2.0.0 Ready to start TLS\r\n";
      break;
    case WireStartTls::kImap:
      to_client += command.tag + " OK Begin TLS negotiation now\r\n";
      break;
    case WireStartTls::kPop3:
      to_client += "+OK Begin TLS negotiation\r\n";
      break;
    case WireStartTls::kFtp:
      to_client += "234 AUTH TLS is fine\r\n";
      break;
    case WireStartTls::kNone:
      state_ = State::kBroken;
  }
}

void StartTlsDialogue::Refuse(const Command& command) {
  switch (protocol_) {
    case WireStartTls::kSmtp:
      to_client += "530 5.7.0 Must issue a STARTTLS command first\r\n";
      break;
    case WireStartTls::kImap:
      to_client += (command.tag.empty() ? "*" : command.tag) + " BAD STARTTLS comes first\r\n";
      break;
    case WireStartTls::kPop3:
      to_client += "-ERR STLS comes first\r\n";
      break;
    case WireStartTls::kFtp:
      to_client += "530 AUTH TLS comes first\r\n";
      break;
    case WireStartTls::kNone:
      state_ = State::kBroken;
  }
}

void StartTlsDialogue::FromService(std::string_view bytes) {
  from_service_ += bytes;
  while (state_ == State::kTalks) {
    std::string line = TakeLine(from_service_);
    if (line.empty()) break;
    OnAnswer(std::move(line));
  }
  if (state_ == State::kPasses) to_client += std::exchange(from_service_, {});
  if (from_service_.size() > kLongestLine) state_ = State::kBroken;
}

void StartTlsDialogue::OnAnswer(std::string line) {
  switch (protocol_) {
    case WireStartTls::kSmtp:
    case WireStartTls::kFtp:
      OnNumberedAnswer(std::move(line));
      break;
    case WireStartTls::kPop3:
      OnPop3Answer(std::move(line));
      break;
    case WireStartTls::kImap:
      OnImapAnswer(std::move(line));
      break;
    case WireStartTls::kNone:
      state_ = State::kBroken;
  }
  if (answered_) TakeCommands();
}

// RFC 5321 section 4.2.1, RFC 959 section 4.2: the last line has the number of the first, and a
// blank behind it.
void StartTlsDialogue::OnNumberedAnswer(std::string line) {
  const std::string_view text = WithoutEnd(line);
  const auto digits = text.substr(0, 3);
  const bool numbered = text.size() >= 3 && std::ranges::all_of(digits, [](char digit) {
                          return digit >= '0' && digit <= '9';
                        });
  if (first_line_) number_ = digits;
  const bool last = numbered && digits == number_ && (text.size() == 3 || text[3] == ' ');
  const bool ehlo = protocol_ == WireStartTls::kSmtp && digits == "250" &&
                    (last_.verb == "EHLO" || last_.verb == "LHLO");
  const bool feat = protocol_ == WireStartTls::kFtp && digits == "211" && last_.verb == "FEAT";
  const bool own = ehlo && text.size() > 4 && EqualsIgnoreCase(text.substr(4), "STARTTLS");
  if (ehlo && last) {
    // The first line names the host, so what is offered is never the first.
    if (!own)
      to_client +=
          "250-" + std::string(text.substr(std::min<std::size_t>(4, text.size()))) + "\r\n";
    to_client += "250 STARTTLS\r\n";
  } else if (!own) {
    if (feat && last && !first_line_) to_client += " AUTH TLS\r\n";
    to_client += line;
  }
  first_line_ = false;
  answered_ = answered_ || last;
}

// RFC 2449 section 5: CAPA alone has more than one line, of what may be said before.
void StartTlsDialogue::OnPop3Answer(std::string line) {
  const std::string_view text = WithoutEnd(line);
  if (first_line_) multiline_ = last_.verb == "CAPA" && text.starts_with("+OK");
  const bool last = multiline_ ? text == "." : first_line_;
  if (multiline_ && last) to_client += "STLS\r\n";
  const bool own = multiline_ && EqualsIgnoreCase(text, "STLS");
  if (!own) to_client += line;
  first_line_ = false;
  answered_ = answered_ || last;
}

void StartTlsDialogue::OnImapAnswer(std::string line) {
  const bool greeting = last_.verb.empty();
  const bool last = greeting || line.starts_with(last_.tag + " ");
  Advertise(line);
  to_client += line;
  answered_ = answered_ || last;
}

// Behind the word CAPABILITY, wherever it stands (RFC 9051 section 7.2.2).
void StartTlsDialogue::Advertise(std::string& line) {
  constexpr std::string_view kWord = "CAPABILITY ", kOffer = "STARTTLS LOGINDISABLED ";
  const std::string upper = ToUpper(line);
  const auto at = upper.find(kWord);
  const bool list = upper.starts_with("* CAPABILITY ") || upper.find("[CAPABILITY ") < at;
  if (at == std::string::npos || !list || upper.find("STARTTLS") != std::string::npos) return;
  line.insert(at + kWord.size(), required_ ? kOffer : kOffer.substr(0, 9));
}

}  // namespace postern::daemon
