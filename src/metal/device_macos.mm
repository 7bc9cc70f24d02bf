#import "metal/device.h"

namespace tv::metal {

// Not the system's default device if it can be helped: on Macs with two GPUs that wakes the fast one, whose
// battery cost one small pass a frame is not worth.
id<MTLDevice> choose_device() {
    @autoreleasepool {
        NSArray<id<MTLDevice>>* all = MTLCopyAllDevices();
        id<MTLDevice> best = nil;
        for (NSUInteger i = 0; i < [all count]; ++i) {
            id<MTLDevice> device = [all objectAtIndex:i];
            if ([device isRemovable]) continue; // an external one may be unplugged at any time
            if (best == nil || ([device isLowPower] && ![best isLowPower])) best = device;
        }
        return best != nil ? best : MTLCreateSystemDefaultDevice();
    }
}

MTLStorageMode surface_storage(id<MTLDevice> device) {
    @autoreleasepool {
        return [device hasUnifiedMemory] ? MTLStorageModeShared : MTLStorageModeManaged;
    }
}

bool device_is_gone(NSInteger code) {
    return code == MTLCommandBufferErrorDeviceRemoved || code == MTLCommandBufferErrorAccessRevoked;
}

} // namespace tv::metal
