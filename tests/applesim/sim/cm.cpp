#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "calls.h"
#include "cf.h"
#include "media.h"
#include "random.h"
#include "video/bitstream/h264.h"
#include "video/bitstream/hevc.h"

using tv::sim::check;
using tv::sim::violation;

const tv::sim::TypeInfo opaqueCMFormatDescription::kType{"CMFormatDescription"};
const tv::sim::TypeInfo OpaqueCMBlockBuffer::kType{"CMBlockBuffer"};
const tv::sim::TypeInfo opaqueCMSampleBuffer::kType{"CMSampleBuffer"};

const CFStringRef kCMFormatDescriptionExtension_SampleDescriptionExtensionAtoms =
    tv::sim::constant_string("kCMFormatDescriptionExtension_SampleDescriptionExtensionAtoms");

namespace {

using Set = std::vector<std::uint8_t>;

// Start codes, and byte sequences that emulation prevention forbids, are no parameter set.
bool well_formed(const Set& set) {
    if (set.size() < 3 || set.back() == 0) return false;
    for (std::size_t i = 0; i + 2 < set.size(); ++i) {
        if (set[i] == 0 && set[i + 1] == 0 && set[i + 2] < 3) return false;
    }
    return true;
}

tv::Bytes bytes_of(const Set& set) {
    return std::as_bytes(std::span(set));
}

// What the set says of the stream; false: not one that this kind of stream may have.
bool learn(opaqueCMFormatDescription& format, const Set& set, unsigned& kinds) {
    if (format.codec == kCMVideoCodecType_H264) {
        switch (tv::video::h264_nal_type(bytes_of(set))) {
        case tv::video::H264NalType::Sps: {
            const auto sps = tv::video::parse_h264_sps(bytes_of(set));
            if (!sps) return false;
            format.width = static_cast<int>(sps->size.width);
            format.height = static_cast<int>(sps->size.height);
            format.promises_order = sps->no_reordering;
            kinds |= 1;
            return true;
        }
        case tv::video::H264NalType::Pps:
            kinds |= 2;
            return true;
        default:
            return (set[0] & 0x1f) == 13;
        }
    }
    switch (tv::video::hevc_nal_type(bytes_of(set))) {
    case tv::video::kHevcVps:
        kinds |= 4;
        return true;
    case tv::video::kHevcSps: {
        const auto sps = tv::video::parse_hevc_sps(bytes_of(set));
        if (!sps) return false;
        format.width = static_cast<int>(sps->size.width);
        format.height = static_cast<int>(sps->size.height);
        format.promises_order = sps->no_reordering;
        kinds |= 1;
        return true;
    }
    case tv::video::kHevcPps:
        kinds |= 2;
        return true;
    default:
        return false;
    }
}

OSStatus create_from_sets(CMVideoCodecType codec, std::size_t count, const std::uint8_t* const* pointers,
                          const std::size_t* sizes, int length_bytes, CMFormatDescriptionRef* out) {
    const unsigned wanted = codec == kCMVideoCodecType_H264 ? 3 : 7;
    if (out == nullptr || pointers == nullptr || sizes == nullptr ||
        (length_bytes != 1 && length_bytes != 2 && length_bytes != 4)) {
        return kCMFormatDescriptionError_InvalidParameter;
    }
    auto* format = new opaqueCMFormatDescription;
    format->codec = codec;
    unsigned kinds = 0;
    bool good = true;
    for (std::size_t i = 0; i < count && good; ++i) {
        format->sets.emplace_back(pointers[i], pointers[i] + sizes[i]);
        good = well_formed(format->sets.back()) && learn(*format, format->sets.back(), kinds);
    }
    if (!good || kinds != wanted) {
        tv::sim::release(format);
        return kCMFormatDescriptionError_InvalidParameter;
    }
    *out = format;
    return 0;
}

} // namespace

void OpaqueCMBlockBuffer::dispose() {
    if (frees) std::free(memory);
    memory = nullptr;
}

std::uint64_t OpaqueCMBlockBuffer::checksum() const {
    std::uint64_t sum = 0xcbf29ce484222325;
    for (std::size_t i = 0; i < size; ++i) sum = (sum ^ memory[i]) * 0x100000001b3;
    return sum;
}

void opaqueCMSampleBuffer::dispose() {
    if (block != nullptr) tv::sim::release(block, "a sample buffer");
    if (format != nullptr) tv::sim::release(format, "a sample buffer");
}

