#include "output.h"

#include <wayland-server-protocol.h>

namespace tv::test {

namespace {

constexpr int kOutputVersion = 4;
constexpr int kRefreshMilliHertz = 60'000;

const struct wl_output_interface kOutput{destroy_resource};

void bind_output(wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
    auto& output = *static_cast<Output*>(data);
    wl_resource* resource = bind_plain(client, data, &wl_output_interface, version, id, &kOutput);
    if (resource == nullptr) return;
    std::erase_if(output.bound, [](const WatchRef& entry) { return entry->get() == nullptr; });
    output.bound.push_back(watch(resource));
    const OutputOptions& options = output.options;
    wl_output_send_geometry(resource, output.x, 0, 300, 200, WL_OUTPUT_SUBPIXEL_UNKNOWN, "Test", "Headless",
                            WL_OUTPUT_TRANSFORM_NORMAL);
    wl_output_send_mode(resource, WL_OUTPUT_MODE_CURRENT | WL_OUTPUT_MODE_PREFERRED, options.width,
                        options.height, kRefreshMilliHertz);
    if (version >= WL_OUTPUT_SCALE_SINCE_VERSION) wl_output_send_scale(resource, options.scale);
    if (version >= WL_OUTPUT_NAME_SINCE_VERSION) {
        wl_output_send_name(resource, options.name.c_str());
        wl_output_send_description(resource, "headless test output");
    }
    if (version >= WL_OUTPUT_DONE_SINCE_VERSION) wl_output_send_done(resource);
}

} // namespace

Output& output_of(wl_resource* resource) {
    return *static_cast<Output*>(wl_resource_get_user_data(resource));
}

void add_output_globals(Core& core) {
    int x = 0;
    for (const OutputOptions& options : core.options().outputs) {
        auto output =
            std::make_shared<Output>(Output{core, options, static_cast<int>(core.outputs.size()), x, {}});
        core.outputs.push_back(output);
        x += options.width / options.scale;
        core.add_global(&wl_output_interface, kOutputVersion, bind_output, output.get());
    }
}

} // namespace tv::test
