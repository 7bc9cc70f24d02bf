#include "mirror/diff.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace tv {
namespace {

std::int64_t number(std::size_t value) {
    return static_cast<std::int64_t>(value);
}

void copy_bytes(MutableBytes target, std::size_t offset, Bytes data) {
    if (!data.empty()) std::memcpy(target.data() + offset, data.data(), data.size());
}

struct Span {
    std::size_t offset; // in the buffer, bytes
    std::size_t length;
};

// One span header, given what follows it. `next_word`: end of the span before.
Result<Span> check_span(Bytes header, std::size_t bytes_after, std::size_t next_word,
                        std::size_t target_size) {
    const std::size_t first = load_u32(header, 0);
    const std::size_t end = load_u32(header, 4);
    if (end <= first)
        return fail(ErrorCategory::PeerViolation, "diff span is empty or backwards", number(first));
    if (first < next_word)
        return fail(ErrorCategory::PeerViolation, "diff span overlaps the one before it", number(first));
    // In words, so that nothing overflows where size_t has 32 bits.
    if (end > target_size / kDiffWord)
        return fail(ErrorCategory::PeerViolation, "diff span ends behind the buffer", number(end));
    const std::size_t length = (end - first) * kDiffWord;
    if (length > bytes_after)
        return fail(ErrorCategory::PeerViolation, "diff span is longer than its data", number(length));
    return Span{first * kDiffWord, length};
}

Status check_trailing(std::size_t ntrailing, std::size_t target_size) {
    if (ntrailing > target_size)
        return fail(ErrorCategory::PeerViolation, "diff has more trailing bytes than the buffer",
                    number(ntrailing));
    return {};
}

std::unexpected<Error> torn_header(std::size_t left) {
    return fail(ErrorCategory::PeerViolation, "diff ends within a span header", number(left));
}

// Looks at headers only and jumps over the data, which costs little beside copying it.
Status check_spans(Bytes spans, std::size_t target_size) {
    std::size_t next_word = 0;
    while (!spans.empty()) {
        if (spans.size() < kSpanHeader) return torn_header(spans.size());
        TV_ASSIGN(Span span, check_span(spans, spans.size() - kSpanHeader, next_word, target_size));
        next_word = (span.offset + span.length) / kDiffWord;
        spans = spans.subspan(kSpanHeader + span.length);
    }
    return {};
}

} // namespace

Status apply_diff(Bytes diff, std::size_t diff_size, MutableBytes target) {
    if (diff_size > diff.size())
        return fail(ErrorCategory::PeerViolation, "diff is shorter than announced", number(diff.size()));
    Bytes spans = diff.first(diff_size);
    const Bytes trailing = diff.subspan(diff_size);
    TV_TRY(check_trailing(trailing.size(), target.size()));
    TV_TRY(check_spans(spans, target.size()));

    while (!spans.empty()) {
        const std::size_t first = load_u32(spans, 0);
        const std::size_t length = (load_u32(spans, 4) - first) * kDiffWord;
        copy_bytes(target, first * kDiffWord, spans.subspan(kSpanHeader, length));
        spans = spans.subspan(kSpanHeader + length);
    }
    copy_bytes(target, target.size() - trailing.size(), trailing);
    return {};
}

// --- DiffCursor
// ------------------------------------------------------------------------------------------------

DiffCursor::DiffCursor(std::size_t diff_size, std::size_t ntrailing, std::size_t target_size)
    : target_size_(target_size), spans_left_(diff_size), trailing_left_(ntrailing) {}

Status DiffCursor::begin_span(Bytes header) {
    TV_ASSIGN(Span span, check_span(header, spans_left_ - kSpanHeader, next_word_, target_size_));
    spans_left_ -= kSpanHeader + span.length;
    run_offset_ = span.offset;
    run_left_ = span.length;
    next_word_ = (span.offset + span.length) / kDiffWord;
    return {};
}

Status DiffCursor::begin_trailing() {
    TV_TRY(check_trailing(trailing_left_, target_size_));
    run_offset_ = target_size_ - trailing_left_;
    run_left_ = trailing_left_;
    trailing_left_ = 0;
    return {};
}

Result<DiffCursor::Step> DiffCursor::next(Bytes available) {
    std::size_t skip = 0;
    if (run_left_ == 0 && spans_left_ != 0) {
        if (spans_left_ < kSpanHeader) return torn_header(spans_left_);
        if (available.size() < kSpanHeader) return Step{Action::NeedHeader, 0, 0, 0};
        TV_TRY(begin_span(available));
        skip = kSpanHeader;
    } else if (run_left_ == 0 && trailing_left_ != 0) {
        TV_TRY(begin_trailing());
    }
    if (run_left_ == 0) return Step{Action::Done, 0, 0, 0};
    return Step{Action::Copy, skip, run_offset_, run_left_};
}

void DiffCursor::copied(std::size_t count) {
    assert(count <= run_left_);
    run_offset_ += count;
    run_left_ -= count;
}

