// SPDX-License-Identifier: BSD-2-Clause
// The one line that the client sends: a verb, then key=value words.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

static char line[8192];
static char* words[64];
static size_t count;

void ReadRequest(void) {
  size_t size = 0;
  while (size < sizeof line - 1 && read(STDIN_FILENO, line + size, 1) == 1 && line[size] != '\n') {
    ++size;
  }
  line[size] = '\0';
  char* rest = line;
  while (count < sizeof words / sizeof words[0] && (words[count] = strsep(&rest, " ")) != NULL) {
    ++count;
  }
}

const char* RequestVerb(void) { return count == 0 ? "" : words[0]; }

const char* Given(const char* key) {
  const size_t length = strlen(key);
  for (size_t i = 1; i < count; ++i) {
    if (strncmp(words[i], key, length) == 0 && words[i][length] == '=') {
      return words[i] + length + 1;
    }
  }
  return NULL;
}

long GivenNumber(const char* key) {
  const char* value = Given(key);
  return value == NULL ? 0 : strtol(value, NULL, 10);
}
