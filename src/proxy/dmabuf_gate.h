// Log lines in the form that Wawona's zero-copy gate reads, its target wwn.dmabuf: which surface went where,
// and whether the CPU copied its pixels on this side.
//
// The gate's own lines come from the compositor. Of its last two steps this side tells what it hears:
// `import` when the compositor has answered `created`, or, as create_immed has no answer, with the buffer's
// first release; `present` with the first release of a buffer that was shown, which is when a compositor that
// keeps Wawona's contract says that it was presented. Each buffer has at most one line for each step.
#pragma once

#include "mirror/replica.h"
#include "proxy/buffers.h"

namespace tv::proxy {

// Of no buffer in particular: bind, feedback, fallback_shm.
void log_gate(const Proxy& proxy, const char* op);
void log_gate_fallback(const Proxy& proxy);
// The compositor announces a format with a modifier of the family.
void log_gate_offer(const Proxy& proxy, std::uint32_t format, std::uint64_t modifier);
// Of an image that lives in a surface.
void log_gate(const Proxy& proxy, const char* op, const mirror::Replica& image);
// The compositor has released a buffer; `was_shown` since the last time.
void log_gate_release(const Proxy& proxy, BufferData& buffer, bool was_shown);

} // namespace tv::proxy
