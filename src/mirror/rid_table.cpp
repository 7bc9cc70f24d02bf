#include "mirror/rid_table.h"

#include <algorithm>

#include "base/limits.h"

namespace tv::mirror {

Status RidTable::check_new(Rid rid) {
    if (rid <= 0)
        return fail(ErrorCategory::PeerViolation, "RID opened outside of the remote side's range", rid);
    auto known = files_.find(rid);
    bool taken = known != files_.end() && !known->second.file.expired();
    if (taken || std::ranges::any_of(pipes_, [&](const Pipe& pipe) { return pipe.rid() == rid; }))
        return fail(ErrorCategory::PeerViolation, "RID opened twice", rid);
    highest_opened_ = std::max(highest_opened_, rid);
    return {};
}

// Closed ones are dropped once a turn only.
Status RidTable::check_pipe_count() const {
    if (static_cast<std::size_t>(std::ranges::count_if(pipes_, &Pipe::open)) >= limits::kMaxPipes)
        return fail(ErrorCategory::Limit, "open pipes (kMaxPipes)",
                    static_cast<std::int64_t>(limits::kMaxPipes));
    return {};
}

Status RidTable::check_new_replica(Rid rid) {
    TV_TRY(check_new(rid));
    if (state_.live_replicas >= limits::kMaxFiles)
        return fail(ErrorCategory::Limit, "replicated files (kMaxFiles)",
                    static_cast<std::int64_t>(limits::kMaxFiles));
    sweep();
    return {};
}

void RidTable::add(Rid rid, std::shared_ptr<Replica> replica) {
    FileEntry& entry = files_[rid];
    entry.file = replica;
    entry.fresh = std::move(replica);
}

Status RidTable::open_file(Rid rid, std::size_t size) {
    TV_TRY(check_new_replica(rid));
    TV_ASSIGN(auto file, Replica::create(state_, rid, size));
    add(rid, std::move(file));
    return {};
}

Status RidTable::open_image(Rid rid, const ImageLayout& layout,
                            std::shared_ptr<surface::Published> published) {
    TV_TRY(check_new_replica(rid));
    TV_ASSIGN(auto image, Replica::create_image(state_, rid, layout, std::move(published)));
    add(rid, std::move(image));
    return {};
}

Status RidTable::open_pipe(Rid rid, MessageType opened_by) {
    TV_TRY(check_new(rid));
    TV_TRY(check_pipe_count());
    TV_ASSIGN(Pipe pipe, Pipe::make(rid, opened_by));
    pipes_.push_back(std::move(pipe));
    return {};
}

Status RidTable::open_sink(Rid rid, UniqueFd write_end) {
    TV_TRY(check_pipe_count());
    pipes_.push_back(Pipe::sink(rid, std::move(write_end)));
    return {};
}

Result<std::shared_ptr<Replica>> RidTable::find_file(Rid rid) {
    if (auto known = files_.find(rid); known != files_.end()) return known->second.file.lock();
    if (opened_before(rid)) return nullptr;
    return fail(ErrorCategory::PeerViolation, "update for a RID that was never opened", rid);
}

Result<Pipe*> RidTable::find_pipe(Rid rid) {
    for (Pipe& pipe : pipes_)
        if (pipe.rid() == rid) return &pipe;
    // Our own numbers count down; which of them were pipes is not remembered.
    if (opened_before(rid) || rid < 0) return nullptr;
    return fail(ErrorCategory::PeerViolation, "pipe data for a RID that was never opened", rid);
}

Result<RidTable::Handed> RidTable::hand_over(Rid rid) {
    Handed handed;
    if (auto known = files_.find(rid); known != files_.end()) {
        handed.file = known->second.file.lock();
        known->second.fresh.reset();
        if (handed.file) return handed;
    }
    for (Pipe& pipe : pipes_) {
        if (pipe.rid() != rid) continue;
        handed.pipe_end = pipe.take_given_away();
        if (handed.pipe_end.valid()) return handed;
    }
    return fail(ErrorCategory::PeerViolation, "descriptor for a RID that is not there", rid);
}

std::size_t RidTable::pipe_bytes() const {
    std::size_t total = 0;
    for (const Pipe& pipe : pipes_) total += pipe.queued();
    return total;
}

void RidTable::drop_closed_pipes() {
    std::erase_if(pipes_, [](const Pipe& pipe) { return pipe.finished(); });
}

// Entries of dropped files are kept until there are more of them than live ones.
void RidTable::sweep() {
    if (files_.size() < 64 + 2 * state_.live_replicas) return;
    std::erase_if(files_, [](const auto& entry) { return entry.second.file.expired(); });
}

} // namespace tv::mirror
