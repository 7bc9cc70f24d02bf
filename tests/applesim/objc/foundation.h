// What the simulated frameworks need of Foundation beyond what the product may see.
#pragma once

#import <Foundation/Foundation.h>

#include <cstddef>
#include <vector>

// Sent by the simulation only, so not in the product's headers.
@interface NSObject (Simulation)
+ (instancetype)alloc;
- (instancetype)init;
@end

@interface SimError : NSError {
@public
    NSInteger code_;
}
@end

@interface SimArray : NSArray {
@public
    std::vector<id> items_;
}
@end

// Owned by the caller.
NSString* sim_string(const char* text) __attribute__((ns_returns_retained));
NSError* sim_error(NSInteger code) __attribute__((ns_returns_retained));
