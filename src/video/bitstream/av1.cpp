#include "video/bitstream/av1.h"

#include "video/bitstream/bit_reader.h"

namespace tv::video {
namespace {

constexpr unsigned kMaxLeb128Bytes = 8;
constexpr std::uint32_t kKeyFrame = 0;

// uvlc(): like ue(v), but 32 zeros are a value of their own and nothing follows them.
void skip_uvlc(BitReader& bits) {
    unsigned zeros = 0;
    while (bits.ok() && !bits.flag()) ++zeros;
    if (zeros < 32) bits.skip(zeros);
}

struct DecoderModel {
    bool present = false;
    unsigned delay_bits = 0;
};

DecoderModel read_timing(BitReader& bits) {
    DecoderModel model;
    bits.skip(64);
    if (bits.flag()) skip_uvlc(bits);
    model.present = bits.flag();
    if (model.present) {
        model.delay_bits = bits.bits(5) + 1;
        bits.skip(32 + 5 + 5);
    }
    return model;
}

void read_operating_points(BitReader& bits, Av1SequenceHeader& header) {
    DecoderModel model;
    if (bits.flag()) model = read_timing(bits);
    const bool display_delay = bits.flag();
    const unsigned points = bits.bits(5) + 1;
    for (unsigned i = 0; i < points && bits.ok(); ++i) {
        bits.skip(12);
        const auto level = static_cast<std::uint8_t>(bits.bits(5));
        const bool tier = level > 7 && bits.flag();
        if (i == 0) {
            header.level = level;
            header.tier = tier;
        }
        if (model.present && bits.flag()) bits.skip(2 * model.delay_bits + 1);
        if (display_delay && bits.flag()) bits.skip(4);
    }
}

// From behind the picture size up to the colours.
void skip_tools(BitReader& bits, bool reduced) {
    if (!reduced && bits.flag()) bits.skip(4 + 3); // lengths of frame ids
    bits.skip(3);                                  // superblock size, two intra tools
    if (!reduced) {
        bits.skip(4); // inter tools
        const bool order_hint = bits.flag();
        if (order_hint) bits.skip(2);
        constexpr std::uint32_t kSelect = 2;
        const std::uint32_t screen_content = bits.flag() ? kSelect : bits.bit();
        if (screen_content > 0 && !bits.flag()) bits.skip(1); // integer motion vectors
        if (order_hint) bits.skip(3);
    }
    bits.skip(3); // superres, cdef, restoration
}

void read_color(BitReader& bits, Av1SequenceHeader& header) {
    header.high_bit_depth = bits.flag();
    header.twelve_bit = header.profile == 2 && header.high_bit_depth && bits.flag();
    header.monochrome = header.profile != 1 && bits.flag();
    std::uint32_t described = 0;
    if (bits.flag()) described = bits.bits(24);
    constexpr std::uint32_t kSrgbIdentity = 1U << 16 | 13U << 8; // primaries, transfer, matrix
    if (header.monochrome) {
        header.subsampling_x = header.subsampling_y = true;
        return;
    }
    if (described == kSrgbIdentity) return;
    bits.skip(1); // range
    if (header.profile == 0) {
        header.subsampling_x = header.subsampling_y = true;
    } else if (header.profile == 2) {
        header.subsampling_x = !header.twelve_bit || bits.flag();
        header.subsampling_y = header.twelve_bit && header.subsampling_x && bits.flag();
    }
    if (header.subsampling_x && header.subsampling_y)
        header.chroma_position = static_cast<std::uint8_t>(bits.bits(2));
}

} // namespace

Result<std::optional<Obu>> ObuReader::next() {
    // A header of zero would be a reserved unit that fills the rest of the packet: padding.
    if (rest_.empty() || rest_[0] == std::byte{0}) return std::nullopt;
    const auto header = std::to_integer<std::uint32_t>(rest_[0]);
    if ((header & 0x80) != 0) return fail(ErrorCategory::Corrupted, "AV1 OBU with its forbidden bit set");
    std::size_t at = 1 + ((header & 4) != 0 ? 1 : 0);
    if (at > rest_.size()) return fail(ErrorCategory::Corrupted, "AV1 OBU header is cut off");
    std::uint64_t size = rest_.size() - at;
    if ((header & 2) != 0) {
        size = 0;
        bool more = true;
        for (unsigned i = 0; more; ++i) {
            if (i == kMaxLeb128Bytes || at == rest_.size())
                return fail(ErrorCategory::Corrupted, "AV1 OBU size does not parse");
            const auto byte = std::to_integer<std::uint64_t>(rest_[at++]);
            size |= (byte & 0x7f) << (7 * i);
            more = (byte & 0x80) != 0;
        }
    }
    if (size > rest_.size() - at) return fail(ErrorCategory::Corrupted, "AV1 OBU leaves its packet");
    const std::size_t end = at + static_cast<std::size_t>(size);
    const Obu obu{static_cast<ObuType>(header >> 3 & 15), rest_.first(end), rest_.subspan(at, end - at)};
    rest_ = rest_.subspan(end);
    consumed_ += end;
    return obu;
}

Result<Av1SequenceHeader> parse_av1_sequence_header(Bytes payload) {
    BitReader bits(payload);
    Av1SequenceHeader header;
    header.profile = static_cast<std::uint8_t>(bits.bits(3));
    header.still_picture = bits.flag();
    header.reduced = bits.flag();
    if (header.reduced)
        header.level = static_cast<std::uint8_t>(bits.bits(5));
    else
        read_operating_points(bits, header);
    const unsigned width_bits = bits.bits(4) + 1, height_bits = bits.bits(4) + 1;
    header.size.width = bits.bits(width_bits) + 1;
    header.size.height = bits.bits(height_bits) + 1;
    if (!bits.ok()) return fail(ErrorCategory::Corrupted, "AV1 sequence header is cut off");
    skip_tools(bits, header.reduced);
    read_color(bits, header);
    header.complete = bits.ok();
    return header;
}

PacketInfo inspect_av1(Bytes packet) {
    PacketInfo info{.bytes = packet};
    ObuReader units(packet);
    std::optional<Av1SequenceHeader> sequence;
    while (true) {
        const auto unit = units.next();
        if (!unit) return {.bytes = packet}; // the decoder's to refuse
        if (!*unit) break;
        const Obu& obu = **unit;
        if (obu.type == ObuType::SequenceHeader) {
            const auto parsed = parse_av1_sequence_header(obu.payload);
            if (!parsed) continue;
            sequence = *parsed;
            info.announce(parsed->size, parsed->size);
        } else if ((obu.type == ObuType::Frame || obu.type == ObuType::FrameHeader) && !info.has_picture) {
            info.has_picture = true;
            BitReader bits(obu.payload);
            // show_existing_frame 0, frame_type KEY_FRAME, show_frame 1.
            info.key_frame = sequence && (sequence->reduced || (!bits.flag() && bits.bits(2) == kKeyFrame &&
                                                                bits.flag() && bits.ok()));
        }
    }
    info.bytes = packet.first(units.consumed());
    return info;
}

} // namespace tv::video
