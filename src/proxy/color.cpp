// Colour management: ICC profiles travel as whole files.
#include "proxy/fixed_files.h"

namespace tv::proxy {
namespace {

using wayland::InterfaceId;

Status icc_file(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::uint32_t size = arguments.u();
    if (!arguments.ok()) return fail(ErrorCategory::Compositor, "malformed icc_file event");
    return pass_event_with_file(proxy, call, size);
}

Status set_icc_file(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::size_t offset = arguments.u();
    std::size_t length = arguments.u();
    if (!arguments.ok()) return fail(ErrorCategory::PeerViolation, "malformed set_icc_file request");
    return pass_request_with_file(proxy, call, offset + length);
}

constexpr Route kRoutes[] = {
    on_event(InterfaceId::wp_image_description_info_v1, "icc_file", icc_file),
    on_request(InterfaceId::wp_image_description_creator_icc_v1, "set_icc_file", set_icc_file),
};

} // namespace

std::span<const Route> color_routes() {
    return kRoutes;
}

} // namespace tv::proxy
