// tunnelview.h, function by function: arguments checked, exceptions stopped, the rest is Receiver's.
#include <cstring>
#include <string_view>

#include "capi/guarded.h"
#include "capi/setup.h"
#include "video/convert/convert.h"
#include "video/convert/rows.h"
#include "video/decoders.h"
#include "video/planes.h"

namespace {

using namespace tv;
using namespace tv::capi;

// What was compiled for one TV_ABI does not link with another.
#define TV_TEXT_OF(words) #words
#define TV_TEXT(words) TV_TEXT_OF(words)
static_assert(std::string_view(TV_TEXT(tv_receiver_create)) == "tv_receiver_create_abi_" TV_TEXT(TV_ABI));
#undef TV_TEXT
#undef TV_TEXT_OF

// The receiver is kept for the call: it may be destroyed meanwhile where run() is still on its way out.
template <typename Work>
tv_result with(tv_receiver receiver, Work work) {
    if (receiver == nullptr) return TV_ERROR_ARGUMENT;
    return guarded([&] {
        const std::shared_ptr<Receiver> core = receiver->core;
        return work(*core);
    });
}

// Writes no more than the host's struct has; its size stays what it was.
template <typename T>
tv_result give(const T& value, T* out) {
    std::size_t size = 0;
    if (out == nullptr) return TV_ERROR_ARGUMENT;
    std::memcpy(&size, out, sizeof size);
    if (size < sizeof size) return TV_ERROR_ARGUMENT;
    const std::size_t known = std::min(size, sizeof(T));
    std::memcpy(reinterpret_cast<char*>(out) + sizeof size,
                reinterpret_cast<const char*>(&value) + sizeof size, known - sizeof size);
    return TV_OK;
}

void copy_name(const char* name, std::span<char> room) {
    const std::size_t length = std::min(std::strlen(name), room.size() - 1);
    std::memcpy(room.data(), name, length);
}

tv_probe_info make_probe_info() {
    tv_probe_info info = TV_PROBE_INFO_INIT;
    info.version = TV_VERSION;
    for (const auto& decoder : video::available_decoders()) {
        if (info.decoder_count == TV_MAX_DECODERS) break;
        tv_decoder_info& told = info.decoders[info.decoder_count++];
        copy_name(decoder->name(), told.name);
        told.hardware = decoder->hardware() ? 1 : 0;
        for (unsigned codec = 0; codec < video::kCodecCount; ++codec)
            if (decoder->may_decode(static_cast<video::Codec>(codec))) told.codecs |= TV_CODEC_BIT(codec);
    }
    copy_name((*video::row_functions())->name, info.converter);
    info.wire_version_min = kMinWireVersion;
    info.wire_version_max = kMaxWireVersion;
    info.max_memory_bytes = limits::kMaxWrittenBytes;
    info.max_video_pixels = limits::kMaxVideoPixels;
    info.max_video_streams = static_cast<std::uint32_t>(limits::kMaxVideoStreams);
    info.max_image_side = limits::kMaxImageSide;
    return info;
}

// Waits for a pass that may outlive the wait.
class PassWait {
public:
    explicit PassWait(std::shared_ptr<InFlight> passes) : passes_(std::move(passes)) {}
    ~PassWait() {
        if (begun_) passes_->end();
    }
    PassWait(const PassWait&) = delete;
    PassWait& operator=(const PassWait&) = delete;

