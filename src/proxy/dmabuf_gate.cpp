#include "proxy/dmabuf_gate.h"

#include <utility>

#include "proxy/image_format.h"
#include "proxy/proxy.h"
#include "surface/store.h"

namespace tv::proxy {
namespace {

struct Line {
    const char* op;
    std::uint64_t modifier = surface::kIOSurfaceModifier;
    std::uint32_t backing = 0; // the surface's ID; 0: none
    std::uint32_t format = 0;  // DRM fourcc
    bool copies = false;
};

void write(const Proxy& proxy, const Line& line) {
    const char* name = line.format == kArgb8888 ? "AR24" : line.format == kXrgb8888 ? "XR24" : "other";
    proxy.log.info(R"({{"target":"wwn.dmabuf","client":"waypipe","op":"{}","modifier":"{:#018x}",)"
                   R"("backing_id":{},"format":"{}","copy":"{}"}})",
                   line.op, line.modifier, line.backing, name, line.copies ? "cpu" : "zero");
}

// Beyond the decompression or the decoding: by rows, for the alpha of XR24, or to convert a picture.
bool copies(const mirror::Replica& image) {
    if (image.source() != nullptr) return image.source()->report().by_cpu;
    return !image.image()->same() || image.image()->format != kArgb8888;
}

} // namespace

void log_gate(const Proxy& proxy, const char* op) {
    write(proxy, {.op = op});
}

void log_gate_fallback(const Proxy& proxy) {
    proxy.log.info(R"({{"target":"wwn.dmabuf","client":"waypipe","op":"fallback_shm","copy":"cpu"}})");
}

void log_gate_offer(const Proxy& proxy, std::uint32_t format, std::uint64_t modifier) {
    write(proxy, {.op = "modifier_ad", .modifier = modifier, .format = format});
}

void log_gate(const Proxy& proxy, const char* op, const mirror::Replica& image) {
    const std::uint32_t id = image.published()->surface->id();
    write(proxy, {op, surface::kIOSurfaceModifier | id, id, image.image()->format, copies(image)});
}

void log_gate_release(const Proxy& proxy, BufferData& buffer, bool was_shown) {
    if (!std::exchange(buffer.use->import_told, true)) log_gate(proxy, "import", *buffer.file);
    if (was_shown && !std::exchange(buffer.use->present_told, true)) log_gate(proxy, "present", *buffer.file);
}

} // namespace tv::proxy
