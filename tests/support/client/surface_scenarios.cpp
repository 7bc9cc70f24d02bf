// Surfaces together: subsurfaces, popups, viewports, presentation feedback, titles.
#include <array>
#include <ctime>
#include <memory>

#include <commit-timing-v1-client.h>
#include <fmt/format.h>
#include <presentation-time-client.h>
#include <viewporter-client.h>
#include <xdg-toplevel-icon-v1-client.h>

#include "drawing.h"
#include "scenario.h"

namespace tv::test {

namespace {

constexpr std::size_t bytes_of(int width, int height) {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4;
}

// A pool with one buffer.
struct OneBuffer {
    OneBuffer(Basics& basics, int width, int height, std::uint32_t format = WL_SHM_FORMAT_XRGB8888)
        : pool(Pool::create(basics.shm, bytes_of(width, height))) {
        if (pool) buffer = std::make_unique<Buffer>(basics.connection, *pool, 0, width, height, format);
    }
    void fill(Pattern pattern, std::uint32_t frame) const { buffer->fill(pattern, frame); }
    std::unique_ptr<Pool> pool;
    std::unique_ptr<Buffer> buffer;
};

// --- subsurfaces ---

struct Part : Canvas {
    Part(Basics& the_basics, wl_subcompositor* subcompositor, wl_surface* parent, int x, int y)
        : Canvas(the_basics) {
        subsurface =
            basics.connection.listen(wl_subcompositor_get_subsurface(subcompositor, surface, parent));
        wl_subsurface_set_position(subsurface, x, y);
    }
    ~Part() {
        basics.connection.forget(subsurface);
        wl_subsurface_destroy(subsurface);
    }
    // A new picture that shows with the parent's next commit, or at once when not synchronised.
    void put(OneBuffer& picture, std::uint32_t frame, bool with_callback) {
        picture.fill(Pattern::Gradient, frame);
        attach(*picture.buffer);
        if (with_callback) ask_frame();
        commit();
    }
    wl_subsurface* subsurface = nullptr;
};

// A window with two subsurfaces: first synchronised, then one of them on its own; syncs in between, a buffer
// destroyed while its commit is under way, and at the end everything destroyed out of order.
bool two_surfaces(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    auto* subcompositor = connection.bind<wl_subcompositor>(wl_subcompositor_interface, 1);
    if (!basics.complete() || subcompositor == nullptr) return false;
    Window window(basics, "two-surfaces");
    if (!window.open()) return false;
    OneBuffer main_picture(basics, 300, 200);
    OneBuffer left_picture(basics, 80, 60);
    auto right_picture = std::make_unique<OneBuffer>(basics, 90, 70);
    auto left = std::make_unique<Part>(basics, subcompositor, window.surface, 20, 30);
    auto right = std::make_unique<Part>(basics, subcompositor, window.surface, 150, 40);
    wl_subsurface_place_above(left->subsurface, right->surface);
    const auto settled = [&] {
        return window.frames_done == window.frames_asked && left->frames_done == left->frames_asked &&
               right->frames_done == right->frames_asked;
    };
    const int rounds = arguments.number(0, 6);
    for (int round = 0; round < rounds; ++round) {
        const auto frame = static_cast<std::uint32_t>(round);
        left->put(left_picture, 10 + frame, true);
        right->put(*right_picture, 20 + frame, round % 2 == 0);
        wl_subsurface_set_position(right->subsurface, 150 + 5 * round, 40);
        main_picture.fill(Pattern::Gradient, frame);
        if (!window.show(*main_picture.buffer)) return false;
        if (!connection.roundtrip() || !connection.wait(settled)) return false;
    }
    wl_subsurface_set_desync(right->subsurface);
    for (std::uint32_t frame = 0; frame < 4; ++frame) {
        right->put(*right_picture, 40 + frame, true);
        if (!connection.wait(settled)) return false;
    }
    // Destroyed with its commit under way.
    right->put(*right_picture, 50, false);
    right_picture.reset();
    left->put(left_picture, 60, false);
    left.reset();
    window.commit();
    if (!connection.roundtrip()) return false;
    right.reset();
    return connection.roundtrip();
}

// --- popups ---

struct Menu : Canvas {
    Menu(Basics& the_basics, xdg_surface* parent, int x, int y) : Canvas(the_basics) {
        Connection& connection = basics.connection;
        xdg_positioner* positioner = xdg_wm_base_create_positioner(basics.shell);
        xdg_positioner_set_size(positioner, 100, 80);
        xdg_positioner_set_anchor_rect(positioner, x, y, 40, 20);
        xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_BOTTOM_LEFT);
        xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
        shell_surface = connection.listen(xdg_wm_base_get_xdg_surface(basics.shell, surface),
                                          [this](std::string_view, const wl_argument* values) {
                                              xdg_surface_ack_configure(shell_surface, values[0].u);
                                              configured = true;
                                          });
        popup = connection.listen(xdg_surface_get_popup(shell_surface, parent, positioner),
                                  [this](std::string_view event, const wl_argument*) {
                                      if (event == "popup_done") dismissed = true;
                                  });
        xdg_positioner_destroy(positioner);
    }
    ~Menu() {
        basics.connection.forget(popup);
        xdg_popup_destroy(popup);
        basics.connection.forget(shell_surface);
        xdg_surface_destroy(shell_surface);
    }
    xdg_surface* shell_surface = nullptr;
    xdg_popup* popup = nullptr;
    bool configured = false;
    bool dismissed = false;
};

// A window, its menu, and the menu's menu. With "wait", stays until the compositor dismisses them.
bool popups(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    Window window(basics, "popups");
    if (!window.open()) return false;
    const OneBuffer main_picture(basics, 300, 200);
    main_picture.fill(Pattern::Text, 0);
    if (!window.show(*main_picture.buffer)) return false;
    const OneBuffer menu_picture(basics, 100, 80);
    menu_picture.fill(Pattern::Gradient, 1);
    const OneBuffer submenu_picture(basics, 100, 80);
    submenu_picture.fill(Pattern::Gradient, 30);
    Menu menu(basics, window.shell_surface, 10, 10);
    menu.commit();
    if (!connection.wait([&] { return menu.configured; }) || !menu.show(*menu_picture.buffer)) return false;
    Menu submenu(basics, menu.shell_surface, 60, 30);
    submenu.commit();
    if (!connection.wait([&] { return submenu.configured; }) || !submenu.show(*submenu_picture.buffer))
        return false;
    if (arguments.word(0, "") == "wait")
        return connection.wait([&] { return submenu.dismissed && menu.dismissed; });
    return connection.roundtrip();
}

// --- viewport, presentation, commit timing ---

bool viewport(Connection& connection, const Arguments&) {
    Basics basics(connection);
    auto* viewporter = connection.bind<wp_viewporter>(wp_viewporter_interface, 1);
    if (!basics.complete() || viewporter == nullptr) return false;
    Window window(basics, "viewport");
    if (!window.open()) return false;
    const OneBuffer picture(basics, 200, 100);
    wp_viewport* view = wp_viewporter_get_viewport(viewporter, window.surface);
    picture.fill(Pattern::Gradient, 0);
    wp_viewport_set_destination(view, 300, 300);
    if (!window.show(*picture.buffer)) return false;
    picture.fill(Pattern::Gradient, 1);
    wp_viewport_set_source(view, wl_fixed_from_double(10.5), wl_fixed_from_double(20.25),
                           wl_fixed_from_int(50), wl_fixed_from_int(40));
    if (!window.show(*picture.buffer)) return false;
    wp_viewport_destroy(view);
    picture.fill(Pattern::Gradient, 2);
    return window.show(*picture.buffer) && connection.roundtrip();
}

// Asks for feedback with every frame and checks that presentation times go up and are near the announced
// clock.
bool presentation(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    std::uint32_t clock = CLOCK_MONOTONIC;
    auto* timing = connection.bind<wp_presentation>(
        wp_presentation_interface, 1,
        [&](std::string_view, const wl_argument* values) { clock = values[0].u; });
    if (!basics.complete() || timing == nullptr || !connection.roundtrip()) return false;
    Window window(basics, "presentation");
    if (!window.open()) return false;
    const OneBuffer picture(basics, 120, 90);
    std::int64_t last = 0;
    bool sane = true;
    const int frames = arguments.number(0, 5);
    for (int frame = 0; frame < frames; ++frame) {
        picture.fill(Pattern::Gradient, static_cast<std::uint32_t>(frame));
        bool answered = false;
        struct wp_presentation_feedback* feedback = wp_presentation_feedback(timing, window.surface);
        connection.listen(feedback, [&](std::string_view event, const wl_argument* values) {
            if (event == "sync_output") return;
            if (event == "presented") {
                const std::int64_t time =
                    static_cast<std::int64_t>(std::uint64_t{values[0].u} << 32 | values[1].u) *
                        1'000'000'000 +
                    values[2].u;
                timespec now{};
                clock_gettime(static_cast<clockid_t>(clock), &now);
                const std::int64_t here = static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
                sane = sane && time > last && time <= here + 1'000'000 && here - time < 5'000'000'000;
                last = time;
            }
            answered = true;
            connection.forget(feedback);
            wp_presentation_feedback_destroy(feedback);
        });
        if (!window.show(*picture.buffer) || !connection.wait([&] { return answered; })) return false;
    }
    connection.say(sane ? "times are of the announced clock" : "times are not of the announced clock");
    return sane;
}

// Commits that are to be shown a little later.
bool commit_timing(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    std::uint32_t clock = CLOCK_MONOTONIC;
    auto* presentation_time = connection.bind<wp_presentation>(
        wp_presentation_interface, 1,
        [&](std::string_view, const wl_argument* values) { clock = values[0].u; });
    auto* manager = connection.bind<wp_commit_timing_manager_v1>(wp_commit_timing_manager_v1_interface, 1);
    if (!basics.complete() || presentation_time == nullptr || manager == nullptr || !connection.roundtrip()) {
        return false;
    }
    Window window(basics, "commit-timing");
    if (!window.open()) return false;
    wp_commit_timer_v1* timer = wp_commit_timing_manager_v1_get_timer(manager, window.surface);
    const OneBuffer picture(basics, 64, 64);
    const int ahead_ms = arguments.number(0, 50);
    for (std::uint32_t frame = 0; frame < 3; ++frame) {
        picture.fill(Pattern::Gradient, frame);
        timespec now{};
        clock_gettime(static_cast<clockid_t>(clock), &now);
        const std::int64_t target = static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec +
                                    std::int64_t{ahead_ms} * 1'000'000;
        const auto seconds = static_cast<std::uint64_t>(target / 1'000'000'000);
        wp_commit_timer_v1_set_timestamp(timer, static_cast<std::uint32_t>(seconds >> 32),
                                         static_cast<std::uint32_t>(seconds),
                                         static_cast<std::uint32_t>(target % 1'000'000'000));
        if (!window.show(*picture.buffer)) return false;
    }
    wp_commit_timer_v1_destroy(timer);
    return connection.roundtrip();
}

// --- toplevels ---

bool title(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    Window window(basics, arguments.word(0, "a title"));
    if (!window.open()) return false;
    const OneBuffer picture(basics, 64, 64);
    picture.fill(Pattern::Gradient, 0);
    if (!window.show(*picture.buffer)) return false;
    xdg_toplevel_set_title(window.toplevel, "another title");
    xdg_toplevel_set_title(window.toplevel, "");
    return connection.roundtrip();
}

bool toplevel_icon(Connection& connection, const Arguments&) {
    Basics basics(connection);
    auto* manager = connection.bind<xdg_toplevel_icon_manager_v1>(xdg_toplevel_icon_manager_v1_interface, 1);
    if (!basics.complete() || manager == nullptr || !connection.roundtrip()) return false;
    Window window(basics, "toplevel-icon");
    const OneBuffer small(basics, 32, 32, WL_SHM_FORMAT_ARGB8888);
    const OneBuffer large(basics, 64, 64, WL_SHM_FORMAT_ARGB8888);
    small.fill(Pattern::Noise, 1);
    large.fill(Pattern::Gradient, 2);
    xdg_toplevel_icon_v1* icon = xdg_toplevel_icon_manager_v1_create_icon(manager);
    xdg_toplevel_icon_v1_set_name(icon, "tv-test");
    xdg_toplevel_icon_v1_add_buffer(icon, small.buffer->buffer, 1);
    xdg_toplevel_icon_v1_add_buffer(icon, large.buffer->buffer, 2);
    xdg_toplevel_icon_manager_v1_set_icon(manager, window.toplevel, icon);
    xdg_toplevel_icon_v1_destroy(icon);
    xdg_toplevel_icon_manager_v1_set_icon(manager, window.toplevel, nullptr);
    return window.open() && connection.roundtrip();
}

// Shows one picture and stays until the compositor closes the window.
bool stay(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    Window window(basics, "stay");
    if (!window.open()) return false;
    const OneBuffer picture(basics, 200, 150);
    picture.fill(Pattern::Text, 0);
    if (!window.show(*picture.buffer)) return false;
    connection.say("staying");
    return connection.wait([&] { return window.closed; }, std::chrono::seconds(arguments.number(0, 60)));
}

constexpr Scenario kScenarios[] = {
    {"two-surfaces", "[ROUNDS]", "subsurfaces, synchronised and not, with syncs and destroys", two_surfaces},
    {"popups", "[wait]", "a menu and its submenu", popups},
    {"viewport", "", "scaling and cropping", viewport},
    {"presentation", "[FRAMES]", "feedback for every frame; checks the clock", presentation},
    {"commit-timing", "[MS]", "commits with a target time", commit_timing},
    {"title", "[TITLE]", "a few titles", title},
    {"toplevel-icon", "", "an icon with two buffers, set and unset", toplevel_icon},
    {"stay", "[SECONDS]", "a window that stays until it is closed", stay},
};

} // namespace

std::span<const Scenario> surface_scenarios() {
    return kScenarios;
}

} // namespace tv::test
