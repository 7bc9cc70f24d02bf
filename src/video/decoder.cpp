#include "video/decoder.h"

namespace tv::video {

std::optional<Codec> codec_from_id(std::uint32_t id) {
    if (id >= kCodecCount) return std::nullopt;
    return static_cast<Codec>(id);
}

const char* codec_name(Codec codec) {
    switch (codec) {
    case Codec::H264:
        return "H.264";
    case Codec::Vp9:
        return "VP9";
    case Codec::Av1:
        return "AV1";
    case Codec::Hevc:
        return "HEVC";
    }
    return "unknown codec";
}

Status DecoderFactory::prepare(Codec codec) {
    if (!may_decode(codec)) return fail(ErrorCategory::Unsupported, "this system has no decoder for it");
    return {};
}

namespace {

bool covers(const Plane& plane, std::size_t row_bytes, std::size_t rows) {
    if (rows == 0 || row_bytes == 0 || plane.stride < row_bytes) return false;
    const std::size_t size = plane.bytes.size();
    return size >= row_bytes && (size - row_bytes) / plane.stride >= rows - 1;
}

} // namespace

bool planes_cover(const Picture& picture) {
    const std::size_t chroma_width = (std::size_t{picture.size.width} + 1) / 2;
    const std::size_t chroma_height = (std::size_t{picture.size.height} + 1) / 2;
    if (!covers(picture.planes[0], picture.size.width, picture.size.height)) return false;
    if (picture.layout == PixelLayout::Nv12)
        return covers(picture.planes[1], 2 * chroma_width, chroma_height);
    return covers(picture.planes[1], chroma_width, chroma_height) &&
           covers(picture.planes[2], chroma_width, chroma_height);
}

} // namespace tv::video
