// A diff of arbitrary bytes: applied whole and by a cursor in pieces it must give the same or be refused by
// both, and a refused one writes nothing. What it made of the buffer must come back from a diff of our own.
//
// Input: u16 buffer size (12 bits), u16 diff_size, u8 piece length, then the diff.
#include <algorithm>
#include <vector>

#include "check.h"
#include "mirror/diff.h"

namespace tv {
namespace {

using Buffer = std::vector<std::byte>;

std::size_t read_u16(ByteReader& reader) {
    const std::size_t low = reader.u8();
    return low | std::size_t{reader.u8()} << 8;
}

Buffer pattern(std::size_t size) {
    Buffer bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = std::byte(i * 7 & 0xff);
    return bytes;
}

// Whether the cursor took all of the diff.
bool feed_in_pieces(Bytes diff, std::size_t diff_size, std::size_t piece, Buffer& target) {
    DiffCursor cursor(diff_size, diff.size() - diff_size, target.size());
    std::size_t used = 0, arrived = 0;
    for (;;) {
        arrived = std::min(diff.size(), arrived + piece);
        auto fed = cursor.feed(diff.subspan(used, arrived - used), target);
        if (!fed) return false;
        used += *fed;
        TV_EXPECT(cursor.remaining() == diff.size() - used);
        if (cursor.done()) break;
        TV_EXPECT(arrived < diff.size());
    }
    TV_EXPECT(used == diff.size());
    return true;
}

void try_build(const Buffer& old, const Buffer& now, std::size_t piece) {
    // Ranges that follow each other without gaps and do not end at blocks.
    std::vector<ByteRange> ranges;
    for (std::size_t at = 0; at < now.size(); at += piece * 5) ranges.push_back({at, at + piece * 5});
    Buffer diff, again = old;
    const DiffSize size = build_diff(old, now, ranges, diff);
    TV_EXPECT(diff.size() == size.diff_size + size.ntrailing);
    TV_EXPECT(size.empty() == (old == now));
    TV_EXPECT(apply_diff(diff, size.diff_size, again).has_value());
    TV_EXPECT(again == now);
}

void try_diff(Bytes diff, std::size_t target_size, std::size_t diff_size, std::size_t piece) {
    const Buffer before = pattern(target_size);
    Buffer whole = before, pieces = before;
    const bool applied = apply_diff(diff, diff_size, whole).has_value();
    if (!applied) TV_EXPECT(whole == before);
    if (diff_size > diff.size()) {
        TV_EXPECT(!applied);
        return;
    }
    TV_EXPECT(feed_in_pieces(diff, diff_size, piece, pieces) == applied);
    if (!applied) return;
    TV_EXPECT(pieces == whole);
    try_build(before, whole, piece);

    Buffer filled = before;
    const std::size_t start = piece * 3;
    auto status = apply_fill(diff, start, start + diff.size(), filled, FillOverrun::Clamp);
    TV_EXPECT(filled.size() == before.size());
    if (!status) TV_EXPECT(filled == before);
}

} // namespace
} // namespace tv

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tv::ByteReader reader(std::as_bytes(std::span(data, size)));
    const std::size_t target_size = tv::read_u16(reader) & 0xfff;
    const std::size_t diff_size = tv::read_u16(reader);
    const std::size_t piece = reader.u8() + std::size_t{1};
    if (!reader.ok()) return 0;
    tv::try_diff(reader.rest(), target_size, diff_size, piece);
    return 0;
}
