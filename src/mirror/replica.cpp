#include "mirror/replica.h"

#include <algorithm>

#include "base/fourcc.h"
#include "base/limits.h"
#include "mirror/diff.h"
#include "mirror/stream_copy.h"
#include "mirror/surface_rows.h"

namespace tv::mirror {
namespace {

// Granularity of what counts as written; a page would do, this needs a flag per 64 KiB only.
constexpr std::size_t kWrittenBlock = 64 * limits::kKiB;

// From this many uncompressed bytes on, a decompression is worth waking another thread for. lz4 runs at the
// speed of memory, zstd at a fifth of it. The 256 KiB chunks of the stock senders stay below: one
// decompresses in a fraction of a millisecond, and handing it over (two copies of it more, two wake-ups, cold
// caches) costs more CPU time than that gains. What is larger would keep events waiting for too long.
constexpr std::size_t kPoolZstdBytes = 512 * limits::kKiB;
constexpr std::size_t kPoolLz4Bytes = 1 * limits::kMiB;

// What an update costs beside its bytes: the entry and the job's own.
constexpr std::size_t kPendingOverhead = 256;

// Scratch kept between updates: one chunk of any sender. What a larger update took is given back.
constexpr std::size_t kKeptScratch = 1 * limits::kMiB;

bool worth_a_worker(CompressionKind kind, std::size_t uncompressed) {
    switch (kind) {
    case CompressionKind::None:
        return false;
    case CompressionKind::Lz4:
        return uncompressed > kPoolLz4Bytes;
    case CompressionKind::Zstd:
        return uncompressed >= kPoolZstdBytes;
    }
    return false;
}

} // namespace

std::size_t Update::uncompressed_size() const {
    switch (kind) {
    case Kind::Fill:
        return second > first ? second - first : 0;
    case Kind::Diff:
        return std::size_t{first} + second;
    case Kind::Extend:
        return 0;
    }
    return 0;
}

Result<std::shared_ptr<Replica>> Replica::create(MirrorState& state, Rid rid, std::size_t size) {
    std::shared_ptr<Replica> replica(new Replica(state, rid));
    ++state.live_replicas;
    TV_TRY(replica->grow(size));
    replica->announced_size_ = size;
    return replica;
}

Result<std::shared_ptr<Replica>> Replica::create_image(MirrorState& state, Rid rid, const ImageLayout& layout,
                                                       std::shared_ptr<surface::Published> published) {
    if (layout.view_size() > limits::kMaxFileBytes)
        return fail(ErrorCategory::Limit, "bytes of one image (kMaxFileBytes)",
                    static_cast<std::int64_t>(layout.view_size()));
    if (!published) {
        TV_ASSIGN(auto replica, create(state, rid, layout.file_size()));
        replica->image_ = layout;
        if (!layout.same()) TV_TRY(replica->make_view());
        return replica;
    }
    std::shared_ptr<Replica> replica(new Replica(state, rid));
    ++state.live_replicas;
    replica->announced_size_ = layout.file_size();
    replica->image_ = layout;
    replica->published_ = std::move(published);
    // A surface of the free list shows what it showed before.
    TV_ASSIGN(auto writing, surface::Writing::begin(*replica->published_->surface));
    clear_rows(writing.bytes().first(layout.file_size()), replica->opaque());
    return replica;
}

bool Replica::opaque() const {
    return image_->format == fourcc("XR24");
}

bool Replica::clear_to_write() {
    if (!published_ || published_->guard.ready(state_.now, *published_->surface, state_.surface_writes))
        return true;
    state_.recheck_at = state_.now + surface::kGuardRecheck;
    return false;
}

Status Replica::show(bool flipped) {
    if (source_) {
        source_->start(flipped);
        return {};
    }
    return flipped == image_->flipped ? Status{} : flip();
}

Status Replica::flip() {
    image_->flipped = !image_->flipped;
    if (published_) {
        TV_ASSIGN(auto writing, surface::Writing::begin(*published_->surface));
        flip_rows(writing.bytes(), *image_);
        return {};
    }
    if (view_.empty()) {
        TV_TRY(make_view());
        std::memcpy(view_.data(), file_.bytes().data(), view_.size());
    }
    dirty_begin_ = 0;
    dirty_end_ = view_.size();
    publish_rows();
    return {};
}

Status Replica::make_view() {
    std::size_t size = image_->view_size();
    if (state_.written_bytes + size > state_.max_written_bytes)
        return fail(ErrorCategory::Limit, "bytes written into files (kMaxWrittenBytes)",
                    static_cast<std::int64_t>(state_.max_written_bytes));
    state_.written_bytes += size;
    view_.resize(size);
    return {};
}

void Replica::publish_rows() {
    if (dirty_begin_ >= dirty_end_ || view_.empty()) return;
    std::size_t first = dirty_begin_ / image_->view_stride;
    std::size_t last = std::min<std::size_t>((dirty_end_ - 1) / image_->view_stride + 1, image_->height);
    for (std::size_t row = first; row < last; ++row) {
        std::size_t shown = image_->flipped ? image_->height - 1 - row : row;
        std::memcpy(file_.bytes().data() + shown * image_->file_stride,
                    view_.data() + row * image_->view_stride, image_->row_bytes);
    }
    dirty_begin_ = dirty_end_ = 0;
}

Replica::~Replica() {
    state_.written_bytes -= view_.size();
    --state_.live_replicas;
    state_.mapped_bytes -= file_.size();
    state_.written_bytes -=
        static_cast<std::size_t>(std::count(written_.begin(), written_.end(), true)) * kWrittenBlock;
    if (waiting()) --state_.waiting_replicas;
    for (; !pending_.empty(); pending_.pop()) {
        Pending& waiting = pending_.front();
        if (waiting.job && !waiting.job->finished.load(std::memory_order_acquire)) {
            waiting.job->unwanted.store(true, std::memory_order_relaxed);
            state_.orphans.push({std::move(waiting.job), waiting.cost});
        } else {
            state_.private_bytes -= waiting.cost;
        }
    }
}

void MirrorState::drop_finished_orphans() {
    for (std::size_t i = 0, all = orphans.size(); i < all; ++i) {
        OrphanedJob orphan = orphans.pop();
        if (orphan.job->finished.load(std::memory_order_acquire))
            private_bytes -= orphan.cost;
        else
            orphans.push(std::move(orphan));
    }
}

Status Replica::grow(std::size_t size) {
    if (size > limits::kMaxFileBytes)
        return fail(ErrorCategory::Limit, "bytes of one file (kMaxFileBytes)",
                    static_cast<std::int64_t>(size));
    if (state_.mapped_bytes - file_.size() + size > limits::kMaxMappedBytes)
        return fail(ErrorCategory::Limit, "bytes of all files (kMaxMappedBytes)",
                    static_cast<std::int64_t>(limits::kMaxMappedBytes));
    std::size_t before = file_.size();
    if (file_.descriptor().valid()) {
        TV_TRY(file_.grow(size));
    } else {
        TV_ASSIGN(file_, SharedFile::create(size));
    }
    state_.mapped_bytes += size - before;
    reserve_written(size);
    return {};
}

void Replica::reserve_written(std::size_t size) {
    written_.resize(std::max(written_.size(), (size + kWrittenBlock - 1) / kWrittenBlock));
}

Status Replica::note_written(std::size_t offset, std::size_t length) {
    if (length == 0 || published_) return {}; // the store counts surfaces
    std::size_t last = (offset + length - 1) / kWrittenBlock;
    for (std::size_t block = offset / kWrittenBlock; block <= last; ++block) {
        if (written_[block]) continue;
        if (state_.written_bytes + kWrittenBlock > state_.max_written_bytes)
            return fail(ErrorCategory::Limit, "bytes written into files (kMaxWrittenBytes)",
                        static_cast<std::int64_t>(state_.max_written_bytes));
        written_[block] = true;
        state_.written_bytes += kWrittenBlock;
    }
    return {};
}

Status Replica::note_update(std::size_t offset, std::size_t length) {
    if (view_.empty()) return note_written(offset, length);
    // The view's memory was counted when it was made.
    dirty_begin_ = dirty_end_ == 0 ? offset : std::min(dirty_begin_, offset);
    dirty_end_ = std::max(dirty_end_, offset + length);
    return {};
}

Status Replica::check_direct(const Update& update, std::size_t bytes) const {
    return check(update, bytes);
}

// What can be said before anything is decompressed.
Status Replica::check(const Update& update, std::size_t compressed) const {
    if (source_)
        return fail(ErrorCategory::PeerViolation, "fill or diff for an image that video fills", rid_);
    if (update.kind == Update::Kind::Fill && update.first >= update.second)
        return fail(ErrorCategory::PeerViolation, "fill that ends before it starts", update.first);
    return check_expansion(state_.compression, compressed, update.uncompressed_size());
}

Status Replica::receive(const Update& update, Bytes compressed) {
    TV_TRY(check(update, compressed.size()));
    std::size_t size = update.uncompressed_size();
    if (!applies_at_once() || !clear_to_write() ||
        (state_.pool != nullptr && worth_a_worker(state_.compression, size)))
        return defer(update, compressed);
    ++received_;
    if (state_.compression == CompressionKind::None) return apply(update, compressed);
    if (state_.scratch.size() < size) state_.scratch.resize(size);
    MutableBytes scratch = std::span(state_.scratch).first(size);
    TV_TRY(state_.decompressor.decompress(state_.compression, compressed, scratch));
    TV_TRY(apply(update, scratch));
    if (state_.scratch.size() > kKeptScratch) state_.scratch = {};
    return {};
}

Status Replica::extend(std::uint32_t new_size) {
    if (image_) return fail(ErrorCategory::PeerViolation, "image extended like a file", rid_);
    if (new_size < announced_size_) return fail(ErrorCategory::PeerViolation, "file made smaller", new_size);
    // Checked now, though it may be applied later: the limits must not depend on timing.
    if (new_size > limits::kMaxFileBytes)
        return fail(ErrorCategory::Limit, "bytes of one file (kMaxFileBytes)", new_size);
    announced_size_ = new_size;
    reserve_written(new_size);
    Update update{Update::Kind::Extend, new_size, 0};
    if (!pending_.empty()) return defer(update, {});
    ++received_;
    return apply(update, {});
}

Status Replica::defer(const Update& update, Bytes compressed) {
    Pending pending{update, held_until_, nullptr, kPendingOverhead};
    if (std::size_t size = update.uncompressed_size(); size != 0) {
        std::shared_ptr<DecompressJob> job =
            state_.pool != nullptr ? state_.pool->take() : std::make_shared<DecompressJob>();
        job->kind = state_.compression;
        job->output.resize(size);
        if (state_.pool != nullptr && worth_a_worker(job->kind, size)) {
            job->input.assign(compressed.begin(), compressed.end());
            pending.cost += compressed.size();
            TV_TRY(state_.pool->submit(job));
        } else {
            job->status = state_.decompressor.decompress(job->kind, compressed, job->output);
            job->finished.store(true, std::memory_order_release);
            TV_TRY(job->status);
        }
        pending.job = std::move(job);
        pending.cost += size;
    }
    state_.private_bytes += pending.cost;
    ++received_;
    if (pending_.empty()) ++state_.waiting_replicas;
    pending_.push(std::move(pending));
    return {};
}

Status Replica::receive_packet(Bytes packet) {
    if (!source_)
        return fail(ErrorCategory::PeerViolation, "video packet for something that is no video", rid_);
    if (!waiting()) ++state_.waiting_replicas;
    ++received_;
    release_holds();
    source_->push(packet);
    return {};
}

void Replica::hold(std::uint64_t gate) {
    held_until_ = gate;
    if (!source_) return;
    holds_.push({gate, received_});
    release_holds();
}

void Replica::release_holds() {
    while (!holds_.empty() && holds_.front().gate <= state_.gates_forwarded) holds_.pop();
    auto most = holds_.empty() ? std::nullopt : std::optional(holds_.front().packets);
    const bool more = applied_ < most.value_or(received_);
    if (more && !clear_to_write()) most = applied_;
    source_->hold(most);
}

bool Replica::pump_source() {
    release_holds();
    const std::uint64_t shown = source_->service();
    const bool some = shown > applied_;
    const bool was_waiting = waiting();
    applied_ = shown;
    if (was_waiting && !waiting()) --state_.waiting_replicas;
    return some;
}

Result<bool> Replica::pump() {
    if (source_) return pump_source();
    bool some = false;
    while (!pending_.empty()) {
        Pending& front = pending_.front();
        if (state_.gates_forwarded < front.barrier) break;
        if (front.job && !front.job->finished.load(std::memory_order_acquire)) break;
        if (!clear_to_write()) break;
        Pending ready = pending_.pop();
        if (pending_.empty()) --state_.waiting_replicas;
        state_.private_bytes -= ready.cost;
        if (ready.job) TV_TRY(ready.job->status);
        TV_TRY(apply(ready.update, ready.job ? Bytes(ready.job->output) : Bytes{}));
        if (ready.job) ready.job->trim();
        some = true;
    }
    return some;
}

Status Replica::apply(const Update& update, Bytes uncompressed) {
    ++applied_;
    if (update.kind == Update::Kind::Extend)
        return update.first == file_.size() ? Status{} : grow(update.first);
    if (!published_) {
        TV_TRY(apply_to({}, update, uncompressed));
        publish_rows();
        return {};
    }
    TV_ASSIGN(auto writing, surface::Writing::begin(*published_->surface));
    return apply_to(writing.bytes(), update, uncompressed);
}

Status Replica::put(MutableBytes surface, std::size_t offset, Bytes data) {
    if (published_) {
        write_view(surface, *image_, opaque(), offset, data);
        return {};
    }
    TV_TRY(note_update(offset, data.size()));
    stream_copy(target().data() + offset, data.data(), data.size());
    return {};
}

Status Replica::apply_to(MutableBytes surface, const Update& update, Bytes uncompressed) {
    if (update.kind == Update::Kind::Fill) {
        // C 0.9.2 rounds the end of an image's last shard up.
        FillOverrun overrun = image_ ? FillOverrun::Clamp : FillOverrun::Reject;
        TV_ASSIGN(std::size_t length, fill_length(update.first, update.second, target_size(), overrun));
        if (uncompressed.size() != update.uncompressed_size())
            return fail(ErrorCategory::PeerViolation, "fill is not of its announced size",
                        static_cast<std::int64_t>(uncompressed.size()));
        return put(surface, update.first, uncompressed.first(length));
    }
    DiffCursor cursor(update.first, update.second, target_size());
    while (true) {
        TV_ASSIGN(DiffCursor::Step step, cursor.next(uncompressed));
        uncompressed = uncompressed.subspan(step.skip);
        if (step.action == DiffCursor::Action::Done) break;
        if (step.action == DiffCursor::Action::NeedHeader)
            return fail(ErrorCategory::PeerViolation, "diff that ends inside a span header");
        TV_TRY(put(surface, step.offset, uncompressed.first(step.length)));
        uncompressed = uncompressed.subspan(step.length);
        cursor.copied(step.length);
    }
    return {};
}

} // namespace tv::mirror
