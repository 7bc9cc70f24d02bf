#include "proxy/fixed_files.h"

#include "proxy/foreign_file.h"

namespace tv::proxy {

Status pass_event_with_file(Proxy& proxy, Call& call, std::uint32_t size) {
    TV_ASSIGN(UniqueFd file, take_event_fd(proxy));
    TV_ASSIGN(auto contents, read_foreign_file(file, size));
    Rid rid = proxy.channel.new_rid();
    TV_TRY(proxy.channel.send_file(rid, contents));
    ByteQueue& out = proxy.channel.event_with(rid, call.message.size());
    out.append(call.message);
    store_u32(out.recent(call.message.size()), 4,
              wayland::pack_word(call.header.size, call.header.opcode, 1));
    return {};
}

Status pass_request_with_file(Proxy& proxy, Call& call, std::size_t needed) {
    TV_ASSIGN(auto handed, proxy.take_injected());
    if (!handed.file) return fail(ErrorCategory::PeerViolation, "pipe where a file belongs");
    if (needed > handed.file->announced_size())
        return fail(ErrorCategory::PeerViolation, "request for more bytes than its file has",
                    static_cast<std::int64_t>(needed));
    TV_TRY(proxy.attach_file(*handed.file));
    proxy.requests.gate(std::move(handed.file), false);
    proxy.append_request(call);
    return {};
}

} // namespace tv::proxy
