#include "selections.h"

#include <map>
#include <utility>

#include <ext-data-control-v1-client.h>
#include <primary-selection-unstable-v1-client.h>
#include <unistd.h>
#include <wlr-data-control-unstable-v1-client.h>

namespace tv::test {

namespace {

// What a protocol calls its parts, and its requests as functions.
struct Clipboard {
    using Manager = wl_data_device_manager;
    using Device = wl_data_device;
    using Source = wl_data_source;
    using Offer = wl_data_offer;
    static constexpr const wl_interface& kManager = wl_data_device_manager_interface;
    static constexpr std::uint32_t kVersion = 3;
    static constexpr auto get_device = wl_data_device_manager_get_data_device;
    static constexpr auto create_source = wl_data_device_manager_create_data_source;
    static constexpr auto offer_type = wl_data_source_offer;
    static constexpr auto receive = wl_data_offer_receive;
    static constexpr auto destroy_offer = wl_data_offer_destroy;
    static void select(Device* device, Source* source, bool) {
        wl_data_device_set_selection(device, source, 0);
    }
};
struct Primary {
    using Manager = zwp_primary_selection_device_manager_v1;
    using Device = zwp_primary_selection_device_v1;
    using Source = zwp_primary_selection_source_v1;
    using Offer = zwp_primary_selection_offer_v1;
    static constexpr const wl_interface& kManager = zwp_primary_selection_device_manager_v1_interface;
    static constexpr std::uint32_t kVersion = 1;
    static constexpr auto get_device = zwp_primary_selection_device_manager_v1_get_device;
    static constexpr auto create_source = zwp_primary_selection_device_manager_v1_create_source;
    static constexpr auto offer_type = zwp_primary_selection_source_v1_offer;
    static constexpr auto receive = zwp_primary_selection_offer_v1_receive;
    static constexpr auto destroy_offer = zwp_primary_selection_offer_v1_destroy;
    static void select(Device* device, Source* source, bool) {
        zwp_primary_selection_device_v1_set_selection(device, source, 0);
    }
};
struct WlrControl {
    using Manager = zwlr_data_control_manager_v1;
    using Device = zwlr_data_control_device_v1;
    using Source = zwlr_data_control_source_v1;
    using Offer = zwlr_data_control_offer_v1;
    static constexpr const wl_interface& kManager = zwlr_data_control_manager_v1_interface;
    static constexpr std::uint32_t kVersion = 2;
    static constexpr auto get_device = zwlr_data_control_manager_v1_get_data_device;
    static constexpr auto create_source = zwlr_data_control_manager_v1_create_data_source;
    static constexpr auto offer_type = zwlr_data_control_source_v1_offer;
    static constexpr auto receive = zwlr_data_control_offer_v1_receive;
    static constexpr auto destroy_offer = zwlr_data_control_offer_v1_destroy;
    static void select(Device* device, Source* source, bool primary) {
        primary ? zwlr_data_control_device_v1_set_primary_selection(device, source)
                : zwlr_data_control_device_v1_set_selection(device, source);
    }
};
struct ExtControl {
    using Manager = ext_data_control_manager_v1;
    using Device = ext_data_control_device_v1;
    using Source = ext_data_control_source_v1;
    using Offer = ext_data_control_offer_v1;
    static constexpr const wl_interface& kManager = ext_data_control_manager_v1_interface;
    static constexpr std::uint32_t kVersion = 1;
    static constexpr auto get_device = ext_data_control_manager_v1_get_data_device;
    static constexpr auto create_source = ext_data_control_manager_v1_create_data_source;
    static constexpr auto offer_type = ext_data_control_source_v1_offer;
    static constexpr auto receive = ext_data_control_offer_v1_receive;
    static constexpr auto destroy_offer = ext_data_control_offer_v1_destroy;
    static void select(Device* device, Source* source, bool primary) {
        primary ? ext_data_control_device_v1_set_primary_selection(device, source)
                : ext_data_control_device_v1_set_selection(device, source);
    }
};

template <typename Api>
class Device final : public SelectionDevice {
public:
    Device(Connection& connection, typename Api::Manager* manager, wl_seat* seat, bool primary)
        : connection_(connection), manager_(manager), primary_(primary) {
        device_ = connection.listen(
            Api::get_device(manager, seat),
            [this](std::string_view event, const wl_argument* values) { on_device_event(event, values); });
    }

    void offer(const std::vector<std::string>& types, Send send) override {
        source_ = connection_.listen(Api::create_source(manager_),
                                     [this, send](std::string_view event, const wl_argument* values) {
                                         if (event == "send") send(values[0].s, values[1].h);
                                         if (event == "cancelled") cancelled_ = true;
                                     });
        for (const std::string& type : types) Api::offer_type(source_, type.c_str());
        Api::select(device_, source_, primary_);
    }

    void receive(const std::string& type, int fd) override {
        if (current_ != nullptr) Api::receive(current_, type.c_str(), fd);
    }

private:
    using Offer = typename Api::Offer;

    void on_device_event(std::string_view event, const wl_argument* values) {
        if (event == "data_offer") {
            auto* made = reinterpret_cast<Offer*>(values[0].o);
            // Listed before its types come.
            offered_[made];
            connection_.listen(made, [this, made](std::string_view what, const wl_argument* offer_values) {
                if (what == "offer") offered_[made].push_back(offer_values[0].s);
            });
        } else if (event == (primary_ && !kPrimaryOnly ? "primary_selection" : "selection")) {
            adopt(reinterpret_cast<Offer*>(values[0].o));
        } else if (event == "selection" || event == "primary_selection") {
            drop(reinterpret_cast<Offer*>(values[0].o));
        }
    }
    void adopt(Offer* offer) {
        drop(std::exchange(current_, offer));
        types_ = offer == nullptr ? std::vector<std::string>{} : offered_[offer];
    }
    void drop(Offer* offer) {
        if (offer == nullptr) return;
        offered_.erase(offer);
        connection_.forget(offer);
        Api::destroy_offer(offer);
    }

    static constexpr bool kPrimaryOnly = std::is_same_v<Api, Primary>;
    Connection& connection_;
    typename Api::Manager* manager_;
    typename Api::Device* device_ = nullptr;
    typename Api::Source* source_ = nullptr;
    std::map<Offer*, std::vector<std::string>> offered_;
    Offer* current_ = nullptr;
    bool primary_;
};

template <typename Api>
std::unique_ptr<SelectionDevice> open_device(Connection& connection, wl_seat* seat, bool primary) {
    auto* manager = connection.bind<typename Api::Manager>(Api::kManager, Api::kVersion);
    if (manager == nullptr) return nullptr;
    return std::make_unique<Device<Api>>(connection, manager, seat, primary);
}

} // namespace

std::unique_ptr<SelectionDevice> open_selection(Connection& connection, const std::string& kind) {
    auto* seat = connection.bind<wl_seat>(wl_seat_interface, 5);
    if (seat == nullptr) return nullptr;
    const bool primary = kind.ends_with("primary");
    if (kind == "clipboard") return open_device<Clipboard>(connection, seat, false);
    if (kind == "primary") return open_device<Primary>(connection, seat, true);
    if (kind.starts_with("wlr-data-control")) return open_device<WlrControl>(connection, seat, primary);
    if (kind.starts_with("ext-data-control")) return open_device<ExtControl>(connection, seat, primary);
    return nullptr;
}

} // namespace tv::test
