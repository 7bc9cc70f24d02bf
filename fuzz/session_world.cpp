#include "session_world.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/header.h"
#include "check.h"
#include "wayland/message.h"

namespace tv::fuzz {
namespace {

// What one turn of the session reads of a pipe.
constexpr std::size_t kPipeRead = 32 * 1024;

// Descriptors of every kind that a compositor may send.
UniqueFd some_descriptor(unsigned number) {
    switch (number % 3) {
    case 0: {
        UniqueFd file = UniqueFd::adopt(::memfd_create("fuzz", MFD_CLOEXEC));
        TV_EXPECT(file.valid() && ::ftruncate(file.get(), 4096) == 0);
        return file;
    }
    case 1: {
        int ends[2];
        TV_EXPECT(::pipe2(ends, O_CLOEXEC) == 0);
        UniqueFd::adopt(ends[0]).reset();
        return UniqueFd::adopt(ends[1]);
    }
    default:
        return UniqueFd::adopt(::open("/dev/null", O_RDWR | O_CLOEXEC));
    }
}

// A fate in about every second packet; none that stops the only thread there is.
test::Fate fate_of(std::uint64_t number) {
    using enum test::Fate;
    constexpr test::Fate kFates[] = {Picture, Picture, Picture,  Corrupted, Picture, Broken,
                                     Nothing, Picture, OnAsking, Truncated, Picture, OnWaiting,
                                     Small,   Picture, Silent,   OnNext};
    return kFates[number % std::size(kFates)];
}

} // namespace

Result<std::size_t> SwallowingCompositor::send(Bytes bytes, std::span<const int> fds) {
    TV_EXPECT(!bytes.empty() && fds.size() <= limits::kMaxDescriptorsPerSend);
    if (appetite == 0) return fail(ErrorCategory::TryAgain, "send");
    const std::size_t count = std::min(bytes.size(), appetite);
    appetite -= count;
    taken_.append(bytes.first(count));
    while (taken_.size() >= wayland::kHeaderSize) {
        auto header = wayland::read_header(taken_.bytes(), ErrorCategory::PeerViolation);
        TV_EXPECT(header.has_value());
        TV_EXPECT(header->fds == 0); // the tag is the channel's
        if (header->size > taken_.size()) break;
        taken_.consume(header->size);
    }
    return count;
}

bool StillClock::now(LinuxClock clock, std::int64_t& nanoseconds) const {
    constexpr std::int64_t kSince1970 = 1'700'000'000'000'000'000;
    nanoseconds = clock == LinuxClock::Realtime ? kSince1970 + time : time;
    return clock == LinuxClock::Realtime || clock == LinuxClock::Monotonic;
}

void CountingTap::passed(ChannelDirection direction, Bytes bytes) {
    TV_EXPECT(!bytes.empty() && direction == ChannelDirection::FromApplication);
    received += bytes.size();
}

proxy::ProxyConfig World::config() {
    proxy::ProxyConfig made;
    made.frame_watch = &statistics_;
    made.clock = &clock_;
    made.title_prefix = "prefix: ";
    made.video.decoders = {&hardware_factory_, &software_factory_};
    made.video.executor = &executor_;
    return made;
}

World::World() {
    hardware_.hardware = true;
    hardware_.fate = [](int decoder, std::uint64_t packet) {
        return fate_of(packet + static_cast<unsigned>(decoder));
    };
    software_.fate = [](int decoder, std::uint64_t packet) {
        return fate_of(2 * packet + static_cast<unsigned>(decoder));
    };
    int ends[2];
    TV_EXPECT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    our_end_ = UniqueFd::adopt(ends[0]);
    link_.emplace(UniqueFd::adopt(ends[1]), UniqueFd(), &tap_);
    proxy_.emplace(config(), mirror_);
    reader_.emplace(*link_, *proxy_);
}

Status World::channel_bytes(Bytes bytes) {
    // While we are congested they wait in the socket.
    const ssize_t count = ::send(our_end_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count != static_cast<ssize_t>(bytes.size())) return fail(ErrorCategory::TryAgain, "full");
    return turn();
}

Status World::compositor_bytes(Bytes bytes, unsigned fds) {
    for (unsigned i = 0; i < fds; ++i) event_fds_.push(some_descriptor(made_fds_++));
    events_.append(bytes);
    TV_TRY(proxy_->compositor_events(events_, event_fds_));
    return turn();
}

Status World::compositor_takes(std::size_t bytes) {
    compositor_.appetite += bytes;
    return turn();
}

Status World::time_passes(std::int64_t nanoseconds) {
    clock_.time += nanoseconds;
    return turn();
}

Status World::turn() {
    bool more = true;
    while (more && !proxy_->peer_closed()) {
        serve_pipes();
        TV_TRY(advance());
        while (reader_->held_back() && !proxy_->congested()) {
            TV_TRY(reader_->resume(clock_.time, [this] { return advance(); }));
            TV_TRY(advance());
        }
        (void)proxy_->channel.acknowledge(clock_.time);
        (void)statistics_.tick(clock_.time, reader_->bytes_read());
        pollfd ask{link_->in(), POLLIN, 0};
        more = !proxy_->congested() && ::poll(&ask, 1, 0) == 1;
        if (!more) break;
        TV_ASSIGN(bool open, reader_->read(clock_.time, [this] { return advance(); }));
        TV_EXPECT(open);
    }
    return {};
}

Status World::advance() {
    bool progress = true;
    while (progress) {
        progress = executor_.run_all();
        mirror_.drop_finished_orphans();
        auto apply = [&progress](mirror::Replica& file) -> Status {
            TV_ASSIGN(bool some, file.pump());
            progress = progress || some;
            return {};
        };
        if (mirror_.waiting_replicas != 0) TV_TRY(proxy_->rids.for_each_waiting(apply));
        if (proxy_->requests.empty()) continue;
        TV_ASSIGN(bool passed, proxy_->requests.flush(compositor_, clock_.time));
        progress = progress || (passed && mirror_.waiting_replicas != 0);
    }
    return {};
}

void World::serve_pipes() {
    std::array<std::byte, kPipeRead> buffer;
    for (mirror::Pipe& pipe : proxy_->rids.pipes()) {
        if (pipe.reads() && proxy_->channel.size() < limits::kPausePipesBytes) {
            auto count = pipe.read(buffer);
            if (count && *count != 0) proxy_->channel.send_pipe_data(pipe.rid(), Bytes(buffer).first(*count));
            if (count && *count == 0) {
                proxy_->channel.send(msg::PipeShutdownW{pipe.rid()});
                pipe.close_reading();
            }
        }
        if (!pipe.writes() || !pipe.wants_write()) continue;
        const bool reader_gone = !pipe.write();
        if (reader_gone) proxy_->channel.send(msg::PipeShutdownR{pipe.rid()});
        if (reader_gone || pipe.finished_writing()) pipe.close_writing();
    }
    proxy_->rids.drop_closed_pipes();
}

void World::check() {
    TV_EXPECT(mirror_.mapped_bytes <= limits::kMaxMappedBytes);
    TV_EXPECT(mirror_.written_bytes <= limits::kMaxWrittenBytes);
    TV_EXPECT(mirror_.snapshot_bytes <= limits::kMaxSnapshotBytes);
    TV_EXPECT(mirror_.live_replicas <= limits::kMaxFiles);
    TV_EXPECT(proxy_->objects.live() <= limits::kMaxObjects);
    TV_EXPECT(proxy_->rids.pipe_bytes() <= limits::kMaxPipeBytes);
    TV_EXPECT(proxy_->rids.pipes().size() <= limits::kMaxPipes);
    check_channel();
    check_statistics();

    reader_.reset();
    proxy_.reset();
    while (executor_.run_all()) {
    }
    TV_EXPECT(hardware_.alive == 0 && software_.alive == 0);
    mirror_.drop_finished_orphans();
    TV_EXPECT(mirror_.live_replicas == 0 && mirror_.waiting_replicas == 0);
    TV_EXPECT(mirror_.mapped_bytes == 0 && mirror_.written_bytes == 0);
    TV_EXPECT(mirror_.private_bytes == 0 && mirror_.snapshot_bytes == 0);
}

// The stages of a frame are as long as the frame.
void World::check_statistics() {
    TV_EXPECT(tap_.received == reader_->bytes_read());
    const StatisticsSnapshot snapshot = statistics_.take(clock_.time, reader_->bytes_read());
    std::uint64_t frames = 0;
    for (const SurfaceStatistics& surface : snapshot.surfaces) {
        TV_EXPECT(surface.measured <= surface.frames && surface.total.frames == surface.measured);
        std::int64_t stages = 0;
        for (const StageTimes& stage : surface.stages) stages += stage.sum;
        TV_EXPECT(stages == surface.total.sum);
        frames += surface.frames;
    }
    TV_EXPECT(frames <= snapshot.frames);
}

void World::check_channel() {
    Bytes bytes = proxy_->channel.ready();
    std::size_t injected = 0;
    while (!bytes.empty()) {
        auto frame = peek_frame(bytes);
        TV_EXPECT(frame && frame->padded_size() <= bytes.size());
        if (frame->type == MessageType::InjectRids) {
            TV_EXPECT(injected == 0);
            injected = (frame->size - kFrameWordSize) / sizeof(Rid);
        }
        if (frame->type == MessageType::Protocol) {
            Bytes events = bytes.first(frame->size).subspan(kFrameWordSize);
            while (!events.empty()) {
                TV_EXPECT(events.size() >= wayland::kHeaderSize);
                auto header = wayland::read_header(events, ErrorCategory::Compositor);
                TV_EXPECT(header && header->size <= events.size() && header->fds <= injected);
                injected -= header->fds;
                events = events.subspan(header->size);
            }
            TV_EXPECT(injected == 0);
        }
        bytes = bytes.subspan(frame->padded_size());
    }
    TV_EXPECT(injected == 0);
}

} // namespace tv::fuzz