    // False: not while paused.
    [[nodiscard]] bool begin() { return begun_ = passes_->try_begin(); }
    void finish(const Status& status) {
        const std::lock_guard lock(mutex_);
        outcome_ = status ? TV_OK : result_of(status.error());
        done_.notify_all();
    }
    [[nodiscard]] tv_result wait(std::chrono::milliseconds timeout) {
        std::unique_lock lock(mutex_);
        done_.wait_for(lock, timeout, [this] { return outcome_.has_value(); });
        return outcome_.value_or(TV_ERROR_TIMEOUT);
    }

private:
    const std::shared_ptr<InFlight> passes_;
    bool begun_ = false;
    std::mutex mutex_;
    std::condition_variable done_;
    std::optional<tv_result> outcome_;
};

tv_result force_pass(Receiver& core, std::uint32_t surface_id, std::chrono::milliseconds timeout) {
    if (!core.has_frames()) return TV_ERROR_STATE;
    const auto found = core.frames().find(surface_id);
    if (!found) return TV_ERROR_NOT_FOUND;
    const auto pass = found->pass.lock();
    if (!core.zero_pass() || !found->frame || !pass) return TV_OK;
    const auto wait = std::make_shared<PassWait>(core.passes());
    if (!wait->begin()) return TV_ERROR_STATE;
    (*pass)(found->frame->picture(),
            [wait, kept = found->frame](const Status& status) { wait->finish(status); });
    return wait->wait(timeout);
}

} // namespace

