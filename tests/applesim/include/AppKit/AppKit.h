// AppKit as far as the example host uses it: declarations only, written from the fact tables
// (tests/applesim/facts). Objective-C only.
#pragma once

#include <Foundation/Foundation.h>
#include <QuartzCore/QuartzCore.h>

typedef CGSize NSSize;

@interface NSApplication : NSObject
+ (instancetype)sharedApplication;
- (void)activateIgnoringOtherApps:(BOOL)ignoreOtherApps;
- (void)run;
@end

@interface NSView : NSObject
- (void)setLayer:(CALayer*)layer;
- (void)setWantsLayer:(BOOL)wantsLayer;
@end

@interface NSWindow : NSObject
+ (instancetype)new;
- (NSView*)contentView;
- (void)setContentSize:(NSSize)size;
- (void)setTitle:(NSString*)title;
- (void)makeKeyAndOrderFront:(id)sender;
@end
