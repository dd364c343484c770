// SPDX-License-Identifier: BSD-2-Clause
//
// The same service as static_service, as an ordinary static program with the C library.
#include <unistd.h>

int main() { return write(STDOUT_FILENO, ".\n", 2) == 2 ? 0 : 1; }
