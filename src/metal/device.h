// What differs between macOS and iOS. Objective-C++ only.
#pragma once

#import <Metal/Metal.h>

namespace tv::metal {

// nil: there is none.
id<MTLDevice> choose_device();
// For textures of IOSurfaces.
MTLStorageMode surface_storage(id<MTLDevice> device);
// Whether the code of a failed command buffer says that its device will never work again.
bool device_is_gone(NSInteger code);

} // namespace tv::metal
