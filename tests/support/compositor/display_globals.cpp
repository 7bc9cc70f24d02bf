// What concerns a whole output: gamma ramps and ICC profiles, both in file descriptors.
#include <color-management-v1-server.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <wlr-gamma-control-unstable-v1-server.h>

#include "base/fd.h"
#include "dynamic.h"
#include "file_text.h"
#include "output.h"

namespace tv::test {

namespace {

constexpr std::uint32_t kGammaSize = 256;

void add_gamma(Core& core) {
    const RequestHandler control = [&core](std::string_view request, wl_resource* self,
                                           const wl_argument* arguments) {
        if (request != "set_gamma") return false;
        const UniqueFd fd = UniqueFd::adopt(arguments[0].h);
        const std::size_t size = kGammaSize * 3 * sizeof(std::uint16_t);
        const std::string ramps = read_file(fd.get(), 0, size);
        if (ramps.size() != size) {
            wl_resource_post_error(self, ZWLR_GAMMA_CONTROL_V1_ERROR_INVALID_GAMMA, "%zu bytes of ramps",
                                   ramps.size());
        } else {
            core.note(self, fmt::format("gamma crc={:08x}", crc32_of(ramps)));
        }
        return true;
    };
    add_dynamic_global(core, &zwlr_gamma_control_manager_v1_interface, 1,
                       [control](std::string_view request, wl_resource* self, const wl_argument* arguments) {
                           if (request != "get_gamma_control") return false;
                           wl_resource* made = create_dynamic_child(self, &zwlr_gamma_control_v1_interface,
                                                                    arguments[0], control);
                           if (made != nullptr) zwlr_gamma_control_v1_send_gamma_size(made, kGammaSize);
                           return true;
                       });
}

// --- colour management: only ICC profiles, since those travel in files ---

// The profile behind an image description; not a real one, since nobody here interprets it.
struct Profile {
    std::string bytes;
};

std::string own_profile() {
    std::string bytes(4000, '\0');
    for (std::size_t index = 0; index < bytes.size(); ++index)
        bytes[index] = static_cast<char>(index * 7 + index / 256);
    return bytes;
}

void send_information(wl_resource* description, const wl_argument& id) {
    const auto profile = std::static_pointer_cast<Profile>(dynamic_tag(description));
    wl_resource* information =
        create_dynamic_child(description, &wp_image_description_info_v1_interface, id, {});
    if (information == nullptr) return;
    const UniqueFd fd = UniqueFd::adopt(memfd_create("icc", MFD_CLOEXEC));
    const std::string bytes = profile ? profile->bytes : own_profile();
    if (fd.valid() && pwrite(fd.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size())) {
        wp_image_description_info_v1_send_icc_file(information, fd.get(),
                                                   static_cast<std::uint32_t>(bytes.size()));
    }
    wp_image_description_info_v1_send_done(information);
    wl_resource_destroy(information);
}

void make_description(wl_resource* parent, const wl_argument& id, const std::shared_ptr<Profile>& profile) {
    wl_resource* description = create_dynamic_child(
        parent, &wp_image_description_v1_interface, id,
        [](std::string_view request, wl_resource* self, const wl_argument* arguments) {
            if (request != "get_information") return false;
            send_information(self, arguments[0]);
            return true;
        },
        profile);
    if (description == nullptr) return;
    if (wl_resource_get_version(description) >= WP_IMAGE_DESCRIPTION_V1_READY2_SINCE_VERSION) {
        wp_image_description_v1_send_ready2(description, 0, 1);
    } else {
        wp_image_description_v1_send_ready(description, 1);
    }
}

RequestHandler icc_creator(Core& core) {
    auto profile = std::make_shared<Profile>();
    return [&core, profile](std::string_view request, wl_resource* self, const wl_argument* arguments) {
        if (request == "set_icc_file") {
            const UniqueFd fd = UniqueFd::adopt(arguments[0].h);
            profile->bytes = read_file(fd.get(), arguments[1].u, arguments[2].u);
            core.note(self,
                      fmt::format("icc size={} crc={:08x}", profile->bytes.size(), crc32_of(profile->bytes)));
        } else if (request == "create") {
            make_description(self, arguments[0], profile);
            wl_resource_destroy(self);
        } else {
            return false;
        }
        return true;
    };
}

// Outputs' and surfaces' objects: any request that makes an image description gets our own profile.
bool describe_ourselves(std::string_view request, wl_resource* self, const wl_argument* arguments) {
    if (request != "get_image_description" && !request.starts_with("get_preferred")) return false;
    make_description(self, arguments[0], nullptr);
    return true;
}

void add_colour_management(Core& core) {
    add_dynamic_global(
        core, &wp_color_manager_v1_interface, 1,
        [&core](std::string_view request, wl_resource* self, const wl_argument* arguments) {
            if (request == "get_output") {
                create_dynamic_child(self, &wp_color_management_output_v1_interface, arguments[0],
                                     describe_ourselves);
            } else if (request == "get_surface_feedback") {
                create_dynamic_child(self, &wp_color_management_surface_feedback_v1_interface, arguments[0],
                                     describe_ourselves);
            } else if (request == "create_icc_creator") {
                create_dynamic_child(self, &wp_image_description_creator_icc_v1_interface, arguments[0],
                                     icc_creator(core));
            } else {
                return false;
            }
            return true;
        },
        [](wl_resource* manager) {
            wp_color_manager_v1_send_supported_intent(manager, WP_COLOR_MANAGER_V1_RENDER_INTENT_PERCEPTUAL);
            wp_color_manager_v1_send_supported_feature(manager, WP_COLOR_MANAGER_V1_FEATURE_ICC_V2_V4);
            wp_color_manager_v1_send_done(manager);
        });
}

} // namespace

void add_display_globals(Core& core) {
    add_gamma(core);
    add_colour_management(core);
}

} // namespace tv::test
