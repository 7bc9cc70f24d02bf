// One replicated file or image, and the updates on their way into it.
//
// An image (a dmabuf at the remote end) arrives as updates of its linear view: rows of `view_stride` bytes,
// which may be padded, in an order and with a stride that the compositor need not like. What the compositor
// maps is always the file; where the two differ, the view is private memory, and written rows are copied
// over. An image may live in a surface (surface/surface.h) instead of a file: then updates are written right
// to its rows, once its guard lets them, and it is locked only while one is.
//
// Updates apply in the order in which they arrived. Each has a barrier: it must not touch the shared bytes
// before the commits that were queued ahead of it and name this file have gone to the compositor. Whoever
// queues such a commit says so with hold(); who forwards it makes forwarded() of the progress grow.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/byte_queue.h"
#include "channel/compression.h"
#include "channel/messages.h"
#include "mirror/decompress_pool.h"
#include "mirror/image_layout.h"
#include "mirror/picture_source.h"
#include "mirror/shared_file.h"
#include "surface/release_guard.h"

namespace tv::mirror {

// A decompression whose file is gone while a worker may still be at it; it counts until that has finished.
struct OrphanedJob {
    std::shared_ptr<DecompressJob> job;
    std::size_t cost = 0;
};

// What all replicas of a connection share. Outlives them.
struct MirrorState {
    Decompressor decompressor;      // the poll thread's
    std::vector<std::byte> scratch; // uncompressed bytes of the update being applied
    DecompressPool* pool = nullptr; // null: everything is decompressed on the poll thread
    CompressionKind compression = CompressionKind::None;
    std::uint64_t gates_forwarded = 0; // number of the last commit gate that went out
    std::size_t private_bytes = 0;     // held by updates that wait
    std::size_t mapped_bytes = 0;      // sizes of all files
    std::size_t written_bytes = 0;     // of those, what was ever written or shown, in blocks
    std::size_t max_written_bytes = limits::kMaxWrittenBytes;
    std::size_t snapshot_bytes = 0; // set aside by screen captures
    std::size_t live_replicas = 0;
    std::size_t waiting_replicas = 0; // with updates that are not applied yet
    Fifo<OrphanedJob> orphans;
    std::int64_t now = 0;        // Clock::steady(), as of the session's turn
    std::int64_t recheck_at = 0; // when a surface that is waited for is to be looked at again; 0: none is
    surface::GuardCounts surface_writes;

    // Lets go of what workers have finished meanwhile.
    void drop_finished_orphans();
};

// A fill or a diff, as its message described it.
struct Update {
    enum class Kind : std::uint8_t { Fill, Diff, Extend };
    Kind kind = Kind::Diff;
    std::uint32_t first = 0;  // fill: start; diff: diff_size; extend: new size
    std::uint32_t second = 0; // fill: end; diff: ntrailing

    [[nodiscard]] std::size_t uncompressed_size() const;
};

// The messages that came for a replica since statistics last looked; times are Clock::steady().
struct Arrivals {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::int64_t first_begun = 0; // first byte of the first message read
    std::int64_t last_begun = 0;  // of the last
    std::int64_t complete = 0;    // last byte of the last
    // What its picture source had said by then.
    std::uint64_t failovers = 0;
    std::uint64_t without_picture = 0;
    surface::GuardCounts writes; // and the guard of its surface

    void clear_messages() {
        messages = bytes = 0;
        first_begun = last_begun = complete = 0;
    }
    void add(std::int64_t begun, std::int64_t now, std::size_t size) {
        if (messages++ == 0) first_begun = begun;
        last_begun = begun;
        complete = now;
        bytes += size;
    }
};

// The poll thread's, except for the decompressions that the pool does meanwhile.
class Replica {
public:
    // `size` has been checked against limits::kMaxFileBytes by nobody yet: this does.
    [[nodiscard]] static Result<std::shared_ptr<Replica>> create(MirrorState& state, Rid rid,
                                                                 std::size_t size);
    // The layout has been checked (proxy/image_format.h). Limits as for files. `published`: null, or where
    // the pixels are to be; then file_stride is the surface's.
    [[nodiscard]] static Result<std::shared_ptr<Replica>>
    create_image(MirrorState& state, Rid rid, const ImageLayout& layout,
                 std::shared_ptr<surface::Published> published = nullptr);
    ~Replica();
    Replica(const Replica&) = delete;
    Replica& operator=(const Replica&) = delete;

    [[nodiscard]] Rid rid() const { return rid_; }
    // What the compositor maps; without descriptor and bytes when the image lives in a surface.
    [[nodiscard]] SharedFile& file() { return file_; }
    // nullptr: the pixels are in the file.
    [[nodiscard]] const std::shared_ptr<surface::Published>& published() const { return published_; }
    // nullptr: not an image.
    [[nodiscard]] const ImageLayout* image() const { return image_ ? &*image_ : nullptr; }
    // The image is about to be a buffer, its rows as they come or upside down.
    [[nodiscard]] Status show(bool flipped);

