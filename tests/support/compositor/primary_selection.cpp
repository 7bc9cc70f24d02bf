#include <primary-selection-unstable-v1-server.h>

#include "selection.h"

namespace tv::test {

namespace {

struct PrimaryApi {
    static constexpr const wl_interface* kSourceInterface = &zwp_primary_selection_source_v1_interface;
    static constexpr const wl_interface* kOfferInterface = &zwp_primary_selection_offer_v1_interface;
    static constexpr const wl_interface* kDeviceInterface = &zwp_primary_selection_device_v1_interface;
    static constexpr bool kTellsOfNothing = false;
    static const void* source_implementation();
    static const void* offer_implementation();
    static const void* device_implementation();
    static bool handles(wl_resource*, SelectionKind kind) { return kind == SelectionKind::Primary; }
    static void source_send(wl_resource* source, const char* type, int fd) {
        zwp_primary_selection_source_v1_send_send(source, type, fd);
    }
    static void source_cancelled(wl_resource* source) {
        zwp_primary_selection_source_v1_send_cancelled(source);
    }
    static void offer_type(wl_resource* offer, const char* type) {
        zwp_primary_selection_offer_v1_send_offer(offer, type);
    }
    static void device_data_offer(wl_resource* device, wl_resource* offer) {
        zwp_primary_selection_device_v1_send_data_offer(device, offer);
    }
    static void device_selection(wl_resource* device, SelectionKind, wl_resource* offer) {
        zwp_primary_selection_device_v1_send_selection(device, offer);
    }
};
using Api = PrimaryApi;

const struct zwp_primary_selection_source_v1_interface kSource{source_offer<Api>, destroy_resource};
const struct zwp_primary_selection_offer_v1_interface kOffer{offer_receive<Api>, destroy_resource};
void set_selection(wl_client*, wl_resource* device, wl_resource* source, std::uint32_t) {
    select<Api>(device, source, SelectionKind::Primary);
}
const struct zwp_primary_selection_device_v1_interface kDevice{set_selection, destroy_resource};

const void* PrimaryApi::source_implementation() {
    return &kSource;
}
const void* PrimaryApi::offer_implementation() {
    return &kOffer;
}
const void* PrimaryApi::device_implementation() {
    return &kDevice;
}

const struct zwp_primary_selection_device_manager_v1_interface kManager{create_source<Api>, get_device<Api>,
                                                                        destroy_resource};

} // namespace

void add_primary_selection_globals(Core& core) {
    core.add_global(&zwp_primary_selection_device_manager_v1_interface, 1,
                    [](wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
                        bind_plain(client, data, &zwp_primary_selection_device_manager_v1_interface, version,
                                   id, &kManager);
                    });
}

} // namespace tv::test
