#include <wayland-server-protocol.h>

#include "selection.h"

namespace tv::test {

namespace {

struct DataDeviceApi {
    static constexpr const wl_interface* kSourceInterface = &wl_data_source_interface;
    static constexpr const wl_interface* kOfferInterface = &wl_data_offer_interface;
    static constexpr const wl_interface* kDeviceInterface = &wl_data_device_interface;
    static constexpr bool kTellsOfNothing = false;
    static const void* source_implementation();
    static const void* offer_implementation();
    static const void* device_implementation();
    static bool handles(wl_resource*, SelectionKind kind) { return kind == SelectionKind::Clipboard; }
    static void source_send(wl_resource* source, const char* type, int fd) {
        wl_data_source_send_send(source, type, fd);
    }
    static void source_cancelled(wl_resource* source) { wl_data_source_send_cancelled(source); }
    static void offer_type(wl_resource* offer, const char* type) { wl_data_offer_send_offer(offer, type); }
    static void device_data_offer(wl_resource* device, wl_resource* offer) {
        wl_data_device_send_data_offer(device, offer);
    }
    static void device_selection(wl_resource* device, SelectionKind, wl_resource* offer) {
        wl_data_device_send_selection(device, offer);
    }
};
using Api = DataDeviceApi;

void set_source_actions(wl_client*, wl_resource*, std::uint32_t) {}
const struct wl_data_source_interface kSource{source_offer<Api>, destroy_resource, set_source_actions};

void accept(wl_client*, wl_resource*, std::uint32_t, const char*) {}
void finish(wl_client*, wl_resource*) {}
void set_offer_actions(wl_client*, wl_resource*, std::uint32_t, std::uint32_t) {}
const struct wl_data_offer_interface kOffer{accept, offer_receive<Api>, destroy_resource, finish,
                                            set_offer_actions};

// There is nowhere to drop, so a drag ends where it begins.
void start_drag(wl_client*, wl_resource*, wl_resource* source, wl_resource*, wl_resource*, std::uint32_t) {
    if (source != nullptr) wl_data_source_send_cancelled(source);
}
void set_selection(wl_client*, wl_resource* device, wl_resource* source, std::uint32_t) {
    select<Api>(device, source, SelectionKind::Clipboard);
}
const struct wl_data_device_interface kDevice{start_drag, set_selection, destroy_resource};

const void* DataDeviceApi::source_implementation() {
    return &kSource;
}
const void* DataDeviceApi::offer_implementation() {
    return &kOffer;
}
const void* DataDeviceApi::device_implementation() {
    return &kDevice;
}

const struct wl_data_device_manager_interface kManager{create_source<Api>, get_device<Api>};

} // namespace

void add_data_device_globals(Core& core) {
    core.selections = std::make_unique<Selections>();
    core.add_global(&wl_data_device_manager_interface, 3,
                    [](wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
                        bind_plain(client, data, &wl_data_device_manager_interface, version, id, &kManager);
                    });
}

} // namespace tv::test
