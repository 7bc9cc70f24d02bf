#include "vt.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "calls.h"
#include "cf.h"
#include "media.h"
#include "random.h"
#include "software.h"
#include "vt_samples.h"

using tv::sim::check;
using tv::sim::coin;
using tv::sim::draw;
using tv::sim::Fault;
using tv::sim::violation;

const CFStringRef kVTVideoDecoderSpecification_EnableHardwareAcceleratedVideoDecoder =
    tv::sim::constant_string("kVTVideoDecoderSpecification_EnableHardwareAcceleratedVideoDecoder");
const CFStringRef kVTDecompressionPropertyKey_UsingHardwareAcceleratedVideoDecoder =
    tv::sim::constant_string("kVTDecompressionPropertyKey_UsingHardwareAcceleratedVideoDecoder");

namespace {

constexpr VTDecodeInfoFlags kAsynchronous = 1, kInterrupted = 16;
constexpr auto kDeadlock = std::chrono::seconds(20);

struct World {
    std::mutex lock;
    std::condition_variable hangs;
    tv::sim::Behaviour behaviour;
    std::vector<bool> struck;
    std::vector<std::string> complaints;
    std::vector<OpaqueVTDecompressionSession*> sessions;
    unsigned made = 0;
    unsigned largest_pool = 0;
    unsigned exhausted = 0;
    bool hanging = true;
    bool registered[2] = {}; // VP9, AV1
};
World& world() {
    static auto* const instance = new World;
    return *instance;
}

void complain(const std::string& what) {
    World& all = world();
    const std::lock_guard guard(all.lock);
    all.complaints.push_back(what);
}

// Whether this thread is inside a session's callback.
thread_local bool t_in_callback = false;

std::optional<Fault> fault_at(Fault::Kind from, Fault::Kind to, int session, int sample) {
    World& all = world();
    const std::lock_guard guard(all.lock);
    for (std::size_t i = 0; i < all.behaviour.faults.size(); ++i) {
        const Fault& fault = all.behaviour.faults[i];
        if (fault.kind < from || fault.kind > to) continue;
        if (fault.session >= 0 && fault.session != session) continue;
        if (fault.sample >= 0 && fault.sample != sample && !(fault.sticky && sample > fault.sample)) continue;
        all.struck[i] = true;
        return fault;
    }
    return std::nullopt;
}

void hang() {
    World& all = world();
    std::unique_lock lock(all.lock);
    all.hangs.wait(lock, [&] { return !all.hanging; });
}

} // namespace

struct OpaqueVTDecompressionSession : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    OpaqueVTDecompressionSession() : Object(kType) {}
    void dispose() override;

    struct Job {
        void* reference = nullptr;
        opaqueCMSampleBuffer* sample = nullptr; // retained
        std::uint64_t checksum = 0;
        int ordinal = 0;
    };
    struct Delivery {
        void* reference = nullptr;
        OSStatus status = 0;
        VTDecodeInfoFlags flags = 0;
        __CVBuffer* image = nullptr; // retained
        bool silent = false;         // never called back
    };

    void start();
    void stop();
    OSStatus submit(opaqueCMSampleBuffer* sample, void* reference, VTDecodeInfoFlags* info);
    void wait_until_empty();
    void run();
    // With the lock held; give it up meanwhile.
    void decode_some(std::unique_lock<std::mutex>& lock, bool asynchronous);
    Delivery decode(const Job& job);
    void apply_fault(const Fault& fault, Delivery& delivery);
    [[nodiscard]] bool has_buffer();
    void hand_out(std::unique_lock<std::mutex>& lock, Delivery delivery);
    void call_back(std::unique_lock<std::mutex>& lock, Delivery delivery);
    [[nodiscard]] std::size_t may_withhold() const;

    VTDecompressionOutputCallbackRecord callback{};
    tv::sim::Behaviour behaviour;
    std::vector<OSType> formats;
    bool in_surface = false, metal = false;
    opaqueCMFormatDescription* format = nullptr; // retained: the last accepted
    std::unique_ptr<tv::sim::SoftwareDecoder> software;
    std::shared_ptr<tv::sim::PixelPool> pool = std::make_shared<tv::sim::PixelPool>();
    int ordinal = 0;
    std::atomic<int> entered{0};
    std::atomic<bool> dead{false};

    std::mutex lock;
    std::condition_variable changed;
    std::deque<Job> jobs;
    std::vector<Delivery> withheld;
    int submitted = 0;
    bool busy = false;    // somebody decodes or calls back
    bool calling = false; // inside a callback
    bool emit = false;    // withheld pictures are wanted
    bool stopping = false;
    bool seen_key = false;
    std::thread worker;
};
const tv::sim::TypeInfo OpaqueVTDecompressionSession::kType{"VTDecompressionSession"};

