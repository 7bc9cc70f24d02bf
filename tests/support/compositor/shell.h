// xdg_wm_base: toplevels and popups.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "surface.h"

namespace tv::test {

struct Rect {
    int x = 0, y = 0, width = 0, height = 0;
};

struct Toplevel;
struct Popup;

struct XdgSurface {
    wl_resource* resource = nullptr;
    std::weak_ptr<Surface> surface;
    bool constructed = false;  // has its toplevel or popup
    bool configured = false;   // the first ack_configure has come
    bool initial_sent = false; // the first configure has gone out
    Rect geometry;             // window geometry; width 0: the whole surface
    std::uint32_t last_serial = 0;

    // Ends a configure sequence.
    void send_configure(Core& core);
};

// Toplevel and popup alike: no pixels before the first configure is acknowledged.
struct XdgRole : Role {
    [[nodiscard]] bool may_commit(Surface& surface) override;
    void applied(Surface& surface) override;
    virtual void send_initial(Core& core) = 0;
    virtual void mapped(Surface&) {}
    virtual void unmapped(Surface&) {}

    std::shared_ptr<XdgSurface> xdg;
    bool is_mapped = false;
};

struct Toplevel : XdgRole, std::enable_shared_from_this<Toplevel> {
    Toplevel(Core& the_core) : core(the_core) {}
    void send_initial(Core& core) override;
    void mapped(Surface& surface) override;
    void unmapped(Surface& surface) override;
    void resource_gone();
    // Asks for a size; 0 leaves it to the client.
    void configure(int width, int height);
    void close();
    // Called when keyboard focus comes or goes; the next configure says so.
    bool activated = false;
    bool maximized = false;
    bool fullscreen = false;

    Core& core;
    wl_resource* resource = nullptr;
    std::string title;
    std::string app_id;
    int width = 0, height = 0;
};

struct Popup : XdgRole {
    void send_initial(Core& core) override;
    void resource_gone() {}
    wl_resource* resource = nullptr;
    std::weak_ptr<XdgSurface> parent;
    Rect place; // relative to the parent's window geometry
};

// Every live popup of a surface's tree is found through this list.
[[nodiscard]] std::vector<std::shared_ptr<Popup>> popups_of(Core& core, const Surface& parent);

} // namespace tv::test
