#include "metal/frame_textures.h"

namespace tv::metal {

Result<std::shared_ptr<TextureMaker>> make_texture_maker(void* /*device*/) {
    return fail(ErrorCategory::Unsupported, "this system has no Metal");
}

} // namespace tv::metal
