#include "wayland/message.h"

namespace tv::wayland {

Result<Header> read_header(Bytes bytes, ErrorCategory blame) {
    std::uint32_t word = load_u32(bytes, 4);
    Header header{load_u32(bytes, 0), static_cast<std::uint16_t>(word & kOpcodeMask),
                  static_cast<std::uint8_t>(word >> kFdTagShift & kFdTagMask),
                  static_cast<std::uint16_t>(word >> 16)};
    if (header.size < kHeaderSize) return fail(blame, "Wayland message shorter than its header", header.size);
    if (header.size % 4 != 0) return fail(blame, "Wayland message length not a multiple of 4", header.size);
    if (header.size > limits::kMaxWaylandMessage)
        return fail(blame, "Wayland message longer than 4096 bytes", header.size);
    return header;
}

std::optional<std::string_view> ArgumentReader::s() {
    Bytes text = a();
    if (text.empty()) return std::nullopt;
    if (text.back() != std::byte{0}) {
        ok_ = false;
        return std::nullopt;
    }
    // The bytes are characters; char may alias anything.
    return std::string_view(reinterpret_cast<const char*>(text.data()), text.size() - 1);
}

Bytes ArgumentReader::a() {
    std::size_t length = reader_.u32();
    if (length > reader_.remaining()) {
        ok_ = false; // before padding it, which could overflow
        return {};
    }
    Bytes padded = reader_.bytes(padded4(length));
    return reader_.ok() ? padded.first(length) : Bytes{};
}

Tracked track_arguments(Bytes message, const Message& description) {
    Tracked result;
    ArgumentReader arguments(message);
    for (char kind : description.signature) {
        std::size_t offset = message.size() - arguments.remaining();
        switch (kind) {
        case '?':
        case 'h':
            break; // descriptors are not in the bytes
        case 's':
            (void)arguments.s();
            break;
        case 'a':
            (void)arguments.a();
            break;
        case 'n':
            result.new_id_offset = offset;
            result.new_id = arguments.u();
            break;
        default:
            (void)arguments.u();
            break;
        }
    }
    result.well_formed = arguments.ok() && arguments.remaining() == 0;
    return result;
}

MessageBuilder::~MessageBuilder() {
    std::size_t size = out_.size() - start_;
    MutableBytes header = out_.recent(size).first(kHeaderSize);
    store_u32(header, 0, object_);
    store_u32(header, 4, pack_word(static_cast<std::uint16_t>(size), opcode_, fds_));
}

MessageBuilder& MessageBuilder::u(std::uint32_t value) {
    store_u32(out_.append(4), 0, value);
    return *this;
}

MessageBuilder& MessageBuilder::s(std::string_view text) {
    u(static_cast<std::uint32_t>(text.size() + 1));
    MutableBytes room = out_.append(padded4(text.size() + 1));
    std::memset(room.data(), 0, room.size());
    std::memcpy(room.data(), text.data(), text.size());
    return *this;
}

MessageBuilder& MessageBuilder::a(Bytes bytes) {
    u(static_cast<std::uint32_t>(bytes.size()));
    MutableBytes room = out_.append(padded4(bytes.size()));
    std::memset(room.data(), 0, room.size());
    if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
    return *this;
}

} // namespace tv::wayland
