// VideoToolbox as far as Tunnelview uses it (see CoreFoundation.h).
#pragma once

#include <CoreMedia/CoreMedia.h>
#include <CoreVideo/CoreVideo.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma pack(push, 4)

typedef CFTypeRef VTSessionRef;
typedef struct OpaqueVTDecompressionSession* VTDecompressionSessionRef;

typedef uint32_t VTDecodeFrameFlags;
enum : VTDecodeFrameFlags { kVTDecodeFrame_EnableAsynchronousDecompression = 1 };

typedef uint32_t VTDecodeInfoFlags;
enum : VTDecodeInfoFlags { kVTDecodeInfo_FrameDropped = 2 };

enum : OSStatus {
    kVTPropertyNotSupportedErr = -12900,
    kVTInvalidSessionErr = -12903,
    kVTAllocationFailedErr = -12904,
    kVTPixelTransferNotSupportedErr = -12905,
    kVTCouldNotFindVideoDecoderErr = -12906,
    kVTCouldNotCreateInstanceErr = -12907,
    kVTVideoDecoderBadDataErr = -12909,
    kVTVideoDecoderUnsupportedDataFormatErr = -12910,
    kVTVideoDecoderMalfunctionErr = -12911,
    kVTVideoDecoderNotAvailableNowErr = -12913,
    kVTFormatDescriptionChangeNotSupportedErr = -12916,
    kVTInsufficientSourceColorDataErr = -12917,
    kVTVideoDecoderAuthorizationErr = -12210,
    kVTPixelTransferNotPermittedErr = -12218,
    kVTVideoDecoderRemovedErr = -17690,
    kVTSessionMalfunctionErr = -17691,
    kVTVideoDecoderNeedsRosettaErr = -17692,
    kVTVideoDecoderReferenceMissingErr = -17694,
    kVTVideoDecoderCallbackMessagingErr = -17695,
    kVTVideoDecoderUnknownErr = -17696,
};

extern const CFStringRef kVTVideoDecoderSpecification_EnableHardwareAcceleratedVideoDecoder TV_SINCE_IOS_17;
extern const CFStringRef kVTDecompressionPropertyKey_UsingHardwareAcceleratedVideoDecoder TV_SINCE_IOS_17;

typedef void (*VTDecompressionOutputCallback)(void* decompressionOutputRefCon, void* sourceFrameRefCon,
                                              OSStatus status, VTDecodeInfoFlags infoFlags,
                                              CVImageBufferRef imageBuffer, CMTime presentationTimeStamp,
                                              CMTime presentationDuration);
typedef struct VTDecompressionOutputCallbackRecord {
    VTDecompressionOutputCallback decompressionOutputCallback;
    void* decompressionOutputRefCon;
} VTDecompressionOutputCallbackRecord;

OSStatus VTDecompressionSessionCreate(CFAllocatorRef allocator,
                                      CMVideoFormatDescriptionRef videoFormatDescription,
                                      CFDictionaryRef videoDecoderSpecification,
                                      CFDictionaryRef destinationImageBufferAttributes,
                                      const VTDecompressionOutputCallbackRecord* outputCallback,
                                      VTDecompressionSessionRef* decompressionSessionOut);
OSStatus VTDecompressionSessionDecodeFrame(VTDecompressionSessionRef session, CMSampleBufferRef sampleBuffer,
                                           VTDecodeFrameFlags decodeFlags, void* sourceFrameRefCon,
                                           VTDecodeInfoFlags* infoFlagsOut);
OSStatus VTDecompressionSessionFinishDelayedFrames(VTDecompressionSessionRef session);
OSStatus VTDecompressionSessionWaitForAsynchronousFrames(VTDecompressionSessionRef session);
void VTDecompressionSessionInvalidate(VTDecompressionSessionRef session);
Boolean VTDecompressionSessionCanAcceptFormatDescription(VTDecompressionSessionRef session,
                                                         CMFormatDescriptionRef newFormatDesc);
Boolean VTIsHardwareDecodeSupported(CMVideoCodecType codecType);
void VTRegisterSupplementalVideoDecoderIfAvailable(CMVideoCodecType codecType) TV_NOT_ON_IOS;
OSStatus VTSessionCopyProperty(VTSessionRef session, CFStringRef propertyKey, CFAllocatorRef allocator,
                               void* propertyValueOut);

#pragma pack(pop)

#ifdef __cplusplus
}
#endif
