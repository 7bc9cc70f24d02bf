#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <wlr-screencopy-unstable-v1-server.h>

#include "capture.h"
#include "dynamic.h"
#include "output.h"
#include "render.h"

namespace tv::test {

bool write_shm_buffer(wl_resource* buffer, const Picture& picture) {
    wl_shm_buffer* shm = buffer == nullptr ? nullptr : wl_shm_buffer_get(buffer);
    if (shm == nullptr || wl_shm_buffer_get_width(shm) != picture.width ||
        wl_shm_buffer_get_height(shm) != picture.height || wl_shm_buffer_get_format(shm) != kXrgb8888) {
        return false;
    }
    const auto stride = static_cast<std::size_t>(wl_shm_buffer_get_stride(shm));
    const auto row = static_cast<std::size_t>(picture.width) * 4;
    if (stride < row) return false;
    wl_shm_buffer_begin_access(shm);
    auto* target = static_cast<std::byte*>(wl_shm_buffer_get_data(shm));
    for (std::size_t y = 0; y < static_cast<std::size_t>(picture.height); ++y) {
        std::memcpy(target + y * stride, picture.pixels.data() + y * row, row);
    }
    wl_shm_buffer_end_access(shm);
    return true;
}

Picture crop(const Picture& picture, int x, int y, int width, int height) {
    const int left = std::clamp(x, 0, picture.width);
    const int top = std::clamp(y, 0, picture.height);
    Picture part{std::clamp(width, 0, picture.width - left),
                 std::clamp(height, 0, picture.height - top),
                 picture.format,
                 {},
                 0};
    for (int line = 0; line < part.height; ++line) {
        const auto from =
            picture.pixels.begin() + 4 * (static_cast<std::ptrdiff_t>(top + line) * picture.width + left);
        part.pixels.insert(part.pixels.end(), from, from + 4 * static_cast<std::ptrdiff_t>(part.width));
    }
    part.crc = crc32_of(part.pixels.data(), part.pixels.size());
    return part;
}

SplitTime now_of(std::uint32_t clock) {
    static constexpr std::int64_t kBillion = 1'000'000'000;
    const std::int64_t now = clock_ns(clock);
    const auto seconds = static_cast<std::uint64_t>(now / kBillion);
    return {static_cast<std::uint32_t>(seconds >> 32), static_cast<std::uint32_t>(seconds),
            static_cast<std::uint32_t>(now % kBillion)};
}

namespace {

struct Region {
    int output = 0;
    bool whole = true;
    int x = 0, y = 0, width = 0, height = 0;
    bool used = false;
};

Picture take(Core& core, const Region& region) {
    Picture picture = render_output(core, region.output);
    return region.whole ? picture : crop(picture, region.x, region.y, region.width, region.height);
}

void copy_frame(Core& core, wl_resource* frame, Region& region, wl_resource* buffer, bool with_damage) {
    if (region.used) {
        wl_resource_post_error(frame, ZWLR_SCREENCOPY_FRAME_V1_ERROR_ALREADY_USED, "copied already");
        return;
    }
    region.used = true;
    const Picture picture = take(core, region);
    if (!write_shm_buffer(buffer, picture)) {
        wl_resource_post_error(frame, ZWLR_SCREENCOPY_FRAME_V1_ERROR_INVALID_BUFFER,
                               "not the buffer asked for");
        return;
    }
    core.note(frame, fmt::format("captured {}x{} crc={:08x}", picture.width, picture.height, picture.crc));
    zwlr_screencopy_frame_v1_send_flags(frame, 0);
    if (with_damage) {
        zwlr_screencopy_frame_v1_send_damage(frame, 0, 0, static_cast<std::uint32_t>(picture.width),
                                             static_cast<std::uint32_t>(picture.height));
    }
    const SplitTime now = now_of(core.options().presentation_clock);
    zwlr_screencopy_frame_v1_send_ready(frame, now.high, now.low, now.nanoseconds);
}

void start_frame(Core& core, wl_resource* manager, const wl_argument& id, const Region& wanted) {
    auto region = std::make_shared<Region>(wanted);
    wl_resource* frame = create_dynamic_child(
        manager, &zwlr_screencopy_frame_v1_interface, id,
        [&core, region](std::string_view request, wl_resource* self, const wl_argument* arguments) {
            if (!request.starts_with("copy")) return false;
            copy_frame(core, self, *region, resource_in(arguments[0]), request == "copy_with_damage");
            return true;
        });
    if (frame == nullptr) return;
    const Picture picture = take(core, *region);
    zwlr_screencopy_frame_v1_send_buffer(frame, kXrgb8888, static_cast<std::uint32_t>(picture.width),
                                         static_cast<std::uint32_t>(picture.height),
                                         static_cast<std::uint32_t>(picture.width) * 4);
    if (wl_resource_get_version(frame) >= ZWLR_SCREENCOPY_FRAME_V1_BUFFER_DONE_SINCE_VERSION) {
        zwlr_screencopy_frame_v1_send_buffer_done(frame);
    }
}

} // namespace

void add_screencopy_globals(Core& core) {
    add_dynamic_global(core, &zwlr_screencopy_manager_v1_interface, 3,
                       [&core](std::string_view request, wl_resource* self, const wl_argument* arguments) {
                           if (!request.starts_with("capture")) return false;
                           Region region;
                           region.output = output_of(resource_in(arguments[2])).index;
                           if (request == "capture_output_region") {
                               region.whole = false;
                               region.x = arguments[3].i;
                               region.y = arguments[4].i;
                               region.width = arguments[5].i;
                               region.height = arguments[6].i;
                           }
                           start_frame(core, self, arguments[0], region);
                           return true;
                       });
}

} // namespace tv::test
