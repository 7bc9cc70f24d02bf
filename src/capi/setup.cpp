#include "capi/setup.h"

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/socket.h"
#include "video/decoders.h"

namespace tv::capi {
namespace {

constexpr std::size_t kMaxTitlePrefix = 128; // waypipe's
constexpr std::uint32_t kMaxThreads = 1024;

// A decoder kind cut to the codecs that the host wants.
class AllowedCodecs final : public video::DecoderFactory {
public:
    AllowedCodecs(std::shared_ptr<video::DecoderFactory> factory, std::uint64_t codecs)
        : factory_(std::move(factory)), codecs_(codecs) {}
    [[nodiscard]] const char* name() const override { return factory_->name(); }
    [[nodiscard]] bool hardware() const override { return factory_->hardware(); }
    [[nodiscard]] bool hardware_for(video::Codec codec) const override {
        return factory_->hardware_for(codec);
    }
    [[nodiscard]] bool may_decode(video::Codec codec) const override {
        return allowed(codec) && factory_->may_decode(codec);
    }
    [[nodiscard]] Status prepare(video::Codec codec) override {
        TV_TRY(check(codec));
        return factory_->prepare(codec);
    }
    [[nodiscard]] Result<std::unique_ptr<video::Decoder>>
    create(const video::StreamParameters& stream, std::shared_ptr<video::DecodeSink> sink) override {
        TV_TRY(check(stream.codec));
        return factory_->create(stream, std::move(sink));
    }

private:
    [[nodiscard]] bool allowed(video::Codec codec) const {
        return (codecs_ >> static_cast<unsigned>(codec) & 1) != 0;
    }
    [[nodiscard]] Status check(video::Codec codec) const {
        if (!allowed(codec)) return fail(ErrorCategory::Unsupported, "codec not allowed by the host");
        return {};
    }
    const std::shared_ptr<video::DecoderFactory> factory_;
    const std::uint64_t codecs_;
};

std::expected<UniqueFd, tv_result> borrow(int fd) {
    auto duplicate = duplicate_fd(fd);
    if (duplicate) return std::move(*duplicate);
    return std::unexpected(duplicate.error().sys_errno == EBADF ? TV_ERROR_ARGUMENT : TV_ERROR_MEMORY);
}

bool is_socket_path(const char* path) {
    return path != nullptr && path[0] == '/' && std::strlen(path) < sizeof sockaddr_un{}.sun_path;
}

std::expected<UniqueFd, tv_result> open_display(const tv_config& config) {
    if (config.display_fd >= 0) return borrow(config.display_fd);
    if (config.display_path == nullptr) return std::unexpected(TV_ERROR_ARGUMENT);
    auto connection = connect_display(config.display_path, true);
    if (connection) return std::move(*connection);
    return std::unexpected(connection.error().category == ErrorCategory::Compositor
                               ? TV_ERROR_COMPOSITOR
                               : result_of(connection.error()));
}

// What a C host has written into an enumeration may be none of its values, which C++ must not even look at.
template <typename Enum>
bool up_to(const Enum& given, Enum last) {
    std::uint32_t number = 0;
    static_assert(sizeof number == sizeof given);
    std::memcpy(&number, &given, sizeof number);
    return number <= static_cast<std::uint32_t>(last);
}

bool valid(const tv_config& config) {
    return config.channel_read_fd >= 0 && up_to(config.video, TV_VIDEO_OFF) &&
           up_to(config.surfaces, TV_SURFACES_ON) && up_to(config.qos, TV_QOS_USER_INTERACTIVE) &&
           up_to(config.log_level, TV_LOG_NONE) && config.threads <= kMaxThreads &&
           (config.compressions & TV_COMPRESSIONS_ALL) != 0 &&
           (config.frames != 0 || config.zero_pass == 0) &&
           (config.display_path == nullptr || is_socket_path(config.display_path)) &&
           (config.title_prefix == nullptr || std::strlen(config.title_prefix) <= kMaxTitlePrefix);
}

// Which surfaces there are, and where to ask for them; false: those that must be are not.
bool choose_surfaces(const tv_config& config, Setup& setup) {
    if (config.surfaces == TV_SURFACES_OFF) return true;
    auto surfaces = backend::surface_backend(config.same_process != 0 ? backend::CompositorProcess::This
                                                                      : backend::CompositorProcess::Another);
    if (config.surfaces == TV_SURFACES_ON && !surfaces.store) return false;
    const bool asks = config.surfaces == TV_SURFACES_AUTO;
    if (config.offer_gpu == 0 || (asks && config.display_path == nullptr)) return true;
    if (asks) setup.ask_at = config.display_path;
    setup.surfaces = std::move(surfaces);
    return true;
}

SessionLimits limits_of(const tv_limits& given) {
    SessionLimits made;
    if (given.memory_bytes != 0)
        made.written_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(given.memory_bytes, SIZE_MAX));
    if (given.video_pixels != 0) made.video_pixels = given.video_pixels;
    if (given.video_streams != 0) made.video_streams = given.video_streams;
    return made;
}

// TV_COMPRESSION_... are in the order of the header's kinds; what the header cannot say is taken.
unsigned compressions_of(std::uint64_t wanted) {
    unsigned taken = 0;
    if ((wanted & TV_COMPRESSION_NONE) != 0) taken |= 1u << static_cast<unsigned>(CompressionKind::None);
    if ((wanted & TV_COMPRESSION_LZ4) != 0) taken |= 1u << static_cast<unsigned>(CompressionKind::Lz4);
    if ((wanted & TV_COMPRESSION_ZSTD) != 0) taken |= 1u << static_cast<unsigned>(CompressionKind::Zstd);
    return taken;
}

} // namespace

