// wl_shm: pools become files of ours, shared with the compositor.
#include <algorithm>

#include "proxy/buffers.h"
#include "proxy/proxy.h"

namespace tv::proxy {
namespace {

using wayland::InterfaceId;

Status create_pool(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::uint32_t id = arguments.u();
    std::int32_t size = arguments.i();
    if (!arguments.ok() || arguments.remaining() != 0)
        return fail(ErrorCategory::PeerViolation, "malformed wl_shm.create_pool");
    TV_ASSIGN(auto handed, proxy.take_injected());
    if (!handed.file) return fail(ErrorCategory::PeerViolation, "wl_shm_pool made of a pipe");
    // The compositor maps what the request says: beyond the file it would fault.
    if (size < 0 || static_cast<std::size_t>(size) > handed.file->announced_size())
        return fail(ErrorCategory::PeerViolation, "wl_shm_pool larger than its file", size);
    TV_ASSIGN(auto* pool, proxy.new_object(id, InterfaceId::wl_shm_pool, call.object->version));
    if (handed.file->waiting()) proxy.requests.gate(handed.file, false); // an extension may be on its way
    TV_TRY(proxy.attach_file(*handed.file));
    auto data = std::make_unique<PoolData>();
    data->file = std::move(handed.file);
    pool->data = std::move(data);
    proxy.append_request(call);
    return {};
}

Status create_buffer(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::uint32_t id = arguments.u();
    std::int32_t offset = arguments.i();
    std::int32_t width = arguments.i();
    std::int32_t height = arguments.i();
    std::int32_t stride = arguments.i();
    (void)arguments.u(); // format
    if (!arguments.ok() || arguments.remaining() != 0)
        return fail(ErrorCategory::PeerViolation, "malformed wl_shm_pool.create_buffer");
    auto* pool = data_of<PoolData>(call.object);
    auto data = std::make_unique<BufferData>();
    if (pool != nullptr) data->file = pool->file;
    data->width = static_cast<std::uint32_t>(std::max(width, 0));
    data->height = static_cast<std::uint32_t>(std::max(height, 0));
    // Whether the numbers make a buffer is for the compositor to judge; here they must not lie outside.
    if (data->file && offset >= 0 && height > 0 && stride > 0) {
        std::size_t length = static_cast<std::size_t>(height) * static_cast<std::size_t>(stride);
        if (static_cast<std::size_t>(offset) + length <= data->file->announced_size()) {
            data->offset = static_cast<std::size_t>(offset);
            data->length = length;
        }
    }
    TV_ASSIGN(auto* buffer, proxy.new_object(id, InterfaceId::wl_buffer, 1));
    buffer->data = std::move(data);
    proxy.append_request(call);
    return {};
}

Status resize(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::int32_t size = arguments.i();
    if (auto* pool = data_of<PoolData>(call.object)) {
        if (!arguments.ok() || size < 0 || static_cast<std::size_t>(size) > pool->file->announced_size())
            return fail(ErrorCategory::PeerViolation, "wl_shm_pool resized beyond its file", size);
        proxy.requests.gate(pool->file, false);
    }
    proxy.append_request(call);
    return {};
}

constexpr Route kRoutes[] = {
    on_request(InterfaceId::wl_shm, "create_pool", create_pool),
    on_request(InterfaceId::wl_shm_pool, "create_buffer", create_buffer),
    on_request(InterfaceId::wl_shm_pool, "resize", resize),
};

} // namespace

std::span<const Route> shm_routes() {
    return kRoutes;
}

} // namespace tv::proxy
