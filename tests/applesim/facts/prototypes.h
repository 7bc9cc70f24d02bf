// The functions that are used, once more, with the types that Apple's documentation gives them: compiled
// behind the headers under test, on a Mac behind the SDK's. What the letters of the tables cannot tell apart,
// two pointers swapped, is another type here. Made from documentation and not from the headers;
// scripts/apple_facts.py --check compiles it.
// clang-format off
extern "C" {
CFTypeID CFArrayGetTypeID(void);
CFTypeID CFBooleanGetTypeID(void);
CFTypeID CFDataGetTypeID(void);
CFTypeID CFDictionaryGetTypeID(void);
CFTypeID CFNumberGetTypeID(void);
CFTypeID CFStringGetTypeID(void);
void CFArrayAppendValue(CFMutableArrayRef, const void *);
CFArrayRef CFArrayCreate(CFAllocatorRef, const void **, CFIndex, const CFArrayCallBacks *);
CFMutableArrayRef CFArrayCreateMutable(CFAllocatorRef, CFIndex, const CFArrayCallBacks *);
CFIndex CFArrayGetCount(CFArrayRef);
const void * CFArrayGetValueAtIndex(CFArrayRef, CFIndex);
Boolean CFBooleanGetValue(CFBooleanRef);
CFDataRef CFDataCreate(CFAllocatorRef, const uint8_t *, CFIndex);
const uint8_t * CFDataGetBytePtr(CFDataRef);
CFIndex CFDataGetLength(CFDataRef);
CFDictionaryRef CFDictionaryCreate(CFAllocatorRef, const void **, const void **, CFIndex, const CFDictionaryKeyCallBacks *, const CFDictionaryValueCallBacks *);
CFMutableDictionaryRef CFDictionaryCreateMutable(CFAllocatorRef, CFIndex, const CFDictionaryKeyCallBacks *, const CFDictionaryValueCallBacks *);
CFIndex CFDictionaryGetCount(CFDictionaryRef);
const void * CFDictionaryGetValue(CFDictionaryRef, const void *);
void CFDictionarySetValue(CFMutableDictionaryRef, const void *, const void *);
Boolean CFEqual(CFTypeRef, CFTypeRef);
CFIndex CFGetRetainCount(CFTypeRef);
CFTypeID CFGetTypeID(CFTypeRef);
CFHashCode CFHash(CFTypeRef);
CFNumberRef CFNumberCreate(CFAllocatorRef, CFNumberType, const void *);
Boolean CFNumberGetValue(CFNumberRef, CFNumberType, void *);
void CFRelease(CFTypeRef);
CFTypeRef CFRetain(CFTypeRef);
CFStringRef CFStringCreateWithCString(CFAllocatorRef, const char *, CFStringEncoding);
Boolean CFStringGetCString(CFStringRef, char *, CFIndex, CFStringEncoding);
OSStatus CMBlockBufferCreateWithMemoryBlock(CFAllocatorRef, void *, size_t, CFAllocatorRef, const CMBlockBufferCustomBlockSource *, size_t, size_t, CMBlockBufferFlags, CMBlockBufferRef *);
OSStatus CMBlockBufferGetDataPointer(CMBlockBufferRef, size_t, size_t *, size_t *, char **);
OSStatus CMSampleBufferCreateReady(CFAllocatorRef, CMBlockBufferRef, CMFormatDescriptionRef, CMItemCount, CMItemCount, const CMSampleTimingInfo *, CMItemCount, const size_t *, CMSampleBufferRef *);
OSStatus CMVideoFormatDescriptionCreate(CFAllocatorRef, CMVideoCodecType, int32_t, int32_t, CFDictionaryRef, CMVideoFormatDescriptionRef *);
OSStatus CMVideoFormatDescriptionCreateFromH264ParameterSets(CFAllocatorRef, size_t, const uint8_t * const *, const size_t *, int, CMFormatDescriptionRef *);
OSStatus CMVideoFormatDescriptionCreateFromHEVCParameterSets(CFAllocatorRef, size_t, const uint8_t * const *, const size_t *, int, CFDictionaryRef, CMFormatDescriptionRef *);
CGRect CVImageBufferGetCleanRect(CVImageBufferRef);
CVReturn CVPixelBufferCreate(CFAllocatorRef, size_t, size_t, OSType, CFDictionaryRef, CVPixelBufferRef *);
void * CVPixelBufferGetBaseAddressOfPlane(CVPixelBufferRef, size_t);
size_t CVPixelBufferGetBytesPerRowOfPlane(CVPixelBufferRef, size_t);
size_t CVPixelBufferGetHeight(CVPixelBufferRef);
size_t CVPixelBufferGetHeightOfPlane(CVPixelBufferRef, size_t);
IOSurfaceRef CVPixelBufferGetIOSurface(CVPixelBufferRef);
OSType CVPixelBufferGetPixelFormatType(CVPixelBufferRef);
size_t CVPixelBufferGetPlaneCount(CVPixelBufferRef);
size_t CVPixelBufferGetWidth(CVPixelBufferRef);
size_t CVPixelBufferGetWidthOfPlane(CVPixelBufferRef, size_t);
CVReturn CVPixelBufferLockBaseAddress(CVPixelBufferRef, CVPixelBufferLockFlags);
void CVPixelBufferRelease(CVPixelBufferRef);
CVPixelBufferRef CVPixelBufferRetain(CVPixelBufferRef);
CVReturn CVPixelBufferUnlockBaseAddress(CVPixelBufferRef, CVPixelBufferLockFlags);
size_t IOSurfaceAlignProperty(CFStringRef, size_t);
IOSurfaceRef IOSurfaceCreate(CFDictionaryRef);
size_t IOSurfaceGetAllocSize(IOSurfaceRef);
void * IOSurfaceGetBaseAddress(IOSurfaceRef);
size_t IOSurfaceGetBytesPerRow(IOSurfaceRef);
size_t IOSurfaceGetHeight(IOSurfaceRef);
IOSurfaceID IOSurfaceGetID(IOSurfaceRef);
OSType IOSurfaceGetPixelFormat(IOSurfaceRef);
size_t IOSurfaceGetPlaneCount(IOSurfaceRef);
size_t IOSurfaceGetWidth(IOSurfaceRef);
Boolean IOSurfaceIsInUse(IOSurfaceRef);
kern_return_t IOSurfaceLock(IOSurfaceRef, IOSurfaceLockOptions, uint32_t *);
IOSurfaceRef IOSurfaceLookup(IOSurfaceID);
kern_return_t IOSurfaceUnlock(IOSurfaceRef, IOSurfaceLockOptions, uint32_t *);
Boolean VTDecompressionSessionCanAcceptFormatDescription(VTDecompressionSessionRef, CMFormatDescriptionRef);
OSStatus VTDecompressionSessionCreate(CFAllocatorRef, CMVideoFormatDescriptionRef, CFDictionaryRef, CFDictionaryRef, const VTDecompressionOutputCallbackRecord *, VTDecompressionSessionRef *);
OSStatus VTDecompressionSessionDecodeFrame(VTDecompressionSessionRef, CMSampleBufferRef, VTDecodeFrameFlags, void *, VTDecodeInfoFlags *);
OSStatus VTDecompressionSessionFinishDelayedFrames(VTDecompressionSessionRef);
void VTDecompressionSessionInvalidate(VTDecompressionSessionRef);
OSStatus VTDecompressionSessionWaitForAsynchronousFrames(VTDecompressionSessionRef);
Boolean VTIsHardwareDecodeSupported(CMVideoCodecType);
void VTRegisterSupplementalVideoDecoderIfAvailable(CMVideoCodecType);
OSStatus VTSessionCopyProperty(VTSessionRef, CFStringRef, CFAllocatorRef, void *);
#ifdef __OBJC__
CVReturn CVMetalTextureCacheCreate(CFAllocatorRef, CFDictionaryRef, id<MTLDevice>, CFDictionaryRef, CVMetalTextureCacheRef *);
CVReturn CVMetalTextureCacheCreateTextureFromImage(CFAllocatorRef, CVMetalTextureCacheRef, CVImageBufferRef, CFDictionaryRef, MTLPixelFormat, size_t, size_t, size_t, CVMetalTextureRef *);
void CVMetalTextureCacheFlush(CVMetalTextureCacheRef, CVOptionFlags);
id<MTLTexture> CVMetalTextureGetTexture(CVMetalTextureRef);
NSArray<id<MTLDevice>> * MTLCopyAllDevices(void);
id<MTLDevice> MTLCreateSystemDefaultDevice(void);
#endif
}
// clang-format on
