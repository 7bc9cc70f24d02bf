#include <presentation-time-server.h>

#include "output.h"
#include "surface.h"

namespace tv::test {

namespace {

constexpr std::uint32_t kRefreshNs = 16'666'667;

void feedback(wl_client* client, wl_resource* resource, wl_resource* surface, std::uint32_t id) {
    wl_resource* made = wl_resource_create(client, &wp_presentation_feedback_interface,
                                           wl_resource_get_version(resource), id);
    if (made == nullptr) return wl_client_post_no_memory(client);
    wl_resource_set_implementation(made, nullptr, nullptr, nullptr);
    object_of<Surface>(surface)->pending.feedbacks.push_back(watch(made));
}
const struct wp_presentation_interface kPresentation{destroy_resource, feedback};

} // namespace

void present(Core& core, const std::vector<WatchRef>& feedbacks, bool shown) {
    static constexpr std::int64_t kBillion = 1'000'000'000;
    const std::int64_t now = clock_ns(core.options().presentation_clock);
    const auto seconds = static_cast<std::uint64_t>(now / kBillion);
    for (const WatchRef& entry : feedbacks) {
        wl_resource* resource = entry->get();
        if (resource == nullptr) continue;
        if (shown) {
            for (const WatchRef& output :
                 core.outputs.empty() ? std::vector<WatchRef>{} : core.outputs[0]->bound) {
                if (output->get() != nullptr &&
                    wl_resource_get_client(output->get()) == wl_resource_get_client(resource)) {
                    wp_presentation_feedback_send_sync_output(resource, output->get());
                }
            }
            wp_presentation_feedback_send_presented(resource, static_cast<std::uint32_t>(seconds >> 32),
                                                    static_cast<std::uint32_t>(seconds),
                                                    static_cast<std::uint32_t>(now % kBillion), kRefreshNs, 0,
                                                    0, WP_PRESENTATION_FEEDBACK_KIND_VSYNC);
        } else {
            wp_presentation_feedback_send_discarded(resource);
        }
        wl_resource_destroy(resource);
    }
}

void add_presentation_globals(Core& core) {
    core.add_global(&wp_presentation_interface, 1,
                    [](wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
                        wl_resource* resource =
                            bind_plain(client, data, &wp_presentation_interface, version, id, &kPresentation);
                        if (resource != nullptr) {
                            wp_presentation_send_clock_id(
                                resource, static_cast<Core*>(data)->options().presentation_clock);
                        }
                    });
}

} // namespace tv::test
