// show_frames CHANNEL_SOCKET DISPLAY_SOCKET: serves one remote application, whose waypipe listens on
// CHANNEL_SOCKET, and draws its video into a window of its own as it comes from the decoder: NV12 by one
// compute pass into a CAMetalLayer. For macOS; never yet run on a Mac. ARC.
#import <AppKit/AppKit.h>
#import <Metal/Metal.h>
#import <QuartzCore/QuartzCore.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

#include <tunnelview/tunnelview.h>

namespace {

// BT.601, limited range, as tv_frame_info says. Threads outside of the drawable write nowhere.
constexpr const char* kKernel = R"(
#include <metal_stdlib>
using namespace metal;
kernel void show(texture2d<float, access::read> luma [[texture(0)]], texture2d<float, access::read> chroma [[texture(1)]],
                 texture2d<float, access::write> out [[texture(2)]], constant uint& flipped [[buffer(0)]],
                 uint2 at [[thread_position_in_grid]]) {
    if (at.x >= out.get_width() || at.y >= out.get_height()) return;
    if (at.x >= luma.get_width() || at.y >= luma.get_height()) return;
    float y = 1.164384 * (luma.read(at).r - 16.0 / 255.0);
    float2 c = chroma.read(uint2(at.x / 2, at.y / 2)).rg - 128.0 / 255.0;
    uint2 to = uint2(at.x, flipped != 0 ? out.get_height() - 1 - at.y : at.y);
    out.write(float4(y + 1.596027 * c.g, y - 0.391762 * c.r - 0.812968 * c.g, y + 2.017232 * c.r, 1.0), to);
})";

// The newest frame on its way from the receiver's thread, whose callback must not block, to the one that
// draws, where nextDrawable may wait for a second. What is not drawn before the next one comes is given back.
class Newest {
public:
    void put(tv_frame frame) {
        {
            const std::lock_guard lock(mutex_);
            std::swap(frame_, frame);
        }
        given_.notify_one();
        tv_frame_release(frame);
    }
    tv_frame take() {
        std::unique_lock lock(mutex_);
        given_.wait(lock, [this] { return frame_ != nullptr; });
        return std::exchange(frame_, nullptr);
    }

private:
    std::mutex mutex_;
    std::condition_variable given_;
    tv_frame frame_ = nullptr;
};

// A thread of its own draws; the main thread has the window.
struct Host {
    id<MTLDevice> device = nil;
    id<MTLCommandQueue> queue = nil;
    id<MTLComputePipelineState> pipeline = nil;
    CAMetalLayer* layer = nil;
    tv_texture_maker maker = nullptr;
    tv_receiver receiver = nullptr;
    Newest newest;
};

bool open_metal(Host& host) {
    host.device = MTLCreateSystemDefaultDevice();
    host.queue = [host.device newCommandQueue];
    NSError* error = nil;
    id<MTLLibrary> library = [host.device newLibraryWithSource:[NSString stringWithUTF8String:kKernel]
                                                       options:nil
                                                         error:&error];
    id<MTLFunction> function = [library newFunctionWithName:[NSString stringWithUTF8String:"show"]];
    if (function == nil) return false;
    host.pipeline = [host.device newComputePipelineStateWithFunction:function error:&error];
    return host.pipeline != nil && tv_texture_maker_create((__bridge void*)host.device, &host.maker) == TV_OK;
}

void draw(Host& host, tv_frame frame) {
    tv_frame_info info = TV_FRAME_INFO_INIT;
    (void)tv_frame_get_info(frame, &info);
    void *luma = nullptr, *chroma = nullptr;
    tv_textures textures = nullptr;
    [host.layer setDrawableSize:CGSize{double(info.crop_width), double(info.crop_height)}];
    id<CAMetalDrawable> drawable = [host.layer nextDrawable];
    if (drawable == nil || tv_frame_make_textures(frame, host.maker, &luma, &chroma, &textures) != TV_OK)
        return;
    const uint32_t flipped = info.flipped != 0 ? 1 : 0;
    id<MTLCommandBuffer> commands = [host.queue commandBuffer];
    id<MTLComputeCommandEncoder> encoder = [commands computeCommandEncoder];
    [encoder setComputePipelineState:host.pipeline];
    [encoder setTexture:(__bridge id<MTLTexture>)luma atIndex:0];
    [encoder setTexture:(__bridge id<MTLTexture>)chroma atIndex:1];
    [encoder setTexture:[drawable texture] atIndex:2];
    [encoder setBytes:&flipped length:sizeof flipped atIndex:0];
    [encoder dispatchThreadgroups:MTLSize{(info.crop_width + 15) / 16, (info.crop_height + 15) / 16, 1}
            threadsPerThreadgroup:MTLSize{16, 16, 1}];
    [encoder endEncoding];
    [commands presentDrawable:drawable];
    // They hold the picture until the GPU has read it.
    [commands addCompletedHandler:^(id<MTLCommandBuffer>) {
      tv_textures_release(textures);
    }];
    [commands commit];
}

void on_frame(void* user, const tv_frame_event* event) {
    Host& host = *static_cast<Host*>(user);
    tv_frame_kind kind{};
    tv_frame frame = nullptr;
    if (tv_receiver_lookup(host.receiver, event->surface_id, &kind, &frame, nullptr) != TV_OK) return;
    if (kind == TV_FRAME_VIDEO) host.newest.put(frame);
}

void draw_frames(Host& host) {
    while (true) {
        @autoreleasepool {
            tv_frame frame = host.newest.take();
            draw(host, frame);
            tv_frame_release(frame);
        }
    }
}

int connect_to(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    const int channel = socket(AF_UNIX, SOCK_STREAM, 0);
    const bool connected =
        channel >= 0 && connect(channel, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    return connected ? channel : -1;
}

void open_window(Host& host) {
    host.layer = [CAMetalLayer layer];
    [host.layer setDevice:host.device];
    [host.layer setPixelFormat:MTLPixelFormatBGRA8Unorm];
    [host.layer setFramebufferOnly:NO]; // a compute pass writes it
    NSWindow* window = [NSWindow new];
    [window setTitle:[NSString stringWithUTF8String:"show_frames"]];
    [window setContentSize:NSSize{1280, 720}];
    [[window contentView] setLayer:host.layer];
    [[window contentView] setWantsLayer:YES];
    [window makeKeyAndOrderFront:nil];
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    static Host host;
    @autoreleasepool {
        NSApplication* application = [NSApplication sharedApplication];
        if (!open_metal(host)) return std::fprintf(stderr, "no Metal\n"), 1;
        open_window(host);
        std::thread([] { draw_frames(host); }).detach(); // for as long as the process lives
        tv_config config = TV_CONFIG_INIT;
        config.channel_read_fd = connect_to(argv[1]);
        config.display_path = argv[2];
        config.frames = 1;
        config.zero_pass = 1;
        tv_callbacks callbacks = TV_CALLBACKS_INIT;
        callbacks.user = &host;
        callbacks.frame = on_frame;
        tv_result result = tv_receiver_create(&config, &callbacks, &host.receiver);
        if (result == TV_OK) result = tv_receiver_start(host.receiver);
        if (result != TV_OK) return std::fprintf(stderr, "%s\n", tv_result_string(result)), 1;
        [application activateIgnoringOtherApps:YES];
        [application run]; // until the user quits, which ends the process
    }
    return 0;
}
