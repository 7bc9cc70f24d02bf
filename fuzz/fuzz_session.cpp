// A whole session. The input is a sequence of steps: one byte what, two bytes how much, then so many bytes if
// they are bytes. The channel's begin with the connection header. fuzz/session_seeds.py makes such inputs of
// recordings. With TV_FUZZ_SAY in the environment it is told how each input ends.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

#include "check.h"
#include "session_world.h"

namespace tv::fuzz {
namespace {

// What the first byte of a step says in its lowest bits.
enum Step : unsigned { kChannel, kCompositor, kCompositorTakes, kTime };

void run(Bytes input) {
    World world;
    ByteReader reader(input);
    Status status;
    while (status && reader.remaining() >= 3) {
        const unsigned what = reader.u8();
        std::size_t amount = reader.u8();
        amount |= static_cast<std::size_t>(reader.u8()) << 8;
        switch (what & 3) {
        case kChannel:
        case kCompositor: {
            const Bytes bytes = reader.bytes(std::min(amount, reader.remaining()));
            status = (what & 3) == kChannel ? world.channel_bytes(bytes)
                                            : world.compositor_bytes(bytes, what >> 2 & 3);
            break;
        }
        case kCompositorTakes:
            status = world.compositor_takes(amount);
            break;
        default:
            status = world.time_passes(static_cast<std::int64_t>(amount) * 1'000'000);
        }
    }
    if (std::getenv("TV_FUZZ_SAY") != nullptr)
        std::fprintf(stderr, "%s\n", status ? "the end of the input" : describe(status.error()).c_str());
    world.check();
}

// The lowest free descriptor's number rises when one leaks.
int lowest_free() {
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(fd);
    return fd;
}

} // namespace
} // namespace tv::fuzz

// As the session's thread does: writing to a pipe without a reader is an error, not an end.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
    std::signal(SIGPIPE, SIG_IGN);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const int before = tv::fuzz::lowest_free();
    tv::fuzz::run(std::as_bytes(std::span(data, size)));
    TV_EXPECT(tv::fuzz::lowest_free() == before);
    return 0;
}
