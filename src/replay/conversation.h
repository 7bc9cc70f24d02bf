// Two conversations side by side, the recorded one and today's: what each id and serial of one is in the
// other.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_queue.h"
#include "channel/messages.h"
#include "replay/observer.h"
#include "wayland/message.h"

namespace tv::replay {

// The way to the receiver.
class ConversationEnd {
public:
    virtual ~ConversationEnd() = default;
    // `requests` are tagged; `rids` stand for their descriptors.
    virtual void send_requests(Bytes requests, std::span<const Rid> rids) = 0;
    // Lets today's events come in until the condition holds. False: they took too long, or nothing more will
    // come. `what` is for people: "the delete_id of wl_buffer 12".
    virtual bool wait_for(const std::string& what, const std::function<bool()>& condition) = 0;
};

// Ids: every object of the recording that today's receiver can have gets an id of today's own; requests on or
// with others are left out. An id of the recording that is made again waits for today's delete_id of what
// it was before, as the application did. Single-threaded.
class Conversation {
public:
    // Both outlive this; the observer may be null.
    Conversation(ConversationEnd& end, PlayObserver* observer);

    // --- what the recording says, in its order ---
    // Whole Wayland messages. Those that make no sense end their Protocol message.
    void recorded_requests(Bytes data, std::span<const Rid> rids);
    void recorded_events(Bytes data);
    void recorded_pipe(Rid rid) { recorded_pipes_.push_back(rid); }

    // Before contents of `rid` change: waits until the compositor has seen what was shown of it, and has
    // released it if the recorded one had.
    void before_update(Rid rid);
    // A RID as it is named today; the display side's pipes may be waited for. nullopt: there is none.
    [[nodiscard]] std::optional<Rid> rid_today(Rid recorded);
    // Waits until everything sent so far was carried out.
    void settle();
    // Hands what is complete to the end.
    void flush();

    // --- what today's receiver says ---
    void events(Bytes data);
    void pipe(Rid rid) { pipes_.push_back(rid); }
    [[nodiscard]] bool offers(std::string_view interface) const { return globals_.contains(interface); }
    // The user has closed a window.
    [[nodiscard]] bool closed() const { return closed_; }
    // wl_display.error, in words.
    [[nodiscard]] const std::optional<std::string>& refusal() const { return refusal_; }

private:
    struct Object {
        wayland::InterfaceId interface{};
        std::uint32_t version = 1;
        std::uint32_t today = 0;            // its id, 0: there is none (any more)
        std::uint32_t maker = 0;            // made by an event of this object
        bool destroyed = false;             // its destructor has been sent
        bool childless = false;             // today no event of it will make an object
        std::deque<std::uint32_t> children; // today's ids made by its events, not yet given to recorded ones
        std::vector<std::uint32_t> recorded_serials, serials; // of configure events
        std::size_t acknowledged = 0;                         // of serials
        Rid rid = 0;                // of a pool, buffer or dmabuf parameters: the contents
        bool recorded_busy = false; // a buffer: shown and not released in the recording ...
        bool busy = false;          // ... and today
        std::uint32_t attached = 0; // a surface's buffer
        bool attach_pending = false;
    };
    // One of today's ids.
    struct Today {
        wayland::InterfaceId interface{};
        std::uint32_t recorded = 0; // 0: ours, or forgotten
        bool sync = false;          // the callback of a sync of ours
    };
    struct Global {
        std::uint32_t name = 0;
        std::uint32_t version = 0;
    };
    struct Request; // of the recording, taken apart

    void request(Bytes message, std::span<const Rid> rids);
    void bind(Bytes message);
    bool note(const Request& request);
    bool rewrite(const Request& request, std::vector<std::byte>& message);
    bool rewrite_serial(const Request& request, std::vector<std::byte>& message);
    bool acknowledge(const Request& request, std::size_t offset, std::vector<std::byte>& message);
    void after(const Request& request);
    // Where a recorded id that is made now will be; waits for its former holder's end.
    Object& make(std::uint32_t recorded, wayland::InterfaceId interface, std::uint32_t version);
    void give_id(std::uint32_t recorded, Object& object);
    [[nodiscard]] std::uint32_t id_today(std::uint32_t recorded);
    void await_children(std::uint32_t maker);
    void sync();
    void recorded_event(Bytes message);
    void event(Bytes message);
    void answer_ping(const wayland::Header& header, wayland::InterfaceId interface, std::uint32_t serial);
    void give_back(std::uint32_t id);
    [[nodiscard]] std::string name_of(std::uint32_t recorded, const Object& object) const;

    ConversationEnd& end_;
    PlayObserver* observer_;
    ByteQueue outgoing_;
    std::vector<Rid> outgoing_rids_;

    std::map<std::uint32_t, Object> objects_;               // by recorded id
    std::map<Rid, std::set<std::uint32_t>> buffers_;        // recorded ids by contents
    std::map<std::uint32_t, std::string> recorded_globals_; // by name
    std::vector<Rid> recorded_pipes_;
    std::set<Rid> lost_pipes_; // were waited for in vain

    std::map<std::uint32_t, Today> today_; // by id
    std::vector<std::uint32_t> free_ids_;
    std::uint32_t last_id_ = wayland::kDisplayId;
    std::map<std::string, std::vector<Global>, std::less<>> globals_; // by interface, as announced
    std::vector<Rid> pipes_;
    std::uint32_t input_serial_ = 0;
    std::uint32_t pointer_serial_ = 0;
    std::optional<std::string> refusal_;
    bool closed_ = false;

    std::uint64_t syncs_ = 0; // of our own
    std::uint64_t synced_ = 0;
    std::uint64_t registry_sync_ = 0;         // the globals are known with this one
    std::map<Rid, std::uint64_t> shown_sync_; // what was shown of it has been seen with this one
};

} // namespace tv::replay
