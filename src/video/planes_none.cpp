#include "video/planes.h"

#include <vector>

namespace tv::video {

Status with_planes(const Picture& picture, const std::function<Status(const Picture&)>& use) {
    if (!planes_cover(picture)) return fail(ErrorCategory::Unsupported, "a picture without planes");
    return use(picture);
}

Result<Picture> copy_picture(const Picture& picture) {
    Picture copy = picture;
    std::size_t total = 0;
    for (const Plane& plane : picture.planes) total += plane.bytes.size();
    auto memory = std::make_shared<std::vector<std::byte>>();
    memory->reserve(total);
    for (Plane& plane : copy.planes) {
        const std::size_t begin = memory->size();
        memory->insert(memory->end(), plane.bytes.begin(), plane.bytes.end());
        plane.bytes = Bytes(memory->data() + begin, plane.bytes.size());
    }
    copy.owner = std::move(memory);
    return copy;
}

bool has_system_form(const Picture& /*picture*/) {
    return true;
}

} // namespace tv::video
