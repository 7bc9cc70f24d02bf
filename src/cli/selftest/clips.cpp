#include "cli/selftest/clips.h"

#include <cstring>

#include <zstd.h>

#include "base/bytes.h"

namespace tv::cli {
namespace {

constexpr char kMagic[8] = {'T', 'V', 'C', 'L', 'I', 'P', '1', 0};

// Little-endian numbers; `ok` turns false, once and for all, where the bytes end too early.
struct Reader {
    Bytes rest;
    bool ok = true;

    Bytes take(std::size_t count) {
        if (!ok || rest.size() < count) {
            ok = false;
            return {};
        }
        const Bytes taken = rest.first(count);
        rest = rest.subspan(count);
        return taken;
    }
    std::uint32_t number(unsigned bytes) {
        std::uint32_t value = 0;
        const Bytes taken = take(bytes);
        for (std::size_t i = 0; i < taken.size(); ++i)
            value |= static_cast<std::uint32_t>(taken[i]) << (8 * i);
        return value;
    }
};

std::size_t picture_bytes(video::Size size) {
    const std::size_t chroma = std::size_t{(size.width + 1) / 2} * ((size.height + 1) / 2);
    return std::size_t{size.width} * size.height + 2 * chroma;
}

} // namespace

video::Picture Clip::picture() const {
    const std::size_t width = size.width, chroma_width = (width + 1) / 2;
    const std::size_t luma = width * size.height, chroma = chroma_width * ((size.height + 1) / 2);
    const auto bytes = std::as_bytes(std::span(last));
    video::Picture picture;
    picture.layout = video::PixelLayout::I420;
    picture.size = size;
    picture.planes[0] = {bytes.first(luma), width};
    picture.planes[1] = {bytes.subspan(luma, chroma), chroma_width};
    picture.planes[2] = {bytes.subspan(luma + chroma, chroma), chroma_width};
    return picture;
}

Result<Clip> read_clip(std::span<const unsigned char> bytes) {
    Reader reader{std::as_bytes(bytes)};
    const Bytes magic = reader.take(sizeof kMagic);
    if (!reader.ok || std::memcmp(magic.data(), kMagic, sizeof kMagic) != 0)
        return fail(ErrorCategory::Corrupted, "built-in clip: no clip");
    Clip clip;
    const auto codec = video::codec_from_id(reader.number(1));
    if (!codec) return fail(ErrorCategory::Corrupted, "built-in clip: unknown codec");
    clip.codec = *codec;
    clip.size.width = reader.number(2);
    clip.size.height = reader.number(2);
    const std::uint32_t frames = reader.number(2);
    for (std::uint32_t i = 0; i < frames && reader.ok; ++i) {
        const bool key = reader.number(1) != 0;
        const Bytes packet = reader.take(reader.number(4));
        clip.frames.push_back({key, std::make_shared<const video::Packet>(packet)});
    }
    const Bytes packed = reader.take(reader.number(4));
    if (!reader.ok) return fail(ErrorCategory::Corrupted, "built-in clip: cut off");
    clip.last.resize(picture_bytes(clip.size));
    const std::size_t unpacked =
        ZSTD_decompress(clip.last.data(), clip.last.size(), packed.data(), packed.size());
    if (unpacked != clip.last.size()) return fail(ErrorCategory::Corrupted, "built-in clip: bad picture");
    return clip;
}

Result<std::vector<Clip>> built_in_clips() {
    std::vector<Clip> clips;
    for (const auto& bytes : {kH264Clip, kHevcClip, kVp9Clip, kAv1Clip}) {
        TV_ASSIGN(Clip clip, read_clip(bytes));
        clips.push_back(std::move(clip));
    }
    return clips;
}

} // namespace tv::cli
