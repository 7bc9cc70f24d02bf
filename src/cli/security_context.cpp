#include "cli/security_context.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/bytes.h"
#include "cli/compositor.h"

namespace tv::cli {
namespace {

// Ids and opcodes of the few messages that this needs; the object ids are ours to choose, in order from 2.
constexpr std::uint32_t kDisplay = 1, kRegistry = 2, kFirstSync = 3, kManager = 4, kContext = 5,
                        kSecondSync = 6;
constexpr std::uint16_t kDisplaySync = 0, kDisplayGetRegistry = 1, kRegistryBind = 0;
constexpr std::uint16_t kManagerCreateListener = 1;
constexpr std::uint16_t kContextSetEngine = 1, kContextSetAppId = 2, kContextSetInstance = 3,
                        kContextCommit = 4;
constexpr std::uint16_t kErrorEvent = 0, kGlobalEvent = 0, kDoneEvent = 0;
constexpr std::string_view kInterface = "wp_security_context_manager_v1";
// What upstream says, so that compositors' rules for it apply here too.
constexpr std::string_view kEngine = "waypipe";
constexpr int kBacklog = 128;
constexpr std::size_t kHeader = 8;

// A Wayland connection just good enough for a handful of requests.
class Connection {
public:
    explicit Connection(UniqueFd socket) : socket_(std::move(socket)) {}

    void begin(std::uint32_t object, std::uint16_t opcode) {
        start_ = out_.size();
        u(object);
        u(opcode);
    }
    void u(std::uint32_t value) {
        out_.resize(out_.size() + sizeof value);
        store_u32(out_, out_.size() - sizeof value, value);
    }
    void s(std::string_view text) {
        u(static_cast<std::uint32_t>(text.size() + 1));
        const std::size_t at = out_.size();
        out_.resize(at + padded4(text.size() + 1));
        std::memcpy(out_.data() + at, text.data(), text.size());
    }
    void end() {
        const std::uint32_t word = load_u32(out_, start_ + 4);
        store_u32(out_, start_ + 4, static_cast<std::uint32_t>(out_.size() - start_) << 16 | word);
    }

    // Everything so far, with the descriptors that belong to it.
    Status flush(const std::vector<int>& descriptors) {
        alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(2 * sizeof(int))> control{};
        iovec vector{out_.data(), out_.size()};
        msghdr message{};
        message.msg_iov = &vector;
        message.msg_iovlen = 1;
        if (!descriptors.empty()) {
            const std::size_t size = descriptors.size() * sizeof(int);
            message.msg_control = control.data();
            message.msg_controllen = CMSG_SPACE(size);
            cmsghdr* header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(size);
            std::memcpy(CMSG_DATA(header), descriptors.data(), size);
        }
        // A few hundred bytes on a blocking, empty socket: never partial.
        if (::sendmsg(socket_.get(), &message, 0) < 0) return fail_errno("sendmsg");
        out_.clear();
        return {};
    }

    struct Event {
        std::uint32_t object;
        std::uint16_t opcode;
        std::vector<std::byte> arguments;
    };
    Result<Event> next() {
        while (true) {
            if (in_.size() >= kHeader) {
                const std::uint32_t word = load_u32(in_, 4);
                const std::size_t size = word >> 16;
                if (size < kHeader || size % 4 != 0)
                    return fail(ErrorCategory::Compositor, "a message with an impossible size");
                if (in_.size() >= size) {
                    Event event{load_u32(in_, 0), static_cast<std::uint16_t>(word & 0xffff), {}};
                    event.arguments.assign(in_.begin() + kHeader,
                                           in_.begin() + static_cast<std::ptrdiff_t>(size));
                    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(size));
                    return event;
                }
            }
            TV_TRY(read_more());
        }
    }

private:
    Status read_more() {
        pollfd poller{socket_.get(), POLLIN, 0};
        int ready = 0;
        do {
            ready = ::poll(&poller, 1, kAnswerTimeoutMs);
        } while (ready < 0 && errno == EINTR);
        if (ready == 0) return fail_errno("waiting for the compositor", ETIMEDOUT);
        std::array<std::byte, 4096> chunk{};
        const ssize_t size = ::read(socket_.get(), chunk.data(), chunk.size());
        if (size < 0) return fail_errno("read");
        if (size == 0) return fail(ErrorCategory::Closed, "the compositor ended the connection");
        in_.insert(in_.end(), chunk.begin(), chunk.begin() + size);
        return {};
    }