namespace {

using Session = OpaqueVTDecompressionSession;

// Every call on a session passes through one of these.
class Entered {
public:
    Entered(VTDecompressionSessionRef ref, const char* function, bool in_callback_allowed = false)
        : session_(check<Session>(ref, function)) {
        if (t_in_callback && !in_callback_allowed) {
            violation(std::string(function) + " from inside the output callback: a deadlock", session_);
        }
        if (session_->entered.fetch_add(1) != 0) {
            violation(std::string(function) + ": concurrent calls on one session", session_);
        }
    }
    ~Entered() { session_->entered.fetch_sub(1); }
    Session* operator->() const { return session_; }
    Session* get() const { return session_; }

private:
    Session* session_;
};

} // namespace

void Session::start() {
    worker = std::thread([this] { run(); });
}

void Session::run() {
    std::unique_lock guard(lock);
    while (true) {
        changed.wait(guard,
                     [&] { return stopping || (!busy && (!jobs.empty() || (emit && !withheld.empty()))); });
        if (stopping) return;
        decode_some(guard, true);
    }
}

std::size_t Session::may_withhold() const {
    if (behaviour.promise_of_order_helps && format->promises_order) return 0;
    return behaviour.withhold;
}

void Session::decode_some(std::unique_lock<std::mutex>& guard, bool asynchronous) {
    busy = true;
    std::vector<Job> taken;
    while (!jobs.empty() && taken.size() < (asynchronous ? 3U : 1U)) {
        taken.push_back(jobs.front());
        jobs.pop_front();
    }
    guard.unlock();
    std::vector<Delivery> out;
    for (const Job& job : taken) {
        if (behaviour.max_delay_us != 0 && asynchronous) {
            std::this_thread::sleep_for(std::chrono::microseconds(draw(behaviour.max_delay_us)));
        }
        out.push_back(decode(job));
        tv::sim::release(job.sample, "VideoToolbox");
    }
    guard.lock();
    const std::size_t held = may_withhold();
    if (held == 0) {
        // No order is promised among pictures that are decoded together.
        for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[draw(i)]);
    }
    for (Delivery& delivery : out) withheld.push_back(delivery);
    while (!withheld.empty() && (withheld.size() > held || emit)) {
        const Delivery next = withheld.front();
        withheld.erase(withheld.begin());
        hand_out(guard, next);
    }
    if (withheld.empty() && jobs.empty()) emit = false;
    busy = false;
    changed.notify_all();
}

void Session::hand_out(std::unique_lock<std::mutex>& guard, Delivery delivery) {
    if (stopping || delivery.silent) {
        if (delivery.image != nullptr) tv::sim::release(delivery.image, "VideoToolbox");
        return;
    }
    call_back(guard, delivery);
}

void Session::call_back(std::unique_lock<std::mutex>& guard, Delivery delivery) {
    calling = true;
    guard.unlock();
    t_in_callback = true;
    const CMTime invalid{};
    callback.decompressionOutputCallback(callback.decompressionOutputRefCon, delivery.reference,
                                         delivery.status, delivery.flags, delivery.image, invalid, invalid);
    t_in_callback = false;
    if (delivery.image != nullptr) tv::sim::release(delivery.image, "VideoToolbox");
    guard.lock();
    calling = false;
    changed.notify_all();
}

