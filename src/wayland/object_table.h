// The ids of one Wayland connection and what they stand for.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "wayland/interface.h"
#include "wayland/message.h"

namespace tv::wayland {

// Where an id of the application lives. Only `Theirs` has the same object at both ends.
enum class Holder : std::uint8_t {
    Theirs,    // the compositor's object is what the application thinks it is
    StandIn,   // lives only here; the compositor holds a wl_callback under the id
    Ours,      // the compositor's object under the id is of another interface and serves us
    Swallowed, // nothing of it is shown to the application any more
};

// What a protocol family remembers about an object. Dies with the id.
struct ObjectData {
    virtual ~ObjectData() = default;
};

struct Object {
    InterfaceId interface = InterfaceId::none; // none: the id is free
    Holder holder = Holder::Theirs;
    std::uint8_t version = 0;
    bool zombie = false;       // its destructor went by; the id is taken until delete_id
    std::uint8_t backings = 0; // not Theirs: how many delete_ids of the compositor are still to come
    std::unique_ptr<ObjectData> data;

    [[nodiscard]] bool exists() const { return interface != InterfaceId::none; }
};

// Not thread-safe. Pointers to objects live until the next create().
class ObjectTable {
public:
    ObjectTable(); // holds wl_display as id 1

    // nullptr: an id that is not tracked (free, or of an interface unknown to us).
    [[nodiscard]] Object* find(std::uint32_t id);

    // An id from a request. Fails when it is taken, in the compositor's range, or beyond limits::kMaxObjects.
    [[nodiscard]] Result<Object*> create_client(std::uint32_t id, InterfaceId interface,
                                                std::uint8_t version);
    // An id from an event. Replaces a zombie: server ids are never announced as deleted.
    [[nodiscard]] Result<Object*> create_server(std::uint32_t id, InterfaceId interface,
                                                std::uint8_t version);

    // A destructor request (or event) went by. A client id stays a zombie until remove().
    void destroy(std::uint32_t id);
    // wl_display.delete_id. An untracked id is nothing to complain about.
    void remove(std::uint32_t id);

    [[nodiscard]] std::size_t live() const { return live_; }

private:
    [[nodiscard]] Result<Object*> create(std::vector<Object>& range, std::size_t index, InterfaceId interface,
                                         std::uint8_t version);

    std::vector<Object> client_; // by id
    std::vector<Object> server_; // by id - kServerIdBase
    std::size_t live_ = 0;
};

} // namespace tv::wayland
