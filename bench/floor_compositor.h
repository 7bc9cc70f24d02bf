// Just enough of a compositor to keep tv-bench-client drawing and replay.py playing, spoken straight into the
// channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace tv::bench {

class FloorCompositor {
public:
    struct Shown { // a wl_buffer that was committed
        std::int32_t rid;
        std::size_t offset;
        std::size_t size;
    };

    void inject(std::int32_t rid) { injected_.push_back(rid); }

    // One Protocol message's payload. Returns the last buffer committed in it.
    std::optional<Shown> handle(std::span<const std::byte> payload);

    // Wayland events to send, or empty; the caller clears it.
    std::vector<std::byte>& events() { return events_; }

private:
    enum class Kind : std::uint8_t {
        None,
        Display,
        Registry,
        Compositor,
        Shm,
        Pool,
        Buffer,
        Surface,
        Shell,
        Window,
        Toplevel,
        Dmabuf,
        Params,
    };
    struct Object {
        Kind kind = Kind::None;
        Shown shown{};
        std::uint32_t attached = 0;
        std::uint32_t callback = 0;
    };

    Object& object(std::uint32_t id);
    void bind(std::span<const std::byte> arguments);
    std::optional<Shown> request(std::uint32_t id, std::uint32_t opcode,
                                 std::span<const std::byte> arguments);
    std::optional<Shown> commit(Object& surface);
    void event(std::uint32_t id, std::uint32_t opcode, std::span<const std::uint32_t> words);
    void global(std::uint32_t registry, std::uint32_t name, const char* interface, std::uint32_t version);
    void delete_id(std::uint32_t id);

    std::vector<Object> objects_ = {{}, {Kind::Display, {}, 0, 0}};
    std::deque<std::int32_t> injected_;
    std::vector<std::byte> events_;
    std::uint32_t now_ms_ = 0;
};

} // namespace tv::bench
