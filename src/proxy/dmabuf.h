// zwp_linux_dmabuf_v1 on compositors that know only wl_shm: remote applications render on their GPU, we show
// the pixels from wl_shm buffers.
//
// The global is ours. Each of its objects has a stand-in at the compositor (stand_in.h), but for the first
// bind, under whose id the compositor holds a wl_shm: it makes our buffers and says which formats they may
// have. A buffer that the application gets is a real wl_buffer of that wl_shm.
#pragma once

#include "proxy/proxy.h"

namespace tv::proxy {

// Version 5 only adds a request-time rule for modifiers; 4 has the feedback that Mesa needs.
inline constexpr std::uint32_t kDmabufVersion = 4;

// Our global's own announcement, right after the compositor's wl_shm, to the registry that got that.
void announce_dmabuf(Proxy& proxy, std::uint32_t registry, std::uint32_t shm_name);
// The compositor withdrew a global: ours goes with its wl_shm.
void withdraw_dmabuf(Proxy& proxy, std::uint32_t registry, std::uint32_t name);
// A bind of our global; the arguments have been checked.
[[nodiscard]] Status bind_dmabuf(Proxy& proxy, std::uint32_t registry, std::uint32_t version,
                                 std::uint32_t id);

// What is offered, to a bind and to a feedback object: DmabufState::formats with modifiers LINEAR and
// INVALID.
void send_dmabuf_format(Proxy& proxy, std::uint32_t id, std::uint32_t version, std::uint32_t format);
[[nodiscard]] Status send_dmabuf_feedback(Proxy& proxy, std::uint32_t id);

// The compositor blames what it holds in the place of an object of ours (a wl_shm, or a pool of it): the same
// as an error of the application's object. Object 0: that has no errors, wl_display is to blame.
[[nodiscard]] Proxy::BlamedObject blame_stand_in(std::uint32_t id, wayland::InterfaceId interface,
                                                 std::uint32_t shm_error);

// For the end of a connection: whether the remote side gave up because it was offered dmabufs. waypipe 0.11
// ends an application at once where it finds no Vulkan driver; it tells the application, but not us.
[[nodiscard]] bool gave_up_over_dmabufs(const Proxy& proxy);

// OpenDMABUF and its video relatives.
[[nodiscard]] Status open_image(Proxy& proxy, MessageType type, Bytes message);

} // namespace tv::proxy
