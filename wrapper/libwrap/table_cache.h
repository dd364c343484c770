// SPDX-License-Identifier: BSD-2-Clause
// The compiled access files of this process, one for each pair of tables it has named.
#pragma once

#include <memory>
#include <string>

#include "wrapper/access/hosts_files.h"

namespace postern::wrapper::libwrap {

// As the files are at this moment. Any thread may call; a process that forks while another of its
// threads is in here can go on deciding in the child.
HostsVersion CurrentFiles(const policy::hosts::TablePaths&);

}  // namespace postern::wrapper::libwrap
