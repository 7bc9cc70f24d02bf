// Nothing is allocated per message once a connection has warmed up.
//
// A program of its own, because it replaces operator new to count.
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "proxy/proxy.h"

namespace {

std::atomic<std::uint64_t> allocations = 0;

void* counted(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    std::abort();
}

} // namespace

void* operator new(std::size_t size) {
    return counted(size);
}
void* operator new[](std::size_t size) {
    return counted(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace tv::proxy {
namespace {

using wayland::event_opcode;
using wayland::InterfaceId;
using wayland::MessageBuilder;
using wayland::request_opcode;

struct Swallow final : RequestTransport {
    Result<std::size_t> send(Bytes bytes, std::span<const int>) override { return bytes.size(); }
};

constexpr std::size_t kFile = 256 * limits::kKiB;
enum : std::uint32_t { kRegistry = 2, kCompositor, kShm, kSurface, kPool, kBuffer, kCallback };

// An application that commits frame after frame, and the compositor that answers.
class SteadyStateTest : public testing::TestWithParam<CompressionKind> {
protected:
    SteadyStateTest() : proxy(config(), mirror) {
        proxy.start({.version = 16, .compression = GetParam()});
        EXPECT_TRUE(proxy.rids.open_file(1, kFile));
    }
    static ProxyConfig config() {
        ProxyConfig made;
        made.clock = &system_clock();
        return made;
    }

    template <typename M>
    void receive(const M& message) {
        encoded.resize(encoded_size(message));
        encode(message, encoded);
        auto status = proxy.channel_message(M::kType, encoded);
        ASSERT_TRUE(status) << describe(status.error());
        proxy.channel.received(M::kType, encoded.size(), now);
    }
    void requests() {
        receive(msg::Protocol{wayland.bytes()});
        wayland.consume(wayland.size());
    }
    MessageBuilder request(std::uint32_t object, std::uint16_t opcode, unsigned fds = 0) {
        return {wayland, object, opcode, fds};
    }

    void set_up_application() {
        using enum InterfaceId;
        request(1, request_opcode(wl_display, "get_registry")).u(kRegistry);
        requests();
        MessageBuilder(events, kRegistry, event_opcode(wl_registry, "global")).u(1).s("wl_compositor").u(4);
        MessageBuilder(events, kRegistry, event_opcode(wl_registry, "global")).u(2).s("wl_shm").u(1);
        answer();
        request(kRegistry, request_opcode(wl_registry, "bind")).u(1).s("wl_compositor").u(4).u(kCompositor);
        request(kRegistry, request_opcode(wl_registry, "bind")).u(2).s("wl_shm").u(1).u(kShm);
        request(kCompositor, request_opcode(wl_compositor, "create_surface")).u(kSurface);
        requests();
        std::byte rid[4];
        store_u32(rid, 0, 1);
        receive(msg::InjectRids{rid});
        request(kShm, request_opcode(wl_shm, "create_pool"), 1).u(kPool).u(kFile);
        request(kPool, request_opcode(wl_shm_pool, "create_buffer"))
            .u(kBuffer)
            .u(0)
            .u(256)
            .u(256)
            .u(1024)
            .u(1);
        requests();
    }

    void frame(std::span<const std::byte> compressed, std::uint32_t diff_size) {
        using enum InterfaceId;
        receive(msg::BufferDiff{1, diff_size, 0, compressed});
        request(kSurface, request_opcode(wl_surface, "attach")).u(kBuffer).u(0).u(0);
        request(kSurface, request_opcode(wl_surface, "damage")).u(0).u(0).u(256).u(256);
        request(kSurface, request_opcode(wl_surface, "frame")).u(kCallback);
        request(kSurface, request_opcode(wl_surface, "commit"));
        requests();
        ASSERT_TRUE(proxy.requests.flush(transport, now));
        MessageBuilder(events, kCallback, event_opcode(wl_callback, "done")).u(1);
        MessageBuilder(events, 1, event_opcode(wl_display, "delete_id")).u(kCallback);
        MessageBuilder(events, kBuffer, event_opcode(wl_buffer, "release"));
        answer();
        now += 16'000'000;
    }
    void answer() {
        auto status = proxy.compositor_events(events, fds);
        ASSERT_TRUE(status) << describe(status.error());
        (void)proxy.channel.acknowledge(now);
        proxy.channel.written(proxy.channel.ready().size());
    }

    mirror::MirrorState mirror;
    Proxy proxy;
    Swallow transport;
    ByteQueue wayland, events;
    Fifo<UniqueFd> fds;
    std::vector<std::byte> encoded;
    std::int64_t now = 1;
};

TEST_P(SteadyStateTest, frames_allocate_nothing_after_the_first_few) {
    set_up_application();
    std::vector<std::byte> diff(8 + 64 * limits::kKiB);
    store_u32(diff, 0, 0);
    store_u32(diff, 4, 16 * limits::kKiB);
    for (std::size_t i = 8; i < diff.size(); ++i) diff[i] = static_cast<std::byte>(i * 31 >> 3);
    std::vector<std::byte> compressed;
    ASSERT_TRUE(Compressor().compress(GetParam(), diff, compressed));

    for (int i = 0; i < 10; ++i) frame(compressed, static_cast<std::uint32_t>(diff.size()));
    std::uint64_t before = allocations;
    for (int i = 0; i < 1'000; ++i) frame(compressed, static_cast<std::uint32_t>(diff.size()));
    EXPECT_EQ(allocations - before, 0u);
    EXPECT_EQ(proxy.commits, 1'010u);
}

INSTANTIATE_TEST_SUITE_P(Compressions, SteadyStateTest,
                         testing::Values(CompressionKind::None, CompressionKind::Lz4, CompressionKind::Zstd),
                         [](const auto& info) { return std::string(compression_name(info.param)); });

} // namespace
} // namespace tv::proxy
