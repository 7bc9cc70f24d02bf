#include "core.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "foreign_buffers.h"
#include "seat.h"
#include "selection.h"

namespace tv::test {

namespace {

// Unusual for a desktop, so only there when the options name them.
const std::set<std::string_view> kHiddenByDefault{"wp_color_manager_v1", "wp_security_context_manager_v1"};

struct ClientWatch {
    wl_listener listener{};
    Core* core = nullptr;
};

} // namespace

// The listener is the first member.
struct Core::CreatedListener {
    wl_listener listener{};
    Core* core = nullptr;
};

std::int64_t clock_ns(std::uint32_t clock) {
    timespec now{};
    if (clock_gettime(static_cast<clockid_t>(clock), &now) != 0) return 0;
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

Core::Core(CompositorOptions options, Shared& shared)
    : options_(std::move(options)), shared_(shared), display_(wl_display_create()) {
    for (const Fault& fault : options_.faults) add_fault(fault);
    logger_ = wl_display_add_protocol_logger(
        display_,
        [](void* self, wl_protocol_logger_type direction, const wl_protocol_logger_message* message) {
            static_cast<Core*>(self)->log_message(direction == WL_PROTOCOL_LOGGER_EVENT, *message);
        },
        this);
    created_ = std::make_unique<CreatedListener>();
    created_->core = this;
    created_->listener.notify = [](wl_listener* listener, void* data) {
        auto* client = static_cast<wl_client*>(data);
        Core& core = *reinterpret_cast<CreatedListener*>(listener)->core;
        core.clients_.erase(client);
        core.meet_client(client);
    };
    wl_display_add_client_created_listener(display_, &created_->listener);
    wl_display_init_shm(display_);
    for (const std::uint32_t format : options_.more_shm_formats) wl_display_add_shm_format(display_, format);
    add_surface_globals(*this);
    add_subsurface_globals(*this);
    add_output_globals(*this);
    add_seat_globals(*this);
    add_data_device_globals(*this);
    add_primary_selection_globals(*this);
    add_shell_globals(*this);
    add_viewporter_globals(*this);
    add_presentation_globals(*this);
    add_data_control_globals(*this);
    add_screencopy_globals(*this);
    add_image_capture_globals(*this);
    add_input_globals(*this);
    add_display_globals(*this);
    add_window_globals(*this);
    if (options_.foreign_buffers) options_.foreign_buffers->add_globals(*this);
}

Core::~Core() {
    // Timers may hold references to objects of clients, so they go between the clients and the display.
    wl_display_destroy_clients(display_);
    timers_.clear();
    wl_protocol_logger_destroy(logger_);
    selections.reset();
    seat.reset();
    outputs.clear();
    kept_.clear();
    wl_display_destroy(display_);
}

void Core::add_global(const wl_interface* interface, int newest, wl_global_bind_func_t bind, void* data) {
    int version = std::min(newest, interface->version);
    const auto wanted = options_.versions.find(interface->name);
    if (wanted != options_.versions.end()) {
        version = std::min(version, static_cast<int>(wanted->second));
    } else if (kHiddenByDefault.contains(interface->name)) {
        version = 0;
    }
    if (version > 0) wl_global_create(display_, interface, version, data == nullptr ? this : data, bind);
}

void Core::meet_client(wl_client* client) {
    if (clients_.contains(client)) return;
    clients_[client].number = ++client_count_;
    auto* gone = new ClientWatch{{}, this};
    gone->listener.notify = [](wl_listener* listener, void* data) {
        // The listener is the first member of ClientWatch.
        auto* self = reinterpret_cast<ClientWatch*>(listener);
        self->core->forget_client(static_cast<wl_client*>(data));
        delete self;
    };
    wl_client_add_destroy_listener(client, &gone->listener);
    {
        const std::lock_guard lock(shared_.mutex);
        shared_.clients_seen = client_count_;
        ++shared_.clients_alive;
    }
    append({clients_[client].number, LogEntry::Kind::Note, "connected"});
}

void Core::forget_client(wl_client* client) {
    // Destructors of its resources still ask for names, so the entry goes a little later, unless the next
    // client has been given the same address by then.
    const int number = client_number(client);
    clients_[client].ended = true;
    after(std::chrono::milliseconds(0), [this, client] {
        const auto found = clients_.find(client);
        if (found != clients_.end() && found->second.ended) clients_.erase(found);
    });
    {
        const std::lock_guard lock(shared_.mutex);
        --shared_.clients_alive;
    }
    append({number, LogEntry::Kind::Note, "disconnected"});
}

int Core::client_number(wl_client* client) {
    meet_client(client);
    return clients_[client].number;
}

const std::string& Core::give_name(ClientNames& names, std::uint32_t id, const std::string& interface) {
    std::string& name = names.names[id];
    name = fmt::format("{}#{}", interface, ++names.counts[interface]);
    return name;
}

std::string Core::name_of(wl_resource* resource) {
    if (resource == nullptr) return "nil";
    const char* interface = wl_resource_get_class(resource);
    if (std::strcmp(interface, "wl_display") == 0) return interface;
    meet_client(wl_resource_get_client(resource));
    ClientNames& names = names_of(wl_resource_get_client(resource));
    const std::uint32_t id = wl_resource_get_id(resource);
    const auto found = names.names.find(id);
    const std::string prefix = std::string(interface) + "#";
    if (found != names.names.end() && found->second.starts_with(prefix)) return found->second;
    return give_name(names, id, interface);
}

void Core::append(LogEntry entry) {
    // A client that floods us must not eat the machine's memory: the rest of the story is cut.
    constexpr std::size_t kMostEntries = 2'000'000;
    if (options_.on_log) options_.on_log(entry);
    {
        const std::lock_guard lock(shared_.mutex);
        if (shared_.log.size() < kMostEntries) shared_.log.push_back(std::move(entry));
    }
    shared_.changed.notify_all();
}

void Core::note(wl_client* client, std::string text) {
    append({client == nullptr ? 0 : client_number(client), LogEntry::Kind::Note, std::move(text)});
}
void Core::note(wl_resource* resource, const std::string& text) {
    if (resource == nullptr) return note(static_cast<wl_client*>(nullptr), text); // of an object that is gone
    note(wl_resource_get_client(resource), name_of(resource) + " " + text);
}

std::string Core::describe_arguments(ClientNames& names, const wl_protocol_logger_message& message) {
    std::string text;
    const char* signature = message.message->signature;
    const char* bound_interface = ""; // wl_registry.bind names the interface in the string before the id
    for (int index = 0; index < message.arguments_count; ++signature) {
        if (*signature == '\0') break;
        if (*signature == '?' || (*signature >= '0' && *signature <= '9')) continue;
        const wl_argument& argument = message.arguments[index];
        if (index > 0) text += ", ";
        switch (*signature) {
        case 'i':
            text += fmt::format("{}", argument.i);
            break;
        case 'u':
            text += fmt::format("{}", argument.u);
            break;
        case 'f':
            text += fmt::format("{:.2f}", wl_fixed_to_double(argument.f));
            break;
        case 's':
            text += argument.s == nullptr ? "nil" : fmt::format("\"{}\"", argument.s);
            if (argument.s != nullptr) bound_interface = argument.s;
            break;
        case 'o':
            // libwayland's resources begin with their wl_object.
            text += name_of(reinterpret_cast<wl_resource*>(argument.o));
            break;
        case 'n': {
            const wl_interface* type = message.message->types[index];
            if (argument.n == 0) {
                text += "nil";
            } else {
                text += give_name(names, argument.n, type == nullptr ? bound_interface : type->name);
            }
            break;
        }
        case 'a':
            text += fmt::format("array[{}]", argument.a == nullptr ? 0 : argument.a->size);
            break;
        case 'h':
            text += "fd";
            break;
        default:
            text += '?';
            break;
        }
        ++index;
    }
    return text;
}

void Core::log_message(bool is_event, const wl_protocol_logger_message& message) {
    wl_client* client = wl_resource_get_client(message.resource);
    meet_client(client);
    ClientNames& names = names_of(client);
    std::string text = name_of(message.resource) + "." + message.message->name + "(";
    text += describe_arguments(names, message) + ")";
    const auto kind = is_event ? LogEntry::Kind::Event : LogEntry::Kind::Request;
    if (is_event ? options_.log_events : options_.log_requests) append({names.number, kind, std::move(text)});
    if (!is_event) check_faults(message);
}

void Core::check_faults(const wl_protocol_logger_message& message) {
    for (ArmedFault& armed : faults_) {
        const Fault& fault = armed.fault;
        if (!fault.interface.empty() && fault.interface != wl_resource_get_class(message.resource)) continue;
        if (!fault.request.empty() && fault.request != message.message->name) continue;
        if (++armed.seen != fault.nth) continue;
        wl_client* client = wl_resource_get_client(message.resource);
        switch (fault.what) {
        case Fault::What::PostError:
            note(client, "fault: error posted");
            wl_resource_post_error(message.resource, fault.code, "refused by the test's script");
            break;
        case Fault::What::Disconnect:
            note(client, "fault: disconnected");
            // The client is destroyed at the end of file that libwayland meets next.
            shutdown(wl_client_get_fd(client), SHUT_RDWR);
            break;
        case Fault::What::Stall:
            note(client, "fault: stalled");
            stalled_ = true;
            break;
        case Fault::What::Exit:
            _exit(static_cast<int>(fault.code));
        }
    }
}

void Core::after(std::chrono::milliseconds delay, Action action) {
    timers_.emplace(std::chrono::steady_clock::now() + delay, std::move(action));
}

void Core::run_due_timers() {
    const auto now = std::chrono::steady_clock::now();
    while (!timers_.empty() && timers_.begin()->first <= now) {
        const Action action = std::move(timers_.extract(timers_.begin()).mapped());
        action();
    }
}

int Core::next_timer_ms() const {
    if (timers_.empty()) return -1;
    const auto left = timers_.begin()->first - std::chrono::steady_clock::now();
    return std::max(0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
}

} // namespace tv::test
