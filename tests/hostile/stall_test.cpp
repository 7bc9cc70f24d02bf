// Ends that do not read: memory stays bounded, the other end is slowed down and never dropped.
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "arena.h"
#include "base/limits.h"
#include "channel/compression.h"
#include "duel.h"

namespace tv::test {
namespace {

class Stall : public Duel {
protected:
    // The application has the data offer 0xff000000.
    void open_clipboard() {
        ASSERT_NE(peer_->bind("wl_data_device_manager", kFirstFree), 0u);
        ASSERT_NE(peer_->bind("wl_seat", kFirstFree + 1), 0u);
        ASSERT_TRUE(peer_->protocol(Words(kFirstFree, 1).u(kFirstFree + 2).u(kFirstFree + 1)));
        expect_alive();
        compositor_->say(Words(kFirstFree + 2, 0).u(0xff000000));
        ASSERT_TRUE(peer_->wait_for([&] {
            return std::ranges::any_of(peer_->events(),
                                       [](const Event& e) { return e.object == kFirstFree + 2; });
        }));
    }
};

constexpr Rid kRid = 1;
constexpr std::uint32_t kSurface = kFirstFree;
constexpr std::uint32_t kPool = kFirstFree + 1;
constexpr std::uint32_t kBuffer = kFirstFree + 2;
constexpr auto kNothingMore = 500ms; // as long as this without progress means that the other end has paused

// What sockets hold on both sides of the session, and what queues take while they double.
constexpr std::size_t kSlack = 16 * limits::kMiB;

ByteVector frame_of(Bytes message, std::size_t count) {
    ByteVector all;
    for (std::size_t i = 0; i < count; ++i) append(all, message);
    return all;
}

ByteVector encoded_protocol(const ByteVector& messages) {
    ByteVector bytes(encoded_size(msg::Protocol{messages}));
    encode(msg::Protocol{messages}, bytes);
    return bytes;
}

TEST_F(Stall, a_compositor_that_never_reads_slows_the_application_down_and_loses_nothing) {
    open();
    ASSERT_TRUE(peer_->protocol(Words(kCompositor, 0).u(kSurface)));
    expect_alive();
    const std::size_t before = compositor_->bytes_received();
    compositor_->asleep = true;
    // wl_surface.damage, 24 bytes
    const ByteVector damage = frame_of(ByteVector(Words(kSurface, 2).i(0).i(0).i(1).i(1)), 40'000);
    const ByteVector message = encoded_protocol(damage);
    const ByteVector flood = frame_of(message, 100); // 96 MB
    const long resident = resident_kib();
    const std::size_t taken = peer_->push(flood, kNothingMore);
    EXPECT_GT(taken, limits::kPauseChannelBytes / 2);
    EXPECT_LT(taken, limits::kPauseChannelBytes + kSlack);
    if (!kSanitized) {
        // A queue doubles when it grows.
        EXPECT_LT(resident_kib() - resident,
                  static_cast<long>((2 * limits::kPauseChannelBytes + kSlack) / 1024));
    }

    compositor_->asleep = false;
    const std::size_t whole = taken / message.size() * message.size();
    ASSERT_TRUE(peer_->raw(Bytes(flood).subspan(taken, whole + message.size() - taken)));
    expect_alive();
    const std::size_t requests = (whole / message.size() + 1) * damage.size();
    EXPECT_GE(compositor_->bytes_received() - before, requests);
    EXPECT_LE(compositor_->bytes_received() - before, requests + 100);
}

// Commits that wait hold the updates behind them in memory, and those unfold to many times what was sent.
TEST_F(Stall, updates_behind_a_commit_that_waits_unfold_only_up_to_the_limit) {
    open(CompressionKind::Zstd);
    constexpr std::uint32_t kSize = 512 * 1024;
    ASSERT_TRUE(peer_->pool(kPool, kRid, kSize));
    ASSERT_TRUE(peer_->protocol(together(Words(kCompositor, 0).u(kSurface),
                                         Words(kPool, 0).u(kBuffer).i(0).i(1024).i(128).i(4096).u(0))));
    expect_alive();
    compositor_->asleep = true;
    // More than a socket holds, so that the commit behind it cannot go out.
    const ByteVector damage = frame_of(ByteVector(Words(kSurface, 2).i(0).i(0).i(1).i(1)), 40'000);
    ASSERT_TRUE(peer_->protocol(damage));
    ASSERT_TRUE(peer_->protocol(together(Words(kSurface, 1).u(kBuffer).i(0).i(0), Words(kSurface, 6))));

    ByteVector bomb;
    ASSERT_TRUE(Compressor().compress(CompressionKind::Zstd, ByteVector(kSize), bomb));
    const msg::BufferFill fill{kRid, 0, kSize, bomb};
    ByteVector update(encoded_size(fill));
    encode(fill, update);
    const ByteVector flood = frame_of(update, 20'000); // would be 10 GB
    const long resident = resident_kib();
    const std::size_t taken = peer_->push(flood, kNothingMore);
    EXPECT_LT(taken, flood.size());
    if (!kSanitized) {
        EXPECT_LT(resident_kib() - resident,
                  static_cast<long>((2 * limits::kPauseChannelBytes + kSlack) / 1024));
    }

    compositor_->asleep = false;
    ASSERT_TRUE(peer_->raw(Bytes(flood).subspan(taken)));
    ASSERT_TRUE(peer_->protocol(together(Words(kSurface, 1).u(kBuffer).i(0).i(0), Words(kSurface, 6))));
    expect_alive();
}

TEST_F(Stall, updates_of_no_bytes_behind_a_commit_that_waits_count_too) {
    open();
    ASSERT_TRUE(peer_->pool(kPool, kRid, 4096));
    ASSERT_TRUE(peer_->protocol(together(Words(kCompositor, 0).u(kSurface),
                                         Words(kPool, 0).u(kBuffer).i(0).i(32).i(32).i(128).u(0))));
    expect_alive();
    compositor_->asleep = true;
    const ByteVector damage = frame_of(ByteVector(Words(kSurface, 2).i(0).i(0).i(1).i(1)), 40'000);
    ASSERT_TRUE(peer_->protocol(damage));
    ASSERT_TRUE(peer_->protocol(together(Words(kSurface, 1).u(kBuffer).i(0).i(0), Words(kSurface, 6))));
    const msg::BufferDiff nothing{kRid, 0, 0, {}};
    ByteVector update(encoded_size(nothing));
    encode(nothing, update);
    const ByteVector flood = frame_of(update, 4'000'000); // 64 MB
    const std::size_t taken = peer_->push(flood, kNothingMore);
    EXPECT_LT(taken, limits::kPauseChannelBytes / 8);
}

TEST_F(Stall, descriptors_that_wait_for_the_compositor_are_few) {
    open();
    ASSERT_TRUE(peer_->protocol(Words(kCompositor, 0).u(kSurface)));
    expect_alive();
    compositor_->asleep = true;
    ASSERT_TRUE(peer_->protocol(frame_of(ByteVector(Words(kSurface, 2).i(0).i(0).i(1).i(1)), 40'000)));
    ASSERT_TRUE(peer_->send(msg::OpenFile{kRid, 4096}));
    ByteVector pools;
    for (std::uint32_t id = kPool; id < 3000; ++id) {
        ByteVector inject(8);
        ByteVector rid;
        append_u32(rid, kRid);
        encode(msg::InjectRids{rid}, inject);
        append(pools, inject);
        append(pools, encoded_protocol(Words(kShm, 0, 1).u(id).i(4096)));
    }
    const int before = count_descriptors();
    (void)peer_->push(pools, kNothingMore);
    EXPECT_LE(count_descriptors() - before, static_cast<int>(limits::kPauseDescriptors) + 8);
    compositor_->asleep = false;
    ASSERT_TRUE(peer_->wait_for([&] { return compositor_->descriptors().size() == 3000 - kPool; }));
    compositor_->descriptors().clear();
}

TEST_F(Stall, an_application_that_never_reads_makes_us_stop_reading_the_compositor_and_loses_nothing) {
    open();
    const std::size_t seen = peer_->events().size();
    // wl_registry.global_remove of names that were never there, 12 bytes
    ByteVector flood;
    constexpr std::uint32_t kCount = 2'000'000;
    for (std::uint32_t i = 0; i < kCount; ++i) append(flood, ByteVector(Words(kRegistry, 1).u(1000 + i)));
    const long resident = resident_kib();
    const std::size_t taken = compositor_->send(flood, {}, kNothingMore);
    EXPECT_GT(taken, limits::kPauseCompositorBytes / 2);
    EXPECT_LT(taken, limits::kPauseCompositorBytes + kSlack);
    if (!kSanitized) {
        EXPECT_LT(resident_kib() - resident,
                  static_cast<long>((2 * limits::kPauseCompositorBytes + kSlack) / 1024));
    }

    std::size_t sent = taken;
    peer_->meanwhile = [&] {
        sent += compositor_->send(Bytes(flood).subspan(sent), {}, 0ms);
        (void)compositor_->serve();
    };
    ASSERT_TRUE(peer_->wait_for([&] { return peer_->events().size() == seen + kCount; }));
    bool in_order = true;
    for (std::uint32_t i = 0; i < kCount; ++i)
        in_order = in_order && load_u32(peer_->events()[seen + i].arguments, 0) == 1000 + i;
    EXPECT_TRUE(in_order);
    expect_alive();
}

TEST_F(Stall, an_application_that_never_reads_a_paste_makes_us_stop_reading_it) {
    open(CompressionKind::None, 16);
    open_clipboard();
    // The compositor gets the write end of a pipe of ours.
    ASSERT_TRUE(peer_->send(msg::OpenIRPipe{kRid}) && peer_->inject({kRid}));
    ASSERT_TRUE(peer_->protocol(Words(0xff000000, 1, 1).s("text/plain"))); // receive
    ASSERT_TRUE(peer_->wait_for([&] { return compositor_->descriptors().size() == 1; }));

    const int pipe = compositor_->descriptors().front().get();
    ASSERT_EQ(::fcntl(pipe, F_SETFL, O_NONBLOCK), 0);
    const ByteVector chunk(64 * 1024);
    std::size_t written = 0;
    while (written < 64 * limits::kMiB) {
        pollfd entry{pipe, POLLOUT, 0};
        if (::poll(&entry, 1, static_cast<int>(kNothingMore.count())) <= 0) break;
        const ssize_t count = ::write(pipe, chunk.data(), chunk.size());
        if (count > 0) written += static_cast<std::size_t>(count);
    }
    EXPECT_LT(written, limits::kPausePipesBytes + 2 * limits::kMiB);
    compositor_->descriptors().clear();
    ASSERT_TRUE(peer_->wait_for([&] { return peer_->messages_seen(MessageType::PipeShutdownW) == 1; }));
    EXPECT_EQ(peer_->pipe_bytes_seen(), written);
    expect_alive();
}

// Milliseconds of processor time that this process takes in a while.
long processor_time(std::chrono::milliseconds of) {
    timespec before{}, after{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    std::this_thread::sleep_for(of);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    return (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1'000'000;
}

TEST_F(Stall, waiting_for_a_compositor_that_never_reads_costs_no_processor_time) {
    open();
    ASSERT_TRUE(peer_->protocol(Words(kCompositor, 0).u(kSurface)));
    expect_alive();
    compositor_->asleep = true;
    const ByteVector message =
        encoded_protocol(frame_of(ByteVector(Words(kSurface, 2).i(0).i(0).i(1).i(1)), 40'000));
    (void)peer_->push(frame_of(message, 100), kNothingMore);
    EXPECT_LT(processor_time(500ms), 100);
}

TEST_F(Stall, a_socket_pair_whose_other_end_is_closed_ends_and_costs_no_processor_time) {
    open(CompressionKind::None, 16);
    open_clipboard();
    ASSERT_TRUE(peer_->send(msg::OpenRWPipe{kRid}) && peer_->inject({kRid}));
    ASSERT_TRUE(peer_->protocol(Words(0xff000000, 1, 1).s("text/plain"))); // receive
    ASSERT_TRUE(peer_->wait_for([&] { return compositor_->descriptors().size() == 1; }));
    compositor_->descriptors().clear();
    ASSERT_TRUE(peer_->wait_for([&] {
        return peer_->messages_seen(MessageType::PipeShutdownW) == 1 &&
               peer_->messages_seen(MessageType::PipeShutdownR) == 1;
    }));
    EXPECT_LT(processor_time(300ms), 100);
    expect_alive();
}

} // namespace
} // namespace tv::test