Result<std::size_t> DiffCursor::feed(Bytes available, MutableBytes target) {
    assert(target.size() == target_size_);
    const std::size_t before = available.size();
    for (;;) {
        TV_ASSIGN(Step step, next(available));
        available = available.subspan(step.skip);
        if (step.action != Action::Copy || available.empty()) return before - available.size();
        const std::size_t count = std::min(step.length, available.size());
        copy_bytes(target, step.offset, available.first(count));
        copied(count);
        available = available.subspan(count);
    }
}

// --- fills
// -------------------------------------------------------------------------------------------------------

Result<std::size_t> fill_length(std::size_t start, std::size_t end, std::size_t target_size,
                                FillOverrun overrun) {
    if (end <= start) return fail(ErrorCategory::PeerViolation, "fill ends before it starts", number(end));
    if (start >= target_size)
        return fail(ErrorCategory::PeerViolation, "fill starts behind the buffer", number(start));
    if (end <= target_size) return end - start;
    if (overrun == FillOverrun::Reject || end - target_size > kMaxFillOverrun)
        return fail(ErrorCategory::PeerViolation, "fill ends behind the buffer", number(end));
    return target_size - start;
}

Status apply_fill(Bytes data, std::size_t start, std::size_t end, MutableBytes target, FillOverrun overrun) {
    TV_ASSIGN(const std::size_t length, fill_length(start, end, target.size(), overrun));
    if (data.size() != end - start)
        return fail(ErrorCategory::PeerViolation, "fill is not of its announced size", number(data.size()));
    copy_bytes(target, start, data.first(length));
    return {};
}

// --- building
// ------------------------------------------------------------------------------------------------------

namespace {

constexpr std::size_t kBlock = 64;
// Equal memory is skipped in strides of this size by memcmp, which the C library has in the machine's best
// version.
constexpr std::size_t kStride = 4096;
// Spans with fewer unchanged words between them become one; a header costs two words, and short copies cost
// time.
constexpr std::size_t kMergeWords = 16;

bool same_block(const std::byte* a, const std::byte* b) {
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < kBlock; i += sizeof difference) {
        std::uint64_t x, y;
        std::memcpy(&x, a + i, sizeof x);
        std::memcpy(&y, b + i, sizeof y);
        difference |= x ^ y;
    }
    return difference == 0;
}

class SpanWriter {
public:
    SpanWriter(Bytes now, std::vector<std::byte>& out) : now_(now), out_(out) {}

    // Words come in ascending order.
    void changed(std::size_t word) {
        if (end_ != 0 && word - end_ < kMergeWords) {
            end_ = word + 1;
            return;
        }
        flush();
        first_ = word;
        end_ = word + 1;
    }

    void flush() {
        if (end_ == 0) return;
        std::byte header[kSpanHeader];
        store_u32(header, 0, static_cast<std::uint32_t>(first_));
        store_u32(header, 4, static_cast<std::uint32_t>(end_));
        const Bytes data = now_.subspan(first_ * kDiffWord, (end_ - first_) * kDiffWord);
        out_.insert(out_.end(), std::begin(header), std::end(header));
        out_.insert(out_.end(), data.begin(), data.end());
        end_ = 0;
    }

private:
    Bytes now_;
    std::vector<std::byte>& out_;
    std::size_t first_ = 0;
    std::size_t end_ = 0; // 0: no open span
};

// [begin, end) in whole blocks.
void compare_blocks(Bytes old, Bytes now, std::size_t begin, std::size_t end, SpanWriter& spans) {
    for (std::size_t at = begin; at < end;) {
        if (end - at >= kStride && std::memcmp(old.data() + at, now.data() + at, kStride) == 0) {
            at += kStride;
            continue;
        }
        const std::size_t stride_end = std::min(end, at + kStride);
        for (; at < stride_end; at += kBlock) {
            if (same_block(old.data() + at, now.data() + at)) continue;
            for (std::size_t offset = at; offset < at + kBlock; offset += kDiffWord)
                if (load_u32(old, offset) != load_u32(now, offset)) spans.changed(offset / kDiffWord);
        }
    }
}

} // namespace

DiffSize build_diff(Bytes old, Bytes now, std::span<const ByteRange> ranges, std::vector<std::byte>& out) {
    assert(old.size() == now.size());
    out.clear();
    const std::size_t blocks_end = now.size() - now.size() % kBlock;
    SpanWriter spans(now, out);
    std::size_t done = 0; // everything before this was compared
    bool tail = false;
    for (const ByteRange& range : ranges) {
        if (range.begin >= range.end) continue;
        tail |= range.end > blocks_end && range.begin < now.size();
        const std::size_t begin = std::max(done, std::min(range.begin - range.begin % kBlock, blocks_end));
        const std::size_t end =
            range.end >= blocks_end ? blocks_end : (range.end + kBlock - 1) / kBlock * kBlock;
        if (begin >= end) continue;
        compare_blocks(old, now, begin, end, spans);
        done = end;
    }
    spans.flush();

    DiffSize size{out.size(), 0};
    const Bytes rest = now.subspan(blocks_end);
    if (tail && !rest.empty() && !std::ranges::equal(rest, old.subspan(blocks_end))) {
        out.insert(out.end(), rest.begin(), rest.end());
        size.ntrailing = rest.size();
    }
    return size;
}

} // namespace tv
