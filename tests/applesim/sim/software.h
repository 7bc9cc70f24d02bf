// What decodes inside the simulated VideoToolbox: libavcodec, linked here and nowhere in the product.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "media.h"

namespace tv::sim {

class SoftwareDecoder {
public:
    virtual ~SoftwareDecoder() = default;
    enum class Outcome : std::uint8_t { Picture, NoPicture, Damaged };
    // `sample`: as VideoToolbox takes it. With a picture, `out` gets a buffer of the pool, retain count 1.
    virtual Outcome decode(const opaqueCMFormatDescription& format, const std::uint8_t* sample,
                           std::size_t size, OSType pixel_format, const std::shared_ptr<PixelPool>& pool,
                           __CVBuffer** out) = 0;
};

// nullptr: libavcodec has no decoder for it.
std::unique_ptr<SoftwareDecoder> make_software_decoder(CMVideoCodecType codec);

} // namespace tv::sim
