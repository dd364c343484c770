// SPDX-License-Identifier: BSD-2-Clause
// request_init, request_set: a request from a list of keys and values.
#include <cstdarg>
#include <string>

#include "sandbox/sys/process.h"
#include "wrapper/access/log_sink.h"
#include "wrapper/libwrap/convert.h"

namespace {

using postern::wrapper::libwrap::CopyText;

void SetText(va_list& values, char (&to)[STRING_LENGTH]) {
  const char* text = va_arg(values, const char*);
  CopyText(text == nullptr ? "" : text, to);
}

// False for a key that does not exist: the type of its value, and so where the next key is, cannot
// be known.
bool SetOne(request_info& request, int key, va_list& values) {
  switch (key) {
    case RQ_FILE:
      request.fd = va_arg(values, int);
      return true;
    case RQ_DAEMON:
      SetText(values, request.daemon);
      return true;
    case RQ_USER:
      SetText(values, request.user);
      return true;
    case RQ_CLIENT_NAME:
      SetText(values, request.client[0].name);
      return true;
    case RQ_CLIENT_ADDR:
      SetText(values, request.client[0].addr);
      return true;
    case RQ_CLIENT_SIN:
      request.client[0].sin = va_arg(values, sockaddr*);
      return true;
    case RQ_SERVER_NAME:
      SetText(values, request.server[0].name);
      return true;
    case RQ_SERVER_ADDR:
      SetText(values, request.server[0].addr);
      return true;
    case RQ_SERVER_SIN:
      request.server[0].sin = va_arg(values, sockaddr*);
      return true;
    default:
      return false;
  }
}

void SetAll(request_info& request, va_list& values) {
  while (true) {
    const int key = va_arg(values, int);
    if (key <= 0) return;
    if (SetOne(request, key, values)) continue;
    tcpd_warn(const_cast<char*>("request_fill: invalid key: %d"), key);
    return;
  }
}

}  // namespace

extern "C" request_info* request_init(request_info* request, ...) noexcept {
  *request = {};
  request->fd = -1;
  CopyText(unknown, request->daemon);
  const std::string pid = std::to_string(postern::sandbox::sys::OwnPid());
  pid.copy(request->pid, sizeof request->pid - 1);
  request->client[0].request = request;
  request->server[0].request = request;
  va_list values;
  va_start(values, request);
  SetAll(*request, values);
  va_end(values);
  return request;
}

extern "C" request_info* request_set(request_info* request, ...) noexcept {
  va_list values;
  va_start(values, request);
  SetAll(*request, values);
  va_end(values);
  return request;
}
