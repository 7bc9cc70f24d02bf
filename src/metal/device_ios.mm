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

} // namespace tv::metal
