#include "proxy/policy.h"

#include <algorithm>

#include "wayland/interface.h"

namespace tv::proxy {
namespace {

struct Rule {
    std::string_view interface;
    std::uint32_t c;    // highest version for a C peer, 0: hidden
    std::uint32_t rust; // for a Rust peer
    // The reason stands behind each row.
};

constexpr std::uint32_t kAny = ~std::uint32_t{0};

constexpr Rule kRules[] = {
    // Need a device of their own at both ends.
    {"wl_drm", 0, 0},
    {"zwp_linux_dmabuf_v1", 0, 0},
    {"zwlr_export_dmabuf_manager_v1", 0, 0},
    {"zwp_linux_explicit_synchronization_v1", 0, 0},
    {"wp_linux_drm_syncobj_manager_v1", 0, 0},
    {"wp_drm_lease_device_v1", 0, 0},
    // Its listener descriptors never cross the channel.
    {"wp_security_context_manager_v1", 0, 0},
    // C peers carry version 1 of wl_shm, Rust peers 2.
    {"wl_shm", 1, 2},
    // C peers replicate captured contents for `copy` of version 1 only.
    {"zwlr_screencopy_manager_v1", 1, 3},
    // Descriptors that C peers' tables do not have.
    {"ext_data_control_manager_v1", 0, 1},
    {"ext_image_copy_capture_manager_v1", 0, 1},
    {"wp_color_manager_v1", 0, kAny},
    {"xdg_toplevel_icon_manager_v1", 0, kAny}, // buffers whose contents are sent for the icon alone
    // Rust peers copy these keymap messages without their descriptor.
    {"zwp_virtual_keyboard_manager_v1", kAny, 0},
    {"zwp_input_method_manager_v2", kAny, 0},
};

} // namespace

std::optional<std::uint32_t> offered_version(std::string_view interface, std::uint32_t version,
                                             PeerKind peer) {
    if (wayland::is_untabled_fd_global(interface)) return std::nullopt;
    // Messages that our tables do not have could create objects or carry descriptors.
    if (const wayland::Interface* known = wayland::find_interface(interface))
        version = std::min(version, known->version);
    for (const Rule& rule : kRules) {
        if (rule.interface != interface) continue;
        version = std::min(version, peer == PeerKind::C ? rule.c : rule.rust);
        break;
    }
    if (version == 0) return std::nullopt;
    return version;
}

} // namespace tv::proxy
