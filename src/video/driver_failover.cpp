// The driver's answers to decoders that fail, hang, hold pictures back, or call a packet broken.
#include <algorithm>
#include <utility>

#include "video/driver.h"

namespace tv::video {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
// From decode()'s return: a decoder that decodes on other threads needs a few milliseconds, and the
// application waits for its frame callback meanwhile.
constexpr std::int64_t kDelayedAfter = 50 * kMillisecond;
// One call of a hardware decoder. The slowest seen, the first use after waking up, takes under half a second.
constexpr std::int64_t kHardwareHang = 2'000 * kMillisecond;
// One call of a software decoder: an 8K key frame takes under a second on one slow core; machines may be
// loaded.
constexpr std::int64_t kSoftwareHang = 20'000 * kMillisecond;
// Pictures that come only after waiting, before something is done about it.
constexpr unsigned kTolerateHeldBack = 1;
// Pictures in time, one after the other, until those are forgotten: a machine may be slow for a moment, while
// a decoder that holds pictures back does so with every last one.
constexpr unsigned kForgiveAfter = 8;
// Key frames until failed hardware is tried again, at most; it doubles with each failure.
constexpr std::uint64_t kMaxPatience = 64;

} // namespace

std::int64_t Driver::hang_limit() const {
    return candidates_[current_].factory->hardware() ? kHardwareHang : kSoftwareHang;
}

// Newest first. Self: a const driver or not.
template <typename Self, typename Visit>
void Driver::for_each_submitted(Self& self, Visit visit) {
    std::size_t left = self.in_flight_;
    for (std::uint64_t number = self.next_submit_; left > 0 && number-- > self.first_;) {
        auto& entry = self.entries_[static_cast<std::size_t>(number - self.first_)];
        if (entry.state != Entry::State::Submitted) continue;
        --left;
        visit(entry);
    }
}

std::optional<std::int64_t> Driver::deadline() const {
    if (!lane_ || (created_ && in_flight_ == 0)) return std::nullopt;
    const auto running = options_.executor->running_since();
    if (!running) return std::nullopt;
    const std::int64_t busy = lane_->busy_since();
    std::int64_t soonest = (busy != 0 ? std::max(busy, *running) : options_.clock->steady()) + hang_limit();
    for_each_submitted(*this, [&](const Entry& entry) {
        if (entry.returned_at != 0)
            soonest = std::min(soonest, std::max(entry.returned_at, *running) +
                                            (entry.asked ? hang_limit() : kDelayedAfter));
    });
    return soonest;
}

// While the executor pauses nothing can be asked and nothing is late; afterwards every wait begins anew.
void Driver::check_time() {
    const auto running = options_.executor->running_since();
    if (!running) return;
    const std::int64_t now = options_.clock->steady();
    if (const std::int64_t busy = lane_->busy_since();
        busy != 0 && now - std::max(busy, *running) >= hang_limit())
        return on_hang();
    bool ask = false, lost = false;
    for_each_submitted(*this, [&](Entry& entry) {
        if (entry.returned_at == 0) return;
        const std::int64_t waited = now - std::max(entry.returned_at, *running);
        if (entry.asked)
            lost = lost || waited >= hang_limit();
        else
            ask = ask || waited >= kDelayedAfter;
    });
    if (lost) return on_hang();
    if (!ask) return;
    ++counts_.waits;
    for_each_submitted(*this, [](Entry& entry) {
        if (entry.returned_at != 0) entry.asked = true;
    });
    lane_->wait_for_delayed();
}

void Driver::on_hang() {
    const Error error{ErrorCategory::TryAgain, "decoder does not answer", 0, 0};
    if (lane_->busy_since() != 0) options_.executor->give_up_worker(lane_->busy_worker());
    const Entry* entry = first_open();
    if (entry == nullptr) return drop_lane();
    // A second try of the same would cost another thread.
    refresh_allowance(entry->key_ordinal);
    restarted_ = true;
    on_fault(entry->number, error);
}

