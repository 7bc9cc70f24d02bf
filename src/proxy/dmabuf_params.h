// zwp_linux_buffer_params_v1: what both ways to serve it (wl_shm buffers, surfaces) have in common.
#pragma once

#include <array>
#include <bitset>
#include <optional>

#include "proxy/buffers.h"
#include "proxy/stand_in.h"

namespace tv::proxy {

inline constexpr std::uint32_t kMaxPlanes = 4;
inline constexpr std::uint32_t kFlagYInvert = 1; // zwp_linux_buffer_params_v1.flags.y_invert

// zwp_linux_buffer_params_v1.error
enum ParamsError : std::uint32_t {
    kAlreadyUsed = 0,
    kPlaneIndex = 1,
    kPlaneSet = 2,
    kIncomplete = 3,
    kInvalidFormat = 4,
    kInvalidDimensions = 5,
    kOutOfBounds = 6,
    kInvalidBuffer = 7, // what create_immed answers when it fails
};

// What a compositor was asked to make a buffer of.
struct AskedSurface {
    std::uint32_t id = 0;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t format = 0;
    std::size_t stride = 0;
};

struct ParamsData final : BackingData {
    struct Plane {
        std::shared_ptr<mirror::Replica> image;
        std::uint32_t offset = 0;
        std::uint32_t stride = 0;
    };
    std::array<Plane, kMaxPlanes> planes;
    std::bitset<kMaxPlanes> set;
    bool used = false;
    // With surfaces: what `created` will make a buffer of.
    std::shared_ptr<mirror::Replica> awaited;
    // With surfaces: for `failed` to name it, also once the application has destroyed the params.
    std::optional<AskedSurface> asked;

    Status backing_event(Proxy&, const wayland::Header&, Bytes) override { return {}; }
};

struct BufferRequest {
    std::int32_t width = 0;
    std::int32_t height = 0;
    std::uint32_t format = 0;
    std::uint32_t flags = 0;
};

// The arguments of `create`, and of `create_immed` behind its first.
[[nodiscard]] Result<BufferRequest> read_buffer_request(wayland::ArgumentReader& arguments);
// What makes a create request a protocol error, whoever serves it.
[[nodiscard]] Status check_buffer_request(Proxy& proxy, std::uint32_t id, const ParamsData& params,
                                          const BufferRequest& request);
// Null: well-formed, but not to be shown here.
[[nodiscard]] std::shared_ptr<mirror::Replica> showable_image(const Proxy& proxy, const ParamsData& params,
                                                              const BufferRequest& request);
void send_params_failed(Proxy& proxy, std::uint32_t id);

} // namespace tv::proxy