    // For statistics; left alone without them.
    Arrivals arrivals;
    [[nodiscard]] const PictureSource* source() const { return source_.get(); }

    // Once, before anything is received: pictures fill the image from now on.
    void set_source(std::unique_ptr<PictureSource> source) { source_ = std::move(source); }
    // One packet for the source.
    [[nodiscard]] Status receive_packet(Bytes packet);
    [[nodiscard]] const UniqueFd& descriptor() const { return file_.descriptor(); }
    // The size once everything received has been applied.
    [[nodiscard]] std::size_t announced_size() const { return announced_size_; }

    // Takes one update. Applied at once when nothing forbids it, else kept in private memory. `compressed` is
    // copied if it has to be kept.
    [[nodiscard]] Status receive(const Update& update, Bytes compressed);
    [[nodiscard]] Status extend(std::uint32_t new_size);

    // Whether uncompressed data may be read straight into target() now.
    [[nodiscard]] bool direct() const { return !published_ && applies_at_once(); }
    // What updates are written into: the file, or the private view of an image.
    [[nodiscard]] MutableBytes target() { return view_.empty() ? file_.bytes() : MutableBytes(view_); }
    // An update of `bytes` uncompressed bytes written by the caller, span by span, into target(): only while
    // direct(), each span noted before it is written, the whole noted at its end.
    [[nodiscard]] Status check_direct(const Update& update, std::size_t bytes) const;
    [[nodiscard]] Status note_update(std::size_t offset, std::size_t length);
    // Counts memory that the file is about to take, up to announced_size(): also what the compositor is about
    // to be shown, since reading a hole of a shared file fills it.
    [[nodiscard]] Status note_written(std::size_t offset, std::size_t length);
    void note_direct_update() {
        ++received_;
        ++applied_;
        publish_rows();
    }

    // Applies what has become ready. True when something was.
    [[nodiscard]] Result<bool> pump();

    [[nodiscard]] std::uint64_t received() const { return received_; }
    [[nodiscard]] std::uint64_t applied() const { return applied_; }
    [[nodiscard]] bool waiting() const { return source_ ? applied_ < received_ : !pending_.empty(); }
    // A commit that names this file has been queued as gate number `gate`.
    void hold(std::uint64_t gate);

private:
    struct Pending {
        Update update;
        std::uint64_t barrier = 0;
        std::shared_ptr<DecompressJob> job;
        std::size_t cost = 0; // bytes of memory, part of private_bytes
    };

    Replica(MirrorState& state, Rid rid) : state_(state), rid_(rid) {}
    [[nodiscard]] bool applies_at_once() const {
        return !source_ && pending_.empty() && state_.gates_forwarded >= held_until_;
    }
    // The surface, if there is one, may be written.
    [[nodiscard]] bool clear_to_write();
    [[nodiscard]] bool opaque() const;
    [[nodiscard]] std::size_t target_size() { return published_ ? image_->view_size() : target().size(); }
    // Bytes of an update to their place; `surface`: all pixels, where they are in one.
    [[nodiscard]] Status put(MutableBytes surface, std::size_t offset, Bytes data);
    [[nodiscard]] Status apply_to(MutableBytes surface, const Update& update, Bytes uncompressed);
    [[nodiscard]] Status check(const Update& update, std::size_t compressed) const;
    [[nodiscard]] Status defer(const Update& update, Bytes compressed);
    [[nodiscard]] Status apply(const Update& update, Bytes uncompressed);
    [[nodiscard]] Status grow(std::size_t size);
    void reserve_written(std::size_t size);
    [[nodiscard]] Status make_view();
    [[nodiscard]] Status flip();
    [[nodiscard]] bool pump_source();
    // Lets the source go on to what the next commit that was not forwarded shows.
    void release_holds();
    // Copies the rows of the view that were written since the last call.
    void publish_rows();

    MirrorState& state_;
    const Rid rid_;
    SharedFile file_;
    std::size_t announced_size_ = 0;
    std::optional<ImageLayout> image_;
    std::shared_ptr<surface::Published> published_;
    std::vector<std::byte> view_; // empty: updates go into the file
    std::size_t dirty_begin_ = 0; // bytes of the view
    std::size_t dirty_end_ = 0;
    std::vector<bool> written_; // one flag for each kWrittenBlock of the file
    Fifo<Pending> pending_;
    // Of an image filled by pictures, commits that were not forwarded, and how much of what was sent they
    // show.
    struct Hold {
        std::uint64_t gate = 0;
        std::uint64_t packets = 0;
    };
    std::unique_ptr<PictureSource> source_;
    Fifo<Hold> holds_;
    std::uint64_t received_ = 0;
    std::uint64_t applied_ = 0;
    std::uint64_t held_until_ = 0;
};

} // namespace tv::mirror
