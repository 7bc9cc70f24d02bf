// The proxy between an application and a strict compositor, for tests of zwp_linux_dmabuf_v1.
#pragma once

#include <gtest/gtest.h>

#include "proxy/dmabuf.h"
#include "proxy/image_format.h"
#include "strict_compositor.h"

namespace tv::proxy {

using enum wayland::InterfaceId;
using wayland::event_opcode;
using wayland::InterfaceId;
using wayland::MessageBuilder;
using wayland::request_opcode;

inline constexpr std::uint32_t kRegistry = 2, kShmName = 7;
inline constexpr std::uint32_t kXbgr8888 = fourcc("XB24");

// One event as the application gets it.
struct Event {
    std::uint32_t object;
    std::uint16_t opcode;
    unsigned fds;
    std::vector<std::byte> message;

    [[nodiscard]] wayland::ArgumentReader arguments() const { return wayland::ArgumentReader(message); }
    [[nodiscard]] bool is(std::uint32_t id, InterfaceId interface, std::string_view name) const {
        const auto& events = wayland::interface(interface).events;
        return object == id && opcode < events.size() && events[opcode].name == name;
    }
};

// The application's side and the compositor's, with the proxy between them.
class DmabufTest : public testing::Test {
protected:
    DmabufTest() : proxy(config(), mirror) {}
    static ProxyConfig config() {
        ProxyConfig made;
        made.clock = &system_clock();
        return made;
    }
    void start(bool no_dmabuf = false) {
        proxy.start({.version = 16, .no_dmabuf = no_dmabuf});
        ask(1, request_opcode(wl_display, "get_registry"), {kRegistry});
        run();
        announce(kShmName, "wl_shm", 1);
        announce(9, "wl_output", 4);
        run();
    }
    void announce(std::uint32_t name, std::string_view interface, std::uint32_t version) {
        MessageBuilder(compositor.events, kRegistry, event_opcode(wl_registry, "global"))
            .u(name)
            .s(interface)
            .u(version);
    }
    template <typename M>
    Status receive(const M& message) {
        std::vector<std::byte> bytes(encoded_size(message));
        encode(message, bytes);
        return proxy.channel_message(M::kType, bytes);
    }
    Status try_ask(std::uint32_t object, std::uint16_t opcode, std::initializer_list<std::uint32_t> words,
                   unsigned fds = 0) {
        ByteQueue wayland;
        {
            MessageBuilder message(wayland, object, opcode, fds);
            for (std::uint32_t word : words) message.u(word);
        }
        return receive(msg::Protocol{wayland.bytes()});
    }
    void ask(std::uint32_t object, std::uint16_t opcode, std::initializer_list<std::uint32_t> words,
             unsigned fds = 0) {
        auto status = try_ask(object, opcode, words, fds);
        ASSERT_TRUE(status) << describe(status.error());
    }
    void bind(std::uint32_t name, std::string_view interface, std::uint32_t version, std::uint32_t id) {
        ByteQueue wayland;
        MessageBuilder(wayland, kRegistry, request_opcode(wl_registry, "bind"))
            .u(name)
            .s(interface)
            .u(version)
            .u(id);
        auto status = receive(msg::Protocol{wayland.bytes()});
        ASSERT_TRUE(status) << describe(status.error());
    }
    void open(Rid rid, std::uint32_t width, std::uint32_t height, std::uint32_t format,
              std::uint32_t stride) {
        msg::Slice slice;
        slice.width = width;
        slice.height = height;
        slice.format = format;
        slice.planes = 1;
        slice.strides[0] = stride;
        auto status = receive(msg::OpenDmabuf{rid, stride * height, slice});
        ASSERT_TRUE(status) << describe(status.error());
    }
    void add(std::uint32_t params, Rid rid, std::uint32_t index = 0, std::uint32_t stride = 256) {
        std::byte raw[4];
        store_u32(raw, 0, static_cast<std::uint32_t>(rid));
        ASSERT_TRUE(receive(msg::InjectRids{raw}));
        last =
            try_ask(params, request_opcode(zwp_linux_buffer_params_v1, "add"), {index, 0, stride, 0, 0}, 1);
    }
    void create_params(std::uint32_t dmabuf, std::uint32_t id) {
        ask(dmabuf, request_opcode(zwp_linux_dmabuf_v1, "create_params"), {id});
    }
    void create_immed(std::uint32_t params, std::uint32_t buffer, std::uint32_t width, std::uint32_t height,
                      std::uint32_t format, std::uint32_t flags = 0) {
        last = try_ask(params, request_opcode(zwp_linux_buffer_params_v1, "create_immed"),
                       {buffer, width, height, format, flags});
    }
    template <InterfaceId Kind>
    void destroy(std::uint32_t id) {
        ask(id, request_opcode(Kind, "destroy"), {});
    }
    // Requests go out as far as they can, the compositor's answers come in, until nothing moves.
    void run() {
        for (int i = 0; i < 8; ++i) {
            ASSERT_TRUE(proxy.requests.flush(compositor, 0));
            Fifo<UniqueFd> fds;
            auto status = proxy.compositor_events(compositor.events, fds);
            ASSERT_TRUE(status) << describe(status.error());
        }
        EXPECT_TRUE(proxy.requests.empty()) << "something is stuck";
        Bytes bytes = proxy.channel.ready();
        while (!bytes.empty()) {
            auto frame = peek_frame(bytes);
            ASSERT_TRUE(frame);
            if (frame->type == MessageType::Protocol) note_events(bytes.first(frame->size).subspan(4));
            bytes = bytes.subspan(frame->padded_size());
        }
        proxy.channel.written(proxy.channel.size());
    }
    void note_events(Bytes bytes) {
        while (!bytes.empty()) {
            auto header = wayland::read_header(bytes, ErrorCategory::Compositor);
            ASSERT_TRUE(header);
            Bytes message = bytes.first(header->size);
            events.push_back({header->object, header->opcode, header->fds, {message.begin(), message.end()}});
            bytes = bytes.subspan(header->size);
        }
    }
    std::size_t count(std::uint32_t id, InterfaceId interface, std::string_view name) {
        return static_cast<std::size_t>(
            std::ranges::count_if(events, [&](const Event& event) { return event.is(id, interface, name); }));
    }
    bool deleted(std::uint32_t id) {
        return std::ranges::any_of(events, [&](const Event& event) {
            return event.is(1, wl_display, "delete_id") && event.arguments().u() == id;
        });
    }
    std::uint32_t dmabuf_name() {
        for (const Event& event : events) {
            if (!event.is(kRegistry, wl_registry, "global")) continue;
            auto arguments = event.arguments();
            std::uint32_t name = arguments.u();
            if (arguments.s().value_or("") == "zwp_linux_dmabuf_v1") return name;
        }
        return 0;
    }
    // Binds our global as object `id`.
    void start_bound(std::uint32_t version, std::uint32_t id) {
        start();
        ASSERT_NE(dmabuf_name(), 0u);
        bind(dmabuf_name(), "zwp_linux_dmabuf_v1", version, id);
        run();
    }
    std::uint32_t blamed_code() { return proxy.blamed_object() ? proxy.blamed_object()->code : 999; }

    mirror::MirrorState mirror;
    Proxy proxy;
    StrictCompositor compositor;
    std::vector<Event> events;
    Status last;
};

} // namespace tv::proxy
