// Between the channel and the compositor: replicas, objects, and one set of handlers for each protocol
// family.
//
// A Proxy does no input or output of its own: the session hands it messages and events, and takes what is
// queued. Everything here belongs to the session's poll thread.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "channel/header.h"
#include "channel/messages.h"
#include "mirror/rid_table.h"
#include "proxy/channel_queue.h"
#include "proxy/frame_watch.h"
#include "proxy/policy.h"
#include "proxy/request_queue.h"
#include "proxy/routes.h"
#include "proxy/video.h"
#include "wayland/message.h"
#include "wayland/object_table.h"

namespace tv::proxy {

struct ProxyConfig {
    std::string title_prefix;
    bool offer_gpu = true;
    VideoConfig video;
    const Clock* clock = nullptr; // not null
    Log log;
    FrameWatch* frame_watch = nullptr; // null: nobody wants statistics; outlives the proxy
    // Where the pixels of dmabufs live, on a compositor that shows such surfaces; null: in files behind
    // wl_shm. Outlives the proxy.
    surface::SurfaceStore* surfaces = nullptr;
    std::function<void()> surfaces_refused; // the compositor did not take one after all
    // For tests of ordering: how many nanoseconds the n-th commit is held for, whatever its buffer's state.
    std::function<std::int64_t(std::uint64_t)> delay_commit_for_test;
};

// A global of the compositor, as the application got to see it.
struct AnnouncedGlobal {
    std::uint32_t name = 0;
    wayland::InterfaceId interface = wayland::InterfaceId::none; // none: not in our tables, passed on
    std::uint32_t version = 0;                                   // 0: hidden
    bool removed = false;
};

// Ids that are ours, as stand_in.h handles them.
struct StandIns {
    std::uint32_t reserved = 0; // not filled yet; 0: none
    struct Awaited {
        std::uint32_t id = 0;
        std::shared_ptr<bool> free;
    };
    std::vector<Awaited> awaited; // in the order in which they were asked for
};

// zwp_linux_dmabuf_v1, announced by us (dmabuf.h) or the compositor's own (dmabuf_surface.h).
struct DmabufState {
    bool enabled = false;               // this connection may have ours
    bool real = false;                  // this connection may have the compositor's, with surfaces for pixels
    bool bound = false;                 // the application has bound it
    bool any_bound = false;             // or any other global
    UniqueFd null_file;                 // goes with each surface
    std::uint32_t global = 0;           // its name; 0: not announced
    std::uint32_t shm_global = 0;       // the compositor's wl_shm
    std::uint32_t shm = 0;              // the wl_shm object behind the first bind; 0: not bound
    std::vector<std::uint32_t> formats; // DRM codes that the compositor takes and we can fill, in its order
};

class Proxy {
public:
    Proxy(ProxyConfig config, mirror::MirrorState& mirror);

    // --- for the session
    // -------------------------------------------------------------------------------------
    void start(const ConnectionHeader& header);
    // One whole message of the channel, frame word included.
    [[nodiscard]] Status channel_message(MessageType type, Bytes message);
    // Takes all complete events from `bytes` and the descriptors that came with them.
    [[nodiscard]] Status compositor_events(ByteQueue& bytes, Fifo<UniqueFd>& fds);
    // To be called when a file was opened or updated: goes on with requests that waited for it.
    [[nodiscard]] Status resume_requests();
    // The replica that an update is for; null when it was dropped or the update must be ignored.
    [[nodiscard]] Result<std::shared_ptr<mirror::Replica>> updated_file(Rid rid) {
        return rids.find_file(rid);
    }
    // For statistics: an update of so many bytes, frame word included, has arrived whole.
    void note_arrival(mirror::Replica& replica, std::size_t bytes) {
        if (config.frame_watch != nullptr) replica.arrivals.add(message_begun, clock.steady(), bytes);
    }
    // So much waits on its way to either side that the channel should not be read for now.
    [[nodiscard]] bool congested() const;
    // Set when an error belongs to an object other than wl_display.
    struct BlamedObject {
        std::uint32_t object = 0;
        std::uint32_t code = 0;
    };
    [[nodiscard]] const std::optional<BlamedObject>& blamed_object() const { return blamed_; }
    [[nodiscard]] bool peer_closed() const { return peer_closed_; }

    // --- for the protocol families
    // ----------------------------------------------------------------------------- What routing does when no
    // family wants a message: new objects, descriptors, the bytes, destruction.
    [[nodiscard]] Status pass_request(Call& call);
    [[nodiscard]] Status pass_event(Call& call);
    // Whether the next injected RID stands for a file whose contents are here. True when there is none at
    // all: take_injected() tells what is wrong then.
    [[nodiscard]] bool injected_file_arrived();
    // A client id for an object; every family makes its objects here.
    [[nodiscard]] Result<wayland::Object*> new_object(std::uint32_t id, wayland::InterfaceId interface,
                                                      std::uint8_t version);
    // Ends the connection with an error of an interface's own, on that object.
    [[nodiscard]] std::unexpected<Error> protocol_error(std::uint32_t object, std::uint32_t code,
                                                        const char* what);
    // The next RID injected for the current Protocol message.
    [[nodiscard]] Result<mirror::RidTable::Handed> take_injected();
    // Queues the file's descriptor for the next request appended.
    [[nodiscard]] Status attach_file(const mirror::Replica& file);
    // Appends the call's bytes, its tag cleared.
    void append_request(Call& call);
    // Tells the application that an id is free again.
    void send_delete_id(std::uint32_t id);

    const ProxyConfig config;
    const Log& log;
    const Clock& clock;
    PeerKind peer = PeerKind::C;
    unsigned wire_version = 0;      // as the remote side speaks it
    std::int64_t message_begun = 0; // first byte of the channel's message being handled, Clock::steady()
    bool video_sender = false;      // the remote side was started with video
    mirror::MirrorState& mirror;
    VideoStreams video; // outlives the images
    wayland::ObjectTable objects;
    mirror::RidTable rids;
    RequestQueue requests;
    ChannelQueue channel;

    std::vector<AnnouncedGlobal> globals;
    StandIns stand_ins;
    DmabufState dmabuf;
    LinuxClock presentation_clock = LinuxClock::Monotonic; // until wp_presentation.clock_id says otherwise
    std::uint64_t commits = 0;

private:
    [[nodiscard]] Status route_requests(Bytes messages);
    [[nodiscard]] Status route_request(const wayland::Header& header, Bytes message);
    [[nodiscard]] Status route_event(const wayland::Header& header, Bytes message);
    [[nodiscard]] Status pass_untracked_request(const wayland::Header& header, Bytes message);
    [[nodiscard]] Status update_message(MessageType type, Bytes message);
    [[nodiscard]] Status pipe_message(MessageType type, Bytes message);
    [[nodiscard]] Status inject(Bytes message);

    const Routes& routes_;
    [[nodiscard]] Status park_requests(Bytes messages);

    Fifo<Rid> injected_;
    ByteQueue parked_;                    // requests from one on whose file comes after it
    Fifo<UniqueFd>* event_fds_ = nullptr; // during compositor_events()
    bool peer_closed_ = false;
    std::optional<BlamedObject> blamed_;

    friend Result<UniqueFd> take_event_fd(Proxy& proxy);
};

// The descriptor that belongs to the event being handled.
[[nodiscard]] Result<UniqueFd> take_event_fd(Proxy& proxy);

} // namespace tv::proxy
