// Foundation as far as Tunnelview uses it: declarations only, written from the fact tables
// (tests/applesim/facts). Objective-C only.
#pragma once

#include <CoreFoundation/CoreFoundation.h>

#if __OBJC_BOOL_IS_BOOL
typedef bool BOOL;
#else
typedef signed char BOOL;
#endif
#define nil nullptr
#define YES __objc_yes
#define NO __objc_no
typedef long NSInteger;
typedef unsigned long NSUInteger;

__attribute__((objc_root_class))
@interface NSObject {
    Class isa;
}
@end

@interface NSString : NSObject
+ (instancetype)stringWithUTF8String:(const char*)nullTerminatedCString;
- (const char*)UTF8String __attribute__((objc_returns_inner_pointer));
@end

@interface NSError : NSObject
- (NSInteger)code;
- (NSString*)localizedDescription;
@end

@interface NSArray<__covariant ObjectType> : NSObject
- (NSUInteger)count;
- (ObjectType)objectAtIndex:(NSUInteger)index;
@end
