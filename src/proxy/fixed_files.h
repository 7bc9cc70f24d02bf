// Files that travel whole with one message: keymaps, ICC profiles.
#pragma once

#include "proxy/proxy.h"

namespace tv::proxy {

// An event of the compositor whose file has `size` bytes: replicated ahead of the event.
[[nodiscard]] Status pass_event_with_file(Proxy& proxy, Call& call, std::uint32_t size);

// A request whose receiver will map or read the first `needed` bytes of its file: refused when the file is
// shorter, held until its contents are there.
[[nodiscard]] Status pass_request_with_file(Proxy& proxy, Call& call, std::size_t needed);

} // namespace tv::proxy
