#import "metal/device.h"

namespace tv::metal {

id<MTLDevice> choose_device() {
    @autoreleasepool {
        return MTLCreateSystemDefaultDevice();
    }
}

MTLStorageMode surface_storage(id<MTLDevice>) {
    return MTLStorageModeShared;
}

bool device_is_gone(NSInteger code) {
    return code == MTLCommandBufferErrorAccessRevoked;
}

} // namespace tv::metal
