#include "floor_compositor.h"

#include <array>
#include <string_view>

#include "common.h"

namespace tv::bench {
namespace {

constexpr std::uint32_t kDisplayId = 1;
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kMaxObjects = 1024; // far above what tv-bench-client makes

std::uint32_t word_at(std::span<const std::byte> bytes, std::size_t index) {
    std::uint32_t word;
    if ((index + 1) * sizeof word > bytes.size()) die("a request is too short");
    std::memcpy(&word, bytes.data() + index * sizeof word, sizeof word);
    return word;
}

} // namespace

FloorCompositor::Object& FloorCompositor::object(std::uint32_t id) {
    if (id == 0 || id >= kMaxObjects) die("an object id out of range");
    if (id >= objects_.size()) objects_.resize(id + 1);
    return objects_[id];
}

void FloorCompositor::event(std::uint32_t id, std::uint32_t opcode, std::span<const std::uint32_t> words) {
    const auto length = static_cast<std::uint32_t>(kHeaderBytes + words.size_bytes());
    const std::array<std::uint32_t, 2> header{id, (length << 16) | opcode};
    const auto head = std::as_bytes(std::span(header));
    const auto body = std::as_bytes(words);
    events_.insert(events_.end(), head.begin(), head.end());
    events_.insert(events_.end(), body.begin(), body.end());
}

void FloorCompositor::delete_id(std::uint32_t id) {
    event(kDisplayId, 1, std::array{id});
}

void FloorCompositor::global(std::uint32_t registry, std::uint32_t name, const char* interface,
                             std::uint32_t version) {
    const std::string_view text(interface);
    std::vector<std::uint32_t> words{name, static_cast<std::uint32_t>(text.size() + 1)};
    words.resize(words.size() + (text.size() + sizeof(std::uint32_t)) / sizeof(std::uint32_t));
    std::memcpy(&words[2], text.data(), text.size());
    words.push_back(version);
    event(registry, 0, words);
}

void FloorCompositor::bind(std::span<const std::byte> arguments) {
    const std::uint32_t length = word_at(arguments, 1);
    const std::size_t padded = (length + 3u) / 4u;
    const std::uint32_t id = word_at(arguments, 2 + padded + 1);
    const std::uint32_t name = word_at(arguments, 0);
    constexpr Kind kGlobals[] = {Kind::Compositor, Kind::Shm, Kind::Shell, Kind::Dmabuf};
    if (name == 0 || name > std::size(kGlobals)) die("bind to a global that is not there");
    object(id).kind = kGlobals[name - 1];
    if (name == 2)
        for (const std::uint32_t format : {0u, 1u}) event(id, 0, std::array{format});
}

std::optional<FloorCompositor::Shown> FloorCompositor::commit(Object& surface) {
    std::optional<Shown> shown;
    if (surface.attached != 0) {
        shown = object(surface.attached).shown;
        event(surface.attached, 0, {});
        surface.attached = 0;
    }
    if (surface.callback != 0) {
        event(surface.callback, 0, std::array{++now_ms_});
        delete_id(surface.callback);
        surface.callback = 0;
    }
    return shown;
}

std::optional<FloorCompositor::Shown> FloorCompositor::request(std::uint32_t id, std::uint32_t opcode,
                                                               std::span<const std::byte> arguments) {
    const Kind kind = object(id).kind;
    if (kind == Kind::Display && opcode == 0) { // sync
        const std::uint32_t callback = word_at(arguments, 0);
        event(callback, 0, std::array{0u});
        delete_id(callback);
    } else if (kind == Kind::Display && opcode == 1) { // get_registry
        const std::uint32_t registry = word_at(arguments, 0);
        object(registry).kind = Kind::Registry;
        global(registry, 1, "wl_compositor", 4);
        global(registry, 2, "wl_shm", 1);
        global(registry, 3, "xdg_wm_base", 1);
        global(registry, 4, "zwp_linux_dmabuf_v1", 3);
    } else if (kind == Kind::Registry) {
        bind(arguments);
    } else if (kind == Kind::Compositor && opcode == 0) {
        object(word_at(arguments, 0)) = {Kind::Surface, {}, 0, 0};
    } else if (kind == Kind::Shm) { // create_pool
        if (injected_.empty()) die("create_pool without a descriptor");
        object(word_at(arguments, 0)) = {Kind::Pool, {injected_.front(), 0, 0}, 0, 0};
        injected_.pop_front();
    } else if (kind == Kind::Pool && opcode == 0) { // create_buffer
        const Shown shown{object(id).shown.rid, word_at(arguments, 1),
                          std::size_t{word_at(arguments, 3)} * word_at(arguments, 4)};
        object(word_at(arguments, 0)) = {Kind::Buffer, shown, 0, 0};
    } else if ((kind == Kind::Pool && opcode == 1) || (kind == Kind::Buffer && opcode == 0)) { // destroy
        object(id) = {};
        delete_id(id);
    } else if (kind == Kind::Surface && opcode == 1) { // attach
        object(id).attached = word_at(arguments, 0);
    } else if (kind == Kind::Surface && opcode == 3) { // frame
        object(id).callback = word_at(arguments, 0);
    } else if (kind == Kind::Surface && opcode == 6) {
        return commit(object(id));
    } else if (kind == Kind::Shell && opcode == 2) { // get_xdg_surface
        object(word_at(arguments, 0)).kind = Kind::Window;
    } else if (kind == Kind::Window && opcode == 1) { // get_toplevel
        const std::uint32_t toplevel = word_at(arguments, 0);
        object(toplevel).kind = Kind::Toplevel;
        event(toplevel, 0, std::array{0u, 0u, 0u});
        event(id, 0, std::array{1u});
    } else if (kind == Kind::Dmabuf && opcode == 1) { // create_params
        object(word_at(arguments, 0)).kind = Kind::Params;
    } else if (kind == Kind::Params && opcode == 1) { // add
        if (injected_.empty()) die("a plane without a descriptor");
        object(id).shown.rid = injected_.front();
        injected_.pop_front();
    } else if (kind == Kind::Params && opcode == 3) { // create_immed
        constexpr std::size_t kPixelBytes = 4;
        const Shown shown{object(id).shown.rid, 0,
                          std::size_t{word_at(arguments, 1)} * word_at(arguments, 2) * kPixelBytes};
        object(word_at(arguments, 0)) = {Kind::Buffer, shown, 0, 0};
    } else if (kind == Kind::Params && opcode == 0) { // destroy
        object(id) = {};
        delete_id(id);
    } else if (kind == Kind::None) {
        die("a request to an object that tv-bench-client does not make");
    }
    return std::nullopt;
}

std::optional<FloorCompositor::Shown> FloorCompositor::handle(std::span<const std::byte> payload) {
    std::optional<Shown> shown;
    while (!payload.empty()) {
        const std::uint32_t id = word_at(payload, 0);
        const std::uint32_t word = word_at(payload, 1);
        const std::size_t length = word >> 16;
        constexpr std::uint32_t kOpcodeMask = 0x7ff; // above it: the number of descriptors
        if (length < kHeaderBytes || length > payload.size()) die("a request of the wrong length");
        if (auto committed =
                request(id, word & kOpcodeMask, payload.subspan(kHeaderBytes, length - kHeaderBytes)))
            shown = committed;
        payload = payload.subspan(length);
    }
    return shown;
}

} // namespace tv::bench