extern "C" {

OSStatus CMVideoFormatDescriptionCreate(CFAllocatorRef /*allocator*/, CMVideoCodecType codecType,
                                        int32_t width, int32_t height, CFDictionaryRef extensions,
                                        CMVideoFormatDescriptionRef* formatDescriptionOut) {
    TV_SIM_CALL();
    if (width <= 0 || height <= 0 || extensions == nullptr) return kCMFormatDescriptionError_InvalidParameter;
    const auto* given = tv::sim::check_dictionary(extensions, __func__);
    const void* atoms = given->get(kCMFormatDescriptionExtension_SampleDescriptionExtensionAtoms);
    if (atoms == nullptr) return kCMFormatDescriptionError_InvalidParameter;
    const auto* boxes = tv::sim::check_dictionary(static_cast<CFDictionaryRef>(atoms), __func__);
    const char* name = codecType == kCMVideoCodecType_VP9 ? "vpcC" : "av1C";
    const auto box = std::find_if(boxes->entries.begin(), boxes->entries.end(), [&](const auto& entry) {
        return check<__CFString>(entry.first, "CMVideoFormatDescriptionCreate")->text == name;
    });
    if (box == boxes->entries.end()) return kCMFormatDescriptionError_InvalidParameter;
    const auto& payload = check<__CFData>(box->second, __func__)->bytes;
    // A full box of 12 bytes; four bytes and a sequence header.
    const bool good = codecType == kCMVideoCodecType_VP9
                          ? payload.size() == 12 && payload[0] == 1 && payload[6] >> 4 == 8
                          : payload.size() > 6 && payload[0] == 0x81 && (payload[4] & 0x7a) == 0x0a;
    if (!good) return kCMFormatDescriptionError_InvalidParameter;
    auto* format = new opaqueCMFormatDescription;
    format->codec = codecType;
    format->width = width;
    format->height = height;
    format->atom = payload;
    *formatDescriptionOut = format;
    return 0;
}

OSStatus CMVideoFormatDescriptionCreateFromH264ParameterSets(
    CFAllocatorRef /*allocator*/, size_t parameterSetCount, const uint8_t* const* parameterSetPointers,
    const size_t* parameterSetSizes, int NALUnitHeaderLength, CMFormatDescriptionRef* formatDescriptionOut) {
    TV_SIM_CALL();
    return create_from_sets(kCMVideoCodecType_H264, parameterSetCount, parameterSetPointers,
                            parameterSetSizes, NALUnitHeaderLength, formatDescriptionOut);
}

OSStatus CMVideoFormatDescriptionCreateFromHEVCParameterSets(
    CFAllocatorRef /*allocator*/, size_t parameterSetCount, const uint8_t* const* parameterSetPointers,
    const size_t* parameterSetSizes, int NALUnitHeaderLength, CFDictionaryRef extensions,
    CMFormatDescriptionRef* formatDescriptionOut) {
    TV_SIM_CALL();
    if (extensions != nullptr) violation("HEVC format description: extensions are not simulated");
    return create_from_sets(kCMVideoCodecType_HEVC, parameterSetCount, parameterSetPointers,
                            parameterSetSizes, NALUnitHeaderLength, formatDescriptionOut);
}

OSStatus CMBlockBufferCreateWithMemoryBlock(CFAllocatorRef /*structureAllocator*/, void* memoryBlock,
                                            size_t blockLength, CFAllocatorRef blockAllocator,
                                            const CMBlockBufferCustomBlockSource* customBlockSource,
                                            size_t offsetToData, size_t dataLength, CMBlockBufferFlags flags,
                                            CMBlockBufferRef* blockBufferOut) {
    TV_SIM_CALL();
    constexpr OSStatus kBadLength = -12704;
    if (customBlockSource != nullptr) violation("CMBlockBuffer: custom block sources are not simulated");
    if (offsetToData != 0 || dataLength != blockLength || blockLength == 0) return kBadLength;
    auto* block = new OpaqueCMBlockBuffer;
    block->size = dataLength;
    if (memoryBlock == nullptr) {
        // Without the flag the memory comes into being later; using it before is an error.
        if ((flags & kCMBlockBufferAssureMemoryNowFlag) != 0) {
            block->memory = static_cast<std::uint8_t*>(std::malloc(blockLength));
            for (std::size_t i = 0; i < std::min<std::size_t>(blockLength, 64); ++i) {
                block->memory[i] = static_cast<std::uint8_t>(tv::sim::draw(256));
            }
        }
    } else {
        // NULL is the default allocator, which frees the memory.
        block->memory = static_cast<std::uint8_t*>(memoryBlock);
        block->frees = blockAllocator != kCFAllocatorNull;
    }
    *blockBufferOut = block;
    return 0;
}

OSStatus CMBlockBufferGetDataPointer(CMBlockBufferRef theBuffer, size_t offset, size_t* lengthAtOffsetOut,
                                     size_t* totalLengthOut, char** dataPointerOut) {
    TV_SIM_CALL();
    constexpr OSStatus kBadOffset = -12703, kUnallocated = -12707;
    auto* block = check<OpaqueCMBlockBuffer>(theBuffer, __func__);
    if (offset >= block->size) return kBadOffset;
    if (block->memory == nullptr) return kUnallocated;
    if (lengthAtOffsetOut != nullptr) *lengthAtOffsetOut = block->size - offset;
    if (totalLengthOut != nullptr) *totalLengthOut = block->size;
    if (dataPointerOut != nullptr) *dataPointerOut = reinterpret_cast<char*>(block->memory) + offset;
    return 0;
}

OSStatus CMSampleBufferCreateReady(CFAllocatorRef /*allocator*/, CMBlockBufferRef dataBuffer,
                                   CMFormatDescriptionRef formatDescription, CMItemCount numSamples,
                                   CMItemCount numSampleTimingEntries,
                                   const CMSampleTimingInfo* sampleTimingArray,
                                   CMItemCount numSampleSizeEntries, const size_t* sampleSizeArray,
                                   CMSampleBufferRef* sampleBufferOut) {
    TV_SIM_CALL();
    constexpr OSStatus kInvalidEntryCount = -12738, kInvalidSampleData = -12742;
    auto* block = check<OpaqueCMBlockBuffer>(dataBuffer, __func__);
    auto* format = check<opaqueCMFormatDescription>(formatDescription, __func__);
    if (numSamples != 1) violation("CMSampleBuffer: one access unit, one sample");
    if (numSampleTimingEntries != 0 || sampleTimingArray != nullptr) {
        violation("CMSampleBuffer: samples with times are not simulated");
    }
    if (numSampleSizeEntries != 1 || sampleSizeArray == nullptr) return kInvalidEntryCount;
    if (block->memory == nullptr || sampleSizeArray[0] != block->size) return kInvalidSampleData;
    tv::sim::retain(block);
    tv::sim::retain(format);
    auto* sample = new opaqueCMSampleBuffer;
    sample->block = block;
    sample->format = format;
    *sampleBufferOut = sample;
    return 0;
}

} // extern "C"
