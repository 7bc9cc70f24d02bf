// The part of tunnelview.h for hosts that draw with Metal.
#include "capi/frames.h"
#include "capi/guarded.h"
#include "capi/receiver.h"
#include "metal/frame_textures.h"

struct tv_texture_maker_s {
    std::shared_ptr<tv::metal::TextureMaker> maker;
};
struct tv_textures_s {
    tv::metal::FrameTextures textures;
};

using namespace tv;
using namespace tv::capi;

extern "C" {

tv_result tv_texture_maker_create(void* device, tv_texture_maker* maker) {
    if (maker == nullptr) return TV_ERROR_ARGUMENT;
    *maker = nullptr;
    if (device == nullptr) return TV_ERROR_ARGUMENT;
    return guarded([&] {
        auto made = metal::make_texture_maker(device);
        if (!made) return result_of(made.error());
        *maker = new tv_texture_maker_s{std::move(*made)};
        return TV_OK;
    });
}

void tv_texture_maker_destroy(tv_texture_maker maker) {
    delete maker;
}

tv_result tv_frame_make_textures(tv_frame frame, tv_texture_maker maker, void** luma, void** chroma,
                                 tv_textures* textures) {
    if (textures != nullptr) *textures = nullptr;
    if (frame == nullptr || maker == nullptr || luma == nullptr || chroma == nullptr || textures == nullptr)
        return TV_ERROR_ARGUMENT;
    return guarded([&] {
        void* native = frame->frame->info().native;
        if (native == nullptr) return TV_ERROR_UNSUPPORTED;
        auto made = maker->maker->make(native);
        if (!made) return result_of(made.error());
        auto held = std::make_unique<tv_textures_s>();
        *luma = made->luma;
        *chroma = made->chroma;
        held->textures = std::move(*made);
        *textures = held.release();
        return TV_OK;
    });
}

void tv_textures_release(tv_textures textures) {
    delete textures;
}

} // extern "C"
