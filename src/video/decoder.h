// The seam between the video driver and what decodes: libavcodec, VideoToolbox, or a fake in tests.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace tv::video {

// Codec ids of OpenDMAVidDstV2's low 8 flag bits. Stock peers send the first three; Hevc is ours alone.
enum class Codec : std::uint8_t { H264 = 0, Vp9 = 1, Av1 = 2, Hevc = 3 };
inline constexpr unsigned kCodecCount = 4;

[[nodiscard]] std::optional<Codec> codec_from_id(std::uint32_t id);
[[nodiscard]] const char* codec_name(Codec codec);

struct Size {
    std::uint32_t width = 0; // pixels
    std::uint32_t height = 0;
    bool operator==(const Size&) const = default;
};

// Both 8 bit, 4:2:0, chroma planes of (width + 1) / 2 by (height + 1) / 2 samples.
enum class PixelLayout : std::uint8_t {
    I420, // planes Y, Cb, Cr
    Nv12, // planes Y, CbCr interleaved
};

struct Plane {
    Bytes bytes{};          // from the first sample; the last row may end with its last sample
    std::size_t stride = 0; // bytes from row to row
};

// A decoded picture. Copies share the pixels, which nobody writes to while `owner` lives. Any thread.
struct Picture {
    PixelLayout layout = PixelLayout::I420;
    Size size{}; // as the bitstream announces it, its own cropping applied; at least the buffer's
    std::array<Plane, 3> planes{};
    std::shared_ptr<const void> owner{};
    // The platform's image (CVPixelBufferRef), borrowed from `owner`; the planes may then be empty, and are
    // the business of that platform's surface code. nullptr: the planes are all there is.
    void* native = nullptr;
};

// Whether the planes cover the picture, so that a conversion stays inside them.
[[nodiscard]] bool planes_cover(const Picture& picture);

// Readable zero bytes that follow every access unit: libavcodec's parsers read ahead.
inline constexpr std::size_t kAccessUnitPadding = 64;

// What one packet holds. `bytes` stay valid and unchanged while `owner` lives.
struct AccessUnit {
    Bytes bytes{}; // kAccessUnitPadding zero bytes follow; Annex B for H.264 and HEVC
    bool key_frame = false;
    std::uint64_t ticket = 0; // rises by one a packet; comes back with the picture
    std::shared_ptr<const void> owner{};
};

// Takes what became of each access unit: exactly one report a ticket. Any thread, and also from inside
// Decoder::decode(). Outlives the decoder, and may be told of tickets that nobody waits for any more.
class DecodeSink {
public:
    virtual ~DecodeSink() = default;
    // Errors: Corrupted, when it is the packet that looks broken; Unsupported, when this decoder cannot take
    // this stream, as far as this packet tells; anything else is the decoder's own failure. No picture and no
    // error: the packet had none.
    virtual void decoded(std::uint64_t ticket, Result<std::optional<Picture>> outcome) = 0;
    // Where a factory that promises hardware got something else; from inside decode().
    virtual void using_hardware(bool /*hardware*/) {}
};

// One stream's decoder. All calls come from one thread at a time, never from inside the sink; they may block.
class Decoder {
public:
    virtual ~Decoder() = default; // no report after it returned
    // Takes the next access unit. An error is that ticket's report; then nothing else reports it.
    [[nodiscard]] virtual Status decode(const AccessUnit& unit) = 0;
    // Asks for pictures that are held back until a later packet; does not wait for them.
    [[nodiscard]] virtual Status ask_for_delayed() = 0;
    // Returns when every ticket so far was reported.
    virtual void wait_for_delayed() = 0;
};

struct StreamParameters {
    Codec codec = Codec::H264;
    Size buffer{};        // pictures will be at least this large
    unsigned threads = 0; // at most, for one picture; 0: as many as suit its size
};

// A kind of decoder. Stateless or thread-safe; lives longer than every decoder it made.
class DecoderFactory {
public:
    virtual ~DecoderFactory() = default;
    [[nodiscard]] virtual const char* name() const = 0; // "ffmpeg", "videotoolbox": for logs and statistics
    [[nodiscard]] virtual bool hardware() const = 0;
    // Whether this system has hardware for the codec, as far as it says so without a stream. Cheap; asked of
    // it once.
    [[nodiscard]] virtual bool hardware_for(Codec /*codec*/) const { return hardware(); }
    // Cheap, loads nothing, may be optimistic: create() has the last word.
    [[nodiscard]] virtual bool may_decode(Codec codec) const = 0;
    // Finds out as much as can be known without a stream, and loads what decoding takes: up to 200 ms the
    // first time, on any thread. Unsupported: create() would fail.
    [[nodiscard]] virtual Status prepare(Codec codec);
    // On a worker thread; may take 100 ms. Unsupported: never try again for this stream.
    [[nodiscard]] virtual Result<std::unique_ptr<Decoder>> create(const StreamParameters& stream,
                                                                  std::shared_ptr<DecodeSink> sink) = 0;
};

} // namespace tv::video
