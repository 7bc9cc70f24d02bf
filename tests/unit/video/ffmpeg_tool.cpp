#include "video/ffmpeg_tool.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/bytes.h"
#include "channel/test_bytes.h"
#include "video/bitstream/annexb.h"
#include "video/bitstream/h264.h"
#include "video/bitstream/hevc.h"

namespace tv::test {
namespace {

using video::Codec;

class TempFile {
public:
    TempFile() {
        std::string path = std::filesystem::temp_directory_path() / "tv-video-XXXXXX";
        const int fd = mkstemp(path.data());
        if (fd >= 0) {
            std::fclose(fdopen(fd, "w"));
            path_ = path;
        }
    }
    ~TempFile() {
        if (!path_.empty()) std::filesystem::remove(path_);
    }
    TempFile(const TempFile&) = delete;
    TempFile& operator=(const TempFile&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

bool run(const std::string& arguments) {
    const std::string command = "ffmpeg -nostdin -v error -y " + arguments + " 2>/dev/null";
    return std::system(command.c_str()) == 0; // NOLINT(cert-env33-c): fixed words of the tests
}

// The pattern's source makes even sizes only.
std::string pattern(video::Size size, int frames) {
    return fmt::format(
        "-f lavfi -i testsrc2=size={}x{}:rate=30 -frames:v {} -vf format=bgr0,crop={}:{}:0:0:exact=1",
        std::max(64u, (size.width + 1) & ~1u), std::max(64u, (size.height + 1) & ~1u), frames, size.width,
        size.height);
}

// Access units of an Annex B stream whose encoder wrote delimiters.
std::vector<Buffer> split_at_delimiters(const Buffer& stream, bool hevc) {
    std::vector<Buffer> packets;
    video::NalReader units(stream);
    while (const auto unit = units.next()) {
        const bool delimiter =
            hevc ? video::hevc_nal_type(*unit) == 35 : video::h264_nal_type(*unit) == video::H264NalType::Aud;
        if (delimiter || packets.empty()) packets.emplace_back();
        if (delimiter) continue; // stock senders write none
        const Buffer start_code = hex("00000001");
        packets.back().insert(packets.back().end(), start_code.begin(), start_code.end());
        packets.back().insert(packets.back().end(), unit->begin(), unit->end());
    }
    return packets;
}

constexpr std::size_t kIvfHeader = 32;
constexpr std::size_t kIvfFrameHeader = 12;

std::vector<Buffer> split_ivf(const Buffer& file) {
    std::vector<Buffer> packets;
    ByteReader reader(file);
    reader.skip(kIvfHeader);
    while (reader.remaining() >= kIvfFrameHeader) {
        const std::uint32_t size = reader.u32();
        reader.skip(8);
        const Bytes packet = reader.bytes(size);
        if (!reader.ok()) break;
        packets.push_back(copy(packet));
    }
    return packets;
}

Buffer make_ivf(Codec codec, const std::vector<Buffer>& packets) {
    Buffer file(kIvfHeader);
    const std::string_view magic = codec == Codec::Vp9 ? "VP90" : "AV01";
    const Buffer dkif = text_bytes("DKIF"), four = text_bytes(magic);
    std::copy(dkif.begin(), dkif.end(), file.begin());
    file[6] = std::byte{kIvfHeader};
    std::copy(four.begin(), four.end(), file.begin() + 8);
    store_u32(file, 16, 30);
    store_u32(file, 20, 1);
    store_u32(file, 24, static_cast<std::uint32_t>(packets.size()));
    std::uint32_t number = 0;
    for (const Buffer& packet : packets) {
        const std::size_t at = file.size();
        file.resize(at + kIvfFrameHeader);
        store_u32(file, at, static_cast<std::uint32_t>(packet.size()));
        store_u32(file, at + 4, number++);
        file.insert(file.end(), packet.begin(), packet.end());
    }
    return file;
}

} // namespace

bool have_ffmpeg_tool() {
    return run("-version >/dev/null");
}

std::vector<Buffer> encode_pattern(const std::string& encoder, const std::string& options, video::Size size,
                                   int frames) {
    const bool h264 = encoder == "libx264", hevc = encoder == "libx265";
    const char* format = h264 ? "h264" : hevc ? "hevc" : "ivf";
    const char* filter = h264   ? "-bsf:v h264_metadata=aud=insert"
                         : hevc ? "-bsf:v hevc_metadata=aud=insert"
                                : "";
    const TempFile file;
    if (!run(fmt::format("{} -pix_fmt yuv420p -c:v {} {} {} -f {} {}", pattern(size, frames), encoder,
                         options, filter, format, file.path())))
        return {};
    const Buffer stream = read_whole(file.path());
    return h264 || hevc ? split_at_delimiters(stream, hevc) : split_ivf(stream);
}

Result<Buffer> pattern_pixels(video::Size size, int frames) {
    const TempFile file;
    if (!run(fmt::format("{} -pix_fmt bgr0 -f rawvideo {}", pattern(size, frames), file.path())))
        return fail(ErrorCategory::Io, "ffmpeg makes no pattern");
    return read_whole(file.path());
}

Result<Buffer> decode_with_tool(Codec codec, const std::vector<Buffer>& packets) {
    Buffer stream;
    if (codec == Codec::Vp9 || codec == Codec::Av1) {
        stream = make_ivf(codec, packets);
    } else {
        for (const Buffer& packet : packets) stream.insert(stream.end(), packet.begin(), packet.end());
    }
    const TempFile in, out;
    std::ofstream(in.path(), std::ios::binary)
        .write(reinterpret_cast<const char*>(stream.data()), static_cast<std::streamsize>(stream.size()));
    const char* format = codec == Codec::H264 ? "h264" : codec == Codec::Hevc ? "hevc" : "ivf";
    if (!run(fmt::format("-threads 1 -f {} -i {} -fps_mode passthrough -pix_fmt yuv420p -f rawvideo {}",
                         format, in.path(), out.path())))
        return fail(ErrorCategory::Io, "ffmpeg does not decode");
    return read_whole(out.path());
}

} // namespace tv::test