void Driver::on_in_time() {
    if (++in_time_ >= kForgiveAfter) held_back_ = 0;
}

// The entry's picture came only after waiting, or not even then.
void Driver::on_held_back(Entry& entry) {
    in_time_ = 0;
    const bool open = !entry.final && !entry.skip;
    if (!open && ++held_back_ <= kTolerateHeldBack) return;
    const bool has_sets = options_.codec == Codec::H264 || options_.codec == Codec::Hevc;
    if (has_sets && !in_order_sets_ && !log_lost_) {
        in_order_sets_ = true;
        ++counts_.restarts;
        options_.log.info("video stream {}: {} holds pictures back; restarting it with a promise of order",
                          options_.stream, candidates_[current_].factory->name());
        return start(current_, first_);
    }
    if (!log_lost_ && usable_from(current_ + 1, entry.key_ordinal)) {
        candidates_[current_].useless = true;
        if (fail_over("holds pictures back")) return;
    }
    entry.final = true;
}

// --- failures ----------------------------------------------------------------------------------------------

// A decoder that gave no picture, or calls the packet broken, may be wrong: another is asked, once a key
// frame.
bool Driver::move_for_packet(const Entry& entry) {
    refresh_allowance(entry.key_ordinal);
    if (std::exchange(moved_for_packet_, true)) return false;
    const std::size_t before = current_;
    if (!fail_over("finds a packet broken")) return false;
    note_failure(before, entry.key_ordinal);
    return true;
}

bool Driver::fail_over(const char* why) {
    if (log_lost_) return false;
    const auto candidate = usable_from(current_ + 1, entries_.front().key_ordinal);
    if (!candidate) return false;
    ++counts_.failovers;
    options_.log.info("video stream {}: {} {}; going on with {}, fed {} packets", options_.stream,
                      candidates_[current_].factory->name(), why, candidates_[*candidate].factory->name(),
                      decided_ - first_);
    start(*candidate, first_);
    return true;
}

void Driver::on_corrupt(Entry& entry, const Error& error) {
    forget_after(entry.number);
    if (move_for_packet(entry)) return;
    // A key frame is not broken because of what a decoder remembers of packets before it.
    if (entry.key && began_at_ != entry.number && !std::exchange(entry.alone, true)) {
        ++counts_.restarts;
        return drop_lane();
    }
    options_.log.debug("video stream {}: packet {}: {}", options_.stream, entry.number, describe(error));
    say_once(&SaidOnce::broken, "a packet is broken: the last good picture stays until the next key frame");
    freeze_from(entry.number);
    // libavcodec's H.264 decoder carries something of a broken picture over into the next key frame.
    drop_lane();
}

void Driver::on_fault(std::uint64_t number, const Error& error) {
    Entry& entry = *find(number);
    if (error.category == ErrorCategory::Corrupted) {
        if (entry.skip) return;
        if (!entry.final) return on_corrupt(entry, error);
    }
    if (entry.skip) return drop_lane(); // nothing is lost: it starts again at the next key frame
    refresh_allowance(entry.key_ordinal);
    options_.log.debug("video stream {}: {}: {}", options_.stream, candidates_[current_].factory->name(),
                       describe(error));
    if (error.category == ErrorCategory::Unsupported) {
        const std::size_t before = current_;
        // A broken packet can look like a stream of another kind: the last resort gets another key frame all
        // the same.
        if (created_ && is_last_resort(before))
            note_failure(before, entry.key_ordinal);
        else
            candidates_[before].useless = true;
        if (fail_over("cannot decode this")) return;
        return give_up(error);
    }
    if (created_ && !restarted_ && !log_lost_) {
        restarted_ = true;
        ++counts_.restarts;
        return start(current_, first_);
    }
    note_failure(current_, entry.key_ordinal);
    if (!fail_over("failed")) give_up(error);
}

