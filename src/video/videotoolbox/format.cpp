#include "video/videotoolbox/format.h"

#include <CoreVideo/CoreVideo.h>

#include <vector>

#include "video/videotoolbox/status.h"

namespace tv::video {
namespace {

const std::uint8_t* as_uint8(Bytes bytes) {
    return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

CfRef<CFDictionaryRef> dictionary(const void** keys, const void** values, CFIndex count) {
    return CfRef<CFDictionaryRef>::adopt(CFDictionaryCreate(
        nullptr, keys, values, count, &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks));
}

// `atom`: the box's name; `payload`: what is in it.
Result<FormatRef> format_of_atom(CMVideoCodecType type, const char* atom, Bytes payload, Size size) {
    const auto name =
        CfRef<CFStringRef>::adopt(CFStringCreateWithCString(nullptr, atom, kCFStringEncodingUTF8));
    const auto data = CfRef<CFDataRef>::adopt(
        CFDataCreate(nullptr, as_uint8(payload), static_cast<CFIndex>(payload.size())));
    if (!name || !data) return fail(ErrorCategory::TryAgain, "no memory for a format description");
    const void* atom_keys[] = {name.get()};
    const void* atom_values[] = {data.get()};
    const auto atoms = dictionary(atom_keys, atom_values, 1);
    if (!atoms) return fail(ErrorCategory::TryAgain, "no memory for a format description");
    const void* keys[] = {kCMFormatDescriptionExtension_SampleDescriptionExtensionAtoms};
    const void* values[] = {atoms.get()};
    const auto extensions = dictionary(keys, values, 1);
    FormatRef format;
    const OSStatus status = CMVideoFormatDescriptionCreate(
        nullptr, type, static_cast<std::int32_t>(size.width), static_cast<std::int32_t>(size.height),
        extensions.get(), format.out());
    if (status != 0) return std::unexpected(error_of_status(status, "describing a video format"));
    return format;
}

} // namespace

CMVideoCodecType codec_type(Codec codec) {
    switch (codec) {
    case Codec::H264:
        return kCMVideoCodecType_H264;
    case Codec::Hevc:
        return kCMVideoCodecType_HEVC;
    case Codec::Vp9:
        return kCMVideoCodecType_VP9;
    case Codec::Av1:
        return kCMVideoCodecType_AV1;
    }
    return kCMVideoCodecType_H264;
}

Result<FormatRef> format_of_sets(Codec codec, const ParameterSets& sets) {
    TV_ASSIGN(const bool plain, sets.are_8_bit_420());
    if (!plain) return fail(ErrorCategory::Unsupported, "pictures are not 8 bit 4:2:0");
    std::vector<const std::uint8_t*> pointers;
    std::vector<std::size_t> sizes;
    for (const auto& set : sets.all()) {
        pointers.push_back(as_uint8(set));
        sizes.push_back(set.size());
    }
    FormatRef format;
    const OSStatus status =
        codec == Codec::H264
            ? CMVideoFormatDescriptionCreateFromH264ParameterSets(nullptr, pointers.size(), pointers.data(),
                                                                  sizes.data(), kNalLengthBytes, format.out())
            : CMVideoFormatDescriptionCreateFromHEVCParameterSets(nullptr, pointers.size(), pointers.data(),
                                                                  sizes.data(), kNalLengthBytes, nullptr,
                                                                  format.out());
    if (status != 0) return std::unexpected(error_of_status(status, "describing a video format"));
    return format;
}

Result<FormatRef> format_of_vp9(Bytes key_frame) {
    TV_ASSIGN(const Vp9FrameHeader header, parse_vp9_frame_header(vp9_first_frame(key_frame)));
    if (!header.key_frame) return fail(ErrorCategory::Corrupted, "VP9 stream begins without a key frame");
    if (header.bit_depth != 8 || !header.chroma_420)
        return fail(ErrorCategory::Unsupported, "pictures are not 8 bit 4:2:0");
    return format_of_atom(kCMVideoCodecType_VP9, "vpcC", vp9_configuration(header), header.size);
}

Result<FormatRef> format_of_av1(Bytes sequence_header) {
    ObuReader reader(sequence_header);
    TV_ASSIGN(const auto obu, reader.next());
    if (!obu) return fail(ErrorCategory::Corrupted, "AV1 stream begins without a sequence header");
    TV_ASSIGN(const Av1SequenceHeader header, parse_av1_sequence_header(obu->payload));
    if (header.high_bit_depth || header.monochrome || !header.subsampling_x || !header.subsampling_y)
        return fail(ErrorCategory::Unsupported, "pictures are not 8 bit 4:2:0");
    TV_ASSIGN(const auto configuration, av1_configuration(*obu, header));
    return format_of_atom(kCMVideoCodecType_AV1, "av1C", configuration, header.size);
}

CfRef<CFDictionaryRef> decoder_specification() {
    const void* keys[] = {kVTVideoDecoderSpecification_EnableHardwareAcceleratedVideoDecoder};
    const void* values[] = {kCFBooleanTrue};
    return dictionary(keys, values, 1);
}

CfRef<CFDictionaryRef> image_attributes() {
    CfRef<CFNumberRef> numbers[2];
    const void* formats[2];
    const OSType wanted[] = {kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange,
                             kCVPixelFormatType_420YpCbCr8BiPlanarFullRange};
    for (std::size_t i = 0; i < 2; ++i) {
        const auto number = static_cast<std::int32_t>(wanted[i]);
        numbers[i] = CfRef<CFNumberRef>::adopt(CFNumberCreate(nullptr, kCFNumberSInt32Type, &number));
        formats[i] = numbers[i].get();
    }
    const auto list = CfRef<CFArrayRef>::adopt(CFArrayCreate(nullptr, formats, 2, &kCFTypeArrayCallBacks));
    const auto surface = dictionary(nullptr, nullptr, 0);
    const void* keys[] = {kCVPixelBufferPixelFormatTypeKey, kCVPixelBufferIOSurfacePropertiesKey,
                          kCVPixelBufferMetalCompatibilityKey};
    const void* values[] = {list.get(), surface.get(), kCFBooleanTrue};
    return dictionary(keys, values, 3);
}

Result<CfRef<CMSampleBufferRef>> make_sample(const SampleParts& parts, CMVideoFormatDescriptionRef format) {
    const std::size_t size = parts.sample_size();
    // CoreMedia's own memory: it lives exactly as long as the decoder needs it. A packet is small.
    CfRef<CMBlockBufferRef> block;
    OSStatus status = CMBlockBufferCreateWithMemoryBlock(nullptr, nullptr, size, nullptr, nullptr, 0, size,
                                                         kCMBlockBufferAssureMemoryNowFlag, block.out());
    if (status != 0) return std::unexpected(error_of_status(status, "making a block buffer"));
    std::size_t contiguous = 0;
    char* memory = nullptr;
    status = CMBlockBufferGetDataPointer(block.get(), 0, &contiguous, nullptr, &memory);
    if (status != 0) return std::unexpected(error_of_status(status, "finding a block buffer's memory"));
    if (contiguous < size) return fail(ErrorCategory::TryAgain, "a block buffer in pieces");
    write_sample(parts, {reinterpret_cast<std::byte*>(memory), size});

    CfRef<CMSampleBufferRef> sample;
    status = CMSampleBufferCreateReady(nullptr, block.get(), format, 1, 0, nullptr, 1, &size, sample.out());
    if (status != 0) return std::unexpected(error_of_status(status, "making a sample buffer"));
    return sample;
}

} // namespace tv::video
