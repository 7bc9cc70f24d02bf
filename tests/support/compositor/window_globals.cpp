// Toplevel icons, commit timing, security contexts.
#include <algorithm>

#include <commit-timing-v1-server.h>
#include <fmt/format.h>
#include <security-context-v1-server.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdg-toplevel-icon-v1-server.h>

#include "base/fd.h"
#include "dynamic.h"
#include "surface.h"

namespace tv::test {

namespace {

// --- icons ---

struct Icon {
    std::string name;
    std::vector<std::string> pictures;
};

RequestHandler icon_handler() {
    return [](std::string_view request, wl_resource* self, const wl_argument* arguments) {
        const auto icon = std::static_pointer_cast<Icon>(dynamic_tag(self));
        if (request == "set_name") {
            icon->name = arguments[0].s;
        } else if (request == "add_buffer") {
            const auto picture = read_shm_buffer(resource_in(arguments[0]));
            if (!picture || picture->width != picture->height) {
                wl_resource_post_error(self, XDG_TOPLEVEL_ICON_V1_ERROR_INVALID_BUFFER,
                                       "not a square shm buffer");
                return true;
            }
            icon->pictures.push_back(fmt::format("{}x{}@{} {} crc={:08x}", picture->width, picture->height,
                                                 arguments[1].i, format_name(picture->format), picture->crc));
        } else {
            return false;
        }
        return true;
    };
}

void add_icons(Core& core) {
    add_dynamic_global(
        core, &xdg_toplevel_icon_manager_v1_interface, 1,
        [&core](std::string_view request, wl_resource* self, const wl_argument* arguments) {
            if (request == "create_icon") {
                create_dynamic_child(self, &xdg_toplevel_icon_v1_interface, arguments[0], icon_handler(),
                                     std::make_shared<Icon>());
            } else if (request == "set_icon") {
                const auto icon = std::static_pointer_cast<Icon>(dynamic_tag(resource_in(arguments[1])));
                std::string text = icon ? fmt::format("icon \"{}\"", icon->name) : "icon none";
                if (icon) {
                    for (const std::string& picture : icon->pictures) text += " " + picture;
                }
                core.note(resource_in(arguments[0]), text);
            } else {
                return false;
            }
            return true;
        },
        [](wl_resource* manager) {
            xdg_toplevel_icon_manager_v1_send_icon_size(manager, 64);
            xdg_toplevel_icon_manager_v1_send_icon_size(manager, 32);
            xdg_toplevel_icon_manager_v1_send_done(manager);
        });
}

// --- commit timing ---

bool set_timestamp(Core& core, const std::weak_ptr<Surface>& on, wl_resource* self,
                   const wl_argument* arguments) {
    const auto surface = on.lock();
    if (!surface) {
        wl_resource_post_error(self, WP_COMMIT_TIMER_V1_ERROR_SURFACE_DESTROYED, "the surface is gone");
        return true;
    }
    if (arguments[2].u >= 1'000'000'000U) {
        wl_resource_post_error(self, WP_COMMIT_TIMER_V1_ERROR_INVALID_TIMESTAMP,
                               "more than a second of nanoseconds");
        return true;
    }
    if (surface->pending.target_time) {
        wl_resource_post_error(self, WP_COMMIT_TIMER_V1_ERROR_TIMESTAMP_EXISTS, "set already");
        return true;
    }
    const std::uint64_t seconds = std::uint64_t{arguments[0].u} << 32 | arguments[1].u;
    // Far-off times would overflow nanoseconds; no test asks for the year 2200.
    constexpr std::uint64_t kMostSeconds = 8'000'000'000;
    const std::int64_t target =
        static_cast<std::int64_t>(std::min(seconds, kMostSeconds)) * 1'000'000'000 + arguments[2].u;
    surface->pending.target_time = target;
    const std::int64_t ahead = target - clock_ns(core.options().presentation_clock);
    core.note(self, fmt::format("target ahead_ms={}", ahead / 1'000'000));
    return true;
}

void add_commit_timing(Core& core) {
    add_dynamic_global(
        core, &wp_commit_timing_manager_v1_interface, 1,
        [&core](std::string_view request, wl_resource* self, const wl_argument* arguments) {
            if (request != "get_timer") return false;
            const std::weak_ptr<Surface> surface = object_of<Surface>(resource_in(arguments[1]));
            create_dynamic_child(
                self, &wp_commit_timer_v1_interface, arguments[0],
                [&core, surface](std::string_view what, wl_resource* timer, const wl_argument* values) {
                    return what == "set_timestamp" && set_timestamp(core, surface, timer, values);
                });
            return true;
        });
}

// --- security context ---

// Listens on a client's socket until the other end of its second descriptor is closed.
struct Sandbox {
    Core* core = nullptr;
    UniqueFd listener;
    UniqueFd keeper;
    wl_event_source* on_connect = nullptr;
    wl_event_source* on_close = nullptr;
    std::string engine, app_id, instance_id;
    bool committed = false;

