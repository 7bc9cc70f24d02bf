// Small files that the compositor sends: keymaps, ICC profiles.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

namespace tv::proxy {

// `size` bytes from the start of the file, read with pread, not mapped: its owner may truncate it at any
// time. What is missing reads as zeros. Limit: limits::kMaxFixedFileBytes.
[[nodiscard]] Result<std::vector<std::byte>> read_foreign_file(const UniqueFd& file, std::size_t size);

// For a file that pread does not take, where such are safe to copy otherwise. Implemented per system.
[[nodiscard]] bool copy_unreadable_file(const UniqueFd& file, MutableBytes into);

} // namespace tv::proxy
