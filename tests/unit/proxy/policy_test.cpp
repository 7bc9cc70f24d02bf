#include "proxy/policy.h"

#include <gtest/gtest.h>

namespace tv::proxy {
namespace {

std::optional<std::uint32_t> c(std::string_view interface, std::uint32_t version) {
    return offered_version(interface, version, PeerKind::C);
}
std::optional<std::uint32_t> rust(std::string_view interface, std::uint32_t version) {
    return offered_version(interface, version, PeerKind::Rust);
}

TEST(Policy, wire_version_16_is_a_c_peer_and_17_a_rust_peer) {
    EXPECT_EQ(peer_kind(16), PeerKind::C);
    EXPECT_EQ(peer_kind(17), PeerKind::Rust);
}

TEST(Policy, globals_that_need_a_device_are_hidden_from_every_peer) {
    for (std::string_view name : {"wl_drm", "zwp_linux_dmabuf_v1", "zwlr_export_dmabuf_manager_v1",
                                  "zwp_linux_explicit_synchronization_v1", "wp_linux_drm_syncobj_manager_v1",
                                  "wp_drm_lease_device_v1", "wp_security_context_manager_v1"}) {
        EXPECT_FALSE(c(name, 1)) << name;
        EXPECT_FALSE(rust(name, 1)) << name;
    }
}

TEST(Policy, what_a_c_peer_has_no_tables_for_and_carries_descriptors_is_hidden_from_it_alone) {
    for (std::string_view name : {"ext_data_control_manager_v1", "wp_color_manager_v1",
                                  "xdg_toplevel_icon_manager_v1", "ext_image_copy_capture_manager_v1"}) {
        EXPECT_FALSE(c(name, 1)) << name;
        EXPECT_EQ(rust(name, 1), 1u) << name;
    }
}

TEST(Policy, keymaps_that_a_rust_peer_loses_are_hidden_from_it_alone) {
    for (std::string_view name : {"zwp_virtual_keyboard_manager_v1", "zwp_input_method_manager_v2"}) {
        EXPECT_EQ(c(name, 1), 1u) << name;
        EXPECT_FALSE(rust(name, 1)) << name;
    }
}

TEST(Policy, versions_are_clamped_to_what_the_peer_replicates) {
    EXPECT_EQ(c("wl_shm", 2), 1u);
    EXPECT_EQ(rust("wl_shm", 2), 2u);
    EXPECT_EQ(rust("wl_shm", 1), 1u);
    EXPECT_EQ(c("zwlr_screencopy_manager_v1", 3), 1u);
    EXPECT_EQ(rust("zwlr_screencopy_manager_v1", 3), 3u);
}

TEST(Policy, versions_beyond_our_tables_are_clamped_because_their_messages_could_not_be_followed) {
    EXPECT_EQ(c("wl_compositor", 99), 6u);
    EXPECT_EQ(rust("wl_seat", 99), 10u);
    EXPECT_EQ(rust("xdg_wm_base", 99), 7u);
}

TEST(Policy, a_global_that_nobody_knows_passes_unchanged) {
    EXPECT_EQ(c("some_vendor_thing_v1", 42), 42u);
    EXPECT_EQ(rust("some_vendor_thing_v1", 42), 42u);
}

TEST(Policy, a_global_known_to_carry_descriptors_that_nobody_tracks_is_hidden) {
    EXPECT_FALSE(c("weston_debug_v1", 1));
    EXPECT_FALSE(rust("org_kde_plasma_window_management", 1));
}

} // namespace
} // namespace tv::proxy
