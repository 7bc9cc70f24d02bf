#include "surface/iosurface/surface.h"

#include <algorithm>
#include <array>

namespace tv::surface {
namespace {

constexpr OSType kBgra = 0x42475241; // 'BGRA'
constexpr std::int32_t kPixelBytes = 4;
// What GPUs and display engines want rows to begin at.
constexpr std::size_t kRowAlignment = 64;

std::size_t aligned(std::size_t value, std::size_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

CfRef<CFNumberRef> number(std::int64_t value) {
    return CfRef<CFNumberRef>::adopt(CFNumberCreate(kCFAllocatorDefault, kCFNumberSInt64Type, &value));
}

// The only way for a process to find a surface by its ID alone. Deprecated in favour of Mach ports and XPC,
// neither of which a Wayland socket carries.
CFStringRef global_key() {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    return kIOSurfaceIsGlobal;
#pragma GCC diagnostic pop
}

std::size_t row_bytes(std::uint32_t width, const IOSurfaceOptions& options) {
    const std::size_t device = options.linear_alignment ? options.linear_alignment->load() : 1;
    const std::size_t wanted = aligned(std::size_t{width} * kPixelBytes, std::max(kRowAlignment, device));
    return IOSurfaceAlignProperty(kIOSurfaceBytesPerRow, wanted);
}

CfRef<IOSurfaceRef> create_surface(std::uint32_t width, std::uint32_t height,
                                   const IOSurfaceOptions& options) {
    const auto wide = number(width), high = number(height), element = number(kPixelBytes),
               row = number(static_cast<std::int64_t>(row_bytes(width, options))), format = number(kBgra);
    std::array<const void*, 6> keys = {kIOSurfaceWidth,           kIOSurfaceHeight,
                                       kIOSurfaceBytesPerElement, kIOSurfaceBytesPerRow,
                                       kIOSurfacePixelFormat,     nullptr};
    std::array<const void*, 6> values = {wide.get(), high.get(),   element.get(),
                                         row.get(),  format.get(), kCFBooleanTrue};
    CFIndex count = 5;
    if (options.other_process) keys[static_cast<std::size_t>(count++)] = global_key();
    const auto properties = CfRef<CFDictionaryRef>::adopt(
        CFDictionaryCreate(kCFAllocatorDefault, keys.data(), values.data(), count,
                           &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks));
    return CfRef<IOSurfaceRef>::adopt(IOSurfaceCreate(properties.get()));
}

} // namespace

IOSurface::IOSurface(CfRef<IOSurfaceRef> ref, std::uint32_t width, std::uint32_t height)
    : ref_(std::move(ref)), width_(width), height_(height), id_(IOSurfaceGetID(ref_.get())),
      stride_(IOSurfaceGetBytesPerRow(ref_.get())) {}

Result<std::shared_ptr<IOSurface>> IOSurface::create(std::uint32_t width, std::uint32_t height,
                                                     const IOSurfaceOptions& options) {
    Status checked;
    // One more try: what is wrong with one surface need not be with the next.
    for (int attempt = 0; attempt < 2; ++attempt) {
        CfRef<IOSurfaceRef> ref = create_surface(width, height, options);
        if (!ref) {
            checked = fail(ErrorCategory::Unsupported, "the system makes no IOSurface of this size", width);
            continue;
        }
        std::shared_ptr<IOSurface> surface(new IOSurface(std::move(ref), width, height));
        checked = surface->check();
        if (checked) return surface;
    }
    return std::unexpected(checked.error());
}

// What the compositor checks before it takes a surface (its six points), as far as they are ours to get
// right: one plane, an ID, a surface that the ID leads to, its size, stride and pixel format.
Status IOSurface::check() const {
    const auto wrong = [](const char* what, std::uint64_t value) -> Status {
        return fail(ErrorCategory::Unsupported, what, static_cast<std::int64_t>(value));
    };
    if (id_ == 0) return wrong("IOSurface without an ID", 0);
    const auto found = CfRef<IOSurfaceRef>::adopt(IOSurfaceLookup(id_));
    if (!found) return wrong("IOSurface that its ID does not lead to", id_);
    if (IOSurfaceGetID(found.get()) != id_) return wrong("IOSurface with another's ID", id_);
    if (IOSurfaceGetPlaneCount(found.get()) > 1) return wrong("IOSurface of several planes", id_);
    if (IOSurfaceGetWidth(found.get()) != width_)
        return wrong("IOSurface of another width", IOSurfaceGetWidth(found.get()));
    if (IOSurfaceGetHeight(found.get()) != height_)
        return wrong("IOSurface of another height", IOSurfaceGetHeight(found.get()));
    if (IOSurfaceGetPixelFormat(found.get()) != kBgra)
        return wrong("IOSurface of another pixel format", IOSurfaceGetPixelFormat(found.get()));
    if (IOSurfaceGetBytesPerRow(found.get()) != stride_ || stride_ < std::size_t{width_} * kPixelBytes ||
        stride_ > UINT32_MAX)
        return wrong("IOSurface with another stride", IOSurfaceGetBytesPerRow(found.get()));
    if (IOSurfaceGetAllocSize(found.get()) < byte_size())
        return wrong("IOSurface with less memory than pixels", IOSurfaceGetAllocSize(found.get()));
    return {};
}

bool IOSurface::in_use() const {
    return IOSurfaceIsInUse(ref_.get()) != 0;
}

Result<MutableBytes> IOSurface::begin_write() {
    constexpr auto kReadAndWrite = static_cast<IOSurfaceLockOptions>(0);
    if (const kern_return_t locked = IOSurfaceLock(ref_.get(), kReadAndWrite, nullptr); locked != 0)
        return fail(ErrorCategory::Io, "IOSurfaceLock", locked);
    return MutableBytes(static_cast<std::byte*>(IOSurfaceGetBaseAddress(ref_.get())), byte_size());
}

void IOSurface::end_write() {
    (void)IOSurfaceUnlock(ref_.get(), static_cast<IOSurfaceLockOptions>(0), nullptr);
}

} // namespace tv::surface