    UniqueFd socket_;
    std::vector<std::byte> in_;
    std::vector<std::byte> out_;
    std::size_t start_ = 0;
};

std::string_view read_string(ByteReader& reader) {
    const std::uint32_t size = reader.u32();
    const Bytes text = reader.bytes(size);
    reader.skip(padded4(size) - size);
    if (!reader.ok() || text.empty()) return {};
    return {reinterpret_cast<const char*>(text.data()), text.size() - 1};
}

Outcome<Connection::Event> next_event(Connection& connection) {
    auto event = connection.next();
    if (!event) return failure(fmt::format("--secctx: {}", describe(event.error())));
    if (event->object == kDisplay && event->opcode == kErrorEvent) {
        ByteReader reader(event->arguments);
        reader.skip(2 * sizeof(std::uint32_t));
        return failure(fmt::format("--secctx: the compositor refused: {}", read_string(reader)));
    }
    return std::move(*event);
}

// The registry's name of the manager.
Outcome<std::uint32_t> find_manager(Connection& connection) {
    std::optional<std::uint32_t> name;
    connection.begin(kDisplay, kDisplayGetRegistry);
    connection.u(kRegistry);
    connection.end();
    connection.begin(kDisplay, kDisplaySync);
    connection.u(kFirstSync);
    connection.end();
    if (auto sent = connection.flush({}); !sent)
        return failure(fmt::format("--secctx: {}", describe(sent.error())));
    while (true) {
        TV_ASSIGN(Connection::Event event, next_event(connection));
        if (event.object == kFirstSync && event.opcode == kDoneEvent) break;
        if (event.object != kRegistry || event.opcode != kGlobalEvent) continue;
        ByteReader reader(event.arguments);
        const std::uint32_t global = reader.u32();
        if (read_string(reader) == kInterface) name = global;
    }
    if (!name)
        return failure(
            fmt::format("--secctx: this compositor has no {}; leave the option out or use another compositor",
                        kInterface));
    return *name;
}

} // namespace

Outcome<SecurityContext> SecurityContext::create(const CompositorPlace& place,
                                                 const WaylandEnvironment& environment,
                                                 const std::string& application_id) {
    if (place.connection.valid())
        return failure("--secctx cannot work with WAYLAND_SOCKET; unset it to use WAYLAND_DISPLAY");
    if (!environment.runtime_dir) return failure("--secctx needs XDG_RUNTIME_DIR, the folder for its socket");
    TV_ASSIGN(UniqueFd socket, connect_compositor(place.path));
    Connection connection(std::move(socket));
    TV_ASSIGN(const std::uint32_t manager, find_manager(connection));

    TV_ASSIGN(UnixListener listener,
              UnixListener::bind(fmt::format("{}/tunnelview-secctx-{}", *environment.runtime_dir, ::getpid()),
                                 kBacklog));
    int ends[2];
    if (::pipe(ends) != 0) return failure(fmt::format("--secctx: pipe: {}", errno_text(errno)));
    UniqueFd watched = UniqueFd::adopt(ends[0]);
    UniqueFd kept = UniqueFd::adopt(ends[1]);
    for (int end : ends) (void)::fcntl(end, F_SETFD, FD_CLOEXEC);

    connection.begin(kRegistry, kRegistryBind);
    connection.u(manager);
    connection.s(kInterface);
    connection.u(1);
    connection.u(kManager);
    connection.end();
    connection.begin(kManager, kManagerCreateListener);
    connection.u(kContext);
    connection.end();
    const auto set = [&](std::uint16_t opcode, std::string_view text) {
        connection.begin(kContext, opcode);
        connection.s(text);
        connection.end();
    };
    set(kContextSetEngine, kEngine);
    set(kContextSetAppId, application_id);
    set(kContextSetInstance, fmt::format("{}", ::getpid()));
    connection.begin(kContext, kContextCommit);
    connection.end();
    connection.begin(kDisplay, kDisplaySync);
    connection.u(kSecondSync);
    connection.end();
    if (auto sent = connection.flush({listener.fd(), watched.get()}); !sent)
        return failure(fmt::format("--secctx: {}", describe(sent.error())));
    while (true) {
        TV_ASSIGN(const Connection::Event event, next_event(connection));
        if (event.object == kSecondSync) break;
    }
    return SecurityContext(std::move(listener), std::move(kept));
}

} // namespace tv::cli
