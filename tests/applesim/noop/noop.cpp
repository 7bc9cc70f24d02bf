// Apple's functions doing nothing, as fast as can be: what remains is our own time. Counted by name.
#include "noop.h"

#include <VideoToolbox/VideoToolbox.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using tv::noop::object;

std::array<tv::noop::Counter, 64> g_counters;
std::atomic<unsigned> g_used{0};

std::vector<char> g_memory(8 << 20); // of block buffers; the packets of one stream follow one another
VTDecompressionOutputCallbackRecord g_callback;
constexpr unsigned kWidth = 1920, kHeight = 1080;

const CFStringRef kAnyString = object<CFStringRef>();

} // namespace

const CFBooleanRef kCFBooleanTrue = object<CFBooleanRef>();
const CFArrayCallBacks kCFTypeArrayCallBacks{};
const CFDictionaryKeyCallBacks kCFTypeDictionaryKeyCallBacks{};
const CFDictionaryValueCallBacks kCFTypeDictionaryValueCallBacks{};
const CFStringRef kCMFormatDescriptionExtension_SampleDescriptionExtensionAtoms = kAnyString;
const CFStringRef kCVPixelBufferPixelFormatTypeKey = kAnyString;
const CFStringRef kCVPixelBufferIOSurfacePropertiesKey = kAnyString;
const CFStringRef kCVPixelBufferMetalCompatibilityKey = kAnyString;
const CFStringRef kVTVideoDecoderSpecification_EnableHardwareAcceleratedVideoDecoder = kAnyString;
const CFStringRef kVTDecompressionPropertyKey_UsingHardwareAcceleratedVideoDecoder = kAnyString;

namespace tv::noop {

Counter& counter(const char* name) {
    Counter& mine = g_counters.at(g_used.fetch_add(1));
    mine.name = name;
    return mine;
}

std::map<std::string, unsigned long> calls() {
    std::map<std::string, unsigned long> all;
    for (const Counter& entry : g_counters)
        if (entry.name != nullptr) all[entry.name] = entry.count.load();
    return all;
}

} // namespace tv::noop

