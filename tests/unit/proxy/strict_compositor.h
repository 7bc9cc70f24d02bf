// A compositor that only minds ids: it takes requests by the interface tables, insists on ids in turn as
// libwayland does, and answers sync, destructors and wl_shm binds.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "proxy/request_queue.h"
#include "wayland/interface.h"
#include "wayland/message.h"

namespace tv::proxy {

class StrictCompositor final : public RequestTransport {
public:
    StrictCompositor() { objects_[1] = wayland::InterfaceId::wl_display; }

    // What wl_shm.format says, in its own numbering.
    std::vector<std::uint32_t> shm_formats{0, 1};
    // Events to be fed back; the test decides when.
    ByteQueue events;
    // "interface.request(new id)" of everything that came, in order.
    std::vector<std::string> seen;
    std::size_t descriptors = 0;
    // Arguments of create_buffer as they came.
    struct Buffer {
        std::uint32_t id, offset, width, height, stride, format;
    };
    std::vector<Buffer> buffers;

    [[nodiscard]] wayland::InterfaceId at(std::uint32_t id) const {
        auto found = objects_.find(id);
        return found == objects_.end() ? wayland::InterfaceId::none : found->second;
    }

    Result<std::size_t> send(Bytes bytes, std::span<const int> fds) override {
        descriptors += fds.size();
        std::size_t total = bytes.size();
        while (!bytes.empty()) {
            auto header = wayland::read_header(bytes, ErrorCategory::PeerViolation);
            EXPECT_TRUE(header);
            take(*header, bytes.first(header->size));
            bytes = bytes.subspan(header->size);
        }
        return total;
    }

private:
    void take(const wayland::Header& header, Bytes message) {
        using wayland::InterfaceId;
        InterfaceId kind = at(header.object);
        ASSERT_NE(kind, InterfaceId::none) << "request on an object that does not exist: " << header.object;
        const auto& requests = wayland::interface(kind).requests;
        ASSERT_LT(header.opcode, requests.size());
        EXPECT_EQ(header.fds, 0) << "the tag must not reach the compositor";
        const wayland::Message& description = requests[header.opcode];
        wayland::Tracked tracked = wayland::track_arguments(message, description);
        ASSERT_TRUE(tracked.well_formed);
        InterfaceId creates = description.creates;
        std::string line = std::string(wayland::interface(kind).name) + "." + std::string(description.name);
        if (kind == InterfaceId::wl_registry && description.name == "bind") {
            wayland::ArgumentReader arguments(message);
            (void)arguments.u();
            std::string name(arguments.s().value_or(""));
            creates = wayland::find_interface(name)->id;
            line += " " + name;
        }
        if (tracked.new_id != 0) {
            line += "(" + std::to_string(tracked.new_id) + ")";
            insert(tracked.new_id, creates);
        }
        seen.push_back(line);
        if (description.name == "create_buffer") note_buffer(message);
        if (creates == InterfaceId::wl_shm) announce_formats(tracked.new_id);
        if (creates == InterfaceId::wl_callback && kind == InterfaceId::wl_display) {
            wayland::MessageBuilder(events, tracked.new_id,
                                    wayland::event_opcode(InterfaceId::wl_callback, "done"))
                .u(1);
            remove(tracked.new_id);
        }
        if (description.destructor) remove(header.object);
    }
    void insert(std::uint32_t id, wayland::InterfaceId kind) {
        EXPECT_FALSE(objects_.contains(id)) << "id " << id << " is taken";
        EXPECT_LE(id, highest_ + 1) << "id " << id << " leaves a gap";
        highest_ = std::max(highest_, id);
        objects_[id] = kind;
    }
    void remove(std::uint32_t id) {
        objects_.erase(id);
        wayland::MessageBuilder(events, 1,
                                wayland::event_opcode(wayland::InterfaceId::wl_display, "delete_id"))
            .u(id);
    }
    void announce_formats(std::uint32_t shm) {
        for (std::uint32_t format : shm_formats)
            wayland::MessageBuilder(events, shm,
                                    wayland::event_opcode(wayland::InterfaceId::wl_shm, "format"))
                .u(format);
    }
    void note_buffer(Bytes message) {
        wayland::ArgumentReader arguments(message);
        buffers.push_back(
            {arguments.u(), arguments.u(), arguments.u(), arguments.u(), arguments.u(), arguments.u()});
    }

    std::map<std::uint32_t, wayland::InterfaceId> objects_;
    std::uint32_t highest_ = 1;
};

} // namespace tv::proxy
