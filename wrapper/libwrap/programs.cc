// SPDX-License-Identifier: BSD-2-Clause
// refuse, clean_exit, shell_cmd, percent_x: what programs do around a decision.
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <variant>

#include "policy/hosts/percent_expand.h"
#include "wrapper/access/log_sink.h"
#include "wrapper/access/option_runner.h"
#include "wrapper/libwrap/convert.h"
#include "wrapper/libwrap/decide.h"
#include "wrapper/libwrap/request_facts.h"

namespace {

namespace hosts = postern::policy::hosts;
using postern::wrapper::ProcessRunner;
using postern::wrapper::RuleLog;
using postern::wrapper::SystemLog;
using postern::wrapper::libwrap::ProcessIdOf;

// What a caller gets whose text does not fit: nothing, and a log line.
std::string Expanded(const std::string& text, std::size_t most, request_info& request) {
  SystemLog sink;
  RuleLog log(sink);
  const auto settings = postern::wrapper::libwrap::CurrentSettings();
  postern::wrapper::libwrap::RequestFacts facts(request, settings);
  hosts::Request values = postern::wrapper::libwrap::ToPolicy(request);
  auto result = hosts::PercentExpand(text, values, ProcessIdOf(request));
  while (const auto* need = std::get_if<hosts::Need>(&result)) {
    facts.Supply(*need, values, log);
    result = hosts::PercentExpand(text, values, ProcessIdOf(request));
  }
  postern::wrapper::libwrap::FromPolicy(values, request);
  const auto* expansion = std::get_if<hosts::Expansion>(&result);
  if (expansion == nullptr || expansion->text.size() > most) {
    log.Error("percent_x: expansion too long: " + text.substr(0, 30) + "...");
    return {};
  }
  for (const char letter : expansion->unrecognized) {
    log.Warn("unrecognized %" + std::string(1, letter));
  }
  return expansion->text;
}

}  // namespace

extern "C" char* percent_x(char* result, int size, char* text, request_info* request) noexcept {
  if (size <= 0) return result;
  const auto most = static_cast<std::size_t>(size) - 1;
  result[Expanded(text, most, *request).copy(result, most)] = '\0';
  return result;
}

extern "C" void shell_cmd(char* command) noexcept {
  SystemLog sink;
  RuleLog log(sink);
  ProcessRunner(postern::sandbox::sys::UniqueFd()).Spawn(command, log);
}

// Status 0: a super-server must not take a refused client for a failing service.
extern "C" void clean_exit(request_info* request) {
  if (request->sink != nullptr && request->fd >= 0) request->sink(request->fd);
  std::this_thread::sleep_for(std::chrono::seconds(POSTERN_REFUSAL_DELAY));
  std::exit(0);
}

extern "C" void refuse(request_info* request) {
  const std::string client = eval_client(request);
  SystemLog().Write(deny_severity,
                    "refused connect from " + client + " (" + eval_hostaddr(request->client) + ")");
  clean_exit(request);
}