extern "C" {

CFTypeRef CFRetain(CFTypeRef cf) {
    COUNTED();
    return cf;
}
void CFRelease(CFTypeRef /*cf*/) {
    COUNTED();
}
CFTypeID CFGetTypeID(CFTypeRef /*cf*/) {
    return 1;
}
CFTypeID CFBooleanGetTypeID(void) {
    return 1;
}
Boolean CFBooleanGetValue(CFBooleanRef /*boolean*/) {
    return 1;
}
CFStringRef CFStringCreateWithCString(CFAllocatorRef, const char*, CFStringEncoding) {
    return kAnyString;
}
CFNumberRef CFNumberCreate(CFAllocatorRef, CFNumberType, const void*) {
    return object<CFNumberRef>();
}
CFDataRef CFDataCreate(CFAllocatorRef, const uint8_t*, CFIndex) {
    return object<CFDataRef>();
}
CFArrayRef CFArrayCreate(CFAllocatorRef, const void**, CFIndex, const CFArrayCallBacks*) {
    return object<CFArrayRef>();
}
CFDictionaryRef CFDictionaryCreate(CFAllocatorRef, const void**, const void**, CFIndex,
                                   const CFDictionaryKeyCallBacks*, const CFDictionaryValueCallBacks*) {
    COUNTED();
    return object<CFDictionaryRef>();
}

OSStatus CMVideoFormatDescriptionCreate(CFAllocatorRef, CMVideoCodecType, int32_t, int32_t, CFDictionaryRef,
                                        CMVideoFormatDescriptionRef* out) {
    COUNTED();
    *out = object<CMVideoFormatDescriptionRef>();
    return 0;
}
OSStatus CMVideoFormatDescriptionCreateFromH264ParameterSets(CFAllocatorRef, size_t, const uint8_t* const*,
                                                             const size_t*, int,
                                                             CMFormatDescriptionRef* out) {
    COUNTED();
    *out = object<CMFormatDescriptionRef>();
    return 0;
}
OSStatus CMVideoFormatDescriptionCreateFromHEVCParameterSets(CFAllocatorRef, size_t, const uint8_t* const*,
                                                             const size_t*, int, CFDictionaryRef,
                                                             CMFormatDescriptionRef* out) {
    COUNTED();
    *out = object<CMFormatDescriptionRef>();
    return 0;
}
OSStatus CMBlockBufferCreateWithMemoryBlock(CFAllocatorRef, void*, size_t, CFAllocatorRef,
                                            const CMBlockBufferCustomBlockSource*, size_t, size_t,
                                            CMBlockBufferFlags, CMBlockBufferRef* out) {
    COUNTED();
    *out = object<CMBlockBufferRef>();
    return 0;
}
OSStatus CMBlockBufferGetDataPointer(CMBlockBufferRef, size_t, size_t* contiguous, size_t*, char** pointer) {
    COUNTED();
    *contiguous = g_memory.size();
    *pointer = g_memory.data();
    return 0;
}
OSStatus CMSampleBufferCreateReady(CFAllocatorRef, CMBlockBufferRef, CMFormatDescriptionRef, CMItemCount,
                                   CMItemCount, const CMSampleTimingInfo*, CMItemCount, const size_t*,
                                   CMSampleBufferRef* out) {
    COUNTED();
    *out = object<CMSampleBufferRef>();
    return 0;
}

CVPixelBufferRef CVPixelBufferRetain(CVPixelBufferRef texture) {
    COUNTED();
    return texture;
}
void CVPixelBufferRelease(CVPixelBufferRef /*texture*/) {
    COUNTED();
}
size_t CVPixelBufferGetHeight(CVPixelBufferRef) {
    COUNTED();
    return kHeight;
}
OSType CVPixelBufferGetPixelFormatType(CVPixelBufferRef) {
    COUNTED();
    return kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange;
}
CGRect CVImageBufferGetCleanRect(CVImageBufferRef) {
    COUNTED();
    return {{0, 0}, {kWidth, kHeight}};
}

OSStatus VTDecompressionSessionCreate(CFAllocatorRef, CMVideoFormatDescriptionRef, CFDictionaryRef,
                                      CFDictionaryRef, const VTDecompressionOutputCallbackRecord* callback,
                                      VTDecompressionSessionRef* out) {
    COUNTED();
    g_callback = *callback;
    *out = object<VTDecompressionSessionRef>();
    return 0;
}
OSStatus VTDecompressionSessionDecodeFrame(VTDecompressionSessionRef, CMSampleBufferRef, VTDecodeFrameFlags,
                                           void* reference, VTDecodeInfoFlags*) {
    COUNTED();
    g_callback.decompressionOutputCallback(g_callback.decompressionOutputRefCon, reference, 0, 0,
                                           object<CVImageBufferRef>(), {}, {});
    return 0;
}
OSStatus VTDecompressionSessionFinishDelayedFrames(VTDecompressionSessionRef) {
    COUNTED();
    return 0;
}
OSStatus VTDecompressionSessionWaitForAsynchronousFrames(VTDecompressionSessionRef) {
    COUNTED();
    return 0;
}
void VTDecompressionSessionInvalidate(VTDecompressionSessionRef) {
    COUNTED();
}
Boolean VTDecompressionSessionCanAcceptFormatDescription(VTDecompressionSessionRef, CMFormatDescriptionRef) {
    COUNTED();
    return 1;
}
void VTRegisterSupplementalVideoDecoderIfAvailable(CMVideoCodecType) {}
Boolean VTIsHardwareDecodeSupported(CMVideoCodecType) {
    return 1;
}
OSStatus VTSessionCopyProperty(VTSessionRef, CFStringRef, CFAllocatorRef, void* out) {
    COUNTED();
    const CFTypeRef value = kCFBooleanTrue;
    std::memcpy(out, static_cast<const void*>(&value), sizeof value);
    return 0;
}

} // extern "C"
