#include "replay_bed.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <lz4.h>
#include <zstd.h>

#include "video/decoders.h"
#include "wayland/interface.h"

namespace tv::test {
namespace {

std::uint32_t word(Bytes bytes, std::size_t offset) {
    return load_u32(bytes, offset);
}

// --- the plain decoder
// -------------------------------------------------------------------------------------------------

std::vector<std::byte> plain(CompressionKind kind, Bytes data, std::size_t size) {
    std::vector<std::byte> out(size);
    if (kind == CompressionKind::None) {
        EXPECT_EQ(data.size(), size);
        std::copy(data.begin(), data.end(), out.begin());
    } else if (kind == CompressionKind::Lz4) {
        EXPECT_EQ(LZ4_decompress_safe(reinterpret_cast<const char*>(data.data()),
                                      reinterpret_cast<char*>(out.data()), static_cast<int>(data.size()),
                                      static_cast<int>(size)),
                  static_cast<int>(size));
    } else {
        EXPECT_EQ(ZSTD_decompress(out.data(), size, data.data(), data.size()), size);
    }
    return out;
}

void apply_update(std::vector<std::byte>& file, MessageType type, Bytes message, CompressionKind kind) {
    const std::uint32_t first = word(message, 8);
    const std::uint32_t second = word(message, 12);
    const Bytes data = message.subspan(16);
    if (type == MessageType::BufferFill) {
        const auto bytes = plain(kind, data, second - first);
        std::copy(bytes.begin(), bytes.end(), file.begin() + first);
        return;
    }
    const auto bytes = plain(kind, data, first + second);
    std::size_t at = 0;
    while (at < first) {
        for (std::uint32_t index = word(bytes, at), end = word(bytes, at + 4), from = 0; index < end;
             ++index, ++from)
            std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at + 8 + from * 4), 4,
                        file.begin() + index * 4);
        at += 8 + (word(bytes, at + 4) - word(bytes, at)) * 4UL;
    }
    std::copy(bytes.end() - second, bytes.end(), file.end() - second);
}

} // namespace

void PrintTo(const Frame& frame, std::ostream* out) {
    *out << fmt::format("{} {}x{} {:08x}", frame.surface, frame.width, frame.height, frame.crc);
}

std::vector<Frame> frames_of(TestCompositor& compositor) {
    std::vector<Frame> frames;
    for (const CommitRecord& commit : compositor.commits())
        frames.push_back({commit.surface, commit.width, commit.height, commit.crc});
    return frames;
}

std::vector<std::byte> read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::vector<char> chars{std::istreambuf_iterator<char>(in), {}};
    const auto bytes = std::as_bytes(std::span(chars));
    return {bytes.begin(), bytes.end()};
}

ByteQueue convert_fixture(std::filesystem::path path) {
    const auto sent = read_file(path), answered = read_file(path.replace_extension(".c2s"));
    std::ifstream order(path.replace_extension(".tsv"));
    ByteQueue file;
    replay::append_file_header(file);
    Bytes sent_left = sent, answered_left = answered;
    std::int64_t time = 0;
    std::string direction;
    std::size_t count = 0;
    while (order >> time >> direction >> count) {
        Bytes& left = direction == "s2c" ? sent_left : answered_left;
        const Bytes part = left.first(std::min(count, left.size()));
        left = left.subspan(part.size());
        replay::append_record(
            file,
            {time, direction == "s2c" ? ChannelDirection::FromApplication : ChannelDirection::ToApplication,
             part});
    }
    EXPECT_TRUE(sent_left.empty());
    replay::append_end(file, time);
    return file;
}

// --- what the recording shows
// ------------------------------------------------------------------------------------------

