#include "video/planes.h"

namespace tv::video {

Status with_planes(const Picture& picture, const std::function<Status(const Picture&)>& use) {
    if (!planes_cover(picture)) return fail(ErrorCategory::Unsupported, "a picture without planes");
    return use(picture);
}

} // namespace tv::video
