// Wayland's syntax: headers, arguments of every message in the tables, and the table of objects against a
// model of it. The first byte chooses: even, a message; odd, a history of objects.
#include <map>
#include <vector>

#include "base/byte_queue.h"
#include "check.h"
#include "wayland/interface.h"
#include "wayland/message.h"
#include "wayland/object_table.h"

namespace tv::wayland {
namespace {

// Builds the message anew from what the reader understood.
ByteQueue rebuilt(Bytes message, const Header& header, const Message& description) {
    ByteQueue out;
    MessageBuilder builder(out, header.object, header.opcode, header.fds);
    ArgumentReader reader(message);
    for (char kind : description.signature) {
        switch (kind) {
        case '?':
        case 'h':
            break;
        case 's':
            if (auto text = reader.s())
                builder.s(*text);
            else
                builder.u(0);
            break;
        case 'a':
            builder.a(reader.a());
            break;
        default:
            builder.u(reader.u());
        }
    }
    TV_EXPECT(reader.ok() && reader.remaining() == 0);
    return out;
}

void try_message(Bytes bytes) {
    ByteReader choice(bytes);
    const std::uint32_t which = choice.u32();
    // In memory of exactly that size, so that reads past it are seen.
    std::vector<std::byte> message(choice.rest().begin(), choice.rest().end());
    if (message.size() < kHeaderSize) return;
    auto header = read_header(message, ErrorCategory::PeerViolation);
    if (!header) return;
    TV_EXPECT(header->size >= kHeaderSize && header->size <= limits::kMaxWaylandMessage);
    TV_EXPECT(pack_word(header->size, header->opcode, header->fds) == load_u32(message, 4));
    if (header->size > message.size()) return;
    message.resize(header->size);
    message.shrink_to_fit();

    const auto interfaces = all_interfaces();
    const Interface& interface = interfaces[which % interfaces.size()];
    const auto messages = (which >> 16 & 1) != 0 ? interface.events : interface.requests;
    if (header->opcode >= messages.size()) return;
    const Message& description = messages[header->opcode];
    const Tracked tracked = track_arguments(message, description);
    if (!tracked.well_formed) return;
    if (description.creates != InterfaceId::none) {
        TV_EXPECT(tracked.new_id_offset >= kHeaderSize && tracked.new_id_offset + 4 <= message.size());
        TV_EXPECT(tracked.new_id == load_u32(message, tracked.new_id_offset));
    }
    const ByteQueue again = rebuilt(message, *header, description);
    TV_EXPECT(again.size() == message.size());
    const Tracked tracked_again = track_arguments(again.bytes(), description);
    TV_EXPECT(tracked_again.well_formed && tracked_again.new_id == tracked.new_id);
}

struct Expected {
    InterfaceId interface;
    bool zombie;
};

void try_objects(Bytes bytes) {
    ObjectTable table;
    std::map<std::uint32_t, Expected> model{{kDisplayId, {InterfaceId::wl_display, false}}};
    ByteReader reader(bytes);
    while (reader.remaining() >= 3) {
        const unsigned operation = reader.u8();
        std::uint32_t id = reader.u8() % 32u | (reader.u8() & 1u) << 8;
        if ((operation & 0x10) != 0) id += kServerIdBase;
        if (operation == 0xff) id = ~id;
        const auto known = model.find(id);
        const auto kind = operation & 0x80 ? InterfaceId::wl_surface : InterfaceId::wl_buffer;
        switch (operation % 4) {
        case 0: {
            auto made = table.create_client(id, kind, 1);
            const bool free = known == model.end() && id != 0 && id < kServerIdBase;
            TV_EXPECT(free || !made);
            if (made) model.insert_or_assign(id, Expected{kind, false});
            break;
        }
        case 1: {
            auto made = table.create_server(id, kind, 1);
            const bool free = id >= kServerIdBase && (known == model.end() || known->second.zombie);
            TV_EXPECT(free || !made);
            if (made) model.insert_or_assign(id, Expected{kind, false});
            break;
        }
        case 2:
            table.destroy(id);
            if (known != model.end()) known->second.zombie = true;
            break;
        default:
            table.remove(id);
            if (id != kDisplayId) model.erase(id);
        }
        TV_EXPECT(table.live() <= limits::kMaxObjects);
        Object* object = table.find(id);
        const auto now = model.find(id);
        TV_EXPECT((object != nullptr) == (now != model.end()));
        TV_EXPECT(object == nullptr ||
                  (object->interface == now->second.interface && object->zombie == now->second.zombie));
    }
}

} // namespace
} // namespace tv::wayland

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const tv::Bytes bytes = std::as_bytes(std::span(data, size));
    if (bytes.empty()) return 0;
    if ((data[0] & 1) == 0)
        tv::wayland::try_message(bytes.subspan(1));
    else
        tv::wayland::try_objects(bytes.subspan(1));
    return 0;
}