void Reference::message(MessageType type, Bytes bytes) {
    const Rid rid = static_cast<Rid>(word(bytes, 4));
    switch (type) {
    case MessageType::OpenFile:
        files_[rid].assign(word(bytes, 8), std::byte{});
        break;
    case MessageType::ExtendFile:
        files_[rid].resize(word(bytes, 8));
        break;
    case MessageType::OpenDmabuf: {
        const auto open = decode<msg::OpenDmabuf>(bytes);
        files_[rid].assign(open->size, std::byte{});
        strides_[rid] = open->slice.strides[0];
        break;
    }
    case MessageType::OpenDmavidDst:
    case MessageType::OpenDmavidDstV2:
        packets_[rid] = 0;
        break;
    case MessageType::BufferFill:
    case MessageType::BufferDiff:
        if (before_data) before_data();
        apply_update(files_.at(rid), type, bytes, kind_);
        break;
    case MessageType::SendDmavidPacket:
        if (before_data) before_data();
        ++packets_.at(rid);
        break;
    case MessageType::PipeTransfer:
        pipe_data.append(reinterpret_cast<const char*>(bytes.data() + 8), bytes.size() - 8);
        break;
    default:
        break;
    }
}

void Reference::request(const replay::PlayedRequest& request) {
    const wayland::Interface& interface = wayland::interface(request.interface);
    const std::string name = fmt::format("{}.{}", interface.name, interface.requests[request.opcode].name);
    const Bytes message = request.message;
    if (request.made != 0) objects_[request.made] = {};
    Object& object = objects_[request.object];
    if (name == "wl_shm.create_pool") objects_[request.made].rid = request.rids[0];
    if (name == "wl_shm_pool.create_buffer")
        objects_[request.made].buffer = {object.rid, word(message, 12), word(message, 16), word(message, 20),
                                         word(message, 24)};
    if (name == "zwp_linux_buffer_params_v1.add" && word(message, 8) == 0) object.rid = request.rids[0];
    if (name == "zwp_linux_buffer_params_v1.create_immed")
        objects_[request.made].buffer = {object.rid, 0, word(message, 12), word(message, 16),
                                         strides_[object.rid]};
    constexpr std::uint32_t kYInvert = 1; // zwp_linux_buffer_params_v1.flags
    if (name == "zwp_linux_buffer_params_v1.create")
        created_.push_back({object.rid, 0, word(message, 8), word(message, 12), strides_[object.rid],
                            (word(message, 20) & kYInvert) != 0});
    if (name == "wl_compositor.create_surface")
        objects_[request.made].surface_name = fmt::format("wl_surface#{}", ++surfaces_);
    if (name == "wl_surface.attach") {
        object.attached = word(message, 8);
        object.attach_pending = true;
    }
    if (name == "wl_surface.commit") commit(object);
}

void Reference::commit(Object& surface) {
    if (!std::exchange(surface.attach_pending, false) || surface.attached == 0) return;
    const Buffer& buffer = buffer_of(surface.attached);
    Frame frame{surface.surface_name, static_cast<int>(buffer.width), static_cast<int>(buffer.height), 0};
    if (const auto packets = packets_.find(buffer.rid); packets != packets_.end()) {
        shown.push_back({buffer.rid, packets->second - 1, buffer.bottom_up});
    } else {
        const auto& file = files_.at(buffer.rid);
        for (std::uint32_t row = 0; row < buffer.height; ++row)
            frame.crc = crc32_of(file.data() + buffer.offset + std::size_t{row} * buffer.stride,
                                 buffer.width * 4UL, frame.crc);
        shown.push_back({});
    }
    frames.push_back(std::move(frame));
}

// What the compositor makes itself gets numbers in turn; the recordings have nothing of that kind but
// buffers.
const Reference::Buffer& Reference::buffer_of(std::uint32_t id) const {
    return id < wayland::kServerIdBase ? objects_.at(id).buffer : created_.at(id - wayland::kServerIdBase);
}

// --- the test
// ------------------------------------------------------------------------------------------------

replay::ReplayReport ReplayTest::play(Bytes recording, TestCompositor& compositor,
                                      replay::PlayOptions options, bool offer_gpu) {
    SessionConfig config = session_config();
    config.offer_gpu = offer_gpu;
    for (auto& decoder : video::available_decoders(true)) config.decoders.push_back(std::move(decoder));
    auto reader = replay::RecordingReader::of_bytes(recording);
    auto wayland = compositor.connect();
    EXPECT_TRUE(reader && wayland);
    if (!reader || !wayland) return {};
    options.log = log_.log();
    auto report = replay::replay(*reader, std::move(*wayland), std::move(config), std::move(options));
    EXPECT_TRUE(report.has_value()) << describe(report.error());
    return report.value_or(replay::ReplayReport{});
}

} // namespace tv::test