void Driver::give_up(const Error& error) {
    options_.log.debug("video stream {}: given up until the next key frame: {}", options_.stream,
                       describe(error));
    say_once(&SaidOnce::no_decoder, "no decoder can go on: the last good picture stays");
    counts_.given_up = true;
    Entry* entry = first_open();
    drop_lane();
    if (entry != nullptr) freeze_from(entry->number);
}

// Pictures that a decoder has already given of later packets were predicted from one that it calls broken.
void Driver::forget_after(std::uint64_t number) {
    for (std::uint64_t later = number + 1; later < end() && !find(later)->key; ++later) {
        find(later)->final = false;
        find(later)->picture.reset();
    }
}

// This packet is not shown, nor what follows it until a key frame.
void Driver::freeze_from(std::uint64_t number) {
    do {
        Entry& entry = *find(number);
        entry.skip = true;
        entry.picture.reset();
        if (++number == end()) frozen_ = true;
    } while (number < end() && !find(number)->key);
}

// --- which decoder -----------------------------------------------------------------------------------------

std::optional<std::size_t> Driver::usable_from(std::size_t first, std::uint64_t key_ordinal) const {
    for (std::size_t i = first; i < candidates_.size(); ++i)
        if (!candidates_[i].useless && candidates_[i].retry_at <= key_ordinal) return i;
    return std::nullopt;
}

// Software, or whatever is left.
bool Driver::is_last_resort(std::size_t index) const {
    return !candidates_[index].factory->hardware() ||
           std::ranges::count(candidates_, false, &Candidate::useless) == 1;
}

void Driver::note_failure(std::size_t index, std::uint64_t key_ordinal) {
    Candidate& candidate = candidates_[index];
    candidate.retry_at = key_ordinal + candidate.patience;
    // Software gets every key frame.
    if (candidate.factory->hardware()) candidate.patience = std::min(candidate.patience * 2, kMaxPatience);
}

// Never again for an earlier one: faults on both sides of a key frame would give each other new tries.
void Driver::refresh_allowance(std::uint64_t key_ordinal) {
    if (key_ordinal <= allowance_of_) return;
    allowance_of_ = key_ordinal;
    moved_for_packet_ = false;
    restarted_ = false;
}

// The lane is gone and this is the next packet to decode. False: nothing can.
bool Driver::start_for(const Entry& entry) {
    if (!entry.key && log_lost_) return false;
    const auto candidate = usable_from(0, entry.key_ordinal);
    if (!candidate) {
        counts_.given_up = true;
        say_once(&SaidOnce::no_decoder, "no decoder for it here: the buffer keeps its contents");
        return false;
    }
    start(*candidate, entry.key ? entry.number : first_);
    return true;
}

// The decoder that this key frame wants to be the first packet of.
std::optional<std::size_t> Driver::begins_anew(const Entry& key) const {
    const std::size_t best = usable_from(0, key.key_ordinal).value_or(current_);
    if (best < current_ || (key.alone && began_at_ != key.number)) return std::min(best, current_);
    return std::nullopt;
}

void Driver::start(std::size_t candidate, std::uint64_t from) {
    drop_lane();
    current_ = candidate;
    next_submit_ = began_at_ = from;
    lane_ = Lane::start(*candidates_[candidate].factory, {options_.codec, options_.buffer, options_.threads},
                        *options_.executor, *options_.clock, options_.wake);
}

void Driver::drop_lane() {
    if (lane_) lane_->abandon();
    lane_.reset();
    created_ = false;
    in_flight_ = 0;
    held_back_ = 0;
    in_time_ = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].state = Entry::State::Waiting;
    next_submit_ = decided_;
}

void Driver::say_once(bool SaidOnce::* what, const char* text) {
    SaidOnce& said = options_.said != nullptr ? *options_.said : own_said_;
    if (std::exchange(said.*what, true)) return;
    options_.log.warning("video stream {} ({}): {}", options_.stream, codec_name(options_.codec), text);
}

} // namespace tv::video
