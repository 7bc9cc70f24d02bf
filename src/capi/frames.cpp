#include "capi/frames.h"

#include <algorithm>

#include "video/planes.h"

namespace tv::capi {
namespace {

// A number of ours where surfaces have none of the system's: RIDs are the connection's own.
std::uint32_t surface_id(const mirror::Replica& replica) {
    if (replica.published()) return replica.published()->surface->id();
    return static_cast<std::uint32_t>(replica.rid());
}

void describe_planes(const video::Picture& picture, tv_frame_info& info) {
    info.layout = picture.layout == video::PixelLayout::Nv12 ? TV_LAYOUT_NV12 : TV_LAYOUT_I420;
    info.width = picture.size.width;
    info.height = picture.size.height;
    info.native = picture.native;
    for (std::size_t i = 0; i < picture.planes.size(); ++i) {
        const video::Plane& plane = picture.planes[i];
        info.planes[i] = {reinterpret_cast<const std::uint8_t*>(plane.bytes.data()), plane.stride,
                          plane.bytes.size()};
    }
}

} // namespace

Frame::Frame(video::Picture decoded, const tv_frame_info& info,
             std::shared_ptr<std::atomic<unsigned>> original)
    : decoded_(std::move(decoded)), original_(std::move(original)), picture_(decoded_), info_(info) {
    if (original_) ++*original_;
    describe_planes(picture_, info_);
}

Frame::~Frame() {
    if (original_) --*original_;
}

void Frame::prepare() const {
    if (video::has_system_form(decoded_)) return;
    std::call_once(prepared_, [this] {
        auto made = video::copy_picture(decoded_);
        if (!made) return; // planes are better than nothing
        picture_ = std::move(*made);
        describe_planes(picture_, info_);
    });
}

void FrameStore::committed(const proxy::CommittedFrame& frame, const mirror::Replica& replica) {
    if (replica.image() == nullptr) return;
    pending_.push({frame.gate, frame.surface ? frame.surface->id : 0, frame.pixels});
}

std::shared_ptr<const Frame> FrameStore::make_frame(Entry& entry, const mirror::Replica& replica,
                                                    tv_frame_info info, std::int64_t now) const {
    const mirror::PictureSource& source = *replica.source();
    video::Picture picture = *source.picture();
    info.flipped = source.flipped() ? 1 : 0;
    info.crop_width = replica.image()->width;
    info.crop_height = replica.image()->height;
    info.forwarded_ns = now;
    if (const auto times = source.report().latest) {
        info.received_ns = times->pushed;
        info.decoded_ns = times->decoded;
    }
    if (entry.originals->load() >= kMaxHeldPictures) {
        if (auto copy = video::copy_picture(picture)) {
            picture = std::move(*copy);
            info.copied = 1;
            ++counts_->copied;
        }
    }
    return std::make_shared<const Frame>(std::move(picture), info,
                                         info.copied != 0 ? nullptr : entry.originals);
}

std::optional<tv_frame_event> FrameStore::forwarded(std::uint64_t gate, const mirror::Replica& replica,
                                                    std::int64_t now) {
    if (pending_.empty() || pending_.front().gate != gate) return std::nullopt;
    const Pending commit = pending_.pop();
    std::erase_if(entries_, [](const auto& entry) { return entry.second.pixels.expired(); });
    Entry& entry = entries_[surface_id(replica)];
    const auto same = entry.pixels.lock();
    if (!same || same.get() != &replica) { // a new one, perhaps with the number of one that is gone
        entry.pixels = commit.pixels;
        entry.originals = std::make_shared<std::atomic<unsigned>>(0);
    }
    Found& current = entry.current;
    ++current.generation;
    const auto* source = replica.source();
    const bool video = source != nullptr && source->picture() != nullptr;
    // Shown again as it is: the same frame, so that a copy is not made of what is there.
    const bool again = video && current.frame && current.frame->decoded().owner == source->picture()->owner &&
                       !current.frame->is_copy();
    if (!again) current.frame.reset();
    if (video) {
        tv_frame_info info = TV_FRAME_INFO_INIT;
        info.surface_id = surface_id(replica);
        info.generation = current.generation;
        if (!again) current.frame = make_frame(entry, replica, info, now);
        current.pass = source->pass();
    } else {
        current.pass.reset();
    }
    ++counts_->published;
    return tv_frame_event{
        sizeof(tv_frame_event), surface_id(replica),    commit.wl_surface,       current.generation,
        video ? 1 : 0,          replica.image()->width, replica.image()->height, 0};
}

std::optional<FrameStore::Found> FrameStore::find(std::uint32_t surface_id) {
    std::unique_lock lock(mutex_);
    const auto entry = entries_.find(surface_id);
    if (entry == entries_.end() || entry->second.pixels.expired()) return std::nullopt;
    Found found = entry->second.current;
    lock.unlock();
    if (found.frame) found.frame->prepare();
    return found;
}

void FrameStore::clear() {
    std::map<std::uint32_t, Entry> dropped;
    const std::lock_guard lock(mutex_);
    std::swap(dropped, entries_);
}

} // namespace tv::capi
