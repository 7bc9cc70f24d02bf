// The heart of the test compositor: display, log, timers, faults. Lives on the compositor's thread;
// what others may read goes through Shared.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <wayland-server-core.h>

#include "options.h"
#include "picture.h"
#include "resource.h"

namespace tv::test {

struct Surface;
class Seat;
class Screen;
class Selections;
struct Toplevel;
struct Output;

// One commit that attached a buffer, as readers on other threads see it.
struct CommitRecord {
    int client = 0;
    std::string surface;
    int width = 0;
    int height = 0;
    std::uint32_t format = 0;
    std::uint32_t crc = 0;
    std::shared_ptr<const Picture> picture; // null without CompositorOptions::keep_pictures
};

// What the compositor's thread hands out; every member under the mutex.
struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<LogEntry> log;
    std::vector<CommitRecord> commits;
    std::map<std::pair<int, std::string>, std::shared_ptr<const Picture>>
        pictures; // last one of each surface
    int clients_seen = 0;
    int clients_alive = 0;
};

class Core {
public:
    using Action = std::function<void()>;

    Core(CompositorOptions options, Shared& shared);
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;
    ~Core();

    [[nodiscard]] wl_display* display() const { return display_; }
    [[nodiscard]] const CompositorOptions& options() const { return options_; }
    [[nodiscard]] Shared& shared() { return shared_; }
    [[nodiscard]] std::uint32_t next_serial() { return wl_display_next_serial(display_); }

    // Announces a global unless the options hide it, at the lower of both versions.
    void add_global(const wl_interface* interface, int newest, wl_global_bind_func_t bind,
                    void* data = nullptr);

    // Holds something until the display is gone.
    void keep_alive(std::shared_ptr<void> thing) { kept_.push_back(std::move(thing)); }

    // --- names and log ---
    [[nodiscard]] int client_number(wl_client* client);
    // "wl_surface#1"; "nil" for null.
    [[nodiscard]] std::string name_of(wl_resource* resource);
    void note(wl_client* client, std::string text);
    void note(wl_resource* resource, const std::string& text); // prefixed by the resource's name
    void log_message(bool is_event, const wl_protocol_logger_message& message);
    void forget_client(wl_client* client);
    void meet_client(wl_client* client);

    // --- time ---
    void after(std::chrono::milliseconds delay, Action action);
    void run_due_timers();
    // Milliseconds to the next timer, rounded up; -1 when there is none.
    [[nodiscard]] int next_timer_ms() const;

    // --- faults ---
    [[nodiscard]] bool stalled() const { return stalled_; }
    void set_stalled(bool stalled) { stalled_ = stalled; }
    void add_fault(const Fault& fault) { faults_.push_back({fault, 0}); }

    // --- the parts ---
    std::vector<std::weak_ptr<Surface>> surfaces;
    std::vector<std::weak_ptr<Toplevel>> toplevels; // in the order of mapping
    std::vector<std::shared_ptr<Output>> outputs;
    std::unique_ptr<Seat> seat;
    std::unique_ptr<Selections> selections;

private:
    struct ClientNames {
        int number = 0;
        bool ended = false;
        std::map<std::string, int> counts;
        std::map<std::uint32_t, std::string> names; // by object id
    };
    struct CreatedListener;
    struct ArmedFault {
        Fault fault;
        int seen = 0;
    };

    const std::string& give_name(ClientNames& names, std::uint32_t id, const std::string& interface);
    [[nodiscard]] std::string describe_arguments(ClientNames& names,
                                                 const wl_protocol_logger_message& message);
    void append(LogEntry entry);
    void check_faults(const wl_protocol_logger_message& message);
    ClientNames& names_of(wl_client* client) { return clients_[client]; }

    CompositorOptions options_;
    Shared& shared_;
    wl_display* display_;
    wl_protocol_logger* logger_ = nullptr;
    std::unique_ptr<CreatedListener> created_;
    std::map<wl_client*, ClientNames> clients_;
    int client_count_ = 0;
    std::multimap<std::chrono::steady_clock::time_point, Action> timers_;
    std::vector<ArmedFault> faults_;
    bool stalled_ = false;
    std::vector<std::shared_ptr<void>> kept_;
};

// Each announces the globals of one family; `core` outlives the display's clients.
void add_surface_globals(Core& core);
void add_subsurface_globals(Core& core);
void add_shell_globals(Core& core);
void add_output_globals(Core& core);
void add_seat_globals(Core& core);
void add_data_device_globals(Core& core);
void add_primary_selection_globals(Core& core);
void add_viewporter_globals(Core& core);
void add_presentation_globals(Core& core);
void add_data_control_globals(Core& core);
void add_screencopy_globals(Core& core);
void add_image_capture_globals(Core& core);
void add_input_globals(Core& core);   // virtual keyboard, input method
void add_display_globals(Core& core); // gamma, colour management
void add_window_globals(Core& core);  // toplevel icons, commit timing, security context

[[nodiscard]] inline Core& core_of(wl_resource* resource);
[[nodiscard]] std::int64_t clock_ns(std::uint32_t clock);

// For globals whose resources carry no object of their own.
template <typename Implementation>
wl_resource* bind_plain(wl_client* client, void* core, const wl_interface* interface, std::uint32_t version,
                        std::uint32_t id, const Implementation* implementation) {
    wl_resource* resource = wl_resource_create(client, interface, static_cast<int>(version), id);
    if (resource == nullptr) {
        wl_client_post_no_memory(client);
        return nullptr;
    }
    wl_resource_set_implementation(resource, implementation, core, nullptr);
    return resource;
}
inline Core& core_of(wl_resource* resource) {
    return *static_cast<Core*>(wl_resource_get_user_data(resource));
}

} // namespace tv::test
