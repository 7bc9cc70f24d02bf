// Micro-benchmarks of the parts that every byte or every message goes through. `allocations` counts calls of
// operator new for each iteration: in steady state there must be none.
#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/clock.h"
#include "base/fourcc.h"
#include "channel/compression.h"
#include "channel/messages.h"
#include "mirror/diff.h"
#include "patterns.h"
#include "proxy/proxy.h"
#include "wayland/message.h"
#include "wayland/object_table.h"

namespace {
std::atomic<std::size_t> allocation_count{0};
}

// Not inlined: g++ would take the pair for a mismatched one.
[[gnu::noinline]] void* operator new(std::size_t size) {
    allocation_count.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace tv {
namespace {

constexpr std::size_t kChunk = 256 * limits::kKiB; // what stock senders put into one message
constexpr std::size_t kWidth = 1920;

class Allocations {
public:
    explicit Allocations(benchmark::State& state) : state_(state), before_(allocation_count) {}
    ~Allocations() {
        // Whole ones only: the library itself makes one or two in all.
        const auto count = static_cast<double>((allocation_count - before_) / state_.iterations());
        state_.counters["allocations"] = count;
    }
    Allocations(const Allocations&) = delete;
    Allocations& operator=(const Allocations&) = delete;

private:
    benchmark::State& state_;
    std::size_t before_;
};

std::vector<std::byte> picture(bench::Pattern pattern) {
    std::vector<std::uint32_t> pixels(kChunk / sizeof(std::uint32_t));
    bench::paint(pattern, 1, pixels, kWidth, pixels.size() / kWidth);
    const auto bytes = std::as_bytes(std::span(pixels));
    return {bytes.begin(), bytes.end()};
}

// --- decompression
// -------------------------------------------------------------------------------------------

void decompress(benchmark::State& state, CompressionKind kind, bench::Pattern pattern) {
    const std::vector<std::byte> plain = picture(pattern);
    std::vector<std::byte> packed, out(plain.size());
    Compressor compressor;
    Decompressor decompressor;
    if (!compressor.compress(kind, plain, packed) || !decompressor.decompress(kind, packed, out)) {
        state.SkipWithError("the picture does not survive compression");
        return;
    }
    const Allocations allocations(state);
    for (auto _ : state) {
        auto done = decompressor.decompress(kind, packed, out);
        benchmark::DoNotOptimize(done);
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * plain.size()));
}
BENCHMARK_CAPTURE(decompress, lz4_noise, CompressionKind::Lz4, bench::Pattern::Noise);
BENCHMARK_CAPTURE(decompress, lz4_text, CompressionKind::Lz4, bench::Pattern::Text);
BENCHMARK_CAPTURE(decompress, zstd_noise, CompressionKind::Zstd, bench::Pattern::Noise);
BENCHMARK_CAPTURE(decompress, zstd_text, CompressionKind::Zstd, bench::Pattern::Text);

// --- diffs
// ---------------------------------------------------------------------------------------------------

// Spans of state.range(0) words with as many unchanged ones between them.
void apply_spans(benchmark::State& state) {
    const auto span_words = static_cast<std::size_t>(state.range(0));
    std::vector<std::byte> target(kChunk), diff;
    std::size_t data = 0;
    for (std::size_t word = 0; (word + span_words) * kDiffWord <= target.size(); word += 2 * span_words) {
        const std::size_t at = diff.size();
        diff.resize(at + kSpanHeader + span_words * kDiffWord, std::byte{7});
        store_u32(diff, at, static_cast<std::uint32_t>(word));
        store_u32(diff, at + 4, static_cast<std::uint32_t>(word + span_words));
        data += span_words * kDiffWord;
    }
    if (!apply_diff(diff, diff.size(), target)) {
        state.SkipWithError("the diff is refused");
        return;
    }
    const Allocations allocations(state);
    for (auto _ : state) {
        auto done = apply_diff(diff, diff.size(), target);
        benchmark::DoNotOptimize(done);
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * data));
}
BENCHMARK(apply_spans)->Arg(8)->Arg(64)->Arg(1024)->Arg(static_cast<int>(kChunk / kDiffWord));

// --- Wayland messages
// ----------------------------------------------------------------------------------------

// The compositor's socket: takes everything.
class NullTransport final : public proxy::RequestTransport {
public:
    Result<std::size_t> send(Bytes bytes, std::span<const int>) override { return bytes.size(); }
};

constexpr std::uint32_t kRegistry = 2, kCompositor = 3, kShm = 4, kSurface = 5, kPool = 6, kBuffer = 7,
                        kFrame = 8;
constexpr std::uint32_t kPoolBytes = 64 * 64 * 4;

// An application with a surface and a buffer, connected to nothing.
class Application {
public:
    Application() : proxy_(config(), mirror_) {
        proxy_.start(ConnectionHeader{.version = 16, .compression = CompressionKind::None});
        ok_ = set_up();
    }

    [[nodiscard]] bool ok() const { return ok_; }

    // What a commit consists of, and what the compositor answers. 4 requests, 3 events.
    bool frame() {
        using wayland::MessageBuilder;
        MessageBuilder(requests_, kSurface, 1).u(kBuffer).i(0).i(0);
        MessageBuilder(requests_, kSurface, 9).i(0).i(0).i(64).i(64);
        MessageBuilder(requests_, kSurface, 3).u(kFrame);
        MessageBuilder(requests_, kSurface, 6);
        if (!send()) return false;
        MessageBuilder(events_, kBuffer, 0);
        MessageBuilder(events_, kFrame, 0).u(1);
        MessageBuilder(events_, wayland::kDisplayId, 1).u(kFrame);
        return receive();
    }

private:
    static proxy::ProxyConfig config() {
        proxy::ProxyConfig made;
        made.clock = &system_clock();
        return made;
    }

    bool set_up() {
        using wayland::MessageBuilder;
        MessageBuilder(requests_, wayland::kDisplayId, 1).u(kRegistry);
        if (!send()) return false;
        MessageBuilder(events_, kRegistry, 0).u(1).s("wl_compositor").u(4);
        MessageBuilder(events_, kRegistry, 0).u(2).s("wl_shm").u(1);
        if (!receive()) return false;
        MessageBuilder(requests_, kRegistry, 0).u(1).s("wl_compositor").u(4).u(kCompositor);
        MessageBuilder(requests_, kRegistry, 0).u(2).s("wl_shm").u(1).u(kShm);
        MessageBuilder(requests_, kCompositor, 0).u(kSurface);
        if (!send()) return false;
        constexpr Rid kRid = 1;
        std::array<std::byte, sizeof(Rid)> rid{};
        store_u32(rid, 0, kRid);
        if (!message(msg::OpenFile{.rid = kRid, .size = kPoolBytes}) ||
            !message(msg::InjectRids{.data = rid}))
            return false;
        MessageBuilder(requests_, kShm, 0, 1).u(kPool).i(kPoolBytes);
        MessageBuilder(requests_, kPool, 0).u(kBuffer).i(0).i(64).i(64).i(64 * 4).u(1);
        return send();
    }

    template <typename M>
    bool message(const M& content) {
        std::array<std::byte, 64> bytes{};
        const std::size_t size = encoded_size(content);
        encode(content, std::span(bytes).first(size));
        return proxy_.channel_message(M::kType, std::span(bytes).first(size)).has_value();
    }

    bool send() {
        const msg::Protocol protocol{.data = requests_.bytes()};
        const std::size_t size = encoded_size(protocol);
        encode(protocol, message_.append(size));
        const bool passed = proxy_.channel_message(MessageType::Protocol, message_.bytes()).has_value() &&
                            proxy_.requests.flush(transport_, 0).has_value();
        message_.consume(size);
        requests_.consume(requests_.size());
        return passed;
    }

    bool receive() {
        const bool passed = proxy_.compositor_events(events_, event_fds_).has_value();
        proxy_.channel.written(proxy_.channel.ready().size());
        return passed && events_.empty();
    }

    mirror::MirrorState mirror_;
    proxy::Proxy proxy_;
    NullTransport transport_;
    ByteQueue requests_, message_, events_;
    Fifo<UniqueFd> event_fds_;
    bool ok_ = false;
};

void route_frame(benchmark::State& state) {
    Application application;
    bool ok = application.ok();
    for (int i = 0; ok && i < 100; ++i) ok = application.frame();
    if (!ok) {
        state.SkipWithError("a message is refused");
        return;
    }
    const Allocations allocations(state);
    for (auto _ : state) ok = ok && application.frame();
    if (!ok) state.SkipWithError("a message is refused");
    state.counters["messages"] = benchmark::Counter(7, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(route_frame);

// --- whole pictures into what the compositor shows
// -------------------------------------------------------------------------------------------

// A surface whose system calls cost nothing: what remains is our own work.
class PlainSurface final : public surface::Surface {
public:
    PlainSurface(std::size_t stride, std::size_t height) : stride_(stride) {
        file_ = mirror::SharedFile::create(stride * height).value();
    }
    [[nodiscard]] std::uint32_t id() const override { return 1; }
    [[nodiscard]] std::size_t stride() const override { return stride_; }
    [[nodiscard]] Status check() const override { return {}; }
    [[nodiscard]] bool in_use() const override { return false; }
    [[nodiscard]] Result<MutableBytes> begin_write() override { return file_.bytes(); }
    void end_write() override {}

private:
    std::size_t stride_;
    mirror::SharedFile file_;
};

enum class Into : std::uint8_t { Shm, Surface, PaddedSurface };

// A 1080p picture of which everything has changed, as diffs the way that stock senders cut it. XR24: the
// alpha pass included.
void raw_picture(benchmark::State& state, Into into, CompressionKind kind, std::uint32_t format) {
    constexpr std::size_t kHeight = 1080;
    mirror::ImageLayout layout;
    layout.width = kWidth;
    layout.height = kHeight;
    layout.format = format;
    layout.row_bytes = layout.view_stride = layout.file_stride = kWidth * 4;
    mirror::MirrorState mirror;
    mirror.compression = kind;
    std::shared_ptr<surface::Published> published;
    if (into != Into::Shm) {
        if (into == Into::PaddedSurface) layout.file_stride += 256;
        published = std::make_shared<surface::Published>();
        published->surface = std::make_shared<PlainSurface>(layout.file_stride, kHeight);
    }
    auto image = mirror::Replica::create_image(mirror, 1, layout, published).value();
    const std::vector<std::byte> plain = picture(bench::Pattern::Text);
    Compressor compressor;
    std::vector<std::vector<std::byte>> chunks;
    for (std::size_t at = 0; at + kChunk <= layout.view_size(); at += kChunk) {
        std::vector<std::byte> diff(kSpanHeader);
        store_u32(diff, 0, static_cast<std::uint32_t>(at / kDiffWord));
        store_u32(diff, 4, static_cast<std::uint32_t>((at + kChunk) / kDiffWord));
        diff.insert(diff.end(), plain.begin(), plain.end());
        std::vector<std::byte> packed = diff;
        if (kind != CompressionKind::None && !compressor.compress(kind, diff, packed))
            return state.SkipWithError("not compressed");
        chunks.push_back(std::move(packed));
    }
    const mirror::Update update{mirror::Update::Kind::Diff, kSpanHeader + kChunk, 0};
    const Allocations allocations(state);
    for (auto _ : state)
        for (const auto& chunk : chunks)
            if (!image->receive(update, chunk)) return state.SkipWithError("refused");
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * chunks.size() * kChunk));
}
BENCHMARK_CAPTURE(raw_picture, shm_lz4, Into::Shm, CompressionKind::Lz4, fourcc("XR24"));
BENCHMARK_CAPTURE(raw_picture, surface_xr24_lz4, Into::Surface, CompressionKind::Lz4, fourcc("XR24"));
BENCHMARK_CAPTURE(raw_picture, padded_surface_xr24_lz4, Into::PaddedSurface, CompressionKind::Lz4,
                  fourcc("XR24"));
BENCHMARK_CAPTURE(raw_picture, surface_ar24_lz4, Into::Surface, CompressionKind::Lz4, fourcc("AR24"));
BENCHMARK_CAPTURE(raw_picture, padded_surface_ar24_lz4, Into::PaddedSurface, CompressionKind::Lz4,
                  fourcc("AR24"));
BENCHMARK_CAPTURE(raw_picture, shm_none, Into::Shm, CompressionKind::None, fourcc("XR24"));
BENCHMARK_CAPTURE(raw_picture, surface_xr24_none, Into::Surface, CompressionKind::None, fourcc("XR24"));
BENCHMARK_CAPTURE(raw_picture, padded_surface_xr24_none, Into::PaddedSurface, CompressionKind::None,
                  fourcc("XR24"));
BENCHMARK_CAPTURE(raw_picture, surface_ar24_none, Into::Surface, CompressionKind::None, fourcc("AR24"));
BENCHMARK_CAPTURE(raw_picture, padded_surface_ar24_none, Into::PaddedSurface, CompressionKind::None,
                  fourcc("AR24"));

} // namespace
} // namespace tv

BENCHMARK_MAIN();
