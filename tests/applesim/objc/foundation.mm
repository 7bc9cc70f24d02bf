#import "foundation.h"

#include <string>

#include "sim/object.h"

extern "C" void* tv_objc_create(void* type);

@implementation NSObject
+ (instancetype)alloc {
    return (__bridge_transfer id)tv_objc_create((__bridge void*)self);
}
- (instancetype)init {
    return self;
}
- (void)dealloc {
}
@end

@interface SimString : NSString {
@public
    std::string text_;
}
@end

@implementation NSString
+ (instancetype)stringWithUTF8String:(const char*)text {
    return sim_string(text);
}
- (const char*)UTF8String {
    return "";
}
@end
@implementation SimString
- (const char*)UTF8String {
    return text_.c_str();
}
@end

@implementation NSError
- (NSInteger)code {
    return 0;
}
- (NSString*)localizedDescription {
    return [NSString stringWithUTF8String:"simulated"];
}
@end
@implementation SimError
- (NSInteger)code {
    return code_;
}
@end

@implementation NSArray
- (NSUInteger)count {
    return 0;
}
- (id)objectAtIndex:(NSUInteger)index {
    (void)index;
    return nil;
}
@end
@implementation SimArray
- (NSUInteger)count {
    return items_.size();
}
- (id)objectAtIndex:(NSUInteger)index {
    if (index >= items_.size()) tv::sim::violation("objectAtIndex: beyond the array");
    return items_[index];
}
@end

NSString* sim_string(const char* text) {
    SimString* string = [[SimString alloc] init];
    string->text_ = text;
    return string;
}
NSError* sim_error(NSInteger code) {
    SimError* error = [[SimError alloc] init];
    error->code_ = code;
    return error;
}
