// Decoded pictures that the host shows itself, by the surface whose commit they belong to.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.h"
#include "mirror/picture_source.h"
#include "mirror/replica.h"
#include "proxy/frame_watch.h"
#include "tunnelview/tunnelview.h"
#include "video/decoder.h"

namespace tv::capi {

// Of one buffer, those that are not copies: the displayed one and two more.
inline constexpr unsigned kMaxHeldPictures = 3;

struct FrameCounts {
    std::atomic<std::uint64_t> published{0};
    std::atomic<std::uint64_t> held{0}; // tokens in the host's hands
    std::atomic<std::uint64_t> copied{0};
};

// One committed picture; shared by the store and the host's tokens, whichever goes last. Any thread.
class Frame {
public:
    // `original`: how many of the buffer's pictures are alive, null for a copy. `info` without the planes.
    Frame(video::Picture decoded, const tv_frame_info& info, std::shared_ptr<std::atomic<unsigned>> original);
    ~Frame();
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

    // As it came from the decoder, or the copy of that.
    [[nodiscard]] const video::Picture& decoded() const { return decoded_; }
    [[nodiscard]] bool is_copy() const { return original_ == nullptr; }
    // Gives the picture the form that this system's graphics take, once. Before the two below.
    void prepare() const;
    [[nodiscard]] const video::Picture& picture() const { return picture_; }
    [[nodiscard]] const tv_frame_info& info() const { return info_; }

private:
    const video::Picture decoded_;
    const std::shared_ptr<std::atomic<unsigned>> original_;
    mutable std::once_flag prepared_;
    mutable video::Picture picture_;
    mutable tv_frame_info info_;
};

// sending(), committed(), forwarded() and sent() are the poll thread's, the rest any thread's.
class FrameStore {
public:
    explicit FrameStore(std::shared_ptr<FrameCounts> counts) : counts_(std::move(counts)) {}

    // Lookups wait from one to the other: what they find afterwards is what the compositor may have seen.
    void sending() { mutex_.lock(); }
    void sent() { mutex_.unlock(); }
    void committed(const proxy::CommittedFrame& frame, const mirror::Replica& replica);
    // Between sending() and sent(). The event for the host, if the gate was a commit of ours.
    [[nodiscard]] std::optional<tv_frame_event> forwarded(std::uint64_t gate, const mirror::Replica& replica,
                                                          std::int64_t now);

    struct Found {
        std::uint64_t generation = 0;
        std::shared_ptr<const Frame> frame;                    // null: the buffer's own pixels are current
        std::weak_ptr<const mirror::PictureSource::Pass> pass; // with a frame
    };
    [[nodiscard]] std::optional<Found> find(std::uint32_t surface_id);
    // Lets go of everything; what the host holds stays.
    void clear();

private:
    struct Pending {
        std::uint64_t gate = 0;
        std::uint32_t wl_surface = 0;
        std::weak_ptr<mirror::Replica> pixels;
    };
    struct Entry {
        std::weak_ptr<mirror::Replica> pixels;
        std::shared_ptr<std::atomic<unsigned>> originals; // Frames alive
        Found current;
    };
    [[nodiscard]] std::shared_ptr<const Frame> make_frame(Entry& entry, const mirror::Replica& replica,
                                                          tv_frame_info info, std::int64_t now) const;

    const std::shared_ptr<FrameCounts> counts_;
    Fifo<Pending> pending_; // the poll thread's
    std::mutex mutex_;
    std::map<std::uint32_t, Entry> entries_;
};

} // namespace tv::capi

// The host's token.
struct tv_frame_s {
    std::shared_ptr<const tv::capi::Frame> frame;
    std::shared_ptr<tv::capi::FrameCounts> counts;
    std::uint64_t generation; // the commit that it was found for: one frame may be committed again
};
