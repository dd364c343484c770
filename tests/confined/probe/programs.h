// SPDX-License-Identifier: BSD-2-Clause
// What the probe does when it has executed itself by another name (programs.c).
#pragma once

// The exit status: 0 when it runs as the user (or holds the capability) that the words ask for.
int TellIdentity(const char* what, const char* number);