Result<UniqueFd> connect_display(const std::string& path, bool wait) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return fail(ErrorCategory::Usage, "path of a socket");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    UniqueFd fd = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM, 0));
    if (!fd.valid()) return fail_errno("socket");
    if (::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0 || (!wait && ::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0))
        return fail_errno("fcntl");
    prepare_socket(fd.get());
    int connected = 0;
    do {
        connected = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    } while (connected != 0 && errno == EINTR);
    if (connected != 0) return fail(ErrorCategory::Compositor, "the compositor takes no connection");
    return fd;
}

std::vector<std::shared_ptr<video::DecoderFactory>>
choose_decoders(std::vector<std::shared_ptr<video::DecoderFactory>> available, tv_video_policy policy,
                std::uint64_t codecs) {
    if (policy == TV_VIDEO_OFF) return {};
    std::erase_if(available, [policy](const auto& decoder) {
        return policy == TV_VIDEO_SOFTWARE   ? decoder->hardware()
               : policy == TV_VIDEO_HARDWARE ? !decoder->hardware()
                                             : false;
    });
    if (codecs != TV_CODECS_ALL)
        for (auto& decoder : available) decoder = std::make_shared<AllowedCodecs>(std::move(decoder), codecs);
    return available;
}

std::expected<Setup, tv_result> make_setup(const tv_config& config) {
    if (!valid(config)) return std::unexpected(TV_ERROR_ARGUMENT);
    Setup setup;
    TV_ASSIGN(setup.endpoints.channel_in, borrow(config.channel_read_fd));
    if (config.channel_write_fd >= 0 && config.channel_write_fd != config.channel_read_fd) {
        TV_ASSIGN(setup.endpoints.channel_out, borrow(config.channel_write_fd));
    }
    TV_ASSIGN(setup.endpoints.compositor, open_display(config));
    if (!choose_surfaces(config, setup)) return std::unexpected(TV_ERROR_UNSUPPORTED);
    setup.log = config.log_level != TV_LOG_NONE;
    setup.log_level = static_cast<LogLevel>(std::min<int>(config.log_level, TV_LOG_ERROR));
    setup.frames = config.frames != 0;
    setup.zero_pass = config.zero_pass != 0;
    setup.qos = static_cast<ThreadQos>(config.qos);
    SessionConfig& session = setup.session;
    if (config.title_prefix != nullptr) session.title_prefix = config.title_prefix;
    session.worker_threads = config.threads;
    session.offer_gpu = config.offer_gpu != 0;
    session.compressions = compressions_of(config.compressions);
    session.limits = limits_of(config.limits);
    std::vector<std::shared_ptr<video::DecoderFactory>> available;
    for (auto& decoder : video::available_decoders()) available.push_back(std::move(decoder));
    if (session.offer_gpu)
        session.decoders = choose_decoders(std::move(available), config.video, config.codecs);
    return setup;
}

bool copy_struct(void* ours, std::size_t our_size, const void* theirs) {
    std::size_t size = 0;
    std::memcpy(&size, theirs, sizeof size);
    constexpr std::size_t kLargest = 65536; // what no struct of any version has
    if (size < sizeof size || size > kLargest) return false;
    const auto* bytes = static_cast<const unsigned char*>(theirs);
    for (std::size_t at = our_size; at < size; ++at)
        if (bytes[at] != 0) return false;
    std::memcpy(ours, theirs, std::min(size, our_size));
    std::memcpy(ours, &our_size, sizeof our_size);
    return true;
}

} // namespace tv::capi
