#include "video/lane.h"

#include <algorithm>

namespace tv::video {

LaneInbox::~LaneInbox() {
    for (const Begun& begun : begun_)
        if (begun.handed_on && handed_on_) handed_on_->decodes.end();
}

void LaneInbox::push_while_locked(LaneEvent event) {
    if (closed_) return;
    event.time = clock_.steady();
    events_.push_back(std::move(event));
}

void LaneInbox::tell() {
    std::lock_guard lock(wake_mutex_);
    if (wake_) wake_();
}

void LaneInbox::decoded(std::uint64_t ticket, Result<std::optional<Picture>> outcome) {
    {
        std::lock_guard lock(mutex_);
        const auto begun = std::ranges::find(begun_, ticket, &Begun::ticket);
        if (begun == begun_.end()) return; // reported before, or never asked for
        const std::int64_t began = begun->time;
        if (begun->handed_on && handed_on_) handed_on_->decodes.end();
        begun_.erase(begun);
        push_while_locked({LaneEvent::Kind::Decoded, ticket, std::move(outcome), began});
    }
    tell();
}

void LaneInbox::begin(std::uint64_t ticket) {
    std::lock_guard lock(mutex_);
    begun_.push_back({ticket, clock_.steady()});
}

void LaneInbox::created(Status status) {
    LaneEvent event;
    if (!status) event.outcome = std::unexpected(status.error());
    {
        std::lock_guard lock(mutex_);
        push_while_locked(std::move(event));
    }
    tell();
}

bool LaneInbox::returned(std::uint64_t ticket) {
    {
        std::lock_guard lock(mutex_);
        const auto begun = std::ranges::find(begun_, ticket, &Begun::ticket);
        if (begun == begun_.end()) return false;
        begun->handed_on = true;
        if (handed_on_) handed_on_->decodes.begin();
        push_while_locked({LaneEvent::Kind::Returned, ticket});
    }
    tell();
    return true;
}

void LaneInbox::close() {
    std::vector<LaneEvent> dropped; // pictures go outside the lock
    {
        std::lock_guard lock(mutex_);
        closed_ = true;
        std::swap(dropped, events_);
    }
    std::lock_guard lock(wake_mutex_);
    wake_ = nullptr;
}

void LaneInbox::take(std::vector<LaneEvent>& events) {
    events.clear();
    std::lock_guard lock(mutex_);
    std::swap(events, events_);
}

std::shared_ptr<Lane> Lane::start(DecoderFactory& factory, const StreamParameters& stream, Executor& executor,
                                  const Clock& clock, std::function<void()> wake) {
    auto inbox = std::make_shared<LaneInbox>(clock, std::move(wake), executor.handed_on());
    std::shared_ptr<Lane> lane(new Lane(factory, stream, executor, clock, std::move(inbox)));
    lane->enqueue({Call::Create});
    return lane;
}

void Lane::decode(AccessUnit unit, bool last) {
    enqueue({Call::Decode, std::move(unit), last});
}
void Lane::wait_for_delayed() {
    enqueue({Call::Wait});
}

void Lane::abandon() {
    inbox_->close();
    {
        std::lock_guard lock(mutex_);
        abandoned_ = true;
        commands_.clear();
        if (scheduled_) return; // that task sees it
        scheduled_ = true;
    }
    post();
}

std::thread::id Lane::busy_worker() {
    std::lock_guard lock(mutex_);
    return worker_;
}

void Lane::enqueue(Command command) {
    {
        std::lock_guard lock(mutex_);
        commands_.push(std::move(command));
        if (scheduled_) return;
        scheduled_ = true;
    }
    post();
}

void Lane::post() {
    const Status posted = executor_.post([self = shared_from_this()] { self->run_one(); });
    if (!posted) inbox_->created(posted);
}

bool Lane::next_command(Command& command) {
    std::lock_guard lock(mutex_);
    if (abandoned_) return false;
    command = commands_.pop();
    worker_ = std::this_thread::get_id();
    return true;
}

// One call a task, so that streams take turns where workers are few.
void Lane::run_one() {
    Command command{Call::Create};
    if (next_command(command)) {
        busy_since_.store(clock_.steady(), std::memory_order_relaxed);
        perform(command);
        busy_since_.store(0, std::memory_order_relaxed);
    }
    bool abandoned = false;
    {
        std::lock_guard lock(mutex_);
        abandoned = abandoned_;
        if (!abandoned && commands_.empty()) {
            scheduled_ = false;
            return;
        }
    }
    if (abandoned)
        end_decoder();
    else
        post();
}

void Lane::end_decoder() {
    if (!decoder_) return;
    Task end([decoder = std::move(decoder_)]() mutable { decoder.reset(); });
    const auto last_calls = last_calls_.lock();
    if (last_calls == nullptr || !last_calls->post(end)) end.reset();
}

void Lane::perform(const Command& command) {
    switch (command.call) {
    case Call::Create: {
        auto created = factory_.create(stream_, inbox_);
        if (created) decoder_ = std::move(*created);
        inbox_->created(created ? Status{} : std::unexpected(created.error()));
        break;
    }
    case Call::Decode:
        if (decoder_) decode_now(command);
        break;
    case Call::Wait:
        if (decoder_) decoder_->wait_for_delayed();
        break;
    }
}

void Lane::decode_now(const Command& command) {
    const std::uint64_t ticket = command.unit.ticket;
    inbox_->begin(ticket);
    Status status = decoder_->decode(command.unit);
    if (status && command.last) status = decoder_->ask_for_delayed();
    if (!status)
        inbox_->decoded(ticket, std::unexpected(status.error()));
    else
        (void)inbox_->returned(ticket);
}

} // namespace tv::video