Session::Delivery Session::decode(const Job& job) {
    Delivery delivery;
    delivery.reference = job.reference;
    delivery.flags = kAsynchronous;
    if (job.sample->block->checksum() != job.checksum) {
        violation("a sample's bytes changed between DecodeFrame and decoding", job.sample->block);
    }
    const bool has_memory = has_buffer();
    const OSType pixel_format = formats[draw(formats.size())];
    using Outcome = tv::sim::SoftwareDecoder::Outcome;
    switch (software->decode(*job.sample->format, job.sample->block->memory, job.sample->block->size,
                             pixel_format, pool, &delivery.image)) {
    case Outcome::Picture:
        delivery.image->in_surface = in_surface;
        delivery.image->metal_mappable = metal;
        if (pixel_format == tv::sim::kOddFormat) delivery.image->planes.clear();
        break;
    case Outcome::NoPicture:
        break;
    case Outcome::Damaged:
        // Any of the forms in which damage was seen.
        delivery.status = draw(3) == 0 ? 0 : coin() ? kVTVideoDecoderBadDataErr : OSStatus{-8969};
        break;
    }
    if (!has_memory && delivery.image != nullptr) {
        tv::sim::release(std::exchange(delivery.image, nullptr), "VideoToolbox");
        delivery.status = kVTAllocationFailedErr;
    }
    const auto fault =
        fault_at(Fault::Kind::ReturnsAndReports, Fault::Kind::NoCallback, ordinal, job.ordinal);
    if (fault) apply_fault(*fault, delivery);
    {
        World& all = world();
        const std::lock_guard guard(all.lock);
        all.largest_pool = std::max(all.largest_pool, static_cast<unsigned>(pool->allocated()));
    }
    return delivery;
}

