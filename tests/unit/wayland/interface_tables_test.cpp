// The interface tables against themselves, against what is known of waypipe, and against the protocol
// XML of this machine. TV_PROTOCOL_DIRS=DIR:DIR adds folders with newer XML to the last.
#include "wayland/interface.h"

#include "protocol_xml.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <ranges>
#include <set>
#include <sstream>
#include <tuple>

namespace tv::wayland {
namespace {

using enum InterfaceId;

// --- opcodes ---

static_assert(request_opcode(wl_display, "sync") == 0);
static_assert(request_opcode(wl_registry, "bind") == 0);
static_assert(request_opcode(wl_shm_pool, "resize") == 2);
static_assert(request_opcode(wl_surface, "attach") == 1);
static_assert(request_opcode(wl_surface, "commit") == 6);
static_assert(request_opcode(wl_surface, "damage_buffer") == 9);
static_assert(request_opcode(xdg_toplevel, "set_title") == 2);
static_assert(request_opcode(zwp_linux_buffer_params_v1, "create_immed") == 3);
static_assert(event_opcode(wl_display, "error") == 0);
static_assert(event_opcode(wl_display, "delete_id") == 1);
static_assert(event_opcode(wl_keyboard, "repeat_info") == 5);
static_assert(event_opcode(wl_data_device, "selection") == 5);
static_assert(event_opcode(wp_presentation_feedback, "presented") == 1);
static_assert(event_opcode(zwp_linux_dmabuf_feedback_v1, "format_table") == 1);

template <InterfaceId Id>
concept HasCommit =
    requires { typename std::integral_constant<std::uint16_t, request_opcode(Id, "commit")>; };
static_assert(HasCommit<wl_surface>);
static_assert(!HasCommit<wl_buffer>, "an opcode that does not exist must not compile");
static_assert(!HasCommit<none>);

// --- the tables by themselves ---

TEST(InterfaceTables, every_id_leads_to_the_interface_that_has_it) {
    ASSERT_EQ(all_interfaces().size(), tables::kIdCount - 1);
    std::size_t expected = 1;
    for (const Interface& entry : all_interfaces()) {
        EXPECT_EQ(static_cast<std::size_t>(entry.id), expected++) << entry.name;
        EXPECT_EQ(&interface(entry.id), &entry);
        EXPECT_GE(entry.version, 1U) << entry.name;
    }
    EXPECT_EQ(interface(none).name, "");
    EXPECT_TRUE(interface(none).requests.empty());
    EXPECT_TRUE(interface(none).events.empty());
}

TEST(InterfaceTables, every_interface_is_found_by_its_name_and_no_other) {
    for (const Interface& entry : all_interfaces()) {
        EXPECT_EQ(find_interface(entry.name), &entry) << entry.name;
        EXPECT_EQ(find_interface(std::string(entry.name) + "x"), nullptr) << entry.name;
    }
    for (const char* name : {"", "wl_", "wl_surfac", "WL_SURFACE", "zzz", "a", "none"})
        EXPECT_EQ(find_interface(name), nullptr) << name;
    EXPECT_EQ(find_interface(std::string_view("wl_surface\0", 11)), nullptr);
}

void expect_sound(const Interface& entry, std::span<const Message> messages) {
    std::set<std::string_view> names;
    unsigned since = 1;
    for (const Message& message : messages) {
        const std::string where = fmt::format("{}.{}", entry.name, message.name);
        EXPECT_TRUE(names.insert(message.name).second) << where;
        EXPECT_EQ(message.signature.find_first_not_of("iufsonah?"), std::string_view::npos) << where;
        for (std::size_t i = 0; i < message.signature.size(); ++i) {
            if (message.signature[i] != '?') continue;
            ASSERT_LT(i + 1, message.signature.size()) << where;
            EXPECT_TRUE(message.signature[i + 1] == 's' || message.signature[i + 1] == 'o') << where;
        }
        const auto created = std::ranges::count(message.signature, 'n');
        EXPECT_LE(created, 1) << where;
        const bool untyped = entry.id == wl_registry && message.name == "bind";
        EXPECT_EQ(created == 1 && !untyped, message.creates != none) << where;
        EXPECT_GE(message.since, since) << where << ": messages are ordered by version";
        EXPECT_LE(message.since, entry.version) << where;
        since = message.since;
    }
}

TEST(InterfaceTables, every_message_is_sound) {
    for (const Interface& entry : all_interfaces()) {
        expect_sound(entry, entry.requests);
        expect_sound(entry, entry.events);
    }
    EXPECT_EQ(interface(wl_registry).requests[request_opcode(wl_registry, "bind")].signature, "usun");
}

TEST(InterfaceTables, every_interface_but_the_globals_is_created_by_some_message) {
    std::set<InterfaceId> created;
    for (const Interface& entry : all_interfaces()) {
        for (const Message& message : entry.requests) created.insert(message.creates);
        for (const Message& message : entry.events) created.insert(message.creates);
    }
    for (InterfaceId id : {wl_callback, wl_registry, wl_surface, wl_buffer, wl_data_offer, xdg_popup,
                           zwp_linux_buffer_params_v1, zwlr_screencopy_frame_v1})
        EXPECT_TRUE(created.contains(id)) << interface(id).name;
    for (InterfaceId id : {wl_display, wl_compositor, wl_shm, wl_seat, xdg_wm_base})
        EXPECT_FALSE(created.contains(id)) << interface(id).name;
}

// --- what waypipe tracks ---

struct NameAndVersion {
    std::string_view name;
    std::uint32_t version;
};

// The interfaces that waypipe 0.11.1 tracks, with the highest version that it parses.
constexpr NameAndVersion kWaypipe[] = {
    {"wl_display", 1},
    {"wl_registry", 1},
    {"wl_callback", 1},
    {"wl_compositor", 6},
    {"wl_shm", 2},
    {"wl_shm_pool", 2},
    {"wl_buffer", 1},
    {"wl_surface", 6},
    {"wl_region", 1},
    {"wl_subcompositor", 1},
    {"wl_subsurface", 1},
    {"wl_seat", 10},
    {"wl_pointer", 10},
    {"wl_keyboard", 10},
    {"wl_touch", 10},
    {"wl_output", 4},
    {"wl_data_device_manager", 3},
    {"wl_data_device", 3},
    {"wl_data_source", 3},
    {"wl_data_offer", 3},
    {"wl_shell", 1},
    {"wl_shell_surface", 1},
    {"wl_fixes", 1},
    {"wl_drm", 2},
    {"xdg_wm_base", 7},
    {"xdg_positioner", 7},
    {"xdg_surface", 7},
    {"xdg_toplevel", 7},
    {"xdg_popup", 7},
    {"xdg_toplevel_icon_manager_v1", 1},
    {"xdg_toplevel_icon_v1", 1},
    {"wp_viewporter", 1},
    {"wp_viewport", 1},
    {"wp_presentation", 2},
    {"wp_presentation_feedback", 2},
    {"wp_commit_timing_manager_v1", 1},
    {"wp_commit_timer_v1", 1},
    {"zwp_linux_dmabuf_v1", 5},
    {"zwp_linux_buffer_params_v1", 5},
    {"zwp_linux_dmabuf_feedback_v1", 5},
    {"wp_linux_drm_syncobj_manager_v1", 1},
    {"wp_linux_drm_syncobj_timeline_v1", 1},
    {"wp_linux_drm_syncobj_surface_v1", 1},
    {"wp_color_manager_v1", 2},
    {"wp_color_management_output_v1", 2},
    {"wp_color_management_surface_v1", 2},
    {"wp_color_management_surface_feedback_v1", 2},
    {"wp_image_description_creator_icc_v1", 2},
    {"wp_image_description_creator_params_v1", 2},
    {"wp_image_description_v1", 2},
    {"wp_image_description_info_v1", 2},
    {"wp_image_description_reference_v1", 1},
    {"wp_security_context_manager_v1", 1},
    {"wp_security_context_v1", 1},
    {"zwp_primary_selection_device_manager_v1", 1},
    {"zwp_primary_selection_device_v1", 1},
    {"zwp_primary_selection_offer_v1", 1},
    {"zwp_primary_selection_source_v1", 1},
    {"gtk_primary_selection_device_manager", 1},
    {"gtk_primary_selection_device", 1},
    {"gtk_primary_selection_offer", 1},
    {"gtk_primary_selection_source", 1},
    {"ext_data_control_manager_v1", 1},
    {"ext_data_control_device_v1", 1},
    {"ext_data_control_source_v1", 1},
    {"ext_data_control_offer_v1", 1},
    {"zwlr_data_control_manager_v1", 2},
    {"zwlr_data_control_device_v1", 2},
    {"zwlr_data_control_source_v1", 1},
    {"zwlr_data_control_offer_v1", 1},
    {"zwlr_gamma_control_manager_v1", 1},
    {"zwlr_gamma_control_v1", 1},
    {"zwlr_screencopy_manager_v1", 3},
    {"zwlr_screencopy_frame_v1", 3},
    {"zwlr_export_dmabuf_manager_v1", 1},
    {"zwlr_export_dmabuf_frame_v1", 1},
    {"ext_image_capture_source_v1", 1},
    {"ext_output_image_capture_source_manager_v1", 1},
    {"ext_foreign_toplevel_image_capture_source_manager_v1", 1},
    {"ext_image_copy_capture_manager_v1", 1},
    {"ext_image_copy_capture_session_v1", 1},
    {"ext_image_copy_capture_frame_v1", 1},
    {"ext_image_copy_capture_cursor_session_v1", 1},
    {"ext_foreign_toplevel_list_v1", 1},
    {"ext_foreign_toplevel_handle_v1", 1},
    {"zwp_virtual_keyboard_manager_v1", 1},
    {"zwp_virtual_keyboard_v1", 1},
    {"zwp_input_method_manager_v2", 1},
    {"zwp_input_method_v2", 1},
    {"zwp_input_popup_surface_v2", 1},
    {"zwp_input_method_keyboard_grab_v2", 1},
};
static_assert(std::size(kWaypipe) == 91);

bool waypipe_tracks(std::string_view name) {
    return std::ranges::find(kWaypipe, name, &NameAndVersion::name) != std::end(kWaypipe);
}

TEST(InterfaceTables, have_what_waypipe_tracks_at_its_versions) {
    for (const auto& [name, version] : kWaypipe) {
        const Interface* const found = find_interface(name);
        ASSERT_NE(found, nullptr) << name;
        EXPECT_EQ(found->version, version) << name;
    }
}

// interface, 'r'equest or 'e'vent, opcode, name, descriptors
using FdMessage = std::tuple<std::string_view, char, std::size_t, std::string_view, unsigned>;

std::set<FdMessage> fd_messages(bool tracked_by_waypipe) {
    std::set<FdMessage> found;
    for (const Interface& entry : all_interfaces()) {
        if (waypipe_tracks(entry.name) != tracked_by_waypipe) continue;
        for (std::size_t i = 0; i < entry.requests.size(); ++i)
            if (const unsigned fds = fd_count(entry.requests[i]); fds != 0)
                found.insert({entry.name, 'r', i, entry.requests[i].name, fds});
        for (std::size_t i = 0; i < entry.events.size(); ++i)
            if (const unsigned fds = fd_count(entry.events[i]); fds != 0)
                found.insert({entry.name, 'e', i, entry.events[i].name, fds});
    }
    return found;
}

TEST(InterfaceTables, messages_with_descriptors_that_waypipe_tracks_are_these) {
    const std::set<FdMessage> known = {
        {"wl_shm", 'r', 0, "create_pool", 1},
        {"wl_keyboard", 'e', 0, "keymap", 1},
        {"zwp_linux_buffer_params_v1", 'r', 1, "add", 1},
        {"zwp_linux_dmabuf_feedback_v1", 'e', 1, "format_table", 1},
        {"wl_data_offer", 'r', 1, "receive", 1},
        {"wl_data_source", 'e', 1, "send", 1},
        {"zwp_primary_selection_offer_v1", 'r', 0, "receive", 1},
        {"gtk_primary_selection_offer", 'r', 0, "receive", 1},
        {"ext_data_control_offer_v1", 'r', 0, "receive", 1},
        {"zwlr_data_control_offer_v1", 'r', 0, "receive", 1},
        {"zwp_primary_selection_source_v1", 'e', 0, "send", 1},
        {"gtk_primary_selection_source", 'e', 0, "send", 1},
        {"ext_data_control_source_v1", 'e', 0, "send", 1},
        {"zwlr_data_control_source_v1", 'e', 0, "send", 1},
        {"zwlr_gamma_control_v1", 'r', 0, "set_gamma", 1},
        {"wp_image_description_creator_icc_v1", 'r', 1, "set_icc_file", 1},
        {"wp_image_description_info_v1", 'e', 1, "icc_file", 1},
        {"zwp_virtual_keyboard_v1", 'r', 0, "keymap", 1},
        {"zwp_input_method_keyboard_grab_v2", 'e', 0, "keymap", 1},
        {"wp_linux_drm_syncobj_manager_v1", 'r', 2, "import_timeline", 1},
        {"wl_drm", 'r', 3, "create_prime_buffer", 1},
        {"zwlr_export_dmabuf_frame_v1", 'e', 1, "object", 1},
        {"wp_security_context_manager_v1", 'r', 1, "create_listener", 2},
    };
    EXPECT_EQ(fd_messages(true), known);
}

TEST(InterfaceTables, messages_with_descriptors_that_waypipe_does_not_track_are_explicit_sync_and_leases) {
    const std::set<FdMessage> others = {
        {"zwp_linux_surface_synchronization_v1", 'r', 1, "set_acquire_fence", 1},
        {"zwp_linux_buffer_release_v1", 'e', 0, "fenced_release", 1},
        {"wp_drm_lease_device_v1", 'e', 0, "drm_fd", 1},
        {"wp_drm_lease_v1", 'e', 0, "lease_fd", 1},
    };
    EXPECT_EQ(fd_messages(false), others);
}

TEST(InterfaceTables, the_list_of_interfaces_with_descriptors_agrees_with_their_messages) {
    std::set<std::string_view> listed, expected;
    for (InterfaceId id : kFdInterfaces) listed.insert(interface(id).name);
    for (bool tracked : {true, false})
        for (const FdMessage& message : fd_messages(tracked)) expected.insert(std::get<0>(message));
    EXPECT_EQ(listed, expected);
    EXPECT_EQ(kFdInterfaces.size(), 27U);

    for (std::string_view name : kUntabledFdGlobals) {
        EXPECT_EQ(find_interface(name), nullptr) << name << " has a table: take it out of the list";
        EXPECT_TRUE(is_untabled_fd_global(name));
    }
    EXPECT_FALSE(is_untabled_fd_global("wl_shm"));
}

// --- the protocol XML of this machine ---

// Reuses the names xdg_surface and xdg_popup for something else. No compositor of the last years has it.
// Measured with Debian 12's wayland-protocols 1.31 and libwayland 1.21, the oldest that the build supports.
constexpr std::size_t kInterfacesOfTheOldestXml = 113;
constexpr std::string_view kOtherProtocolOfTheSameNames = "xdg-shell-unstable-v5.xml";

std::vector<std::filesystem::path> protocol_folders() {
    std::vector<std::filesystem::path> folders;
    std::string all = TV_PROTOCOL_XML_DIRS;
    if (const char* const more = std::getenv("TV_PROTOCOL_DIRS")) all += std::string(":") + more;
    std::istringstream list(all);
    for (std::string folder; std::getline(list, folder, ':');)
        if (!folder.empty() && std::filesystem::is_directory(folder)) folders.emplace_back(folder);
    return folders;
}

std::set<std::filesystem::path> protocol_files() {
    std::set<std::filesystem::path> files;
    for (const auto& folder : protocol_folders())
        for (const auto& file : std::filesystem::recursive_directory_iterator(folder))
            if (file.path().extension() == ".xml" && file.path().filename() != kOtherProtocolOfTheSameNames)
                files.insert(file.path());
    return files;
}

std::vector<std::string> lines_of(std::span<const Message> messages, unsigned version) {
    std::vector<std::string> lines;
    for (const Message& message : messages)
        if (message.since <= version)
            lines.push_back(fmt::format("{}({}) creates '{}' since {}{}", message.name, message.signature,
                                        interface(message.creates).name, message.since,
                                        message.destructor ? " destructor" : ""));
    return lines;
}

std::vector<std::string> lines_of(const std::vector<test::XmlMessage>& messages, unsigned version) {
    std::vector<std::string> lines;
    for (const test::XmlMessage& message : messages)
        if (message.since <= version)
            lines.push_back(fmt::format("{}({}) creates '{}' since {}{}", message.name, message.signature,
                                        message.creates, message.since,
                                        message.destructor ? " destructor" : ""));
    return lines;
}

// Interface names with the highest version that some XML confirms. Disagreement fails the running test.
std::map<std::string, unsigned> compare_with_xml(const std::set<std::filesystem::path>& files) {
    std::map<std::string, unsigned> covered;
    for (const auto& file : files) {
        for (const test::XmlInterface& theirs : test::read_protocol_xml(file)) {
            const Interface* const ours = find_interface(theirs.name);
            if (ours == nullptr) continue;
            // Older XML has the first messages of newer XML.
            const unsigned version = std::min<unsigned>(ours->version, theirs.version);
            const std::string where =
                fmt::format("{} up to version {}, {}", theirs.name, version, file.string());
            EXPECT_EQ(lines_of(ours->requests, version), lines_of(theirs.requests, version)) << where;
            EXPECT_EQ(lines_of(ours->events, version), lines_of(theirs.events, version)) << where;
            auto& confirmed = covered[theirs.name];
            confirmed = std::max(confirmed, version);
        }
    }
    return covered;
}

TEST(InterfaceTables, agree_with_every_protocol_xml_at_hand) {
    const auto files = protocol_files();
    ASSERT_FALSE(files.empty()) << "not even the tree's own: " << TV_PROTOCOL_XML_DIRS;
    const auto covered = compare_with_xml(files);
    EXPECT_FALSE(covered.empty());

    fmt::print("compared {} of {} interfaces with {} XML files\n", covered.size(), all_interfaces().size(),
               files.size());
    for (const Interface& entry : all_interfaces()) {
        const auto found = covered.find(std::string(entry.name));
        if (found == covered.end())
            fmt::print("not covered by any XML here: {} {}\n", entry.name, entry.version);
        else if (found->second < entry.version)
            fmt::print("covered up to version {} only: {} {}\n", found->second, entry.name, entry.version);
    }
}

TEST(InterfaceTables, the_installed_xml_covers_what_every_session_uses) {
    if (!TV_HAVE_PROTOCOL_PACKAGES) GTEST_SKIP() << "skipped: wayland-protocols or libwayland-dev is missing";
    const auto covered = compare_with_xml(protocol_files());
    EXPECT_GE(covered.size(), kInterfacesOfTheOldestXml);
    for (const char* name : {"wl_display",
                             "wl_registry",
                             "wl_surface",
                             "wl_shm",
                             "wl_shm_pool",
                             "wl_seat",
                             "wl_keyboard",
                             "wl_output",
                             "wl_data_device",
                             "wl_data_offer",
                             "wl_data_source",
                             "xdg_wm_base",
                             "xdg_surface",
                             "xdg_toplevel",
                             "xdg_popup",
                             "wp_viewport",
                             "wp_presentation_feedback",
                             "zwp_linux_dmabuf_v1",
                             "zwp_linux_buffer_params_v1",
                             "zwp_linux_dmabuf_feedback_v1",
                             "zwp_primary_selection_offer_v1",
                             "zwp_primary_selection_source_v1",
                             "xdg_activation_v1",
                             "zwp_text_input_v3",
                             "zwp_tablet_pad_v2"})
        EXPECT_TRUE(covered.contains(name)) << name;
}

} // namespace
} // namespace tv::wayland
