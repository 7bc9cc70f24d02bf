#include "proxy/foreign_file.h"

#include <cerrno>

#include <unistd.h>

#include "base/limits.h"

namespace tv::proxy {

Result<std::vector<std::byte>> read_foreign_file(const UniqueFd& file, std::size_t size) {
    if (size > limits::kMaxFixedFileBytes)
        return fail(ErrorCategory::Limit, "bytes of one keymap or profile (kMaxFixedFileBytes)",
                    static_cast<std::int64_t>(size));
    std::vector<std::byte> contents(size);
    std::size_t have = 0;
    while (have < size) {
        ssize_t count = ::pread(file.get(), contents.data() + have, size - have, static_cast<off_t>(have));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && have == 0) (void)copy_unreadable_file(file, contents);
        if (count <= 0) break;
        have += static_cast<std::size_t>(count);
    }
    return contents;
}

} // namespace tv::proxy
