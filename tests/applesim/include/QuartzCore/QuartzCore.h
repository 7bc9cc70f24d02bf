// QuartzCore as far as the example host uses it: declarations only, written from the fact tables
// (tests/applesim/facts). Objective-C only.
#pragma once

#include <Metal/Metal.h>

@interface CALayer : NSObject
@end

@protocol CAMetalDrawable <MTLDrawable>
- (id<MTLTexture>)texture;
@end

@interface CAMetalLayer : CALayer
+ (instancetype)layer;
- (void)setDevice:(id<MTLDevice>)device;
- (void)setPixelFormat:(MTLPixelFormat)pixelFormat;
- (void)setFramebufferOnly:(BOOL)framebufferOnly;
- (void)setDrawableSize:(CGSize)drawableSize;
- (id<CAMetalDrawable>)nextDrawable;
@end