    Sandbox() = default;
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;
    ~Sandbox() { stop(); }
    void stop() {
        if (on_connect != nullptr) wl_event_source_remove(on_connect);
        if (on_close != nullptr) wl_event_source_remove(on_close);
        on_connect = nullptr;
        on_close = nullptr;
        listener.reset();
        keeper.reset();
    }
    void start() {
        committed = true;
        wl_event_loop* loop = wl_display_get_event_loop(core->display());
        on_connect = wl_event_loop_add_fd(
            loop, listener.get(), WL_EVENT_READABLE,
            [](int fd, std::uint32_t, void* data) {
                auto& self = *static_cast<Sandbox*>(data);
                const int accepted = accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
                if (accepted < 0) return 0;
                wl_client* client = wl_client_create(self.core->display(), accepted);
                if (client == nullptr) {
                    close(accepted);
                } else {
                    self.core->note(client, fmt::format("sandboxed by \"{}\" as \"{}\" \"{}\"", self.engine,
                                                        self.app_id, self.instance_id));
                }
                return 0;
            },
            this);
        on_close = wl_event_loop_add_fd(
            loop, keeper.get(), 0,
            [](int, std::uint32_t mask, void* data) {
                if ((mask & (WL_EVENT_HANGUP | WL_EVENT_ERROR)) != 0) static_cast<Sandbox*>(data)->stop();
                return 0;
            },
            this);
    }
};

void add_security_context(Core& core) {
    add_dynamic_global(
        core, &wp_security_context_manager_v1_interface, 1,
        [&core](std::string_view request, wl_resource* self, const wl_argument* arguments) {
            if (request != "create_listener") return false;
            auto sandbox = std::make_shared<Sandbox>();
            sandbox->core = &core;
            sandbox->listener = UniqueFd::adopt(arguments[1].h);
            sandbox->keeper = UniqueFd::adopt(arguments[2].h);
            // Outlives its object: the listener goes on after the client's departure. Ends with the display.
            core.keep_alive(sandbox);
            create_dynamic_child(
                self, &wp_security_context_v1_interface, arguments[0],
                [sandbox](std::string_view what, wl_resource* object, const wl_argument* values) {
                    if (what == "destroy") return false;
                    if (sandbox->committed) {
                        wl_resource_post_error(object, WP_SECURITY_CONTEXT_V1_ERROR_ALREADY_USED,
                                               "committed already");
                        return true;
                    }
                    if (what == "set_sandbox_engine") sandbox->engine = values[0].s;
                    if (what == "set_app_id") sandbox->app_id = values[0].s;
                    if (what == "set_instance_id") sandbox->instance_id = values[0].s;
                    if (what == "commit") sandbox->start();
                    return true;
                });
            return true;
        });
}

} // namespace

void add_window_globals(Core& core) {
    add_icons(core);
    add_commit_timing(core);
    add_security_context(core);
}

} // namespace tv::test
