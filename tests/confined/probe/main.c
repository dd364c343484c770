// SPDX-License-Identifier: BSD-2-Clause
// The probe's conversation: "probe PID", then one line is read, "acts key=value…", "facts" or
// "hold"; the answer follows, and "end". `probe accept` is for services with `wait = yes`: it takes
// one connection from its listening socket. `probe list` prints the names of all acts, and `probe
// --identity` tells by its exit status what it became by being executed (programs.c).
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"
#include "programs.h"

void Say(const char* format, ...) {
  char line[4096];
  va_list words;
  va_start(words, format);
  const int length = vsnprintf(line, sizeof line - 1, format, words);
  va_end(words);
  size_t size = length < 0 ? 0 : (size_t)length;
  if (size > sizeof line - 2) size = sizeof line - 2;
  line[size++] = '\n';
  for (size_t sent = 0; sent < size;) {
    const ssize_t n = write(STDOUT_FILENO, line + sent, size - sent);
    if (n <= 0) _exit(1);
    sent += (size_t)n;
  }
}

// An instance that others attack: it does nothing until its client goes away.
static void Hold(void) {
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

static void TakeConnection(void) {
  const int connection = accept(STDIN_FILENO, NULL, NULL);
  if (connection < 0) _exit(1);
  dup2(connection, STDIN_FILENO);
  dup2(connection, STDOUT_FILENO);
  close(connection);
}

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], "--identity") == 0) return TellIdentity(argv[2], argv[3]);
  if (argc == 2 && strcmp(argv[1], "list") == 0) {
    ListActs();
    return 0;
  }
  NoteStart();
  if (argc == 2 && strcmp(argv[1], "accept") == 0) TakeConnection();
  Say("probe %d", (int)getpid());
  ReadRequest();
  const char* verb = RequestVerb();
  if (strcmp(verb, "acts") == 0) RunActs();
  if (strcmp(verb, "facts") == 0) TellFacts();
  if (strcmp(verb, "hold") == 0) Hold();
  Say("end");
  return 0;
}
