// ext-image-copy-capture, of outputs, into shm.
#include <ext-image-capture-source-v1-server.h>
#include <ext-image-copy-capture-v1-server.h>
#include <fmt/format.h>

#include "capture.h"
#include "dynamic.h"
#include "output.h"
#include "render.h"

namespace tv::test {

namespace {

struct Frame {
    WatchRef buffer;
    bool captured = false;
};

void capture(Core& core, int output, wl_resource* self, Frame& frame) {
    if (frame.captured) {
        wl_resource_post_error(self, EXT_IMAGE_COPY_CAPTURE_FRAME_V1_ERROR_ALREADY_CAPTURED,
                               "captured already");
        return;
    }
    if (!frame.buffer) {
        wl_resource_post_error(self, EXT_IMAGE_COPY_CAPTURE_FRAME_V1_ERROR_NO_BUFFER, "no buffer attached");
        return;
    }
    frame.captured = true;
    const Picture picture = render_output(core, output);
    if (!write_shm_buffer(frame.buffer->get(), picture)) {
        ext_image_copy_capture_frame_v1_send_failed(
            self, EXT_IMAGE_COPY_CAPTURE_FRAME_V1_FAILURE_REASON_BUFFER_CONSTRAINTS);
        return;
    }
    core.note(self, fmt::format("captured {}x{} crc={:08x}", picture.width, picture.height, picture.crc));
    const SplitTime now = now_of(core.options().presentation_clock);
    ext_image_copy_capture_frame_v1_send_transform(self, 0);
    ext_image_copy_capture_frame_v1_send_damage(self, 0, 0, picture.width, picture.height);
    ext_image_copy_capture_frame_v1_send_presentation_time(self, now.high, now.low, now.nanoseconds);
    ext_image_copy_capture_frame_v1_send_ready(self);
}

RequestHandler frame_handler(Core& core, int output) {
    auto frame = std::make_shared<Frame>();
    return [&core, output, frame](std::string_view request, wl_resource* self, const wl_argument* arguments) {
        if (request == "attach_buffer") {
            frame->buffer = watch(resource_in(arguments[0]));
        } else if (request == "capture") {
            capture(core, output, self, *frame);
        } else {
            return false;
        }
        return true;
    };
}

void start_session(Core& core, wl_resource* manager, const wl_argument& id, int output) {
    wl_resource* session = create_dynamic_child(
        manager, &ext_image_copy_capture_session_v1_interface, id,
        [&core, output](std::string_view request, wl_resource* self, const wl_argument* arguments) {
            if (request != "create_frame") return false;
            create_dynamic_child(self, &ext_image_copy_capture_frame_v1_interface, arguments[0],
                                 frame_handler(core, output));
            return true;
        });
    if (session == nullptr) return;
    const OutputOptions& options = core.options().outputs.at(static_cast<std::size_t>(output));
    ext_image_copy_capture_session_v1_send_buffer_size(session, static_cast<std::uint32_t>(options.width),
                                                       static_cast<std::uint32_t>(options.height));
    ext_image_copy_capture_session_v1_send_shm_format(session, kXrgb8888);
    ext_image_copy_capture_session_v1_send_done(session);
}

} // namespace

void add_image_capture_globals(Core& core) {
    add_dynamic_global(core, &ext_output_image_capture_source_manager_v1_interface, 1,
                       [](std::string_view request, wl_resource* self, const wl_argument* arguments) {
                           if (request != "create_source") return false;
                           auto output = std::make_shared<int>(output_of(resource_in(arguments[1])).index);
                           create_dynamic_child(self, &ext_image_capture_source_v1_interface, arguments[0],
                                                {}, output);
                           return true;
                       });
    add_dynamic_global(core, &ext_image_copy_capture_manager_v1_interface, 1,
                       [&core](std::string_view request, wl_resource* self, const wl_argument* arguments) {
                           if (request != "create_session") return false;
                           const auto output =
                               std::static_pointer_cast<int>(dynamic_tag(resource_in(arguments[1])));
                           start_session(core, self, arguments[0], output ? *output : 0);
                           return true;
                       });
}

} // namespace tv::test
