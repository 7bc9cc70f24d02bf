// Metal as far as Tunnelview uses it: declarations only, written from the fact tables
// (tests/applesim/facts). Objective-C only.
#pragma once

#include <Foundation/Foundation.h>
#include <IOSurface/IOSurfaceRef.h>

@protocol MTLCommandBuffer;
@protocol MTLCommandQueue;
@protocol MTLComputeCommandEncoder;
@protocol MTLComputePipelineState;
@protocol MTLFunction;
@protocol MTLLibrary;
@protocol MTLTexture;
@class MTLCompileOptions;
@class MTLTextureDescriptor;

typedef enum MTLPixelFormat : NSUInteger {
    MTLPixelFormatR8Unorm = 10,
    MTLPixelFormatRG8Unorm = 30,
    MTLPixelFormatBGRA8Unorm = 80,
} MTLPixelFormat;

typedef NSUInteger MTLTextureUsage;
enum : MTLTextureUsage {
    MTLTextureUsageShaderRead = 1,
    MTLTextureUsageShaderWrite = 2,
};

typedef enum MTLStorageMode : NSUInteger {
    MTLStorageModeShared = 0,
    MTLStorageModeManaged TV_NOT_ON_IOS = 1,
} MTLStorageMode;

typedef enum MTLCommandBufferStatus : NSUInteger {
    MTLCommandBufferStatusCompleted = 4,
    MTLCommandBufferStatusError = 5,
} MTLCommandBufferStatus;

typedef enum MTLCommandBufferError : NSUInteger {
    MTLCommandBufferErrorAccessRevoked = 4,
    MTLCommandBufferErrorNotPermitted = 7,
    MTLCommandBufferErrorDeviceRemoved TV_NOT_ON_IOS = 11,
} MTLCommandBufferError;

typedef struct {
    NSUInteger width, height, depth;
} MTLSize;

@interface MTLTextureDescriptor : NSObject
+ (MTLTextureDescriptor*)texture2DDescriptorWithPixelFormat:(MTLPixelFormat)pixelFormat
                                                      width:(NSUInteger)width
                                                     height:(NSUInteger)height
                                                  mipmapped:(BOOL)mipmapped;
- (void)setUsage:(MTLTextureUsage)usage;
- (void)setStorageMode:(MTLStorageMode)storageMode;
@end

@protocol MTLDevice
- (NSString*)name;
- (BOOL)isLowPower TV_NOT_ON_IOS;
- (BOOL)isRemovable TV_NOT_ON_IOS;
- (BOOL)hasUnifiedMemory;
- (NSUInteger)minimumLinearTextureAlignmentForPixelFormat:(MTLPixelFormat)format;
- (id<MTLCommandQueue>)newCommandQueue;
- (id<MTLLibrary>)newLibraryWithSource:(NSString*)source
                               options:(MTLCompileOptions*)options
                                 error:(NSError* __autoreleasing*)error;
- (id<MTLComputePipelineState>)newComputePipelineStateWithFunction:(id<MTLFunction>)computeFunction
                                                             error:(NSError* __autoreleasing*)error;
- (id<MTLTexture>)newTextureWithDescriptor:(MTLTextureDescriptor*)descriptor
                                 iosurface:(IOSurfaceRef)iosurface
                                     plane:(NSUInteger)plane;
@end

@protocol MTLLibrary
- (id<MTLFunction>)newFunctionWithName:(NSString*)functionName;
@end

@protocol MTLFunction
@end

@protocol MTLComputePipelineState
- (NSUInteger)threadExecutionWidth;
- (NSUInteger)maxTotalThreadsPerThreadgroup;
@end

@protocol MTLTexture
- (NSUInteger)width;
- (NSUInteger)height;
@end

@protocol MTLCommandQueue
- (id<MTLCommandBuffer>)commandBuffer;
@end

typedef void (^MTLCommandBufferHandler)(id<MTLCommandBuffer> buffer);

@protocol MTLDrawable
@end

@protocol MTLCommandBuffer
- (id<MTLComputeCommandEncoder>)computeCommandEncoder;
- (void)presentDrawable:(id<MTLDrawable>)drawable;
- (void)addCompletedHandler:(MTLCommandBufferHandler)block;
- (void)commit;
- (MTLCommandBufferStatus)status;
- (NSError*)error;
@end

@protocol MTLCommandEncoder
- (void)endEncoding;
@end

@protocol MTLComputeCommandEncoder <MTLCommandEncoder>
- (void)setComputePipelineState:(id<MTLComputePipelineState>)state;
- (void)setTexture:(id<MTLTexture>)texture atIndex:(NSUInteger)index;
- (void)setBytes:(const void*)bytes length:(NSUInteger)length atIndex:(NSUInteger)index;
- (void)dispatchThreadgroups:(MTLSize)threadgroupsPerGrid
       threadsPerThreadgroup:(MTLSize)threadsPerThreadgroup;
@end

extern "C" {
id<MTLDevice> MTLCreateSystemDefaultDevice(void) __attribute__((ns_returns_retained));
NSArray<id<MTLDevice>>* MTLCopyAllDevices(void) __attribute__((ns_returns_retained)) TV_NOT_ON_IOS;
}
