// The clipboard managers' protocols: wlr's and its successor in ext. They differ in names alone.
#include <ext-data-control-v1-server.h>
#include <wlr-data-control-unstable-v1-server.h>

#include "selection.h"

namespace tv::test {

namespace {

struct WlrApi {
    static constexpr const wl_interface* kSourceInterface = &zwlr_data_control_source_v1_interface;
    static constexpr const wl_interface* kOfferInterface = &zwlr_data_control_offer_v1_interface;
    static constexpr const wl_interface* kDeviceInterface = &zwlr_data_control_device_v1_interface;
    static constexpr bool kTellsOfNothing = true;
    static const void* source_implementation();
    static const void* offer_implementation();
    static const void* device_implementation();
    static bool handles(wl_resource* device, SelectionKind kind) {
        return kind == SelectionKind::Clipboard ||
               wl_resource_get_version(device) >= ZWLR_DATA_CONTROL_DEVICE_V1_PRIMARY_SELECTION_SINCE_VERSION;
    }
    static void source_send(wl_resource* source, const char* type, int fd) {
        zwlr_data_control_source_v1_send_send(source, type, fd);
    }
    static void source_cancelled(wl_resource* source) { zwlr_data_control_source_v1_send_cancelled(source); }
    static void offer_type(wl_resource* offer, const char* type) {
        zwlr_data_control_offer_v1_send_offer(offer, type);
    }
    static void device_data_offer(wl_resource* device, wl_resource* offer) {
        zwlr_data_control_device_v1_send_data_offer(device, offer);
    }
    static void device_selection(wl_resource* device, SelectionKind kind, wl_resource* offer) {
        if (kind == SelectionKind::Clipboard) {
            zwlr_data_control_device_v1_send_selection(device, offer);
        } else {
            zwlr_data_control_device_v1_send_primary_selection(device, offer);
        }
    }
};

struct ExtApi {
    static constexpr const wl_interface* kSourceInterface = &ext_data_control_source_v1_interface;
    static constexpr const wl_interface* kOfferInterface = &ext_data_control_offer_v1_interface;
    static constexpr const wl_interface* kDeviceInterface = &ext_data_control_device_v1_interface;
    static constexpr bool kTellsOfNothing = true;
    static const void* source_implementation();
    static const void* offer_implementation();
    static const void* device_implementation();
    static bool handles(wl_resource*, SelectionKind) { return true; }
    static void source_send(wl_resource* source, const char* type, int fd) {
        ext_data_control_source_v1_send_send(source, type, fd);
    }
    static void source_cancelled(wl_resource* source) { ext_data_control_source_v1_send_cancelled(source); }
    static void offer_type(wl_resource* offer, const char* type) {
        ext_data_control_offer_v1_send_offer(offer, type);
    }
    static void device_data_offer(wl_resource* device, wl_resource* offer) {
        ext_data_control_device_v1_send_data_offer(device, offer);
    }
    static void device_selection(wl_resource* device, SelectionKind kind, wl_resource* offer) {
        if (kind == SelectionKind::Clipboard) {
            ext_data_control_device_v1_send_selection(device, offer);
        } else {
            ext_data_control_device_v1_send_primary_selection(device, offer);
        }
    }
};

template <typename Api>
void set_selection(wl_client*, wl_resource* device, wl_resource* source) {
    select<Api>(device, source, SelectionKind::Clipboard);
}
template <typename Api>
void set_primary_selection(wl_client*, wl_resource* device, wl_resource* source) {
    select<Api>(device, source, SelectionKind::Primary);
}

const struct zwlr_data_control_source_v1_interface kWlrSource{source_offer<WlrApi>, destroy_resource};
const struct zwlr_data_control_offer_v1_interface kWlrOffer{offer_receive<WlrApi>, destroy_resource};
const struct zwlr_data_control_device_v1_interface kWlrDevice{set_selection<WlrApi>, destroy_resource,
                                                              set_primary_selection<WlrApi>};
const struct zwlr_data_control_manager_v1_interface kWlrManager{create_source<WlrApi>, get_device<WlrApi>,
                                                                destroy_resource};
const void* WlrApi::source_implementation() {
    return &kWlrSource;
}
const void* WlrApi::offer_implementation() {
    return &kWlrOffer;
}
const void* WlrApi::device_implementation() {
    return &kWlrDevice;
}

const struct ext_data_control_source_v1_interface kExtSource{source_offer<ExtApi>, destroy_resource};
const struct ext_data_control_offer_v1_interface kExtOffer{offer_receive<ExtApi>, destroy_resource};
const struct ext_data_control_device_v1_interface kExtDevice{set_selection<ExtApi>, destroy_resource,
                                                             set_primary_selection<ExtApi>};
const struct ext_data_control_manager_v1_interface kExtManager{create_source<ExtApi>, get_device<ExtApi>,
                                                               destroy_resource};
const void* ExtApi::source_implementation() {
    return &kExtSource;
}
const void* ExtApi::offer_implementation() {
    return &kExtOffer;
}
const void* ExtApi::device_implementation() {
    return &kExtDevice;
}

} // namespace

void add_data_control_globals(Core& core) {
    core.add_global(&zwlr_data_control_manager_v1_interface, 2,
                    [](wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
                        bind_plain(client, data, &zwlr_data_control_manager_v1_interface, version, id,
                                   &kWlrManager);
                    });
    core.add_global(&ext_data_control_manager_v1_interface, 1,
                    [](wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
                        bind_plain(client, data, &ext_data_control_manager_v1_interface, version, id,
                                   &kExtManager);
                    });
}

} // namespace tv::test
