// Keymaps: of wl_keyboard and of input-method grabs (events), of virtual keyboards (requests).
#include "proxy/fixed_files.h"

namespace tv::proxy {
namespace {

using wayland::InterfaceId;

Status keymap_event(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    (void)arguments.u(); // format
    std::uint32_t size = arguments.u();
    if (!arguments.ok()) return fail(ErrorCategory::Compositor, "malformed keymap event");
    return pass_event_with_file(proxy, call, size);
}

Status keymap_request(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    (void)arguments.u(); // format
    std::uint32_t size = arguments.u();
    if (!arguments.ok()) return fail(ErrorCategory::PeerViolation, "malformed keymap request");
    // C peers have no handler for this message, and then their file comes after it.
    if (!proxy.injected_file_arrived()) return fail(ErrorCategory::TryAgain, "keymap ahead of its file");
    return pass_request_with_file(proxy, call, size);
}

constexpr Route kRoutes[] = {
    on_event(InterfaceId::wl_keyboard, "keymap", keymap_event),
    on_event(InterfaceId::zwp_input_method_keyboard_grab_v2, "keymap", keymap_event),
    on_request(InterfaceId::zwp_virtual_keyboard_v1, "keymap", keymap_request),
};

} // namespace

std::span<const Route> keyboard_routes() {
    return kRoutes;
}

} // namespace tv::proxy
