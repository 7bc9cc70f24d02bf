// Fills and diffs: how the contents of a replicated buffer change.
//
// A diff, once decompressed, is `diff_size` bytes of spans { u32 first_word, u32 end_word, data } followed by
// trailing bytes that replace the buffer's last ones. Words are 4 bytes, counted from the start of the
// buffer; spans are half-open, ascend and do not overlap. Everything here is thread-safe as long as the
// memory is the caller's alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tv {

inline constexpr std::size_t kDiffWord = 4;
inline constexpr std::size_t kSpanHeader = 8;

// --- applying
// ------------------------------------------------------------------------------------------------

// Applies a whole decompressed diff; what follows its first `diff_size` bytes are the trailing ones. All of
// it is checked first: on failure `target` is untouched.
[[nodiscard]] Status apply_diff(Bytes diff, std::size_t diff_size, MutableBytes target);

// Walks a diff whose bytes arrive piece by piece, so that data can be read from a socket straight to its
// place. Each span is checked before its first byte is written; what a refused diff had written before stays
// written.
//
//   for (;;) {
//       TV_ASSIGN(auto step, cursor.next(available));
//       drop step.skip bytes from the front of `available`;
//       NeedHeader: wait until `available` holds kSpanHeader bytes;
//       Copy: move up to step.length bytes, from `available` or the socket, to target + step.offset,
//       cursor.copied(n); Done: break;
//   }
class DiffCursor {
public:
    enum class Action : std::uint8_t { NeedHeader, Copy, Done };
    struct Step {
        Action action;
        std::size_t skip;   // header bytes at the front of `available` that this call has used up
        std::size_t offset; // Copy: where the next data byte goes
        std::size_t length; // Copy: data bytes until the next header, at least 1
    };

    DiffCursor() = default; // a diff of nothing
    DiffCursor(std::size_t diff_size, std::size_t ntrailing, std::size_t target_size);

    // `available`: the next bytes of the diff as far as they have come, perhaps none. A failure is final.
    [[nodiscard]] Result<Step> next(Bytes available);
    // After next() said Copy: `count` <= length bytes are in place.
    void copied(std::size_t count);

    // Copies as much of `available` as has its place in `target` (of target_size bytes) and returns how many
    // bytes that used up; up to kSpanHeader - 1 bytes of a header that is not complete may be left over.
    [[nodiscard]] Result<std::size_t> feed(Bytes available, MutableBytes target);

    [[nodiscard]] bool done() const { return run_left_ == 0 && spans_left_ == 0 && trailing_left_ == 0; }
    // Bytes of the diff that were not used up yet.
    [[nodiscard]] std::size_t remaining() const { return run_left_ + spans_left_ + trailing_left_; }

private:
    Status begin_span(Bytes header);
    Status begin_trailing();

    std::size_t target_size_ = 0;
    std::size_t spans_left_ = 0;    // bytes of spans after the current run
    std::size_t trailing_left_ = 0; // bytes of trailing data after the current run
    std::size_t run_offset_ = 0;
    std::size_t run_left_ = 0;
    std::size_t next_word_ = 0; // where the next span may begin
};

// Fills of dmabufs by C 0.9.2 may end up to 63 bytes behind the buffer, because it rounds the last shard up.
inline constexpr std::size_t kMaxFillOverrun = 63;
enum class FillOverrun : bool { Reject, Clamp };

// How many of the end - start bytes of a fill lie within the buffer; start is then inside it, too.
[[nodiscard]] Result<std::size_t> fill_length(std::size_t start, std::size_t end, std::size_t target_size,
                                              FillOverrun overrun);
// `data` is end - start bytes.
[[nodiscard]] Status apply_fill(Bytes data, std::size_t start, std::size_t end, MutableBytes target,
                                FillOverrun overrun);

// --- building
// ------------------------------------------------------------------------------------------------

// Bytes [begin, end) of a buffer.
struct ByteRange {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool operator==(const ByteRange&) const = default;
};

struct DiffSize {
    std::size_t diff_size = 0; // bytes of spans
    std::size_t ntrailing = 0; // bytes after them; 0 or the buffer's size mod 64
    [[nodiscard]] bool empty() const { return diff_size == 0 && ntrailing == 0; }
};

// Replaces the contents of `out` (its capacity is reused) by a diff that turns `old` into `now` within
// `ranges`, which are widened to blocks of 64 bytes. Both buffers have the same size; ranges ascend by their
// begin. When somebody else may be writing to `now`, bring the mirror up to date by applying the diff to it,
// not by copying again.
DiffSize build_diff(Bytes old, Bytes now, std::span<const ByteRange> ranges, std::vector<std::byte>& out);

} // namespace tv
