// libtunnelview for C++17: owners and callables over tunnelview.h, header-only. Nothing here throws of
// itself; what a callback throws ends the process, as exceptions may not cross a C function.
// SPDX-License-Identifier: MIT
#ifndef TUNNELVIEW_TUNNELVIEW_HPP
#define TUNNELVIEW_TUNNELVIEW_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <tunnelview/tunnelview.h>

namespace tunnelview {

using Milliseconds = std::chrono::duration<std::uint32_t, std::milli>;

// Gives an opaque handle back to the library.
template <auto Function>
struct Call {
    template <class Handle>
    void operator()(Handle* handle) const noexcept {
        Function(handle);
    }
};

// A committed picture. Move-only; outlives its receiver.
class Frame {
public:
    Frame() = default;
    explicit Frame(tv_frame frame) : frame_(frame) {} // takes it over
    [[nodiscard]] explicit operator bool() const { return frame_ != nullptr; }
    [[nodiscard]] tv_frame get() const { return frame_.get(); }
    [[nodiscard]] tv_frame_info info() const {
        tv_frame_info info = TV_FRAME_INFO_INIT;
        (void)tv_frame_get_info(frame_.get(), &info);
        return info;
    }
    tv_result copy_bgra(std::uint8_t* pixels, std::size_t bytes, std::size_t stride) const {
        return tv_frame_copy_bgra(frame_.get(), pixels, bytes, stride);
    }

private:
    std::unique_ptr<tv_frame_s, Call<tv_frame_release>> frame_;
};

// Metal's textures of a frame, as id<MTLTexture>s; Apple's systems only. Move-only: to be destroyed where the
// GPU is done with them.
class Textures {
public:
    Textures() = default;
    [[nodiscard]] explicit operator bool() const { return held_ != nullptr; }
    [[nodiscard]] void* luma() const { return luma_; }
    [[nodiscard]] void* chroma() const { return chroma_; }
    // For a completed handler, which can only hold what can be copied: tv_textures_release() is then yours.
    [[nodiscard]] tv_textures release() { return held_.release(); }

private:
    friend class TextureMaker;
    std::unique_ptr<tv_textures_s, Call<tv_textures_release>> held_;
    void* luma_ = nullptr;
    void* chroma_ = nullptr;
};

// Of one id<MTLDevice>, which it retains. Move-only; what it made may outlive it.
class TextureMaker {
public:
    TextureMaker() = default;
    [[nodiscard]] static std::pair<tv_result, TextureMaker> create(void* device) {
        TextureMaker made;
        tv_texture_maker handle = nullptr;
        const tv_result result = tv_texture_maker_create(device, &handle);
        made.handle_.reset(handle);
        return {result, std::move(made)};
    }
    [[nodiscard]] explicit operator bool() const { return handle_ != nullptr; }
    [[nodiscard]] std::pair<tv_result, Textures> make(const Frame& frame) const {
        Textures made;
        tv_textures held = nullptr;
        const tv_result result =
            tv_frame_make_textures(frame.get(), handle_.get(), &made.luma_, &made.chroma_, &held);
        made.held_.reset(held);
        return {result, std::move(made)};
    }

private:
    std::unique_ptr<tv_texture_maker_s, Call<tv_texture_maker_destroy>> handle_;
};

// Called as tv_callbacks says; noexcept in spirit.
struct Callbacks {
    std::function<void(tv_log_level, const char*)> log;
    std::function<void(const tv_state_event&)> state;
    std::function<void(const tv_stats&)> stats;
    std::function<void(const tv_frame_event&)> frame;
};

// One connection. Move-only; the destructor stops it.
class Receiver {
public:
    Receiver() = default;
    // TV_OK and a receiver, or what tv_receiver_create says and none.
    [[nodiscard]] static std::pair<tv_result, Receiver> create(const tv_config& config,
                                                               Callbacks callbacks = {}) {
        Receiver made;
        made.callbacks_ = std::make_unique<Callbacks>(std::move(callbacks));
        const tv_callbacks calls = forward(*made.callbacks_);
        tv_receiver handle = nullptr;
        const tv_result result = tv_receiver_create(&config, &calls, &handle);
        made.handle_ = handle;
        return {result, std::move(made)};
    }
    Receiver(Receiver&& other) noexcept
        : callbacks_(std::move(other.callbacks_)), handle_(std::exchange(other.handle_, nullptr)) {}
    Receiver& operator=(Receiver&& other) noexcept {
        Receiver old(std::move(*this));
        callbacks_ = std::move(other.callbacks_);
        handle_ = std::exchange(other.handle_, nullptr);
        return *this;
    }
    ~Receiver() {
        // A callback that does not return still uses what it was given.
        if (tv_receiver_destroy(handle_) != TV_OK) (void)callbacks_.release();
    }

    [[nodiscard]] explicit operator bool() const { return handle_ != nullptr; }
    [[nodiscard]] tv_receiver get() const { return handle_; }

    tv_result run() { return tv_receiver_run(handle_); }
    tv_result start() { return tv_receiver_start(handle_); }
    tv_result wait(Milliseconds timeout) { return tv_receiver_wait(handle_, timeout.count()); }
    tv_result stop(Milliseconds timeout = Milliseconds(TV_STOP_TIMEOUT_MS)) {
        return tv_receiver_stop(handle_, timeout.count());
    }
    tv_result pause(Milliseconds timeout) { return tv_receiver_pause(handle_, timeout.count()); }
    tv_result resume() { return tv_receiver_resume(handle_); }
    tv_result memory_pressure() { return tv_receiver_memory_pressure(handle_); }
    tv_result force_pass(std::uint32_t surface_id, Milliseconds timeout) {
        return tv_receiver_force_pass(handle_, surface_id, timeout.count());
    }
    [[nodiscard]] tv_stats stats() const {
        tv_stats stats = TV_STATS_INIT;
        (void)tv_receiver_stats(handle_, &stats);
        return stats;
    }

    struct Found {
        tv_result result = TV_OK;
        tv_frame_kind kind = TV_FRAME_BGRA_CURRENT;
        std::uint64_t generation = 0;
        Frame frame; // with TV_FRAME_VIDEO
    };
    [[nodiscard]] Found lookup(std::uint32_t surface_id) {
        Found found;
        tv_frame frame = nullptr;
        found.result = tv_receiver_lookup(handle_, surface_id, &found.kind, &frame, &found.generation);
        found.frame = Frame(frame);
        return found;
    }

private:
    static tv_callbacks forward(Callbacks& callbacks) {
        tv_callbacks calls = TV_CALLBACKS_INIT;
        calls.user = &callbacks;
        if (callbacks.log)
            calls.log = [](void* user, tv_log_level level, const char* text) noexcept {
                static_cast<Callbacks*>(user)->log(level, text);
            };
        if (callbacks.state)
            calls.state = [](void* user, const tv_state_event* event) noexcept {
                static_cast<Callbacks*>(user)->state(*event);
            };
        if (callbacks.stats)
            calls.stats = [](void* user, const tv_stats* stats) noexcept {
                static_cast<Callbacks*>(user)->stats(*stats);
            };
        if (callbacks.frame)
            calls.frame = [](void* user, const tv_frame_event* event) noexcept {
                static_cast<Callbacks*>(user)->frame(*event);
            };
        return calls;
    }

    std::unique_ptr<Callbacks> callbacks_; // at a fixed address
    tv_receiver handle_ = nullptr;
};

} // namespace tunnelview

#endif
