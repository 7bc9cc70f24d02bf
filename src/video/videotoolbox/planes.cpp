#include "video/planes.h"

#include "video/videotoolbox/locked_picture.h"

namespace tv::video {

Status with_planes(const Picture& picture, const std::function<Status(const Picture&)>& use) {
    if (picture.native == nullptr) {
        if (!planes_cover(picture)) return fail(ErrorCategory::Unsupported, "a picture without planes");
        return use(picture);
    }
    TV_ASSIGN(const LockedPicture locked, LockedPicture::lock(picture));
    if (!planes_cover(locked.picture())) return fail(ErrorCategory::Io, "a picture is smaller than it says");
    return use(locked.picture());
}

} // namespace tv::video
