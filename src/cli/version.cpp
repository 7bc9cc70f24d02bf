#include <fmt/format.h>

#include "cli/options.h"
#include "cli/vsock.h"
#include "video/decoders.h"

namespace tv::cli {

std::string version_text() {
    return fmt::format("tunnelview {}\n"
                       "wire versions: 16 17\n"
                       "lz4: true\n"
                       "zstd: true\n"
                       "shm: true\n"
                       "dmabuf: true\n"
                       "video: {}\n"
                       "vsock: {}\n",
                       TV_VERSION, !video::available_decoders().empty(), vsock_supported());
}

} // namespace tv::cli