extern "C" {

uint32_t tv_version(void) {
    return TV_VERSION;
}

const char* tv_version_string(void) {
    return TV_VERSION_TEXT;
}

const char* tv_result_string(tv_result result) {
    switch (static_cast<int>(result)) {
    case TV_OK:
        return "success";
    case TV_ERROR_ARGUMENT:
        return "invalid argument";
    case TV_ERROR_STATE:
        return "not possible in this state";
    case TV_ERROR_CALLBACK:
        return "refused inside a callback of the same receiver";
    case TV_ERROR_TIMEOUT:
        return "still going on";
    case TV_ERROR_NOT_FOUND:
        return "not found";
    case TV_ERROR_MEMORY:
        return "out of memory, threads or descriptors";
    case TV_ERROR_IO:
        return "a system call failed";
    case TV_ERROR_COMPOSITOR:
        return "the compositor is not there, or ended or broke the connection";
    case TV_ERROR_PEER:
        return "the remote side broke the protocol";
    case TV_ERROR_LIMIT:
        return "the remote side reached a limit";
    case TV_ERROR_UNSUPPORTED:
        return "not supported";
    case TV_ERROR_INTERNAL:
        return "internal error";
    default:
        return "unknown result";
    }
}

tv_result tv_probe(tv_probe_info* info) {
    return guarded([info] { return give(make_probe_info(), info); });
}

void tv_config_init(tv_config* config, size_t size) {
    if (config == nullptr || size < sizeof size) return;
    const tv_config defaults = TV_CONFIG_INIT;
    std::memset(config, 0, size);
    std::memcpy(config, &defaults, std::min(size, sizeof defaults));
    std::memcpy(config, &size, sizeof size);
}

tv_result tv_receiver_create_abi_0(const tv_config* config, const tv_callbacks* callbacks,
                                   tv_receiver* receiver) {
    if (receiver == nullptr) return TV_ERROR_ARGUMENT;
    *receiver = nullptr;
    if (config == nullptr) return TV_ERROR_ARGUMENT;
    return guarded([&] {
        tv_config own = TV_CONFIG_INIT;
        tv_callbacks calls = TV_CALLBACKS_INIT;
        if (!copy_struct(&own, sizeof own, config) ||
            (callbacks != nullptr && !copy_struct(&calls, sizeof calls, callbacks)))
            return TV_ERROR_ARGUMENT;
        auto setup = make_setup(own);
        if (!setup) return setup.error();
        auto made = std::make_unique<tv_receiver_s>();
        made->core = std::make_shared<Receiver>(std::move(*setup), calls);
        *receiver = made.release();
        return TV_OK;
    });
}

tv_result tv_receiver_run(tv_receiver receiver) {
    return with(receiver, [](Receiver& core) { return core.run(); });
}

tv_result tv_receiver_start(tv_receiver receiver) {
    return with(receiver, [](Receiver& core) { return core.start(); });
}

tv_result tv_receiver_wait(tv_receiver receiver, uint32_t timeout_ms) {
    return with(receiver, [=](Receiver& core) { return core.wait(std::chrono::milliseconds(timeout_ms)); });
}

tv_result tv_receiver_stop(tv_receiver receiver, uint32_t timeout_ms) {
    return with(receiver, [=](Receiver& core) { return core.stop(std::chrono::milliseconds(timeout_ms)); });
}

tv_result tv_receiver_pause(tv_receiver receiver, uint32_t timeout_ms) {
    return with(receiver, [=](Receiver& core) { return core.pause(std::chrono::milliseconds(timeout_ms)); });
}

tv_result tv_receiver_resume(tv_receiver receiver) {
    return with(receiver, [](Receiver& core) { return core.resume(); });
}

tv_result tv_receiver_memory_pressure(tv_receiver receiver) {
    return with(receiver, [](Receiver& core) { return core.release_memory(); });
}

tv_result tv_receiver_stats(tv_receiver receiver, tv_stats* stats) {
    return with(receiver, [=](Receiver& core) { return give(core.stats(), stats); });
}

tv_result tv_receiver_destroy(tv_receiver receiver) {
    if (receiver == nullptr) return TV_OK;
    const tv_result result = with(
        receiver, [](Receiver& core) { return core.close(std::chrono::milliseconds(TV_STOP_TIMEOUT_MS)); });
    if (result != TV_ERROR_CALLBACK) delete receiver;
    return result;
}

tv_result tv_receiver_lookup(tv_receiver receiver, uint32_t surface_id, tv_frame_kind* kind, tv_frame* frame,
                             uint64_t* generation) {
    if (frame != nullptr) *frame = nullptr;
    if (kind == nullptr || frame == nullptr) return TV_ERROR_ARGUMENT;
    return with(receiver, [=](Receiver& core) {
        if (!core.has_frames()) return TV_ERROR_STATE;
        const auto found = core.frames().find(surface_id);
        if (!found) return TV_ERROR_NOT_FOUND;
        if (found->frame) {
            *frame = new tv_frame_s{found->frame, core.frame_counts(), found->generation};
            ++core.frame_counts()->held;
        }
        *kind = found->frame ? TV_FRAME_VIDEO : TV_FRAME_BGRA_CURRENT;
        if (generation != nullptr) *generation = found->generation;
        return TV_OK;
    });
}

tv_result tv_receiver_force_pass(tv_receiver receiver, uint32_t surface_id, uint32_t timeout_ms) {
    return with(receiver, [=](Receiver& core) {
        return force_pass(core, surface_id, std::chrono::milliseconds(timeout_ms));
    });
}

tv_result tv_frame_get_info(tv_frame frame, tv_frame_info* info) {
    if (frame == nullptr) return TV_ERROR_ARGUMENT;
    tv_frame_info told = frame->frame->info();
    told.generation = frame->generation;
    return give(told, info);
}

tv_result tv_frame_copy_bgra(tv_frame frame, uint8_t* pixels, size_t bytes, size_t stride) {
    if (frame == nullptr || pixels == nullptr) return TV_ERROR_ARGUMENT;
    return guarded([&] {
        const video::Picture& picture = frame->frame->picture();
        video::PixelTarget target;
        target.pixels = {reinterpret_cast<std::byte*>(pixels), bytes};
        target.stride = stride;
        target.size = {frame->frame->info().crop_width, frame->frame->info().crop_height};
        target.bottom_up = frame->frame->info().flipped != 0;
        tv_result converted = TV_ERROR_ARGUMENT;
        const Status read = video::with_planes(picture, [&](const video::Picture& planar) -> Status {
            if (video::convert(planar, target)) converted = TV_OK;
            return {};
        });
        return read ? converted : result_of(read.error());
    });
}

void tv_frame_release(tv_frame frame) {
    if (frame == nullptr) return;
    --frame->counts->held;
    delete frame;
}

} // extern "C"
