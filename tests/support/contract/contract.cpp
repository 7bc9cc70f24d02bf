#include "contract.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <fmt/format.h>
#include <linux-dmabuf-unstable-v1-server.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-server-protocol.h>

#include "compositor/core.h"
#include "compositor/surface.h"
#include "sim/iosurface.h"

namespace tv::test {
namespace {

constexpr std::uint64_t kFamily = 0x8000000000000000;
constexpr std::uint64_t kIdMask = 0x7fffffffffffffff;
constexpr std::uint32_t kAr24 = 0x34325241;
constexpr std::uint32_t kXr24 = 0x34325258;
constexpr std::uint32_t kPixelFormat = 0x42475241; // 'BGRA'
constexpr int kNewest = 4;

// What the objects of one global share.
struct Dmabuf {
    Core* core = nullptr;
    ContractBuffers* buffers = nullptr;
};

struct Params {
    explicit Params(Dmabuf& of) : dmabuf(of) {}
    Dmabuf& dmabuf;
    wl_resource* resource = nullptr;
    std::vector<std::uint32_t> planes, offsets, strides;
    std::vector<std::uint64_t> modifiers;
    bool used = false;
    bool bad = false;

    // Null with the reason.
    [[nodiscard]] std::shared_ptr<ContractBuffer> make(std::int32_t width, std::int32_t height,
                                                       std::uint32_t format, std::string& why) const;
};

std::shared_ptr<ContractBuffer> Params::make(std::int32_t width, std::int32_t height, std::uint32_t format,
                                             std::string& why) const {
    const auto no = [&why](std::string reason) {
        why = std::move(reason);
        return nullptr;
    };
    if (dmabuf.buffers->refuse_next()) return no("on purpose");
    if (used) return no("params used before");
    if (width <= 0 || height <= 0) return no("no pixels");
    if (format != kAr24 && format != kXr24) return no("format");
    if (bad || planes != std::vector<std::uint32_t>{0} || offsets != std::vector<std::uint32_t>{0} ||
        strides.size() != 1 || modifiers.size() != 1)
        return no("planes");
    if ((modifiers[0] & kFamily) == 0) return no("modifier without the top bit");
    const std::uint64_t id = modifiers[0] & kIdMask;
    if (id == 0 || id > 0xffffffff) return no("ID out of range");
    IOSurfaceRef surface = IOSurfaceLookup(static_cast<std::uint32_t>(id));
    if (surface == nullptr) return no(fmt::format("no surface {}", id));
    auto buffer = std::make_shared<ContractBuffer>(surface, format);
    if (IOSurfaceGetWidth(surface) != static_cast<std::size_t>(width) ||
        IOSurfaceGetHeight(surface) != static_cast<std::size_t>(height))
        return no("size");
    if (IOSurfaceGetBytesPerRow(surface) != strides[0]) return no("stride");
    if (IOSurfaceGetPixelFormat(surface) != kPixelFormat) return no("pixel format");
    return buffer;
}

// --- wl_buffer
// ---------------------------------------------------------------------------------------------------------

const struct wl_buffer_interface kBuffer{destroy_resource};
// What a refused create_immed leaves behind.
const struct wl_buffer_interface kNoBuffer{destroy_resource};

ContractBuffer* buffer_of(wl_resource* resource) {
    if (resource == nullptr || wl_resource_instance_of(resource, &wl_buffer_interface, &kBuffer) == 0)
        return nullptr;
    return object_of<ContractBuffer>(resource).get();
}

// --- zwp_linux_buffer_params_v1
// ---------------------------------------------------------------------------------------------------------

void params_add(wl_client*, wl_resource* resource, std::int32_t fd, std::uint32_t plane, std::uint32_t offset,
                std::uint32_t stride, std::uint32_t high, std::uint32_t low) {
    close(fd);
    Params& params = *object_of<Params>(resource);
    if (stride == 0 || std::ranges::count(params.planes, plane) != 0) {
        params.bad = true;
        zwp_linux_buffer_params_v1_send_failed(resource);
        return;
    }
    params.planes.push_back(plane);
    params.offsets.push_back(offset);
    params.strides.push_back(stride);
    params.modifiers.push_back(std::uint64_t{high} << 32 | low);
}

void refuse(wl_resource* resource, const std::string& why) {
    object_of<Params>(resource)->dmabuf.core->note(resource, "contract refused: " + why);
    zwp_linux_buffer_params_v1_send_failed(resource);
}

void params_create(wl_client* client, wl_resource* resource, std::int32_t width, std::int32_t height,
                   std::uint32_t format, std::uint32_t) {
    Params& params = *object_of<Params>(resource);
    std::string why;
    auto buffer = params.make(width, height, format, why);
    params.used = true;
    if (!buffer) return refuse(resource, why);
    wl_resource* made = create_object(client, &wl_buffer_interface, 1, 0, &kBuffer, std::move(buffer));
    if (made != nullptr) zwp_linux_buffer_params_v1_send_created(resource, made);
}

void params_create_immed(wl_client* client, wl_resource* resource, std::uint32_t id, std::int32_t width,
                         std::int32_t height, std::uint32_t format, std::uint32_t) {
    Params& params = *object_of<Params>(resource);
    std::string why;
    auto buffer = params.make(width, height, format, why);
    params.used = true;
    if (buffer) {
        create_object(client, &wl_buffer_interface, 1, id, &kBuffer, std::move(buffer));
        return;
    }
    if (params.dmabuf.buffers->options().exit_on_bad) {
        std::fprintf(stderr, "contract: a refused create_immed brings the compositor down: %s\n",
                     why.c_str());
        std::_Exit(3);
    }
    refuse(resource, why);
    // An object that is nothing, so that the id stays in order.
    bind_plain(client, params.dmabuf.core, &wl_buffer_interface, 1, id, &kNoBuffer);
}

const struct zwp_linux_buffer_params_v1_interface kParams{destroy_resource, params_add, params_create,
                                                          params_create_immed};

// --- feedback
// ---------------------------------------------------------------------------------------------------------

const struct zwp_linux_dmabuf_feedback_v1_interface kFeedback{destroy_resource};

std::uint64_t offered(const Dmabuf& dmabuf, std::uint32_t format) {
    const ContractOptions& options = dmabuf.buffers->options();
    return options.modifier && !(options.opaque_modifier_only && format == kAr24) ? kFamily : 0;
}

void send_feedback(const Dmabuf& dmabuf, wl_resource* feedback) {
    std::array<std::uint64_t, 4> table{kAr24, offered(dmabuf, kAr24), kXr24, offered(dmabuf, kXr24)};
    const int file = memfd_create("formats", MFD_CLOEXEC);
    if (file < 0 || write(file, table.data(), sizeof table) != static_cast<ssize_t>(sizeof table)) return;
    zwp_linux_dmabuf_feedback_v1_send_format_table(feedback, file, sizeof table);
    close(file);
    std::array<std::byte, 8> nothing{};
    wl_array device{nothing.size(), nothing.size(), nothing.data()};
    std::array<std::uint16_t, 2> both{0, 1};
    wl_array indices{sizeof both, sizeof both, both.data()};
    zwp_linux_dmabuf_feedback_v1_send_main_device(feedback, &device);
    zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(feedback, &device);
    zwp_linux_dmabuf_feedback_v1_send_tranche_formats(feedback, &indices);
    zwp_linux_dmabuf_feedback_v1_send_tranche_done(feedback);
    zwp_linux_dmabuf_feedback_v1_send_done(feedback);
}

// --- zwp_linux_dmabuf_v1
// ---------------------------------------------------------------------------------------------------------

Dmabuf& dmabuf_of(wl_resource* resource) {
    return *static_cast<Dmabuf*>(wl_resource_get_user_data(resource));
}
void create_params(wl_client* client, wl_resource* resource, std::uint32_t id) {
    create_object(client, &zwp_linux_buffer_params_v1_interface, wl_resource_get_version(resource), id,
                  &kParams, std::make_shared<Params>(dmabuf_of(resource)));
}
void default_feedback(wl_client* client, wl_resource* resource, std::uint32_t id) {
    wl_resource* feedback =
        bind_plain(client, nullptr, &zwp_linux_dmabuf_feedback_v1_interface,
                   static_cast<std::uint32_t>(wl_resource_get_version(resource)), id, &kFeedback);
    if (feedback != nullptr) send_feedback(dmabuf_of(resource), feedback);
}
void surface_feedback(wl_client* client, wl_resource* resource, std::uint32_t id, wl_resource*) {
    default_feedback(client, resource, id);
}
const struct zwp_linux_dmabuf_v1_interface kDmabuf{destroy_resource, create_params, default_feedback,
                                                   surface_feedback};

void bind_dmabuf(wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
    wl_resource* resource = bind_plain(client, data, &zwp_linux_dmabuf_v1_interface, version, id, &kDmabuf);
    if (resource == nullptr) return;
    for (const std::uint32_t format : {kAr24, kXr24}) {
        const std::uint64_t modifier = offered(dmabuf_of(resource), format);
        if (version >= ZWP_LINUX_DMABUF_V1_MODIFIER_SINCE_VERSION)
            zwp_linux_dmabuf_v1_send_modifier(resource, format, static_cast<std::uint32_t>(modifier >> 32),
                                              static_cast<std::uint32_t>(modifier));
        else
            zwp_linux_dmabuf_v1_send_format(resource, format);
    }
}

} // namespace

ContractBuffer::ContractBuffer(IOSurfaceRef surface, std::uint32_t drm_format)
    : ref(surface), format(drm_format) {}

ContractBuffer::~ContractBuffer() {
    if (used) sim::remove_use(ref);
    CFRelease(ref);
}

void ContractBuffers::add_globals(Core& core) {
    auto dmabuf = std::make_shared<Dmabuf>(Dmabuf{&core, this});
    core.keep_alive(dmabuf);
    core.add_global(&zwp_linux_dmabuf_v1_interface, kNewest, bind_dmabuf, dmabuf.get());
}

std::shared_ptr<const Picture> ContractBuffers::read(wl_resource* resource) {
    const ContractBuffer* buffer = buffer_of(resource);
    if (buffer == nullptr) return nullptr;
    auto picture = std::make_shared<Picture>();
    picture->width = static_cast<int>(IOSurfaceGetWidth(buffer->ref));
    picture->height = static_cast<int>(IOSurfaceGetHeight(buffer->ref));
    picture->format = buffer->format == kAr24 ? kArgb8888 : kXrgb8888;
    const std::size_t row = picture->row_bytes();
    picture->pixels.resize(row * static_cast<std::size_t>(picture->height));
    if (IOSurfaceLock(buffer->ref, kIOSurfaceLockReadOnly, nullptr) != 0) return nullptr;
    const auto* pixels = static_cast<const std::byte*>(IOSurfaceGetBaseAddress(buffer->ref));
    for (std::size_t y = 0; y < static_cast<std::size_t>(picture->height); ++y)
        std::memcpy(picture->pixels.data() + y * row, pixels + y * IOSurfaceGetBytesPerRow(buffer->ref), row);
    (void)IOSurfaceUnlock(buffer->ref, kIOSurfaceLockReadOnly, nullptr);
    translucent_ = false;
    for (std::size_t at = 3; buffer->format == kXr24 && at < picture->pixels.size(); at += 4) {
        translucent_ |= picture->pixels[at] != std::byte{0xff};
        picture->pixels[at] = std::byte{0}; // as whoever drew it counts it
    }
    picture->crc = crc32_of(picture->pixels.data(), picture->pixels.size());
    return picture;
}

void ContractBuffers::shown(Surface& surface, wl_resource* resource) {
    stop_showing(surface);
    ContractBuffer* buffer = buffer_of(resource);
    if (buffer == nullptr) return;
    if (translucent_) surface.core.note(surface.resource, "contract translucent pixels in XR24");
    const bool counts = options_.use_counts || options_.keep_uses;
    if (buffer->readers++ == 0 && counts && !std::exchange(buffer->used, true)) sim::add_use(buffer->ref);
    buffer->seed = sim::seed_of(buffer->ref);
    const std::uint64_t number = ++showings_;
    showing_[&surface] = {object_of<ContractBuffer>(resource), true, number};
    if (options_.read_ms == 0) return;
    surface.core.after(std::chrono::milliseconds(options_.read_ms), [this, number] {
        for (auto& [showing_surface, showing] : showing_) {
            if (showing.number != number || !std::exchange(showing.reading, false)) continue;
            stop_reading(*showing_surface, *showing.buffer);
        }
    });
}

void ContractBuffers::stop_reading(Surface& surface, ContractBuffer& buffer) {
    if (sim::seed_of(buffer.ref) != buffer.seed)
        surface.core.note(surface.resource, "contract rewritten while shown");
    if (--buffer.readers == 0 && !options_.keep_uses && std::exchange(buffer.used, false))
        sim::remove_use(buffer.ref);
}

void ContractBuffers::stop_showing(Surface& surface) {
    const auto found = showing_.find(&surface);
    if (found == showing_.end()) return;
    if (found->second.reading) stop_reading(surface, *found->second.buffer);
    showing_.erase(found);
}

void ContractBuffers::released(wl_resource* resource) {
    if (!reads_until_release_) return;
    for (auto& [surface, showing] : showing_) {
        if (showing.buffer.get() != buffer_of(resource) || !showing.reading) continue;
        stop_reading(*surface, *showing.buffer);
        showing.reading = false;
    }
}

void ContractBuffers::surface_gone(Surface& surface) {
    stop_showing(surface);
}

} // namespace tv::test
