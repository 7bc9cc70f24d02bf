#include "video/driver.h"

#include <algorithm>
#include <utility>

namespace tv::video {

namespace {

// Decoding it would cost memory and time for what nobody sees.
bool exceeds(Size coded, Size buffer) {
    return coded.width > std::uint64_t{buffer.width} + limits::kMaxVideoExcess ||
           coded.height > std::uint64_t{buffer.height} + limits::kMaxVideoExcess;
}

} // namespace

Driver::Driver(DriverOptions options) : options_(std::move(options)) {
    for (DecoderFactory* factory : options_.decoders)
        if (factory->may_decode(options_.codec)) candidates_.push_back({factory});
}

Driver::~Driver() {
    if (lane_) lane_->abandon();
    if (options_.budget != nullptr) options_.budget->used -= log_bytes_;
}

Driver::Entry* Driver::find(std::uint64_t number) {
    if (number < first_ || number >= end()) return nullptr;
    return &entries_[static_cast<std::size_t>(number - first_)];
}

Driver::Entry* Driver::first_open() {
    for (std::uint64_t number = decided_; number < end(); ++number)
        if (Entry* entry = find(number); !entry->final && !entry->skip) return entry;
    return nullptr;
}

std::uint64_t Driver::push(std::shared_ptr<const Packet> packet) {
    const PacketInfo info = inspect(options_.codec, packet->bytes());
    Entry entry;
    entry.number = end();
    entry.pushed_at = options_.clock->steady();
    entry.packet = std::move(packet);
    entry.bytes = info.bytes;
    entry.key = info.key_frame;
    entry.has_picture = info.has_picture;
    if (entry.key) {
        frozen_ = false;
        ++key_ordinal_;
        ++counts_.key_frames;
        keys_.push_back(entry.number);
    }
    if (info.size) announced_ = info.size;
    if (info.coded) too_large_ = exceeds(*info.coded, options_.buffer);
    entry.announced = announced_;
    entry.key_ordinal = key_ordinal_;
    // Nothing at all would tell libavcodec that the stream ends.
    entry.skip = frozen_ || too_large_ || entry.bytes.empty();
    if (too_large_) say_once(&SaidOnce::too_large, "it is much larger than its buffer and is not decoded");
    ++counts_.packets;
    counts_.bytes += entry.bytes.size();
    queued_bytes_ += entry.bytes.size();
    const std::uint64_t number = entry.number;
    const bool begins_log = entry.key && number == decided_;
    entries_.push(std::move(entry));
    if (begins_log) trim();
    pump();
    return number;
}

void Driver::service() {
    if (const std::shared_ptr<Lane> lane = lane_) {
        lane->take_events(events_);
        for (LaneEvent& event : events_) {
            if (lane_ != lane) break; // a fault replaced it, and with it whatever else it said
            handle(event);
        }
        events_.clear();
        if (lane_) check_time();
    }
    pump();
}

std::optional<Outcome> Driver::next() {
    if (outcomes_.empty()) return std::nullopt;
    Outcome outcome = outcomes_.pop();
    if (outcome.picture) {
        --pictures_waiting_;
        pump();
    }
    return outcome;
}

// --- the way of a packet -----------------------------------------------------------------------------------

void Driver::pump() {
    for (;;) {
        settle();
        Entry* entry = find(next_submit_);
        if (entry == nullptr) return;
        if (entry->skip) {
            ++next_submit_;
        } else if (!lane_) {
            if (!start_for(*entry)) freeze_from(entry->number);
        } else if (const auto decoder =
                       entry->key && entry->number >= decided_ ? begins_anew(*entry) : std::nullopt) {
            if (entry->number != decided_ || in_flight_ > 0) return;
            start(*decoder, entry->number);
        } else {
            if (in_flight_ + pictures_waiting_ >= options_.in_flight) return;
            submit(*entry);
            ++next_submit_;
        }
    }
}

void Driver::submit(Entry& entry) {
    AccessUnit unit{entry.bytes, entry.key, entry.number, entry.packet};
    if (in_order_sets_ && entry.key) {
        const std::vector<std::byte> changed = without_reordering(options_.codec, entry.bytes);
        if (!changed.empty()) {
            auto packet = std::make_shared<const Packet>(Bytes(changed));
            unit.bytes = packet->bytes();
            unit.owner = std::move(packet);
        }
    }
    entry.state = Entry::State::Submitted;
    entry.returned_at = 0;
    entry.asked = false;
    ++in_flight_;
    lane_->decode(std::move(unit), entry.number + 1 == end());
}

void Driver::finish(Entry& entry) {
    if (entry.state == Entry::State::Submitted) --in_flight_;
    entry.state = Entry::State::Done;
}

void Driver::settle() {
    const std::uint64_t before = decided_;
    for (; decided_ < end(); ++decided_) {
        Entry& entry = *find(decided_);
        if (!entry.final && !entry.skip) break;
        outcomes_.push({});
        Outcome& outcome = outcomes_.back();
        outcome.packet = entry.number;
        outcome.pushed_at = entry.pushed_at;
        outcome.submitted_at = entry.submitted_at;
        outcome.decoded_at = entry.decoded_at;
        if (!entry.skip) outcome.picture = std::move(entry.picture);
        entry.picture.reset();
        entry.final = true;
        queued_bytes_ -= entry.bytes.size();
        log_bytes_ += entry.bytes.size();
        if (options_.budget != nullptr) options_.budget->used += entry.bytes.size();
        if (outcome.picture) {
            ++counts_.pictures;
            ++pictures_waiting_;
            counts_.given_up = false;
        } else {
            ++counts_.without_picture;
        }
    }
    if (decided_ != before) trim();
}

void Driver::drop_front() {
    Entry& entry = entries_.front();
    if (entry.state == Entry::State::Submitted) --in_flight_;
    log_bytes_ -= entry.bytes.size();
    if (options_.budget != nullptr) options_.budget->used -= entry.bytes.size();
    if (!keys_.empty() && keys_.front() == entry.number) keys_.pop_front();
    (void)entries_.pop();
    ++first_;
}

// Keeps what another decoder would have to be fed.
void Driver::trim() {
    std::optional<std::uint64_t> start;
    for (const std::uint64_t key : keys_) {
        if (key > decided_) break;
        start = key;
    }
    if (start) {
        while (first_ < *start) drop_front();
        log_lost_ = false;
    }
    const bool too_much = log_bytes_ > options_.log_bytes ||
                          (options_.budget != nullptr && options_.budget->used > options_.budget->limit);
    // A decoder that is being fed the log still needs it.
    if (too_much && next_submit_ >= decided_) {
        while (first_ < decided_) drop_front();
        log_lost_ = true;
    }
    next_submit_ = std::max(next_submit_, first_);
}

void Driver::handle(LaneEvent& event) {
    switch (event.kind) {
    case LaneEvent::Kind::Created:
        if (event.outcome) {
            created_ = true;
        } else if (Entry* entry = first_open(); entry != nullptr) {
            on_fault(entry->number, event.outcome.error());
        } else {
            drop_lane();
        }
        break;
    case LaneEvent::Kind::Returned:
        if (Entry* entry = find(event.ticket); entry != nullptr && entry->state == Entry::State::Submitted) {
            entry->returned_at = event.time;
            if (entry->has_picture) break;
            finish(*entry); // parameter sets alone: there is nothing to wait for
            entry->final = true;
        }
        break;
    case LaneEvent::Kind::Decoded:
        on_decoded(event);
        break;
    }
}

void Driver::on_decoded(LaneEvent& event) {
    Entry* entry = find(event.ticket);
    if (entry == nullptr || entry->state != Entry::State::Submitted) return;
    finish(*entry);
    if (!event.outcome) {
        on_fault(entry->number, event.outcome.error());
    } else if (!*event.outcome) {
        on_no_picture(*entry);
    } else {
        on_picture(*entry, std::move(**event.outcome), event);
    }
}

void Driver::on_picture(Entry& entry, Picture picture, const LaneEvent& event) {
    const bool waited = entry.asked;
    const std::uint64_t number = entry.number;
    if (!entry.final && !entry.skip) {
        const Size want = options_.buffer;
        auto too_small = [&](Size size) { return size.width < want.width || size.height < want.height; };
        if (picture.native == nullptr && !planes_cover(picture))
            return on_fault(number, {ErrorCategory::Io, "decoder gave a picture with missing samples", 0, 0});
        if (too_small(picture.size)) {
            if (entry.announced && !too_small(*entry.announced))
                return on_fault(number,
                                {ErrorCategory::Io, "decoder gave a picture smaller than announced", 0, 0});
            say_once(&SaidOnce::too_small, "its pictures are smaller than the buffer and are not shown");
        } else {
            entry.picture = std::move(picture);
            entry.submitted_at = event.began;
            entry.decoded_at = event.time;
            queue_times_.add(event.began - entry.pushed_at);
            decode_times_.add(event.time - event.began);
        }
        entry.final = true;
    }
    if (waited) return on_held_back(entry);
    on_in_time();
}

void Driver::on_no_picture(Entry& entry) {
    if (entry.final || entry.skip) return;
    if (entry.has_picture) {
        if (entry.asked) return on_held_back(entry);
        if (move_for_packet(entry)) return;
    }
    entry.final = true;
}

DriverStatistics Driver::counts() const {
    DriverStatistics statistics = counts_;
    if (!candidates_.empty()) {
        statistics.decoder = candidates_[current_].factory->name();
        statistics.hardware = candidates_[current_].factory->hardware();
        if (lane_) statistics.hardware = lane_->hardware().value_or(statistics.hardware);
    }
    statistics.log_bytes = log_bytes_;
    return statistics;
}

DriverStatistics Driver::statistics() const {
    DriverStatistics statistics = counts();
    statistics.queue = queue_times_.percentiles();
    statistics.decode = decode_times_.percentiles();
    return statistics;
}

} // namespace tv::video
