// Screen capture: here contents flow from the compositor to the application.
//
// The compositor writes into a buffer whose bytes both sides know. When the request that lets it write goes
// out, the buffer's bytes are set aside; when it says `ready`, the difference is sent ahead of the event. So
// there is a mirror only while a capture is under way.
#include <algorithm>
#include <array>

#include "mirror/diff.h"
#include "proxy/buffers.h"
#include "proxy/timing.h"

namespace tv::proxy {
namespace {

using wayland::InterfaceId;

// Diffs work in blocks of this size; a snapshot covers whole ones.
constexpr std::size_t kBlock = 64;

// Taken by the gate of the capturing request, read at `ready`.
struct Snapshot final : ForwardAction {
    std::shared_ptr<mirror::Replica> file;
    std::size_t begin = 0; // a multiple of kBlock
    std::size_t end = 0;   // that, or the end of the file
    std::vector<std::byte> before;
    bool taken = false;
    mirror::MirrorState& state;

    explicit Snapshot(mirror::MirrorState& mirror_state) : state(mirror_state) {}
    ~Snapshot() override { state.snapshot_bytes -= before.size(); }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    [[nodiscard]] Bytes pixels() const { return Bytes(file->file().bytes()).subspan(begin, end - begin); }

    Status about_to_forward() override {
        if (state.snapshot_bytes - before.size() + (end - begin) > limits::kMaxSnapshotBytes)
            return fail(ErrorCategory::Limit, "bytes of buffers for screen captures (kMaxSnapshotBytes)",
                        static_cast<std::int64_t>(end - begin));
        TV_TRY(file->note_written(begin, end - begin)); // the compositor will
        state.snapshot_bytes += end - begin - before.size();
        Bytes now = pixels();
        before.assign(now.begin(), now.end());
        taken = true;
        return {};
    }
};

struct FrameData final : wayland::ObjectData {
    std::shared_ptr<Snapshot> snapshot;
};

FrameData& frame_data(wayland::Object& frame) {
    if (auto* data = data_of<FrameData>(&frame)) return *data;
    auto data = std::make_unique<FrameData>();
    FrameData& made = *data;
    frame.data = std::move(data);
    return made;
}

std::shared_ptr<Snapshot> plan_snapshot(Proxy& proxy, std::uint32_t buffer_id) {
    auto* buffer = data_of<BufferData>(proxy.objects.find(buffer_id));
    // What lives in a surface is for showing alone.
    if (buffer == nullptr || !buffer->file || buffer->length == 0 || buffer->use) return nullptr;
    auto snapshot = std::make_shared<Snapshot>(proxy.mirror);
    snapshot->file = buffer->file;
    snapshot->begin = buffer->offset / kBlock * kBlock;
    snapshot->end = std::min((buffer->offset + buffer->length + kBlock - 1) / kBlock * kBlock,
                             buffer->file->announced_size());
    return snapshot;
}

// A diff of a part of the file becomes one of the whole file.
void move_spans(MutableBytes diff, std::size_t diff_size, std::size_t by) {
    auto words = static_cast<std::uint32_t>(by / kDiffWord);
    for (std::size_t at = 0; at < diff_size;) {
        std::uint32_t first = load_u32(diff, at);
        std::uint32_t end = load_u32(diff, at + 4);
        store_u32(diff, at, first + words);
        store_u32(diff, at + 4, end + words);
        at += kSpanHeader + std::size_t{end - first} * kDiffWord;
    }
}

// Trailing bytes are the last ones of the file as the remote side has it, and the application may have let it
// grow meanwhile: so they go by their place, as far as they make words.
void place_tail(std::vector<std::byte>& diff, DiffSize& size, Bytes before, Bytes now) {
    const std::size_t rest = size.ntrailing % kDiffWord;
    if (std::ranges::equal(before.last(rest), now.last(rest))) {
        diff.resize(diff.size() - rest);
        size.ntrailing -= rest;
    }
    const std::size_t words = size.ntrailing / kDiffWord;
    if (words == 0) return;
    const std::size_t first = now.size() / kDiffWord - words;
    std::array<std::byte, kSpanHeader> header{};
    store_u32(header, 0, static_cast<std::uint32_t>(first));
    store_u32(header, 4, static_cast<std::uint32_t>(first + words));
    diff.insert(diff.begin() + static_cast<std::ptrdiff_t>(size.diff_size), header.begin(), header.end());
    size.diff_size += kSpanHeader + words * kDiffWord;
    size.ntrailing -= words * kDiffWord;
}

Status send_captured(Proxy& proxy, const Snapshot& snapshot) {
    if (!snapshot.taken) return {};
    Bytes now = snapshot.pixels();
    ByteRange everything{0, now.size()};
    std::vector<std::byte> diff;
    DiffSize size = build_diff(snapshot.before, now, std::span(&everything, 1), diff);
    place_tail(diff, size, snapshot.before, now);
    if (size.empty()) return {};
    move_spans(diff, size.diff_size, snapshot.begin);
    return proxy.channel.send_diff(snapshot.file->rid(), diff, size.ntrailing);
}

Status capture_into(Proxy& proxy, Call& call, const std::shared_ptr<Snapshot>& snapshot) {
    if (snapshot) proxy.requests.gate(snapshot->file, true, 0, snapshot);
    return proxy.pass_request(call);
}

// wlr: copy(buffer), copy_with_damage(buffer)
Status wlr_copy(Proxy& proxy, Call& call) {
    auto snapshot = plan_snapshot(proxy, call.arguments().u());
    frame_data(*call.object).snapshot = snapshot;
    return capture_into(proxy, call, snapshot);
}

// ext: attach_buffer(buffer), then capture()
Status ext_attach(Proxy& proxy, Call& call) {
    frame_data(*call.object).snapshot = plan_snapshot(proxy, call.arguments().u());
    return proxy.pass_request(call);
}

Status ext_capture(Proxy& proxy, Call& call) {
    auto* data = data_of<FrameData>(call.object);
    return capture_into(proxy, call, data != nullptr ? data->snapshot : nullptr);
}

Status send_pixels(Proxy& proxy, Call& call) {
    auto* data = data_of<FrameData>(call.object);
    if (data == nullptr || !data->snapshot) return {};
    auto snapshot = std::move(data->snapshot);
    return send_captured(proxy, *snapshot);
}

// ready(seconds high, seconds low, nanoseconds): monotonic time
Status wlr_ready(Proxy& proxy, Call& call) {
    TV_TRY(send_pixels(proxy, call));
    return pass_event_with_time(proxy, call, LinuxClock::Monotonic, wayland::kHeaderSize);
}

Status ext_presentation_time(Proxy& proxy, Call& call) {
    return pass_event_with_time(proxy, call, LinuxClock::Monotonic, wayland::kHeaderSize);
}

Status ext_ready(Proxy& proxy, Call& call) {
    TV_TRY(send_pixels(proxy, call));
    return proxy.pass_event(call);
}

Status failed(Proxy& proxy, Call& call) {
    if (auto* data = data_of<FrameData>(call.object)) data->snapshot.reset();
    return proxy.pass_event(call);
}

// Captures go into wl_shm buffers only.
Status swallow(Proxy&, Call&) {
    return {};
}

constexpr Route kRoutes[] = {
    on_request(InterfaceId::zwlr_screencopy_frame_v1, "copy", wlr_copy),
    on_request(InterfaceId::zwlr_screencopy_frame_v1, "copy_with_damage", wlr_copy),
    on_event(InterfaceId::zwlr_screencopy_frame_v1, "ready", wlr_ready),
    on_event(InterfaceId::zwlr_screencopy_frame_v1, "failed", failed),
    on_event(InterfaceId::zwlr_screencopy_frame_v1, "linux_dmabuf", swallow),
    on_request(InterfaceId::ext_image_copy_capture_frame_v1, "attach_buffer", ext_attach),
    on_request(InterfaceId::ext_image_copy_capture_frame_v1, "capture", ext_capture),
    on_event(InterfaceId::ext_image_copy_capture_frame_v1, "presentation_time", ext_presentation_time),
    on_event(InterfaceId::ext_image_copy_capture_frame_v1, "ready", ext_ready),
    on_event(InterfaceId::ext_image_copy_capture_frame_v1, "failed", failed),
    on_event(InterfaceId::ext_image_copy_capture_session_v1, "dmabuf_device", swallow),
    on_event(InterfaceId::ext_image_copy_capture_session_v1, "dmabuf_format", swallow),
};

} // namespace

std::span<const Route> capture_routes() {
    return kRoutes;
}

} // namespace tv::proxy