// Whether there is memory for one more picture; where the pool stalls, once there is.
bool Session::has_buffer() {
    const auto full = [this] { return behaviour.pool_limit != 0 && pool->in_use() >= behaviour.pool_limit; };
    if (!full()) return true;
    {
        World& all = world();
        const std::lock_guard guard(all.lock);
        ++all.exhausted;
    }
    if (!behaviour.pool_stalls) return false;
    const auto end = std::chrono::steady_clock::now() + kDeadlock;
    while (full()) {
        {
            const std::lock_guard guard(lock);
            if (stopping) return false;
        }
        if (std::chrono::steady_clock::now() > end)
            violation("a decoder waits for a picture to come back, and none does: a deadlock", this);
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return true;
}

void Session::apply_fault(const Fault& fault, Delivery& delivery) {
    const auto lose_image = [&] {
        if (delivery.image != nullptr) tv::sim::release(delivery.image, "VideoToolbox");
        delivery.image = nullptr;
    };
    switch (fault.kind) {
    case Fault::Kind::ReturnsAndReports:
    case Fault::Kind::ReportsError:
        lose_image();
        delivery.status = fault.status;
        break;
    case Fault::Kind::NoImage:
        lose_image();
        break;
    case Fault::Kind::Dropped:
        lose_image();
        delivery.flags |= kVTDecodeInfo_FrameDropped;
        break;
    case Fault::Kind::DroppedWithImage:
        if (delivery.image != nullptr) delivery.image->pixels->poison();
        delivery.flags |= kVTDecodeInfo_FrameDropped;
        break;
    case Fault::Kind::Interrupted:
        if (delivery.image != nullptr) delivery.image->pixels->poison();
        delivery.flags |= kInterrupted;
        break;
    case Fault::Kind::NoCallback:
        delivery.silent = true;
        break;
    default:
        break;
    }
}

OSStatus Session::submit(opaqueCMSampleBuffer* sample, void* reference, VTDecodeInfoFlags* info) {
    const int number = submitted++;
    if (fault_at(Fault::Kind::AllDie, Fault::Kind::AllDie, ordinal, number)) {
        World& all = world();
        const std::lock_guard guard(all.lock);
        for (auto* session : all.sessions) session->dead = true;
    }
    if (fault_at(Fault::Kind::DecodeHangs, Fault::Kind::DecodeHangs, ordinal, number)) hang();
    if (dead) return kVTInvalidSessionErr;
    if (const auto fault = fault_at(Fault::Kind::ReturnsError, Fault::Kind::ReturnsError, ordinal, number)) {
        return fault->status;
    }
    const auto late =
        fault_at(Fault::Kind::ReturnsAndReports, Fault::Kind::ReturnsAndDecodes, ordinal, number);

    const auto verdict = tv::sim::judge_sample(*sample);
    if (!verdict.complaint.empty()) {
        complain(verdict.complaint);
        return verdict.status;
    }
    if (!seen_key && !verdict.key) {
        complain("the first sample of a session is no key frame");
        return coin() ? kVTVideoDecoderReferenceMissingErr : kVTVideoDecoderBadDataErr;
    }
    seen_key = true;

    tv::sim::retain(sample);
    std::unique_lock guard(lock);
    jobs.push_back({reference, sample, sample->block->checksum(), number});
    // The callback may come on this very thread, before the call returns.
    const bool here = !busy && jobs.size() == 1 && draw(3) == 0;
    if (here)
        decode_some(guard, false);
    else if (info != nullptr)
        *info = kAsynchronous;
    changed.notify_all();
    // It may also wait for a callback that runs elsewhere: whoever holds a lock there that the caller has is
    // stuck.
    if (coin() && !changed.wait_for(guard, kDeadlock, [&] { return !calling; })) {
        violation("DecodeFrame waits for a callback that does not return: a deadlock", this);
    }
    return late ? late->status : 0;
}

void Session::wait_until_empty() {
    std::unique_lock guard(lock);
    emit = true;
    changed.notify_all();
    const bool empty =
        changed.wait_for(guard, kDeadlock, [&] { return jobs.empty() && withheld.empty() && !busy; });
    if (!empty) violation("WaitForAsynchronousFrames waits for a callback that does not return", this);
    emit = false;
}

void Session::stop() {
    if (coin() && worker.joinable() && !dead) wait_until_empty(); // what is left is given or dropped
    {
        const std::lock_guard guard(lock);
        stopping = true;
        changed.notify_all();
    }
    if (worker.joinable()) worker.join();
    World& all = world();
    {
        const std::lock_guard guard(all.lock);
        std::erase(all.sessions, this);
    }
    for (const Job& job : jobs) tv::sim::release(job.sample, "VideoToolbox");
    for (const Delivery& delivery : withheld) {
        if (delivery.image != nullptr) tv::sim::release(delivery.image, "VideoToolbox");
    }
    jobs.clear();
    withheld.clear();
    software.reset();
}

void Session::dispose() {
    if (t_in_callback) violation("the last release of a session from inside its callback: a deadlock", this);
    if (!stopping) stop();
    if (format != nullptr) tv::sim::release(format, "a decompression session");
    format = nullptr;
    pool.reset();
}

namespace tv::sim {

unsigned withheld_by_default() {
    const char* text = std::getenv("TV_APPLESIM_WITHHOLD");
    return text == nullptr ? 0 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

void configure(Behaviour behaviour) {
    World& all = world();
    const std::lock_guard guard(all.lock);
    all.struck.assign(behaviour.faults.size(), false);
    all.behaviour = std::move(behaviour);
    all.complaints.clear();
    all.made = 0;
    all.largest_pool = 0;
    all.exhausted = 0;
    all.hanging = true;
    for (bool& registered : all.registered) registered = false;
}
void release_hangs() {
    World& all = world();
    const std::lock_guard guard(all.lock);
    all.hanging = false;
    all.hangs.notify_all();
}
std::vector<std::string> complaints() {
    World& all = world();
    const std::lock_guard guard(all.lock);
    return all.complaints;
}
unsigned sessions_made() {
    World& all = world();
    const std::lock_guard guard(all.lock);
    return all.made;
}
unsigned sessions_alive() {
    World& all = world();
    const std::lock_guard guard(all.lock);
    return static_cast<unsigned>(all.sessions.size());
}
unsigned faults_struck() {
    World& all = world();
    const std::lock_guard guard(all.lock);
    return static_cast<unsigned>(std::count(all.struck.begin(), all.struck.end(), true));
}
unsigned pools_exhausted() {
    World& all = world();
    const std::lock_guard guard(all.lock);
    return all.exhausted;
}
unsigned largest_pool() {
    World& all = world();
    const std::lock_guard guard(all.lock);
    return all.largest_pool;
}

} // namespace tv::sim

namespace {

std::vector<OSType> wanted_formats(const __CFDictionary* attributes) {
    const void* value = attributes == nullptr ? nullptr : attributes->get(kCVPixelBufferPixelFormatTypeKey);
    // Whoever does not ask gets what the decoder likes best.
    if (value == nullptr) return {tv::sim::kOddFormat};
    std::vector<OSType> formats;
    const auto add = [&](const void* number) {
        formats.push_back(
            static_cast<OSType>(check<__CFNumber>(number, "VTDecompressionSessionCreate")->integer));
    };
    if (tv::sim::check_alive(value, "VTDecompressionSessionCreate")->type == &__CFArray::kType) {
        for (const void* number : check<__CFArray>(value, "VTDecompressionSessionCreate")->values)
            add(number);
    } else {
        add(value);
    }
    std::erase_if(formats, [](OSType format) {
        return format != kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange &&
               format != kCVPixelFormatType_420YpCbCr8BiPlanarFullRange;
    });
    return formats;
}

// Whether the session answers nothing but InvalidSession. Whose doing that is makes a difference to the
// caller.
bool invalid(const Session& session, const char* function) {
    if (session.stopping) complain(std::string(function) + " after Invalidate");
    return session.stopping || session.dead;
}

bool needs_registration(CMVideoCodecType codec) {
    World& all = world();
    const std::lock_guard guard(all.lock);
    return (codec == kCMVideoCodecType_VP9 && !all.registered[0]) ||
           (codec == kCMVideoCodecType_AV1 && !all.registered[1]);
}

} // namespace

extern "C" {

OSStatus VTDecompressionSessionCreate(CFAllocatorRef /*allocator*/,
                                      CMVideoFormatDescriptionRef videoFormatDescription,
                                      CFDictionaryRef videoDecoderSpecification,
                                      CFDictionaryRef destinationImageBufferAttributes,
                                      const VTDecompressionOutputCallbackRecord* outputCallback,
                                      VTDecompressionSessionRef* decompressionSessionOut) {
    TV_SIM_CALL();
    auto* format = check<opaqueCMFormatDescription>(videoFormatDescription, __func__);
    if (videoDecoderSpecification != nullptr) tv::sim::check_dictionary(videoDecoderSpecification, __func__);
    const __CFDictionary* attributes = nullptr;
    if (destinationImageBufferAttributes != nullptr) {
        attributes = tv::sim::check_dictionary(destinationImageBufferAttributes, __func__);
    }
    if (outputCallback == nullptr)
        violation("VTDecompressionSessionCreate without a callback is not simulated");
    int ordinal = 0;
    tv::sim::Behaviour behaviour;
    {
        World& all = world();
        const std::lock_guard guard(all.lock);
        ordinal = static_cast<int>(all.made++);
        behaviour = all.behaviour;
    }
    if (fault_at(Fault::Kind::CreateHangs, Fault::Kind::CreateHangs, ordinal, 0)) hang();
    if (const auto fault = fault_at(Fault::Kind::CreateFails, Fault::Kind::CreateFails, ordinal, 0)) {
        return fault->status;
    }
    if (needs_registration(format->codec)) return kVTCouldNotFindVideoDecoderErr;
    const auto formats = wanted_formats(attributes);
    if (formats.empty()) return kVTPixelTransferNotSupportedErr;
    auto software = tv::sim::make_software_decoder(format->codec);
    if (!software) return kVTCouldNotFindVideoDecoderErr;

    auto* session = new Session;
    session->ordinal = ordinal;
    session->callback = *outputCallback;
    session->behaviour = behaviour;
    session->formats = formats;
    session->software = std::move(software);
    session->metal =
        tv::sim::boolean_of(attributes, kCVPixelBufferMetalCompatibilityKey, __func__).value_or(false);
    session->in_surface =
        session->metal ||
        (attributes != nullptr && attributes->get(kCVPixelBufferIOSurfacePropertiesKey) != nullptr);
    tv::sim::retain(format);
    session->format = format;
    session->start();
    {
        World& all = world();
        const std::lock_guard guard(all.lock);
        all.sessions.push_back(session);
    }
    *decompressionSessionOut = session;
    return 0;
}

OSStatus VTDecompressionSessionDecodeFrame(VTDecompressionSessionRef session, CMSampleBufferRef sampleBuffer,
                                           VTDecodeFrameFlags decodeFlags, void* sourceFrameRefCon,
                                           VTDecodeInfoFlags* infoFlagsOut) {
    TV_SIM_CALL();
    const Entered self(session, __func__);
    auto* sample = check<opaqueCMSampleBuffer>(sampleBuffer, __func__);
    if (decodeFlags != kVTDecodeFrame_EnableAsynchronousDecompression) {
        violation("VTDecompressionSessionDecodeFrame: only asynchronous decoding, without the temporal flag, "
                  "is simulated");
    }
    if (invalid(*self.get(), __func__)) return kVTInvalidSessionErr;
    if (sample->format != self->format && !CFEqual(sample->format, self->format)) {
        complain("a sample of a format that the session was not asked to accept");
        return kVTFormatDescriptionChangeNotSupportedErr;
    }
    return self->submit(sample, sourceFrameRefCon, infoFlagsOut);
}

OSStatus VTDecompressionSessionFinishDelayedFrames(VTDecompressionSessionRef session) {
    TV_SIM_CALL();
    const Entered self(session, __func__);
    if (fault_at(Fault::Kind::FinishHangs, Fault::Kind::FinishHangs, self->ordinal, self->submitted - 1))
        hang();
    if (invalid(*self.get(), __func__)) return kVTInvalidSessionErr;
    if (self->behaviour.finish_emits) {
        const std::lock_guard guard(self->lock);
        self->emit = true;
        self->changed.notify_all();
    }
    return 0;
}

OSStatus VTDecompressionSessionWaitForAsynchronousFrames(VTDecompressionSessionRef session) {
    TV_SIM_CALL();
    const Entered self(session, __func__);
    if (fault_at(Fault::Kind::WaitHangs, Fault::Kind::WaitHangs, self->ordinal, self->submitted - 1)) hang();
    if (invalid(*self.get(), __func__)) return kVTInvalidSessionErr;
    self->wait_until_empty();
    return 0;
}

void VTDecompressionSessionInvalidate(VTDecompressionSessionRef session) {
    TV_SIM_CALL();
    const Entered self(session, __func__);
    if (fault_at(Fault::Kind::InvalidateHangs, Fault::Kind::InvalidateHangs, self->ordinal, 0)) hang();
    if (!self->stopping) self->stop();
}

Boolean VTDecompressionSessionCanAcceptFormatDescription(VTDecompressionSessionRef session,
                                                         CMFormatDescriptionRef newFormatDesc) {
    TV_SIM_CALL();
    const Entered self(session, __func__);
    auto* format = check<opaqueCMFormatDescription>(newFormatDesc, __func__);
    const auto* old = self->format;
    const bool alike =
        format->codec == old->codec && format->width == old->width && format->height == old->height;
    const int fixed = self->behaviour.accept_changes;
    if (fixed == 0 || (fixed < 0 && (!alike || coin()))) return 0;
    tv::sim::retain(format);
    const std::lock_guard guard(self->lock);
    // What is queued still decodes by its own description.
    tv::sim::release(std::exchange(self->format, format), "a decompression session");
    return 1;
}

Boolean VTIsHardwareDecodeSupported(CMVideoCodecType codecType) {
    TV_SIM_CALL();
    if (needs_registration(codecType)) return 0;
    World& all = world();
    const std::lock_guard guard(all.lock);
    return all.behaviour.hardware ? 1 : 0;
}

void VTRegisterSupplementalVideoDecoderIfAvailable(CMVideoCodecType codecType) {
    TV_SIM_CALL();
    World& all = world();
    const std::lock_guard guard(all.lock);
    if (codecType == kCMVideoCodecType_VP9) all.registered[0] = true;
    if (codecType == kCMVideoCodecType_AV1) all.registered[1] = true;
}

OSStatus VTSessionCopyProperty(VTSessionRef session, CFStringRef propertyKey, CFAllocatorRef /*allocator*/,
                               void* propertyValueOut) {
    TV_SIM_CALL();
    auto* decompression = static_cast<VTDecompressionSessionRef>(const_cast<void*>(session));
    const Entered self(decompression, __func__);
    if (!CFEqual(propertyKey, kVTDecompressionPropertyKey_UsingHardwareAcceleratedVideoDecoder)) {
        return kVTPropertyNotSupportedErr;
    }
    const CFTypeRef value = self->behaviour.hardware ? kCFBooleanTrue : kCFBooleanFalse;
    std::memcpy(propertyValueOut, static_cast<const void*>(&value), sizeof value);
    return 0;
}

} // extern "C"
